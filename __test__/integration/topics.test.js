'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')

const { Consumer, ConsumerGroup, KafkaClient } = require('../..')
const { collect, promised } = require('../support/emissions')
const kafka = require('../support/kafka')
const { startTraffic } = require('../support/traffic')

/** The shortest session that a broker accepts by default. */
const SESSION_MS = 6000

/** @type {Set<any>} */
const open = new Set()

/** @template T @param {T} closable @returns {T} */
function closeAtEnd (closable) {
  open.add(closable)
  return closable
}

async function closeAll () {
  const all = [...open]
  open.clear()
  await Promise.all(all.map((each) => promised((callback) => each.close(callback))))
}

/** @param {string} address @param {any[]} topics @param {object} [options] */
function consume (address, topics, options = {}) {
  const client = closeAtEnd(new KafkaClient({ kafkaHost: address }))
  return new Consumer(client, topics, { groupId: kafka.uniqueName('fixed'), ...options })
}

/** @param {string} address @param {string | string[]} topics @param {object} [options] */
function join (address, topics, options = {}) {
  return closeAtEnd(new ConsumerGroup({
    kafkaHost: address,
    groupId: kafka.uniqueName('group'),
    fromOffset: 'earliest',
    sessionTimeout: SESSION_MS,
    heartbeatInterval: 200,
    retryMinTimeout: 100,
    ...options
  }, topics))
}

/** @param {string} address @param {string} topic @param {number} count @param {number} [from] */
function write (address, topic, count, from = 0) {
  return kafka.produceRaw(address, topic, Array.from({ length: count }, (_, i) => ({ value: `${from + i}` })))
}

/**
 * The offsets of each partition, by `topic/partition`, in the order in which they came.
 *
 * @param {any[]} messages
 * @returns {Record<string, number[]>}
 */
function offsetsByPartition (messages) {
  /** @type {Record<string, number[]>} */
  const offsets = {}
  for (const { topic, partition, offset } of messages) {
    const key = `${topic}/${partition}`
    offsets[key] = offsets[key] || []
    offsets[key].push(offset)
  }
  return offsets
}

const range = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, i) => from + i)

/**
 * Everything came once and in order.
 *
 * @param {any[]} messages
 * @param {Record<string, number>} counts records by `topic/partition`
 */
function assertExactly (messages, counts) {
  const offsets = offsetsByPartition(messages)
  assert.deepEqual(Object.keys(offsets).sort(), Object.keys(counts).sort())
  for (const [key, count] of Object.entries(counts)) assert.deepEqual(offsets[key], range(0, count), key)
}

/** @param {any} emitter @param {string[]} names */
function record (emitter, names) {
  /** @type {string[]} */
  const seen = []
  for (const name of names) emitter.on(name, () => seen.push(name))
  return seen
}

/** @param {any} member */
const owned = (member) => member.topicPayloads
  .map((/** @type {any} */ { topic, partition }) => `${topic}/${partition}`).sort()

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`changing what is read on Kafka ${version}`, { timeout: 180000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(closeAll)

    describe('by a Consumer', () => {
      it('continues without duplicates or gaps while partitions are added and paused under traffic', async () => {
        const address = await kafka.brokers(version)
        const topics = []
        for (let i = 0; i < 2; i++) topics.push(await kafka.createTopic(address, kafka.uniqueName('changing'), 2))
        const partitions = topics.flatMap((topic) => [{ topic, partition: 0 }, { topic, partition: 1 }])
        const stops = await Promise.all(topics.map((topic) => startTraffic(address, topic, 2, 50)))
        const consumer = consume(address, partitions.slice(0, 2))
        const { seen, reach } = collect(consumer, 'message')
        await reach(200)
        await promised((callback) => consumer.addTopics(partitions.slice(2), callback))
        let pauses = 0
        consumer.on('message', ({ topic, partition }) => {
          if (seen.length % 250 !== 0 || pauses >= 40) return
          const list = pauses++ % 3 === 0 ? [topic] : [{ topic, partition }]
          consumer.pauseTopics(list)
          if (pauses % 2 === 0) setImmediate(() => consumer.resumeTopics(list))
          else setTimeout(() => consumer.resumeTopics(list), 20)
        })
        while (pauses < 40) await once(consumer, 'message')
        const counts = await Promise.all(stops.map((stop) => stop()))
        await reach(2 * (counts[0] + counts[1]))
        assertExactly(seen, Object.fromEntries(partitions.map(({ topic, partition }) =>
          [`${topic}/${partition}`, counts[topics.indexOf(topic)]])))
      })

      it('starts added partitions where the group committed, or at 0, or at the given offset', async () => {
        const address = await kafka.brokers(version)
        const [committed, fresh, given] = await Promise.all(['committed', 'fresh', 'given'].map((name) =>
          kafka.createTopic(address, kafka.uniqueName(name))))
        for (const topic of [committed, fresh, given]) await write(address, topic, 10)
        const groupId = kafka.uniqueName('group')
        const first = consume(address, [{ topic: committed, offset: 5 }], { groupId, fromOffset: true })
        await collect(first, 'message').reach(5)
        await once(first, 'done')
        await promised((callback) => first.close(true, callback))

        const consumer = consume(address, [], { groupId })
        const { reach } = collect(consumer, 'message')
        await write(address, committed, 1, 10)
        assert.deepEqual(await promised((callback) => consumer.addTopics([committed, fresh], callback)),
          [committed, fresh])
        await promised((callback) => consumer.addTopics([{ topic: given, offset: 8 }], callback, true))
        assert.deepEqual(offsetsByPartition(await reach(1 + 10 + 2)),
          { [`${committed}/0`]: [10], [`${fresh}/0`]: range(0, 10), [`${given}/0`]: [8, 9] })
      })

      it('stops reading a removed topic, and creates none that is missing', async () => {
        const address = await kafka.brokers(version)
        const topics = await Promise.all(['stays', 'goes'].map((name) =>
          kafka.createTopic(address, kafka.uniqueName(name))))
        const [stays, goes] = topics
        for (const topic of topics) await write(address, topic, 100)
        const consumer = consume(address, topics)
        const { seen, reach } = collect(consumer, 'message')
        await reach(200)
        /** @type {any[]} */
        const result = []
        consumer.removeTopics(goes, (...args) => result.push(...args))
        assert.deepEqual(result, [null, 1])
        for (const topic of topics.reverse()) await write(address, topic, 100, 100)
        await reach(300)
        assert.deepEqual(offsetsByPartition(seen), { [`${stays}/0`]: range(0, 200), [`${goes}/0`]: range(0, 100) })
        const missing = kafka.uniqueName('missing')
        const error = await promised((callback) => consumer.addTopics([missing], callback)).catch((failure) => failure)
        assert.equal(error.name, 'TopicsNotExistError')
        assert.ok(!(await kafka.describe(address)).topics.some(({ name }) => name === missing))
      })
    })

    describe('by a ConsumerGroup', () => {
      it('rejoins with the new list, and nothing is lost or duplicated under traffic', async () => {
        const address = await kafka.brokers(version)
        const topics = []
        for (let i = 0; i < 2; i++) topics.push(await kafka.createTopic(address, kafka.uniqueName('group'), 2))
        const [first, second] = topics
        const stops = await Promise.all(topics.map((topic) => startTraffic(address, topic, 2, 50)))
        /** @type {boolean[]} */
        const asked = []
        // commits come only with the rebalances
        const group = join(address, first, {
          autoCommitIntervalMs: 600000,
          onRebalance: (/** @type {boolean} */ isMember, /** @type {() => void} */ done) => {
            asked.push(isMember)
            setImmediate(done)
          }
        })
        const { seen, reach } = collect(group, 'message')
        await reach(200)
        const events = record(group, ['rebalancing', 'connect', 'rebalanced', 'error'])

        const rejoined = once(group, 'rebalanced')
        assert.equal(await promised((callback) => group.addTopics([second], callback)),
          `Add Topics ${second} Successfully`)
        assert.deepEqual(events, [])
        assert.deepEqual(group.topics, [first, second])
        await rejoined
        assert.deepEqual(events, ['rebalancing', 'connect', 'rebalanced'])
        assert.deepEqual(asked, [false, true])
        assert.deepEqual(owned(group), topics.flatMap((topic) => [`${topic}/0`, `${topic}/1`]).sort())
        while (!seen.some(({ topic }) => topic === second)) await once(group, 'message')

        const left = once(group, 'rebalanced')
        await promised((callback) => group.removeTopics(second, callback))
        await left
        assert.deepEqual(owned(group), [`${first}/0`, `${first}/1`])
        const back = once(group, 'rebalanced')
        await promised((callback) => group.addTopics(second, callback))
        await back
        const [ofFirst, ofSecond] = await Promise.all(stops.map((stop) => stop()))
        await reach(2 * (ofFirst + ofSecond))
        assertExactly(seen, {
          [`${first}/0`]: ofFirst, [`${first}/1`]: ofFirst, [`${second}/0`]: ofSecond, [`${second}/1`]: ofSecond
        })
        assert.deepEqual(events.filter((name) => name === 'error'), [])
      })

      it('has committed its positions by the time the callback comes, but not with autoCommit: false', async () => {
        const address = await kafka.brokers(version)
        const [topic, other] = await Promise.all(['one', 'other'].map((name) =>
          kafka.createTopic(address, kafka.uniqueName(name))))
        await write(address, topic, 20)
        for (const autoCommit of [true, false]) {
          const group = join(address, topic, { autoCommit, autoCommitIntervalMs: 600000 })
          await collect(group, 'message').reach(20)
          await once(group, 'done')
          await promised((callback) => group.addTopics(other, callback))
          const stored = await kafka.committed(address, group.options.groupId, topic)
          assert.deepEqual(stored[0], { offset: autoCommit ? 20 : 0, metadata: 'm' })
          await closeAll()
        }
      })

      it('works for a member that owns nothing, too, while the others carry on', async () => {
        const address = await kafka.brokers(version)
        const [shared, own] = await Promise.all(['shared', 'own'].map((name) =>
          kafka.createTopic(address, kafka.uniqueName(name))))
        const groupId = kafka.uniqueName('group')
        const first = join(address, shared, { groupId })
        await once(first, 'rebalanced')
        const second = join(address, shared, { groupId })
        const members = [first, second]
        while (!members.every(({ ready }) => ready)) {
          await Promise.race(members.map((member) => once(member, 'rebalanced')))
        }
        const idle = owned(first).length === 0 ? first : second
        const messages = members.map((member) => collect(member, 'message'))
        const events = record(idle, ['rebalancing', 'connect', 'rebalanced'])
        await promised((callback) => idle.addTopics(own, callback))
        while (!owned(idle).includes(`${own}/0`)) await once(idle, 'rebalanced')
        assert.deepEqual(events.slice(0, 3), ['rebalancing', 'connect', 'rebalanced'])
        await write(address, own, 10)
        await write(address, shared, 10)
        while (messages.flatMap(({ seen }) => seen).length < 20) {
          await Promise.race(members.map((member) => once(member, 'message')))
        }
        assertExactly(messages.flatMap(({ seen }) => seen), { [`${own}/0`]: 10, [`${shared}/0`]: 10 })
      })

      it('treats a missing topic as an error and stays as it is', async () => {
        const address = await kafka.brokers(version)
        const topic = await kafka.createTopic(address, kafka.uniqueName('there'))
        const missing = kafka.uniqueName('missing')
        const group = join(address, topic)
        await once(group, 'rebalanced')
        for (const method of /** @type {const} */ (['addTopics', 'removeTopics'])) {
          const error = await promised((callback) => group[method]([topic, missing], callback)).catch((each) => each)
          assert.equal(error.name, 'TopicsNotExistError')
          assert.deepEqual(error.topics, [missing])
        }
        assert.deepEqual(group.topics, [topic])
        assert.equal(group.ready, true)
      })

      it('before it has joined joins with the new list, or makes it join', async () => {
        const address = await kafka.brokers(version)
        const topics = await Promise.all(['first', 'second'].map((name) =>
          kafka.createTopic(address, kafka.uniqueName(name))))
        for (const topic of topics) await write(address, topic, 5)
        for (const connectOnReady of [true, false]) {
          const group = join(address, topics[0], { connectOnReady })
          const { reach } = collect(group, 'message')
          await promised((callback) => group.addTopics(topics[1], callback))
          assertExactly(await reach(10), { [`${topics[0]}/0`]: 5, [`${topics[1]}/0`]: 5 })
        }
      })

      it('leaves with its last topic, and comes back with the next one', async () => {
        const address = await kafka.brokers(version)
        const topics = await Promise.all(['first', 'second'].map((name) =>
          kafka.createTopic(address, kafka.uniqueName(name))))
        for (const topic of topics) await write(address, topic, 5)
        const group = join(address, topics[0], { autoCommitIntervalMs: 600000 })
        const { seen, reach } = collect(group, 'message')
        await reach(5)
        const events = record(group, ['rebalancing', 'connect', 'rebalanced', 'error'])
        const left = once(group, 'rebalanced')
        assert.equal(await promised((callback) => group.removeTopics(topics[0], callback)),
          `Remove Topics ${topics[0]} Successfully`)
        await left
        assert.deepEqual(events, ['rebalancing', 'connect', 'rebalanced'])
        assert.deepEqual([group.topics, group.topicPayloads, group.memberId], [[], [], null])
        assert.equal(await promised((callback) => group.commit(true, callback)), 'Nothing to be committed')
        await promised((callback) => group.addTopics(topics, callback))
        await reach(10)
        assertExactly(seen, { [`${topics[0]}/0`]: 5, [`${topics[1]}/0`]: 5 })

        // and without waiting in between
        await promised((callback) => group.removeTopics(topics, callback))
        await promised((callback) => group.addTopics(topics, callback))
        while (owned(group).length < 2 || !group.ready) await once(group, 'rebalanced')
        for (const topic of topics) await write(address, topic, 5, 5)
        await reach(20)
        assertExactly(seen, { [`${topics[0]}/0`]: 10, [`${topics[1]}/0`]: 10 })
      })
    })
  })
}
