'use strict'

// What members of groups tell each other: any bytes may come from another client, and names may be anything.

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const theirs = require('kafkajs').AssignerProtocol
const ours = require('../../../kafkajs').AssignerProtocol
const { decodeAssignment, decodeSubscription, encodeSubscription } = require('../../../core/group/memberMetadata')
const range = require('../../../lib/assignment/range')
const roundrobin = require('../../../lib/assignment/roundrobin')
const roundRobinAssigner = require('../../../kafkajs/consumer/assigners/roundRobin')
const { bytes, configure, fc, names } = require('../../support/properties')

configure(500)

const EMPTY = { version: 0, userData: Buffer.alloc(0) }

const topicNames = fc.uniqueArray(names, { maxLength: 5 })
const plainNames = names.filter((name) => name !== '__proto__')
const assignments = fc.uniqueArray(fc.tuple(plainNames, fc.array(fc.nat(1000), { maxLength: 5 })),
  { maxLength: 4, selector: ([name]) => name }).map((entries) => Object.fromEntries(entries))
const versions = fc.integer({ min: 0, max: 3 })

/** Messages of members: whole ones, cut off, with a byte changed, or no message at all. */
const messages = fc.oneof(
  bytes,
  fc.tuple(topicNames, versions, bytes, fc.nat(), fc.option(fc.tuple(fc.nat(), fc.nat(255))))
    .map(([topics, version, userData, cut, change]) => {
      const whole = Buffer.from(ours.MemberMetadata.encode({ version, topics, userData }))
      if (change !== null && whole.length > 0) whole[change[0] % whole.length] = change[1]
      return whole.subarray(0, whole.length - cut % 3)
    }),
  fc.tuple(assignments, versions, bytes, fc.option(fc.tuple(fc.nat(), fc.nat(255))))
    .map(([assignment, version, userData, change]) => {
      const whole = Buffer.from(ours.MemberAssignment.encode({ version, assignment, userData }))
      if (change !== null) whole[change[0] % whole.length] = change[1]
      return whole
    })
)

/** @param {() => any} call @returns {any} a plain copy of the result; the name of an error */
function outcome (call) {
  try {
    const result = call()
    return Buffer.isBuffer(result) ? result.toString('hex') : structuredClone(result)
  } catch (error) {
    return /** @type {Error} */ (error).name
  }
}

/** Members with a name and what they have subscribed to, and all topics with their partitions. */
const groups = fc.record({
  topics: fc.uniqueArray(fc.tuple(names, fc.nat(6)), { minLength: 1, maxLength: 5, selector: ([name]) => name }),
  members: fc.uniqueArray(fc.tuple(names, fc.infiniteStream(fc.boolean())), {
    minLength: 1, maxLength: 5, selector: ([name]) => name
  })
}).map(({ topics, members }) => ({
  topics: topics.map(([name, count]) => ({ name, partitions: Array.from({ length: count }, (_, i) => i) })),
  members: members.map(([id, chance]) =>
    ({ id, subscription: topics.map(([name]) => name).filter(() => chance.next().value) }))
}))

/**
 * Every partition of a topic with subscribers is in one assignment, of one of them.
 *
 * @param {any} group
 * @param {Array<{ memberId: string, entries: Array<[string, number[]]> }>} results
 */
function assertDealtOut ({ topics, members }, results) {
  /** @type {string[]} */
  const dealt = []
  for (const { memberId, entries } of results) {
    const { subscription } = members.find((/** @type {any} */ { id }) => id === memberId)
    for (const [topic, partitions] of entries) {
      assert.ok(subscription.includes(topic), `${memberId} has not subscribed to ${topic}`)
      for (const partition of partitions) dealt.push(`${topic} ${partition}`)
    }
  }
  const wanted = topics
    .filter((/** @type {any} */ { name }) => members.some((/** @type {any} */ one) => one.subscription.includes(name)))
    .flatMap((/** @type {any} */ { name, partitions }) => partitions.map((/** @type {number} */ id) => `${name} ${id}`))
  assert.deepEqual(dealt.sort(), wanted.sort())
}

describe('messages of group members', () => {
  it('of the second door are read and written as KafkaJS does, byte for byte', () => {
    fc.assert(fc.property(topicNames, assignments, versions, bytes, (topics, assignment, version, userData) => {
      for (const [what, message] of /** @type {any} */ ([
        ['MemberMetadata', { version, topics, userData }], ['MemberMetadata', { version, topics }],
        ['MemberAssignment', { version, assignment, userData }], ['MemberAssignment', { version, assignment }]
      ])) {
        const written = ours[what].encode(message)
        assert.equal(outcome(() => written), outcome(() => theirs[what].encode(message)))
        assert.deepEqual(outcome(() => ours[what].decode(written)), outcome(() => theirs[what].decode(written)))
      }
    }))
  })

  it('of anybody end in a result or a RangeError, as with KafkaJS', () => {
    fc.assert(fc.property(messages, (message) => {
      for (const what of /** @type {const} */ (['MemberMetadata', 'MemberAssignment'])) {
        const result = outcome(() => ours[what].decode(message))
        assert.ok(typeof result !== 'string' || result === 'RangeError', `${result} for ${message.toString('hex')}`)
      }
    }))
  })

  it('of anybody have a result for the first door, of no more than their bytes', () => {
    fc.assert(fc.property(messages, (message) => {
      const { subscription } = decodeSubscription(message)
      const { partitions } = decodeAssignment(message)
      const partitionCount = Object.values(partitions).reduce((sum, list) => sum + list.length, 0)
      assert.ok(2 * subscription.length <= message.length && 4 * partitionCount <= message.length)
    }))
  })

  it('of the first door are read as they were written', () => {
    fc.assert(fc.property(topicNames, versions, fc.option(fc.jsonValue()), (subscription, version, userData) => {
      const read = decodeSubscription(encodeSubscription({ version, subscription, userData }))
      const expected = userData ? JSON.parse(JSON.stringify(userData)) : undefined
      assert.deepEqual(read, { subscription, version, userData: expected })
    }))
  })
})

describe('assignors', () => {
  for (const assignor of [range, roundrobin]) {
    it(`${assignor.name} gives each partition to one member that has subscribed to it`, () => {
      fc.assert(fc.property(groups, (group) => {
        /** @type {Record<string, number[]>} */
        const topicPartitions = {}
        for (const { name, partitions } of group.topics) {
          Object.defineProperty(topicPartitions, name, { value: partitions, enumerable: true, configurable: true })
        }
        assignor.assign(topicPartitions, group.members, (error, results) => {
          assert.equal(error, null)
          assertDealtOut(group, results.map(({ memberId, topicPartitions }) =>
            ({ memberId, entries: Object.entries(topicPartitions).map(([topic, ids]) => [topic, ids.map(Number)]) })))
        })
      }))
    })
  }

  it('of the second door gives each partition to one member that has subscribed to it', async () => {
    await fc.assert(fc.asyncProperty(groups, async (group) => {
      const partitions = new Map(group.topics.map(({ name, partitions }) => [name, partitions]))
      const cluster = {
        findTopicPartitionMetadata: (/** @type {string} */ topic) =>
          (partitions.get(topic) || []).map((partitionId) => ({ partitionId }))
      }
      const members = group.members.map(({ id, subscription }) =>
        ({ memberId: id, memberMetadata: ours.MemberMetadata.encode({ ...EMPTY, topics: subscription }) }))
      const results = await roundRobinAssigner({ cluster }).assign({ members, topics: group.members[0].subscription })
      assertDealtOut(group, results.map(({ memberId, memberAssignment }) =>
        ({ memberId, entries: Object.entries(ours.MemberAssignment.decode(memberAssignment).assignment) })))
    }))
  })
})
