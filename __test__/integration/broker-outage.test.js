'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, before, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const { ConsumerGroup, KafkaClient, Producer } = require('../..')
const { QueueFullError } = require('../../lib/errors')
const { startKafka } = require('../../tools/kafka')
const { promised } = require('../support/emissions')
const kafka = require('../support/kafka')

/** Somebody else's broker can be used, but not killed. */
const skip = Boolean(process.env.KAFKA_BROKERS) && 'KAFKA_BROKERS is set'

const PARTITIONS = 2

/**
 * @param {string} address
 * @param {object} options of the producer
 */
async function connect (address, options) {
  const client = new KafkaClient({ kafkaHost: address })
  const producer = new Producer(client, options)
  // an outage is reported here as well; the tests look at what it means for each send
  producer.on('error', () => {})
  await once(producer, 'ready')
  return producer
}

/** Sends numbered records to each partition in turn, and keeps what the callbacks say. */
class Sender {
  /** @param {any} producer @param {string} topic */
  constructor (producer, topic) {
    this.producer = producer
    this.topic = topic
    this.sent = 0
    /** @type {number[]} how often each send has called back */
    this.calls = []
    /** @type {any[]} */
    this.results = []
    /** @type {Error[]} */
    this.errors = []
    this.open = 0
    this.drained = () => {}
  }

  send () {
    const number = this.sent++
    this.calls[number] = 0
    this.open++
    const payload = { topic: this.topic, partition: number % PARTITIONS, messages: String(number) }
    this.producer.send([payload], (/** @type {any} */ error, /** @type {any} */ result) => {
      this.calls[number]++
      if (error) this.errors.push(error)
      else this.results[number] = result[this.topic]
      if (--this.open === 0) this.drained()
    })
  }

  /** Resolves when every send has called back. */
  async settled () {
    if (this.open > 0) await new Promise((resolve) => { this.drained = () => resolve(undefined) })
  }
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`a broker of Kafka ${version} that is killed and comes back`, { skip, timeout: 120000 }, () => {
    /** @type {import('../../tools/kafka').Kafka} */
    let broker
    before(async () => { broker = await startKafka({ version }) })
    after(() => broker.stop())

    it('costs no send and no record, changes no order, and the group resumes by itself', async () => {
      const address = broker.brokers
      const topics = [await kafka.createTopic(address, kafka.uniqueName('leader'), PARTITIONS),
        await kafka.createTopic(address, kafka.uniqueName('all'), PARTITIONS)]
      const senders = [new Sender(await connect(address, { requireAcks: 1 }), topics[0]),
        new Sender(await connect(address, { requireAcks: -1 }), topics[1])]
      const group = new ConsumerGroup({
        kafkaHost: address, groupId: kafka.uniqueName('group'), fromOffset: 'earliest', sessionTimeout: 6000,
        heartbeatInterval: 500
      }, topics)
      group.on('error', () => {})
      /** @type {Record<string, number>} the next offset that has not arrived yet */
      const next = {}
      /** @type {string[]} */
      const gaps = []
      let look = () => {}
      group.on('message', ({ topic, partition, offset }) => {
        const key = `${topic}/${partition}`
        const expected = next[key] || 0
        if (offset > expected) gaps.push(`${key}: ${offset} instead of ${expected}`)
        next[key] = Math.max(expected, offset + 1)
        look()
      })
      await once(group, 'rebalanced')

      let isSending = true
      const sending = (async () => {
        while (isSending) {
          for (const sender of senders) for (let i = 0; i < 20; i++) sender.send()
          await delay(2)
        }
      })()
      await delay(500)
      await broker.kill()
      await delay(1000)
      await broker.restart()
      await delay(1000)
      isSending = false
      await sending
      await Promise.all(senders.map((sender) => sender.settled()))

      const logs = await Promise.all(topics.map((topic) => kafka.readAll(address, topic)))
      for (const [i, { errors, calls, results, sent, topic }] of senders.entries()) {
        assert.deepEqual(errors, [])
        assert.ok(calls.every((count) => count === 1), 'each send calls back once')
        for (let partition = 0; partition < PARTITIONS; partition++) {
          const numbers = logs[i].filter((record) => record.partition === partition).map(({ value }) => Number(value))
          const expected = Array.from({ length: Math.ceil((sent - partition) / PARTITIONS) },
            (_, n) => n * PARTITIONS + partition)
          // counting first occurrences only: in the order of the sends, none missing
          assert.deepEqual([...new Set(numbers)], expected)
          if (topic === topics[1]) {
            assert.deepEqual(numbers, expected, 'acknowledged by all: no record is there twice')
            expected.forEach((number, offset) => assert.deepEqual(results[number], { [partition]: offset }))
          }
        }
      }

      await new Promise((resolve) => {
        const ends = logs.flatMap((log, i) => Array.from({ length: PARTITIONS }, (_, partition) =>
          ({ key: `${topics[i]}/${partition}`, end: log.filter((record) => record.partition === partition).length })))
        look = () => { if (ends.every(({ key, end }) => next[key] === end)) resolve(undefined) }
        look()
      })
      assert.deepEqual(gaps, [])
      await promised((callback) => group.close(callback))
      for (const { producer } of senders) await promised((callback) => producer.close(callback))
    })
  })
}

describe('a full queue', { skip, timeout: 120000 }, () => {
  const SENDS = 1000000
  const PER_TICK = 1000
  const OUTAGE_MS = 10000
  /** A million waiting sends would need several times as much. */
  const MEMORY_LIMIT = 400 * 1024 * 1024

  it('fails a send with QueueFullError: a million sends, a broker down for 10 s, every callback once', async (t) => {
    const broker = await startKafka()
    try {
      const address = broker.brokers
      const topic = await kafka.createTopic(address, kafka.uniqueName('full'), PARTITIONS)
      const producer = await connect(address, { requireAcks: -1, queueMaxMessages: 1000 })
      const outcomes = new Uint8Array(SENDS)
      const offsets = new Int32Array(SENDS).fill(-1)
      const [NONE, SUCCESS, REFUSED, TWICE] = [0, 1, 2, 3]
      /** @type {Record<string, number>} */
      const others = {}
      let open = 0
      let drained = () => {}
      const send = (/** @type {number} */ number) => {
        const partition = number % PARTITIONS
        open++
        producer.send([{ topic, partition, messages: String(number) }],
          (/** @type {any} */ error, /** @type {any} */ result) => {
            if (outcomes[number] !== NONE) outcomes[number] = TWICE
            else outcomes[number] = error ? REFUSED : SUCCESS
            if (!error) offsets[number] = result[topic][partition]
            else if (!(error instanceof QueueFullError)) others[error.message] = (others[error.message] || 0) + 1
            if (--open === 0) drained()
          })
      }
      const before = process.memoryUsage().rss
      let highest = 0
      let back = Promise.resolve()
      for (let number = 0; number < SENDS;) {
        for (let i = 0; i < PER_TICK; i++) send(number++)
        if (number === SENDS / 10) {
          await broker.kill()
          back = delay(OUTAGE_MS).then(() => broker.restart())
        }
        highest = Math.max(highest, process.memoryUsage().rss)
        // in step with the outage: most sends happen during it, and some after
        await (number === SENDS - SENDS / 10 ? back : delay(10))
      }
      if (open > 0) await new Promise((resolve) => { drained = () => resolve(undefined) })

      assert.deepEqual(others, {})
      const count = (/** @type {number} */ outcome) => outcomes.reduce((sum, each) => sum + Number(each === outcome), 0)
      assert.deepEqual([count(NONE), count(TWICE)], [0, 0])
      t.diagnostic(`${count(SUCCESS)} written, ${count(REFUSED)} refused, ${(highest - before) >> 20} MiB more memory`)
      assert.ok(count(SUCCESS) > 2000 && count(REFUSED) > SENDS / 2)
      assert.ok(highest - before < MEMORY_LIMIT)
      const log = await kafka.readAll(address, topic)
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const expected = []
        for (let number = partition; number < SENDS; number += PARTITIONS) {
          if (outcomes[number] === SUCCESS) expected.push([offsets[number], number])
        }
        const written = log.filter((record) => record.partition === partition)
          .map(({ offset, value }) => [offset, Number(value)])
        assert.deepEqual(written, expected)
      }
      await promised((callback) => producer.close(() => callback(null)))
    } finally {
      await broker.stop()
    }
  })
})
