'use strict'

/**
 * What librdkafka's texts say about a connection that failed, as Node's own sockets would have put it.
 *
 * @typedef {import('./errors').ErrorData} ErrorData
 */

/** System errors that librdkafka reports as text, and Node's codes for them. */
const SYSTEM_ERRORS = [
  { text: /Connection refused/, code: 'ECONNREFUSED', errno: -111 },
  { text: /Connection reset|forcibly closed/, code: 'ECONNRESET', errno: -104 },
  { text: /No route to host/, code: 'EHOSTUNREACH', errno: -113 },
  { text: /Network is unreachable/, code: 'ENETUNREACH', errno: -101 },
  { text: /timed out/i, code: 'ETIMEDOUT', errno: -110 },
  { text: /Failed to resolve/, code: 'ENOTFOUND', errno: -3008 }
]

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

/**
 * @param {string} message librdkafka's, which ends with how long the connection was in which state
 * @returns {string} without that
 */
function withoutState (message) {
  return message.replace(/ \(after \d+ms in state \w+\)$/, '')
}

/**
 * @typedef {object} SocketFailure
 * @property {string} message as Node's
 * @property {string} code Node's
 * @property {number} errno
 * @property {string} syscall
 * @property {string | undefined} address or the name that cannot be resolved
 * @property {number | undefined} port
 *
 * @param {ErrorData} error its text is such as
 *   `127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused`
 * @returns {SocketFailure | null} null when the text names no error of the system's
 */
function socketFailure ({ message }) {
  const system = SYSTEM_ERRORS.find(({ text }) => text.test(message))
  if (!system) return null
  const { code, errno } = system
  const peer = /ipv[46]#(.+):(\d+) failed/.exec(message) || /(?:^|\/\/)([^/\s]+):(\d+)\//.exec(message)
  const syscall = code === 'ENOTFOUND' ? 'getaddrinfo' : 'connect'
  const address = peer ? peer[1].replace(/^\[|\]$/g, '') : undefined
  const port = peer ? Number(peer[2]) : undefined
  const where = address === undefined ? '' : code === 'ENOTFOUND' ? ` ${address}` : ` ${address}:${port}`
  return { message: `${syscall} ${code}${where}`, code, errno, syscall, address, port }
}

/**
 * @typedef {{ broker: string, error: number, reason: string }} RefusedCertificate as in src/bridge.rs
 *
 * @param {ErrorData} error
 * @param {RefusedCertificate[]} refused
 * @returns {{ broker: string, reason: string, code: string } | null} null when the error is not about one of them;
 *   `code` is Node's
 */
function certificateFailure ({ message }, refused) {
  const certificate = refused.find(({ broker }) => message.includes(`//${broker}/`))
  if (!certificate || !/certificate/.test(message)) return null
  const { broker, reason } = certificate
  return { broker, reason, code: CERTIFICATE_ERRORS[certificate.error] || 'ERR_KAFKA_SSL' }
}

/**
 * @param {ErrorData} error
 * @returns {{ reason: string, code: string } | null} what OpenSSL says, such as `ssl/tls alert bad certificate`, and
 *   Node's code for it; alerts of before TLS 1.3 are SSLV3 there
 */
function tlsAlert ({ message }) {
  const alert = /SSL routines:[^:]*:([\w /-]+)/.exec(message)
  if (!alert) return null
  const [, reason] = alert
  return {
    reason,
    code: `ERR_SSL_${reason.trim().toUpperCase().replace('SSL/TLS', 'SSLV3').replace(/\W+/g, '_')}`
  }
}

module.exports = { certificateFailure, socketFailure, tlsAlert, withoutState }
