'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const { HighLevelProducer, KafkaClient, KeyedMessage, Producer } = require('../..')
const { QueueFullError } = require('../../lib/errors')
const { Writer, parseAddress, withConnection } = require('../../tools/kafka/wire')
const { promised } = require('../support/emissions')
const kafka = require('../support/kafka')

/** @type {Set<any>} */
const open = new Set()

/**
 * @param {string} address
 * @param {object} [options] of the producer
 * @param {any} [Class]
 */
function create (address, options, Class = Producer) {
  const producer = new Class(new KafkaClient({ kafkaHost: address }), options)
  open.add(producer)
  return producer
}

/** @param {string} address @param {object} [options] @param {any} [Class] */
async function connect (address, options, Class) {
  const producer = create(address, options, Class)
  await once(producer, 'ready')
  return producer
}

/** @param {any} producer @param {any[]} payloads @returns {Promise<any>} */
function send (producer, payloads) {
  return promised((callback) => producer.send(payloads, callback))
}

async function closeAll () {
  const producers = [...open]
  open.clear()
  await Promise.all(producers.map((producer) => promised((callback) => producer.close(callback))))
}

const text = (/** @type {Buffer | null} */ bytes) => bytes === null ? null : String(bytes)

/**
 * What a topic holds, for unacknowledged records: the broker may write them a little later.
 *
 * @param {string} address
 * @param {string} topic
 * @param {number} count
 */
async function readWhenWritten (address, topic, count) {
  for (let attempt = 0; ; attempt++) {
    const records = await kafka.readAll(address, topic)
    if (records.length === count) return records
    assert.ok(attempt < 50 && records.length < count, `${records.length} records instead of ${count}`)
    await delay(100)
  }
}

/**
 * The codecs of the batches in partition 0, by their numbers in the log.
 *
 * @param {string} address
 * @param {string} topic
 */
function codecsInLog (address, topic) {
  return withConnection(parseAddress(address), async (connection) => {
    const body = new Writer().int32(-1).int32(100).int32(1).int32(1 << 20).int8(0)
    body.int32(1).string(topic).int32(1).int32(0).int64(0n).int32(1 << 20)
    const reader = await connection.request(1, 4, body)
    reader.bytes(4 + 4 + 2 + topic.length + 4 + 4 + 2 + 8 + 8)
    reader.array(() => reader.bytes(16))
    const bytes = reader.bytes(reader.int32())
    const codecs = []
    for (let at = 0; at < bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
      codecs.push(bytes.readInt16BE(at + 21) & 7)
    }
    return codecs
  })
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`send on Kafka ${version}`, { timeout: 120000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(closeAll)

    it('writes every form of message', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('forms'))
      const producer = await connect(address)
      const before = Date.now()
      const payloads = [
        { topic, messages: 'one' },
        { topic, messages: ['two', Buffer.from([0, 255]), '', null, undefined, 7, true, { a: 1 }] },
        { topic, key: 'k', messages: ['keyed', 'keyed too'] },
        { topic, key: Buffer.from([1, 2]), messages: 'binary key' },
        { topic, key: 0, messages: 'number key' },
        { topic, key: '', messages: 'empty key' },
        { topic, key: 'ignored', messages: new KeyedMessage('own', 'value'), timestamp: 5 },
        { topic, messages: 'old', timestamp: 1500000000123 },
        { topic },
        { topic, messages: [new Uint8Array([1, 2])] }
      ]
      assert.deepEqual(await send(producer, payloads), { [topic]: { 0: 0 } })
      const records = await kafka.readAll(address, topic)
      const latin1 = (/** @type {Buffer | null} */ bytes) => bytes && bytes.toString('latin1')
      assert.deepEqual(records.map(({ key, value }) => [latin1(key), latin1(value)]), [
        [null, 'one'],
        [null, 'two'], [null, '\x00\xff'], [null, ''], [null, null], [null, null], [null, '7'], [null, 'true'],
        [null, '[object Object]'],
        ['k', 'keyed'], ['k', 'keyed too'],
        ['\x01\x02', 'binary key'],
        ['0', 'number key'],
        ['', 'empty key'],
        ['own', 'value'],
        [null, 'old'],
        [null, null],
        [null, '1,2']
      ])
      assert.equal(records[15].timestamp, 1500000000123)
      for (const { timestamp } of records.filter((_, i) => i !== 15)) {
        assert.ok(timestamp >= before && timestamp <= Date.now())
      }
      assert.deepEqual(payloads.map(({ partition, attributes }) => [partition, attributes]), Array(10).fill([0, 0]))
    })

    it('gives the offset of its first record in each partition, across topics', async () => {
      const address = await kafka.brokers(version)
      const topics = [await kafka.createTopic(address, kafka.uniqueName('a'), 12),
        await kafka.createTopic(address, kafka.uniqueName('b'))]
      for (const requireAcks of [1, -1]) {
        const producer = await connect(address, { requireAcks })
        const base = requireAcks === 1 ? 0 : 4
        assert.deepEqual(await send(producer, [
          { topic: topics[0], partition: 11, messages: ['x', 'y'] },
          { topic: topics[1], messages: 'z' },
          { topic: topics[0], partition: 1, messages: 'w' },
          { topic: topics[0], partition: 11, messages: ['x', 'y'] }
        ]), { [topics[0]]: { 11: base, 1: base / 4 }, [topics[1]]: { 0: base / 4 } })
        await closeAll()
      }
    })

    it('answers "no ack" with requireAcks 0, and {} for nothing', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('acks'))
      const producer = await connect(address, { requireAcks: 0 })
      assert.deepEqual(await send(producer, [{ topic, messages: ['a', 'b'] }]), { result: 'no ack' })
      await closeAll()
      const records = await readWhenWritten(address, topic, 2)
      assert.deepEqual(records.map(({ value }) => text(value)), ['a', 'b'])
      assert.deepEqual(await send(await connect(address), []), {})
    })

    it('compresses by attributes: an independent reader finds the codec, and the records', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('codecs'))
      const producer = await connect(address)
      const value = 'again and '.repeat(200)
      for (const attributes of [0, 1, 2]) await send(producer, [{ topic, messages: [value, value], attributes }])
      // the messages of one send may come in more than one batch
      assert.deepEqual([...new Set(await codecsInLog(address, topic))], [0, 1, 2])
      assert.deepEqual((await kafka.readAll(address, topic)).map((record) => text(record.value)), Array(6).fill(value))
    })

    it('deals the payloads of a HighLevelProducer to the partitions in turn', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('cyclic'), 3)
      const producer = await connect(address, {}, HighLevelProducer)
      for (let i = 0; i < 6; i++) assert.deepEqual(await send(producer, [{ topic, messages: 'x' }]),
        { [topic]: { [i % 3]: Math.floor(i / 3) } })
    })

    it('fails for a partition that does not exist', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('partition'))
      const producer = await connect(address)
      await assert.rejects(send(producer, [{ topic, partition: 5, messages: 'x' }]),
        { name: 'BrokerNotAvailableError', message: 'Could not find the leader' })
    })

    it('lets the broker create an unknown topic, with every partitioner', async () => {
      const address = await kafka.brokers(version)
      for (const partitionerType of [0, 1, 2, 3]) {
        const topic = kafka.uniqueName('created')
        const producer = await connect(address, { partitionerType })
        assert.deepEqual(await send(producer, [{ topic, key: 'k', messages: 'x' }]), { [topic]: { 0: 0 } })
        assert.deepEqual((await kafka.readAll(address, topic)).map(({ value }) => text(value)), ['x'])
      }
    })

    it('keeps the order of sends, even while it connects and while the topic is looked up', async () => {
      const address = await kafka.brokers(version)
      for (const topic of [await kafka.createTopic(address, kafka.uniqueName('known')), kafka.uniqueName('unknown')]) {
        const producer = create(address)
        /** @type {Promise<any>[]} */
        const sends = []
        const sendNext = () => sends.push(send(producer, [{ topic, messages: String(sends.length) }]))
        for (let i = 0; i < 10; i++) sendNext()
        producer.on('ready', () => {
          for (let i = 0; i < 10; i++) sendNext()
          sends[0].then(sendNext)
        })
        await once(producer, 'ready')
        for (let i = 0; i < 10; i++) {
          await new Promise((resolve) => setImmediate(resolve))
          sendNext()
        }
        await sends[0]
        await Promise.all(sends)
        assert.deepEqual((await kafka.readAll(address, topic)).map(({ value }) => Number(value)),
          Array.from({ length: sends.length }, (_, i) => i))
        await closeAll()
      }
    })

    it('has delivered everything when close calls back', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('flushed'))
      const producer = await connect(address)
      let calls = 0
      for (let i = 0; i < 5000; i++) {
        producer.send([{ topic, messages: String(i) }], (/** @type {any} */ error) => {
          assert.equal(error, null)
          calls++
        })
      }
      await closeAll()
      assert.equal(calls, 5000)
      assert.equal((await kafka.readAll(address, topic)).length, 5000)
      await assert.rejects(send(producer, [{ topic, messages: 'late' }]), {
        name: 'BrokerNotAvailableError', message: 'Broker not available (sendRequest -> ensureBrokerReady)'
      })
    })

    it('never silently drops a record when the queue is full, not even with requireAcks 0', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('full'))
      const producer = await connect(address, { requireAcks: 0, queueMaxMessages: 100 })
      await send(producer, [{ topic, messages: 'first' }])
      const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, (_, i) =>
        send(producer, [{ topic, messages: String(i) }])))
      await closeAll()
      const refused = outcomes.filter(({ status }) => status === 'rejected')
      for (const outcome of refused) assert.ok(/** @type {any} */ (outcome).reason instanceof QueueFullError)
      await readWhenWritten(address, topic, 1001 - refused.length)
    })
  })
}
