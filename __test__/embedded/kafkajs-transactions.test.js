'use strict'

// What becomes of transactions of the second door when the broker refuses something, or is away.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')

const { startWatched, uniqueName } = require('../support/embedded')
const { Clients, outcome } = require('../support/kafkajs-door')

const messages = [{ value: 'v' }]

describe('a transaction of the second door', { timeout: 120000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  /** @param {import('node:test').TestContext} context @param {object} [options] */
  const start = async (context, options) => {
    const topic = uniqueName('transactions')
    await broker.createTopic(topic, 1)
    const clients = new Clients(context, broker.brokers)
    const producer = await clients.connected({ transactionalId: uniqueName('id'), ...options })
    // so that its other handle has its id, and takes no answer that is meant for a transaction
    await producer.send({ topic, messages })
    return { topic, producer }
  }

  const commits = async (producer, topic) => {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages })
    await transaction.commit()
  }

  it('waits for its coordinator, and for what goes on beside it', async context => {
    const { producer, topic } = await start(context)
    await broker.pushErrors('FindCoordinator', [15, 15])
    await broker.pushErrors('InitProducerId', [14, 16, 51])
    const transaction = await producer.transaction()
    await broker.pushErrors('AddPartitionsToTxn', [14, 51])
    await transaction.send({ topic, messages })
    await broker.pushErrors('EndTxn', [14, 51])
    await transaction.commit()
    await commits(producer, topic)
  })

  it('refuses by a rejection, never by throwing at the call', async context => {
    const { producer, topic } = await start(context)
    const transaction = await producer.transaction()
    const sending = transaction.send({ topic, messages, compression: /** @type {any} */ (99) })
    await assert.rejects(sending, { name: 'KafkaJSNotImplemented' })
    await transaction.abort()
  })

  it('is not begun without the right to its id', async context => {
    const { producer, topic } = await start(context)
    await broker.pushErrors('InitProducerId', [53])
    const { error } = await outcome(() => producer.transaction())
    assert.deepEqual([error.name, error.type, error.code, error.retriable],
      ['KafkaJSProtocolError', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 53, false])
    await commits(producer, topic)
  })

  it('cannot be committed after a send has failed; the next one can', async context => {
    const { producer, topic } = await start(context)
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages })
    await broker.pushErrors('Produce', [10])
    const { error } = await outcome(() => transaction.send({ topic, messages }))
    assert.deepEqual([error.name, error.type], ['KafkaJSProtocolError', 'MESSAGE_TOO_LARGE'])
    assert.equal(transaction.isActive(), true)
    await assert.rejects(transaction.commit(), { abortable: true, fatal: false })
    assert.equal(transaction.isActive(), false)
    await commits(producer, topic)
  })

  it('can be aborted after a send has failed', async context => {
    const { producer, topic } = await start(context)
    const transaction = await producer.transaction()
    await broker.pushErrors('Produce', [87])
    await outcome(() => transaction.send({ topic, messages }))
    const { error } = await outcome(() => transaction.send({ topic, messages }))
    assert.match(error.message, /abort it, and begin another one/)
    assert.equal(await transaction.abort(), undefined)
    await commits(producer, topic)
  })

  it('gives up what is under way when it is aborted', async context => {
    const { producer, topic } = await start(context)
    const transaction = await producer.transaction()
    await broker.setRtt(500)
    const sends = [1, 2, 3].map(() => outcome(() => transaction.send({ topic, messages })))
    await transaction.abort()
    await broker.setRtt(0)
    for (const { value, error } of await Promise.all(sends)) {
      assert.ok(value || error.message === 'The transaction was aborted', error && error.message)
    }
    await commits(producer, topic)
  })

  it('ends with an error when its broker is away for too long; the next one can be committed', async context => {
    const { producer, topic } = await start(context, { transactionTimeout: 2000 })
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages })
    await broker.setDown()
    const { error } = await outcome(() => transaction.commit())
    assert.equal(error.name, 'KafkaJSRequestTimeoutError')
    assert.equal(transaction.isActive(), false)
    await broker.setUp()
    await commits(producer, topic)
  })

  it('is one at a time, also while it is being begun', async context => {
    const { producer } = await start(context)
    const [first, second] = await Promise.all([outcome(() => producer.transaction()),
      outcome(() => producer.transaction())])
    assert.ok(first.value.isActive())
    assert.match(second.error.message, /^There is already an ongoing transaction/)
    await first.value.abort()
  })

  it('has one compression, that of its first sends', async context => {
    const { producer, topic } = await start(context)
    const transaction = await producer.transaction()
    const sends = [1, 2, 3].map(() => transaction.send({ topic, messages, compression: 1 }))
    assert.equal((await Promise.all(sends)).length, 3)
    const { error } = await outcome(() => transaction.send({ topic, messages, compression: 4 }))
    assert.match(error.message, /the same compression, that of the first: this one has gzip, not zstd/)
    await transaction.commit()
  })

  it('has the compression of the first send that is not refused', async context => {
    const { producer, topic } = await start(context)
    const transaction = await producer.transaction()
    // what the typings do not allow, on purpose
    for (const refused of /** @type {any[]} */ ([{ messages }, { topic, messages: [{ value: ['list'] }] }])) {
      await assert.rejects(transaction.send(refused))
    }
    await transaction.send({ topic, messages, compression: 1 })
    const { error } = await outcome(() => transaction.send({ topic, messages }))
    assert.match(error.message, /the same compression, that of the first: this one has gzip, not none/)
    await transaction.commit()
  })
})
