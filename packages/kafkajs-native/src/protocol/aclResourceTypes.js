'use strict'

module.exports = require('kafka-node-native/kafkajs/enums.js').AclResourceTypes
