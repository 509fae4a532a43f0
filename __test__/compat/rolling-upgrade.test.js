'use strict'

// A group moves from kafka-node to ours member by member, and back, while records are written all the time.

const assert = require('node:assert/strict')
const path = require('node:path')
const { after, describe, it } = require('node:test')

const kafka = require('../support/kafka')
const { allSeen, assertOnlyOwned, doubles, owned, steady } = require('../support/members')
const { endAll, start } = require('../support/processes')
const { startTraffic } = require('../support/traffic')
const { originalFolder } = require('./support/original')

const OURS = path.join(__dirname, '..', '..')
const MEMBERS = 4
const PARTITIONS = 8
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition)
/** Per partition and round of traffic: enough that it is under way whenever a member stops. */
const RECORDS_PER_ROUND = 2
/** How many partitions each member owns when all four are there, and while one is missing. */
const SHARES = [2, 2, 2, 2]
const SHARES_WITHOUT_ONE = [2, 3, 3]

/** @typedef {import('../support/processes').Program & { side: 'kafka-node' | 'ours' }} Member */

class Rollout {
  /** @param {{ address: string, original: string, topic: string, options: object }} setting */
  constructor ({ address, original, topic, options }) {
    this.address = address
    this.folders = { 'kafka-node': original, ours: OURS }
    this.topic = topic
    this.groupId = kafka.uniqueName('rollout')
    this.options = options
    /** @type {Member[]} all there have ever been */
    this.everybody = []
    /** @type {Member[]} */
    this.running = []
  }

  /** @param {'kafka-node' | 'ours'} side */
  startMember (side) {
    const member = start('group-member', {
      folder: this.folders[side],
      topics: [this.topic],
      options: {
        kafkaHost: this.address,
        groupId: this.groupId,
        // A commit that is not understood would show up as records from the start, long after they were seen.
        fromOffset: 'earliest',
        sessionTimeout: 10000,
        heartbeatInterval: 500,
        autoCommitIntervalMs: 300,
        ...this.options
      }
    })
    const running = Object.assign(member, { side })
    this.everybody.push(running)
    this.running.push(running)
  }

  /**
   * Waits until the members share all partitions, and checks the state: each partition has one owner, for the members
   * and for the broker, and its records arrive.
   *
   * @param {number[]} shares
   */
  async settled (shares) {
    await steady(this.running, shares)
    const views = this.running.map((member) => owned(member) || [])
    assert.deepEqual(views.flat().sort((a, b) => a - b), ALL, `owned by the members: ${JSON.stringify(views)}`)
    const { state, members } = await kafka.groupMembers(this.address, this.groupId)
    assert.equal(state, 'Stable')
    const byBroker = Object.fromEntries(members.map(({ memberId, assignment }) =>
      [memberId, (assignment[this.topic] || []).sort((a, b) => a - b)]))
    const byThemselves = Object.fromEntries(this.running.map((member) => {
      const [, partitions, , memberId] = member.all('rebalanced').at(-1) || []
      return [memberId, [...partitions].sort((a, b) => a - b)]
    }))
    assert.deepEqual(byThemselves, byBroker)
    await Promise.all(this.running.flatMap((member, index) => {
      const since = member.events.length
      return views[index].map((partition) => member.see(
        (event) => member.events.indexOf(event) >= since && event[0] === 'message' && event[1] === partition,
        `a new record of partition ${partition}`))
    }))
  }

  /**
   * Replaces the member that has been there longest.
   *
   * @param {'kafka-node' | 'ours'} side of the new one
   */
  async replaceOne (side) {
    const leaving = /** @type {Member} */ (this.running.shift())
    const committed = await kafka.committed(this.address, this.groupId, this.topic)
    const seenBefore = new Map(this.running.map((member) => [member, member.events.length]))
    leaving.kill('SIGUSR2')
    assert.deepEqual(await leaving.see('closed'), ['closed', null])
    await this.settled(SHARES_WITHOUT_ONE)
    this.startMember(side)
    await this.settled(SHARES)
    for (const member of this.running) this.assertStartedAtCommits(member, committed, seenBefore.get(member) || 0)
    await leaving.kill('SIGTERM')
  }

  /**
   * Whoever takes over a partition continues at its commit or after it, never before it.
   *
   * @param {Member} member
   * @param {Record<number, { offset: number }>} committed before the step
   * @param {number} since index of the first of the member's events that belong to the step
   */
  assertStartedAtCommits (member, committed, since) {
    const joined = member.events.findIndex(([name], index) => index >= since && name === 'rebalanced')
    for (const [name, partition, offset] of member.events.slice(joined)) {
      if (name !== 'message') continue
      const from = committed[partition]
      assert.ok(from && offset >= from.offset,
        `${member.side} got offset ${offset} of partition ${partition}, which was committed at ${from?.offset}`)
    }
  }

  /**
   * @param {string} record as `partition/offset`
   * @param {Member[]} by who has emitted it
   * @returns {Member} who has done so first
   */
  firstOf (record, by) {
    const at = (/** @type {Member} */ member) => {
      const event = member.events.find(([name, ...args]) => name === 'message' && args.slice(0, 2).join('/') === record)
      return event?.[4]
    }
    return /** @type {Member} */ (by.reduce((first, member) => at(member) < at(first) ? member : first))
  }

  /** In no generation of the group did two members own the same partition. */
  assertOneOwnerPerGeneration () {
    /** @type {Map<number, number[]>} */
    const generations = new Map()
    for (const member of this.everybody) {
      for (const [, partitions, generation] of member.all('rebalanced')) {
        generations.set(generation, [...(generations.get(generation) || []), ...partitions])
      }
    }
    for (const [generation, partitions] of generations) {
      assert.equal(new Set(partitions).size, partitions.length, `generation ${generation}: ${partitions}`)
    }
    return generations.size
  }
}

describe('a group of four members on Kafka 3.9 under traffic', { concurrency: true, timeout: 280000 }, () => {
  after(async () => {
    await endAll()
    await kafka.releaseAll()
  })

  for (const [title, options] of /** @type {[string, object][]} */ ([
    ['the default protocol of both sides, roundrobin', {}],
    ['the protocol range', { protocol: 'range' }]
  ])) {
    it(`goes from kafka-node to ours member by member, and back, with ${title}`, async (t) => {
      const address = await kafka.brokers('3.9')
      const original = await originalFolder()
      const topic = await kafka.createTopic(address, kafka.uniqueName('rollout'), PARTITIONS)
      const rollout = new Rollout({ address, original, topic, options })
      const stopTraffic = await startTraffic(address, topic, PARTITIONS, RECORDS_PER_ROUND)
      for (let i = 0; i < MEMBERS; i++) rollout.startMember('kafka-node')
      await rollout.settled(SHARES)
      for (let i = 0; i < MEMBERS; i++) await rollout.replaceOne('ours')
      assert.ok(rollout.running.every(({ side }) => side === 'ours'))
      for (let i = 0; i < MEMBERS; i++) await rollout.replaceOne('kafka-node')
      const count = await stopTraffic()
      await allSeen(rollout.everybody, PARTITIONS, count)

      for (const member of rollout.everybody) {
        assert.deepEqual(member.all('error'), [], member.side)
        if (member.side === 'ours') assertOnlyOwned(member)
      }
      const generations = rollout.assertOneOwnerPerGeneration()
      // What a leaving kafka-node member emits last is not in its commit, and comes again. None of ours does.
      const again = doubles(rollout.everybody)
      const twiceByOurs = again.filter(([record, by]) => rollout.firstOf(record, by).side === 'ours')
      assert.deepEqual(twiceByOurs.map(([record, by]) => [record, ...by.map(({ side }) => side)]), [])
      t.diagnostic(`${count * PARTITIONS} records, ${generations} generations; ` +
        `seen twice: ${again.length} after kafka-node, none after ours`)
    })
  }
})
