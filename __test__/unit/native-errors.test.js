'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { toError, toGroupError, toSocketError, toTlsError } = require('../../lib/internal/nativeErrors')
const { toError: toKafkaJSError } = require('../../kafkajs/nativeErrors')
const IllegalGenerationError = require('../../lib/errors/IllegalGenerationError')

const native = (code, name = '', message = '') => ({ code, name, message, retriable: false, fatal: false })

test('timeouts name the time', () => {
  for (const code of [-185, -192]) {
    const error = toError(native(code), 250)
    assert.deepEqual([error.name, error.message], ['TimeoutError', 'Request timed out after 250ms'])
  }
})

test('a missing broker is a BrokerNotAvailableError', () => {
  for (const code of [-195, -187, -197, -152, -151, -193, -137]) {
    const error = toError(native(code), 250)
    assert.deepEqual([error.name, error.message], ['BrokerNotAvailableError', 'Broker not available'])
  }
  assert.equal(toError(native(-190), 250).message, 'Could not find the leader')
})

test('a broker that has left the cluster is a closed connection to KafkaJS\'s users, who may try again', () => {
  const error = toKafkaJSError(native(-137, '_DESTROY_BROKER', 'Local: Broker handle destroyed for termination'))
  assert.deepEqual([error.name, error.retriable], ['KafkaJSConnectionClosedError', true])
})

test('a full queue says what to do', () => {
  const error = toError(native(-184), 250)
  assert.equal(error.name, 'QueueFullError')
  assert.match(error.message, /slow down until callbacks come, or raise queueMaxMessages or queueMaxBytes/)
})

test('a failed authentication has the broker\'s text and Kafka\'s code', () => {
  /** @type {any} */
  const error = toError(native(-169, '_AUTHENTICATION', 'SASL authentication failed'), 250)
  assert.deepEqual([error.name, error.message, error.errorCode],
    ['SaslAuthenticationError', 'SASL authentication failed', 58])
})

test('broker codes become kafka-node\'s names; the code is beside them', () => {
  /** @type {any} */
  const error = toError(native(29, 'TOPIC_AUTHORIZATION_FAILED', 'Broker: Topic authorization failed'), 250)
  assert.deepEqual([error.name, error.message, error.code],
    ['Error', 'TopicAuthorizationFailed', 'ERR_KAFKA_TOPIC_AUTHORIZATION_FAILED'])
  assert.equal(toError(native(-188, '_UNKNOWN_TOPIC', 'Local: Unknown topic'), 250).message, 'UnknownTopicOrPartition')
})

test('what has no name in kafka-node keeps librdkafka\'s text', () => {
  /** @type {any} */
  const error = toError(native(-186, '_INVALID_ARG', 'Local: Invalid argument or configuration'), 250)
  assert.deepEqual([error.message, error.code], ['Local: Invalid argument or configuration', 'ERR_KAFKA_INVALID_ARG'])
  assert.deepEqual(Object.keys(error), [])
})

test('a code that nobody knows is in the error\'s code', () => {
  for (const [code, name] of /** @type {[number, string][]} */ ([[999, 'ERR_999?'], [-77, 'ERR_-77?']])) {
    /** @type {any} */
    const error = toError(native(code, name, `Err-${code}?`), 250)
    assert.equal(error.code, `ERR_KAFKA_${code}`)
  }
})

test('errors about groups have their own classes, and the code', () => {
  const error = toGroupError(native(22, 'ILLEGAL_GENERATION'), 250)
  assert.ok(error instanceof IllegalGenerationError)
  assert.deepEqual([error.name, error.message, error.errorCode], ['IllegalGeneration', 'Kafka Error Code: 22', 22])
  const names = [14, 15, 16, 22, 25, 27].map((code) => toGroupError(native(code), 250).name)
  assert.deepEqual(names, ['GroupLoadInProgress', 'GroupCoordinatorNotAvailable', 'NotCoordinatorForGroup',
    'IllegalGeneration', 'UnknownMemberId', 'RebalanceInProgress'])
  const plain = toGroupError(native(30, 'GROUP_AUTHORIZATION_FAILED'), 250)
  assert.deepEqual([plain.name, plain.message, plain.errorCode], ['Error', 'GroupAuthorizationFailed', 30])
  assert.equal(toGroupError(native(-185), 250).errorCode, undefined)
})

test('a refused connection looks like Node\'s own error', () => {
  const error = toSocketError(native(-195, '_TRANSPORT',
    '127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)'))
  assert.equal(error.message, 'connect ECONNREFUSED 127.0.0.1:9092')
  assert.deepEqual({ ...error },
    { errno: -111, code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: 9092 })
})

test('so does one to an IPv6 address', () => {
  /** @type {any} */
  const error = toSocketError(native(-195, '_TRANSPORT',
    '[::1]:9092/bootstrap: Connect to ipv6#[::1]:9092 failed: Connection refused'))
  assert.deepEqual([error.code, error.address, error.port], ['ECONNREFUSED', '::1', 9092])
})

test('and a name that cannot be resolved', () => {
  /** @type {any} */
  const error = toSocketError(native(-193, '_RESOLVE',
    'nowhere.invalid:9092/bootstrap: Failed to resolve \'nowhere.invalid:9092\': Name or service not known'))
  assert.equal(error.message, 'getaddrinfo ENOTFOUND nowhere.invalid')
  assert.deepEqual([error.code, error.syscall, error.hostname], ['ENOTFOUND', 'getaddrinfo', 'nowhere.invalid'])
})

test('a connection error that Node has no name for keeps its text', () => {
  /** @type {any} */
  const error = toSocketError(native(-195, '_TRANSPORT', 'Disconnected'))
  assert.deepEqual([error.message, error.code], ['Disconnected', 'ERR_KAFKA_TRANSPORT'])
})

test('a refused certificate is that of the broker which the error names, and of no other', () => {
  const refused = [
    { broker: 'kafka:909', error: 10, reason: 'certificate has expired' },
    { broker: 'afka:9092', error: 10, reason: 'certificate has expired' },
    { broker: 'kafka:9092', error: 18, reason: 'self-signed certificate' }
  ]
  const message = 'ssl://kafka:9092/bootstrap: SSL handshake failed: certificate verify failed'
  const error = toTlsError(native(-181, '_SSL', message), refused)
  assert.match(error.message, /^self-signed certificate: the certificate of kafka:9092 is refused; /)
})

test('a connection that ends as the handshake begins may be to a broker without TLS', () => {
  const closed = (where) =>
    toSocketError(native(-195, '_TRANSPORT', `${where}: Disconnected: SSL connection closed by peer`))
  assert.match(closed('ssl://kafka:9092/bootstrap').message, /leave sslOptions out$/)
  assert.doesNotMatch(closed('ssl://kafka:9092/1').message, /sslOptions/)
  assert.doesNotMatch(closed('kafka:9092/bootstrap').message, /sslOptions/)
})
