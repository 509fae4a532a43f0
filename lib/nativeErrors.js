'use strict'

const ApiNotSupportedError = require('./errors/ApiNotSupportedError')
const BrokerNotAvailableError = require('./errors/BrokerNotAvailableError')
const QueueFullError = require('./errors/QueueFullError')
const SaslAuthenticationError = require('./errors/SaslAuthenticationError')
const TimeoutError = require('./errors/TimeoutError')
const { ConsumerGroupErrors } = require('./errors')
const { errorName } = require('./errorCodes')

/**
 * librdkafka's errors as kafka-node's.
 *
 * @typedef {{ code: number, name: string, message: string, retriable: boolean, fatal: boolean }} NativeError as
 *   `src/error.rs` sends it: `code` below 0 is librdkafka's own, above 0 the broker's
 */

/** librdkafka's codes (rdkafka.h) */
const CODE = {
  TRANSPORT: -195,
  RESOLVE: -193,
  ALL_BROKERS_DOWN: -187,
  AUTHENTICATION: -169,
  SSL: -181,
  OFFSET_OUT_OF_RANGE: -140,
  QUEUE_FULL: -184
}

/** Kafka's code for a failed SASL authentication */
const SASL_AUTHENTICATION_FAILED = 58

const GONE = new Set([-195, -187, -197, -152, -151, -193]) // transport, all down, destroyed, purged, resolve
const TIMED_OUT = new Set([-185, -192, -166]) // timed out, message timed out, timed out in queue

const GROUP_ERRORS = new Map([14, 15, 16, 22, 25, 27].map((code, i) => [
  code,
  [
    'GroupLoadInProgress', 'GroupCoordinatorNotAvailable', 'NotCoordinatorForGroup', 'IllegalGeneration',
    'UnknownMemberId', 'RebalanceInProgress'
  ][i]
]))

/** System errors that librdkafka reports as text, and Node's codes for them. */
const SYSTEM_ERRORS = [
  { text: /Connection refused/, code: 'ECONNREFUSED', errno: -111 },
  { text: /Connection reset/, code: 'ECONNRESET', errno: -104 },
  { text: /No route to host/, code: 'EHOSTUNREACH', errno: -113 },
  { text: /Network is unreachable/, code: 'ENETUNREACH', errno: -101 },
  { text: /timed out/i, code: 'ETIMEDOUT', errno: -110 },
  { text: /Failed to resolve/, code: 'ENOTFOUND', errno: -3008 }
]

/**
 * The error that a callback gets.
 *
 * @param {NativeError} error
 * @param {number | false} requestTimeout ms
 * @returns {Error}
 */
function toError (error, requestTimeout) {
  const { code } = error
  if (TIMED_OUT.has(code)) return new TimeoutError(`Request timed out after ${requestTimeout}ms`)
  if (GONE.has(code)) return new BrokerNotAvailableError('Broker not available')
  switch (code) {
    case -190: return new BrokerNotAvailableError('Could not find the leader')
    case -188: return named('UnknownTopicOrPartition', error)
    case -165: return new ApiNotSupportedError()
    case CODE.AUTHENTICATION: return new SaslAuthenticationError(SASL_AUTHENTICATION_FAILED, error.message)
    case CODE.QUEUE_FULL:
      return new QueueFullError('The producer holds as many unsent records as it may; slow down until callbacks ' +
        'come, or raise queueMaxMessages or queueMaxBytes')
  }
  return named(code > 0 ? errorName(code) : error.message, error)
}

/**
 * @param {string} message
 * @param {NativeError} error
 * @returns {Error}
 */
function named (message, error) {
  const result = /** @type {Error & { code?: string }} */ (new Error(message))
  // beside kafka-node's bare message: which of librdkafka's errors it was
  Object.defineProperty(result, 'code', { value: `ERR_KAFKA_${error.name.replace(/^_/, '')}`, configurable: true })
  return result
}

/**
 * The error that kafka-node has for a broker's answer to a group request.
 *
 * @param {NativeError} error
 * @param {number | false} requestTimeout ms
 * @returns {Error & { errorCode?: number }}
 */
function toGroupError (error, requestTimeout) {
  const name = GROUP_ERRORS.get(error.code)
  const Class = ConsumerGroupErrors.find((/** @type {any} */ candidate) => candidate.prototype.name === name)
  /** @type {any} */
  const result = Class ? new Class(`Kafka Error Code: ${error.code}`) : toError(error, requestTimeout)
  if (error.code > 0) result.errorCode = error.code
  return result
}

/**
 * What Node's own socket would have reported for a failed connection.
 *
 * @param {NativeError} error its text is such as
 *   `127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused`
 * @returns {Error}
 */
function toSocketError (error) {
  const system = SYSTEM_ERRORS.find(({ text }) => text.test(error.message))
  if (!system) return named(error.message, error)
  const { code, errno } = system
  const peer = /ipv[46]#(.+):(\d+) failed/.exec(error.message) || /(?:^|\/\/)([^/\s]+):(\d+)\//.exec(error.message)
  const syscall = code === 'ENOTFOUND' ? 'getaddrinfo' : 'connect'
  const address = peer ? peer[1].replace(/^\[|\]$/g, '') : undefined
  const port = peer && code !== 'ENOTFOUND' ? `:${peer[2]}` : ''
  const where = address === undefined ? '' : ` ${address}${port}`
  /** @type {any} */
  const result = new Error(`${syscall} ${code}${where}`)
  Object.assign(result, { errno, code, syscall })
  if (code === 'ENOTFOUND') result.hostname = address
  else if (peer) Object.assign(result, { address, port: Number(peer[2]) })
  return result
}

module.exports = { CODE, toError, toGroupError, toSocketError }
