'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { rootCertificates, DEFAULT_CIPHERS } = require('node:tls')
const {
  clientOptions, consumerOptions, defaults, defaultsDeep, noAckBatch, producerOptions, wholeNumber
} = require('../../lib/options')

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'

const client = (options) => clientOptions({
  clientId: 'c',
  options: { kafkaHost: 'a:1', connectTimeout: 10000, requestTimeout: 30000, idleConnection: 300000, ...options }
})

const consumer = (options) => consumerOptions({}, {
  groupId: 'g', fetchMaxWaitMs: 100, fetchMinBytes: 1, fetchMaxBytes: 1048576, ...options
}, null)

const invalid = (message) => ({ name: 'InvalidConfigError', message })

test('defaults complete an object in place and leave what is there', () => {
  const target = { a: 1, b: undefined, c: null, nested: { x: 1 } }
  assert.equal(defaults(target, { a: 9, b: 9, c: 9, nested: { y: 2 }, d: 4 }), target)
  assert.deepEqual(target, { a: 1, b: 9, c: null, nested: { x: 1 }, d: 4 })
})

test('deep defaults complete nested objects too, without sharing them', () => {
  const shared = { nested: { x: 1, list: [1] } }
  const first = defaultsDeep({}, shared)
  assert.deepEqual(first, shared)
  assert.notEqual(first.nested, shared.nested)
  assert.deepEqual(defaultsDeep({ nested: { x: 2 } }, shared), { nested: { x: 2, list: [1] } })
  assert.deepEqual(defaultsDeep({ nested: null }, shared), { nested: null })
})

test('numbers are whole, may be text, and are refused by name', () => {
  assert.equal(wholeNumber('n', 1.9), 1)
  assert.equal(wholeNumber('n', '250'), 250)
  assert.equal(wholeNumber('n', 1e12), 0x7fffffff)
  for (const value of [-1, NaN, Infinity, 'ten', undefined, {}]) {
    assert.throws(() => wholeNumber('fetchMinBytes', value), invalid(/^fetchMinBytes .* is illegal, must be a number/))
  }
  assert.throws(() => wholeNumber('sessionTimeout', 0, 1), invalid(
    'sessionTimeout 0 is illegal, must be a number of at least 1'))
})

test('a client without TLS and SASL', () => {
  assert.deepEqual(client(), {
    kafkaHost: 'a:1',
    clientId: 'c',
    connectTimeout: 10000,
    requestTimeout: 30000,
    idleConnection: 300000,
    statisticsInterval: 0,
    ssl: null,
    sasl: null
  })
})

test('noAckBatchOptions count when both are given, and are refused by name', () => {
  for (const none of [undefined, null, false]) assert.equal(noAckBatch(none), null)
  assert.equal(noAckBatch({ noAckBatchSize: 1000 }), null)
  assert.equal(noAckBatch({ noAckBatchSize: null, noAckBatchAge: 10 }), null)
  assert.deepEqual(noAckBatch({ noAckBatchSize: '1000', noAckBatchAge: 0 }), { bytes: 1000, age: 0 })
  assert.throws(() => noAckBatch({ noAckBatchSize: -1, noAckBatchAge: 10 }), invalid(
    'noAckBatchOptions.noAckBatchSize -1 is illegal, must be a number of at least 0'))
  assert.throws(() => noAckBatch(true), invalid(
    'noAckBatchOptions true is illegal, must be { noAckBatchSize, noAckBatchAge }'))
})

test('requestTimeout: false waits for ever', () => {
  assert.equal(client({ requestTimeout: false }).requestTimeout, null)
})

test('each number of a client is refused by name', () => {
  for (const name of ['connectTimeout', 'requestTimeout', 'idleConnection', 'statisticsInterval']) {
    assert.throws(() => client({ [name]: 'soon' }), invalid(new RegExp(`^${name} soon is illegal`)))
  }
})

test('TLS comes with Node\'s roots and ciphers, and verifies, unless told otherwise', () => {
  const { ssl } = client({ sslOptions: {} })
  assert.equal(ssl.ca, rootCertificates.join('\n'))
  assert.equal(ssl.ciphers, DEFAULT_CIPHERS)
  assert.equal(ssl.rejectUnauthorized, true)
  assert.equal(client({ sslOptions: { rejectUnauthorized: false } }).ssl.rejectUnauthorized, false)
  for (const value of [undefined, null, 0]) {
    assert.equal(client({ sslOptions: { rejectUnauthorized: value } }).ssl.rejectUnauthorized, true)
  }
})

test('TLS material may be strings, Buffers and lists of them', () => {
  const sslOptions = { ca: [PEM, Buffer.from(PEM)], cert: Buffer.from(PEM), key: PEM, passphrase: 'p' }
  const { ssl } = client({ sslOptions })
  assert.equal(ssl.ca, `${PEM}\n${PEM}`)
  assert.equal(ssl.cert, PEM)
  assert.equal(ssl.key, PEM)
  assert.equal(ssl.passphrase, 'p')
})

test('TLS options that librdkafka cannot honour are refused by name', () => {
  for (const name of ['servername', 'checkServerIdentity', 'minVersion', 'pfx', 'secureContext']) {
    assert.throws(() => client({ sslOptions: { [name]: 'value' } }),
      invalid(new RegExp(`^sslOptions.${name} cannot be honoured by librdkafka; remove it`)))
    assert.doesNotThrow(() => client({ sslOptions: { [name]: undefined } }))
  }
})

test('SASL mechanisms are taken in any case, and refused by name', () => {
  const sasl = { mechanism: 'scram-sha-256', username: 'u', password: 'p' }
  assert.deepEqual(client({ sasl }).sasl, { mechanism: 'SCRAM-SHA-256', username: 'u', password: 'p' })
  assert.throws(() => client({ sasl: { ...sasl, mechanism: 'gssapi' } }), invalid(
    'sasl.mechanism gssapi is not supported; use one of plain, scram-sha-256, scram-sha-512'))
})

test('no error shows a secret', () => {
  const secret = 'hunter2'
  const attempts = [
    { sasl: { mechanism: 'none', username: 'u', password: secret } },
    { sslOptions: { key: secret } },
    { sslOptions: { cert: secret } },
    { sslOptions: { ca: [PEM, secret] } },
    { sslOptions: { passphrase: secret, pfx: secret } }
  ]
  for (const options of attempts) {
    assert.throws(() => client(options), (error) => {
      assert.equal(error.name, 'InvalidConfigError')
      assert.equal(`${error.message}\n${error.stack}\n${JSON.stringify(error)}`.includes(secret), false)
      return true
    })
  }
})

test('a producer has limits for what it holds', () => {
  const { queueMessages, queueKbytes, ackTimeout, codec } = producerOptions({}, { requireAcks: 1 })
  assert.deepEqual({ queueMessages, queueKbytes, ackTimeout, codec },
    { queueMessages: 500000, queueKbytes: 256 * 1024, ackTimeout: null, codec: 'none' })
  const own = producerOptions({},
    { requireAcks: -1, queueMaxMessages: 10, queueMaxBytes: 1025, ackTimeout: 100, codec: 'gzip' })
  assert.deepEqual(own, { requireAcks: -1, queueMessages: 10, queueKbytes: 2, ackTimeout: 100, codec: 'gzip' })
  const bad = [['queueMaxMessages', 0], ['queueMaxBytes', 1], ['queueMaxBytes', 'all']]
  for (const [name, value] of bad) {
    assert.throws(() => producerOptions({}, { requireAcks: 1, [name]: value }),
      invalid(new RegExp(`^${name} ${value} is illegal`)))
  }
  assert.throws(() => producerOptions({}, { requireAcks: 1, ackTimeout: -1 }), invalid(/^ackTimeoutMs -1 is illegal/))
})

test('a consumer\'s numbers are refused by name', () => {
  assert.equal(consumer().groupId, 'g')
  assert.equal(consumer({ groupId: '' }).groupId, 'kafka-node-group')
  for (const name of ['fetchMaxWaitMs', 'fetchMinBytes', 'fetchMaxBytes']) {
    assert.throws(() => consumer({ [name]: -1 }), invalid(new RegExp(`^${name} -1 is illegal`)))
  }
})
