'use strict'

// Members of four kinds in one group: kafka-node's own and KafkaJS's own, and this package's through either API. All
// members of a group need an assignor of the same name, and kafka-node's and KafkaJS's round robins differ in theirs:
// a KafkaJS-like member can take part under kafka-node's name, since their wire formats are the same.

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const kafkajs = require('kafkajs')

const ours = require('../..')
const oursKafkaJs = require('../../kafkajs')
const { originalFolder } = require('./support/original')
const { call } = require('../support/embedded')
const kafka = require('../support/kafka')
const { Collected } = require('../support/kafkajs-clients')

const PARTITIONS = 8
const PER_PARTITION = 5
const KINDS = ['kafka-node', 'KafkaJS', 'ours as kafka-node', 'ours as KafkaJS']

/**
 * KafkaJS's round robin under kafka-node's name for it.
 *
 * @param {any} library
 */
const renamed = (library) => (/** @type {any} */ config) =>
  ({ ...library.PartitionAssigners.roundRobin(config), name: 'roundrobin' })

describe('kafka-node\'s members, KafkaJS\'s and ours of both doors in one group', { timeout: 240000 }, () => {
  /** @type {string} */
  let address
  /** @type {any} */
  let original

  before(async () => {
    address = await kafka.brokers('3.9')
    original = require(await originalFolder())
  })
  after(() => kafka.releaseAll())

  /**
   * @typedef {object} Scene
   * @property {import('node:test').TestContext} context
   * @property {string} topic
   * @property {string} groupId
   * @property {Collected} seen `[kind, partition, offset]`
   * @property {Collected} errors `[kind, error]`
   */

  /** @param {import('node:test').TestContext} context @returns {Promise<Scene>} */
  async function scene (context) {
    const topic = await kafka.createTopic(address, kafka.uniqueName('mixed'), PARTITIONS)
    return { context, topic, groupId: kafka.uniqueName('mixed'), seen: new Collected(), errors: new Collected() }
  }

  /** @param {any} library @param {string} kind @param {Scene} scene */
  function joinAsKafkaNode (library, kind, { context, topic, groupId, seen, errors }) {
    const group = new library.ConsumerGroup({
      kafkaHost: address,
      groupId,
      protocol: ['roundrobin'],
      fromOffset: 'earliest',
      sessionTimeout: 10000,
      heartbeatInterval: 300,
      retries: 5,
      retryMinTimeout: 200
    }, topic)
    group.on('error', (/** @type {any} */ error) => errors.add([kind, error]))
    group.on('message', (/** @type {any} */ { partition, offset }) => seen.add([kind, partition, offset]))
    context.after(() => Promise.race([call(group, 'close'), new Promise((resolve) => setTimeout(resolve, 5000))]))
  }

  /** @param {any} library @param {string} kind @param {Scene} scene @param {any[]} partitionAssigners */
  async function joinAsKafkaJs (library, kind, { context, topic, groupId, seen, errors }, partitionAssigners) {
    const client = new library.Kafka({ brokers: [address], logLevel: library.logLevel.NOTHING })
    const consumer = client.consumer({
      groupId, sessionTimeout: 10000, heartbeatInterval: 300, maxWaitTimeInMs: 200, partitionAssigners
    })
    context.after(() => consumer.disconnect())
    consumer.on(consumer.events.CRASH, (/** @type {any} */ { payload }) => errors.add([kind, payload.error]))
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      async eachMessage (/** @type {any} */ { partition, message }) {
        seen.add([kind, partition, Number(message.offset)])
      }
    })
  }

  /**
   * @param {string} kind
   * @param {Scene} scene
   * @param {{ ownNames?: boolean }} [options] `ownNames`: with the assignors that each has by default
   */
  async function join (kind, scene, { ownNames = false } = {}) {
    const isOurs = kind.startsWith('ours')
    if (kind.endsWith('kafka-node')) return joinAsKafkaNode(isOurs ? ours : original, kind, scene)
    const library = /** @type {any} */ (isOurs ? oursKafkaJs : kafkajs)
    const assigner = ownNames ? library.PartitionAssigners.roundRobin : renamed(library)
    return joinAsKafkaJs(library, kind, scene, [assigner])
  }

  /**
   * @param {Scene} scene
   * @param {number} count of members
   * @returns {Promise<{ protocol: string, members: { partitions: number[] }[] }>} once they share all partitions
   */
  async function shared ({ groupId, topic }, count) {
    for (;;) {
      const { state, protocol, members } = await kafka.groupMembers(address, groupId)
      const shares = members.map(({ assignment }) => ({ partitions: assignment[topic] || [] }))
      const owned = shares.flatMap(({ partitions }) => partitions)
      if (state === 'Stable' && shares.length === count && owned.length === PARTITIONS) {
        return { protocol, members: shares }
      }
    }
  }

  for (const leader of KINDS) {
    it(`own each partition once: the first is ${leader}`, async (context) => {
      const here = await scene(context)
      await join(leader, here)
      await shared(here, 1)
      const others = KINDS.filter((kind) => kind !== leader)
      for (const kind of others) await join(kind, here)
      const { protocol, members } = await shared(here, KINDS.length)
      assert.equal(protocol, 'roundrobin')
      assert.deepEqual(members.map(({ partitions }) => partitions.length), KINDS.map(() => PARTITIONS / KINDS.length))
      assert.deepEqual(members.flatMap(({ partitions }) => partitions).sort(), [...Array(PARTITIONS).keys()])

      await kafka.produceRaw(address, here.topic, Array.from({ length: PARTITIONS * PER_PARTITION }, (_, i) =>
        ({ partition: i % PARTITIONS, value: String(i) })))
      const seen = await here.seen.take(PARTITIONS * PER_PARTITION)
      const offsets = [...Array(PER_PARTITION).keys()]
      const read = KINDS.map((kind) => {
        const mine = seen.filter(([other]) => other === kind)
        const partitions = [...new Set(mine.map(([, partition]) => partition))]
        for (const partition of partitions) {
          assert.deepEqual(mine.filter(([, other]) => other === partition).map(([, , offset]) => offset), offsets)
        }
        return partitions
      })
      // as they own them; kafka-node's members all have the same client id, so by what they own
      const asText = (/** @type {number[][]} */ shares) => shares.map((share) => share.sort().join()).sort()
      assert.deepEqual(asText(read), asText(members.map(({ partitions }) => partitions)))
    })
  }

  for (const kafkaNode of KINDS.filter((kind) => kind.endsWith('kafka-node'))) {
    for (const kafkaJs of KINDS.filter((kind) => kind.endsWith('KafkaJS'))) {
      it(`cannot share one with the names they have by default: ${kafkaNode} and ${kafkaJs}`, async (context) => {
        for (const [first, second] of [[kafkaNode, kafkaJs], [kafkaJs, kafkaNode]]) {
          const here = await scene(context)
          await join(first, here, { ownNames: true })
          await shared(here, 1)
          await join(second, here, { ownNames: true })
          const [[kind, error]] = await here.errors.take(1)
          assert.equal(kind, second)
          assert.match(`${error.type} ${error.message}`, /INCONSISTENT_GROUP_PROTOCOL|InconsistentGroupProtocol/i)
          const { members } = await shared(here, 1)
          assert.equal(members.length, 1)
        }
      })
    }
  }
})
