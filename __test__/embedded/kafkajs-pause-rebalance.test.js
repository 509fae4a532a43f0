'use strict'

// What is paused stays paused through rebalances, and what is resumed is read again, whenever that happens.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { PartitionAssigners } = require('../../kafkajs')
const { newTopic, startWatched, uniqueName } = require('../support/embedded')
const { Clients, Collected, gate, nextEvent } = require('../support/kafkajs-clients')

/**
 * @typedef {import('../../kafkajs').Consumer} Consumer
 * @typedef {import('../../kafkajs').RebalanceHandler} RebalanceHandler
 * @typedef {import('../../kafkajs').EachMessagePayload} EachMessagePayload
 * @typedef {import('../support/kafkajs-clients').ConsumerConfig} ConsumerConfig
 */

/** @type {{ name: string, options: Partial<ConsumerConfig> }[]} */
const GROUPS = [
  { name: 'an eager group', options: {} },
  { name: 'a cooperative group', options: { partitionAssigners: [PartitionAssigners.cooperativeSticky] } }
]

/** For whatever is waited for, ms: what has failed is told instead of the timeout of all. */
const DEADLINE = 12000

/**
 * @template T
 * @param {string} what is waited for
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function soon (what, promise) {
  /** @type {NodeJS.Timeout} */
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${DEADLINE} ms: ${what}`)), DEADLINE)
  })
  try {
    return /** @type {T} */ (await Promise.race([promise, late]))
  } finally {
    clearTimeout(timer)
  }
}

describe('pauses and rebalances', { timeout: 90000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker
  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  /**
   * A member of a group that reads one topic; `got` has `[partition, value]`.
   *
   * @param {Clients} clients
   * @param {string} topic
   * @param {Partial<ConsumerConfig>} options
   * @param {(payload: EachMessagePayload) => Promise<void>} [handle]
   */
  async function member (clients, topic, options, handle = async () => {}) {
    const consumer = clients.consumer(options)
    const got = new Collected()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      async eachMessage (payload) {
        got.add([payload.partition, payload.message.value.toString()])
        await handle(payload)
      }
    })
    return { consumer, got }
  }

  /** @param {Consumer} consumer @param {string} topic @param {number} count of partitions that it has then */
  const joined = (consumer, topic, count) => nextEvent(consumer, 'GROUP_JOIN', ({ payload: { memberAssignment } }) =>
    (memberAssignment[topic] || []).length === count)

  /** Another member makes the group rebalance; in an eager group this one gives up what it is given again. */
  async function disturb (clients, groupId) {
    await member(clients, await newTopic(broker, 1), { groupId })
  }

  it('reads what was resumed between the revocation and the assignment', async (context) => {
    const clients = new Clients(context, broker)
    const topic = await newTopic(broker, 2)
    const groupId = uniqueName('group')
    /** @type {RebalanceHandler} */
    const onRebalance = ({ type }) => {
      if (type === 'revoke') consumer.resume([{ topic, partitions: [0] }])
    }
    const { consumer, got } = await member(clients, topic, { groupId, onRebalance })
    await clients.send(topic, ['before'])
    await soon('1 records', got.take(1))
    consumer.pause([{ topic, partitions: [0] }])
    await clients.send(topic, ['paused'])
    await clients.send(topic, ['other'], 1)
    assert.deepEqual(await soon('2 records', got.take(2)), [[0, 'before'], [1, 'other']])
    const again = joined(consumer, topic, 2)
    await disturb(clients, groupId)
    await soon('the next assignment', again)
    assert.deepEqual((await soon('3 records', got.take(3)))[2], [0, 'paused'])
    assert.deepEqual(consumer.paused(), [])
  })

  it('keeps paused what was paused, and reads what is resumed after the assignment', async (context) => {
    const clients = new Clients(context, broker)
    const topic = await newTopic(broker, 2)
    const groupId = uniqueName('group')
    const { consumer, got } = await member(clients, topic, { groupId })
    await clients.send(topic, ['before'])
    await soon('1 records', got.take(1))
    consumer.pause([{ topic, partitions: [0] }])
    await clients.send(topic, ['paused'])
    const again = joined(consumer, topic, 2)
    await disturb(clients, groupId)
    await soon('the next assignment', again)
    await clients.send(topic, ['other'], 1)
    assert.deepEqual(await soon('2 records', got.take(2)), [[0, 'before'], [1, 'other']])
    assert.deepEqual(consumer.paused(), [{ topic, partitions: [0] }])
    consumer.resume([{ topic, partitions: [0] }])
    assert.deepEqual((await soon('3 records', got.take(3)))[2], [0, 'paused'])
  })

  it('reads what a handler paused after the group had taken it', async (context) => {
    const clients = new Clients(context, broker)
    const topic = await newTopic(broker, 2)
    const groupId = uniqueName('group')
    const [entered, released] = [gate(), gate()]
    /** @type {(() => void) | null} */
    let resume = null
    const { consumer, got } = await member(clients, topic, { groupId }, async ({ message, pause }) => {
      // the embedded broker takes no commits while a group rebalances: what was held comes again
      if (message.value.toString() !== 'held' || resume !== null) return
      entered.open()
      await released.opened
      resume = pause()
    })
    await clients.send(topic, ['held', 'next'])
    await soon('a handler', entered.opened)
    const rebalancing = nextEvent(consumer, 'REBALANCING')
    const again = joined(consumer, topic, 2)
    await soon('the next assignment', Promise.all([disturb(clients, groupId), rebalancing.then(released.open), again]))
    await clients.send(topic, ['other'], 1)
    await soon('the other partition', got.until((all) => all.some(([partition]) => partition === 1)))
    assert.deepEqual(consumer.paused(), [{ topic, partitions: [0] }])
    resume()
    await soon('what was paused', got.until((all) => all.some(([, value]) => value === 'next')))
  })

  for (const { name, options } of GROUPS) {
    it(`${name}: reads what was resumed while another member had it`, async (context) => {
      const clients = new Clients(context, broker)
      const topic = await newTopic(broker, 2)
      const groupId = uniqueName('group')
      const { consumer, got } = await member(clients, topic, { groupId, ...options })
      for (const partition of [0, 1]) await clients.send(topic, ['before'], partition)
      await soon('2 records', got.take(2))
      consumer.pause([{ topic, partitions: [0, 1] }])
      const shared = joined(consumer, topic, 1)
      const other = await member(clients, topic, { groupId, ...options })
      await soon('an assignment that is shared', shared)
      consumer.resume([{ topic, partitions: [0, 1] }])
      const alone = joined(consumer, topic, 2)
      await other.consumer.disconnect()
      await soon('an assignment of all', alone)
      for (const partition of [0, 1]) await clients.send(topic, ['after'], partition)
      await soon('4 records', got.take(4))
      assert.deepEqual(got.all.slice(2).sort(), [[0, 'after'], [1, 'after']])
    })
  }
})
