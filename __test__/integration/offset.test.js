'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, before, describe, it } = require('node:test')

const { ConsumerGroup, KafkaClient, Offset } = require('../..')
const kafka = require('../support/kafka')

/**
 * Calls a method whose last argument is a callback.
 *
 * @param {any} target
 * @param {string} method
 * @param {...any} args
 * @returns {Promise<any>}
 */
function call (target, method, ...args) {
  return new Promise((resolve, reject) => {
    target[method](...args, (/** @type {any} */ err, /** @type {any} */ result) => err ? reject(err) : resolve(result))
  })
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`Offset with Kafka ${version}`, { timeout: 300000 }, () => {
    /** @type {string} */
    let address
    /** @type {any} */
    let client
    /** @type {any} */
    let offset
    /** @type {string} two partitions: three old records in the first, one of now in the second */
    let topic
    /** @type {string} */
    let empty

    before(async () => {
      address = await kafka.brokers(version)
      topic = await kafka.createTopic(address, kafka.uniqueName('offsets'), 2, { 'retention.ms': -1 })
      empty = await kafka.createTopic(address, kafka.uniqueName('empty'))
      const times = [1000000, 2000000, 3000000]
      await kafka.produceRaw(address, topic, times.map((time) => ({ value: 'old', timestamp: String(time) })))
      await kafka.produceRaw(address, topic, [{ value: 'new', partition: 1 }])
      client = new KafkaClient({ kafkaHost: address })
      offset = new Offset(client)
      await once(offset, 'ready')
    })

    after(async () => {
      await call(client, 'close')
      await kafka.deleteTopic(address, topic)
      await kafka.deleteTopic(address, empty)
      await kafka.releaseAll()
    })

    describe('fetch', () => {
      it('gives the end of the log for -1 and its start for -2', async () => {
        assert.deepEqual(await call(offset, 'fetch', [
          { topic, partition: 0, time: -1 }, { topic, partition: 1, time: -2 }, { topic: empty, time: -1 }
        ]), { [topic]: { 0: [3], 1: [0] }, [empty]: { 0: [0] } })
      })

      it('gives the first record that is not older than a time, or the end if all are', async () => {
        assert.deepEqual(await call(offset, 'fetch', [{ topic, time: 2000000 }]), { [topic]: { 0: [1] } })
        assert.deepEqual(await call(offset, 'fetch', [{ topic, time: 1500000 }]), { [topic]: { 0: [1] } })
        assert.deepEqual(await call(offset, 'fetch', [{ topic, time: 3000001 }]), { [topic]: { 0: [3] } })
      })

      it('asks for now when no time is given, and completes the payloads', async () => {
        /** @type {any[]} */
        const payloads = [{ topic }]
        assert.deepEqual(await call(offset, 'fetch', payloads), { [topic]: { 0: [3] } })
        assert.deepEqual(Object.keys(payloads[0]), ['topic', 'partition', 'time', 'maxNum', 'metadata'])
        assert.deepEqual([payloads[0].partition, payloads[0].maxNum, payloads[0].metadata], [0, 1, 'm'])
      })

      it('adds the start of the log from maxNum 2 on, so that Math.min finds it', async () => {
        assert.deepEqual(await call(offset, 'fetch', [
          { topic, time: -1, maxNum: 2 }, { topic, partition: 1, time: 5, maxNum: 9 }, { topic: empty, maxNum: 2 }
        ]), { [topic]: { 0: [3, 0], 1: [0] }, [empty]: { 0: [0] } })
      })

      it('takes the last of several payloads for a partition', async () => {
        const payloads = [{ topic, time: -1 }, { topic, time: -2 }]
        assert.deepEqual(await call(offset, 'fetch', payloads), { [topic]: { 0: [0] } })
      })

      it('answers an empty list with an empty result', async () => {
        assert.deepEqual(await call(offset, 'fetch', []), {})
      })

      it('fails with one Error for an invalid topic, and for a partition that does not exist', async () => {
        await assert.rejects(call(offset, 'fetch', [{ topic: 'no!', time: -1 }]),
          (/** @type {any} */ err) => err instanceof Error && err.message === 'InvalidTopic')
        await assert.rejects(call(offset, 'fetch', [{ topic, partition: 9, time: -1 }]),
          { name: 'BrokerNotAvailableError', message: 'Could not find the leader' })
      })
    })

    describe('fetchLatestOffsets and fetchEarliestOffsets', () => {
      it('give one number per partition', async () => {
        assert.deepEqual(await call(offset, 'fetchLatestOffsets', [topic, empty]),
          { [topic]: { 0: 3, 1: 1 }, [empty]: { 0: 0 } })
        assert.deepEqual(await call(offset, 'fetchEarliestOffsets', [topic]), { [topic]: { 0: 0, 1: 0 } })
      })

      it('leave out topics that do not exist, and fail when none does', async () => {
        assert.deepEqual(await call(offset, 'fetchLatestOffsets', ['no!', empty]), { [empty]: { 0: 0 } })
        await assert.rejects(call(offset, 'fetchEarliestOffsets', ['no!']), { message: 'Topic(s) does not exist' })
      })

      it('take [] for all topics', async () => {
        const all = await call(offset, 'fetchLatestOffsets', [])
        assert.deepEqual([all[topic], all[empty]], [{ 0: 3, 1: 1 }, { 0: 0 }])
      })

      it('throw for a bare string', () => {
        assert.throws(() => offset.fetchLatestOffsets(topic, () => {}), TypeError)
        assert.throws(() => offset.fetchEarliestOffsets(topic, () => {}), TypeError)
      })
    })

    describe('commit and fetchCommits', () => {
      it('keep the offset as it is given, with metadata m', async () => {
        const group = kafka.uniqueName('group')
        const payloads = [{ topic, partition: 1, offset: 7 }]
        assert.deepEqual(await call(offset, 'commit', group, payloads), { [topic]: { partition: 1, errorCode: 0 } })
        assert.deepEqual(await kafka.committed(address, group, topic), { 1: { offset: 7, metadata: 'm' } })
        assert.deepEqual(await call(offset, 'fetchCommits', group, [{ topic }, { topic, partition: 1 }]),
          { [topic]: { 0: -1, 1: 7 } })
        assert.equal(offset.fetchCommitsV1, offset.fetchCommits)
      })

      it('distinguish an offset of 0 from none', async () => {
        const group = kafka.uniqueName('group')
        await call(offset, 'commit', group, [{ topic, offset: 0 }])
        assert.deepEqual(await call(offset, 'fetchCommits', group, [{ topic }, { topic, partition: 1 }]),
          { [topic]: { 0: 0, 1: -1 } })
      })

      it('give -1 for a group that does not exist, and {} for no partitions', async () => {
        const group = kafka.uniqueName('group')
        assert.deepEqual(await call(offset, 'fetchCommits', group, [{ topic }]), { [topic]: { 0: -1 } })
        assert.deepEqual(await call(offset, 'fetchCommits', group, []), {})
        assert.deepEqual(await call(offset, 'commit', group, []), {})
      })

      it('show the broker\'s refusal in the result', async () => {
        assert.deepEqual(await call(offset, 'commit', kafka.uniqueName('group'), [{ topic, partition: 44, offset: 1 }]),
          { [topic]: { partition: 44, errorCode: 3 } })
      })

      it('refuse an invalid offset instead of committing 0', async () => {
        const group = kafka.uniqueName('group')
        for (const wrong of [undefined, null, NaN, -1, 1.5, '', 'x', {}]) {
          await assert.rejects(call(offset, 'commit', group, [{ topic, offset: wrong }]),
            { name: 'InvalidConfigError', message: /^offset .* topic .*, partition 0 is illegal/ })
        }
        assert.deepEqual(await kafka.committed(address, group, topic), {})
      })

      it('are refused by a group with members; its ConsumerGroup commits as a member through the client', async () => {
        const groupId = kafka.uniqueName('group')
        const group = new ConsumerGroup({ kafkaHost: address, groupId, autoCommit: false }, topic)
        try {
          await once(group, 'rebalanced')
          assert.deepEqual(await call(offset, 'commit', groupId, [{ topic, offset: 1 }]),
            { [topic]: { partition: 0, errorCode: 25 } })

          const commits = [{ topic, partition: 0, offset: 2, metadata: 'mine' }]
          const send = (/** @type {any} */ memberId) =>
            call(client, 'sendOffsetCommitV2Request', groupId, group.generationId, memberId, commits)
          assert.deepEqual(await send(group.memberId), { [topic]: { partition: 0, errorCode: 0 } })
          assert.deepEqual((await kafka.committed(address, groupId, topic))[0], { offset: 2, metadata: 'mine' })
          assert.deepEqual(await send('somebody else'), { [topic]: { partition: 0, errorCode: 25 } })
        } finally {
          await call(group, 'close')
        }
      })
    })

    it('queues calls until the client is ready', async () => {
      const late = new KafkaClient({ kafkaHost: address, autoConnect: false })
      const early = new Offset(late)
      /** @type {string[]} */
      const seen = []
      early.on('connect', () => seen.push('connect'))
      early.on('ready', () => seen.push('ready'))
      const answers = Promise.all([
        call(early, 'fetch', [{ topic, time: -1 }]),
        call(early, 'fetchLatestOffsets', [topic]),
        call(early, 'fetchCommits', kafka.uniqueName('group'), [{ topic }])
      ])
      late.connect()
      assert.deepEqual(await answers,
        [{ [topic]: { 0: [3] } }, { [topic]: { 0: 3, 1: 1 } }, { [topic]: { 0: -1 } }])
      assert.deepEqual(seen, ['connect', 'ready'])
      await call(late, 'close')
    })

    it('shows records of open transactions, as kafka-node does', async () => {
      const own = await kafka.createTopic(address, kafka.uniqueName('open'))
      const settings = { transactionalId: own, maxInFlightRequests: 1, idempotent: true }
      const producer = kafka.kafkaJs(address).producer(settings)
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic: own, messages: [{ value: 'a' }, { value: 'b' }] })
      assert.deepEqual(await call(offset, 'fetchLatestOffsets', [own]), { [own]: { 0: 2 } })
      await transaction.abort()
      await producer.disconnect()
      await kafka.deleteTopic(address, own)
    })

    it('fails after close, and may be called without a callback', async () => {
      const other = new KafkaClient({ kafkaHost: address })
      const closed = new Offset(other)
      await once(closed, 'ready')
      closed.fetch([{ topic }])
      closed.fetchCommits('g', [{ topic }])
      await call(other, 'close')
      await assert.rejects(call(closed, 'fetch', [{ topic, time: -1 }]), { name: 'BrokerNotAvailableError' })
      await assert.rejects(call(closed, 'fetchCommits', 'g', [{ topic }]), { name: 'BrokerNotAvailableError' })
    })
  })
}
