'use strict'

const {
  createErrorFromCode, errorCodes, failIfVersionNotSupported, failure, staleMetadata
} = require('kafka-node-native/kafkajs/protocolErrors.js')

module.exports = { failure, errorCodes, createErrorFromCode, failIfVersionNotSupported, staleMetadata }
