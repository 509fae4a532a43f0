'use strict'

module.exports = require('..').LegacyPartitioner
