'use strict'

const { after, before, beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { Consumer } = require('../..')
const { startDevBroker } = require('../../dev-broker')
const { Opened, call, collect, next, numbered, record, sendAll, uniqueName, values } = require('../support/embedded')

describe('Consumer', { timeout: 60000 }, () => {
  let broker
  let opened
  let producer

  before(async () => { broker = await startDevBroker({ port: 0, quiet: true }) })
  after(() => broker.stop())
  beforeEach(async (context) => {
    opened = new Opened(context, broker)
    producer = await opened.producer()
  })

  /** A topic with messages '0', '1', ... in each partition. */
  async function filledTopic (count, partitions = 1) {
    const topic = uniqueName('topic')
    await broker.createTopic(topic, partitions)
    for (let partition = 0; partition < partitions; partition++) {
      await sendAll(producer, topic, numbered(count), partition)
    }
    return topic
  }

  describe('construction', () => {
    it('refuses what kafka-node refused, with its words', () => {
      const client = opened.client({ autoConnect: false })
      assert.throws(() => new Consumer(client), { message: 'Must have payloads' })
      assert.throws(() => new Consumer(client, [{ topic: 'a', partition: '0' }]),
        { name: 'InvalidConfigError', message: 'Offset must be a number and can not contain characters' })
      assert.throws(() => new Consumer(client, ['a'], { groupId: 'my group' }),
        { name: 'InvalidConfigError', message: /^options.groupId my group is illegal/ })
    })

    it('completes the payloads and options it was given, in place', () => {
      const client = opened.client({ autoConnect: false })
      const payload = { topic: 'a' }
      const options = {}
      const consumer = new Consumer(client, [payload, 'b'], options)
      assert.equal(consumer.payloads[0], payload)
      assert.deepEqual(payload, { topic: 'a', partition: 0, offset: 0, maxBytes: 1048576, metadata: 'm' })
      assert.equal(consumer.payloads[1].topic, 'b')
      assert.equal(consumer.options, options)
      assert.equal(options.groupId, 'kafka-node-group')
    })

    it('reports topics that do not exist', async () => {
      const missing = uniqueName('missing')
      const consumer = opened.consumer([{ topic: missing }])
      const error = await next(consumer, 'error')
      assert.equal(error.name, 'TopicsNotExistError')
      assert.deepEqual(error.topics, [missing])
    })
  })

  describe('events', () => {
    it('come as processingfetch, the messages, done; and done again when nothing arrives', async () => {
      const topic = await filledTopic(3)
      const consumer = opened.consumer([{ topic }])
      const events = record(consumer, ['processingfetch', 'message', 'done', 'error'])
      const progress = await next(consumer, 'done', (made) => made[topic][0] === 2)
      assert.deepEqual(progress, { [topic]: { 0: 2, highWaterOffset: 3 } })
      assert.match(events.join(' '), /^(processingfetch( message)+ done ?)+$/)
      assert.equal(events.filter((name) => name === 'message').length, 3)
      assert.deepEqual(await next(consumer, 'done'), { [topic]: { highWaterOffset: 3 } })
    })

    it('show a message with these fields, in this order', async () => {
      const topic = await filledTopic(0)
      await call(producer, 'send', [{ topic, partition: 0, key: 'k', messages: ['v', null] }])
      const consumer = opened.consumer([{ topic }])
      const [message, tombstone] = await collect(consumer).take(2)
      assert.deepEqual(Object.entries(message), [
        ['topic', topic], ['value', 'v'], ['offset', 0], ['partition', 0], ['highWaterOffset', 2], ['key', 'k']
      ])
      assert.equal(tombstone.value, null)
    })

    it('decode values and keys as told', async () => {
      const topic = await filledTopic(0)
      await call(producer, 'send', [{ topic, partition: 0, key: 'ä', messages: ['ö'] }])
      const bytes = opened.consumer([{ topic }], { encoding: 'buffer', keyEncoding: 'utf8' })
      const hex = opened.consumer([{ topic }], { encoding: 'hex' })
      const [[asBytes], [asHex]] = await Promise.all([collect(bytes).take(1), collect(hex).take(1)])
      assert.deepEqual([asBytes.key, asBytes.value], ['ä', Buffer.from('ö')])
      assert.deepEqual([asHex.key, asHex.value], ['c3a4', 'c3b6'])
    })

    it('keep the order of each partition, over many fetches', async () => {
      const topic = await filledTopic(5000, 3)
      const consumer = opened.consumer([0, 1, 2].map((partition) => ({ topic, partition })), { fetchMaxBytes: 4096 })
      const messages = await collect(consumer).take(15000)
      for (const partition of [0, 1, 2]) {
        assert.deepEqual(values(messages.filter((message) => message.partition === partition)), numbered(5000))
      }
    })
  })

  describe('where it starts', () => {
    it('is 0 without a commit, whatever the payload says', async () => {
      const topic = await filledTopic(3)
      const consumer = opened.consumer([{ topic, offset: 2 }])
      assert.deepEqual(values(await collect(consumer).take(3)), numbered(3))
    })

    it('is the payload\'s offset with fromOffset', async () => {
      const topic = await filledTopic(5)
      const consumer = opened.consumer([{ topic, offset: 3 }], { fromOffset: true })
      assert.deepEqual(values(await collect(consumer).take(2)), ['3', '4'])
    })

    it('is where the group committed', async () => {
      const topic = await filledTopic(5)
      const groupId = uniqueName('fixed')
      const first = opened.consumer([{ topic }], { groupId, autoCommit: false })
      await next(first, 'done', (progress) => progress[topic][0] === 4)
      assert.deepEqual(await call(first, 'commit', true), { [topic]: { partition: 0, errorCode: 0 } })
      await call(first, 'close')
      await sendAll(producer, topic, ['after'])
      const second = opened.consumer([{ topic }], { groupId })
      assert.deepEqual(values(await collect(second).take(1)), ['after'])
    })
  })

  describe('commit', () => {
    it('has nothing to do at offset 0, and is not repeated within the interval', async () => {
      const topic = await filledTopic(0)
      const consumer = opened.consumer([{ topic }], { autoCommit: false })
      await next(consumer, 'done')
      assert.equal(await call(consumer, 'commit'), 'Nothing to be committed')
      assert.equal(await call(consumer, 'commit'), 'Offset committing')
      assert.equal(await call(consumer, 'commit', true), 'Nothing to be committed')
    })

    it('in a handler is behind the batch that is being emitted', async () => {
      const topic = await filledTopic(3)
      const consumer = opened.consumer([{ topic }], { autoCommit: false })
      const result = new Promise((resolve) => consumer.once('message', () => {
        consumer.commit(true, (error, outcome) => resolve(outcome))
      }))
      assert.equal(await result, 'Nothing to be committed')
    })

    it('comes by itself with autoCommit', async () => {
      const topic = await filledTopic(3)
      const groupId = uniqueName('fixed')
      const consumer = opened.consumer([{ topic }], { groupId, autoCommitIntervalMs: 10 })
      const { messages } = collect(consumer)
      const committed = async () => (await call(consumer, 'fetchOffset', [{ topic, partition: 0 }]))[topic][0]
      while (await committed() !== 3) await next(consumer, 'done')
      assert.equal(messages.length, 3)
    })

    it('is made by close(true) and not by close()', async () => {
      const topic = await filledTopic(3)
      const ids = { [uniqueName('forced')]: true, [uniqueName('plain')]: false }
      for (const [groupId, force] of Object.entries(ids)) {
        const consumer = opened.consumer([{ topic }], { groupId, autoCommit: false })
        await next(consumer, 'done', (progress) => progress[topic][0] === 2)
        await call(consumer, 'close', force)
      }
      await sendAll(producer, topic, ['after'])
      const [forced, plain] = Object.keys(ids).map((groupId) => collect(opened.consumer([{ topic }], { groupId })))
      assert.deepEqual(values(await forced.take(1)), ['after'])
      assert.deepEqual(values(await plain.take(4)), ['0', '1', '2', 'after'])
    })

    it('passes the broker\'s refusal on as a result', async () => {
      const topic = await filledTopic(3)
      const consumer = opened.consumer([{ topic }], { autoCommit: false })
      await next(consumer, 'done', (progress) => progress[topic][0] === 2)
      await broker.pushErrors('OffsetCommit', [29])
      assert.deepEqual(await call(consumer, 'commit', true), { [topic]: { partition: 0, errorCode: 29 } })
    })
  })

  describe('pause', () => {
    it('holds everything back until resume, and loses nothing', async () => {
      const topic = await filledTopic(10)
      const consumer = opened.consumer([{ topic }])
      const { messages, take } = collect(consumer)
      await take(10)
      consumer.pause()
      await sendAll(producer, topic, numbered(2000, 10))
      // another consumer shows when the broker has given them out
      await collect(opened.consumer([{ topic }])).take(2010)
      assert.equal(messages.length, 10)
      consumer.resume()
      assert.deepEqual(values(await take(2010)), numbered(2010))
    })

    it('works as an option', async () => {
      const topic = await filledTopic(3)
      const consumer = opened.consumer([{ topic }], { paused: true })
      const { messages, take } = collect(consumer)
      await collect(opened.consumer([{ topic }])).take(3)
      assert.equal(messages.length, 0)
      consumer.resume()
      assert.deepEqual(values(await take(3)), numbered(3))
    })

    it('and resume in every handler brings no doubles and no gaps', async () => {
      const topic = await filledTopic(3000)
      const consumer = opened.consumer([{ topic }])
      const { take } = collect(consumer)
      consumer.on('message', () => {
        consumer.pause()
        consumer.resume()
      })
      assert.deepEqual(values(await take(3000)), numbered(3000))
    })

    it('between batches brings no doubles and no gaps', async () => {
      const topic = await filledTopic(3000)
      const consumer = opened.consumer([{ topic }])
      const { take } = collect(consumer)
      consumer.on('message', ({ offset }) => {
        if (offset % 500 !== 0) return
        consumer.pause()
        setImmediate(() => consumer.resume())
      })
      assert.deepEqual(values(await take(3000)), numbered(3000))
    })
  })

  describe('setOffset', () => {
    it('continues an idle partition elsewhere', async () => {
      const topic = await filledTopic(5)
      const consumer = opened.consumer([{ topic }])
      const { take } = collect(consumer)
      await take(5)
      consumer.setOffset(topic, 0, 3)
      assert.deepEqual(values(await take(7)), [...numbered(5), '3', '4'])
    })

    it('in a handler takes effect at once: the rest of the batch does not come', async () => {
      const topic = await filledTopic(1000)
      const consumer = opened.consumer([{ topic }])
      const { take } = collect(consumer)
      let rewound = false
      consumer.on('message', ({ offset }) => {
        if (offset !== 500 || rewound) return
        rewound = true
        consumer.setOffset(topic, 0, 10)
      })
      assert.deepEqual(values(await take(501 + 990)), [...numbered(501), ...numbered(990, 10)])
    })

    it('leaves the other partitions alone', async () => {
      const topic = await filledTopic(500, 2)
      const consumer = opened.consumer([{ topic, partition: 0 }, { topic, partition: 1 }])
      const { take } = collect(consumer)
      consumer.once('message', () => consumer.setOffset(topic, 1, 490))
      const messages = await take(500 + 10)
      const of = (partition) => values(messages.filter((message) => message.partition === partition))
      const [zero, one] = [of(0), of(1)]
      assert.deepEqual(zero, numbered(500))
      assert.deepEqual(one.slice(-10), numbered(10, 490))
      assert.ok(one.length === 10 || one.length === 11, 'at most the message in whose handler it was called')
    })

    it('is the answer to offsetOutOfRange', async () => {
      const topic = await filledTopic(3)
      const consumer = opened.consumer([{ topic, offset: 1000 }], { fromOffset: true })
      const { take } = collect(consumer)
      const error = await next(consumer, 'offsetOutOfRange')
      assert.equal(error.message, 'OffsetOutOfRange')
      assert.deepEqual({ topic: error.topic, partition: error.partition }, { topic, partition: 0 })
      consumer.setOffset(error.topic, error.partition, 1)
      assert.deepEqual(values(await take(2)), ['1', '2'])
    })
  })

  describe('close', () => {
    it('calls back with null, and nothing is emitted afterwards', async () => {
      const topic = await filledTopic(2000)
      const consumer = opened.consumer([{ topic }])
      const { messages, take } = collect(consumer)
      await take(1)
      assert.deepEqual(await new Promise((resolve) => consumer.close((...args) => resolve(args))), [null])
      const count = messages.length
      await collect(opened.consumer([{ topic }])).take(2000)
      assert.equal(messages.length, count)
    })

    it('works in the handler, and twice', async () => {
      const topic = await filledTopic(2000)
      const consumer = opened.consumer([{ topic }])
      await new Promise((resolve) => consumer.once('message', () => consumer.close(resolve)))
      await call(consumer, 'close')
    })
  })

  it('goes on after an outage where it was', async () => {
    const topic = await filledTopic(3)
    const consumer = opened.consumer([{ topic }])
    consumer.on('error', () => {})
    const { take } = collect(consumer)
    await take(3)
    const down = next(consumer.client, 'socket_error')
    await broker.setDown()
    await down
    await broker.setUp()
    await sendAll(producer, topic, numbered(3, 3))
    assert.deepEqual(values(await take(6)), numbered(6))
  })

  it('shares a client with others', async () => {
    const topic = await filledTopic(3, 2)
    const client = opened.client()
    const consumers = [0, 1].map((partition) => opened.consumer([{ topic, partition }], {}, client))
    const received = await Promise.all(consumers.map((consumer) => collect(consumer).take(3)))
    assert.deepEqual(received.map(values), [numbered(3), numbered(3)])
    const { messages, take } = collect(consumers[0])
    await sendAll(await opened.producer({}, { client }), topic, 'from the same client')
    assert.deepEqual(values(await take(1)), ['from the same client'])
    assert.equal(messages.length, 1)
  })
})
