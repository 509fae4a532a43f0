'use strict'

const { AssignerProtocol } = require('kafkajs')

const { kafkaJs } = require('../../support/kafka')
const { section } = require('../support/section')
const { show } = require('../support/show')

const FAST = { sessionTimeout: 6000, heartbeatInterval: 500, retryMinTimeout: 200, fromOffset: 'earliest' }
const EVENTS = ['rebalancing', 'connect', 'rebalanced', 'error']

/** @param {any} group @returns {number[]} */
const owned = (group) => (group.topicPayloads || []).map((/** @type {any} */ { partition }) => partition).sort()

/** Odd partitions go to the members whose user data says so, even ones to the others. */
function assignByRole (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
  callback(null, members.map(({ id, userData }) => {
    /** @type {Record<string, string[]>} */
    const share = {}
    for (const [topic, ids] of Object.entries(topicPartitions)) {
      share[topic] = ids.filter((/** @type {string} */ partition) => Number(partition) % 2 === (userData.odd ? 1 : 0))
    }
    return { memberId: id, topicPartitions: share, version: 0 }
  }))
}

/**
 * @param {string[]} topics
 * @param {Buffer} userData
 * @returns {Buffer} the metadata of a member
 */
const encode = (topics, userData) => AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData })

module.exports = section('ConsumerGroup with custom protocols', (scenario) => {
  scenario('what assign gets, and what becomes of its answer', { contract: '8.7' }, async (t) => {
    const topic = await t.topic(3)
    /** @type {any} */
    const protocol = {
      name: 'mine',
      version: 1,
      userData: { zone: 'a', list: [1, { b: null }] },
      assign (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
        t.log('assign', topicPartitions, members.map(({ id, ...member }) => member), arguments.length)
        t.log('member', members[0].id === group.memberId, group.isLeader, typeof group.generationId, group.ready)
        callback(null, [{ memberId: members[0].id, topicPartitions: { [topic]: ['2', 0] }, version: 0, userData: 'u' }])
      }
    }
    const group = t.watch('events', t.group({ ...FAST, groupId: t.name('group'), protocol }, topic), EVENTS)
    await t.seen('events', 'rebalanced')
    t.log('owned', owned(group), group.isLeader)
    t.log('protocols', group.protocols.length, group.protocols[0] === protocol, protocol.subscription)
  })

  scenario('a member without user data, and an assignment without entries', { contract: '8.7' }, async (t) => {
    const topic = await t.topic(2)
    for (const result of [[], undefined, null]) {
      const protocol = {
        name: 'mine',
        version: 0,
        assign (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
          t.log('assign', topicPartitions, members.map(({ id, ...member }) => member))
          setTimeout(callback, 20, null, result)
        }
      }
      const group = t.group({ ...FAST, groupId: t.name('group'), protocol }, topic)
      await t.event(group, 'rebalanced')
      t.log('owned', owned(group), group.ready)
    }
  })

  scenario('two members share by their user data', { contract: '8.7', timeout: 120000 }, async (t) => {
    const topic = await t.topic(4)
    const groupId = t.name('group')
    /** @param {boolean} odd */
    const member = (odd) => t.group({
      ...FAST, groupId, protocol: [{ name: 'roles', version: 0, userData: { odd }, assign: assignByRole }, 'range']
    }, topic)
    const first = t.watch('first', member(false), ['error'])
    await t.event(first, 'rebalanced')
    t.log('alone', owned(first))
    const second = t.watch('second', member(true), ['error'])
    await t.until(() => owned(second).length === 2 && first.ready && second.ready, 'a share for the second')
    t.log('both', owned(first), owned(second))
  })

  scenario('the first protocol that all members have', { contract: '8.7', timeout: 120000 }, async (t) => {
    const topic = await t.topic(4)
    const groupId = t.name('group')
    const mine = {
      name: 'mine',
      version: 0,
      assign (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
        t.log('assign', members.length)
        callback(null, [{ memberId: members[0].id, topicPartitions: { [topic]: [3] }, version: 0 }])
      }
    }
    const first = t.watch('first', t.group({ ...FAST, groupId, protocol: [mine, 'range'] }, topic), ['error'])
    await t.event(first, 'rebalanced')
    t.log('alone', owned(first))
    const second = t.watch('second', t.group({ ...FAST, groupId, protocol: ['range'] }, topic), ['error'])
    await t.until(() => owned(first).length + owned(second).length === 4 && first.ready && second.ready, 'all owned')
    t.log('both', owned(first).length, owned(second).length)
  })

  scenario('user data that is not JSON', { contract: '8.7', timeout: 120000 }, async (t) => {
    const topic = await t.topic(2)
    const groupId = t.name('group')
    const protocol = {
      name: 'mine',
      version: 0,
      userData: 5,
      assign (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
        if (members.length > 1) t.log('user data', members.map(({ userData }) => show(userData)).sort())
        callback(null, members.map(({ id }, i) => ({ memberId: id, topicPartitions: { [topic]: [i] }, version: 0 })))
      }
    }
    await t.event(t.group({ ...FAST, groupId, protocol }, topic), 'rebalanced')
    const other = kafkaJs(t.brokers).consumer({
      groupId,
      sessionTimeout: 6000,
      heartbeatInterval: 500,
      partitionAssigners: [() => ({
        name: 'mine',
        version: 0,
        protocol: ({ topics }) => ({ name: 'mine', metadata: encode(topics, Buffer.from('not JSON')) }),
        assign: async () => []
      })]
    })
    await other.connect()
    await other.subscribe({ topics: [topic] })
    await other.run({ eachMessage: async () => {} })
    await t.seen('user data', '[')
    await other.disconnect()
  })

  scenario('an error for the callback', { contract: '8.7' }, async (t) => {
    const topic = await t.topic()
    let failures = 0
    const protocol = {
      name: 'mine',
      version: 0,
      assign (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
        if (failures++ === 0) return callback(Object.assign(new Error('no idea'), { mine: true }))
        callback(null, [{ memberId: members[0].id, topicPartitions, version: 0 }])
      }
    }
    const group = t.watch('events', t.group({ ...FAST, groupId: t.name('group'), protocol }, topic), EVENTS)
    await t.seen('events', 'error')
    t.log('flags', group.ready, group.connecting, owned(group))
    group.connect()
    await t.seen('events', 'rebalanced')
    t.log('owned', owned(group), failures)
  })

  scenario('a throw in assign', {
    contract: '8.7',
    isolated: true,
    meant: {
      uncaught: { id: 'D27', original: ["[Error 'no idea']"], ours: [] },
      events: { id: 'D27', original: ['rebalancing ()'], ours: ['rebalancing ()', "error ([Error 'no idea'])"] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const protocol = { name: 'mine', version: 0, assign: () => { throw new Error('no idea') } }
    t.watch('events', t.group({ ...FAST, groupId: t.name('group'), protocol }, topic), EVENTS)
    await t.until(() => t.count('events', 'error') + t.count('uncaught', '[') > 0, 'the error')
  })

  scenario('an assignment to a member that is not there', {
    contract: '8.7',
    meant: {
      events: {
        id: 'D27',
        original: ['rebalancing ()', 'connect ()', 'rebalanced ()'],
        ours: ['rebalancing ()', /^error \(\[Error 'protocol mine: assign called back with memberId "nobody"/]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const assign = (/** @type {any} */ topicPartitions, /** @type {any} */ members, /** @type {any} */ callback) =>
      callback(null, [{ memberId: 'nobody', topicPartitions, version: 0 }])
    const protocol = { name: 'mine', version: 0, assign }
    t.watch('events', t.group({ ...FAST, groupId: t.name('group'), protocol }, topic), EVENTS)
    await t.until(() => t.count('events', 'error') + t.count('events', 'rebalanced') > 0, 'the end of the join')
  })

  scenario('an assignment that takes most of a session', {
    contract: '8.7',
    meant: {
      events: {
        id: 'D28',
        original: ['rebalancing ()', 'connect ()', 'rebalanced ()'],
        ours: ['rebalancing ()', /^error \(\[TimeoutError 'protocol mine: assign gave no assignment within 3000ms/]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const assign = (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) => {
      setTimeout(callback, 4000, null, [{ memberId: members[0].id, topicPartitions, version: 0 }])
    }
    const protocol = { name: 'mine', version: 0, assign }
    t.watch('events', t.group({ ...FAST, groupId: t.name('group'), protocol }, topic), EVENTS)
    await t.until(() => t.count('events', 'error') + t.count('events', 'rebalanced') > 0, 'the end of the join')
  })

  scenario('what other clients see of an assignment', {
    contract: '8.7', meant: { version: { id: 'D29', original: ['5'], ours: ['0'] } }
  }, async (t) => {
    const topic = await t.topic(2)
    const groupId = t.name('group')
    const assign = (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) =>
      callback(null, [{ memberId: members[0].id, topicPartitions, version: 5, userData: { rank: 1 } }])
    const protocol = { name: 'mine', version: 2, userData: { zone: 'ü' }, assign }
    await t.event(t.group({ ...FAST, groupId, protocol }, topic), 'rebalanced')
    const admin = new t.kafka.Admin(await t.readyClient())
    const groups = await new Promise((resolve, reject) => {
      admin.describeGroups([groupId], (/** @type {any} */ error, /** @type {any} */ result) =>
        error ? reject(error) : resolve(result))
    })
    const [{ memberMetadata, memberAssignment }] = groups[groupId].members
    t.log('group', groups[groupId].protocol, groups[groupId].protocolType)
    t.log('metadata', memberMetadata.subscription, memberMetadata.version, memberMetadata.userData)
    t.log('assignment', memberAssignment.partitions, memberAssignment.userData)
    t.log('version', memberAssignment.version)
  })
})
