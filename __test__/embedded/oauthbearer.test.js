'use strict'

// Tokens of the first door, from the user's provider to the broker.

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { inspect } = require('node:util')

const { ConsumerGroup, KafkaClient } = require('../..')
const { SHORT, closed } = require('../support/secure-kafka')
const { SaslBroker } = require('../support/sasl-broker')

describe('a client with OAUTHBEARER', { timeout: 60000 }, () => {
  /**
   * @param {import('node:test').TestContext} context
   * @param {() => any} oauthBearerProvider
   * @param {{ accepts?: (token: string) => boolean, options?: object }} [more]
   */
  const start = async (context, oauthBearerProvider, { accepts, options = {} } = {}) => {
    const broker = new SaslBroker(accepts)
    const kafkaHost = await broker.start()
    const sasl = Object.freeze({ mechanism: 'oauthbearer', oauthBearerProvider })
    const client = new KafkaClient({ kafkaHost, sasl, connectRetryOptions: SHORT, ...options })
    context.after(async () => {
      client.removeAllListeners('error').on('error', () => {})
      await closed(client)
      broker.stop()
    })
    return { broker, client }
  }

  it('gives the broker the token and its extensions', async context => {
    const provider = async () => ({ value: 'token-1', lifetime: 60000, principal: 'alice', extensions: { trace: 'x' } })
    const { broker, client } = await start(context, provider)
    await once(client, 'connect')
    assert.deepEqual(broker.messages, ['n,, auth=Bearer token-1 trace=x'])
  })

  it('asks for another one before it expires, and no sooner', async context => {
    /** @type {number[]} */
    const times = []
    let again = () => {}
    const asked = new Promise(resolve => { again = () => resolve(undefined) })
    await start(context, () => {
      if (times.push(performance.now()) === 3) again()
      return { value: `token-${times.length}`, lifetime: 1500 }
    })
    await asked
    assert.ok(times[2] - times[0] > 1500, 'two tokens live longer than one')
  })

  it('emits what the provider throws, once, and connects when there is a token', async context => {
    const away = new Error('the token server is away')
    let isAway = true
    const { client } = await start(context, async () => {
      if (isAway) throw away
      return { value: 'token', lifetime: 60000 }
    })
    /** @type {any[]} */
    const errors = []
    client.on('error', (/** @type {any} */ error) => errors.push(error))
    const failure = await new Promise(resolve => client.loadMetadataForTopics([], resolve))
    assert.equal(failure.name, 'BrokerNotAvailableError')
    assert.equal(errors.length, 1)
    const [error] = errors
    assert.deepEqual([error.name, error.message, error.code, error.cause], ['SaslAuthenticationError',
      'sasl.oauthBearerProvider has failed: the token server is away', 'ERR_KAFKA_NO_TOKEN', away])
    isAway = false
    client.connect()
    await once(client, 'connect')
    assert.equal(errors.length, 1)
  })

  it('asks again with each attempt to connect', async context => {
    let count = 0
    const { client } = await start(context, async () => {
      if (++count < 3) throw new Error('not yet')
      return { value: 'token', lifetime: 60000 }
    }, { options: { connectRetryOptions: { ...SHORT, retries: 3 } } })
    client.on('error', () => {})
    await new Promise(resolve => client.on('connect', () => resolve(undefined)))
    assert.equal(count, 3)
  })

  for (const [what, given, message] of /** @type {Array<[string, any, RegExp]>} */ ([
    ['no value', {}, /^sasl\.oauthBearerProvider must give \{ value, lifetime \}/],
    ['a time that is over', { value: 'secret-x', lifetime: Date.now() - 1000 },
      /^the token of sasl\.oauthBearerProvider cannot be used: Must supply an unexpired token/],
    ['a value that cannot be sent', { value: 'secret-x\u0001', lifetime: 60000 },
      /^the token of sasl\.oauthBearerProvider cannot be used: its value must only consist of visible ASCII/],
    ['an extension that cannot be sent', { value: 'token', lifetime: 60000, extensions: { trace: 'secret-x\0' } },
      /^the token of sasl\.oauthBearerProvider cannot be used: its extension trace must only consist of visible ASCII/],
    ['a value that the broker refuses', { value: 'secret-x', lifetime: 60000 }, /^Authentication failed/]
  ])) {
    it(`reports a token with ${what}, and does not show it`, async context => {
      const { client } = await start(context, async () => given, { accepts: () => false })
      const [error] = await once(client, 'error')
      assert.equal(error.name, 'SaslAuthenticationError')
      assert.match(error.message, message)
      for (const text of [JSON.stringify(error), inspect(error), error.stack, inspect(client, { depth: 9 })]) {
        assert.doesNotMatch(text, /secret-x/)
      }
    })
  }

  it('goes on when a renewal fails, tells, and asks again', async context => {
    let count = 0
    let again = () => {}
    const asked = new Promise(resolve => { again = () => resolve(undefined) })
    const { client } = await start(context, async () => {
      count++
      if (count === 2) throw new Error('not now')
      if (count === 3) again()
      return { value: 'token', lifetime: 1500 }
    })
    const [error] = await once(client, 'error')
    assert.match(error.message, /not now/)
    await asked
  })

  it('is an option of a ConsumerGroup, too', async context => {
    const broker = new SaslBroker()
    const group = new ConsumerGroup({
      kafkaHost: await broker.start(),
      groupId: 'group',
      sasl: { mechanism: 'OAUTHBEARER', oauthBearerProvider: () => ({ value: 'of-a-group' }) }
    }, 'topic')
    context.after(async () => {
      await closed(group)
      broker.stop()
    })
    await once(group.client, 'connect')
    assert.deepEqual(broker.messages, ['n,, auth=Bearer of-a-group'])
  })

  it('needs a function', () => {
    for (const oauthBearerProvider of [undefined, null, 'token', {}]) {
      const sasl = { mechanism: 'oauthbearer', oauthBearerProvider }
      assert.throws(() => new KafkaClient({ autoConnect: false, sasl }),
        { name: 'InvalidConfigError', message: /^sasl\.oauthBearerProvider must be a function/ })
    }
  })
})
