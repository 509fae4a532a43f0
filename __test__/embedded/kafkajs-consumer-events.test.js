'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { newTopic, numbered, startWatched, uniqueName } = require('../support/embedded')
const { Clients, Collected, FAST_RETRY, nextEvent } = require('../support/kafkajs-clients')

describe('what a consumer of the second door tells', { timeout: 60000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker
  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  const topicOf = (partitions = 1) => newTopic(broker, partitions)

  it('heartbeats and fetches that were answered, and requests', async (context) => {
    const clients = new Clients(context, broker)
    const topic = await topicOf()
    const consumer = clients.consumer({ heartbeatInterval: 100 })
    const join = nextEvent(consumer, 'GROUP_JOIN')
    const heartbeat = nextEvent(consumer, 'HEARTBEAT')
    const fetch = nextEvent(consumer, 'FETCH')
    const start = nextEvent(consumer, 'FETCH_START')
    const request = nextEvent(consumer, 'REQUEST', ({ payload }) => payload.apiName === 'Fetch')
    await consumer.subscribe({ topic })
    await consumer.run({ eachMessage: async () => {} })
    const { groupId, memberId } = (await join).payload
    const { payload, type } = await heartbeat
    assert.equal(type, 'consumer.heartbeat')
    assert.deepEqual(Object.keys(payload), ['groupId', 'memberId', 'groupGenerationId'])
    assert.deepEqual([payload.groupId, payload.memberId], [groupId, memberId])
    const { payload: fetched } = await fetch
    assert.deepEqual(Object.keys(fetched), ['numberOfBatches', 'duration', 'nodeId'])
    assert.deepEqual((await start).payload, { nodeId: fetched.nodeId })
    assert.equal((await request).payload.broker, broker.brokers)
  })

  it('each request once, whichever of librdkafka\'s threads waits for its answer', async (context) => {
    const consumer = new Clients(context, broker).consumer({ heartbeatInterval: 100 })
    const requests = new Map()
    const heartbeat = nextEvent(consumer, 'REQUEST', ({ payload: { apiName } }) => {
      requests.set(apiName, (requests.get(apiName) || 0) + 1)
      return apiName === 'Heartbeat'
    })
    await consumer.subscribe({ topic: await topicOf() })
    await consumer.run({ eachMessage: async () => {} })
    await heartbeat
    assert.deepEqual([requests.get('JoinGroup'), requests.get('SyncGroup')], [1, 1])
  })

  it('in the context that run was called in', async (context) => {
    const clients = new Clients(context, broker)
    const topic = await topicOf()
    await clients.send(topic, numbered(3))
    const storage = new AsyncLocalStorage()
    const got = new Collected()
    const consumer = clients.consumer()
    await consumer.subscribe({ topic, fromBeginning: true })
    await storage.run('mine', () => consumer.run({
      eachMessage: async () => {
        await new Promise((resolve) => { setImmediate(resolve) })
        got.add(storage.getStore())
      }
    }))
    assert.deepEqual(await got.take(3), Array(3).fill('mine'))
  })

  it('a listener that throws harms nobody', async (context) => {
    const clients = new Clients(context, broker)
    const topic = await topicOf()
    await clients.send(topic, numbered(3))
    const got = new Collected()
    const consumer = clients.consumer()
    for (const name of Object.keys(consumer.events)) {
      consumer.on(consumer.events[name], () => { throw new Error('listener') })
    }
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => { got.add(message.value.toString()) } })
    assert.deepEqual(await got.take(3), numbered(3))
    await consumer.disconnect()
    assert.deepEqual(got.all, numbered(3))
  })
})

describe('a broker that has gone', { timeout: 60000 }, () => {
  it('does not keep a consumer from disconnecting', async (context) => {
    const broker = await startWatched()
    context.after(() => broker.stop())
    const topic = uniqueName('topic')
    await broker.createTopic(topic)
    const clients = new Clients(context, broker)
    await clients.send(topic, numbered(3))
    await clients.producer.disconnect()
    const got = new Collected()
    const consumer = clients.consumer({ retry: { restartOnFailure: async () => false } })
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.offset === '2') await broker.stop()
        got.add(message.offset)
      }
    })
    await got.take(3)
    await consumer.disconnect()
  })
})

describe('a broker that goes away', { timeout: 60000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker
  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  it('crashes the consumer as KafkaJS\'s, which begins again where it was', async (context) => {
    const topic = uniqueName('topic')
    await broker.createTopic(topic)
    const clients = new Clients(context, broker)
    await clients.send(topic, numbered(3))
    const got = new Collected()
    const asked = []
    const restartOnFailure = async (error) => {
      asked.push(error.name)
      return true
    }
    const consumer = clients.consumer({ retry: { ...FAST_RETRY, restartOnFailure }, sessionTimeout: 3000 })
    await consumer.subscribe({ topic, fromBeginning: true })
    const committed = nextEvent(consumer, 'COMMIT_OFFSETS',
      ({ payload }) => payload.topics[0].partitions[0].offset === '3')
    await consumer.run({ eachMessage: async ({ message }) => { got.add(message.value.toString()) } })
    await committed
    const crash = nextEvent(consumer, 'CRASH')
    const again = nextEvent(consumer, 'CRASH', ({ payload }) => payload.error.name === 'KafkaJSNumberOfRetriesExceeded')
    await broker.setDown()
    const { payload } = await crash
    assert.equal(payload.restart, true)
    assert.match(payload.error.message, /^(Connection error: connect ECONNREFUSED|Closed connection)/)
    assert.equal(payload.error.name, 'KafkaJSNonRetriableError')
    await again
    await broker.setUp()
    await clients.send(topic, numbered(2, 3))
    await got.take(5)
    assert.deepEqual(got.all, numbered(5))
    assert.ok(asked.length >= 2)
  })
})
