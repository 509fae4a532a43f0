'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')

const { Consumer, KafkaClient } = require('../..')
const { deleteRecordsBefore } = require('../support/admin-requests')
const { collect, promised } = require('../support/emissions')
const kafka = require('../support/kafka')

/** @type {Set<any>} */
const open = new Set()

/** @param {string} address */
function client (address) {
  const created = new KafkaClient({ kafkaHost: address })
  open.add(created)
  return created
}

async function closeAll () {
  const clients = [...open]
  open.clear()
  await Promise.all(clients.map((each) => promised((callback) => each.close(callback))))
}

/** @param {string} address @param {string} topic @param {number} count @param {number} [partitions] */
function write (address, topic, count, partitions = 1) {
  return kafka.produceRaw(address, topic, Array.from({ length: count * partitions }, (_, i) =>
    ({ partition: i % partitions, key: `k${i}`, value: `v${Math.floor(i / partitions)}` })))
}

const offsets = (/** @type {any[]} */ messages) => messages.map(({ offset }) => offset)
const range = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, i) => from + i)

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`a consumer of fixed partitions on Kafka ${version}`, { timeout: 120000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(closeAll)

    it('shows message objects with the fields of kafka-node, in the same order', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('fields'))
      await kafka.produceRaw(address, topic, [{ key: 'k', value: 'é' }, { value: null }, { key: '', value: '' }])
      const consumer = new Consumer(client(address), [{ topic }], { groupId: kafka.uniqueName('group') })
      assert.deepEqual((await collect(consumer, 'message').reach(3)).map((message) => Object.entries(message)), [
        [['topic', topic], ['value', 'é'], ['offset', 0], ['partition', 0], ['highWaterOffset', 3], ['key', 'k']],
        [['topic', topic], ['value', null], ['offset', 1], ['partition', 0], ['highWaterOffset', 3], ['key', null]],
        [['topic', topic], ['value', ''], ['offset', 2], ['partition', 0], ['highWaterOffset', 3], ['key', '']]
      ])
    })

    it('shows header names whole, whatever bytes they contain', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('headers'))
      await kafka.produceRaw(address, topic, [{ value: 'v', headers: { 'a\0b': '1', '\0': '2', '': '3', é: 'x\0y' } }])
      const consumer = new Consumer(client(address), [{ topic }], { groupId: kafka.uniqueName('group') })
      const [message] = await collect(consumer, 'message').reach(1)
      assert.deepEqual(message.headers, { 'a\0b': '1', '\0': '2', '': '3', é: 'x\0y' })
    })

    it('can share its client with another one: both get their records', async () => {
      const address = await kafka.brokers(version)
      const topics = [await kafka.createTopic(address, kafka.uniqueName('first')),
        await kafka.createTopic(address, kafka.uniqueName('second'))]
      const shared = client(address)
      const consumers = topics.map((topic) =>
        collect(new Consumer(shared, [{ topic }], { groupId: kafka.uniqueName('group') }), 'message'))
      for (const topic of topics) await write(address, topic, 100)
      for (const [i, { reach }] of consumers.entries()) {
        const seen = await reach(100)
        assert.deepEqual(offsets(seen), range(0, 100))
        assert.ok(seen.every((/** @type {any} */ { topic }) => topic === topics[i]))
      }
    })

    it('continues from what it committed', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('commit'), 2)
      const groupId = kafka.uniqueName('group')
      const payloads = () => [{ topic, partition: 0 }, { topic, partition: 1 }]
      await write(address, topic, 10, 2)
      const options = () => ({ groupId, autoCommit: false })
      const consumer = new Consumer(client(address), payloads(), options())
      await collect(consumer, 'message').reach(20)
      await once(consumer, 'done')
      assert.deepEqual(await promised((callback) => consumer.commit(true, callback)),
        { [topic]: { partition: 1, errorCode: 0 } })
      assert.deepEqual(await kafka.committed(address, groupId, topic),
        { 0: { offset: 10, metadata: 'm' }, 1: { offset: 10, metadata: 'm' } })
      await closeAll()

      await write(address, topic, 5, 2)
      const again = collect(new Consumer(client(address), payloads(), options()), 'message')
      assert.deepEqual(offsets(await again.reach(10)).sort((a, b) => a - b), range(10, 15).flatMap((n) => [n, n]))
    })

    it('starts at the given offset with fromOffset, whatever was committed', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('offset'))
      await write(address, topic, 10)
      const consumer = new Consumer(client(address), [{ topic, offset: 6 }],
        { groupId: kafka.uniqueName('group'), fromOffset: true })
      assert.deepEqual(offsets(await collect(consumer, 'message').reach(4)), range(6, 10))
    })

    it('reports a topic that does not exist, and does not create it', async () => {
      const address = await kafka.brokers(version)
      const topic = kafka.uniqueName('missing')
      const consumer = new Consumer(client(address), [{ topic }], {})
      const [error] = await once(consumer, 'error').catch((failure) => [failure])
      assert.equal(error.name, 'TopicsNotExistError')
      assert.deepEqual(error.topics, [topic])
      const { topics } = await kafka.describe(address)
      assert.ok(!topics.some(({ name }) => name === topic))
    })

    it('reports an offset out of range until setOffset moves it', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('range'))
      await write(address, topic, 10)
      await deleteRecordsBefore(address, topic, 0, 7)
      const consumer = new Consumer(client(address), [{ topic }], { groupId: kafka.uniqueName('group') })
      const { reach } = collect(consumer, 'message')
      for (let i = 0; i < 2; i++) {
        const [error] = await once(consumer, 'offsetOutOfRange')
        assert.deepEqual([error.message, error.topic, error.partition], ['OffsetOutOfRange', topic, 0])
      }
      consumer.setOffset(topic, 0, 7)
      assert.deepEqual(offsets(await reach(3)), range(7, 10))
    })

    it('pauses and resumes without loss or repetition', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('pause'))
      await write(address, topic, 3000)
      const consumer = new Consumer(client(address), [{ topic }], { groupId: kafka.uniqueName('group') })
      const { reach } = collect(consumer, 'message')
      consumer.on('message', ({ offset }) => {
        if (offset % 100 !== 0) return
        consumer.pause()
        if (offset % 200 === 0) consumer.resume()
        else setTimeout(() => consumer.resume(), 5)
      })
      assert.deepEqual(offsets(await reach(3000)), range(0, 3000))
    })

    it('starts paused with the option paused', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('paused'))
      await write(address, topic, 5)
      const consumer = new Consumer(client(address), [{ topic }],
        /** @type {any} */ ({ groupId: kafka.uniqueName('group'), paused: true }))
      const { seen, reach } = collect(consumer, 'message')
      await once(consumer.client, 'ready')
      await new Promise((resolve) => setTimeout(resolve, 300))
      assert.deepEqual(seen, [])
      consumer.resume()
      assert.deepEqual(offsets(await reach(5)), range(0, 5))
    })
  })
}
