'use strict'

// The second door's producer on real Kafka, beside kafkajs's own.

const assert = require('node:assert/strict')
const { after, describe, it } = require('node:test')

const kafka = require('../support/kafka')
const { Clients, ours, outcome, theirs } = require('../support/kafkajs-door')

const text = (/** @type {Buffer | null} */ bytes) => bytes === null ? null : String(bytes)

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`a producer of the second door, Kafka ${version}`, { timeout: 180000 }, () => {
    after(() => kafka.releaseAll())

    it('puts the same messages into the same partitions as kafkajs, with the same result', async (context) => {
      const address = await kafka.brokers(version)
      const messages = Array.from({ length: 300 }, (_, i) => ({
        key: `key-${i}`, value: `value-${i}`, headers: { h: [String(i), 'x'] }, timestamp: String(1700000000000 + i)
      }))
      const written = []
      for (const library of [ours, theirs]) {
        for (const partitioner of ['DefaultPartitioner', 'LegacyPartitioner']) {
          const topic = await kafka.createTopic(address, kafka.uniqueName('same'), 7)
          const createPartitioner = library.Partitioners[partitioner]
          const producer = await new Clients(context, address, library).connected({ createPartitioner })
          const result = await producer.send({ topic, messages })
          const records = await kafka.readAll(address, topic)
          written.push({
            // a broker answers in any order
            result: result.map(({ topicName, logStartOffset, ...others }) => others)
              .sort((a, b) => a.partition - b.partition),
            records: records.map(({ partition, offset, key, value, headers, timestamp }) =>
              [partition, Number(offset), text(key), text(value), String(headers), String(timestamp)])
          })
        }
      }
      assert.deepEqual(written[0], written[2])
      assert.deepEqual(written[1], written[3])
    })

    it('creates a topic unless told otherwise, as kafkajs does', async (context) => {
      const address = await kafka.brokers(version)
      for (const library of [ours, theirs]) {
        const clients = new Clients(context, address, library)
        const creating = await clients.connected({ retry: { retries: 10 } })
        const topic = kafka.uniqueName('created')
        assert.equal((await creating.send({ topic, messages: [{ value: 'v' }] }))[0].baseOffset, '0')
        const other = await clients.connected({ allowAutoTopicCreation: false })
        const missing = kafka.uniqueName('missing')
        const { error } = await outcome(() => other.send({ topic: missing, messages: [{ value: 'v' }] }))
        assert.deepEqual([error.name, error.message, error.cause.name, error.cause.type], [
          'KafkaJSNumberOfRetriesExceeded', 'This server does not host this topic-partition', 'KafkaJSProtocolError',
          'UNKNOWN_TOPIC_OR_PARTITION'])
        assert.equal((await other.send({ topic, messages: [{ value: 'v' }] }))[0].baseOffset, '1')
      }
    })

    it('tells of a bad name and of a message that is too large, as kafkajs does', async (context) => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('small'), 1, { 'max.message.bytes': 1000 })
      const errors = []
      for (const library of [ours, theirs]) {
        const producer = await new Clients(context, address, library).connected()
        errors.push([
          (await outcome(() => producer.send({ topic: 'not allowed!', messages: [{ value: 'v' }] }))).error,
          (await outcome(() => producer.send({ topic, messages: [{ value: 'v'.repeat(2000) }] }))).error
        ])
        assert.equal((await producer.send({ topic, messages: [{ value: 'v' }] }))[0].errorCode, 0)
      }
      assert.deepEqual(errors[0], errors[1])
    })

    it('uses partitions that were added, at once when a message names one', async (context) => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('growing'), 1)
      const clients = new Clients(context, address)
      const producer = await clients.connected()
      const watchful = await clients.connected({ metadataMaxAge: 200 })
      for (const one of [producer, watchful]) await one.send({ topic, messages: [{ value: 'before' }] })
      const admin = kafka.kafkaJs(address).admin()
      await admin.connect()
      context.after(() => admin.disconnect())
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      await kafka.waitForTopic(address, topic)
      const [{ partition, errorCode }] = await producer.send({ topic, messages: [{ value: 'named', partition: 2 }] })
      assert.deepEqual([partition, errorCode], [2, 0])
      for (;;) {
        const written = await watchful.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) })
        if (written.length === 3) break
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    })

    it('with idempotence writes in order and once, with 2000 sends under way', async (context) => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('idempotent'))
      const producer = await new Clients(context, address).connected({ idempotent: true, maxInFlightRequests: 5 })
      assert.equal(producer.isIdempotent(), true)
      const texts = Array.from({ length: 2000 }, (_, i) => String(i))
      const results = await Promise.all(texts.map((value) => producer.send({ topic, messages: [{ value }] })))
      assert.deepEqual(results.map(([{ baseOffset }]) => baseOffset), texts)
      assert.deepEqual((await kafka.readAll(address, topic)).map(({ value }) => text(value)), texts)
    })
  })
}
