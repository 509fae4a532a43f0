'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')

const CommitStream = require('../../lib/commitStream')
const { Consumer, ConsumerGroupStream, ConsumerStream, KafkaClient } = require('../..')
const { deleteRecordsBefore } = require('../support/admin-requests')
const { collect, promised } = require('../support/emissions')
const kafka = require('../support/kafka')

// Positions that users give: as numbers, as numeric strings, and as neither.

/** @type {Set<any>} */
const open = new Set()

/** @param {string} address */
function client (address) {
  const created = new KafkaClient({ kafkaHost: address })
  open.add(created)
  return created
}

const where = (/** @type {any[]} */ messages) =>
  messages.map(({ partition, offset }) => `${partition}:${offset}`).sort()

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`positions on Kafka ${version}`, { timeout: 60000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(async () => {
      const all = [...open]
      open.clear()
      await Promise.all(all.map((each) => promised((callback) => each.close(callback))))
    })

    /** A topic with three records in each of two partitions, and an empty third one. */
    async function topicOfThree (/** @type {string} */ address) {
      const topic = await kafka.createTopic(address, kafka.uniqueName('positions'), 3)
      await kafka.produceRaw(address, topic, Array.from({ length: 6 }, (_, i) =>
        ({ partition: i % 2, value: `v${i}` })))
      return topic
    }

    it('an offset given as text is a number, even for commits of a partition where nothing arrives', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      const groupId = kafka.uniqueName('group')
      const payloads = [{ topic, partition: 0, offset: '1' }, { topic, partition: 2, offset: '0' }]
      const consumer = new Consumer(client(address), /** @type {any} */ (payloads),
        { groupId, fromOffset: true, autoCommitIntervalMs: 50 })
      assert.deepEqual(where(await collect(consumer, 'message').reach(2)), ['0:1', '0:2'])
      const committed = async () => (await kafka.committed(address, groupId, topic))[0]
      // by itself, from a timer
      while ((await committed())?.offset !== 3) await once(consumer, 'done')
      assert.deepEqual(await promised((callback) => consumer.commit(true, callback)),
        { [topic]: { partition: 0, errorCode: 0 } })
    })

    it('partitions and offsets given as text work in addTopics, setOffset, pauseTopics and resumeTopics', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      const consumer = new Consumer(client(address), [{ topic, partition: 2 }], { groupId: kafka.uniqueName('group') })
      const { seen, reach } = collect(consumer, 'message')
      const added = [{ topic, partition: '1', offset: '2' }]
      await promised((callback) => consumer.addTopics(/** @type {any} */ (added), callback, true))
      assert.deepEqual(where(await reach(1)), ['1:2'])
      consumer.setOffset(topic, /** @type {any} */ ('1'), /** @type {any} */ ('1'))
      assert.deepEqual(where((await reach(3)).splice(0)), ['1:1', '1:2', '1:2'])
      assert.deepEqual(consumer.payloads[1].offset, 3)
      consumer.pauseTopics([{ topic, partition: '1' }])
      await kafka.produceRaw(address, topic, [{ partition: 1, value: 'later' }, { partition: 2, value: 'other' }])
      assert.deepEqual(where(await reach(1)), ['2:0'])
      assert.equal(seen.length, 1)
      consumer.resumeTopics([{ topic, partition: '1' }])
      assert.deepEqual(where(await reach(2)), ['1:3', '2:0'])
      await promised((callback) => consumer.commit(true, callback))
    })

    it('invalid partitions are reported, by an error event or the callback', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      const consumer = new Consumer(client(address), [{ topic, partition: 2 }], { groupId: kafka.uniqueName('group') })
      for (const partition of /** @type {any[]} */ ([1.5, -1, 1e10, 'x', {}])) {
        const refused = { name: 'InvalidConfigError', message: /^partition .* of topic .* is illegal/ }
        await assert.rejects(promised((callback) => consumer.addTopics([{ topic, partition }], callback)), refused)
        await assert.rejects(promised((callback) => /** @type {any} */ (consumer)
          .fetchOffset([{ topic, partition }], callback)), refused)
        if (typeof partition !== 'number') continue
        const other = new Consumer(client(address), [{ topic, partition }], { groupId: kafka.uniqueName('group') })
        const [error] = await once(other, 'error').catch((failure) => [failure])
        assert.equal(error.name, 'InvalidConfigError')
      }
    })

    it('an offset that was written into a payload is checked when it is used', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      await deleteRecordsBefore(address, topic, 0, 2)
      const consumer = new Consumer(client(address), [{ topic }, { topic, partition: 2 }],
        { groupId: kafka.uniqueName('group'), autoCommitIntervalMs: 50 })
      const { reach } = collect(consumer, 'message')
      await once(consumer, 'offsetOutOfRange')
      // the next look, a second later, goes by what stands here then
      consumer.payloads[0].offset = /** @type {any} */ ('nowhere')
      const [error] = await once(consumer, 'error').catch((failure) => [failure])
      assert.match(error.message, /^offset nowhere for topic .* is illegal/)
      consumer.payloads[0].offset = /** @type {any} */ ('nowhere')
      await assert.rejects(promised((callback) => consumer.commit(true, callback)), { name: 'InvalidConfigError' })
      const failure = once(consumer, 'error').catch((wrong) => [wrong])
      consumer.pauseTopics([{ topic, partition: 2 }])
      assert.match((await failure)[0].message, /^offset nowhere for topic .* is illegal/)
      consumer.setOffset(topic, 0, 2)
      consumer.resumeTopics([topic])
      assert.deepEqual(where(await reach(1)), ['0:2'])
    })

    it('partitions may be moved, paused and resumed in any order and at any speed', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      const consumer = new Consumer(client(address), [{ topic }, { topic, partition: 1 }],
        { groupId: kafka.uniqueName('group') })
      const { seen, reach } = collect(consumer, 'message')
      await reach(6)
      for (let round = 0; round < 200; round++) {
        consumer.setOffset(topic, 0, 0)
        consumer.pauseTopics([{ topic, partition: 0 }])
        consumer.setOffset(topic, 1, round % 3)
        consumer.setOffset(topic, 0, 1)
        if (round % 2) await new Promise(setImmediate)
        consumer.resumeTopics([topic])
        if (round % 3) await new Promise(setImmediate)
      }
      seen.length = 0
      consumer.setOffset(topic, 0, 1)
      consumer.setOffset(topic, 1, 2)
      assert.deepEqual(where(await reach(3)), ['0:1', '0:2', '1:2'])
    })

    it('nothing is committed before a consumer knows where it starts', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      const groupId = kafka.uniqueName('group')
      const owner = client(address)
      const consumer = new Consumer(owner, [{ topic, partition: 0, offset: 2 }], { groupId })
      assert.equal(await promised((callback) => consumer.commit(true, callback)), 'Nothing to be committed')
      await once(owner, 'ready')
      assert.equal(await promised((callback) => consumer.commit(true, callback)), 'Nothing to be committed')
      assert.deepEqual(await kafka.committed(address, groupId, topic), {})
    })

    it('a commit stream takes positions as text, and reports invalid ones', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      const groupId = kafka.uniqueName('group')
      const stream = new ConsumerStream(client(address),
        /** @type {any} */ ([{ topic, partition: '1', offset: '1' }]), { groupId, fromOffset: true })
      const commits = /** @type {any} */ (stream.createCommitStream({ autoCommit: false }))
      stream.pipe(commits)
      await once(stream, 'data')
      while (commits.topicPartionOffsets[0].offset !== 3) await once(stream, 'data')
      await promised((callback) => commits.commit(callback))
      assert.deepEqual(await kafka.committed(address, groupId, topic), { 1: { offset: 3, metadata: 'm' } })
      const { _send } = /** @type {any} */ (stream.createCommitStream({ autoCommit: false }))
      for (const send of [undefined, _send]) {
        const topics = [{ topic, partition: 1, offset: /** @type {any} */ ('x') }]
        const wrong = new CommitStream(/** @type {any} */ (stream.client), topics, groupId, { autoCommit: false }, send)
        await assert.rejects(promised((callback) => wrong.commit(callback)), { name: 'InvalidConfigError' })
      }
    })

    it('a stream refuses an invalid encoding at once', async () => {
      const address = await kafka.brokers(version)
      const options = { encoding: /** @type {any} */ ('nonsense') }
      assert.throws(() => new ConsumerStream(client(address), [{ topic: 'any' }], options),
        { name: 'InvalidConfigError', message: /^encoding nonsense is illegal/ })
    })

    const tooLong = 'x'.repeat(5000)

    it('a refused partition is not hidden by one that was accepted', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      const groupId = kafka.uniqueName('group')
      const stream = new ConsumerStream(client(address), [{ topic, partition: 2 }], { groupId })
      const { _send } = /** @type {any} */ (stream.createCommitStream({ autoCommit: false }))
      const commits = new CommitStream(/** @type {any} */ (stream.client), [], groupId, { autoCommit: false }, _send)
      await once(stream, 'readable')
      const positions = [0, 1, 2].map((partition) =>
        ({ topic, partition, offset: 1, metadata: partition === 1 ? tooLong : 'm' }))
      assert.deepEqual(await promised((callback) => commits._send(positions, callback)),
        { [topic]: { partition: 1, errorCode: 12 } })
    })

    it('a group stream keeps the partitions that were refused, and no others', async () => {
      const address = await kafka.brokers(version)
      const topic = await topicOfThree(address)
      /** @type {any} */
      const stream = new ConsumerGroupStream(
        { kafkaHost: address, groupId: kafka.uniqueName('group'), fromOffset: 'earliest', autoCommit: false }, topic)
      open.add(stream)
      stream.resume()
      for (const partition of [0, 1]) {
        while (!stream.consumerGroup.payloadMap[topic]) await once(stream, 'data')
        stream._queue({ topic, partition, offset: 0 })
      }
      const refused = [0, 1].map((partition) =>
        ({ topic, partition, offset: 1, metadata: partition === 0 ? tooLong : 'm' }))
      await promised((callback) => stream.commitQueued(refused, true, callback))
      assert.deepEqual(stream.commitQueue, { [topic]: { 0: 1 } })
    })
  })
}
