'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { Transform } = require('node:stream')

const ConsumerGroupStream = require('../../lib/consumerGroupStream')
const ConsumerStream = require('../../lib/consumerStream')
const KafkaClient = require('../../lib/kafkaClient')
const ProducerStream = require('../../lib/producerStream')
const { until } = require('../support/emissions')
const kafka = require('../support/kafka')

const called = start => new Promise(resolve => start((...args) => resolve(args)))
const close = stream => called(done => stream.close(done))
const values = (count, prefix = 'v') => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`streams on Kafka ${version}`, { timeout: 120000 }, () => {
    let kafkaHost

    before(async () => {
      kafkaHost = await kafka.brokers(version)
    })
    after(() => kafka.releaseAll())

    it('take messages from one topic, through a pipe, to another', async () => {
      const from = await kafka.createTopic(kafkaHost, kafka.uniqueName('from'), 3)
      const to = await kafka.createTopic(kafkaHost, kafka.uniqueName('to'), 1)
      await kafka.produceRaw(kafkaHost, from,
        values(3000).map((value, i) => ({ key: value, value, partition: i % 3 })))

      const consumer = new ConsumerGroupStream(
        { kafkaHost, groupId: kafka.uniqueName('group'), fromOffset: 'earliest' }, from)
      const producer = new ProducerStream({ kafkaClient: { kafkaHost } })
      const written = new Set()
      await new Promise((resolve, reject) => {
        const convert = new Transform({
          objectMode: true,
          transform: ({ key, value }, _, done) =>
            done(null, { topic: to, key, messages: value.toUpperCase(), partition: 0 })
        })
        const { sendPayload } = producer
        // called twice for what waits until the producer is ready
        producer.sendPayload = function (payload, callback) {
          sendPayload.call(this, payload, (error, result) => {
            callback(error, result)
            for (const { messages } of [payload].flat()) written.add(messages)
            if (written.size === 3000) resolve()
          })
        }
        consumer.on('error', reject)
        producer.on('error', reject)
        consumer.pipe(convert).pipe(producer)
      })
      await close(consumer)
      await close(producer)

      const records = await kafka.readAll(kafkaHost, to)
      assert.deepEqual(records.map(({ value }) => String(value)).sort(), values(3000, 'V').sort())
      for (const { key, value } of records) assert.equal(String(key).toUpperCase(), String(value))
      const commits = await kafka.committed(kafkaHost, consumer.consumerGroup.options.groupId, from)
      assert.deepEqual(Object.values(commits), Array(3).fill({ offset: 1000, metadata: 'm' }))
    })

    for (const answer of ['a callback', 'a promise']) {
      it(`a member that joins gets what was not handed out, and only that; onRebalance gives ${answer}`, async () => {
        const topic = await kafka.createTopic(kafkaHost, kafka.uniqueName('shared'), 2)
        const all = [0, 1].flatMap(partition => values(200, `${partition}-`))
        await kafka.produceRaw(kafkaHost, topic, all.map(value => ({ value, partition: Number(value[0]) })))
        const groupId = kafka.uniqueName('group')
        const order = []
        const fromOffset = /** @type {const} */ ('earliest')
        const options = { kafkaHost, groupId, fromOffset, heartbeatInterval: 100 }
        const first = new ConsumerGroupStream({
          ...options,
          highWaterMark: 4,
          onRebalance: (isMember, callback) => {
            order.push(isMember)
            const prepared = new Promise(setImmediate).then(() => order.push('ready to go'))
            if (answer === 'a promise') return prepared
            prepared.then(() => callback())
          }
        }, topic)
        const { sendOffsetCommitRequest } = first.consumerGroup
        first.consumerGroup.sendOffsetCommitRequest = function (commits, callback) {
          if (order.length > 2) order.push(`commit ${commits[0].offset}`)
          return sendOffsetCommitRequest.call(this, commits, callback)
        }
        // the commit of the first message starts an interval, in which the others wait
        const received = []
        const iterator = first.iterator({ destroyOnReturn: false })
        while (received.length < 5) {
          received.push((await iterator.next()).value.value)
          await new Promise(setImmediate)
        }
        await iterator.return()

        const second = new ConsumerGroupStream(options, topic)
        second.on('data', ({ value }) => received.push(value))
        await once(first, 'connect')
        first.on('data', ({ value }) => received.push(value))
        await until(() => received.length >= 400)
        assert.deepEqual([...received].sort(), [...all].sort())
        assert.deepEqual(order.slice(0, 5), [false, 'ready to go', true, 'ready to go', 'commit 5'])

        // the partitions of a member that leaves are continued from where it was
        await close(second)
        await kafka.produceRaw(kafkaHost, topic, [0, 1].map(partition => ({ value: 'last', partition })))
        await until(() => received.length >= 402)
        assert.deepEqual(received.slice(400), ['last', 'last'])
        await close(first)
      })
    }

    it('fixed partitions: what a commit stream has seen is where the next stream starts', async () => {
      const topic = await kafka.createTopic(kafkaHost, kafka.uniqueName('fixed'), 2)
      const all = [0, 1].flatMap(partition => values(10, `${partition}-`))
      await kafka.produceRaw(kafkaHost, topic, all.map(value => ({ value, partition: Number(value[0]) })))
      const groupId = kafka.uniqueName('group')
      const open = () => new ConsumerStream(new KafkaClient({ kafkaHost }),
        [{ topic, partition: 0 }, { topic, partition: 1 }], { groupId })

      const stream = open()
      const commits = stream.createCommitStream({ autoCommitMsgCount: 20 })
      stream.pipe(commits)
      await once(commits, 'commitComplete')
      commits.clearInterval()
      await close(stream)
      assert.deepEqual(await kafka.committed(kafkaHost, groupId, topic),
        { 0: { offset: 10, metadata: 'm' }, 1: { offset: 10, metadata: 'm' } })

      await kafka.produceRaw(kafkaHost, topic, [{ value: 'new', partition: 1 }])
      const next = open()
      const [{ value, offset, partition }] = await once(next, 'data')
      assert.deepEqual({ value, offset, partition }, { value: 'new', offset: 10, partition: 1 })
      await close(next)
    })
  })
}
