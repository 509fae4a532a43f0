'use strict'

const { CompressionTypes: Types } = require('./enums')
const { lazy } = require('../core/lazy')

/** Node's own, for the rare program that calls a codec. */
const zlib = lazy(() => require('zlib'))

/**
 * The codecs that programs may look up or replace. Records are compressed by librdkafka, which has them all: what is
 * set here is accepted, and not called.
 *
 * @typedef {object} Codec
 * @property {(encoder: { buffer: Buffer }) => Promise<Buffer>} compress
 * @property {(buffer: Buffer) => Promise<Buffer>} decompress
 */

const COMPRESSION_CODEC_MASK = 0x07

/** @param {(buffer: Buffer, callback: (error: Error | null, result: Buffer) => void) => void} call */
const promised = call => (/** @type {Buffer} */ buffer) => /** @type {Promise<Buffer>} */ (new Promise(
  (resolve, reject) => call(buffer, (error, result) => { error ? reject(error) : resolve(result) })))

const gzip = promised((buffer, callback) => zlib().gzip(buffer, callback))
const gunzip = promised((buffer, callback) => zlib().gunzip(buffer, callback))

/** @type {Codec} */
const GZIP = { compress: ({ buffer }) => gzip(buffer), decompress: gunzip }

/** @param {string} name */
const native = name => () => {
  const { KafkaJSNotImplemented } = require('./errors')
  throw new KafkaJSNotImplemented(`${name} compression is done by librdkafka: there is no codec to call`)
}

/** @type {Record<number, () => Codec>} */
const Codecs = {
  [Types.GZIP]: () => GZIP,
  [Types.Snappy]: native('Snappy'),
  [Types.LZ4]: native('LZ4'),
  [Types.ZSTD]: native('ZSTD')
}

/** As they were, to tell what a program has put in their place. */
const builtIn = { ...Codecs }

/** librdkafka's names, by number. */
const NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/**
 * @param {number} type
 * @returns {string | undefined} librdkafka's name of the codec
 */
const codecName = type => NAMES[type]

/** @param {number} type */
const isReplaced = type => Codecs[type] !== builtIn[type]

/** @param {number} type */
const lookupCodec = type => (Codecs[type] ? Codecs[type]() : null)

/** @param {number} attributes of a record batch */
const lookupCodecByAttributes = attributes => lookupCodec(attributes & COMPRESSION_CODEC_MASK)

module.exports = {
  COMPRESSION_CODEC_MASK, Codecs, Types, codecName, isReplaced, lookupCodec, lookupCodecByAttributes
}
