'use strict'

/* global afterAll, afterEach, beforeAll, describe, expect, it, jest */

// The tests of a service as teams write them, run by Jest itself.

const { AsyncLocalStorage } = require('async_hooks')
const { ConsumerGroup, KafkaClient, Producer } = require('kafka-node')
const { startDevBroker } = require('kafka-node/dev-broker')

const next = (emitter, event) => new Promise(resolve => emitter.once(event, resolve))
const call = (target, method, ...args) => new Promise((resolve, reject) => {
  target[method](...args, (error, result) => error ? reject(error) : resolve(result))
})

describe('a service', () => {
  let broker
  beforeAll(async () => { broker = await startDevBroker({ port: 0, quiet: true, topics: ['orders', 'resets'] }) })
  afterAll(() => broker.stop())
  afterEach(() => jest.useRealTimers())

  for (const [kind, fake] of Object.entries({
    'real timers': () => {},
    'fake timers': () => jest.useFakeTimers(),
    'legacy fake timers': () => jest.useFakeTimers({ legacyFakeTimers: true })
  })) {
    it(`sends and receives with ${kind}`, async () => {
      fake()
      const producer = new Producer(new KafkaClient({ kafkaHost: broker.brokers }))
      await next(producer, 'ready')
      const group = new ConsumerGroup(
        { kafkaHost: broker.brokers, groupId: kind.replace(/ /g, '-'), fromOffset: 'earliest' }, 'orders')
      const message = next(group, 'message')
      await call(producer, 'send', [{ topic: 'orders', messages: kind }])
      expect(typeof (await message).value).toBe('string')
      await call(group, 'commit', true)
      await call(group, 'close', true)
      await call(producer, 'close')
    })
  }

  it('goes on with what it has loaded when its modules are reset', async () => {
    jest.resetModules()
    const kafka = require('kafka-node')
    jest.resetModules()
    const client = new kafka.KafkaClient({ kafkaHost: broker.brokers })
    const producer = new kafka.HighLevelProducer(client)
    await next(producer, 'ready')
    await expect(call(client, 'topicExists', ['missing'])).rejects.toBeInstanceOf(kafka.TopicsNotExistError)
    const consumer = new kafka.Consumer(new kafka.KafkaClient({ kafkaHost: broker.brokers }), ['resets'], {})
    const message = next(consumer, 'message')
    await call(producer, 'send', [{ topic: 'resets', messages: new kafka.KeyedMessage('key', 'value') }])
    expect(await message).toMatchObject({ key: 'key', value: 'value' })
    await call(consumer, 'close', true)
    await call(producer, 'close')
  })

  it('finds in a callback what AsyncLocalStorage held at the call', async () => {
    const requests = new AsyncLocalStorage()
    const client = new KafkaClient({ kafkaHost: broker.brokers })
    const producer = new Producer(client)
    await next(producer, 'ready')
    const seen = await Promise.all(['a', 'b'].map(id => new Promise(resolve => requests.run(id, () => {
      producer.send([{ topic: 'orders', messages: id }], () => resolve(requests.getStore()))
    }))))
    expect(seen).toEqual(['a', 'b'])
    await call(client, 'close')
  })
})
