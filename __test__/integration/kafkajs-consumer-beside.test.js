'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')

const ours = require('../../kafkajs')
const kafka = require('../support/kafka')
const { numbered } = require('../support/embedded')
const { Collected, gate, nextEvent } = require('../support/kafkajs-clients')
const { theirs: original } = require('../support/kafkajs-door')

const RETRY = { initialRetryTime: 30, multiplier: 1, factor: 0, retries: 1 }

/** What programs can tell of an error. */
function outline (error) {
  if (!error) return error
  const { name, message, retriable, type, code, cause } = error
  return { name, message, retriable, type, code, cause: cause ? outline(cause) : undefined }
}

const failure = (promise) => Promise.resolve(promise).then(() => 'none', outline)

const thrown = (call) => {
  try {
    call()
    return 'nothing'
  } catch (error) {
    return outline(error)
  }
}

/**
 * @typedef {import('../../kafkajs').ConsumerConfig} ConsumerConfig
 * @typedef {import('../../kafkajs').NativeConsumer} Consumer
 * @typedef {object} Given
 * @property {typeof ours} library KafkaJS's or ours
 * @property {string} topic
 * @property {string} groupId
 * @property {string} address of the broker
 * @property {ConsumerConfig} options
 * @property {(more?: Partial<ConsumerConfig>) => Consumer} make
 * @property {(more?: Partial<ConsumerConfig>) => Consumer} other a member of KafkaJS's own
 * @property {Consumer} consumer a new one
 * @property {(values: string[]) => Promise<any>} send
 * @property {(names: string[]) => string[]} events those of these names that there were
 */

/**
 * Each scenario runs with KafkaJS's own consumer and with ours; what it returns is the same.
 *
 * @type {Record<string, (given: Given) => Promise<any>>}
 */
const SCENARIOS = {
  async 'the events of a life' ({ consumer, topic, send }) {
    await send(numbered(5))
    const events = new Collected()
    const wanted = ['CONNECT', 'GROUP_JOIN', 'START_BATCH_PROCESS', 'END_BATCH_PROCESS', 'COMMIT_OFFSETS', 'STOP',
      'DISCONNECT']
    for (const name of wanted) {
      consumer.on(consumer.events[name], ({ type, payload }) => events.add([type, payload && Object.keys(payload)]))
    }
    await consumer.connect()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ eachMessage: async () => {} })
    await events.until((all) => all.some(([type]) => type === 'consumer.commit_offsets'))
    await consumer.run({ eachMessage: async () => {} })
    await consumer.stop()
    await consumer.stop()
    await consumer.disconnect()
    await consumer.disconnect()
    // the life that lasted: KafkaJS's may crash at first, while the group's coordinator is not ready; and there may be
    // more than one batch
    const last = events.all.findLastIndex(([type]) => type === 'consumer.connect')
    return [...new Set(events.all.slice(last).map((event) => JSON.stringify(event)))]
  },

  async 'the join' ({ consumer, topic }) {
    const join = nextEvent(consumer, 'GROUP_JOIN')
    await consumer.subscribe({ topic })
    await consumer.run({ eachMessage: async () => {} })
    const { payload } = await join
    assert.equal(payload.leaderId, payload.memberId)
    const { isLeader, groupProtocol, memberAssignment } = payload
    const group = await consumer.describeGroup()
    assert.equal(group.members[0].memberId, payload.memberId)
    const { errorCode, state, protocolType, protocol, members } = group
    return {
      isLeader,
      groupProtocol,
      partitions: memberAssignment[topic],
      group: { errorCode, state, protocolType, protocol, keys: Object.keys(group) },
      members: members.map((member) => [Object.keys(member), member.clientHost,
        ours.AssignerProtocol.MemberMetadata.decode(member.memberMetadata).topics.length,
        ours.AssignerProtocol.MemberAssignment.decode(member.memberAssignment).assignment[topic]])
    }
  },

  async 'a handler that throws an Error' ({ consumer, topic, send }) {
    return crashing(consumer, topic, send, () => { throw new Error('plain') })
  },

  async 'a handler that throws what is not to be retried' ({ consumer, topic, send, library }) {
    return crashing(consumer, topic, send, () => { throw new library.KafkaJSNonRetriableError('give up') })
  },

  async 'a handler with a bug' ({ consumer, topic, send }) {
    return crashing(consumer, topic, send, () => /** @type {any} */ (null).x)
  },

  async 'a handler that throws an error of its own class' ({ consumer, topic, send }) {
    class Own extends Error {
      constructor () {
        super('own')
        this.name = 'Own'
        this.retriable = false
      }
    }
    return crashing(consumer, topic, send, () => { throw new Own() })
  },

  async 'restartOnFailure that says no' ({ consumer, topic, send, options }) {
    options.retry.restartOnFailure = async (error) => {
      assert.equal(error.name, 'KafkaJSNumberOfRetriesExceeded')
      return false
    }
    return crashing(consumer, topic, send, () => { throw new Error('plain') })
  },

  async 'a session time-out that the broker refuses' ({ make, topic }) {
    const consumer = make({ sessionTimeout: 100, heartbeatInterval: 50 })
    const crash = nextEvent(consumer, 'CRASH')
    await consumer.subscribe({ topic })
    const run = await failure(consumer.run({ eachMessage: async () => {} }))
    const { payload } = await crash
    return { run, error: outline(payload.error), restart: payload.restart }
  },

  async 'assigners that the group does not have' ({ make, topic, groupId, other }) {
    const member = other({ groupId })
    await member.subscribe({ topic })
    await member.run({ eachMessage: async () => {} })
    const assigner = (config) => ({ ...original.PartitionAssigners.roundRobin(config), name: 'Other' })
    const consumer = make({ partitionAssigners: [assigner] })
    const crash = nextEvent(consumer, 'CRASH')
    await consumer.subscribe({ topic })
    const run = await failure(consumer.run({ eachMessage: async () => {} }))
    const { payload } = await crash
    return { run, error: outline(payload.error), restart: payload.restart }
  },

  async 'a topic that does not exist' ({ make }) {
    const consumer = make({ allowAutoTopicCreation: false })
    const result = await failure(consumer.subscribe({ topic: 'no-such-topic' }))
    await consumer.disconnect()
    return result
  },

  async 'a batch' ({ consumer, topic, send }) {
    await send(numbered(4))
    const batches = new Collected()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatch: async (payload) => { batches.add(payload) } })
    await batches.until((all) => all.some(({ batch }) => batch.lastOffset() === '3'))
    const { batch, ...functions } = batches.all[batches.all.length - 1]
    assert.equal(await functions.heartbeat(), undefined)
    const { topic: name, partition, highWatermark } = batch
    return {
      functions: Object.keys(functions),
      isTopic: name === topic,
      partition,
      highWatermark,
      last: batch.lastOffset(),
      lag: batch.offsetLag(),
      isEmpty: batch.isEmpty(),
      hidden: [batch.isEmptyIncludingFiltered(), batch.isEmptyDueToFiltering(), batch.isEmptyControlRecord()],
      running: functions.isRunning(),
      stale: functions.isStale(),
      uncommitted: normal(functions.uncommittedOffsets()).topics.map(({ partitions }) => partitions)
    }
  },

  async 'a commit with every message' ({ consumer, topic, send, groupId, address }) {
    await send(numbered(3))
    const commits = new Collected()
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => commits.add(normal(payload).topics[0].partitions))
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => {} })
    await commits.take(3)
    await consumer.stop()
    return [commits.all, await kafka.committed(address, groupId, topic)]
  },

  async 'commits that the broker refuses' ({ consumer, topic }) {
    await consumer.subscribe({ topic })
    await consumer.run({ eachMessage: async () => {} })
    return [
      await failure(consumer.commitOffsets([{ topic, partition: 0, offset: '3', metadata: 'x'.repeat(5000) }])),
      await failure(consumer.commitOffsets([{ topic, partition: 0, offset: '3', metadata: '' }])),
      await failure(consumer.commitOffsets([])),
      // @ts-expect-error: without a list, on purpose
      await failure(consumer.commitOffsets())
    ]
  },

  async 'an offset that is out of range' ({ consumer, topic, send }) {
    await send(numbered(3))
    const got = new Collected()
    await consumer.subscribe({ topic, fromBeginning: true })
    const eachMessage = async ({ message }) => { got.add(message.offset) }
    const run = consumer.run({ autoCommit: false, eachMessage })
    consumer.seek({ topic, partition: 0, offset: '1000' })
    await run
    return got.take(3)
  },

  async 'bad arguments' ({ make, topic, library }) {
    // what the typings do not allow, on purpose
    const consumer = /** @type {any} */ (make())
    const before = [
      await failure(consumer.subscribe({})),
      await failure(consumer.subscribe({ topics: {} })),
      await failure(consumer.subscribe({ topic: 5 })),
      await failure(consumer.subscribe({ topics: [null] })),
      thrown(() => consumer.seek({ partition: 0, offset: 1 })),
      thrown(() => consumer.seek({ topic, partition: 'a', offset: 1 })),
      thrown(() => consumer.seek({ topic, partition: 0, offset: 'a' })),
      thrown(() => consumer.seek({ topic, partition: 0, offset: -3 })),
      thrown(() => consumer.seek({ topic, partition: 0, offset: 1 })),
      thrown(() => consumer.pause([null])),
      thrown(() => consumer.pause([{}])),
      thrown(() => consumer.resume([{ topic, partitions: ['a'] }])),
      thrown(() => consumer.resume([{ topic }])),
      thrown(() => consumer.on('nonsense', () => {})),
      await failure(consumer.commitOffsets([{ partition: 0, offset: '1' }])),
      await failure(consumer.commitOffsets([{ topic, partition: 'x', offset: '1' }])),
      await failure(consumer.commitOffsets([{ topic, partition: 0, offset: 'a' }])),
      await failure(consumer.commitOffsets([{ topic, partition: 0, offset: '-1' }])),
      await failure(consumer.commitOffsets([{ topic, partition: 0, offset: '1', metadata: 5 }])),
      await failure(consumer.commitOffsets([{ topic, partition: 0, offset: '1' }])),
      // @ts-expect-error: without options, on purpose
      thrown(() => new library.Kafka({ brokers: [] }).consumer()),
      thrown(() => new library.Kafka({ brokers: [] })
        .consumer({ groupId: 'g', sessionTimeout: 10, heartbeatInterval: 10 }))
    ]
    await consumer.subscribe({ topic })
    await consumer.run({ eachMessage: async () => {} })
    return [...before, await failure(consumer.subscribe({ topic })), consumer.paused()]
  },

  async 'stop in every state' ({ consumer, topic, events }) {
    await consumer.stop()
    await consumer.connect()
    await consumer.subscribe({ topic })
    await consumer.run({ eachMessage: async () => {} })
    await consumer.stop()
    await consumer.run({ eachMessage: async () => {} })
    await consumer.stop()
    await consumer.disconnect()
    return events(['CONNECT', 'GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH'])
  }
}

/**
 * How a consumer crashes whose handler fails at the second record.
 *
 * @param {Consumer} consumer
 * @param {string} topic
 * @param {Given['send']} send
 * @param {() => any} fail
 */
async function crashing (consumer, topic, send, fail) {
  await send(numbered(3))
  const calls = []
  const again = gate()
  let crashes = 0
  const crash = nextEvent(consumer, 'CRASH')
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      calls.push(message.offset)
      if (message.offset === '1' && crashes === 0) await fail()
      if (message.offset === '2') again.open()
    }
  })
  const { payload } = await crash
  crashes++
  if (payload.restart) await again.opened
  return { calls, error: outline(payload.error), restart: payload.restart, keys: Object.keys(payload) }
}

/** KafkaJS shows some partitions as strings, and some offsets as objects. */
const normal = ({ topics }) => ({
  topics: topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, offset }) => ({ partition: Number(partition), offset: String(offset) }))
  }))
})

describe('KafkaJS\'s consumer and the second door\'s do the same', { timeout: 240000 }, () => {
  /** @type {string} */
  let address
  before(async () => { address = await kafka.brokers('4') })
  after(() => kafka.releaseAll())

  /**
   * @param {import('node:test').TestContext} context
   * @param {typeof ours} library
   * @param {(given: Given) => Promise<any>} scenario
   */
  async function runWith (context, library, scenario) {
    const topic = await kafka.createTopic(address, kafka.uniqueName('beside'))
    const groupId = kafka.uniqueName('group')
    const client = new library.Kafka({ brokers: [address], clientId: 'beside', logLevel: library.logLevel.NOTHING })
    const retry = { ...RETRY }
    const options = { groupId, sessionTimeout: 10000, heartbeatInterval: 300, maxWaitTimeInMs: 100, retry }
    const seen = []
    const make = (more = {}) => {
      const consumer = client.consumer(Object.assign(options, more))
      for (const [name, type] of Object.entries(consumer.events)) consumer.on(type, () => seen.push(name))
      context.after(() => consumer.disconnect())
      return consumer
    }
    const other = (more) => {
      const consumer = new original.Kafka({ brokers: [address], logLevel: 0 }).consumer({ ...options, ...more })
      context.after(() => consumer.disconnect())
      return consumer
    }
    const result = await scenario({
      library,
      topic,
      groupId,
      address,
      options,
      make,
      other,
      get consumer () { return make() },
      send: (values) => kafka.produceRaw(address, topic, values.map((value) => ({ value }))),
      events: (names) => seen.filter((name) => names.includes(name))
    })
    return JSON.parse(JSON.stringify(result).replaceAll(topic, 'TOPIC').replaceAll(groupId, 'GROUP'))
  }

  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    it(name, async (context) => {
      const [theirs, mine] = [await runWith(context, original, scenario), await runWith(context, ours, scenario)]
      assert.deepEqual(mine, theirs)
    })
  }
})
