'use strict'

module.exports = { EARLIEST_OFFSET: -2, LATEST_OFFSET: -1, INT_32_MAX_VALUE: 0x7fffffff }
