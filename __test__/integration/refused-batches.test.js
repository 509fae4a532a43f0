'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')

const { KafkaClient, Producer } = require('../..')
const { promised } = require('../support/emissions')
const kafka = require('../support/kafka')

const HOUR = 60 * 60 * 1000

/** @type {Set<any>} */
const clients = new Set()

async function closeAll () {
  const all = [...clients]
  clients.clear()
  await Promise.all(all.map((client) => promised((callback) => client.close(callback))))
}

/**
 * A topic of one partition.
 *
 * @param {string} address
 * @param {Record<string, string>} settings
 */
async function topicWith (address, settings) {
  const topic = kafka.uniqueName('refused')
  const admin = kafka.kafkaJs(address).admin()
  await admin.connect()
  try {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] })
  } finally {
    await admin.disconnect()
  }
  return topic
}

/**
 * Sends each payload by itself, all in one tick, from two producers of one client in turn.
 *
 * @param {any[]} producers
 * @param {string} topic
 * @param {any[]} payloads
 * @returns {Promise<Array<number | string>>} the offset or the error's name of each
 */
function sendAll (producers, topic, payloads) {
  return Promise.all(payloads.map((payload, i) => promised((callback) =>
    producers[i % producers.length].send([{ topic, ...payload }], callback))
    .then((result) => /** @type {any} */ (result)[topic][0], (error) => error.message)))
}

/** @param {number} count @param {(i: number) => any} each */
const list = (count, each) => Array.from({ length: count }, (_, i) => each(i))

const CASES = [
  {
    name: 'a record without a key for a compacted topic',
    settings: { 'cleanup.policy': 'compact' },
    payloads: list(21, (i) => i === 7 ? { messages: 'no key' } : { messages: `value ${i}`, key: `key ${i}` }),
    error: 'InvalidRecord'
  },
  {
    name: 'a record that is too old',
    settings: { 'message.timestamp.before.max.ms': String(HOUR), 'message.timestamp.type': 'CreateTime' },
    payloads: list(21, (i) => ({ messages: `value ${i}`, ...(i === 7 ? { timestamp: Date.now() - 2 * HOUR } : {}) })),
    error: 'InvalidTimestamp'
  },
  {
    name: 'a record that is too large',
    settings: { 'max.message.bytes': '20000' },
    payloads: list(30, (i) => ({ messages: i === 7 ? 'x'.repeat(30000) : `value ${i}` })),
    error: 'MessageSizeTooLarge'
  },
  {
    name: 'small records, together more than a batch may have',
    settings: { 'max.message.bytes': '20000' },
    payloads: list(400, (i) => ({ messages: String(i).padStart(200, '.') })),
    error: null
  },
  {
    name: 'records of 1 kB, together more than a batch may have',
    settings: { 'max.message.bytes': '100000' },
    payloads: list(110, (i) => ({ messages: String(i).padStart(1000, '.') })),
    error: null
  }
]

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`a send's outcome depends on its own records only, Kafka ${version}`, { timeout: 120000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(closeAll)

    for (const requireAcks of [1, -1]) {
      for (const { name, settings, payloads, error } of CASES) {
        it(`acks ${requireAcks}: ${name}`, async () => {
          const address = await kafka.brokers(version)
          const topic = await topicWith(address, settings)
          const client = new KafkaClient({ kafkaHost: address })
          clients.add(client)
          const producers = [0, 1].map(() => new Producer(client, { requireAcks }))
          await once(client, 'ready')
          let written = 0
          // a second time, with what was learnt from the first
          for (let round = 0; round < 2; round++) {
            const results = await sendAll(producers, topic, payloads)
            const expected = payloads.map((_, i) => error !== null && i === 7 ? error : written++)
            assert.deepEqual(results, expected, 'each send has its own offset, in the order of the calls')
          }
          const records = await kafka.readAll(address, topic)
          const good = payloads.filter((_, i) => error === null || i !== 7).map(({ messages }) => messages)
          assert.deepEqual(records.map(({ value }) => String(value)), [...good, ...good])
        })
      }

      it(`acks ${requireAcks}: many that the broker rejects, and sends that follow in the meantime`, async () => {
        const address = await kafka.brokers(version)
        const topic = await topicWith(address, { 'max.message.bytes': '20000' })
        const client = new KafkaClient({ kafkaHost: address })
        clients.add(client)
        const producer = new Producer(client, { requireAcks })
        await once(client, 'ready')
        const isLarge = (/** @type {number} */ i) => i % 13 === 5
        /** @type {Array<Promise<Array<number | string>>>} */
        const rounds = []
        for (let round = 0; round < 5; round++) {
          rounds.push(sendAll([producer], topic, list(100, (i) => ({
            messages: isLarge(i) ? 'x'.repeat(25000) : `${round}/${i}/`.padEnd(150, '.')
          }))))
          await new Promise(setImmediate)
        }
        const results = (await Promise.all(rounds)).flat()
        let written = 0
        assert.deepEqual(results, list(500, (i) => isLarge(i % 100) ? 'MessageSizeTooLarge' : written++))
        const values = (await kafka.readAll(address, topic)).map(({ value }) => String(value).replace(/\.+$/, ''))
        assert.deepEqual(values, list(500, (i) => i).filter((i) => !isLarge(i % 100))
          .map((i) => `${Math.floor(i / 100)}/${i % 100}/`))
      })
    }
  })
}
