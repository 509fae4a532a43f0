'use strict'

const { after, before, beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { HighLevelProducer, KeyedMessage, Producer } = require('../..')
const {
  Opened, call, collect, next, numbered, sendAll, startWatched, uniqueName, values
} = require('../support/embedded')

const NOT_LEADER = 6
const MESSAGE_TOO_LARGE = 10
const TOPIC_AUTHORIZATION_FAILED = 29

describe('producers', { timeout: 120000 }, () => {
  let broker
  let opened

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())
  beforeEach((context) => { opened = new Opened(context, broker) })

  async function newTopic (partitions = 1) {
    const topic = uniqueName('topic')
    await broker.createTopic(topic, partitions)
    return topic
  }

  /**
   * The first `count` messages of a partition, read from its beginning.
   *
   * @param {string} topic
   * @param {number} count
   * @param {{ partition?: number } & import('../..').ConsumerOptions} [options]
   */
  async function read (topic, count, { partition = 0, ...options } = {}) {
    const consumer = opened.consumer([{ topic, partition, offset: 0 }], { fromOffset: true, ...options })
    return collect(consumer).take(count)
  }

  describe('payloads', () => {
    it('carry each kind of value as kafka-node would', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      const text = 'grüße 你好 😀'
      const bytes = Buffer.from([0, 255, 128])
      const messages = ['text', '', text, bytes, null, undefined, 1, true, { a: 1 }, new Uint8Array([1, 2])]
      assert.deepEqual(await sendAll(producer, topic, messages), { [topic]: { 0: 0 } })
      const received = await read(topic, messages.length, { encoding: 'buffer' })
      assert.deepEqual(received.map(({ value }) => value === null ? null : value.toString('latin1')), [
        'text', '', Buffer.from(text).toString('latin1'), bytes.toString('latin1'), null, null, '1', 'true',
        '[object Object]', '1,2'
      ])
      assert.ok(received.every(({ key }) => key === null))
    })

    it('may be one message, or have none', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      assert.deepEqual(await sendAll(producer, topic, 'one'), { [topic]: { 0: 0 } })
      assert.deepEqual(await sendAll(producer, topic, []), { [topic]: { 0: 0 } })
      assert.deepEqual(await call(producer, 'send', []), {})
      assert.deepEqual(await call(producer, 'send', [{ topic, partition: 0 }]), { [topic]: { 0: 1 } })
      assert.deepEqual(values(await read(topic, 2)), ['one', null])
    })

    it('give their key to all plain messages; a KeyedMessage has its own', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      const own = new KeyedMessage('own', 'b')
      const sent = [
        { topic, partition: 0, key: 'k', messages: ['a', own] },
        { topic, partition: 0, key: 0, messages: 'c' },
        { topic, partition: 0, key: '', messages: 'd' }
      ]
      await call(producer, 'send', sent)
      const received = await read(topic, 4)
      assert.deepEqual(received.map(({ key, value }) => [key, value]),
        [['k', 'a'], ['own', 'b'], ['0', 'c'], ['', 'd']])
    })

    it('take timestamps and headers', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      const headers = { trace: 'ä', bytes: Buffer.from([1]), none: null, many: ['1', '2'] }
      await call(producer, 'send', [{ topic, partition: 0, messages: 'a', timestamp: 1700000000123, headers }])
      const group = opened.group([topic])
      const [message] = await collect(group).take(1)
      assert.equal(message.timestamp.toISOString(), '2023-11-14T22:13:20.123Z')
      assert.deepEqual({ ...message.headers }, { trace: 'ä', bytes: '\u0001', none: null, many: ['1', '2'] })
    })

    it('get their partition and attributes filled in', async () => {
      const topic = await newTopic(3)
      const producer = await opened.producer({}, { Producer: HighLevelProducer })
      const payloads = [{ topic, messages: 'a' }, { topic, messages: 'b' }]
      await call(producer.client, 'refreshMetadata', [topic])
      const result = await call(producer, 'send', payloads)
      assert.equal(new Set(payloads.map(({ partition }) => partition)).size, 2)
      assert.deepEqual(payloads.map(({ attributes }) => attributes), [0, 0])
      assert.deepEqual(Object.keys(result[topic]).map(Number), payloads.map(({ partition }) => partition).sort())
    })

    for (const [attributes, codec] of [[1, 'gzip'], [2, 'snappy'], [3, 'lz4'], [4, 'zstd']]) {
      it(`are compressed with ${codec} by attributes ${attributes}`, async () => {
        const topic = await newTopic()
        const producer = await opened.producer()
        const message = 'compressible '.repeat(1000)
        assert.deepEqual(await call(producer, 'send', [{ topic, partition: 0, messages: message, attributes }]),
          { [topic]: { 0: 0 } })
        assert.deepEqual(values(await read(topic, 1)), [message])
      })
    }

    it('are refused if their attributes name no codec', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      await call(producer.client, 'refreshMetadata', [topic])
      for (const attributes of [5, -1, 1.5, 'gzip']) {
        assert.throws(() => producer.send([{ topic, partition: 0, messages: 'a', attributes }], () => {}),
          { name: 'InvalidConfigError', message: new RegExp(`^attributes ${attributes} is illegal`) })
      }
    })

    it('are not compressed if their attributes say nothing about a codec', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      const payloads = [undefined, null, false, 0, 8]
        .map((attributes) => ({ topic, partition: 0, messages: 'a', attributes }))
      for (const payload of payloads) await call(producer, 'send', [payload])
      assert.equal((await read(topic, 5)).length, 5)
    })

    it('are refused as a whole if one cannot be converted to a string; other sends are not affected', async () => {
      const topic = await newTopic(2)
      const producer = await opened.producer()
      await call(producer.client, 'refreshMetadata', [topic])
      const payloads = [
        { topic, partition: 0, messages: 'never sent' }, { topic, partition: 1, messages: Object.create(null) }
      ]
      const callback = () => assert.fail('it was thrown already')
      assert.throws(() => producer.send(payloads, callback), { name: 'TypeError' })
      const results = await Promise.all([0, 1, 0, 1].map((partition) => sendAll(producer, topic, 'sent', partition)))
      assert.deepEqual(results, [{ 0: 0 }, { 1: 0 }, { 0: 1 }, { 1: 1 }].map((offsets) => ({ [topic]: offsets })))
    })

    it('are refused at the call, even while the client connects', async () => {
      const topic = await newTopic()
      const producer = new Producer(opened.client())
      for (const wrong of [{ attributes: 5 }, { timestamp: -1 }, { headers: { 'a\0': 'b' } }]) {
        assert.throws(() => producer.send([{ topic, partition: 0, messages: 'a', ...wrong }], () => {}))
      }
      assert.deepEqual(await sendAll(producer, topic, 'b'), { [topic]: { 0: 0 } })
    })

    it('are refused at the call for a topic whose name has a NUL, which would end it', async () => {
      const producer = await opened.producer()
      assert.throws(() => producer.send([{ topic: 'a\0b', messages: 'x', partition: 0 }]),
        { name: 'InvalidConfigError', message: /topic of a payload is illegal.*NUL/ })
    })

    it('may be larger than any buffer that crosses to JavaScript', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      const large = 'x'.repeat(900 * 1024)
      // the buffer grows with the first one; the rest crosses in it
      const sent = ['before', large, 'between', ...Array.from({ length: 8 }, (_, i) => `${i}${large}`), 'after']
      await sendAll(producer, topic, sent)
      assert.deepEqual(values(await read(topic, sent.length)), sent)
    })
  })

  describe('results', () => {
    it('do not starve the event loop, however slow the callbacks are', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      let sinceTurn = 0
      let mostInTurn = 0
      let open = true
      const count = () => {
        mostInTurn = Math.max(mostInTurn, sinceTurn)
        sinceTurn = 0
        if (open) setImmediate(count)
      }
      setImmediate(count)
      let left = 600
      await new Promise((resolve, reject) => {
        const send = () => producer.send([{ topic, partition: 0, messages: 'm' }], (error) => {
          if (error) reject(error)
          sinceTurn++
          const until = Date.now() + 2
          while (Date.now() < until);
          if (--left === 0) resolve(undefined)
          else if (left >= 100) send()
        })
        for (let i = 0; i < 100; i++) send()
      })
      open = false
      // 5 ms per turn, checked every 8 callbacks
      assert.ok(mostInTurn < 30, `${mostInTurn} callbacks between two turns`)
    })

    it('contain the offset of the first record that the call wrote to each partition', async () => {
      const [first, second] = [await newTopic(2), await newTopic()]
      const producer = await opened.producer()
      await sendAll(producer, first, ['x', 'y', 'z'])
      const result = await call(producer, 'send', [
        { topic: first, partition: 0, messages: ['a', 'b'] },
        { topic: first, partition: 1, messages: 'c' },
        { topic: second, partition: 0, messages: 'd' },
        { topic: first, partition: 0, messages: 'e' }
      ])
      assert.deepEqual(result, { [first]: { 0: 3, 1: 0 }, [second]: { 0: 0 } })
      assert.deepEqual(values(await read(first, 6)), ['x', 'y', 'z', 'a', 'b', 'e'])
    })

    for (const requireAcks of [0, 1, -1]) {
      it(`with requireAcks ${requireAcks} keep order over many sends`, async () => {
        const topic = await newTopic()
        const producer = await opened.producer({ requireAcks })
        await call(producer.client, 'refreshMetadata', [topic])
        const messages = numbered(500)
        const results = await Promise.all(messages.map((message) => sendAll(producer, topic, message)))
        if (requireAcks === 0) {
          assert.deepEqual(results[0], { result: 'no ack' })
        } else {
          assert.deepEqual(results.map((result) => result[topic][0]), messages.map(Number))
        }
        assert.deepEqual(values(await read(topic, messages.length)), messages)
      })
    }

    it('are errors for a requireAcks that Kafka does not know', async () => {
      const topic = await newTopic()
      const client = opened.client()
      await next(client, 'ready')
      const producer = new Producer(client, { requireAcks: 2 })
      await call(client, 'refreshMetadata', [topic])
      assert.throws(() => producer.send([{ topic, partition: 0, messages: 'a' }], () => {}),
        { name: 'InvalidConfigError', message: /^requireAcks 2 is illegal/ })
    })
  })

  describe('waiting', () => {
    it('is what sends before ready do', async () => {
      const topic = await newTopic()
      const producer = new Producer(opened.client())
      assert.equal(producer.ready, false)
      const results = await Promise.all(numbered(3).map((message) => sendAll(producer, topic, message)))
      assert.deepEqual(results.map((result) => result[topic][0]), [0, 1, 2])
    })

    it('is what a keyed send does until the partitions are known', async () => {
      const topic = await newTopic(4)
      const producer = await opened.producer({ partitionerType: 3 })
      const payload = () => ({ topic, key: 'same', messages: 'a' })
      const results = [await call(producer, 'send', [payload()]), await call(producer, 'send', [payload()])]
      assert.deepEqual(Object.keys(results[0][topic]), Object.keys(results[1][topic]))
    })

    it('ends with an error for a partition that does not exist', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      await assert.rejects(sendAll(producer, topic, 'a', 7),
        { name: 'BrokerNotAvailableError', message: 'Could not find the leader' })
    })
  })

  describe('faults', () => {
    for (const requireAcks of [1, -1]) {
      it(`that pass are overcome, without duplicates (requireAcks ${requireAcks})`, async () => {
        const topic = await newTopic()
        const producer = await opened.producer({ requireAcks })
        await sendAll(producer, topic, 'first')
        await broker.pushErrors('Produce', [NOT_LEADER, NOT_LEADER])
        // One record: the embedded broker does not check the sequence numbers of idempotent producers, so it would take
        // a later request before the refused one comes again.
        assert.deepEqual(await sendAll(producer, topic, 'again'), { [topic]: { 0: 1 } })
        await sendAll(producer, topic, 'last')
        assert.deepEqual(values(await read(topic, 3)), ['first', 'again', 'last'])
      })
    }

    it('that persist are reported with the name of the broker\'s error', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      await sendAll(producer, topic, 'first')
      await broker.pushErrors('Produce', [MESSAGE_TOO_LARGE])
      await assert.rejects(sendAll(producer, topic, 'refused'), { name: 'Error', message: 'MessageSizeTooLarge' })
      assert.deepEqual(await sendAll(producer, topic, 'next'), { [topic]: { 0: 1 } })
      await broker.pushErrors('Produce', [TOPIC_AUTHORIZATION_FAILED])
      await assert.rejects(sendAll(producer, topic, 'refused'), { name: 'Error', message: 'TopicAuthorizationFailed' })
    })

    it('of silence end with a TimeoutError after requestTimeout', async () => {
      const topic = await newTopic()
      const producer = await opened.producer({}, { client: opened.client({ requestTimeout: 400 }) })
      await sendAll(producer, topic, 'first')
      await broker.setRtt(30000)
      try {
        await assert.rejects(sendAll(producer, topic, 'late'),
          { name: 'TimeoutError', message: 'Request timed out after 400ms' })
      } finally {
        await broker.setRtt(0)
      }
    })

    it('of the connection only delay what is sent in the meantime', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      await sendAll(producer, topic, 'before')
      const down = next(producer.client, 'socket_error')
      await broker.setDown()
      await down
      const sent = Promise.all(numbered(100).map((message) => sendAll(producer, topic, message)))
      await broker.setUp()
      const results = await sent
      assert.deepEqual(results.map((result) => result[topic][0]), numbered(100, 1).map(Number))
      assert.deepEqual(values(await read(topic, 101)), ['before', ...numbered(100)])
    })

    it('that last fill the queue: what exceeds it fails at once, what is in it is sent', async () => {
      const topic = await newTopic()
      const producer = await opened.producer({ queueMaxMessages: 10 })
      await sendAll(producer, topic, 'before')
      const down = next(producer.client, 'socket_error')
      await broker.setDown()
      await down
      const accepted = []
      const refused = []
      const sends = numbered(100).map((message) => sendAll(producer, topic, message).then(
        () => accepted.push(message),
        (error) => {
          assert.equal(error.name, 'QueueFullError')
          refused.push(message)
        }))
      await Promise.any(sends)
      assert.ok(refused.length > 0)
      assert.equal(accepted.length, 0)
      await broker.setUp()
      await Promise.all(sends)
      assert.equal(accepted.length + refused.length, 100)
      assert.ok(accepted.length >= 10)
      // the log has exactly the successes, in order
      await sendAll(producer, topic, 'end')
      assert.deepEqual(values(await read(topic, accepted.length + 2)), ['before', ...accepted, 'end'])
    })
  })

  describe('close', () => {
    it('delivers a batch of unacknowledged sends that is still waiting', async () => {
      const topic = await newTopic()
      const noAckBatchOptions = { noAckBatchSize: 1024 * 1024, noAckBatchAge: 10 * 60 * 1000 }
      const producer = await opened.producer({ requireAcks: 0 }, { client: opened.client({ noAckBatchOptions }) })
      assert.deepEqual(await sendAll(producer, topic, ['a', 'b']), { result: 'no ack' })
      assert.deepEqual(await sendAll(producer, topic, 'c'), { result: 'no ack' })
      await call(producer, 'close')
      assert.deepEqual(values(await read(topic, 3)), ['a', 'b', 'c'])
    })

    it('delivers what was sent; each callback comes once, before close\'s own', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      await call(producer.client, 'refreshMetadata', [topic])
      const calls = new Array(1000).fill(0)
      const errors = []
      calls.forEach((_, i) => producer.send([{ topic, partition: 0, messages: String(i) }], (error) => {
        calls[i]++
        if (error) errors.push(error)
      }))
      await call(producer, 'close')
      assert.deepEqual(errors, [])
      assert.ok(calls.every((count) => count === 1))
      assert.deepEqual(values(await read(topic, 1000)), numbered(1000))
    })

    it('fails what cannot be delivered; each callback comes once', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      await sendAll(producer, topic, 'before')
      const down = next(producer.client, 'socket_error')
      await broker.setDown()
      try {
        await down
        const calls = new Array(100).fill(0)
        const names = new Set()
        calls.forEach((_, i) => producer.send([{ topic, partition: 0, messages: String(i) }], (error) => {
          calls[i]++
          names.add(error.name)
        }))
        await call(producer, 'close')
        assert.ok(calls.every((count) => count === 1))
        assert.deepEqual([...names], ['BrokerNotAvailableError'])
      } finally {
        await broker.setUp()
      }
    })

    it('fails a send that still waits for the metadata of its topic', async () => {
      const [known, unknown] = [await newTopic(), await newTopic()]
      const producer = await opened.producer()
      await sendAll(producer, known, 'before')
      await call(producer.client, 'removeTopicMetadata', [unknown])
      await broker.setRtt(200)
      try {
        const delivered = sendAll(producer, known, 'a')
        const waiting = assert.rejects(sendAll(producer, unknown, 'b'), { name: 'BrokerNotAvailableError' })
        // the first send has crossed by then
        setImmediate(() => producer.close())
        await waiting
        await delivered
      } finally {
        await broker.setRtt(0)
      }
    })

    it('makes later sends fail', async () => {
      const topic = await newTopic()
      const producer = await opened.producer()
      await sendAll(producer, topic, 'before')
      await call(producer, 'close')
      await assert.rejects(sendAll(producer, topic, 'after'), {
        name: 'BrokerNotAvailableError',
        message: 'Broker not available (sendRequest -> ensureBrokerReady)'
      })
    })

    it('leaves a send of nothing what it was: it succeeds', async () => {
      const producer = await opened.producer()
      await call(producer, 'close')
      assert.deepEqual(await call(producer, 'send', []), {})
    })
  })

  it('do not need callbacks', async () => {
    const topic = await newTopic()
    const producer = await opened.producer()
    producer.send([{ topic, partition: 0, messages: 'a' }])
    assert.deepEqual(values(await read(topic, 1)), ['a'])
    assert.equal(producer.createTopics([uniqueName('created')]), undefined)
    producer.close()
  })

  it('create topics only when they are ready', async () => {
    const producer = new Producer(opened.client())
    await assert.rejects(call(producer, 'createTopics', [uniqueName('early')]), { message: 'Producer not ready!' })
    await next(producer, 'ready')
    const topic = uniqueName('created')
    assert.deepEqual(await call(producer, 'createTopics', [topic], true), [topic])
  })
})
