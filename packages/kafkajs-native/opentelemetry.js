'use strict'

exports.register = require('kafka-node-native/opentelemetry').register
