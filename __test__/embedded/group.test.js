'use strict'

const { after, before, beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { ConsumerGroup } = require('../..')
const {
  Opened, SESSION_TIMEOUT, call, collect, filledTopic, next, numbered, record, sendAll, startWatched, uniqueName, values
} = require('../support/embedded')

const GROUP_AUTHORIZATION_FAILED = 30

describe('ConsumerGroup', { timeout: 120000 }, () => {
  let broker
  let opened
  let producer

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())
  beforeEach(async (context) => {
    opened = new Opened(context, broker)
    producer = await opened.producer()
  })

  const filled = (count, partitions) => filledTopic(broker, producer, count, partitions)

  const owned = (member) => member.topicPayloads.map(({ partition }) => partition).sort()

  describe('construction', () => {
    const options = () => ({ kafkaHost: broker.brokers, autoConnect: false, connectOnReady: false })

    it('refuses what kafka-node refused, in its words', () => {
      /** @type {[options: any, topics: any, message: RegExp][]} */
      const refused = [
        [{ fromOffset: 'oldest' }, 't', /^fromOffset oldest should be either: latest, earliest, none$/],
        [{ outOfRangeOffset: 1 }, 't', /^outOfRangeOffset 1 should be either: latest, earliest, none$/],
        [{ protocol: 'sticky' }, 't', /^Unknown built in assignment protocol sticky$/],
        [{ groupId: 'my group' }, 't', /^options.groupId my group is illegal/],
        [{ id: 'my id' }, 't', /^clientId my id is illegal/],
        [{ migrateHLC: true }, 't', /cannot be used to migrate from Zookeeper/],
        [{}, [], /^Array of topics shall not be empty$/],
        [{}, null, /^Array of topics is required$/]
      ]
      for (const [extra, topics, message] of refused) {
        assert.throws(() => new ConsumerGroup({ ...options(), ...extra }, topics), { message }, String(message))
      }
    })

    it('keeps the options object, and its id becomes the client id', () => {
      const given = /** @type {import('../..').ConsumerGroupOptions} */ ({ ...options(), id: 'member-1' })
      const group = opened.closeAtEnd(new ConsumerGroup(given, 't'))
      assert.equal(group.options, given)
      assert.deepEqual(group.topics, ['t'])
      assert.equal(group.client.clientId, 'member-1')
      assert.equal(given.heartbeatInterval, 10000)
      assert.deepEqual(given.protocol, ['roundrobin'])
    })
  })

  describe('joining', () => {
    it('shows as rebalancing, connect, rebalanced; then messages arrive', async () => {
      const topic = await filled(3, 2)
      const group = opened.group([topic])
      const events = record(group, ['rebalancing', 'connect', 'rebalanced', 'error', 'processingfetch'])
      assert.equal(group.memberId, null)
      const { take } = collect(group)
      await take(6)
      assert.deepEqual(events.slice(0, 4), ['rebalancing', 'connect', 'rebalanced', 'processingfetch'])
      assert.equal(events.includes('error'), false)
      assert.equal(typeof group.memberId, 'string')
      assert.equal(typeof group.generationId, 'number')
      assert.equal(group.ready, true)
      assert.deepEqual(owned(group), [0, 1])
      await next(group, 'done')
      assert.deepEqual(group.payloadMap, { [topic]: { 0: 3, 1: 3 } })
    })

    it('shows messages with a timestamp', async () => {
      const topic = await filled(0)
      await call(producer, 'send', [{ topic, partition: 0, key: 'k', messages: 'v', timestamp: 1700000000000 }])
      const [message] = await collect(opened.group(topic)).take(1)
      assert.deepEqual(Object.entries(message), [
        ['topic', topic], ['value', 'v'], ['offset', 0], ['partition', 0], ['highWaterOffset', 1], ['key', 'k'],
        ['timestamp', new Date(1700000000000)]
      ])
    })

    it('waits for connect() with connectOnReady: false', async () => {
      const topic = await filled(1)
      const group = opened.group(topic, { connectOnReady: false })
      const events = record(group, ['rebalancing'])
      await next(group.client, 'ready')
      assert.deepEqual(events, [])
      group.connect()
      await next(group, 'rebalanced')
      assert.deepEqual(events, ['rebalancing'])
    })

    it('asks onRebalance first, which may call back or return a promise', async () => {
      const topic = await filled(1)
      const asked = []
      const first = opened.group(topic, {
        onRebalance (isMember, done) {
          asked.push(isMember)
          setImmediate(done)
        }
      })
      await next(first, 'rebalanced')
      const second = opened.group(topic, { onRebalance: async (isMember) => { asked.push(isMember) } })
      await next(second, 'rebalanced')
      assert.deepEqual(asked, [false, false])
    })

    it('is abandoned when onRebalance fails', async () => {
      const topic = await filled(1)
      const group = opened.group(topic, { onRebalance: (isMember, done) => done(new Error('not now')) })
      const error = await next(group, 'error')
      assert.equal(error.message, 'not now')
      assert.equal(group.ready, false)
      assert.equal(group.memberId, null)
    })

    it('reports what the coordinator refuses', async () => {
      const topic = await filled(1)
      await broker.pushErrors('JoinGroup', [GROUP_AUTHORIZATION_FAILED])
      const group = opened.group(topic)
      const error = await next(group, 'error')
      assert.equal(error.message, 'GroupAuthorizationFailed')
      assert.equal(error.errorCode, GROUP_AUTHORIZATION_FAILED)
    })

    it('copes with a coordinator that temporarily lets nobody join', async () => {
      const topic = await filled(1)
      // loading, not available, loading
      await broker.pushErrors('JoinGroup', [14, 15, 14])
      const group = opened.group(topic)
      const events = record(group, ['error'])
      assert.deepEqual(values(await collect(group).take(1)), ['0'])
      assert.deepEqual(events, [])
    })

    it('reports committed offsets that cannot be read', async () => {
      const topic = await filled(1)
      await broker.pushErrors('OffsetFetch', [GROUP_AUTHORIZATION_FAILED])
      const group = opened.group(topic)
      const error = await next(group, 'error')
      assert.equal(error.message, 'GroupAuthorizationFailed')
    })

    it('copes with a coordinator that is still loading', async () => {
      const topic = await filled(1)
      await broker.pushErrors('OffsetFetch', [14, 14])
      const group = opened.group(topic)
      const events = record(group, ['error'])
      assert.deepEqual(values(await collect(group).take(1)), ['0'])
      assert.deepEqual(events, [])
    })
  })

  describe('a member that is blocked for longer than the group waits', () => {
    const BLOCKED_MS = 1.5 * SESSION_TIMEOUT
    const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS)

    it('has its commit refused: the partitions belong to an assignment that is gone', async () => {
      const topic = await filled(3, 2)
      const groupId = uniqueName('group')
      const options = { groupId, autoCommit: false, commitOffsetsOnFirstJoin: false }
      const first = opened.group(topic, options)
      await collect(first).take(6)
      const { generationId, memberId } = first
      const second = opened.group(topic, { ...options, connectOnReady: false })
      await next(second.client, 'ready')
      second.connect()
      // both handles' threads keep running: the group rebalances without asking
      block()
      const shared = next(first, 'rebalanced', () => first.topicPayloads.length === 1)
      const positions = first.topicPayloads.map(({ partition, offset }) => ({ topic, partition, offset }))
      assert.deepEqual(positions.map(({ offset }) => offset), [3, 3])
      const refused = assert.rejects(call(first, 'commit', true), { name: 'IllegalGeneration', errorCode: 22 })
      const result = call(first.client, 'sendOffsetCommitV2Request', groupId, generationId, memberId, positions)
      await refused
      assert.deepEqual(await result, { [topic]: { partition: positions[1].partition, errorCode: 22 } })
      const look = opened.consumer([{ topic }], { groupId, paused: true })
      await next(look.client, 'ready')
      const committed = await call(look, 'fetchOffset', [{ topic, partition: 0 }, { topic, partition: 1 }])
      assert.deepEqual(committed, { [topic]: { 0: -1, 1: -1 } })
      // what it has been given since may be committed again
      await shared
      const [{ partition }] = first.topicPayloads
      await call(first, 'sendOffsetCommitRequest', [{ topic, partition, offset: 2 }])
      assert.equal((await call(look, 'fetchOffset', [{ topic, partition }]))[topic][partition], 2)
    })
  })

  describe('where it starts without a commit', () => {
    it('is the beginning with earliest', async () => {
      const topic = await filled(3)
      assert.deepEqual(values(await collect(opened.group(topic, { fromOffset: 'earliest' })).take(3)), numbered(3))
    })

    it('is the end with latest', async () => {
      const topic = await filled(3)
      const group = opened.group(topic, { fromOffset: 'latest' })
      const { take } = collect(group)
      await next(group, 'rebalanced')
      await sendAll(producer, topic, 'new')
      assert.deepEqual(values(await take(1)), ['new'])
    })

    it('is an error with none', async () => {
      const topic = await filled(3)
      const groupId = uniqueName('group')
      const group = opened.group(topic, { groupId, id: 'member', fromOffset: 'none' })
      const error = await next(group, 'error')
      assert.equal(error.message,
        `member owns topics and partitions which contains no saved offsets for group '${groupId}'`)
      assert.equal(group.ready, false)
    })

    it('is committed at once, unless commitOffsetsOnFirstJoin is false', async () => {
      const topic = await filled(3)
      const committed = async (commitOffsetsOnFirstJoin) => {
        const group = opened.group(topic, { autoCommit: false, commitOffsetsOnFirstJoin })
        await next(group, 'rebalanced')
        const reader = opened.consumer([{ topic }], { groupId: group.options.groupId, paused: true })
        await next(reader.client, 'ready')
        return async () => (await call(reader, 'fetchOffset', [{ topic, partition: 0 }]))[topic][0]
      }
      const look = await committed(true)
      while (await look() !== 0) await new Promise(setImmediate)
      assert.equal(await (await committed(false))(), -1)
    })
  })

  describe('commit', () => {
    it('is where the next member starts', async () => {
      const topic = await filled(3)
      const groupId = uniqueName('group')
      const first = opened.group(topic, { groupId, autoCommit: false })
      await next(first, 'done', (progress) => progress[topic][0] === 2)
      assert.deepEqual(await call(first, 'commit', true), { [topic]: { partition: 0, errorCode: 0 } })
      await call(first, 'close')
      await sendAll(producer, topic, 'after')
      assert.deepEqual(values(await collect(opened.group(topic, { groupId })).take(1)), ['after'])
    })

    it('says so when there is nothing to do', async () => {
      const topic = await filled(0)
      const group = opened.group(topic, { autoCommit: false, commitOffsetsOnFirstJoin: false })
      await next(group, 'rebalanced')
      assert.equal(await call(group, 'commit'), 'Commit not needed')
      assert.deepEqual(await call(group, 'commit', true), { [topic]: { partition: 0, errorCode: 0 } })
      assert.equal(await call(group, 'commit'), 'Offset committing')
    })

    it('commits explicit offsets as they are', async () => {
      const topic = await filled(5)
      const groupId = uniqueName('group')
      const first = opened.group(topic, { groupId, autoCommit: false })
      assert.equal(await call(first, 'sendOffsetCommitRequest', [{ topic, partition: 0, offset: 4 }]),
        'Nothing to be committed')
      await next(first, 'rebalanced')
      await call(first, 'sendOffsetCommitRequest', [{ topic, partition: 0, offset: 4 }])
      await call(first, 'close')
      assert.deepEqual(values(await collect(opened.group(topic, { groupId })).take(1)), ['4'])
    })

    it('is made by close(true) and not by close()', async () => {
      const topic = await filled(3)
      for (const [force, expected] of [[true, 'after'], [false, '0']]) {
        const groupId = uniqueName('group')
        const first = opened.group(topic, { groupId, autoCommit: false })
        await next(first, 'done', (progress) => progress[topic][0] >= 2)
        await call(first, 'close', force)
        await sendAll(producer, topic, 'after')
        assert.deepEqual(values(await collect(opened.group(topic, { groupId })).take(1)), [expected])
      }
    })
  })

  describe('two members', () => {
    /** Two members of one group, when each owns one of the topic's two partitions. */
    async function pair (topic, options = {}) {
      const groupId = uniqueName('group')
      const first = opened.group(topic, { groupId, ...options })
      await next(first, 'rebalanced')
      const second = opened.group(topic, { groupId, ...options })
      const members = [first, second]
      while (!members.every((member) => owned(member).length === 1)) {
        await Promise.race(members.map((member) => next(member, 'rebalanced')))
      }
      return members
    }

    it('share the partitions, and each message goes to one of them', async () => {
      const topic = await filled(0, 2)
      const members = await pair(topic)
      assert.deepEqual(members.map(owned).flat().sort(), [0, 1])
      assert.deepEqual(members.map((member) => owned(member).length), [1, 1])
      const collected = members.map((member) => collect(member))
      for (const partition of [0, 1]) await sendAll(producer, topic, numbered(1000), partition)
      const received = await Promise.all(collected.map(({ take }) => take(1000)))
      assert.deepEqual(received.map(values), [numbered(1000), numbered(1000)])
      assert.deepEqual(received.map((messages) => new Set(messages.map(({ partition }) => partition)).size), [1, 1])
    })

    // What a member commits while partitions move is tested on real Kafka: the embedded broker refuses it.
    it('hand over without gaps or duplicates when one leaves', async () => {
      const topic = await filled(0, 2)
      const [first, second] = await pair(topic)
      const left = collect(first)
      const stays = collect(second)
      for (const partition of [0, 1]) await sendAll(producer, topic, numbered(100), partition)
      await Promise.all([left.take(100), stays.take(100)])
      const takesOver = next(second, 'rebalanced')
      const events = record(second, ['rebalancing', 'connect', 'rebalanced'])
      const [mine] = owned(second)
      await Promise.all([call(first, 'close', true), call(second, 'commit', true)])
      await takesOver
      assert.deepEqual(events, ['rebalancing', 'connect', 'rebalanced'])
      assert.deepEqual(owned(second), [0, 1])
      for (const partition of [0, 1]) await sendAll(producer, topic, numbered(10, 100), partition)
      const messages = await stays.take(120)
      const of = (partition) => values(messages.filter((message) => message.partition === partition))
      assert.deepEqual(of(mine), numbered(110))
      assert.deepEqual(of(1 - mine), numbered(10, 100))
    })

    it('ask onRebalance as members, and wait for it', async () => {
      const topic = await filled(0, 2)
      const asked = []
      const onRebalance = (isMember, done) => {
        asked.push(isMember)
        setImmediate(done)
      }
      await pair(topic, { onRebalance })
      assert.deepEqual(asked.slice(0, 2), [false, false])
      assert.ok(asked.length > 2 && asked.slice(2).every((isMember) => isMember))
    })
  })

  describe('positions', () => {
    it('out of range restart where outOfRangeOffset says', async () => {
      const topic = await filled(3)
      const groupId = uniqueName('group')
      const first = opened.group(topic, { groupId, autoCommit: false })
      await next(first, 'rebalanced')
      await call(first, 'sendOffsetCommitRequest', [{ topic, partition: 0, offset: 1000 }])
      await call(first, 'close')
      const second = opened.group(topic, { groupId, outOfRangeOffset: 'earliest' })
      const { take } = collect(second)
      const error = await next(second, 'offsetOutOfRange')
      assert.deepEqual([error.message, error.topic, error.partition], ['OffsetOutOfRange', topic, 0])
      assert.deepEqual(values(await take(3)), numbered(3))
    })

    it('out of range are an error with outOfRangeOffset none', async () => {
      const topic = await filled(3)
      const groupId = uniqueName('group')
      const first = opened.group(topic, { groupId, autoCommit: false })
      await next(first, 'rebalanced')
      await call(first, 'sendOffsetCommitRequest', [{ topic, partition: 0, offset: 1000 }])
      await call(first, 'close')
      const second = opened.group(topic, { groupId, outOfRangeOffset: 'none' })
      const error = await next(second, 'error')
      assert.equal(error.name, 'InvalidConsumerOffsetError')
      assert.equal(error.message, `Offset out of range for topic "${topic}" partition 0`)
      assert.equal(second.paused, true)
      // resuming without moving it is the same mistake again, and is reported again
      const again = next(second, 'error')
      second.resume()
      assert.equal((await again).message, error.message)
      const { take } = collect(second)
      second.setOffset(topic, 0, 1)
      second.resume()
      assert.deepEqual(values(await take(2)), ['1', '2'])
    })

    it('can be moved, in a handler too', async () => {
      const topic = await filled(100)
      const group = opened.group(topic)
      const { take } = collect(group)
      group.once('message', () => group.setOffset(topic, 0, 98))
      assert.deepEqual(values(await take(3)), ['0', '98', '99'])
      group.setOffset(topic, 0, 99)
      assert.deepEqual(values(await take(4)), ['0', '98', '99', '99'])
      await next(group, 'done')
      assert.deepEqual(group.payloadMap, { [topic]: { 0: 100 } })
    })
  })

  it('holds everything back while it is paused, and stays a member', async () => {
    const topic = await filled(3)
    const group = opened.group(topic)
    const { messages, take } = collect(group)
    await take(3)
    group.pause()
    await sendAll(producer, topic, numbered(1000, 3))
    await collect(opened.group(topic)).take(1003)
    assert.equal(messages.length, 3)
    assert.equal(group.ready, true)
    group.resume()
    assert.deepEqual(values(await take(1003)), numbered(1003))
  })

  describe('close', () => {
    it('calls back with null, also before joining, twice, and in a handler', async () => {
      const topic = await filled(100)
      const early = opened.group(topic)
      assert.deepEqual(await new Promise((resolve) => early.close((...args) => resolve(args))), [null])
      const group = opened.group(topic)
      await new Promise((resolve) => group.once('message', () => group.close(resolve)))
      await call(group, 'close', true)
      assert.equal(group.closed, true)
      group.connect()
      assert.equal(group.connecting, false)
    })
  })

  it('continues after an outage', async () => {
    const topic = await filled(3)
    const group = opened.group(topic)
    group.on('error', () => {})
    const { messages, take } = collect(group)
    await take(3)
    const down = next(group.client, 'socket_error')
    await broker.setDown()
    await down
    await broker.setUp()
    await sendAll(producer, topic, numbered(3, 3))
    await take(6)
    assert.deepEqual([...new Set(values(messages))], numbered(6))
  })
})
