'use strict'

const { LEVELS, createLogger } = require('kafka-node-native/kafkajs/logger.js')

module.exports = { LEVELS, createLogger }
