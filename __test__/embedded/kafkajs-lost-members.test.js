'use strict'

// A member that its group has forgotten: everything it had is lost at once, in a cooperative group as in an eager one,
// while its handlers are still at work.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')

const { PartitionAssigners } = require('../../kafkajs')
const { newTopic, numbered, startWatched, uniqueName } = require('../support/embedded')
const { until } = require('../support/emissions')
const { Clients, Collected, gate, nextEvent } = require('../support/kafkajs-clients')

/** @typedef {import('../../kafkajs').EachBatchPayload} EachBatchPayload */

const UNKNOWN_MEMBER_ID = 25
const PARTITIONS = [0, 1]
/** Two commits of each handler, two of the hook. */
const REFUSED = Array(6).fill(['KafkaJSProtocolError', 'ILLEGAL_GENERATION'])

/** A member whose first handler of each partition waits; what it does is collected. */
class Member {
  /**
   * @param {import('node:test').TestContext} context
   * @param {import('../../dev-broker').DevBroker} broker
   * @param {Partial<import('../../kafkajs').ConsumerConfig>} options
   */
  constructor (context, broker, options) {
    this.clients = new Clients(context, broker)
    this.topic = ''
    /** handlers that were entered: the payload, and whether another one had the partition at that time */
    this.entered = new Collected()
    this.handled = new Collected()
    this.hooks = new Collected()
    /** errors of commits that came too late */
    this.refused = new Collected()
    this.hold = gate()
    this.busy = new Set()
    this.consumer = this.clients.consumer({
      groupId: uniqueName('lost'),
      onRebalance: async ({ type, partitions, lost, uncommittedOffsets, commitOffsets }) => {
        this.hooks.add({ type, partitions, lost, isBusy: this.busy.size > 0, uncommitted: uncommittedOffsets().topics })
        if (type === 'assign') return
        for (const partition of PARTITIONS) {
          await commitOffsets([{ topic: this.topic, partition, offset: '1' }]).catch((error) => this.refuse(error))
        }
      },
      ...options
    })
  }

  /** @param {any} error */
  refuse ({ name, type }) {
    this.refused.add([name, type])
  }

  /**
   * Commits what was read before the loss, in each way that a handler has.
   *
   * @param {EachBatchPayload} payload
   */
  async commitLate ({ batch: { topic, partition }, commitOffsetsIfNecessary }) {
    const place = { partition, offset: '1' }
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [place] }] }).catch((error) => this.refuse(error))
    await this.consumer.commitOffsets([{ topic, ...place }]).catch(({ cause }) => this.refuse(cause))
  }

  /** @param {string} topic */
  async run (topic) {
    this.topic = topic
    await this.consumer.subscribe({ topic, fromBeginning: true })
    await this.consumer.run({
      partitionsConsumedConcurrently: PARTITIONS.length,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        const { batch: { partition, messages }, resolveOffset } = payload
        const isFirst = !this.entered.all.some((other) => other.payload.batch.partition === partition)
        this.entered.add({ payload, isTwice: this.busy.has(partition) })
        this.busy.add(partition)
        if (isFirst) {
          // what was done before the loss, and is not committed
          resolveOffset(messages[0].offset)
          this.handled.add(`${partition}/${messages[0].offset}`)
          await this.hold.opened
          await this.commitLate(payload)
        } else {
          for (const { offset } of messages) {
            this.handled.add(`${partition}/${offset}`)
            resolveOffset(offset)
          }
        }
        this.busy.delete(partition)
      }
    })
  }
}

describe('a member of the second door that has lost everything', { timeout: 180000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker
  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  for (const name of /** @type {const} */ (['roundRobin', 'cooperativeSticky'])) {
    const partitionAssigners = [PartitionAssigners[name]]

    it(`hears of it, has its late commits refused, and goes on where the group is: ${name}`, async (context) => {
      const member = new Member(context, broker, { partitionAssigners })
      const topic = await newTopic(broker, PARTITIONS.length)
      for (const partition of PARTITIONS) await member.clients.send(topic, numbered(5), partition)
      await member.run(topic)
      await member.entered.take(2)
      const { heartbeat } = member.entered.all[0].payload
      await heartbeat()
      assert.deepEqual(member.hooks.all.map(({ type }) => type), ['assign'])

      await broker.pushErrors('Heartbeat', [UNKNOWN_MEMBER_ID])
      await until(() => heartbeat().then(() => false, () => true))
      await assert.rejects(heartbeat(), { name: 'KafkaJSProtocolError', type: 'UNKNOWN_MEMBER_ID' })
      assert.equal(member.hooks.all.length, 1)
      const rejoined = nextEvent(member.consumer, 'GROUP_JOIN')
      member.hold.open()
      const { payload } = await rejoined
      assert.deepEqual(payload.memberAssignment, { [topic]: PARTITIONS })
      // after the handlers, before the first message of the new assignment; there is nothing left to commit
      await member.hooks.take(3)
      const [, revoke, assign] = member.hooks.all
      const common = { partitions: [{ topic, partitions: PARTITIONS }], isBusy: false, uncommitted: [] }
      assert.deepEqual(revoke, { ...common, type: 'revoke', lost: true })
      assert.deepEqual(assign, { ...common, type: 'assign', lost: false })

      // nothing was committed, so that all comes again, in one handler for each partition
      await member.handled.until((all) => all.length >= 12)
      for (const partition of PARTITIONS) {
        assert.deepEqual(member.handled.all.filter((name) => name.startsWith(`${partition}/`)),
          ['0', ...numbered(5)].map((offset) => `${partition}/${offset}`))
      }
      assert.deepEqual(member.entered.all.map(({ isTwice }) => isTwice), member.entered.all.map(() => false))
      assert.deepEqual(member.refused.all, REFUSED)
      await until(async () => (await member.consumer.lag())
        .every(({ partitions }) => partitions.every(({ lag }) => lag === '0')))
      await member.consumer.stop()
      assert.ok(member.clients.logs.some(({ log }) => /not aware of this member/.test(log.message)))
    })

    it(`gets its partitions anew while old handlers have them, and waits for these: ${name}`, async (context) => {
      // the native side waits for four fifths of it
      const member = new Member(context, broker, { partitionAssigners, rebalanceTimeout: 4000, sessionTimeout: 4000 })
      const topic = await newTopic(broker, PARTITIONS.length)
      for (const partition of PARTITIONS) await member.clients.send(topic, numbered(5), partition)
      await member.run(topic)
      await member.entered.take(2)
      await broker.pushErrors('Heartbeat', [UNKNOWN_MEMBER_ID])
      const { payload } = await nextEvent(member.consumer, 'GROUP_JOIN')
      assert.deepEqual(payload.memberAssignment, { [topic]: PARTITIONS })
      await member.hooks.take(3)
        // a hook hears of the end first, though the handlers have not returned
      assert.deepEqual(member.hooks.all.map(({ type, lost, isBusy }) => [type, lost, isBusy]),
        [['assign', false, false], ['revoke', true, true], ['assign', false, true]])
      // records have arrived by then, but the two old handlers have the partitions
      await until(async () => (await member.consumer.lag())[0].partitions.every(({ high }) => high === '5'))
      assert.equal(member.entered.all.length, 2)

      member.hold.open()
      await member.refused.take(6)
      await member.handled.until((all) => all.length >= 12)
      assert.equal(member.hooks.all.length, 3)
      assert.deepEqual(member.refused.all, REFUSED)
      assert.deepEqual(member.entered.all.map(({ isTwice }) => isTwice), member.entered.all.map(() => false))
      for (const partition of PARTITIONS) {
        assert.deepEqual(member.handled.all.filter((name) => name.startsWith(`${partition}/`)),
          ['0', ...numbered(5)].map((offset) => `${partition}/${offset}`))
      }
    })
  }
})
