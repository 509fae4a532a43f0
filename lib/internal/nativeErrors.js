'use strict'

const errors = require('./errors')
const { CODE, errorData, isGone, isTimeout, isTlsError } = require('../../core/errors')
const {
  certificateFailure, socketFailure, tlsAlert, withoutState
} = require('../../core/connectionFailure')
const { errorName } = require('./errorCodes')

const {
  ApiNotSupportedError, BrokerNotAvailableError, QueueFullError, SaslAuthenticationError, TimeoutError
} = errors

/**
 * librdkafka's errors as kafka-node's.
 *
 * @typedef {import('../../core/errors').ErrorData} NativeError
 */

/** Kafka's codes for a mechanism that the broker does not offer, for SASL where it expects none, for bad credentials */
const UNSUPPORTED_SASL_MECHANISM = 33
const ILLEGAL_SASL_STATE = 34
const SASL_AUTHENTICATION_FAILED = 58

const GROUP_ERRORS = new Map([
  [14, errors.GroupLoadInProgressError],
  [15, errors.GroupCoordinatorNotAvailableError],
  [16, errors.NotCoordinatorForGroupError],
  [22, errors.IllegalGenerationError],
  [25, errors.UnknownMemberIdError],
  [27, errors.RebalanceInProgressError]
])

/**
 * The error that a callback gets.
 *
 * @param {NativeError} error
 * @param {number | false} requestTimeout ms
 * @returns {Error}
 */
function toError (error, requestTimeout) {
  const { code } = error
  if (isTimeout(error)) return new TimeoutError(`Request timed out after ${requestTimeout}ms`)
  if (isGone(error)) return new BrokerNotAvailableError('Broker not available')
  switch (code) {
    case CODE.UNKNOWN_PARTITION: return new BrokerNotAvailableError('Could not find the leader')
    case CODE.UNKNOWN_TOPIC: return named('UnknownTopicOrPartition', error)
    case CODE.UNSUPPORTED_FEATURE: return new ApiNotSupportedError()
    case CODE.AUTHENTICATION: return toSaslError(error)
    case CODE.QUEUE_FULL:
      return new QueueFullError('The producer holds as many unsent records as it may; slow down until callbacks ' +
        'come, or raise queueMaxMessages or queueMaxBytes')
  }
  return named(code > 0 ? errorName(code) : error.message, error)
}

/**
 * @param {number} code of a broker
 * @returns {Error}
 */
function brokerError (code) {
  return named(errorName(code), errorData(code))
}

/** @typedef {Error & { native: NativeError }} RequestError */

/**
 * A request's callback as kafka-node's: with an Error, which has librdkafka's as `native`.
 *
 * @template {import('../../core/handles/events').Op} O
 * @param {number | false} requestTimeout ms
 * @param {import('../../core/handles/events').Answered<O, RequestError>} callback
 * @returns {import('../../core/handles/events').Answered<O>}
 */
function answerTo (requestTimeout, callback) {
  return (error, result) => {
    if (error === null) return callback(null, result)
    const failed = /** @type {(error: Error) => void} */ (callback)
    failed(Object.defineProperty(toError(error, requestTimeout), 'native', { value: error, configurable: true }))
  }
}

/**
 * @param {NativeError} error with a text like `sasl_ssl://127.0.0.1:9092/bootstrap: SASL authentication error:
 *   Authentication failed: Invalid username or password (after 301ms in state AUTH_REQ)`
 */
function toSaslError ({ message }) {
  const text = withoutState(message).replace(/^\S+: (SASL authentication error: )?/, '')
  if (/Unsupported SASL mechanism/i.test(text)) return new SaslAuthenticationError(UNSUPPORTED_SASL_MECHANISM, text)
  if (/current SASL state/.test(text)) {
    return new SaslAuthenticationError(ILLEGAL_SASL_STATE, `${text}. If the broker listens without SASL, leave the ` +
      'option sasl out')
  }
  return new SaslAuthenticationError(SASL_AUTHENTICATION_FAILED, text)
}

/**
 * @param {import('../../core/cluster/tokens').TokenFailure} failure of the user's `oauthBearerProvider`
 * @returns {Error} with what it has thrown as `cause`
 */
function toTokenError (failure) {
  const hasThrown = 'thrown' in failure
  const { thrown, reason } = failure
  const text = hasThrown
    ? `sasl.oauthBearerProvider has failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`
    : reason === undefined
      ? 'sasl.oauthBearerProvider must give { value, lifetime }, whose value is the token'
      : `the token of sasl.oauthBearerProvider cannot be used: ${reason}`
  const error = new SaslAuthenticationError(null, text)
  Object.defineProperty(error, 'code', { value: 'ERR_KAFKA_NO_TOKEN', configurable: true })
  if (hasThrown) Object.defineProperty(error, 'cause', { value: thrown, configurable: true, writable: true })
  return error
}

/**
 * @param {string} message
 * @param {NativeError} error
 * @returns {Error}
 */
function named (message, error) {
  const result = /** @type {Error & { code?: string }} */ (new Error(message))
  // alongside kafka-node's bare message: which of librdkafka's errors it was; one that it does not know is `ERR_999?`
  const name = error.name.replace(/^_/, '').replace(/^ERR_(-?\d+)\?$/, '$1')
  Object.defineProperty(result, 'code', { value: `ERR_KAFKA_${name}`, configurable: true })
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
  const Class = GROUP_ERRORS.get(error.code)
  /** @type {Error & { errorCode?: number }} */
  const result = Class ? new Class(`Kafka Error Code: ${error.code}`) : toError(error, requestTimeout)
  if (error.code > 0) result.errorCode = error.code
  return result
}

/**
 * A broker without TLS closes the connection when a client starts a handshake. How librdkafka reports that depends on
 * which of the two is faster.
 *
 * @param {string} message
 * @returns {string} what to do if that is the case
 */
function plainHint (message) {
  if (/PLAINTEXT broker listener/.test(message)) return ' If so, leave sslOptions out'
  // a broker that has answered before has a number in place of this word
  const isFirst = /^ssl:\/\/[^/]+\/bootstrap: Disconnected/.test(message)
  return isFirst ? '. If the broker does not use TLS on that port, leave sslOptions out' : ''
}

/**
 * What Node's own socket would have reported for a failed connection.
 *
 * @param {NativeError} error its text is such as
 *   `127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused`
 * @returns {Error}
 */
function toSocketError (error) {
  const failure = socketFailure(error)
  if (failure === null) {
    return named(withoutState(error.message) + plainHint(error.message), error)
  }
  const { address, code, errno, message, port, syscall } = failure
  /** @type {Error & { hostname?: string }} */
  const result = new Error(message)
  Object.assign(result, { errno, code, syscall })
  if (code === 'ENOTFOUND') result.hostname = address
  else if (address !== undefined) Object.assign(result, { address, port })
  return result
}

/**
 * Completes an error caused by brokers that cannot be reached at the addresses that they advertise.
 *
 * @template {Error} E
 * @param {E} error a timeout, or brokers that are not available; others stay as they are
 * @param {Array<{ id: number, host: string, port: number, failure: Error }>} unreachable
 * @returns {E} the same
 */
function withCure (error, unreachable) {
  if (unreachable.length === 0) return error
  if (!(error instanceof TimeoutError || error instanceof BrokerNotAvailableError)) return error
  const brokers = unreachable.map(({ id, host, port, failure: { message } }) =>
    `broker ${id} at ${host}:${port} (${message})`)
  error.message += `: cannot reach ${brokers.join(', ')}, the address that the cluster advertises for it. Make that ` +
    'address reachable from here, or set advertised.listeners of the broker to one that is'
  return error
}

const TRUST = 'give the certificate of the authority that signed it as sslOptions.ca'

/** What to do about them. */
const CERTIFICATE_FIXES = /** @type {Record<string, string>} */ ({
  UNABLE_TO_GET_ISSUER_CERT: TRUST,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TRUST,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TRUST,
  SELF_SIGNED_CERT_IN_CHAIN: TRUST,
  DEPTH_ZERO_SELF_SIGNED_CERT: 'give it, or the authority that signed it, as sslOptions.ca',
  CERT_HAS_EXPIRED: 'the broker needs a new one',
  CERT_NOT_YET_VALID: 'compare the clock of this machine with the dates in the certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for other names than this: use a name that it has in kafkaHost and in the ' +
    'broker\'s advertised.listeners, or give the broker a certificate with this one'
})

/**
 * What Node's own TLS socket would have reported, and what to do about it.
 *
 * @param {NativeError} error
 * @param {Array<{ broker: string, error: number, reason: string }>} refused certificates, as in src/bridge.rs
 * @returns {Error}
 */
function toTlsError (error, refused) {
  const { message } = error
  const certificate = certificateFailure(error, refused)
  if (certificate !== null) {
    const { broker, code, reason } = certificate
    const fix = CERTIFICATE_FIXES[code] || 'look at the certificate of the broker'
    return withCode(`${reason}: the certificate of ${broker} is refused; ${fix}`, code)
  }
  const alert = tlsAlert(error)
  if (alert === null) return named(message, error)
  const isOurs = /certificate|handshake failure|unknown ca/.test(alert.reason)
  const fix = isOurs ? '. If the broker asks for a client certificate, give sslOptions.cert and sslOptions.key, or ' +
    'sslOptions.pfx, signed by an authority that it trusts' : ''
  return withCode(`${withoutState(message)}${fix}`, alert.code)
}

/**
 * @param {string} message
 * @param {string} code
 * @returns {Error}
 */
function withCode (message, code) {
  return Object.assign(new Error(message), { code })
}

module.exports = {
  CODE, answerTo, brokerError, isTlsError, named, toError, toGroupError, toSocketError, toTlsError, toTokenError,
  withCure
}
