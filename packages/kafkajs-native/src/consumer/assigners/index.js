'use strict'

module.exports = require('kafka-node-native/kafkajs/consumer/assigners/index.js')
