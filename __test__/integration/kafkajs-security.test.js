'use strict'

// The second door through TLS and SASL, and with tokens of a server that gives them out.

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const { Clients, outcome } = require('../support/kafkajs-door')
const kafka = require('../support/kafka')
const { contents, startSecureKafka, unavailable } = require('../support/secure-kafka')
const { TokenServer } = require('../support/token-server')

describe('the second door and security', { timeout: 180000, skip: unavailable('4') }, () => {
  /** @type {any} */
  let broker
  const server = new TokenServer()

  before(async () => {
    broker = await startSecureKafka({ version: '4' })
    await server.start()
  })
  after(async () => {
    server.stop()
    await broker.stop()
  })

  /**
   * @param {import('node:test').TestContext} context
   * @param {string} listener
   * @param {object} options
   */
  const producerOf = (context, listener, options) => {
    const clients = new Clients(context, broker.listeners[listener])
    return clients.producer({}, clients.kafka({ connectionTimeout: 3000, ...options }))
  }

  /** @param {any} producer */
  const sendsTo = async (producer) => {
    const topic = await kafka.createTopic(broker.brokers, kafka.uniqueName('secure'))
    await producer.connect()
    return () => producer.send({ topic, messages: [{ value: 'v' }] })
  }

  for (const mechanism of ['plain', 'scram-sha-256', 'SCRAM-SHA-512']) {
    it(`authenticates with ${mechanism}, and tells of a wrong password`, async (context) => {
      const send = await sendsTo(producerOf(context, 'sasl', { sasl: { mechanism, ...broker.user } }))
      assert.equal((await send())[0].errorCode, 0)
      const wrong = producerOf(context, 'sasl', { sasl: { mechanism, username: 'alice', password: 'secret-x' } })
      const { error } = await outcome(() => wrong.connect())
      assert.equal(error.name, 'KafkaJSSASLAuthenticationError')
      assert.match(error.message, /^SASL (PLAIN|SCRAM SHA(256|512)) authentication failed: SASL Authentication failed/)
      assert.doesNotMatch(JSON.stringify(error), /secret-x/)
    })
  }

  it('encrypts, and tells of a certificate that it does not trust', async (context) => {
    const { ca } = contents(broker.certificates)
    const send = await sendsTo(producerOf(context, 'ssl', { ssl: { ca: [ca] } }))
    assert.equal((await send())[0].errorCode, 0)
    const { error } = await outcome(() => producerOf(context, 'ssl', { ssl: true }).connect())
    assert.deepEqual([error.name, error.cause.name], ['KafkaJSNumberOfRetriesExceeded', 'KafkaJSConnectionError'])
    assert.match(error.cause.code, /UNABLE_TO|SELF_SIGNED/)
  })

  it('gets tokens from a server, and new ones before they expire, under load', async (context) => {
    const sasl = Object.freeze({ mechanism: 'oauthbearer', oauthBearerProvider: () => server.token() })
    const before = server.tokens
    const send = await sendsTo(producerOf(context, 'oauth', { sasl }))
    let sent = 0
    // through the end of two tokens and as many authentications anew
    while (server.tokens < before + 4) {
      const results = await Promise.all(Array.from({ length: 20 }, send))
      sent += results.length
      assert.ok(results.every(([{ errorCode }]) => errorCode === 0))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.ok(sent > 0)
  })

  it('tells why there is no token, and connects when there is one', async (context) => {
    const refused = new Error('the token server is away')
    let isAway = true
    const oauthBearerProvider = async () => {
      if (isAway) throw refused
      return server.token()
    }
    const producer = producerOf(context, 'oauth', { sasl: { mechanism: 'oauthbearer', oauthBearerProvider } })
    await assert.rejects(producer.connect(), (error) => error === refused)
    isAway = false
    assert.equal((await (await sendsTo(producer))())[0].errorCode, 0)
  })

  for (const [what, given, message] of /** @type {Array<[string, any, RegExp]>} */ ([
    ['no value', {}, /^SASL OAUTHBEARER: Invalid OAuth bearer token$/],
    ['a time that is over', { value: 'opaque', lifetime: Date.now() - 1000 },
      /^SASL OAUTHBEARER: Invalid OAuth bearer token/],
    ['a value that the broker does not take', { value: 'secret-x', lifetime: 60000 },
      /^SASL OAUTHBEARER authentication failed: SASL Authentication failed/]
  ])) {
    it(`rejects a token with ${what}`, async (context) => {
      const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: async () => given }
      const { error } = await outcome(() => producerOf(context, 'oauth', { sasl }).connect())
      assert.equal(error.name, 'KafkaJSSASLAuthenticationError')
      assert.match(error.message, message)
      assert.doesNotMatch(JSON.stringify(error), /secret-x/)
    })
  }
})
