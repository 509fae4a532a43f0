'use strict'

module.exports = require('kafka-node-native/kafkajs/producer/murmur2.js').legacyMurmur2
