'use strict'

// Whatever one of the two APIs sends, the consumers of both hand out: byte for byte, in the order of each partition.

const assert = require('node:assert/strict')
const { createHash } = require('node:crypto')
const { after, before, describe, it } = require('node:test')

const kafka = require('../..')
const { Clients: Kafkajs } = require('../support/kafkajs-clients')
const { Opened, call, newTopic, startWatched } = require('../support/embedded')
const { until } = require('../support/emissions')
const { bytes, configure, fc, names, orNull, texts } = require('../support/properties')

configure(60)

const PARTITIONS = 3

const values = orNull(fc.oneof(bytes, texts, fc.constant(Buffer.alloc(70000, 'large'))))
const headerValues = fc.oneof(bytes, texts)
const headers = fc.uniqueArray(fc.tuple(names, fc.oneof(headerValues, fc.array(headerValues, { maxLength: 3 }))),
  { maxLength: 3, selector: ([name]) => name })
const records = fc.record({
  partition: fc.nat(PARTITIONS - 1),
  key: values,
  value: values,
  timestamp: fc.integer({ min: 1, max: 2 ** 42 }),
  headers
})
const sends = fc.array(fc.record({ records: fc.array(records, { minLength: 1, maxLength: 20 }), codec: fc.nat(4) }),
  { minLength: 1, maxLength: 5 })

/** @typedef {{ partition: number, key: any, value: any, timestamp: number, headers: Array<[string, any]> }} Sent */

/** @param {Array<[string, any]>} entries @returns {any} an object that has any name as its own */
function objectOf (entries) {
  const object = {}
  for (const [name, value] of entries) {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return object
}

/**
 * @param {any} value
 * @returns {string | null} short, as it may be printed
 */
function hex (value) {
  if (value === null) return null
  const bytes = Buffer.from(value)
  if (bytes.length < 100) return bytes.toString('hex')
  return `${bytes.length} bytes ${createHash('sha256').update(bytes).digest('hex')}`
}

/** @param {any} value of a header: one, or several of a name */
const hexes = (value) => Array.isArray(value) ? value.map(hex) : [hex(value)]

/** @param {Array<[string, any]>} entries */
const plainHeaders = (entries) => entries.map(([name, value]) => [name, hexes(value)])
  .filter(([, list]) => list.length > 0)
  .sort(([a], [b]) => a < b ? -1 : 1)

/** @param {Sent} record */
const plain = ({ partition, key, value, timestamp, headers }) =>
  ({ partition, key: hex(key), value: hex(value), timestamp, headers: plainHeaders(headers) })

/** @param {Array<{ partition: number }>} list */
const byPartition = (list) =>
  Array.from({ length: PARTITIONS }, (_, id) => list.filter(({ partition }) => partition === id))

describe('records of any content', { timeout: 300000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  /**
   * @param {import('node:test').TestContext} context
   * @param {(topic: string, send: { records: Sent[], codec: number }) => Promise<unknown>} send
   */
  async function assertAllArrive (context, send) {
    const topic = await newTopic(broker, PARTITIONS)
    /** @type {{ first: any[], second: any[] }} */
    const seen = { first: [], second: [] }
    const group = new Opened(context, broker).group(topic,
      { encoding: 'buffer', keyEncoding: 'buffer', fetchMaxWaitMs: 20 })
    group.on('message', ({ partition, key, value, timestamp, headers }) => seen.first.push(plain(
      { partition, key, value, timestamp: Number(timestamp), headers: Object.entries(headers || {}) })))
    const other = new Kafkajs(context, broker).consumer({ maxWaitTimeInMs: 20 })
    await other.connect()
    await other.subscribe({ topic, fromBeginning: true })
    await other.run({
      eachMessage: async ({ partition, message: { key, value, timestamp, headers } }) => {
        seen.second.push(
          plain({ partition, key, value, timestamp: Number(timestamp), headers: Object.entries(headers) }))
      }
    })
    await fc.assert(fc.asyncProperty(sends, async (list) => {
      for (const one of list) await send(topic, one)
      const sent = list.flatMap(({ records }) => records).map(plain)
      await until(() => seen.first.length >= sent.length && seen.second.length >= sent.length)
      for (const received of [seen.first, seen.second]) {
        assert.deepEqual(byPartition(received.splice(0)), byPartition(sent))
      }
    }), { endOnFailure: true })
  }

  it('arrive when the KafkaJS API sends them, with any codec', async (context) => {
    const clients = new Kafkajs(context, broker)
    const producer = clients.kafka.producer()
    context.after(() => producer.disconnect())
    await producer.connect()
    await assertAllArrive(context, (topic, { records, codec }) => producer.send({
      topic,
      compression: codec,
      messages: records.map(({ timestamp, headers, ...rest }) =>
        ({ ...rest, timestamp: String(timestamp), headers: objectOf(headers) }))
    }))
  })

  it('arrive when the kafka-node API sends them, with any codec', async (context) => {
    const producer = await new Opened(context, broker).producer()
    await assertAllArrive(context, (topic, { records, codec }) => call(producer, 'send',
      records.map(({ key, value, partition, timestamp, headers }) => ({
        topic,
        partition,
        attributes: codec,
        headers: objectOf(headers),
        messages: [Object.assign(new kafka.KeyedMessage(key, value), { timestamp })]
      }))))
  })
})
