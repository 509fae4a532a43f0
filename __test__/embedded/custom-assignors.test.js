'use strict'

const { after, before, beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const TimeoutError = require('../../lib/errors/TimeoutError')
const { Opened, call, next, record, startWatched, uniqueName } = require('../support/embedded')

/** Gives every partition to the member with the highest weight in its user data. */
const heaviest = (topicPartitions, members, callback) => {
  const [first] = members.slice().sort((a, b) => (b.userData?.weight ?? 0) - (a.userData?.weight ?? 0))
  callback(null, [{ memberId: first.id, topicPartitions, version: 0 }])
}

describe('A custom assignment protocol', { timeout: 120000 }, () => {
  let broker
  let opened
  let topic

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())
  beforeEach(async (context) => {
    opened = new Opened(context, broker)
    topic = uniqueName('topic')
    await broker.createTopic(topic, 4)
  })

  const owned = (member) => member.topicPayloads.map(({ partition }) => partition).sort()
  /**
   * @param {any} assign
   * @param {Partial<import('../..').CustomPartitionAssignmentProtocol>} [more]
   * @returns {import('../..').CustomPartitionAssignmentProtocol}
   */
  const protocolOf = (assign, more = {}) => ({ name: 'mine', version: 0, assign, ...more })

  /** A member whose errors are collected, not thrown. */
  function member (protocol, options = {}) {
    const group = opened.group(topic, { protocol, ...options })
    group.on('error', () => {})
    return group
  }

  it('gets partitions and members, and its assignment takes effect', async () => {
    const calls = []
    const group = member(protocolOf((topicPartitions, members, callback) => {
      calls.push([topicPartitions, members])
      setImmediate(callback, null, [{ memberId: members[0].id, topicPartitions: { [topic]: ['3', 1] }, version: 0 }])
    }, { version: 2, userData: { zone: 'a' } }))
    await next(group, 'rebalanced')
    assert.deepEqual(owned(group), [1, 3])
    assert.deepEqual(calls, [[
      { [topic]: ['0', '1', '2', '3'] },
      [{ subscription: [topic], version: 2, userData: { zone: 'a' }, id: group.memberId }]
    ]])
    assert.deepEqual(group.protocols[0].subscription, [topic])
  })

  it('is run by the leader alone, with each member\'s user data; both learn what the leader tells them', async () => {
    const groupId = uniqueName('group')
    const runs = []
    const assign = (name) => (topicPartitions, members, callback) => {
      runs.push([name, members.length])
      callback(null, members.map(({ id, userData }) => ({
        memberId: id,
        topicPartitions: { [topic]: userData.odd ? ['1', '3'] : ['0', '2'] },
        version: 0,
        userData: { of: name, members: members.length }
      })))
    }
    const first = member(protocolOf(assign('first'), { userData: { odd: false } }), { groupId })
    await next(first, 'rebalanced')
    const second = member(protocolOf(assign('second'), { userData: { odd: true } }), { groupId })
    await next(second, 'rebalanced')
    if (!first.ready) await next(first, 'rebalanced')
    assert.deepEqual([owned(first), owned(second)], [[0, 2], [1, 3]])
    assert.deepEqual([first.isLeader, second.isLeader].sort(), [false, true])
    const leader = first.isLeader ? 'first' : 'second'
    assert.deepEqual(runs.at(-1), [leader, 2])
    assert.deepEqual(first.assignedUserData, { of: leader, members: 2 })
    assert.deepEqual(second.assignedUserData, { of: leader, members: 2 })

    await call(first, 'close')
    await next(second, 'rebalanced', () => second.assignedUserData.members === 1)
    assert.equal(second.isLeader, true)
    assert.deepEqual(runs.at(-1), ['second', 1])
  })

  it('tells the leader the current user data', async () => {
    const groupId = uniqueName('group')
    const light = protocolOf(heaviest, { userData: { weight: 1 } })
    const first = member(light, { groupId })
    await next(first, 'rebalanced')
    first.once('rebalancing', () => { light.userData = { weight: 3 } })
    const second = member(protocolOf(heaviest, { userData: { weight: 2 } }), { groupId })
    await next(second, 'rebalanced')
    if (!first.ready) await next(first, 'rebalanced')
    assert.deepEqual([owned(first).length, owned(second).length], [4, 0])
  })

  it('may have the name of a built-in one', async () => {
    const nothing = (topicPartitions, members, callback) => callback(null, [])
    const group = member(protocolOf(nothing, { name: 'range' }))
    await next(group, 'rebalanced')
    assert.deepEqual(owned(group), [])
  })

  it('is refused in kafka-node\'s own words if it is invalid', () => {
    const refused = [
      [[null], /^protocol is null$/],
      [{}, /^assign function is not defined in the protocol$/],
      [{ assign () {} }, /^name must be given to protocol$/],
      [{ assign () {}, name: 'n' }, /^version must be >= 0$/],
      [{ assign () {}, name: 'n', version: 40000 }, /^version must be <= 32767$/]
    ]
    for (const [protocol, message] of refused) {
      assert.throws(() => opened.group(topic, { protocol }), { name: 'AssertionError', message })
    }
  })

  describe('that fails', () => {
    /** @type {Record<string, [assign: any, message: RegExp]>} */
    const failures = {
      'with an error for its callback': [
        (partitions, members, callback) => callback(new Error('no idea')),
        /^no idea$/
      ],
      'by throwing': [() => { throw new Error('no idea') }, /^no idea$/],
      'by a rejected promise': [async () => { throw new Error('no idea') }, /^no idea$/],
      'since it is no function': ['assign', /assign is not a function/],
      'by naming a member that is not there': [
        (partitions, members, callback) => callback(null, [{ memberId: 'x', topicPartitions: partitions }]),
        /^protocol mine: assign called back with memberId "x", which is not in the group/
      ],
      'by naming a partition that is not there': [
        (partitions, [{ id }], callback) => callback(null, [{ memberId: id, topicPartitions: { [topic]: [4] } }]),
        /^protocol mine: assign called back with partition 4 of topic .*, which does not exist$/
      ]
    }
    for (const [how, [assign, message]] of Object.entries(failures)) {
      it(`${how} gives an error, and the member stays out until connect()`, async () => {
        const protocol = protocolOf(assign)
        const group = member(protocol)
        const error = await next(group, 'error')
        assert.match(error.message, message)
        assert.deepEqual([group.ready, group.connecting], [false, false])
        protocol.assign = heaviest
        group.connect()
        await next(group, 'rebalanced')
        assert.deepEqual(owned(group), [0, 1, 2, 3])
      })
    }

    it('by user data that is not JSON gives an error too', async () => {
      /** @type {{ itself?: object }} */
      const userData = {}
      userData.itself = userData
      const protocol = protocolOf(heaviest, { userData })
      const group = member(protocol)
      assert.match((await next(group, 'error')).message, /circular/)
      delete protocol.userData
      group.connect()
      await next(group, 'rebalanced')
    })

    it('leaves the group to the others', async () => {
      const groupId = uniqueName('group')
      let fail = false
      const first = member(protocolOf((partitions, members, callback) =>
        fail ? callback(new Error('no idea')) : heaviest(partitions, members, callback)), { groupId })
      await next(first, 'rebalanced')
      fail = true
      const failed = next(first, 'error')
      const second = member(protocolOf(heaviest), { groupId })
      await next(second, 'rebalanced', () => owned(second).length === 4)
      assert.equal((await failed).message, 'no idea')
      assert.equal(first.ready, false)
    })
  })

  describe('that takes long', () => {
    it('may take a while', async () => {
      const group = member(protocolOf((...args) => setTimeout(heaviest, 500, ...args)))
      await next(group, 'rebalanced')
      assert.deepEqual(owned(group), [0, 1, 2, 3])
    })

    it('is abandoned after half a session, and called again', async () => {
      const kept = []
      const group = member(protocolOf((topicPartitions, members, callback) => {
        kept.push(callback)
        if (kept.length === 2) heaviest(topicPartitions, members, callback)
      }))
      const events = record(group, ['error', 'rebalanced'])
      const error = await next(group, 'error')
      assert.ok(error instanceof TimeoutError)
      assert.match(error.message, /^protocol mine: assign gave no assignment within 1500ms, half of sessionTimeout/)
      kept[0](new Error('too late to count'))
      await next(group, 'rebalanced')
      assert.deepEqual(events, ['error', 'rebalanced'])
      assert.deepEqual(owned(group), [0, 1, 2, 3])
    })

    it('counts once, no matter how often it calls back', async () => {
      const group = member(protocolOf((topicPartitions, members, callback) => {
        heaviest(topicPartitions, members, callback)
        callback(null, [])
        callback(new Error('again'))
      }))
      const events = record(group, ['error'])
      await next(group, 'rebalanced')
      assert.deepEqual(owned(group), [0, 1, 2, 3])
      assert.deepEqual(events, [])
    })

    it('does not hold up close', async () => {
      let late
      const asked = new Promise((resolve) => { late = resolve })
      const group = member(protocolOf((partitions, members, callback) => late(callback)), { sessionTimeout: 60000 })
      const events = record(group, ['error', 'rebalanced'])
      const callback = await asked
      await call(group, 'close')
      callback(null, [])
      assert.deepEqual(events, [])
    })

    it('lets the topics change in the meantime', async () => {
      const other = uniqueName('other')
      await broker.createTopic(other, 1)
      let ask
      const asked = new Promise((resolve) => { ask = resolve })
      const protocol = protocolOf(ask)
      const group = member(protocol)
      await asked
      protocol.assign = heaviest
      await call(group, 'addTopics', other)
      await next(group, 'rebalanced', () => owned(group).length === 5)
    })

    it('is not called at all if the event loop was blocked for too long', async () => {
      let runs = 0
      const group = member(protocolOf((topicPartitions, members, callback) => {
        runs++
        heaviest(topicPartitions, members, callback)
      }))
      const events = record(group, ['error', 'rebalanced'])
      await next(group.client, 'ready')
      // in the next turn, so that the join is in flight; no promise or timer may run meanwhile
      await new Promise(setImmediate)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000)
      if (!group.ready) await next(group, 'rebalanced')
      assert.deepEqual(owned(group), [0, 1, 2, 3])
      assert.equal(runs, 1)
      assert.ok(events.filter((event) => event === 'error').length >= 1)
    })
  })
})
