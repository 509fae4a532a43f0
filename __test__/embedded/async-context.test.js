'use strict'

// Whatever AsyncLocalStorage holds at a call (a request id, a trace), it also holds in that call's callback.

const assert = require('node:assert/strict')
const { AsyncLocalStorage, createHook } = require('node:async_hooks')
const { after, before, describe, it } = require('node:test')
const kafka = require('../..')
const { call, next, startWatched } = require('../support/embedded')

const requests = new AsyncLocalStorage()

/** Calls a method within a request; resolves with the request that its callback sees. */
function requestIn (target, method, ...args) {
  return new Promise((resolve, reject) => {
    requests.run(method, () => {
      target[method](...args, (error) => error ? reject(error) : resolve(requests.getStore()))
    })
  })
}

describe('the async context of a call', { timeout: 30000 }, () => {
  let broker
  let client
  let producer
  let group

  before(async () => {
    broker = await startWatched({ topics: ['context:1', 'early:1'] })
    client = new kafka.KafkaClient({ kafkaHost: broker.brokers })
    producer = new kafka.Producer(client)
    await next(producer, 'ready')
    group = new kafka.ConsumerGroup(
      { kafkaHost: broker.brokers, groupId: 'context', fromOffset: 'earliest', autoCommit: false }, 'context')
    const first = next(group, 'message')
    await call(producer, 'send', [{ topic: 'context', messages: 'a message' }])
    await first
  })

  after(async () => {
    await broker.stop()
  })

  it('is the one of the send that a callback belongs to, among many in one tick', async () => {
    const seen = await Promise.all(Array.from({ length: 50 }, (_, i) => new Promise((resolve) => {
      requests.run(i, () => {
        producer.send([{ topic: 'context', messages: String(i) }], () => resolve(requests.getStore()))
      })
    })))
    assert.deepEqual(seen, Array.from({ length: 50 }, (_, i) => i))
  })

  it('is kept by sends that wait for the connection, and by those that fail', async () => {
    const early = new kafka.Producer(new kafka.KafkaClient({ kafkaHost: broker.brokers }))
    assert.equal(await requestIn(early, 'send', [{ topic: 'early', messages: 'a message' }]), 'send')
    await call(early, 'close')
    const failed = await new Promise((resolve) => {
      requests.run('failed', () => {
        early.send([{ topic: 'early', messages: 'too late' }], (error) => resolve([requests.getStore(), error.name]))
      })
    })
    assert.deepEqual(failed, ['failed', 'BrokerNotAvailableError'])
  })

  it('is kept by sends that want no acknowledgement', async () => {
    const careless = new kafka.Producer(client, { requireAcks: 0 })
    assert.equal(await requestIn(careless, 'send', [{ topic: 'context', messages: 'a message' }]), 'send')
  })

  it('is kept by requests, commits and close', async () => {
    assert.equal(await requestIn(client, 'loadMetadataForTopics', ['context']), 'loadMetadataForTopics')
    assert.equal(await requestIn(client, 'topicExists', ['context']), 'topicExists')
    assert.equal(await requestIn(client, 'sendOffsetFetchRequest', 'context', [{ topic: 'context', partition: 0 }]),
      'sendOffsetFetchRequest')
    assert.equal(await requestIn(new kafka.Offset(client), 'fetchLatestOffsets', ['context']), 'fetchLatestOffsets')
    assert.equal(await requestIn(group, 'commit', true), 'commit')
  })

  it('is kept by close, and no finished call is left for tools that look for open ones', async () => {
    const left = new Set()
    const hook = createHook({
      init: (id, type) => { if (type === 'KafkaCall') left.add(id) },
      destroy: (id) => left.delete(id)
    }).enable()
    await call(producer, 'send', [{ topic: 'context', messages: 'a message' }])
    assert.equal(await requestIn(group, 'close', true), 'close')
    assert.equal(await requestIn(producer, 'close'), 'close')
    await new Promise(setImmediate)
    hook.disable()
    assert.deepEqual([...left], [])
  })
})
