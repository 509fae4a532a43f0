'use strict'

const {
  KafkaJSConnectionClosedError, KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSProtocolError,
  KafkaJSRequestTimeoutError, KafkaJSSASLAuthenticationError, KafkaJSServerDoesNotSupportApiKey
} = require('./errors')
const { createErrorFromCode } = require('./protocolErrors')
const { CODE, isTimeout } = require('../core/errors')
const { certificateFailure, socketFailure, tlsAlert, withoutState } = require('../core/connectionFailure')

/**
 * librdkafka's errors as KafkaJS's.
 *
 * @typedef {import('../core/errors').ErrorData} ErrorData
 * @typedef {import('../core/connectionFailure').RefusedCertificate} RefusedCertificate
 * @typedef {import('./errors').KafkaJSError & import('./errors').Caught & { native?: ErrorData }} NativeError
 */

/** librdkafka's own codes for what a broker's code says as well. */
const SAME_AS_BROKERS = new Map([
  [CODE.UNKNOWN_TOPIC, 3],
  [CODE.UNKNOWN_PARTITION, 3],
  [CODE.NO_LEADERS, 5],
  [CODE.OFFSET_OUT_OF_RANGE, 1],
  [CODE.FENCED, 47]
])

/**
 * The error for librdkafka's data, or a broker's answer.
 *
 * @param {ErrorData} error
 * @param {string} [what] was asked, such as `Metadata`
 * @returns {NativeError}
 */
function toError (error, what = 'Request') {
  return /** @type {NativeError} */ (withNative(errorFor(error, what), error))
}

/**
 * @param {ErrorData} error
 * @param {string} what
 * @returns {import('./errors').KafkaJSError}
 */
function errorFor (error, what) {
  const { code, message, retriable } = error
  if (code > 0 || code === -1) return createErrorFromCode(code)
  const same = SAME_AS_BROKERS.get(code)
  if (same !== undefined) return createErrorFromCode(same)
  if (isTimeout(error)) return new KafkaJSRequestTimeoutError(`Request ${what} timed out`)
  switch (code) {
    case CODE.TRANSPORT:
    case CODE.RESOLVE:
    case CODE.SSL:
      return connectionError(error)
    case CODE.ALL_BROKERS_DOWN:
      return new KafkaJSConnectionError('Connection error: no broker can be reached')
    case CODE.DESTROY:
    case CODE.DESTROY_BROKER:
    case CODE.PURGE_QUEUE:
    case CODE.PURGE_INFLIGHT:
      return new KafkaJSConnectionClosedError('Closed connection')
    case CODE.AUTHENTICATION:
      return saslError(error)
    case CODE.UNSUPPORTED_FEATURE:
      return new KafkaJSServerDoesNotSupportApiKey(`The Kafka server does not support the requested API version: ${
        withoutState(message)}`, { apiName: what })
    case CODE.INVALID_ARG:
      return new KafkaJSNonRetriableError(message)
  }
  return new KafkaJSProtocolError({ message, type: error.name.replace(/^_/, ''), code, retriable })
}

/**
 * @template {object} E
 * @param {E} result
 * @param {ErrorData} error
 * @returns {E}
 */
function withNative (result, error) {
  return Object.defineProperty(result, 'native', { value: error, configurable: true, writable: true })
}

/**
 * A connection that failed or broke.
 *
 * @param {ErrorData} error
 * @param {RefusedCertificate[]} [refused] certificates
 * @returns {KafkaJSConnectionError}
 */
function connectionError (error, refused = []) {
  const certificate = certificateFailure(error, refused)
  if (certificate !== null) {
    const { broker, code, reason } = certificate
    return new KafkaJSConnectionError(`Connection error: ${reason}`, { broker, code })
  }
  const failure = socketFailure(error)
  const broker = brokerOf(error)
  if (failure !== null) {
    const { code, message } = failure
    const text = code === 'ETIMEDOUT' ? 'Connection timeout' : `Connection error: ${message}`
    return new KafkaJSConnectionError(text, { broker, code })
  }
  const alert = tlsAlert(error)
  const code = alert === null ? undefined : alert.code
  const text = withoutState(error.message).replace(/^\S+: /, '')
  return new KafkaJSConnectionError(`Connection error: ${text}`, { broker, code })
}

/**
 * @param {ErrorData} error
 * @returns {string | undefined} `host:port` as the text has it
 */
function brokerOf ({ message }) {
  const broker = /^(?:\w+:\/\/)?([^/\s]+:\d+)\/(?:\d+|bootstrap)/.exec(message)
  return broker === null ? undefined : broker[1]
}

/** @type {Map<string | null, string>} */
const PREFIXES = new Map([
  ['SCRAM-SHA-256', 'SASL SCRAM SHA256 authentication'],
  ['SCRAM-SHA-512', 'SASL SCRAM SHA512 authentication']
])

/**
 * @param {ErrorData} error its text is such as `sasl_ssl://127.0.0.1:9092/bootstrap: SASL authentication error:
 *   Authentication failed: Invalid username or password (after 301ms in state AUTH_REQ)`
 * @param {string | null} [mechanism] in capitals; none when it is not known
 * @returns {import('./errors').KafkaJSError}
 */
function saslError ({ message }, mechanism) {
  const text = withoutState(message).replace(/^\S+: (SASL authentication error: )?/, '')
  const sasl = mechanism ? `SASL ${mechanism}` : 'SASL'
  if (/Unsupported SASL mechanism/i.test(text)) {
    return new KafkaJSSASLAuthenticationError(`${sasl} mechanism is not supported by the server`)
  }
  if (/current SASL state/.test(text)) return createErrorFromCode(34)
  const prefix = (mechanism && PREFIXES.get(mechanism)) || `${sasl} authentication`
  // the text of the broker's code, as KafkaJS has it, before what this broker says
  const isPlain = /^(Authentication failed)?:?\s*(Invalid username or password)?$/.test(text)
  return new KafkaJSSASLAuthenticationError(
    `${prefix} failed: ${createErrorFromCode(58).message}${isPlain ? '' : `: ${text}`}`)
}

module.exports = { connectionError, saslError, toError, withNative }
