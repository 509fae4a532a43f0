'use strict'

const { describeError } = require('./addon')

/**
 * Errors as data. Each door makes its own classes of them.
 *
 * @typedef {object} ErrorData as `src/ffi/error.rs` sends it
 * @property {number} code below 0 it is librdkafka's own (rdkafka.h), above 0 the broker's (Kafka protocol)
 * @property {string} name librdkafka's, without its prefix: `_TIMED_OUT`, `NOT_LEADER_FOR_PARTITION`
 * @property {string} message
 * @property {boolean} retriable the same call may succeed later
 * @property {boolean} fatal the handle cannot go on: it must be closed and made anew
 * @property {boolean} [abortable] the transaction cannot be committed: it must be aborted, then another one may follow
 */

/** @type {Map<number, Readonly<ErrorData>>} by code: a full queue refuses thousands of sends a second with one code */
const described = new Map()

/**
 * What a code means.
 *
 * @param {number} code
 * @returns {Readonly<ErrorData>}
 */
function errorData (code) {
  const known = described.get(code)
  if (known !== undefined) return known
  const data = Object.freeze(JSON.parse(describeError(code)))
  described.set(code, data)
  return data
}

/** librdkafka's codes that JavaScript decides on. */
const CODE = {
  BAD_MSG: -199,
  BAD_COMPRESSION: -198,
  DESTROY: -197,
  FAIL: -196,
  TRANSPORT: -195,
  CRIT_SYS_RESOURCE: -194,
  RESOLVE: -193,
  MSG_TIMED_OUT: -192,
  UNKNOWN_PARTITION: -190,
  UNKNOWN_TOPIC: -188,
  ALL_BROKERS_DOWN: -187,
  INVALID_ARG: -186,
  TIMED_OUT: -185,
  QUEUE_FULL: -184,
  SSL: -181,
  STATE: -172,
  UNKNOWN_PROTOCOL: -171,
  NOT_IMPLEMENTED: -170,
  AUTHENTICATION: -169,
  TIMED_OUT_QUEUE: -166,
  UNSUPPORTED_FEATURE: -165,
  NO_LEADERS: -156,
  PURGE_QUEUE: -152,
  PURGE_INFLIGHT: -151,
  FATAL: -150,
  FENCED: -144,
  OFFSET_OUT_OF_RANGE: -140,
  DESTROY_BROKER: -137
}

const GONE = new Set([
  CODE.TRANSPORT, CODE.ALL_BROKERS_DOWN, CODE.DESTROY, CODE.DESTROY_BROKER, CODE.PURGE_QUEUE, CODE.PURGE_INFLIGHT,
  CODE.RESOLVE
])
const TIMED_OUT = new Set([CODE.TIMED_OUT, CODE.MSG_TIMED_OUT, CODE.TIMED_OUT_QUEUE])

/**
 * The result of a call on a closed handle, in librdkafka's terms.
 *
 * @type {ErrorData}
 */
const CLOSED = {
  code: CODE.DESTROY, name: '_DESTROY', message: 'the handle is closed', retriable: false, fatal: false
}

/**
 * @param {ErrorData} error
 * @returns {boolean} there is no broker to answer, or the handle has closed
 */
function isGone ({ code }) {
  return GONE.has(code)
}

/** @param {ErrorData} error */
function isTimeout ({ code }) {
  return TIMED_OUT.has(code)
}

/**
 * @param {ErrorData} error
 * @returns {boolean} it is about TLS, and will not go away by itself
 */
function isTlsError ({ code, message }) {
  if (code !== CODE.TRANSPORT) return code === CODE.SSL
  // With TLS 1.3 a broker refuses a client's certificate after the handshake: to librdkafka the connection broke. And a
  // handshake that fails before `connect` returns, as with a quick broker and a busy client, is a failed `connect`.
  return /SSL routines:.*\balert\b/.test(message) ||
    (/^\S+: error:[0-9A-F]+:SSL routines:/.test(message) && !/unexpected eof/.test(message))
}

/** A configuration that cannot be used. Doors turn it into their own error, with the same text. */
class ConfigError extends Error {
  /**
   * @param {string} message
   * @param {string} [code] of the error behind it
   */
  constructor (message, code) {
    super(message)
    if (code !== undefined) this.code = code
  }
}
ConfigError.prototype.name = 'ConfigError'

module.exports = { CLOSED, CODE, ConfigError, errorData, isGone, isTimeout, isTlsError }
