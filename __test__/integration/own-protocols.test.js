'use strict'

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const { ConsumerGroup } = require('../..')
const { call, collect, next } = require('../support/embedded')
const kafka = require('../support/kafka')

const PARTITIONS = 6
/** The shortest session that a broker accepts by default. */
const SESSION_MS = 6000

describe('ConsumerGroup with a custom protocol on Kafka 4', { timeout: 120000 }, () => {
  /** @type {string} */
  let address
  /** @type {string} */
  let topic

  before(async () => {
    address = await kafka.brokers('4')
    topic = await kafka.createTopic(address, kafka.uniqueName('own'), PARTITIONS)
    const records = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: String(partition) }))
    await kafka.produceRaw(address, topic, records)
  })
  after(() => kafka.releaseAll())

  /**
   * @param {import('node:test').TestContext} context
   * @param {string} groupId
   * @param {any} protocol
   * @returns {any}
   */
  function join (context, groupId, protocol) {
    const group = new ConsumerGroup({
      kafkaHost: address,
      groupId,
      protocol,
      fromOffset: 'earliest',
      sessionTimeout: SESSION_MS,
      heartbeatInterval: 300
    }, topic)
    context.after(() => call(group, 'close'))
    return group
  }

  /** @param {any} group @returns {number[]} */
  const owned = (group) => group.ready
    ? group.topicPayloads.map((/** @type {any} */ { partition }) => partition).sort()
    : []

  /** @param {any[]} members @param {number[]} counts */
  async function share (members, counts) {
    while (members.map((member) => owned(member).length).join() !== counts.join()) {
      await Promise.race(members.map((member) => next(member, 'rebalanced')))
    }
    assert.deepEqual(members.flatMap(owned).sort(), Array.from({ length: PARTITIONS }, (_, i) => i))
  }

  /** Assigns in proportion to the weights in the members' user data; answers after a while. */
  const byWeight = (/** @type {string[]} */ leaders) => ({
    name: 'by-weight',
    version: 1,
    userData: {},
    assign (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
      leaders.push(members.map(({ userData }) => userData.weight).sort().join())
      const left = topicPartitions[topic].slice()
      const sum = members.reduce((total, { userData }) => total + userData.weight, 0)
      setTimeout(callback, 100, null, members.map(({ id, userData }) => ({
        memberId: id,
        topicPartitions: { [topic]: left.splice(0, PARTITIONS * userData.weight / sum) },
        version: 0,
        userData: { sum }
      })))
    }
  })

  it('assigns by the members\' weights, and continues when the leader leaves', async (context) => {
    const groupId = kafka.uniqueName('group')
    /** @type {string[]} */
    const runs = []
    const member = (/** @type {number} */ weight) =>
      join(context, groupId, { ...byWeight(runs), userData: { weight } })
    const first = member(1)
    const { take } = collect(first)
    await take(PARTITIONS)
    const others = [member(2), member(3)]
    await share([first, ...others], [1, 2, 3])
    assert.deepEqual([first, ...others].map(({ isLeader }) => isLeader), [true, false, false])
    for (const { assignedUserData } of [first, ...others]) assert.deepEqual(assignedUserData, { sum: 6 })
    assert.equal(runs.at(-1), '1,2,3')

    await call(first, 'close')
    while (runs.at(-1) !== '2,3') await Promise.race(others.map((other) => next(other, 'rebalanced')))
    assert.deepEqual(others.map(({ isLeader }) => isLeader).sort(), [false, true])
  })

  it('gives way to one that a new member also has', async (context) => {
    const groupId = kafka.uniqueName('group')
    /** @type {string[]} */
    const runs = []
    const first = join(context, groupId, [{ ...byWeight(runs), userData: { weight: 1 } }, 'range'])
    await share([first], [6])
    assert.deepEqual(runs, ['1'])
    const second = join(context, groupId, ['range', 'roundrobin'])
    await share([first, second], [3, 3])
    assert.deepEqual(runs, ['1'])
    assert.deepEqual([first.isLeader, second.isLeader], [true, false])
  })
})
