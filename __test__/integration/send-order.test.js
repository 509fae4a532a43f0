'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const { KafkaClient, Producer } = require('../..')
const { promised } = require('../support/emissions')
const kafka = require('../support/kafka')

/** @type {Set<any>} */
const clients = new Set()

/**
 * Producers of one client, which is ready.
 *
 * @param {string} address
 * @param {object[]} list options of each
 * @returns {Promise<any[]>}
 */
async function producersOf (address, ...list) {
  const client = new KafkaClient({ kafkaHost: address })
  clients.add(client)
  const producers = list.map((options) => new Producer(client, options))
  await once(client, 'ready')
  return producers
}

/** @param {any} producer @param {any} payload @returns {Promise<any>} */
function send (producer, payload) {
  return promised((callback) => producer.send([payload], callback))
}

async function closeAll () {
  const all = [...clients]
  clients.clear()
  await Promise.all(all.map((client) => promised((callback) => client.close(callback))))
}

/**
 * The values of a topic, once they are all there: the broker may write unacknowledged ones a little later.
 *
 * @param {string} address
 * @param {string} topic
 * @param {number} count
 */
async function valuesOf (address, topic, count) {
  for (let attempt = 0; ; attempt++) {
    const records = await kafka.readAll(address, topic)
    if (records.length >= count || attempt === 50) return records.map(({ value }) => String(value))
    await delay(100)
  }
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`the order of the calls is the order in the log, Kafka ${version}`, { timeout: 120000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(closeAll)

    /**
     * Sends numbers in one tick and reads them.
     *
     * @param {string} address
     * @param {number} count
     * @param {(i: number) => [producer: any, payload: object]} each
     */
    async function inOneTick (address, count, each) {
      const topic = await kafka.createTopic(address, kafka.uniqueName('order'))
      const numbers = Array.from({ length: count }, (_, i) => String(i))
      await Promise.all(numbers.map((messages, i) => {
        const [producer, payload] = each(i)
        return send(producer, { topic, messages, ...payload })
      }))
      assert.deepEqual(await valuesOf(address, topic, count), numbers)
    }

    for (const requireAcks of [-1, 1, 0]) {
      it(`acks ${requireAcks}: at the first use of a codec`, async () => {
        const address = await kafka.brokers(version)
        const topic = await kafka.createTopic(address, kafka.uniqueName('order'))
        const [producer] = await producersOf(address, { requireAcks })
        const first = send(producer, { topic, messages: 'A', attributes: 1 })
        await delay(20)
        await Promise.all([first, send(producer, { topic, messages: 'B' })])
        assert.deepEqual(await valuesOf(address, topic, 2), ['A', 'B'])
      })

      it(`acks ${requireAcks}: three codecs in turn, with keys and times`, async () => {
        const address = await kafka.brokers(version)
        const [producer] = await producersOf(address, { requireAcks })
        await inOneTick(address, 300, (i) => [producer, {
          attributes: i % 3,
          ...(i % 5 === 0 ? { key: `k${i}` } : {}),
          ...(i % 7 === 0 ? { timestamp: Date.now() - i } : {})
        }])
      })
    }

    for (const acks of [[-1, 1], [1, 0], [0, -1]]) {
      it(`two producers of one client, acks ${acks.join(' and ')}`, async () => {
        const address = await kafka.brokers(version)
        const producers = await producersOf(address, ...acks.map((requireAcks) => ({ requireAcks })))
        await inOneTick(address, 30, (i) => [producers[i % 2], {}])
        await inOneTick(address, 30, (i) => [producers[i % 4 < 2 ? 0 : 1], { attributes: i % 2 }])
      })
    }

    it('a send that waits for others to join its batch makes no other send wait', async () => {
      const address = await kafka.brokers(version)
      const client = new KafkaClient({
        kafkaHost: address,
        noAckBatchOptions: { noAckBatchSize: 1e6, noAckBatchAge: 600000 }
      })
      clients.add(client)
      const [unacknowledged, acknowledged] = [0, 1].map((requireAcks) => new Producer(client, { requireAcks }))
      await once(client, 'ready')
      await inOneTick(address, 10, (i) => [i % 3 === 0 ? acknowledged : unacknowledged, {}])
    })

    it('close delivers what waits for its turn', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('order'))
      const [first, second] = await producersOf(address, { requireAcks: -1 }, { requireAcks: 1 })
      const sends = Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? first : second, { topic, messages: String(i) }))
      await send(first, { topic, messages: '20' })
      const behind = Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? first : second, { topic, messages: String(21 + i) }))
      await Promise.all([closeAll(), ...sends, ...behind])
      assert.deepEqual(await valuesOf(address, topic, 41), Array.from({ length: 41 }, (_, i) => String(i)))
    })

    it('what finds no room behind a change of handles fails, and costs no other send its place', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('order'))
      const [first, second] = await producersOf(address, { requireAcks: -1 }, { requireAcks: 1, queueMaxMessages: 5 })
      const results = await Promise.allSettled([
        send(first, { topic, messages: '0' }),
        ...Array.from({ length: 8 }, (_, i) => send(second, { topic, messages: String(i + 1) }))
      ])
      const failed = results.flatMap((result) => result.status === 'rejected' ? [result.reason] : [])
      assert.deepEqual(failed.map(({ name }) => name), ['QueueFullError', 'QueueFullError', 'QueueFullError'])
      assert.deepEqual(await valuesOf(address, topic, 6), ['0', '1', '2', '3', '4', '5'])
    })

    it('a callback that throws does not hold up later sends', async (context) => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('order'))
      const [first, second] = await producersOf(address, { requireAcks: -1 }, { requireAcks: 1 })
      /** @type {unknown[]} */
      const thrown = []
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.on('uncaughtException', (error) => thrown.push(error))
      context.after(() => {
        process.removeAllListeners('uncaughtException')
        for (const listener of listeners) process.on('uncaughtException', listener)
      })
      first.send([{ topic, messages: '0' }], () => { throw new Error('mine') })
      await Promise.all([send(second, { topic, messages: '1' }), send(first, { topic, messages: '2' })])
      assert.deepEqual(await valuesOf(address, topic, 3), ['0', '1', '2'])
      assert.equal(thrown.length, 1)
    })

    it('an idempotent producer asks for its id as soon as a broker is there', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('order'))
      const [producer, other] = await producersOf(address, { requireAcks: 1 }, { requireAcks: -1 })
      await send(producer, { topic, messages: 'the topic is known' })
      // librdkafka's timer takes 500 ms; both sides are measured in turn, under the same load
      const times = []
      for (const attributes of [0, 1, 2]) {
        const begin = process.hrtime.bigint()
        await send(other, { topic, messages: 'first', attributes })
        times.push(Number(process.hrtime.bigint() - begin) / 1e6)
      }
      assert.ok(Math.min(...times) < 400, `first sends took ${times.map(Math.round)} ms`)
    })
  })
}
