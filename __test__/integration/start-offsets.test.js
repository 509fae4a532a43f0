'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')
const { isDeepStrictEqual } = require('node:util')

const { ConsumerGroup } = require('../..')
const { collect, promised } = require('../support/emissions')
const kafka = require('../support/kafka')
const { commitOffsets, deleteRecordsBefore } = require('../support/admin-requests')

/** @type {Set<any>} */
const open = new Set()

/**
 * @param {string} address
 * @param {string} topic
 * @param {object} options
 */
function join (address, topic, options) {
  const group = new ConsumerGroup({ kafkaHost: address, autoCommit: false, ...options }, topic)
  open.add(group)
  return group
}

/** @param {any} group */
async function close (group) {
  open.delete(group)
  await promised((callback) => group.close(callback))
}

/** @param {string} address @param {string} topic @param {string[]} values @param {number} [partition] */
function write (address, topic, values, partition = 0) {
  return kafka.produceRaw(address, topic, values.map((value) => ({ value, partition })))
}

const values = (/** @type {any[]} */ messages) => messages.map(({ value }) => value)

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`where a group starts on Kafka ${version}`, { timeout: 120000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(() => Promise.all([...open].map(close)))

    it('earliest, nothing committed: at the beginning', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('start'))
      await write(address, topic, ['a', 'b'])
      const group = join(address, topic, { groupId: kafka.uniqueName('group'), fromOffset: 'earliest' })
      const { reach } = collect(group, 'message')
      assert.deepEqual(values(await reach(2)), ['a', 'b'])
    })

    it('latest, nothing committed: what arrives from now on', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('start'))
      await write(address, topic, ['before', 'before'])
      const group = join(address, topic, { groupId: kafka.uniqueName('group'), fromOffset: 'latest' })
      const { reach } = collect(group, 'message')
      await once(group, 'rebalanced')
      assert.equal(group.topicPayloads[0].offset, 2)
      await write(address, topic, ['after'])
      assert.deepEqual(values(await reach(1)), ['after'])
    })

    it('none, nothing committed: an error, and nothing is read', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('start'))
      await write(address, topic, ['a'])
      const groupId = kafka.uniqueName('group')
      const group = join(address, topic, { groupId, id: 'the-client', fromOffset: 'none' })
      const { seen } = collect(group, 'message')
      const [error] = await once(group, 'error').catch((failure) => [failure])
      assert.equal(error.message, 'the-client owns topics and partitions which contains no saved offsets for group ' +
        `'${groupId}'`)
      assert.equal(error.constructor, Error)
      assert.deepEqual(await kafka.committed(address, groupId, topic), {})
      assert.deepEqual(seen, [])
    })

    it('none, one partition of two committed: an error as well', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('start'), 2)
      const groupId = kafka.uniqueName('group')
      await commitOffsets(address, groupId, topic, { 0: 0 })
      const group = join(address, topic, { groupId, fromOffset: 'none' })
      const [error] = await once(group, 'error').catch((failure) => [failure])
      assert.match(error.message, /contains no saved offsets for group/)
    })

    for (const fromOffset of ['earliest', 'latest', 'none']) {
      it(`${fromOffset}, with a committed offset: continues from it`, async () => {
        const address = await kafka.brokers(version)
        const topic = await kafka.createTopic(address, kafka.uniqueName('start'))
        const groupId = kafka.uniqueName('group')
        await write(address, topic, ['a', 'b', 'c'])
        await commitOffsets(address, groupId, topic, { 0: 1 })
        const group = join(address, topic, { groupId, fromOffset })
        const { reach } = collect(group, 'message')
        assert.deepEqual(values(await reach(2)), ['b', 'c'])
      })
    }

    it('a committed 0 counts, whoever wrote it', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('start'))
      const groupId = kafka.uniqueName('group')
      await write(address, topic, ['a'])
      await commitOffsets(address, groupId, topic, { 0: 0 }, '')
      const group = join(address, topic, { groupId, fromOffset: 'latest' })
      const { reach } = collect(group, 'message')
      assert.deepEqual(values(await reach(1)), ['a'])
    })

    for (const fromOffset of ['earliest', 'latest']) {
      it(`${fromOffset}: partitions with a committed offset continue from it, the others start there`, async () => {
        const address = await kafka.brokers(version)
        const topic = await kafka.createTopic(address, kafka.uniqueName('start'), 2)
        const groupId = kafka.uniqueName('group')
        await write(address, topic, ['a0', 'b0'], 0)
        await write(address, topic, ['a1', 'b1'], 1)
        await commitOffsets(address, groupId, topic, { 0: 1 })
        const group = join(address, topic, { groupId, fromOffset })
        const { reach } = collect(group, 'message')
        await once(group, 'rebalanced')
        await write(address, topic, ['c1'], 1)
        const expected = fromOffset === 'earliest' ? ['a1', 'b0', 'b1', 'c1'] : ['b0', 'c1']
        assert.deepEqual(values(await reach(expected.length)).sort(), expected)
        // commitOffsetsOnFirstJoin: now each partition has an offset, although autoCommit is off
        const start = fromOffset === 'earliest' ? 0 : 2
        await until(() => kafka.committed(address, groupId, topic),
          { 0: { offset: 1, metadata: 'm' }, 1: { offset: start, metadata: 'm' } })
      })
    }

    it('commitOffsetsOnFirstJoin: false leaves that to later commits', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('start'))
      const groupId = kafka.uniqueName('group')
      await write(address, topic, ['a'])
      const group = join(address, topic, { groupId, fromOffset: 'earliest', commitOffsetsOnFirstJoin: false })
      await collect(group, 'message').reach(1)
      await close(group)
      assert.deepEqual(await kafka.committed(address, groupId, topic), {})
    })

    for (const [outOfRangeOffset, first] of [['earliest', 'd'], ['latest', 'new']]) {
      it(`out of range, ${outOfRangeOffset}: continues there`, async () => {
        const address = await kafka.brokers(version)
        const topic = await kafka.createTopic(address, kafka.uniqueName('range'))
        const groupId = kafka.uniqueName('group')
        await write(address, topic, ['a', 'b', 'c', 'd', 'e'])
        await commitOffsets(address, groupId, topic, { 0: 1 })
        await deleteRecordsBefore(address, topic, 0, 3)
        const group = join(address, topic, { groupId, outOfRangeOffset })
        const { reach } = collect(group, 'message')
        const [error] = await once(group, 'offsetOutOfRange')
        assert.equal(error.message, 'OffsetOutOfRange')
        assert.deepEqual([error.topic, error.partition], [topic, 0])
        if (outOfRangeOffset === 'latest') {
          await until(async () => group.topicPayloads[0].offset, 5)
          await write(address, topic, ['new'])
        }
        assert.equal((await reach(1))[0].value, first)
      })
    }

    it('out of range, none: an error, and the group stays paused', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('range'))
      const groupId = kafka.uniqueName('group')
      await write(address, topic, ['a', 'b', 'c'])
      await commitOffsets(address, groupId, topic, { 0: 1 })
      await deleteRecordsBefore(address, topic, 0, 3)
      const group = join(address, topic, { groupId, outOfRangeOffset: 'none' })
      const { seen } = collect(group, 'message')
      const [error] = await once(group, 'error').catch((failure) => [failure])
      assert.equal(error.name, 'InvalidConsumerOffsetError')
      assert.equal(error.message, `Offset out of range for topic "${topic}" partition 0`)
      assert.equal(group.paused, true)
      assert.deepEqual(seen, [])
    })
  })
}

/**
 * Asks until the answer is the expected one.
 *
 * @param {() => Promise<any>} ask
 * @param {any} expected
 */
async function until (ask, expected) {
  let answer = await ask()
  for (let i = 0; i < 200 && !isDeepStrictEqual(answer, expected); i++) {
    await delay(50)
    answer = await ask()
  }
  assert.deepEqual(answer, expected)
}
