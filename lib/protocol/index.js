'use strict'

module.exports = require('./protocol_struct')
