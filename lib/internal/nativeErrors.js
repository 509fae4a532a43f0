'use strict'

const ApiNotSupportedError = require('../errors/ApiNotSupportedError')
const BrokerNotAvailableError = require('../errors/BrokerNotAvailableError')
const QueueFullError = require('./errors/QueueFullError')
const SaslAuthenticationError = require('../errors/SaslAuthenticationError')
const TimeoutError = require('../errors/TimeoutError')
const { ConsumerGroupErrors } = require('../errors')
const { CODE, isGone, isTimeout, isTlsError } = require('../../core/errors')
const { errorName } = require('./errorCodes')

/**
 * librdkafka's errors as kafka-node's.
 *
 * @typedef {import('../../core/errors').ErrorData} NativeError
 */

/** Kafka's codes for a mechanism that the broker does not offer, for SASL where it expects none, for bad credentials */
const UNSUPPORTED_SASL_MECHANISM = 33
const ILLEGAL_SASL_STATE = 34
const SASL_AUTHENTICATION_FAILED = 58

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
 * A request's callback as kafka-node's: with an Error, which has librdkafka's as `native`.
 *
 * @param {number | false} requestTimeout ms
 * @param {(err: (Error & { native?: NativeError }) | null, result?: any) => void} callback
 * @returns {(error: NativeError | null, result?: any) => void}
 */
function answerTo (requestTimeout, callback) {
  return (error, result) => {
    if (error === null) callback(null, result)
    else callback(Object.defineProperty(toError(error, requestTimeout), 'native', { value: error, configurable: true }))
  }
}

/**
 * @param {NativeError} error its text is such as `sasl_ssl://127.0.0.1:9092/bootstrap: SASL authentication error:
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
 * A broker that does not encrypt closes the connection when a client starts to. How librdkafka reports that depends on
 * which of the two is faster.
 *
 * @param {string} message
 * @returns {string} what to do if it is that
 */
function plainHint (message) {
  if (/PLAINTEXT broker listener/.test(message)) return ' If so, leave sslOptions out'
  // a broker that has answered once has a number in place of this word
  const isFirst = /^ssl:\/\/[^/]+\/bootstrap: Disconnected/.test(message)
  return isFirst ? '. If the broker does not encrypt there, leave sslOptions out' : ''
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
  if (!system) {
    return named(withoutState(error.message) + plainHint(error.message), error)
  }
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

/**
 * Completes an error that comes of brokers which cannot be reached under the addresses that they advertise.
 *
 * @template {Error} E
 * @param {E} error of the time that ran out, or of brokers that are not available; others stay as they are
 * @param {import('../../core/cluster/advertisedBrokers').AdvertisedBroker[]} unreachable
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

/** OpenSSL's numbers for what can be wrong with a certificate, and Node's codes for them. */
const CERTIFICATE_ERRORS = /** @type {Record<number, string>} */ ({
  2: 'UNABLE_TO_GET_ISSUER_CERT',
  3: 'UNABLE_TO_GET_CRL',
  7: 'CERT_SIGNATURE_FAILURE',
  9: 'CERT_NOT_YET_VALID',
  10: 'CERT_HAS_EXPIRED',
  12: 'CRL_HAS_EXPIRED',
  18: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  19: 'SELF_SIGNED_CERT_IN_CHAIN',
  20: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  21: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  22: 'CERT_CHAIN_TOO_LONG',
  23: 'CERT_REVOKED',
  25: 'PATH_LENGTH_EXCEEDED',
  26: 'INVALID_PURPOSE',
  27: 'CERT_UNTRUSTED',
  28: 'CERT_REJECTED',
  62: 'ERR_TLS_CERT_ALTNAME_INVALID',
  64: 'ERR_TLS_CERT_ALTNAME_INVALID',
  79: 'INVALID_CA'
})

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
 * @param {Array<{ broker: string, error: number, reason: string }>} refused certificates, as in src/napi/bridge.rs
 * @returns {Error}
 */
function toTlsError (error, refused) {
  const { message } = error
  const certificate = refused.find(({ broker }) => message.includes(`//${broker}/`))
  if (certificate && /certificate/.test(message)) {
    const { broker, reason } = certificate
    const code = CERTIFICATE_ERRORS[certificate.error] || 'ERR_KAFKA_SSL'
    const fix = CERTIFICATE_FIXES[code] || 'look at the certificate of the broker'
    return withCode(`${reason}: the certificate of ${broker} is refused; ${fix}`, code)
  }
  const alert = /SSL routines:[^:]*:([\w /-]+)/.exec(message)
  if (!alert) return named(message, error)
  const isOurs = /certificate|handshake failure|unknown ca/.test(alert[1])
  const fix = isOurs ? '. If the broker asks for a client certificate, give sslOptions.cert and sslOptions.key, or ' +
    'sslOptions.pfx, signed by an authority that it trusts' : ''
  return withCode(`${withoutState(message)}${fix}`, sslCode(alert[1]))
}

/**
 * @param {string} reason OpenSSL's, such as `ssl/tls alert bad certificate`
 * @returns {string} Node's code for it; alerts of before TLS 1.3 are SSLV3 there
 */
function sslCode (reason) {
  return `ERR_SSL_${reason.trim().toUpperCase().replace('SSL/TLS', 'SSLV3').replace(/\W+/g, '_')}`
}

/** @param {string} message librdkafka's, which ends with how long the connection was in which state */
function withoutState (message) {
  return message.replace(/ \(after \d+ms in state \w+\)$/, '')
}

/**
 * @param {string} message
 * @param {string} code
 * @returns {Error}
 */
function withCode (message, code) {
  return Object.assign(new Error(message), { code })
}

module.exports = { CODE, answerTo, isTlsError, toError, toGroupError, toSocketError, toTlsError, withCure }
