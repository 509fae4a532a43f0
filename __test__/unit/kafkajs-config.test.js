'use strict'

// What the second door refuses, and what it makes of options and tokens.

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')

const { Kafka } = require('../../kafkajs')
const { clientOptions } = require('../../kafkajs/clientConfig')

const brokers = ['localhost:9092']
const client = { allowAutoTopicCreation: true, warn: () => {} }
/** @param {any} options */
const nativeOf = options => clientOptions({ brokers, ...options }, client)

describe('the configuration of the second door', () => {
  const REFUSED = [
    [{ socketFactory: () => {} }, /^socketFactory is not supported/],
    [{ ssl: { servername: 'x' } }, /^ssl\.servername is not supported/],
    [{ ssl: { checkServerIdentity: () => {} } }, /^ssl\.checkServerIdentity is not supported/],
    [{ ssl: { minVersion: 'TLSv1.3' } }, /^ssl\.minVersion is not supported/],
    [{ sasl: { mechanism: 'aws', accessKeyId: 'a' } }, /^sasl\.mechanism aws is not supported.*oauthbearer/],
    [{ sasl: { mechanism: 'gssapi' } }, /^sasl\.mechanism gssapi is not supported/],
    [{ sasl: { mechanism: 'own', authenticationProvider: () => {} } },
      /^sasl\.authenticationProvider is not supported/],
    [{ sasl: { mechanism: 'plain', username: 'a', password: 'b', authorizationIdentity: 'c' } },
      /^sasl\.authorizationIdentity is not supported/]
  ]

  for (const [options, message] of REFUSED) {
    it(`refuses ${JSON.stringify(options)} by name`, () => {
      const config = /** @type {any} */ ({ brokers, ...options })
      assert.throws(() => new Kafka(config), { name: 'KafkaJSNonRetriableError', message })
    })
  }

  it('is not looked at otherwise before a client connects', () => {
    for (const options of [{}, { brokers: 7 }, { brokers: [], ssl: true }, { clientId: null, requestTimeout: 'x' }]) {
      assert.ok(new Kafka(/** @type {any} */ (options)))
    }
  })

  it('has kafkajs\'s defaults', async () => {
    assert.deepEqual(await nativeOf({}), {
      brokers: 'localhost:9092', clientId: 'kafkajs', connectTimeout: 1000, requestTimeout: 30000, idleConnection: 0,
      statisticsInterval: 0, allowAutoTopicCreation: true, ssl: null, sasl: null, librdkafka: []
    })
  })

  it('becomes what the native side reads', async () => {
    const native = await nativeOf({
      brokers: ['a:1', '::1:2', '[::2]:3', 'no-port'],
      clientId: '',
      connectionTimeout: 500,
      authenticationTimeout: 700,
      enforceRequestTimeout: false,
      sasl: Object.freeze({ mechanism: 'scram-sha-512', username: 'u', password: 'p' })
    })
    assert.equal(native.brokers, 'a:1,[::1]:2,[::2]:3')
    assert.equal(native.clientId, '')
    assert.equal(native.connectTimeout, 1200)
    assert.equal(native.requestTimeout, null)
    assert.deepEqual(native.sasl, { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' })
    const secure = await nativeOf({ ssl: true })
    assert.equal(secure.ssl.rejectUnauthorized, true)
    assert.match(secure.ssl.ca, /BEGIN CERTIFICATE/)
  })

  it('tells what is missing for a mechanism in kafkajs\'s words', async () => {
    const sasl = [
      [{ mechanism: 'plain', username: 'u' }, 'SASL Plain: Invalid username or password'],
      [{ mechanism: 'scram-sha-256', password: 'p' }, 'SASL SCRAM SHA256 authentication: Invalid username or password'],
      [{ mechanism: 'SCRAM-SHA-512' }, 'SASL SCRAM SHA512 authentication: Invalid username or password'],
      [{ mechanism: 'oauthbearer' }, 'SASL OAUTHBEARER: Missing OAuth bearer token provider']
    ]
    for (const [options, message] of sasl) {
      await assert.rejects(nativeOf({ sasl: options }), { name: 'KafkaJSSASLAuthenticationError', message })
    }
  })
})
