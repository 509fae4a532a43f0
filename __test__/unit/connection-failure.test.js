'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { CODE, isTlsError } = require('../../core/errors')
const { toTlsError } = require('../../lib/internal/nativeErrors')

const BROKER = '127.0.0.1:9093'
const REFUSED = [{ broker: BROKER, error: 64, reason: 'IP address mismatch' }]

/** @param {number} code @param {string} text */
const failure = (code, text) => ({
  code,
  name: code === CODE.SSL ? '_SSL' : '_TRANSPORT',
  message: `ssl://${BROKER}/bootstrap: ${text} (after 3ms in state CONNECT)`,
  retriable: false,
  fatal: false
})

test('a refused certificate is one, wherever in connecting librdkafka meets it', () => {
  const reason = 'error:0A000086:SSL routines::certificate verify failed'
  for (const error of [failure(CODE.SSL, `SSL handshake failed: ${reason}`), failure(CODE.TRANSPORT, reason)]) {
    assert.equal(isTlsError(error), true, error.message)
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (toTlsError(error, /** @type {any} */ (REFUSED)))
    assert.equal(code, 'ERR_TLS_CERT_ALTNAME_INVALID')
    assert.match(message, /^IP address mismatch: the certificate of 127\.0\.0\.1:9093 is refused; /)
  }
})

test('a client\'s certificate that a broker refuses after the handshake is about TLS, too', () => {
  assert.equal(isTlsError(failure(CODE.TRANSPORT,
    'Receive failed: error:0A000412:SSL routines::ssl/tls alert bad certificate')), true)
})

test('connections that break, with TLS or without, are not about TLS', () => {
  for (const text of ['error:0A000126:SSL routines::unexpected eof while reading',
    'Receive failed: error:0A000126:SSL routines::unexpected eof while reading',
    'Disconnected: connection reset by peer', 'Connect to ipv4#127.0.0.1:9093 failed: Connection refused']) {
    assert.equal(isTlsError(failure(CODE.TRANSPORT, text)), false, text)
  }
})
