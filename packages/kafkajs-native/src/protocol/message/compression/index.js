'use strict'

const {
  COMPRESSION_CODEC_MASK, Codecs, Types, lookupCodec, lookupCodecByAttributes
} = require('kafka-node-native/kafkajs/compression.js')

module.exports = { Types, Codecs, lookupCodec, lookupCodecByAttributes, COMPRESSION_CODEC_MASK }
