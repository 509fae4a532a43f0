'use strict'

const assert = require('node:assert/strict')
const { describe: suite, it } = require('node:test')

const { Client, DOORS } = require('./client')
const { RecordBatch } = require('../support/hostileBatches')
const { HostileBroker } = require('../support/hostileBroker')
const { checkPrototype } = require('../support/inherited-names')

// Brokers that change their minds about the cluster, and names that every object inherits.

const LARGEST = 2 ** 31 - 1
/** How often a broker changes its mind before it stays with the truth. */
const CHANGES = 5
/** Of each question of an admin client: metadata, offsets, groups. */
const QUESTIONS = 3

/**
 * Ids of partitions besides 0 and 1, and what a member of a group does with them; a consumer of fixed partitions does
 * not touch them.
 *
 * @type {{ name: string, ids: number[] }[]}
 */
const PARTITION_IDS = [
  { name: 'one twice', ids: [0, 0, 1] },
  { name: '-1', ids: [-1, 0, 1] },
  { name: '2^31-1', ids: [0, 1, LARGEST] }
]

/** @param {import('node:test').TestContext} context @param {{ nodes?: number, topicIds?: boolean }} [options] */
async function start (context, options) {
  const broker = await new HostileBroker(options).start()
  context.after(() => broker.stop())
  broker.topic('t', [[new RecordBatch(0, ['a', 'b'])], [new RecordBatch(0, ['c'])]])
  return broker
}

/** @param {Client} client */
const bothSent = (client) => client.until(() => client.all('sent').length === 2, 'confirmation of both')

for (const door of DOORS) {
  suite(`${door}: a cluster that changes its mind`, { concurrency: 3 }, () => {
    it('about leaders, with each answer: records are read and written', { timeout: 60000 }, async (context) => {
      const broker = await start(context, { nodes: 2 })
      broker.replace('Metadata', (request) => {
        const body = request.empty()
        const wrong = request.times < CHANGES && request.times % 2 === 0
        broker.writeMetadata(body, request.version, {
          topics: [{ name: 't', partitions: [0, 1].map((id) => ({ id, leader: wrong ? 1 - id : id })) }]
        })
        return body
      })
      const reader = new Client(context, { door, brokers: broker.brokers, role: 'read', partitions: [0, 1] })
      await reader.receives(['a', 'b', 'c'])
      await reader.end()
      const writer = new Client(context, { door, brokers: broker.brokers, role: 'write', values: ['x', 'y'] })
      await bothSent(writer)
      await writer.end()
    })

    it('about leaders that do not exist, and none', { timeout: 60000 }, async (context) => {
      const broker = await start(context)
      broker.replace('Metadata', (request) => {
        const body = request.empty()
        const leader = request.times >= CHANGES ? 0 : [77, -1, -5, LARGEST][request.times % 4]
        broker.writeMetadata(body, request.version, {
          topics: [{ name: 't', partitions: [0, 1].map((id) => ({ id, leader })) }]
        })
        return body
      })
      const client = new Client(context, { door, brokers: broker.brokers, role: 'read', partitions: [0, 1] })
      await client.receives(['a', 'b', 'c'])
      await client.end()
    })

    it('about the number of partitions', { timeout: 60000 }, async (context) => {
      const broker = await start(context)
      broker.replace('Metadata', (request) => {
        const body = request.empty()
        const count = request.times >= CHANGES ? 2 : [1, 2, 3][request.times % 3]
        broker.writeMetadata(body, request.version, {
          topics: [{ name: 't', partitions: Array.from({ length: count }, (_, id) => ({ id, leader: 0 })) }]
        })
        return body
      })
      const client = new Client(context, { door, brokers: broker.brokers, role: 'read', partitions: [0, 1] })
      await client.receives(['a', 'b', 'c'])
      await client.end()
    })

    it('about the id of a topic', { timeout: 60000 }, async (context) => {
      const broker = await start(context, { topicIds: true })
      const right = broker.topicIds.get('t') || Buffer.alloc(16)
      broker.replace('Metadata', (request) => {
        const id = Buffer.from(right)
        id[0] = request.times < CHANGES ? request.times : 0
        broker.topicIds.set('t', id)
        return request.answer()
      })
      const client = new Client(context, { door, brokers: broker.brokers, role: 'read', partitions: [0, 1] })
      await client.receives(['a', 'b', 'c'])
      await client.end()
    })

    for (const { name, ids } of PARTITION_IDS) {
      it(`about the ids of partitions: ${name}`, { timeout: 60000 }, async (context) => {
        const broker = await start(context)
        broker.replace('Metadata', (request) => {
          const body = request.empty()
          broker.writeMetadata(body, request.version, {
            topics: [{ name: 't', partitions: ids.map((id) => ({ id, leader: 0 })) }]
          })
          return body
        })
        const client = new Client(context, { door, brokers: broker.brokers, role: 'read', partitions: [0, 1] }, 5000)
        await client.until(({ errors, values }) => errors.length > 0 || values.length === 3, 'error or every record')
        client.checkErrors()
        await client.end()
      })
    }

    it('about where a log ends: it is read from where it was', { timeout: 60000 }, async (context) => {
      const broker = await start(context)
      const [log] = broker.topics.get('t') || []
      const client = new Client(context, { door, brokers: broker.brokers, role: 'read', partitions: [0] })
      await client.receives(['a', 'b'])
      const { batches, end } = log
      Object.assign(log, { batches: [], end: 1 })
      await broker.got('Fetch', (broker.asked.get('Fetch') || 0) + 3)
      Object.assign(log, { batches: [...batches, new RecordBatch(2, ['later'])], end: end + 1 })
      await client.receives(['later'])
      client.checkErrors()
      await client.end()
    })
  })

  suite(`${door}: topics with the names of properties of objects`, { concurrency: 3 }, () => {
    for (const topic of ['__proto__', 'constructor', 'toString']) {
      it(`${topic} is read, written and asked for`, { timeout: 60000 }, async (context) => {
        const broker = await start(context)
        broker.topic(topic, [[new RecordBatch(0, [{ value: 'own', headers: [[topic, 'header']] }])]])
        const config = { door, brokers: broker.brokers, topic }
        const reader = new Client(context, { ...config, role: 'read' })
        await reader.receives(['own'])
        assert.deepEqual(reader.all('message'), [
          [{ topic, partition: 0, offset: 0, value: 'own', headers: [[topic, 'header']] }]
        ])
        await reader.end()
        const writer = new Client(context, { ...config, role: 'write', values: ['x', 'y'] })
        await bothSent(writer)
        await writer.end()
        const asker = new Client(context, { ...config, role: 'ask' })
        await asker.until(() => asker.all('answer').length === QUESTIONS, 'every answer')
        await asker.end()
        checkPrototype()
      })
    }
  })
}
