'use strict'

module.exports = require('kafka-node-native/kafkajs/retry.js').DEFAULTS
