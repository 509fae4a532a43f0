'use strict'

// Topics that are not there yet, and topics that are deleted under the group that reads them.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')

const { PartitionAssigners } = require('../../kafkajs')
const { until } = require('../support/emissions')
const kafka = require('../support/kafka')
const { Clients, Collected, nextEvent } = require('../support/kafkajs-clients')

/** @typedef {Partial<import('../../kafkajs').ConsumerConfig>} Options */

/**
 * What the hook is told when one topic of two is deleted, besides `assign` with what is left.
 *
 * @type {Record<string, { options: Options, revoked: string[], lost: boolean }>}
 */
const PROTOCOLS = {
  'the broker assigns (KIP-848)': {
    options: { groupProtocol: 'consumer' }, revoked: ['deleted'], lost: false
  },
  // the member finds out by itself: there is nothing left to commit for
  'a cooperative group': {
    options: { partitionAssigners: [PartitionAssigners.cooperativeSticky] }, revoked: ['deleted'], lost: true
  },
  'an eager group': {
    options: {}, revoked: ['kept', 'deleted'], lost: false
  }
}

for (const [name, { options, revoked, lost }] of Object.entries(PROTOCOLS)) {
  describe(`missing topics: ${name}`, { timeout: 120000 }, () => {
    /** @type {string} */
    let address
    before(async () => { address = await kafka.brokers('4') })
    after(() => kafka.releaseAll())

    /**
     * A consumer of two topics, `kept` and `deleted`.
     *
     * @param {import('node:test').TestContext} context
     */
    async function scene (context) {
      const topics = { kept: kafka.uniqueName('kept'), deleted: kafka.uniqueName('deleted') }
      for (const topic of Object.values(topics)) await kafka.createTopic(address, topic, 2)
      const nameOf = (/** @type {string} */ topic) => topic === topics.kept ? 'kept' : 'deleted'
      const hooks = new Collected()
      const seen = new Collected()
      const consumer = new Clients(context, { brokers: address }).consumer({
        ...options,
        allowAutoTopicCreation: false,
        // how soon members look whether topics have come or gone
        metadataMaxAge: 1000,
        retry: { retries: 1, initialRetryTime: 300 },
        onRebalance: async ({ type, partitions, lost }) => {
          hooks.add({ type, topics: partitions.map(({ topic }) => nameOf(topic)).sort().reverse(), lost })
        }
      })
      const write = (/** @type {'kept' | 'deleted'} */ which, /** @type {string} */ value) =>
        kafka.produceRaw(address, topics[which], [{ value }])
      const run = () => consumer.run({
        eachMessage: async ({ topic, message }) => seen.add(`${nameOf(topic)} ${message.value}`)
      })
      return { topics, consumer, hooks, seen, write, run }
    }

    it('a topic that does not exist is a typed error, of subscribe and of a consumer that runs', async (context) => {
      const { topics, consumer, seen, write, run } = await scene(context)
      await consumer.connect()
      const missing = kafka.uniqueName('missing')
      const expected = { name: 'KafkaJSProtocolError', type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true }
      await assert.rejects(consumer.subscribe({ topics: [topics.kept, missing] }), expected)

      await consumer.subscribe({ topics: Object.values(topics), fromBeginning: true })
      await kafka.deleteTopic(address, topics.deleted)
      await write('kept', 'one')
      const crash = nextEvent(consumer, 'CRASH')
      await run()
      const { payload } = await crash
      assert.equal(payload.restart, true)
      const { name, type, retriable } = /** @type {import('../../kafkajs').KafkaJSProtocolError} */ (payload.error)
      assert.deepEqual({ name, type, retriable }, expected)
      assert.deepEqual(seen.all, [])

      // it starts again and again, until the topic is there
      const joined = nextEvent(consumer, 'GROUP_JOIN')
      await kafka.createTopic(address, topics.deleted, 2)
      await write('deleted', 'two')
      assert.deepEqual(Object.keys((await joined).payload.memberAssignment).sort(), Object.values(topics).sort())
      assert.deepEqual((await seen.take(2)).sort(), ['deleted two', 'kept one'])
    })

    it('one topic of two is deleted: the other goes on, and what comes back is read', async (context) => {
      const { topics, consumer, hooks, seen, write, run } = await scene(context)
      const crashes = new Collected()
      consumer.on(consumer.events.CRASH, ({ payload }) => crashes.add(payload.error))
      await consumer.subscribe({ topics: Object.values(topics), fromBeginning: true })
      await run()
      await write('kept', '1')
      await write('deleted', '1')
      await seen.take(2)
      assert.deepEqual(hooks.all, [{ type: 'assign', topics: ['kept', 'deleted'], lost: false }])

      await kafka.deleteTopic(address, topics.deleted)
      await hooks.take(3)
      assert.deepEqual(hooks.all[1], { type: 'revoke', topics: revoked, lost })
      assert.deepEqual(hooks.all[2],
        { type: 'assign', topics: revoked.filter((topic) => topic !== 'deleted'), lost: false })
      await write('kept', '2')
      await seen.until((all) => all.includes('kept 2'))

      await kafka.createTopic(address, topics.deleted, 2)
      await write('deleted', 'again')
      await seen.until((all) => all.includes('deleted again'))
      await write('kept', '3')
      await seen.until((all) => all.includes('kept 3'))
      assert.deepEqual([...seen.all].sort(), ['deleted 1', 'deleted again', 'kept 1', 'kept 2', 'kept 3'])
      assert.deepEqual(crashes.all, [])
    })

    it('the only topic is deleted: the member waits, and reads it when it is made again', async (context) => {
      const { topics, consumer, hooks, seen, write, run } = await scene(context)
      await consumer.subscribe({ topic: topics.deleted, fromBeginning: true })
      await run()
      await write('deleted', '1')
      await seen.take(1)
      await kafka.deleteTopic(address, topics.deleted)
      await until(() => hooks.all.some(({ type }) => type === 'revoke'))
      await kafka.createTopic(address, topics.deleted, 2)
      await write('deleted', 'again')
      await seen.until((all) => all.includes('deleted again'))
      assert.deepEqual(seen.all, ['deleted 1', 'deleted again'])
    })
  })
}
