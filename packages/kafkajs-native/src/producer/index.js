'use strict'

module.exports = require('kafka-node-native/kafkajs/producer/index.js')
