'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { X509Certificate, generateKeyPairSync } = require('node:crypto')
const { rootCertificates, DEFAULT_CIPHERS } = require('node:tls')
const {
  clientOptions, consumerOptions, defaults, defaultsDeep, noAckBatch, producerOptions, wholeNumber
} = require('../../lib/internal/options')

/** Some certificate, and a key of the same kind that does not belong to it. */
const PEM = String(rootCertificates.find(pem => new X509Certificate(pem).publicKey.asymmetricKeyType === 'ec'))
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const sealed = (passphrase) =>
  KEY.export(passphrase
    ? { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }
    : { type: 'pkcs8', format: 'pem' })

const client = (options) => clientOptions({
  clientId: 'c',
  options: { kafkaHost: 'a:1', connectTimeout: 10000, requestTimeout: 30000, idleConnection: 300000, ...options }
})

/** @type {any} what a client would add */
const OF_CLIENT = { librdkafka: [] }

const consumer = (options) => consumerOptions(OF_CLIENT, {
  groupId: 'g', fetchMaxWaitMs: 100, fetchMinBytes: 1, fetchMaxBytes: 1048576, ...options
}, null)

const invalid = (message) => ({ name: 'InvalidConfigError', message })

test('defaults complete an object in place and leave what is there', () => {
  const target = { a: 1, b: undefined, c: null, nested: { x: 1 } }
  assert.equal(defaults(target, { a: 9, b: 9, c: 9, nested: { y: 2 }, d: 4 }), target)
  assert.deepEqual(target, { a: 1, b: 9, c: null, nested: { x: 1 }, d: 4 })
})

test('deep defaults complete nested objects, too, without sharing them', () => {
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
    brokers: 'a:1',
    clientId: 'c',
    connectTimeout: 10000,
    requestTimeout: 30000,
    idleConnection: 300000,
    statisticsInterval: 0,
    ssl: null,
    sasl: null,
    librdkafka: []
  })
})

test('noAckBatchOptions count only if both are given, and are refused by name', () => {
  for (const none of /** @type {const} */ ([undefined, null, false])) assert.equal(noAckBatch(none), null)
  assert.equal(noAckBatch(/** @type {any} */ ({ noAckBatchSize: 1000 })), null)
  assert.equal(noAckBatch({ noAckBatchSize: null, noAckBatchAge: 10 }), null)
  const texts = /** @type {any} */ ({ noAckBatchSize: '1000', noAckBatchAge: 0 })
  assert.deepEqual(noAckBatch(texts), { bytes: 1000, age: 0 })
  assert.throws(() => noAckBatch({ noAckBatchSize: -1, noAckBatchAge: 10 }), invalid(
    'noAckBatchOptions.noAckBatchSize -1 is illegal, must be a number of at least 0'))
  assert.throws(() => noAckBatch(/** @type {any} */ (true)), invalid(
    'noAckBatchOptions true is illegal, must be { noAckBatchSize, noAckBatchAge }'))
})

test('requestTimeout: false waits forever', () => {
  assert.equal(client({ requestTimeout: false }).requestTimeout, null)
})

test('each number of a client is refused by name', () => {
  for (const name of ['connectTimeout', 'requestTimeout', 'idleConnection', 'statisticsInterval']) {
    assert.throws(() => client({ [name]: 'soon' }), invalid(new RegExp(`^${name} soon is illegal`)))
  }
})

test('TLS comes with Node\'s roots and ciphers, and verifies, unless told otherwise', () => {
  const { ssl } = client({ sslOptions: {} })
  // and those of NODE_EXTRA_CA_CERTS
  for (const root of rootCertificates) assert.ok(ssl.ca.includes(root))
  assert.equal(ssl.ciphers, DEFAULT_CIPHERS)
  assert.equal(ssl.rejectUnauthorized, true)
  assert.equal(client({ sslOptions: { rejectUnauthorized: false } }).ssl.rejectUnauthorized, false)
  for (const value of [undefined, null, 0]) {
    assert.equal(client({ sslOptions: { rejectUnauthorized: value } }).ssl.rejectUnauthorized, true)
  }
})

test('TLS material may be strings, Buffers and lists of them', () => {
  const { ca, cert } = client({ sslOptions: { ca: [PEM, Buffer.from(PEM)], cert: Buffer.from(PEM) } }).ssl
  assert.equal(ca, `${PEM}\n${PEM}`)
  assert.equal(cert, PEM)
  const key = sealed('p')
  const ways = [
    { key, passphrase: 'p' }, { key: [Buffer.from(key)], passphrase: 'p' }, { key: { pem: key, passphrase: 'p' } },
    { key: [{ pem: new Uint8Array(Buffer.from(key)), passphrase: 'p' }] }
  ]
  for (const way of ways) {
    const { ssl } = client({ sslOptions: way })
    assert.deepEqual([ssl.key, ssl.passphrase], [key, 'p'])
  }
})

test('TLS material that Node refuses is refused, with Node\'s code and the option\'s name', () => {
  const rows = [
    [{ key: sealed('right'), passphrase: 'wrong' }, /^sslOptions\.key .* sslOptions\.passphrase does not open it$/],
    [{ key: sealed('right') }, /^sslOptions\.key .* It is encrypted: give sslOptions\.passphrase$/],
    [{ key: sealed(), cert: PEM }, /^sslOptions\.key and sslOptions\.cert .* They do not belong together$/],
    [{ cert: 'no PEM' }, /^sslOptions\.cert .* It must be PEM text$/],
    [{ ca: 5 }, /^sslOptions\.ca /],
    [{ pfx: Buffer.from('no PKCS#12') }, /^sslOptions\.pfx /],
    [{ ciphers: 'NONE-SUCH' }, /^sslOptions\.ciphers /]
  ]
  for (const [sslOptions, message] of rows) assert.throws(() => client({ sslOptions }), invalid(message))
  assert.throws(() => client({ sslOptions: { cert: 'no PEM' } }), { code: 'ERR_OSSL_PEM_NO_START_LINE' })
})

test('TLS material that Node would ignore, or that librdkafka cannot take, is refused', () => {
  const rows = [
    [{ ca: 'no PEM' }, /^sslOptions\.ca must be PEM text/],
    [{ ca: [] }, /^sslOptions\.ca is empty/],
    [{ key: [sealed(), sealed()] }, /^sslOptions\.key has 2 elements: librdkafka takes one/],
    [{ cert: [PEM, PEM] }, /^sslOptions\.cert has 2 elements: .* chain/],
    [{ pfx: Buffer.alloc(1), key: sealed() }, /^sslOptions\.pfx holds a certificate and its key/],
    [{ key: sealed('p'), passphrase: 5 }, /^sslOptions\.passphrase must be a string/],
    [{ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, /^sslOptions\.ciphers cannot choose among the ciphers of TLS 1\.3/],
    [{ ciphers: 'TLS_AES_128_GCM_SHA256' }, /^sslOptions\.ciphers cannot choose among the ciphers of TLS 1\.3/]
  ]
  for (const [sslOptions, message] of rows) assert.throws(() => client({ sslOptions }), invalid(message))
  for (const sslOptions of [true, 5, 'yes']) {
    assert.throws(() => client({ sslOptions }), invalid(/^sslOptions must be an object/))
  }
})

test('TLS options that ask for what happens anyway are accepted', () => {
  assert.doesNotThrow(() => client({ sslOptions: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', requestCert: true } }))
})

test('TLS options that librdkafka cannot honour are refused by name', () => {
  for (const name of ['servername', 'checkServerIdentity', 'minVersion', 'maxVersion', 'secureContext', 'session']) {
    assert.throws(() => client({ sslOptions: { [name]: 'value' } }),
      invalid(new RegExp(`^sslOptions.${name} is not supported: .*librdkafka.*\\. Supported are ca, cert, key, pfx,`)))
    assert.doesNotThrow(() => client({ sslOptions: { [name]: undefined } }))
  }
})

test('SASL mechanisms may be in upper or lower case, and are refused by name', () => {
  const sasl = { mechanism: 'scram-sha-256', username: 'u', password: 'p' }
  assert.deepEqual(client({ sasl }).sasl, { mechanism: 'SCRAM-SHA-256', username: 'u', password: 'p' })
  assert.throws(() => client({ sasl: { ...sasl, mechanism: 'gssapi' } }), invalid(
    'sasl.mechanism gssapi is not supported; use one of plain, scram-sha-256, scram-sha-512, oauthbearer'))
})

test('SASL needs a user name and a password', () => {
  const sasl = { mechanism: 'plain', username: 'u', password: 5 }
  assert.equal(client({ sasl }).sasl.password, '5')
  for (const value of [undefined, null, '', {}, ['p']]) {
    for (const name of ['username', 'password']) {
      assert.throws(() => client({ sasl: { ...sasl, [name]: value } }),
        invalid(`sasl.${name} must be a string that is not empty`))
    }
  }
})

test('no error shows a secret', () => {
  const secret = 'hunter2'
  const attempts = [
    { sasl: { mechanism: 'none', username: 'u', password: secret } },
    { sslOptions: { key: secret } },
    { sslOptions: { cert: secret } },
    { sslOptions: { ca: [PEM, secret] } },
    { sslOptions: { passphrase: secret, pfx: secret } },
    { sslOptions: { passphrase: secret, key: sealed('another') } },
    { librdkafka: { 'sasl.password': secret } }
  ]
  for (const options of attempts) {
    assert.throws(() => client(options), (/** @type {Error} */ error) => {
      assert.equal(error.name, 'InvalidConfigError')
      assert.equal(`${error.message}\n${error.stack}\n${JSON.stringify(error)}`.includes(secret), false)
      return true
    })
  }
})

test('a producer has limits for what it holds', () => {
  const producer = (settings) => producerOptions(OF_CLIENT, settings)
  const { queueMessages, queueKbytes, ackTimeout, codec } = producer({ acks: 1 })
  assert.deepEqual({ queueMessages, queueKbytes, ackTimeout, codec },
    { queueMessages: 500000, queueKbytes: 256 * 1024, ackTimeout: null, codec: 'none' })
  const own = producer(
    { acks: -1, queueMaxMessages: 10, queueMaxBytes: 1025, ackTimeout: 100, codec: 'gzip' })
  assert.deepEqual(own,
    { acks: -1, queueMessages: 10, queueKbytes: 2, ackTimeout: 100, codec: 'gzip', librdkafka: [] })
  const bad = [['queueMaxMessages', 0], ['queueMaxBytes', 1], ['queueMaxBytes', 'all']]
  for (const [name, value] of bad) {
    assert.throws(() => producer({ acks: 1, [name]: value }),
      invalid(new RegExp(`^${name} ${value} is illegal`)))
  }
  assert.throws(() => producer({ acks: 1, ackTimeout: -1 }), invalid(/^ackTimeoutMs -1 is illegal/))
})

test('a consumer\'s numbers are refused by name', () => {
  assert.equal(consumer().groupId, 'g')
  assert.equal(consumer({ groupId: '' }).groupId, 'kafka-node-group')
  for (const name of ['fetchMaxWaitMs', 'fetchMinBytes', 'fetchMaxBytes']) {
    assert.throws(() => consumer({ [name]: -1 }), invalid(new RegExp(`^${name} -1 is illegal`)))
  }
})
