'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, describe, it } = require('node:test')

const { Consumer, ConsumerGroup, HighLevelProducer, KafkaClient } = require('../..')
const kafka = require('../support/kafka')
const { collect, promised } = require('../support/emissions')
const { closed, ready } = require('../support/secure-kafka')

describe('the option librdkafka on real Kafka', { timeout: 300000 }, () => {
  after(() => kafka.releaseAll())

  it('of a group, a consumer or a client decides what is read', async () => {
    const kafkaHost = await kafka.brokers('4')
    const topic = await kafka.createTopic(kafkaHost, kafka.uniqueName('transactions'))
    const transactional = { transactionalId: topic, idempotent: true, maxInFlightRequests: 1 }
    const writer = kafka.kafkaJs(kafkaHost).producer(transactional)
    await writer.connect()
    for (const value of ['aborted', 'committed']) {
      const transaction = await writer.transaction()
      await transaction.send({ topic, messages: [{ value, partition: 0 }] })
      await (value === 'aborted' ? transaction.abort() : transaction.commit())
    }
    await writer.disconnect()

    const committed = { 'isolation.level': 'read_committed' }
    const read = async (/** @type {any} */ consumer, /** @type {any} */ last) => {
      const messages = collect(consumer, 'message')
      for (let count = 1; messages.seen.at(-1)?.value !== last; count++) await messages.reach(count)
      await closed(consumer)
      return messages.seen.map(({ value }) => value)
    }
    const group = (/** @type {any} */ options) => new ConsumerGroup(
      { kafkaHost, groupId: kafka.uniqueName('readers'), fromOffset: 'earliest', ...options }, topic)
    const consumer = (/** @type {any} */ ofClient, /** @type {any} */ options) => new Consumer(
      new KafkaClient({ kafkaHost, ...ofClient }), [{ topic, offset: 0 }], { fromOffset: true, ...options })

    assert.deepEqual(await read(group({}), 'committed'), ['aborted', 'committed'])
    assert.deepEqual(await read(group({ librdkafka: committed }), 'committed'), ['committed'])
    assert.deepEqual(await read(consumer({}, { librdkafka: committed }), 'committed'), ['committed'])
    assert.deepEqual(await read(consumer({ librdkafka: committed }, {}), 'committed'), ['committed'])
    const own = { librdkafka: { 'isolation.level': 'read_uncommitted' } }
    assert.deepEqual(await read(consumer({ librdkafka: committed }, own), 'committed'), ['aborted', 'committed'])
  })

  it('of a producer applies to this producer, not to others of its client', async () => {
    const kafkaHost = await kafka.brokers('4')
    const topic = await kafka.createTopic(kafkaHost, kafka.uniqueName('limited'))
    const client = await ready(new KafkaClient({ kafkaHost }))
    const limited = new HighLevelProducer(client, { librdkafka: { 'message.max.bytes': 1000 } })
    const free = new HighLevelProducer(client)
    const payloads = () => [{ topic, messages: 'x'.repeat(2000) }]
    await assert.rejects(promised((cb) => limited.send(payloads(), cb)), /MessageSizeTooLarge|too large/i)
    assert.deepEqual(await promised((cb) => free.send(payloads(), cb)), { [topic]: { 0: 0 } })
    await closed(client)
  })

  it('that is inconsistent is an error as soon as a connection is opened', async () => {
    const kafkaHost = await kafka.brokers('4')
    const client = new KafkaClient({ kafkaHost, librdkafka: { 'max.poll.interval.ms': 1 } })
    const consumer = new Consumer(client, [{ topic: 'any' }], {})
    const [error] = await once(consumer, 'error').catch((failure) => [failure])
    assert.equal(error.name, 'InvalidConfigError')
    assert.match(error.message, /^librdkafka does not take this configuration: .*max\.poll\.interval\.ms/)
    await closed(client)
  })
})
