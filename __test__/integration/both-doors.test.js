'use strict'

// A service that moves from one API to the other file by file has members of both in one group. `cooperative-sticky`
// has the same name and the same wire format behind either door, so they share a cooperative group, too.

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const { ConsumerGroup } = require('../..')
const { Kafka, PartitionAssigners, logLevel } = require('../../kafkajs')
const { Watched } = require('../support/diagnostics')
const { promised, until } = require('../support/emissions')
const kafka = require('../support/kafka')
const { startTraffic } = require('../support/traffic')

const PARTITIONS = 6
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition)

/**
 * What has been delivered, by whichever member.
 *
 * @typedef {{ member: Member, partition: number, offset: number }} Delivery
 *
 * @typedef {object} Scene
 * @property {import('node:test').TestContext} context
 * @property {string} address
 * @property {string} topic
 * @property {string} groupId
 * @property {Delivery[]} deliveries
 */

/** A member of the group, through either door. What the group gives it and takes is told by the diagnostics channel. */
class Member {
  /** @param {Scene} scene @param {string} clientId */
  constructor ({ context, deliveries }, clientId) {
    this.clientId = clientId
    this.rebalances = new Watched(context, clientId, ['rebalance'])
    this.deliveries = deliveries
    /** @type {unknown[]} */
    this.errors = []
    /** @type {() => Promise<unknown>} */
    this.leave = () => Promise.resolve()
  }

  /** @param {number} partition @param {number} offset */
  got (partition, offset) {
    if (!this.owned().includes(partition)) this.errors.push(`offset ${offset} of ${partition}, which it did not own`)
    this.deliveries.push({ member: this, partition, offset })
  }

  /** @param {'assigned' | 'revoked'} type @returns {number[]} as often as it happened */
  all (type) {
    return this.rebalances.of('rebalance').filter((message) => message.type === type)
      .flatMap(({ partitions }) => partitions.map((/** @type {{ partition: number }} */ { partition }) => partition))
  }

  /** @returns {number[]} */
  owned () {
    const times = (/** @type {number[]} */ list, /** @type {number} */ partition) =>
      list.filter((other) => other === partition).length
    const [given, taken] = [this.all('assigned'), this.all('revoked')]
    return ALL.filter((partition) => times(given, partition) > times(taken, partition))
  }

  /** @param {number} count resolves when it has delivered this many more of each of its partitions */
  async goesOn (count) {
    const before = this.deliveries.length
    await until(() => this.owned().every((partition) => this.deliveries.slice(before)
      .filter((delivery) => delivery.member === this && delivery.partition === partition).length >= count))
  }
}

/** @type {Record<string, (scene: Scene, clientId: string) => Promise<Member>>} */
const DOORS = {
  async 'kafka-node' (scene, clientId) {
    const member = new Member(scene, clientId)
    const group = new ConsumerGroup({
      kafkaHost: scene.address,
      id: clientId,
      groupId: scene.groupId,
      protocol: ['cooperative-sticky'],
      fromOffset: 'earliest',
      heartbeatInterval: 300,
      autoCommitIntervalMs: 500
    }, scene.topic)
    group.on('error', (error) => member.errors.push(error))
    group.on('message', ({ partition, offset }) => member.got(Number(partition), Number(offset)))
    let isOpen = true
    member.leave = async () => {
      if (isOpen) await promised((callback) => group.close(true, callback))
      isOpen = false
    }
    scene.context.after(member.leave)
    return member
  },

  async KafkaJS (scene, clientId) {
    const member = new Member(scene, clientId)
    const client = new Kafka({ brokers: [scene.address], clientId, logLevel: logLevel.NOTHING })
    const consumer = client.consumer({
      groupId: scene.groupId,
      partitionAssigners: [PartitionAssigners.cooperativeSticky],
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => member.errors.push(payload.error))
    member.leave = () => consumer.disconnect()
    scene.context.after(member.leave)
    await consumer.connect()
    await consumer.subscribe({ topic: scene.topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message }) => member.got(partition, Number(message.offset))
    })
    return member
  }
}

describe('members of both doors in one cooperative group', { timeout: 240000 }, () => {
  /** @type {string} */
  let address
  before(async () => { address = await kafka.brokers('4') })
  after(() => kafka.releaseAll())

  /** @param {Member[]} members share all partitions, each with one owner */
  const share = (members) => until(() => {
    const owned = members.map((member) => member.owned())
    return owned.every(({ length }) => length === PARTITIONS / members.length) &&
      new Set(owned.flat()).size === PARTITIONS
  })

  for (const [first, second] of [['kafka-node', 'KafkaJS'], ['KafkaJS', 'kafka-node']]) {
    it(`one joins, one leaves, and only what moves is taken: the first is ${first}`, async (context) => {
      const topic = await kafka.createTopic(address, kafka.uniqueName('both-doors'), PARTITIONS)
      /** @type {Scene} */
      const scene = { context, address, topic, groupId: kafka.uniqueName('both-doors'), deliveries: [] }
      const stopTraffic = await startTraffic(address, topic, PARTITIONS)
      /** @type {Promise<number> | null} records in each partition */
      let stopped = null
      const stop = () => stopped || (stopped = stopTraffic())
      context.after(stop)

      const one = await DOORS[first](scene, kafka.uniqueName('one'))
      await share([one])
      await one.goesOn(50)
      const two = await DOORS[second](scene, kafka.uniqueName('two'))
      await share([one, two])
      await Promise.all([one.goesOn(50), two.goesOn(50)])
      // the first has given up what the second has got, and nothing else
      assert.deepEqual(one.all('assigned').sort(), ALL)
      assert.deepEqual(one.all('revoked').sort(), two.owned())
      const { protocol, members } = await kafka.groupMembers(address, scene.groupId)
      assert.deepEqual([protocol, members.length], ['cooperative-sticky', 2])

      await one.leave()
      await share([two])
      await two.goesOn(50)
      // what it had it has kept, and got the rest in addition
      assert.deepEqual(two.all('assigned').sort(), ALL)
      assert.deepEqual(two.all('revoked'), [])

      const three = await DOORS[first](scene, kafka.uniqueName('three'))
      await share([two, three])
      assert.deepEqual(two.all('revoked').sort(), three.owned())
      assert.deepEqual(three.all('revoked'), [])

      const count = await stop()
      const delivered = () => new Set(scene.deliveries.map(({ partition, offset }) => `${partition}/${offset}`)).size
      await until(() => delivered() === PARTITIONS * count)
      await Promise.all([two.leave(), three.leave()])
      const committed = await kafka.committed(address, scene.groupId, topic)
      assert.deepEqual(ALL.map((partition) => committed[partition].offset), ALL.map(() => count))
      // each has come and gone in an orderly way: what it had read nobody read again
      assert.equal(scene.deliveries.length, PARTITIONS * count)
      for (const member of [one, two, three]) assert.deepEqual(member.errors, [])
    })
  }
})
