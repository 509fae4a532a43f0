'use strict'

const { section } = require('../support/section')

const ALL = [0, 1, 2, 3]

/**
 * Members of one group, each with what it has and what it has read.
 *
 * @param {import('../support/trace').Trace} t
 * @param {string} groupId
 * @param {string} topic
 * @param {any} [options]
 * @param {any} [run]
 */
async function member (t, groupId, topic, options = {}, run = {}) {
  const consumer = t.consumer({ groupId, ...options })
  /** @type {{ consumer: any, has: number[], memberId: string, joins: number }} */
  const state = { consumer, has: [], memberId: '', joins: 0 }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    state.has = [...(payload.memberAssignment[topic] || [])].map(Number).sort()
    state.memberId = payload.memberId
    state.joins++
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async () => {}, ...run })
  return state
}

/** @param {{ has: number[] }[]} members whether they share all partitions, each one once */
const shared = (...members) => members.flatMap(({ has }) => has).sort().join() === ALL.join()

module.exports = section('Rebalance', (scenario) => {
  scenario('the assigner by itself', { contract: '4.10' }, async (t) => {
    const { PartitionAssigners, AssignerProtocol } = t.kafkajs
    const partitions = { a: [0, 1, 2], b: [0, 1] }
    // as much of a cluster as an assigner asks for
    const assigner = PartitionAssigners.roundRobin(/** @type {any} */ ({
      cluster: {
        findTopicPartitionMetadata: (/** @type {'a' | 'b'} */ topic) =>
          partitions[topic].map((partitionId) => ({ partitionId, leader: 1 }))
      }
    }))
    t.log('assigner', assigner.name, assigner.version)
    t.log('protocol', assigner.protocol({ topics: ['a', 'b'] }))
    const topics = ['a', 'b']
    const memberMetadata = AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) })
    const assigned = await assigner.assign({
      members: ['m2', 'm1'].map((memberId) => ({ memberId, memberMetadata })), topics
    })
    for (const { memberId, memberAssignment } of assigned) {
      t.log('assigned', memberId, AssignerProtocol.MemberAssignment.decode(memberAssignment))
    }
  })

  scenario('the bytes of the protocol', { contract: '4.10' }, (t) => {
    const { MemberMetadata, MemberAssignment } = t.kafkajs.AssignerProtocol
    t.log('metadata', MemberMetadata.encode({ version: 0, topics: ['a', 'b'], userData: Buffer.from('x') }))
    t.log('metadata', MemberMetadata.encode({ version: 1, topics: [] }))
    t.log('metadata', MemberMetadata.decode(MemberMetadata.encode({ version: 1, topics: ['é'] })))
    const assignment = { version: 0, assignment: { a: [0, 2], b: [1] }, userData: Buffer.alloc(0) }
    t.log('assignment', MemberAssignment.encode(assignment))
    t.log('assignment', MemberAssignment.decode(MemberAssignment.encode(assignment)))
    t.log('empty', MemberAssignment.decode(Buffer.alloc(0)))
    t.log('empty', (() => {
      try { return MemberMetadata.decode(Buffer.alloc(0)) } catch (error) { return /** @type {any} */ (error).name }
    })())
  })

  scenario('one member has all partitions', { contract: '4.9, 4.10' }, async (t) => {
    const [topic, group] = [await t.topic(4), t.name('group')]
    const one = await member(t, group, topic)
    await t.until(() => shared(one), 'all partitions')
    t.log('has', one.has)
    const { state, protocol, members } = await t.members(group)
    t.log('group', state, protocol, members.length)
  })

  scenario('a second member joins, and leaves', { contract: '4.9' }, async (t) => {
    const [topic, group] = [await t.topic(4), t.name('group')]
    const one = await member(t, group, topic)
    const events = ({ consumer }, /** @type {string} */ track) =>
      t.events(track, consumer, ['REBALANCING', 'CRASH'], (payload) => Object.keys(payload))
    events(one, 'first')
    const two = await member(t, group, topic)
    await t.until(() => one.has.length === 2 && two.has.length === 2 && shared(one, two), 'two each')
    t.log('each', one.has.length, two.has.length)
    await two.consumer.disconnect()
    await t.until(() => shared(one), 'all partitions again')
    t.log('has', one.has)
  })

  scenario('nothing is lost when partitions move', { contract: '4.9 (Q59)' }, async (t) => {
    const [topic, group] = [await t.topic(4), t.name('group')]
    const read = new Set()
    const run = { eachMessage: async ({ message }) => { read.add(String(message.value)) } }
    const values = (/** @type {number} */ from) => Array.from({ length: 40 }, (_, i) => ({
      value: String(from + i), partition: i % 4
    }))
    const one = await member(t, group, topic, {}, run)
    await t.produce(topic, values(0))
    const two = await member(t, group, topic, {}, run)
    await t.produce(topic, values(40))
    await t.until(() => one.has.length === 2 && two.has.length === 2, 'two each')
    await one.consumer.disconnect()
    await t.produce(topic, values(80))
    await t.until(() => read.size === 120, 'all records')
    t.log('read', read.size)
  })

  scenario('an original member and one of this side share a group', { contract: '4.10, 12.4' }, async (t) => {
    const [topic, group] = [await t.topic(4), t.name('group')]
    const original = require('kafkajs')
    const theirs = t.closing(new original.Kafka({ brokers: [t.brokers], clientId: 'compat', logLevel: 0 })
      .consumer({ groupId: group, heartbeatInterval: 300, maxWaitTimeInMs: 100 }))
    /** @type {{ has: number[] }} */
    const other = { has: [] }
    theirs.on(theirs.events.GROUP_JOIN, ({ payload }) => { other.has = payload.memberAssignment[topic] || [] })
    await theirs.connect()
    await theirs.subscribe({ topic })
    await theirs.run({ eachMessage: async () => {} })
    const mine = await member(t, group, topic)
    await t.until(() => mine.has.length === 2 && shared(mine, other), 'two each')
    t.log('each', mine.has.length, other.has.length)
    t.log('protocol', (await t.members(group)).protocol)
  })

  scenario('an assigner of one\'s own', { contract: '4.10' }, async (t) => {
    const [topic, group] = [await t.topic(4), t.name('group')]
    const { MemberMetadata, MemberAssignment } = t.kafkajs.AssignerProtocol
    /** @param {any} context */
    const own = (context) => {
      t.log('context', ['cluster', 'groupId', 'logger'].every((key) => context[key] !== undefined), context.groupId)
      return {
        name: 'Own',
        version: 3,
        protocol: ({ topics }) => {
          t.log('protocol', topics)
          return { name: 'Own', metadata: MemberMetadata.encode({ version: 3, topics, userData: Buffer.from('mine') }) }
        },
        assign: async ({ members, topics }) => {
          t.log('assign', topics, members.map(({ memberMetadata }) =>
            MemberMetadata.decode(memberMetadata)))
          t.log('metadata', context.cluster.findTopicPartitionMetadata(topic)
            .map(({ partitionId }) => partitionId).sort())
          return members.map(({ memberId }) => ({
            memberId,
            memberAssignment: MemberAssignment.encode({
              version: 3, assignment: { [topic]: [1, 3] }, userData: Buffer.alloc(0)
            })
          }))
        }
      }
    }
    const one = await member(t, group, topic, { partitionAssigners: [own, t.kafkajs.PartitionAssigners.roundRobin] })
    await t.until(() => one.joins > 0, 'the join')
    t.log('has', one.has)
    t.log('group', (await t.members(group)).protocol)
  })

  scenario('an assigner that the others do not have', { contract: '4.8' }, async (t) => {
    const [topic, group] = [await t.topic(4), t.name('group')]
    await member(t, group, topic)
    const { roundRobin } = t.kafkajs.PartitionAssigners
    const other = (context) => ({ ...roundRobin(context), name: 'Other' })
    const consumer = t.consumer({ groupId: group, partitionAssigners: [
      (context) => {
        const assigner = other(context)
        return { ...assigner, protocol: (subscription) =>
          ({ ...assigner.protocol(subscription), name: 'Other' }) }
      }] })
    const crash = t.nextEvent(consumer, 'CRASH')
    await consumer.subscribe({ topic })
    await t.outcome('run', () => consumer.run({ eachMessage: async () => {} }))
    t.log('crash', (await crash).payload)
  })

  scenario('topics of a pattern', { contract: '4.2 (Q54)' }, async (t) => {
    const group = t.name('group')
    const names = [t.name('pattern'), t.name('pattern')]
    const topics = names.map((topic) => ({ topic }))
    await t.administer((admin) => admin.createTopics({ topics, waitForLeaders: false }))
    await t.visible(...names)
    const consumer = t.consumer({ groupId: group })
    const joined = t.nextEvent(consumer, 'GROUP_JOIN')
    await consumer.subscribe({ topics: [new RegExp(names[0].replace(/\d+$/, '\\d+$'))] })
    await consumer.run({ eachMessage: async () => {} })
    const { payload: { memberAssignment } } = await joined
    t.log('assigned', Object.keys(memberAssignment).sort())
  })

  scenario('nothing subscribed', { contract: '4.2' }, async (t) => {
    const consumer = t.consumer()
    const joined = t.nextEvent(consumer, 'GROUP_JOIN')
    await t.outcome('run', () => consumer.run({ eachMessage: async () => {} }))
    t.log('assigned', (await joined).payload.memberAssignment)
  })

  scenario('members with different topics', {
    contract: '4.9 (Q55)',
    meant: {
      first: { id: 'Q55', original: 'varies', ours: ['true'] },
      second: { id: 'Q55', original: 'varies', ours: ['true'] }
    }
  }, async (t) => {
    const [a, b, group] = [await t.topic(2), await t.topic(2), t.name('group')]
    const one = await member(t, group, a)
    const two = await member(t, group, b)
    // KafkaJS deals the leader's topics to everybody: waiting for it would take for ever.
    if (t.side === 'ours') await t.until(() => one.has.length === 2 && two.has.length === 2, 'two each')
    t.log('first', one.has.join() === '0,1')
    t.log('second', two.has.join() === '0,1')
  })
})
