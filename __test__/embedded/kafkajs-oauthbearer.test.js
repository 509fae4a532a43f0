'use strict'

// Tokens of the second door, from the user's provider to the broker.

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')

const { Clients, outcome } = require('../support/kafkajs-door')
const { SaslBroker } = require('../support/sasl-broker')

describe('a client of the second door with OAUTHBEARER', { timeout: 60000 }, () => {
  /**
   * @param {import('node:test').TestContext} context
   * @param {() => Promise<any>} oauthBearerProvider
   * @param {(token: string) => boolean} [accepts]
   */
  const start = async (context, oauthBearerProvider, accepts) => {
    const broker = new SaslBroker(accepts)
    const clients = new Clients(context, await broker.start())
    context.after(() => broker.stop())
    const sasl = Object.freeze({ mechanism: 'oauthbearer', oauthBearerProvider })
    return { broker, producer: clients.producer({}, clients.kafka({ sasl, connectionTimeout: 5000 })) }
  }

  it('gives the broker the token and its extensions', async context => {
    const provider = async () => ({ value: 'token-1', lifetime: 60000, principal: 'alice', extensions: { trace: 'x' } })
    const { broker, producer } = await start(context, provider)
    await producer.connect()
    assert.deepEqual(broker.messages, ['n,, auth=Bearer token-1 trace=x'])
  })

  it('asks for another one before it expires, and no sooner', async context => {
    const times = []
    let again = () => {}
    const asked = new Promise(resolve => { again = () => resolve(undefined) })
    const { producer } = await start(context, async () => {
      if (times.push(performance.now()) === 3) again()
      return { value: `token-${times.length}`, lifetime: 1500 }
    })
    await producer.connect()
    await asked
    assert.ok(times[2] - times[0] > 1500, 'two tokens live longer than one')
  })

  it('rejects with what the provider throws, as it is, and connects when there is a token', async context => {
    const away = new Error('the token server is away')
    let isAway = true
    const { producer } = await start(context, async () => {
      if (isAway) throw away
      return { value: 'token', lifetime: 60000 }
    })
    await assert.rejects(producer.connect(), error => error === away)
    isAway = false
    await producer.connect()
  })

  it('rejects without a token, with one whose time is over, and with one that the broker refuses', async context => {
    const errors = []
    const lifetime = 60000
    const tokens = [
      {}, { value: 'old', lifetime: Date.now() - 1000 }, { value: 'refused-x', lifetime },
      { value: 'refused-x\u0001', lifetime }
    ]
    for (const given of tokens) {
      const { producer } = await start(context, async () => given, () => false)
      errors.push((await outcome(() => producer.connect())).error)
    }
    assert.deepEqual(errors.map(({ name }) => name), new Array(4).fill('KafkaJSSASLAuthenticationError'))
    assert.equal(errors[0].message, 'SASL OAUTHBEARER: Invalid OAuth bearer token')
    assert.match(errors[1].message, /^SASL OAUTHBEARER: Invalid OAuth bearer token/)
    assert.match(errors[2].message, /^SASL OAUTHBEARER authentication failed: SASL Authentication failed/)
    assert.match(errors[3].message, /^SASL OAUTHBEARER: Invalid OAuth bearer token: its value must only consist/)
    assert.doesNotMatch(JSON.stringify(errors), /refused-x/)
  })

  it('goes on when a renewal fails, and asks again', async context => {
    let count = 0
    let again = () => {}
    const asked = new Promise(resolve => { again = () => resolve(undefined) })
    const { producer } = await start(context, async () => {
      count++
      if (count === 2) throw new Error('not now')
      if (count === 3) again()
      return { value: 'token', lifetime: 1500 }
    })
    await producer.connect()
    await asked
    await producer.disconnect()
  })
})
