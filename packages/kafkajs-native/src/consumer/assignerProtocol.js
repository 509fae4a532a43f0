'use strict'

module.exports = require('kafka-node-native/kafkajs/consumer/assignerProtocol.js')
