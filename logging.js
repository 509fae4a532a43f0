'use strict'

exports.setLoggerProvider = require('./lib/logging').setLoggerProvider
