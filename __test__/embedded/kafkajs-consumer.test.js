'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { KafkaJSNumberOfRetriesExceeded } = require('../../kafkajs')
const { newTopic, numbered, startWatched, uniqueName } = require('../support/embedded')
const { Clients, Collected, gate, nextEvent } = require('../support/kafkajs-clients')

/**
 * @typedef {import('../support/kafkajs-clients').ConsumerConfig} ConsumerConfig
 * @typedef {import('../support/kafkajs-clients').ConsumerRunConfig} ConsumerRunConfig
 * @typedef {import('../../kafkajs').EachMessageHandler} EachMessageHandler
 * @typedef {import('../../kafkajs').EachBatchHandler} EachBatchHandler
 */

/** @param {import('../../kafkajs').KafkaMessage} message */
const text = ({ value }) => value.toString()

const LARGE = 'x'.repeat(600 * 1024)

describe('a consumer of the second door', { timeout: 60000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker
  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  const topicOf = (partitions = 1) => newTopic(broker, partitions)

  /**
   * A running consumer of one topic from its beginning; `got` has `{ topic, partition, message }`.
   *
   * @param {Clients} clients
   * @param {string} topic
   * @param {Partial<ConsumerConfig> & { run?: ConsumerRunConfig }} [options]
   */
  async function running (clients, topic, { run = {}, ...options } = {}) {
    const consumer = clients.consumer(options)
    const got = new Collected()
    await consumer.subscribe({ topic, fromBeginning: true })
    /** @type {EachMessageHandler} */
    const eachMessage = async (payload) => { got.add(payload) }
    await consumer.run({ ...(run.eachBatch ? {} : { eachMessage }), ...run })
    return { consumer, got }
  }

  describe('handlers', () => {
    it('eachMessage gets records as KafkaJS shows them, in order', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, [
        { key: 'k', value: 'v', headers: { a: 'x', b: ['1', '2'] }, timestamp: '1700000000000' },
        { value: null },
        { value: '', headers: { constructor: 'c' } }
      ])
      const { got } = await running(clients, topic)
      const payloads = await got.take(3)
      assert.deepEqual(Object.keys(payloads[0]), ['topic', 'partition', 'message', 'heartbeat', 'pause'])
      assert.deepEqual(payloads.map(({ topic, partition }) => [topic, partition]), Array(3).fill([topic, 0]))
      const [{ message }] = payloads
      assert.deepEqual(Object.keys(message),
        ['magicByte', 'attributes', 'timestamp', 'offset', 'key', 'value', 'headers', 'isControlRecord'])
      assert.deepEqual({ ...message }, {
        magicByte: 2,
        attributes: 0,
        timestamp: '1700000000000',
        offset: '0',
        key: Buffer.from('k'),
        value: Buffer.from('v'),
        headers: { a: Buffer.from('x'), b: [Buffer.from('1'), Buffer.from('2')] },
        isControlRecord: false
      })
      const [, empty, last] = payloads.map(({ message }) => message)
      assert.deepEqual([empty.key, empty.value, empty.headers, empty.offset], [null, null, {}, '1'])
      assert.deepEqual([last.value, last.headers.constructor], [Buffer.alloc(0), Buffer.from('c')])
      await payloads[0].heartbeat()
    })

    it('eachBatch gets batches with their functions', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(4))
      const batches = new Collected()
      /** @type {EachBatchHandler} */
      const eachBatch = async (payload) => batches.add(payload)
      const { consumer } = await running(clients, topic, { run: { eachBatch } })
      await batches.until((all) => all.reduce((sum, { batch }) => sum + batch.messages.length, 0) === 4)
      const [payload] = batches.all
      assert.deepEqual(Object.keys(payload), ['batch', 'resolveOffset', 'heartbeat', 'pause',
        'commitOffsetsIfNecessary', 'uncommittedOffsets', 'isRunning', 'isStale'])
      assert.deepEqual(batches.all.flatMap(({ batch }) => batch.messages.map(text)), numbered(4))
      const { batch } = batches.all[batches.all.length - 1]
      assert.deepEqual([batch.topic, batch.partition, batch.highWatermark], [topic, 0, '4'])
      assert.deepEqual([batch.lastOffset(), batch.offsetLag(), batch.isEmpty()], ['3', '0', false])
      assert.equal(batches.all[0].batch.firstOffset(), '0')
      assert.equal(payload.isRunning(), true)
      assert.equal(payload.isStale(), false)
      await consumer.stop()
      assert.equal(payload.isRunning(), false)
    })

    it('handlers need not return promises', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(500))
      const got = new Collected()
      const eachMessage = ({ message }) => got.add(text(message))
      // @ts-expect-error: the typings want a promise
      const { consumer } = await running(clients, topic, { run: { eachMessage } })
      assert.deepEqual(await got.take(500), numbered(500))
      await consumer.stop()
      assert.equal(got.all.length, 500)
    })

    it('without a handler nothing is fetched, and the log says so', async (context) => {
      const clients = new Clients(context, broker)
      const { consumer } = await running(clients, await topicOf(), { run: { eachMessage: undefined } })
      assert.ok(clients.logs.some(({ label, log }) => label === 'WARN' && /Neither eachMessage/.test(log.message)))
      await consumer.disconnect()
    })

    it('what is kept stays valid when its memory is used again', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(2)
      const count = 3000
      const value = (i) => `${i}:${'x'.repeat(600)}`
      const { got } = await running(clients, topic, { run: { partitionsConsumedConcurrently: 2 } })
      for (const partition of [0, 1]) await clients.send(topic, numbered(count).map(value), partition)
      const kept = (await got.take(2 * count)).map(({ message }) => message)
      for (const message of kept) assert.equal(text(message), value(Number(message.offset)))
    })
  })

  describe('concurrency', () => {
    it('a handler that holds a batch for long does not stop other partitions', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(2)
      const hold = gate()
      const got = new Collected()
      const value = 'x'.repeat(10000)
      /** @type {EachMessageHandler} */
      const eachMessage = async ({ partition, message }) => {
        got.add([partition, Number(message.offset)])
        if (partition === 0 && message.offset === '0') await hold.opened
      }
      const consumer = clients.consumer({ groupId: uniqueName('group') })
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ eachMessage, partitionsConsumedConcurrently: 2 })
      await clients.send(topic, [value])
      await got.take(1)
      // more than all buffers and copies together hold
      for (let round = 0; round < 40; round++) await clients.send(topic, Array(100).fill(value))
      for (let round = 0; round < 10; round++) await clients.send(topic, Array(100).fill(value), 1)
      const offsets = (wanted) => got.all.filter(([partition]) => partition === wanted).map(([, offset]) => offset)
      await got.until(() => offsets(1).length === 1000)
      assert.deepEqual(offsets(0), [0])
      hold.open()
      await got.until(() => offsets(0).length === 4001)
      assert.deepEqual(offsets(0), Array.from({ length: 4001 }, (_, i) => i))
      assert.deepEqual(offsets(1), Array.from({ length: 1000 }, (_, i) => i))
    })

    it('records come whole whatever their sizes, also those that need larger buffers', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(2)
      const sizes = [10, 300_000, 600_000, 900_000, 10, 550_000]
      const valueOf = (partition, offset) =>
        String.fromCharCode(97 + (offset * 2 + partition) % 26).repeat(sizes[(offset + partition) % sizes.length])
      const count = 60
      for (const partition of [0, 1]) {
        for (let offset = 0; offset < count; offset++) {
          await clients.send(topic, [valueOf(partition, offset)], partition)
        }
      }
      const got = new Collected()
      /** @type {EachMessageHandler} */
      const eachMessage = async ({ partition, message }) => {
        const isWhole = message.value?.toString() === valueOf(partition, Number(message.offset))
        got.add([partition, Number(message.offset), isWhole])
        // some wait, so that their batches are copied and the buffers go round
        if (Number(message.offset) % 7 === 0) await new Promise(setImmediate)
      }
      await running(clients, topic, { run: { eachMessage, partitionsConsumedConcurrently: 2 } })
      await got.take(2 * count)
      for (const partition of [0, 1]) {
        assert.deepEqual(got.all.filter(([of]) => of === partition),
          Array.from({ length: count }, (_, offset) => [partition, offset, true]))
      }
    })

    it('a partition is never in two handlers, and there are no more handlers than told', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(4)
      for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(20), partition)
      const busy = new Set()
      const done = new Collected()
      let most = 0
      /** @type {EachMessageHandler} */
      const eachMessage = async ({ partition, message }) => {
        assert.ok(!busy.has(partition))
        busy.add(partition)
        most = Math.max(most, busy.size)
        await new Promise(setImmediate)
        busy.delete(partition)
        done.add([partition, message.offset])
      }
      await running(clients, topic, { run: { eachMessage, partitionsConsumedConcurrently: 2 } })
      await done.take(80)
      assert.equal(most, 2)
    })
  })

  describe('commits', () => {
    it('go on after a restart with what has not been handled', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      await clients.send(topic, numbered(10))
      const first = await running(clients, topic, { groupId })
      await first.got.take(10)
      await first.consumer.disconnect()
      await clients.send(topic, ['next'])
      const second = await running(clients, topic, { groupId })
      assert.deepEqual((await second.got.take(1)).map(({ message }) => text(message)), ['next'])
    })

    it('follow the threshold', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(5))
      const consumer = clients.consumer()
      const committed = new Collected()
      consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => committed.add(payload.topics))
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ autoCommitThreshold: 2, eachMessage: async () => {} })
      await committed.until((all) => all.length > 0 && last(all)[0].partitions[0].offset === '5')
      for (const [entry] of committed.all) assert.equal(entry.topic, topic)
      const offsets = committed.all.map(([{ partitions }]) => partitions[0].offset)
      assert.deepEqual(offsets.slice(-1), ['5'])
      assert.ok(offsets.includes('2') || offsets.includes('3'))
      assert.ok(offsets.length >= 2)
    })

    it('are the user\'s with autoCommit: false', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      await clients.send(topic, numbered(4))
      const first = await running(clients, topic, { groupId, run: { autoCommit: false } })
      await first.got.take(4)
      const event = nextEvent(first.consumer, 'COMMIT_OFFSETS')
      await first.consumer.commitOffsets([{ topic, partition: 0, offset: '2', metadata: 'mine' }])
      assert.deepEqual((await event).payload.topics,
        [{ topic, partitions: [{ partition: 0, offset: '2', metadata: 'mine' }] }])
      await first.consumer.disconnect()
      const second = await running(clients, topic, { groupId })
      assert.deepEqual((await second.got.take(2)).map(({ message }) => message.offset), ['2', '3'])
    })

    it('of the user stay when the consumer leaves with nothing new', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      await clients.send(topic, numbered(4))
      const committed = new Collected()
      const first = await running(clients, topic, { groupId })
      first.consumer.on('consumer.commit_offsets', ({ payload: { topics: [{ partitions: [{ offset }] }] } }) =>
        committed.add(offset))
      await first.got.take(4)
      await committed.until((all) => last(all) === '4')
      // back on purpose
      await first.consumer.commitOffsets([{ topic, partition: 0, offset: '1' }])
      await first.consumer.disconnect()
      const second = await running(clients, topic, { groupId })
      assert.deepEqual((await second.got.take(3)).map(({ message }) => message.offset), ['1', '2', '3'])
    })

    it('of eachBatch take what has been resolved; the rest comes again', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(6))
      const seen = new Collected()
      /** @type {EachBatchHandler} */
      const eachBatch = async ({ batch, resolveOffset, uncommittedOffsets, commitOffsetsIfNecessary }) => {
        seen.add(batch.messages.map(text))
        resolveOffset(batch.messages[0].offset)
        const next = String(Number(batch.messages[0].offset) + 1)
        assert.deepEqual(uncommittedOffsets(), { topics: [{ topic, partitions: [{ partition: 0, offset: next }] }] })
        await commitOffsetsIfNecessary(uncommittedOffsets())
        assert.deepEqual(uncommittedOffsets(), { topics: [] })
      }
      await running(clients, topic, { run: { eachBatch, eachBatchAutoResolve: false } })
      await seen.until((all) => all.length > 0 && last(last(all)) === '5' && last(all).length === 1)
      assert.deepEqual(seen.all.map(([first]) => first), numbered(6))
    })

    it('may go backwards', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(3))
      const seen = new Collected()
      let back = true
      /** @type {EachBatchHandler} */
      const eachBatch = async ({ batch, resolveOffset }) => {
        for (const message of batch.messages) {
          seen.add(text(message))
          resolveOffset(message.offset)
        }
        if (last(batch.messages).offset === '4' && back) {
          back = false
          resolveOffset('0')
        }
      }
      await running(clients, topic, { run: { eachBatch, eachBatchAutoResolve: false } })
      await seen.take(3)
      await clients.send(topic, ['3', '4'])
      await seen.until((all) => !back && last(all) === '4' && all.filter((value) => value === '4').length === 2)
      assert.deepEqual(seen.all, [...numbered(5), ...numbered(4, 1)])
    })
  })

  describe('seek', () => {
    it('moves a running consumer, also from within a handler', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(10))
      let moved = false
      const got = new Collected()
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        eachMessage: async ({ message }) => {
          got.add(text(message))
          if (text(message) === '4' && !moved) {
            moved = true
            consumer.seek({ topic, partition: 0, offset: '2' })
          }
        }
      })
      assert.deepEqual(await got.take(13), [...numbered(5), ...numbered(8, 2)])
      consumer.seek({ topic, partition: 0, offset: /** @type {any} */ (8) })
      assert.deepEqual((await got.take(15)).slice(13), ['8', '9'])
      consumer.seek({ topic, partition: 0, offset: /** @type {any} */ (-2) })
      assert.deepEqual((await got.take(25)).slice(15), numbered(10))
      consumer.seek({ topic, partition: 0, offset: '-1' })
      // the end is looked up meanwhile
      while (got.all.length === 25) await clients.send(topic, ['end'])
      assert.equal(got.all[25], 'end')
    })

    it('to the end does not overtake a later one to an offset', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(10))
      const { consumer, got } = await running(clients, topic)
      await got.take(10)
      consumer.seek({ topic, partition: 0, offset: '-1' })
      consumer.seek({ topic, partition: 0, offset: '7' })
      assert.deepEqual((await got.take(13)).slice(10).map(({ message }) => text(message)), ['7', '8', '9'])
      await clients.send(topic, ['end'])
      assert.equal(text((await got.take(14))[13].message), 'end')
    })

    it('right after run that is not awaited counts', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(10))
      const got = new Collected()
      const consumer = clients.consumer()
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      const run = consumer.run({ eachMessage: async ({ message }) => got.add(text(message)) })
      consumer.seek({ topic, partition: 0, offset: '7' })
      await run
      assert.deepEqual(await got.take(3), ['7', '8', '9'])
    })
  })

  describe('pause and resume', () => {
    it('hands out nothing of a paused partition, and loses and doubles nothing', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(2)
      const got = new Collected()
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      /** @type {() => void} */
      let resume
      await consumer.run({
        eachMessage: async ({ partition, message, pause }) => {
          got.add([partition, text(message)])
          if (partition === 0 && text(message) === '3') resume = pause()
        }
      })
      await clients.send(topic, numbered(10))
      await got.until((all) => all.length === 4)
      assert.deepEqual(consumer.paused(), [{ topic, partitions: [0] }])
      await clients.send(topic, numbered(10), 1)
      await got.take(14)
      assert.equal(got.all.filter(([partition]) => partition === 0).length, 4)
      resume()
      await got.take(20)
      assert.deepEqual(got.all.filter(([partition]) => partition === 0).map(([, value]) => value), numbered(10))
      assert.deepEqual(consumer.paused(), [])
      // a topic as a whole, then one partition of it: the topic stays paused
      consumer.pause([{ topic }])
      consumer.pause([{ topic, partitions: [0] }])
      assert.deepEqual(consumer.paused(), [{ topic, partitions: [0, 1] }])
      consumer.resume([{ topic, partitions: [1] }])
      await clients.send(topic, ['a'])
      await clients.send(topic, ['b'], 1)
      assert.deepEqual((await got.take(21))[20], [1, 'b'])
      consumer.resume([{ topic }])
      assert.deepEqual((await got.take(22))[21], [0, 'a'])
    })
  })

  describe('another run', () => {
    it('begins without the pauses of the last one', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      const { consumer, got } = await running(clients, topic)
      consumer.pause([{ topic }])
      await clients.send(topic, numbered(2))
      await consumer.stop()
      await consumer.run({ eachMessage: async (payload) => { got.add(payload) } })
      assert.deepEqual(consumer.paused(), [])
      assert.deepEqual((await got.take(2)).map(({ message }) => text(message)), numbered(2))
    })
  })

  describe('a handler that fails', () => {
    it('gets the same record again, first, while other partitions go on', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(2)
      await clients.send(topic, numbered(4))
      await clients.send(topic, numbered(4), 1)
      const calls = new Collected()
      let failures = 2
      /** @type {EachMessageHandler} */
      const eachMessage = async ({ partition, message }) => {
        calls.add([partition, text(message)])
        if (partition === 0 && text(message) === '1' && failures-- > 0) throw new Error('not yet')
      }
      const { consumer } = await running(clients, topic, { run: { eachMessage } })
      await calls.take(10)
      const of = (wanted) => calls.all.filter(([partition]) => partition === wanted).map(([, value]) => value)
      assert.deepEqual(of(0), ['0', '1', '1', '1', '2', '3'])
      assert.deepEqual(of(1), numbered(4))
      assert.ok(clients.logs.some(({ namespace, log }) => namespace === 'Runner' &&
        log.message === 'Error when calling eachMessage' && log.offset === '1' && log.topic === topic))
      await consumer.stop()
    })

    it('crashes the consumer when retries are used up; it starts again with that record', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, numbered(3))
      const got = new Collected()
      let isBroken = true
      const consumer = clients.consumer({ retry: { initialRetryTime: 20, factor: 0, multiplier: 1, retries: 1 } })
      const events = []
      for (const name of ['CONNECT', 'GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH']) {
        consumer.on(consumer.events[name], ({ payload }) => events.push([name, payload]))
      }
      await consumer.subscribe({ topic, fromBeginning: true })
      const crash = nextEvent(consumer, 'CRASH')
      await consumer.run({
        eachMessage: async ({ message }) => {
          got.add(text(message))
          if (isBroken && text(message) === '1') throw new Error('poison')
        }
      })
      const { payload } = await crash
      isBroken = false
      assert.equal(payload.restart, true)
      assert.equal(payload.error.name, 'KafkaJSNumberOfRetriesExceeded')
      assert.equal(payload.error.message, 'poison')
      assert.ok(payload.error instanceof KafkaJSNumberOfRetriesExceeded)
      assert.equal(payload.error.retryCount, 1)
      await got.take(5)
      assert.deepEqual(got.all, ['0', '1', '1', '1', '2'])
      assert.deepEqual(events.map(([name]) => name),
        ['CONNECT', 'GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH', 'CONNECT', 'GROUP_JOIN'])
    })

    it('crashes a consumer for good that is disconnected while other handlers still work', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(2)
      const retry = { initialRetryTime: 20, factor: 0, multiplier: 1, retries: 0 }
      const consumer = clients.consumer({ retry })
      const events = []
      for (const name of ['CONNECT', 'CRASH']) consumer.on(consumer.events[name], () => events.push(name))
      await consumer.subscribe({ topic, fromBeginning: true })
      const [working, released] = [gate(), gate()]
      const crashing = gate()
      consumer.logger().error = (line) => { if (line.startsWith('Crash')) crashing.open() }
      const crash = nextEvent(consumer, 'CRASH')
      await consumer.run({
        partitionsConsumedConcurrently: 2,
        eachMessage: async ({ message }) => {
          if (text(message) === 'poison') throw new Error('poison')
          working.open()
          await released.opened
        }
      })
      await clients.send(topic, ['work'], 0)
      await working.opened
      await clients.send(topic, ['poison'], 1)
      await crashing.opened
      const disconnected = consumer.disconnect()
      released.open()
      await disconnected
      await crash
      // it would start again after `initialRetryTime`
      await new Promise((resolve) => setTimeout(resolve, 10 * retry.initialRetryTime))
      assert.deepEqual(events, ['CONNECT', 'CRASH'])
    })

    it('with a bug crashes it at once and for good', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      await clients.send(topic, ['x'])
      let asked = 0
      const consumer = clients.consumer({ retry: { retries: 5, restartOnFailure: async () => asked++ < 5 } })
      await consumer.subscribe({ topic, fromBeginning: true })
      const crash = nextEvent(consumer, 'CRASH')
      await consumer.run({ eachMessage: async () => { /** @type {any} */ (undefined).nothing() } })
      const { payload } = await crash
      assert.equal(payload.error.name, 'KafkaJSNonRetriableError')
      assert.ok(payload.error.cause instanceof TypeError)
      assert.equal(payload.restart, false)
      assert.equal(asked, 0)
      assert.throws(() => consumer.pause([{ topic }]), /was not initialized/)
    })
  })

  describe('the end', () => {
    for (const [kind, message] of [['a record', 'm'], ['a record that is larger than the buffers', LARGE]]) {
      it(`stop and disconnect may be awaited in the handler of ${kind}`, async (context) => {
        await disconnectInHandler(context, message)
      })
    }

    const disconnectInHandler = async (context, message) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      for (let i = 0; i < 3; i++) await clients.send(topic, [message])
      const consumer = clients.consumer()
      const stopped = gate()
      let calls = 0
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        eachMessage: async () => {
          calls++
          await new Promise(setImmediate)
          await consumer.disconnect()
          stopped.open()
        }
      })
      await stopped.opened
      // its batch is given back now
      await new Promise(setImmediate)
      assert.equal(calls, 1)
    }

    it('stop waits for a handler and commits what it has done', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      await clients.send(topic, numbered(3))
      const [entered, leave] = [gate(), gate()]
      const consumer = clients.consumer({ groupId })
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        eachMessage: async () => {
          entered.open()
          await leave.opened
        }
      })
      await entered.opened
      const stop = consumer.stop()
      const turn = new Promise((resolve) => { setImmediate(resolve, 'waiting') })
      assert.equal(await Promise.race([stop.then(() => 'stopped'), turn]), 'waiting')
      leave.open()
      await stop
      const { got } = await running(clients, topic, { groupId })
      assert.deepEqual((await got.take(2)).map(({ message }) => text(message)), ['1', '2'])
    })

    it('a handler that stops its consumer without waiting has handled its record', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      await clients.send(topic, numbered(2))
      const consumer = clients.consumer({ groupId })
      const stop = nextEvent(consumer, 'STOP')
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ eachMessage: async () => { consumer.stop() } })
      await stop
      const { got } = await running(clients, topic, { groupId })
      assert.deepEqual((await got.take(1)).map(({ message }) => text(message)), ['1'])
    })

    it('disconnect before run has resolved ends it without a crash', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf()
      const consumer = clients.consumer()
      let crashes = 0
      consumer.on(consumer.events.CRASH, () => crashes++)
      await consumer.connect()
      await consumer.subscribe({ topic })
      const run = consumer.run({ eachMessage: async () => {} })
      await consumer.disconnect()
      await run
      assert.equal(crashes, 0)
    })

    it('a consumer may be run again, with further topics', async (context) => {
      const clients = new Clients(context, broker)
      const [one, two] = [await topicOf(), await topicOf()]
      await clients.send(one, ['1'])
      await clients.send(two, ['2'])
      const { consumer, got } = await running(clients, one)
      await assert.rejects(consumer.subscribe({ topic: two }), /Cannot subscribe to topic while consumer is running/)
      await got.take(1)
      await consumer.stop()
      assert.deepEqual(consumer.paused(), [])
      await consumer.subscribe({ topics: [two], fromBeginning: true })
      const again = new Collected()
      await consumer.run({ eachMessage: async ({ message }) => again.add(text(message)) })
      assert.deepEqual(await again.take(1), ['2'])
    })
  })

  describe('subscriptions', () => {
    it('take names and regular expressions, each with its start', async (context) => {
      const clients = new Clients(context, broker)
      const prefix = uniqueName('pattern')
      for (const name of ['a', 'b', 'other']) await broker.createTopic(`${prefix}-${name}`)
      const latest = await topicOf()
      for (const name of ['a', 'b']) await clients.send(`${prefix}-${name}`, [name])
      await clients.send(latest, ['old'])
      const consumer = clients.consumer()
      const join = nextEvent(consumer, 'GROUP_JOIN')
      await consumer.subscribe({ topics: [new RegExp(`^${prefix}-[ab]$`, 'g')], fromBeginning: true })
      await consumer.subscribe({ topic: latest })
      const got = new Collected()
      await consumer.run({ eachMessage: async ({ message }) => got.add(text(message)) })
      const { memberAssignment } = (await join).payload
      assert.deepEqual(Object.keys(memberAssignment).sort(), [`${prefix}-a`, `${prefix}-b`, latest].sort())
      await got.take(2)
      await clients.send(latest, ['new'])
      assert.deepEqual((await got.take(3)).slice().sort(), ['a', 'b', 'new'])
    })

    it('may be empty', async (context) => {
      const consumer = new Clients(context, broker).consumer()
      const join = nextEvent(consumer, 'GROUP_JOIN')
      await consumer.run({ eachMessage: async () => {} })
      assert.deepEqual((await join).payload.memberAssignment, {})
      await consumer.disconnect()
    })

    it('and everything else is checked, with KafkaJS\'s texts', async (context) => {
      const clients = new Clients(context, broker)
      // @ts-expect-error: without options, on purpose
      assert.throws(() => clients.kafka.consumer(), /Consumer groupId must be a non-empty string/)
      assert.throws(() => clients.consumer({ sessionTimeout: 3000, heartbeatInterval: 3000 }),
        /Consumer heartbeatInterval \(3000\) must be lower than sessionTimeout \(3000\)/)
      // what the typings do not allow, on purpose
      const consumer = /** @type {any} */ (clients.consumer())
      await assert.rejects(consumer.subscribe({}), /Missing required argument "topics"/)
      await assert.rejects(consumer.subscribe({ topics: 'x' }), /Argument "topics" must be an array/)
      await assert.rejects(consumer.subscribe({ topics: [5] }),
        /Invalid topic 5 \(number\), the topic name has to be a String or a RegExp/)
      await assert.rejects(consumer.subscribe(), TypeError)
      await assert.rejects(consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1' }]), /was not initialized/)
      await assert.rejects(consumer.commitOffsets([{ partition: 0, offset: '1' }]), /Invalid topic undefined/)
      await assert.rejects(consumer.commitOffsets([{ topic: 't', partition: 'x', offset: '1' }]),
        /Invalid partition, expected a number received x/)
      await assert.rejects(consumer.commitOffsets([{ topic: 't', partition: 0, offset: 'a' }]),
        /Invalid offset, expected a long received a/)
      await assert.rejects(consumer.commitOffsets([{ topic: 't', partition: 0, offset: '-1' }]),
        /Offset must not be a negative number/)
      await assert.rejects(consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1', metadata: 5 }]),
        /Invalid offset metadata, expected string or null, received 5/)
      assert.throws(() => consumer.seek({ topic: 't', partition: 0, offset: '-3' }), /must not be a negative number/)
      assert.throws(() => consumer.seek({ topic: 't', partition: 0, offset: '1' }), /was not initialized/)
      assert.throws(() => consumer.pause([null]), /Invalid topic null/)
      assert.throws(() => consumer.pause([{ topic: 't', partitions: 1 }]),
        /Array of valid partitions required to pause specific partitions instead of 1/)
      assert.throws(() => consumer.resume([{ topic: 't' }]), /was not initialized/)
      assert.throws(() => consumer.on('x', () => {}), /Event name should be one of consumer.events.HEARTBEAT, /)
      assert.deepEqual(consumer.paused(), [])
      assert.deepEqual(Object.keys(consumer).slice(0, 14), ['connect', 'disconnect', 'subscribe', 'stop', 'run',
        'commitOffsets', 'seek', 'describeGroup', 'pause', 'paused', 'resume', 'on', 'events', 'logger'])
    })
  })

  describe('a group', () => {
    it('shares partitions, and waits for handlers when it rebalances', async (context) => {
      const clients = new Clients(context, broker)
      const topic = await topicOf(2)
      const groupId = uniqueName('group')
      for (const partition of [0, 1]) await clients.send(topic, numbered(5), partition)
      const seen = new Collected()
      const hold = gate()
      /** @type {() => Promise<void>} */
      let heartbeat
      const first = clients.consumer({ groupId })
      const held = new Set()
      const rebalancing = nextEvent(first, 'REBALANCING')
      await first.subscribe({ topic, fromBeginning: true })
      await first.run({
        partitionsConsumedConcurrently: 2,
        eachMessage: async (payload) => {
          const { partition, message } = payload
          if (message.offset === '2') held.add(partition)
          heartbeat = payload.heartbeat
          seen.add([partition, message.offset])
          if (message.offset === '2') await hold.opened
        }
      })
      await seen.until(() => held.size === 2)
      const second = clients.consumer({ groupId })
      await second.subscribe({ topic, fromBeginning: true })
      const own = new Set()
      let isHeld = true
      const joined = second.run({
        eachMessage: async ({ partition, message }) => {
          assert.equal(isHeld, false)
          own.add(partition)
          seen.add([partition, message.offset])
        }
      })
      await rebalancing
      await assert.rejects(heartbeat(), { type: 'REBALANCE_IN_PROGRESS', code: 27 })
      isHeld = false
      hold.open()
      await joined
      // the embedded broker takes no commits while a group rebalances: what was held comes again
      const wanted = [0, 1].flatMap((partition) => numbered(5).map((offset) => `${partition}:${offset}`))
      await seen.until((all) => new Set(all.map(([partition, offset]) => `${partition}:${offset}`)).size === 10)
      assert.deepEqual([...new Set(seen.all.map(([partition, offset]) => `${partition}:${offset}`))].sort(), wanted)
      assert.equal(own.size, 1)
    })
  })
})

const last = (list) => list[list.length - 1]
