'use strict'

const { after, before, beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { setTimeout: delay } = require('node:timers/promises')
const { Consumer } = require('../..')
const {
  FAST_RETRY, Opened, call, collect, filledTopic, next, numbered, record, sendAll, startWatched, uniqueName, values
} = require('../support/embedded')

describe('Consumer', { timeout: 60000 }, () => {
  let broker
  let opened
  let producer

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())
  beforeEach(async (context) => {
    opened = new Opened(context, broker)
    producer = await opened.producer()
  })

  const filled = (count, partitions) => filledTopic(broker, producer, count, partitions)

  describe('construction', () => {
    it('refuses what kafka-node refused, in the same words', () => {
      const client = opened.client({ autoConnect: false })
      assert.throws(() => new Consumer(client, /** @type {any} */ (undefined)), { message: 'Must have payloads' })
      assert.throws(() => new Consumer(client, [{ topic: 'a', partition: /** @type {any} */ ('0') }]),
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

    it('looks for topics again when the broker has only just come up and may not know them yet', async () => {
      const topic = uniqueName('late')
      await broker.setDown()
      const client = opened.client({ connectRetryOptions: { ...FAST_RETRY, retries: 1000 } })
      const consumer = opened.consumer([{ topic }], {}, client)
      const { take } = collect(consumer)
      const errors = record(consumer, ['error'])
      try {
        while (!client._connector.cameLate) await delay(10)
      } finally {
        await broker.setUp()
      }
      await next(client, 'ready')
      await sendAll(producer, topic, ['x'])
      assert.deepEqual(values(await take(1)), ['x'])
      assert.deepEqual(errors, [])
    })
  })

  describe('events', () => {
    it('are processingfetch, the messages, done; and done again when nothing arrives', async () => {
      const topic = await filled(3)
      const consumer = opened.consumer([{ topic }])
      const events = record(consumer, ['processingfetch', 'message', 'done', 'error'])
      const progress = await next(consumer, 'done', (made) => made[topic][0] === 2)
      assert.deepEqual(progress, { [topic]: { 0: 2, highWaterOffset: 3 } })
      assert.match(events.join(' '), /^(processingfetch( message)+ done ?)+$/)
      assert.equal(events.filter((name) => name === 'message').length, 3)
      assert.deepEqual(await next(consumer, 'done'), { [topic]: { highWaterOffset: 3 } })
    })

    it('show a message with these fields, in this order', async () => {
      const topic = await filled(0)
      await call(producer, 'send', [{ topic, partition: 0, key: 'k', messages: ['v', null] }])
      const consumer = opened.consumer([{ topic }])
      const [message, tombstone] = await collect(consumer).take(2)
      assert.deepEqual(Object.entries(message), [
        ['topic', topic], ['value', 'v'], ['offset', 0], ['partition', 0], ['highWaterOffset', 2], ['key', 'k']
      ])
      assert.equal(tombstone.value, null)
    })

    it('decode values and keys as configured', async () => {
      const topic = await filled(0)
      await call(producer, 'send', [{ topic, partition: 0, key: 'ä', messages: ['ö'] }])
      const bytes = opened.consumer([{ topic }], { encoding: 'buffer', keyEncoding: 'utf8' })
      const hex = opened.consumer([{ topic }], { encoding: 'hex' })
      const [[asBytes], [asHex]] = await Promise.all([collect(bytes).take(1), collect(hex).take(1)])
      assert.deepEqual([asBytes.key, asBytes.value], ['ä', Buffer.from('ö')])
      assert.deepEqual([asHex.key, asHex.value], ['c3a4', 'c3b6'])
    })

    it('keep the order of each partition, over many fetches', async () => {
      const topic = await filled(5000, 3)
      const consumer = opened.consumer([0, 1, 2].map((partition) => ({ topic, partition })), { fetchMaxBytes: 4096 })
      const messages = await collect(consumer).take(15000)
      for (const partition of [0, 1, 2]) {
        assert.deepEqual(values(messages.filter((message) => message.partition === partition)), numbered(5000))
      }
    })
  })

  describe('where it starts', () => {
    it('is 0 without a commit, whatever the payload says', async () => {
      const topic = await filled(3)
      const consumer = opened.consumer([{ topic, offset: 2 }])
      assert.deepEqual(values(await collect(consumer).take(3)), numbered(3))
    })

    it('is the payload\'s offset with fromOffset', async () => {
      const topic = await filled(5)
      const consumer = opened.consumer([{ topic, offset: 3 }], { fromOffset: true })
      assert.deepEqual(values(await collect(consumer).take(2)), ['3', '4'])
    })

    it('is where the group committed', async () => {
      const topic = await filled(5)
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
      const topic = await filled(0)
      const consumer = opened.consumer([{ topic }], { autoCommit: false })
      await next(consumer, 'done')
      assert.equal(await call(consumer, 'commit'), 'Nothing to be committed')
      assert.equal(await call(consumer, 'commit'), 'Offset committing')
      assert.equal(await call(consumer, 'commit', true), 'Nothing to be committed')
    })

    it('in a handler excludes the batch that is being emitted', async () => {
      const topic = await filled(3)
      const consumer = opened.consumer([{ topic }], { autoCommit: false })
      const result = new Promise((resolve) => consumer.once('message', () => {
        consumer.commit(true, (error, outcome) => resolve(outcome))
      }))
      assert.equal(await result, 'Nothing to be committed')
    })

    it('happens by itself with autoCommit', async () => {
      const topic = await filled(3)
      const groupId = uniqueName('fixed')
      const consumer = opened.consumer([{ topic }], { groupId, autoCommitIntervalMs: 10 })
      const { messages } = collect(consumer)
      const committed = async () => (await call(consumer, 'fetchOffset', [{ topic, partition: 0 }]))[topic][0]
      while (await committed() !== 3) await next(consumer, 'done')
      assert.equal(messages.length, 3)
    })

    it('is made by close(true) and not by close()', async () => {
      const topic = await filled(3)
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
      const topic = await filled(3)
      const consumer = opened.consumer([{ topic }], { autoCommit: false })
      await next(consumer, 'done', (progress) => progress[topic][0] === 2)
      await broker.pushErrors('OffsetCommit', [29])
      assert.deepEqual(await call(consumer, 'commit', true), { [topic]: { partition: 0, errorCode: 29 } })
    })
  })

  describe('pause', () => {
    it('holds everything back until resume, and loses nothing', async () => {
      const topic = await filled(10)
      const consumer = opened.consumer([{ topic }])
      const { messages, take } = collect(consumer)
      await take(10)
      consumer.pause()
      await sendAll(producer, topic, numbered(2000, 10))
      // another consumer shows when the broker has delivered them
      await collect(opened.consumer([{ topic }])).take(2010)
      assert.equal(messages.length, 10)
      consumer.resume()
      assert.deepEqual(values(await take(2010)), numbered(2010))
    })

    it('works as an option', async () => {
      const topic = await filled(3)
      const consumer = opened.consumer([{ topic }], { paused: true })
      const { messages, take } = collect(consumer)
      await collect(opened.consumer([{ topic }])).take(3)
      assert.equal(messages.length, 0)
      consumer.resume()
      assert.deepEqual(values(await take(3)), numbered(3))
    })

    it('and resume in every handler causes neither duplicates nor gaps', async () => {
      const topic = await filled(3000)
      const consumer = opened.consumer([{ topic }])
      const { take } = collect(consumer)
      consumer.on('message', () => {
        consumer.pause()
        consumer.resume()
      })
      assert.deepEqual(values(await take(3000)), numbered(3000))
    })

    it('between batches causes neither duplicates nor gaps', async () => {
      const topic = await filled(3000)
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
      const topic = await filled(5)
      const consumer = opened.consumer([{ topic }])
      const { take } = collect(consumer)
      await take(5)
      consumer.setOffset(topic, 0, 3)
      assert.deepEqual(values(await take(7)), [...numbered(5), '3', '4'])
    })

    it('in a handler takes effect at once: the rest of the batch is not emitted', async () => {
      const topic = await filled(1000)
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
      const topic = await filled(500, 2)
      const consumer = opened.consumer([{ topic, partition: 0 }, { topic, partition: 1 }])
      const { take } = collect(consumer)
      consumer.once('message', () => consumer.setOffset(topic, 1, 490))
      const [first] = await take(1)
      const messages = await take(500 + 10 + first.partition)
      const of = (partition) => values(messages.filter((message) => message.partition === partition))
      const [zero, one] = [of(0), of(1)]
      assert.deepEqual(zero, numbered(500))
      assert.deepEqual(one.slice(-10), numbered(10, 490))
      assert.equal(one.length, 10 + first.partition, 'with the message in whose handler it was called')
    })

    it('is the way out of offsetOutOfRange', async () => {
      const topic = await filled(3)
      const consumer = opened.consumer([{ topic, offset: 1000 }], { fromOffset: true })
      const { take } = collect(consumer)
      const error = await next(consumer, 'offsetOutOfRange')
      assert.equal(error.message, 'OffsetOutOfRange')
      assert.deepEqual({ topic: error.topic, partition: error.partition }, { topic, partition: 0 })
      consumer.setOffset(error.topic, error.partition, 1)
      assert.deepEqual(values(await take(2)), ['1', '2'])
    })
  })

  /** The values of one partition, in the order in which they arrived. */
  const valuesOf = (messages, topic, partition = 0) =>
    values(messages.filter((message) => message.topic === topic && message.partition === partition))

  /** Every assignment that the consumer asks for, as the sorted names and numbers of its partitions. */
  function assignments (consumer) {
    const seen = []
    const { handle } = consumer._core
    const command = handle.command
    handle.command = (asked) => {
      if (asked.type === 'setAssignment') {
        seen.push(asked.partitions.map(({ topic, partition }) => `${topic}/${partition}`))
      }
      command.call(handle, asked)
    }
    return seen
  }

  describe('addTopics', () => {
    it('waits for the client, and starts a consumer that had nothing to read', async () => {
      const topic = await filled(3)
      const consumer = opened.consumer([])
      const { take } = collect(consumer)
      assert.equal(consumer.ready, false)
      assert.deepEqual(await call(consumer, 'addTopics', [topic]), [topic])
      assert.deepEqual(values(await take(3)), numbered(3))
      await next(consumer, 'done')
      assert.deepEqual(consumer.payloads,
        [{ topic, partition: 0, offset: 3, maxBytes: 1048576, metadata: 'm' }])
    })

    it('refuses topics that do not exist, all of them together', async () => {
      const topic = await filled(1)
      const missing = uniqueName('missing')
      const consumer = opened.consumer([])
      const args = await new Promise((resolve) => consumer.addTopics([topic, missing], (...all) => resolve(all)))
      assert.equal(args.length, 2)
      assert.equal(args[0].name, 'TopicsNotExistError')
      assert.deepEqual(args[0].topics, [missing])
      assert.deepEqual(consumer.payloads, [])
    })

    it('starts where the group committed, or at 0, or at the given offsets with fromOffset', async () => {
      const [committed, fresh, given] = [await filled(5), await filled(5), await filled(5)]
      const consumer = opened.consumer([])
      await next(consumer.client, 'ready')
      const { take } = collect(consumer)
      await call(consumer.client, 'sendOffsetCommitRequest', consumer.options.groupId,
        [{ topic: committed, partition: 0, offset: 3, metadata: 'm' }])
      await call(consumer, 'addTopics', [{ topic: committed, offset: 1 }, { topic: fresh, offset: 1 }])
      await new Promise((resolve) => consumer.addTopics([{ topic: given, offset: 4 }], resolve, true))
      const messages = await take(2 + 5 + 1)
      assert.deepEqual([committed, fresh, given].map((topic) => valuesOf(messages, topic)),
        [['3', '4'], numbered(5), ['4']])
    })

    it('does not affect the others: neither duplicates nor gaps, even in a handler', async () => {
      const [first, second] = [await filled(3000), await filled(3000)]
      const consumer = opened.consumer([first])
      const { take } = collect(consumer)
      await new Promise((resolve) => consumer.once('message', () => consumer.addTopics([second], resolve)))
      const messages = await take(6000)
      assert.deepEqual(valuesOf(messages, first), numbered(3000))
      assert.deepEqual(valuesOf(messages, second), numbered(3000))
    })

    it('leaves a partition that is already read where it is', async () => {
      const topic = await filled(5)
      const consumer = opened.consumer([topic])
      const { messages, take } = collect(consumer)
      await take(5)
      assert.deepEqual(await call(consumer, 'addTopics', [{ topic }, topic]), [topic, topic])
      await sendAll(producer, topic, 'new')
      await take(6)
      assert.deepEqual(values(messages), [...numbered(5), 'new'])
      assert.equal(consumer.payloads.length, 1)
    })

    it('helps a consumer whose own topics were missing', async () => {
      const [topic, missing] = [await filled(3), uniqueName('missing')]
      const consumer = opened.consumer([missing])
      await next(consumer, 'error')
      const { take } = collect(consumer)
      await call(consumer, 'addTopics', [topic])
      await take(3)
      await broker.createTopic(missing, 1)
      await sendAll(producer, missing, 'late')
      await call(consumer, 'addTopics', [missing])
      assert.deepEqual(values(await take(4)), [...numbered(3), 'late'])
    })

    it('fails when the client closes before it is ready', async () => {
      const client = opened.client({ autoConnect: false })
      const consumer = opened.consumer([], {}, client)
      const refused = assert.rejects(call(consumer, 'addTopics', ['topic']), { name: 'BrokerNotAvailableError' })
      client.close(() => {})
      await refused
    })
  })

  describe('removeTopics', () => {
    it('calls back at once with the number of names, and keeps reading the rest', async () => {
      const [stays, goes] = [await filled(3), await filled(3)]
      const consumer = opened.consumer([stays, goes])
      const { messages, take } = collect(consumer)
      await take(6)
      const results = []
      consumer.removeTopics([goes, 'another'], (...args) => results.push(args))
      consumer.removeTopics(goes, (...args) => results.push(args))
      assert.deepEqual(results, [[null, 2], [null, 1]])
      assert.deepEqual(consumer.payloads.map(({ topic }) => topic), [stays])
      await sendAll(producer, goes, numbered(3, 3))
      await sendAll(producer, stays, numbered(3, 3))
      await take(9)
      // another consumer shows that the broker has delivered the rest, too
      await collect(opened.consumer([goes])).take(6)
      assert.deepEqual(valuesOf(messages, goes), numbered(3))
      assert.deepEqual(valuesOf(messages, stays), numbered(6))
    })

    it('in a handler lets the batch finish; a topic that is added again starts at its commit', async () => {
      const topic = await filled(2000)
      const consumer = opened.consumer([topic], { autoCommit: false })
      const { messages, take } = collect(consumer)
      await new Promise((resolve) => consumer.once('message', () => consumer.removeTopics(topic, resolve)))
      await call(consumer, 'addTopics', [topic])
      const count = messages.length
      await take(count + 2000)
      assert.deepEqual(values(messages), [...numbered(count), ...numbered(2000)])
    })

    it('also removes what is paused', async () => {
      const topic = await filled(1)
      const consumer = opened.consumer([topic])
      await collect(consumer).take(1)
      consumer.pauseTopics([topic])
      consumer.removeTopics(topic)
      consumer.resumeTopics([topic])
      assert.deepEqual([consumer.payloads, consumer.pausedPayloads], [[], []])
    })
  })

  describe('pauseTopics', () => {
    it('holds single partitions back until resumeTopics, and loses nothing', async () => {
      const topic = await filled(10, 2)
      const consumer = opened.consumer([0, 1].map((partition) => ({ topic, partition })))
      const { messages, take } = collect(consumer)
      await take(20)
      await next(consumer, 'done')
      consumer.pauseTopics([{ topic, partition: 1 }])
      assert.deepEqual(consumer.pausedPayloads.map(({ partition, offset }) => [partition, offset]), [[1, 10]])
      for (const partition of [0, 1]) await sendAll(producer, topic, numbered(1000, 10), partition)
      await take(20 + 1000)
      await collect(opened.consumer([{ topic, partition: 1 }])).take(1010)
      assert.deepEqual(valuesOf(messages, topic, 1), numbered(10))
      consumer.resumeTopics([topic])
      await take(2020)
      for (const partition of [0, 1]) assert.deepEqual(valuesOf(messages, topic, partition), numbered(1010))
      assert.deepEqual(consumer.pausedPayloads, [])
    })

    it('and resumeTopics at any time, also in handlers, cause neither duplicates nor gaps', async () => {
      const [first, second] = [await filled(3000), await filled(3000)]
      const consumer = opened.consumer([first, second])
      const { take } = collect(consumer)
      let calls = 0
      consumer.on('message', ({ topic, offset }) => {
        if (offset % 300 !== 150) return
        const other = topic === first ? second : first
        const resume = () => consumer.resumeTopics([topic])
        consumer.pauseTopics([topic])
        switch (calls++ % 4) {
          case 0: return resume()
          case 1: return setImmediate(resume)
          case 2: return process.nextTick(resume)
          default: return sendAll(producer, other, []).then(resume, resume)
        }
      })
      const messages = await take(6000)
      for (const topic of [first, second]) assert.deepEqual(valuesOf(messages, topic), numbered(3000))
    })

    it('may pause everything; resumeTopics then starts the consumer again', async () => {
      const topic = await filled(5)
      const consumer = opened.consumer([topic])
      const { messages, take } = collect(consumer)
      consumer.on('done', () => {})
      await take(5)
      consumer.pauseTopics([topic])
      const events = record(consumer, ['processingfetch', 'done'])
      await sendAll(producer, topic, 'new')
      const other = opened.consumer([topic])
      await collect(other).take(6)
      // a consumer that has something to read emits done when nothing arrives
      for (let i = 0; i < 3; i++) await next(other, 'done')
      assert.deepEqual([messages.length, events], [5, []])
      consumer.resumeTopics([topic])
      assert.deepEqual(values(await take(6)), [...numbered(5), 'new'])
    })

    it('takes names and partitions, and nothing else', async () => {
      const consumer = opened.consumer(['a', { topic: 'b', partition: 1 }], {}, opened.client({ autoConnect: false }))
      const paused = () => (consumer.pausedPayloads || []).map(({ topic }) => topic)
      for (const list of [undefined, null, [], '', [{ topic: 'a' }], [{ topic: 'b', partition: '2' }], ['c']]) {
        consumer.pauseTopics(list)
        assert.deepEqual(paused(), [])
      }
      assert.throws(() => consumer.pauseTopics('a'), TypeError)
      consumer.pauseTopics([{ topic: 'b', partition: '1' }, 'a'])
      assert.deepEqual(paused(), ['a', 'b'])
      assert.deepEqual(consumer.payloads, [])
      consumer.resumeTopics(['b'])
      assert.deepEqual([paused(), consumer.payloads.map(({ topic }) => topic)], [['a'], ['b']])
    })

    it('before the start leaves a partition out', async () => {
      const [first, second] = [await filled(3), await filled(3)]
      const consumer = opened.consumer([first, second])
      consumer.pauseTopics([first])
      const { messages, take } = collect(consumer)
      await take(3)
      assert.deepEqual(valuesOf(messages, second), numbered(3))
      consumer.resumeTopics([first])
      await take(6)
      assert.deepEqual(valuesOf(messages, first), numbered(3))
    })

    it('does not prevent positions from being moved and committed', async () => {
      const topic = await filled(5)
      const consumer = opened.consumer([topic], { autoCommit: false })
      const { take } = collect(consumer)
      await take(5)
      await next(consumer, 'done')
      consumer.pauseTopics([topic])
      assert.deepEqual(await call(consumer, 'commit', true), { [topic]: { partition: 0, errorCode: 0 } })
      assert.deepEqual(await call(consumer, 'fetchOffset', [{ topic, partition: 0 }]), { [topic]: { 0: 5 } })
      consumer.setOffset(topic, 0, 3)
      consumer.resumeTopics([topic])
      assert.deepEqual(values(await take(7)), [...numbered(5), '3', '4'])
    })

    it('assigns once per tick, and not at all when nothing changes', async () => {
      const [first, second, third] = [await filled(1), await filled(1), await filled(1)]
      const consumer = opened.consumer([first, second, third])
      const { take } = collect(consumer)
      await take(3)
      const seen = assignments(consumer)
      consumer.pauseTopics([first])
      consumer.pauseTopics([second])
      consumer.removeTopics(third)
      consumer.resumeTopics([first])
      await new Promise(setImmediate)
      consumer.pauseTopics([first])
      consumer.resumeTopics([first])
      await new Promise(setImmediate)
      assert.deepEqual(seen, [[`${first}/0`]])
      await sendAll(producer, first, 'new')
      assert.equal((await take(4))[3].value, 'new')
    })
  })

  describe('close', () => {
    it('calls back with null, and nothing is emitted afterwards', async () => {
      const topic = await filled(2000)
      const consumer = opened.consumer([{ topic }])
      const { messages, take } = collect(consumer)
      await take(1)
      assert.deepEqual(await new Promise((resolve) => consumer.close((...args) => resolve(args))), [null])
      const count = messages.length
      await collect(opened.consumer([{ topic }])).take(2000)
      assert.equal(messages.length, count)
    })

    it('works in the handler of a record that is larger than the buffers', async () => {
      const topic = await filled(0)
      for (let i = 0; i < 3; i++) await sendAll(producer, topic, ['x'.repeat(600 * 1024)])
      const consumer = opened.consumer([{ topic }])
      // what is thrown when the record has been handled is an uncaught exception, which fails the test
      await new Promise((resolve) => consumer.once('message', () => consumer.close(resolve)))
      await new Promise(setImmediate)
    })

    it('works in the handler, and twice', async () => {
      const topic = await filled(2000)
      const consumer = opened.consumer([{ topic }])
      await new Promise((resolve) => consumer.once('message', () => consumer.close(resolve)))
      await call(consumer, 'close')
    })
  })

  it('continues where it was after an outage', async () => {
    const topic = await filled(3)
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
    const topic = await filled(3, 2)
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
