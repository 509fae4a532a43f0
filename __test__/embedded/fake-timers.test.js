'use strict'

// Tests of services replace the global timers and the clock with fakes that stand still until the test moves them.
// Connections and handles keep working, as kafka-node's do.

const assert = require('node:assert/strict')
const { afterEach, beforeEach, describe, it, mock } = require('node:test')
const kafka = require('../..')
const { call, next, startWatched } = require('../support/embedded')

const FAKED = /** @type {const} */ (['setTimeout', 'setInterval', 'setImmediate', 'Date'])

describe('with fake timers that stand still', { timeout: 30000 }, () => {
  /** @type {Awaited<ReturnType<typeof startWatched>>} */
  let broker

  beforeEach(async () => {
    broker = await startWatched({ topics: ['still:1'] })
    mock.timers.enable({ apis: [...FAKED] })
  })

  afterEach(async () => {
    mock.timers.reset()
    await broker.stop()
  })

  it('a producer connects, sends and closes', async () => {
    const client = new kafka.KafkaClient({ kafkaHost: broker.brokers })
    const producer = new kafka.Producer(client)
    await next(producer, 'ready')
    assert.deepEqual(await call(producer, 'send', [{ topic: 'still', messages: ['a', 'b'] }]), { still: { 0: 0 } })
    await call(producer, 'close')
  })

  it('a group member gets messages, commits and leaves', async () => {
    const client = new kafka.KafkaClient({ kafkaHost: broker.brokers })
    const producer = new kafka.Producer(client)
    await next(producer, 'ready')
    await call(producer, 'send', [{ topic: 'still', messages: 'for the group' }])
    const group = new kafka.ConsumerGroup(
      { kafkaHost: broker.brokers, groupId: 'still', fromOffset: 'earliest', autoCommit: false }, 'still')
    const { value } = await next(group, 'message')
    assert.equal(value, 'for the group')
    assert.ok(await call(group, 'commit', true))
    await call(group, 'close', true)
    await call(producer, 'close')
  })

  it('attempts to connect to a broker that is down come to their end', async () => {
    await broker.setDown()
    const client = new kafka.KafkaClient({
      kafkaHost: broker.brokers,
      connectTimeout: 200,
      connectRetryOptions: { retries: 1, factor: 1, minTimeout: 20, maxTimeout: 20, randomize: false }
    })
    const { message } = await next(client, 'error')
    assert.match(message, /Broker not available|Connection refused|ECONNREFUSED/)
    await call(client, 'close')
  })

  it('the embedded broker ends', async () => {
    await broker.stop()
    assert.equal(broker.error, null)
  })
})
