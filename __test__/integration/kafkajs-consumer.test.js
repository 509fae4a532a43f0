'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')

const original = require('kafkajs')
const ours = require('../../kafkajs')
const kafka = require('../support/kafka')
const { Clients, Collected, FAST_RETRY, gate, nextEvent } = require('../support/kafkajs-clients')

const { numbered } = require('../support/embedded')

/**
 * @typedef {import('../support/kafkajs-clients').ConsumerConfig} ConsumerConfig
 * @typedef {import('../support/kafkajs-clients').ConsumerRunConfig} ConsumerRunConfig
 * @typedef {import('../../kafkajs').EachMessageHandler} EachMessageHandler
 * @typedef {import('../../kafkajs').RebalanceEvent} RebalanceEvent
 */

/** @param {import('../../kafkajs').KafkaMessage} message */
const text = ({ value }) => value.toString()

describe('the second door\'s consumer on real Kafka', { timeout: 240000 }, () => {
  /** @type {string} */
  let address
  before(async () => { address = await kafka.brokers('4') })
  after(() => kafka.releaseAll())

  const topicOf = (partitions = 1) => kafka.createTopic(address, kafka.uniqueName('second-door'), partitions)
  const clientsOf = (context) => new Clients(context, { brokers: address })

  /**
   * A running consumer of one topic from its beginning; collects `[partition, offset]`.
   *
   * @param {Clients} clients
   * @param {string} topic
   * @param {Partial<ConsumerConfig> & { run?: ConsumerRunConfig }} [options]
   */
  async function running (clients, topic, { run = {}, ...options } = {}) {
    const consumer = clients.consumer(options)
    const seen = new Collected()
    await consumer.subscribe({ topic, fromBeginning: true })
    /** @type {EachMessageHandler} */
    const eachMessage = async ({ partition, message }) => { seen.add([partition, Number(message.offset)]) }
    const joined = nextEvent(consumer, 'GROUP_JOIN')
    await consumer.run({ ...(run.eachBatch ? {} : { eachMessage }), ...run })
    return { consumer, seen, join: (await joined).payload }
  }

  /** A member of KafkaJS's own. */
  async function runningOriginal (context, topic, groupId, seen, options = {}) {
    const client = new original.Kafka({ clientId: 'original', brokers: [address], logLevel: original.logLevel.NOTHING })
    const consumer = client.consumer({ groupId, sessionTimeout: 10000, heartbeatInterval: 300, maxWaitTimeInMs: 200,
      ...options })
    context.after(() => consumer.disconnect())
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const joined = nextEvent(consumer, 'GROUP_JOIN')
    /** @type {EachMessageHandler} */
    const eachMessage = async ({ partition, message }) => { seen.add([partition, Number(message.offset)]) }
    await consumer.run({ eachMessage })
    return { consumer, join: (await joined).payload }
  }

  const unique = (all) => new Set(all.map(([partition, offset]) => `${partition}:${offset}`))
  const partitionsOf = ({ memberAssignment }, topic) => memberAssignment[topic] || []

  it('what is held while the group rebalances is handled once, and committed before it moves', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(2)
    const groupId = kafka.uniqueName('group')
    for (const partition of [0, 1]) await clients.send(topic, numbered(5), partition)
    const hold = gate()
    const entered = new Collected()
    const first = await running(clients, topic, {
      groupId,
      run: {
        partitionsConsumedConcurrently: 2,
        eachMessage: async ({ partition, message }) => {
          if (message.offset === '2') {
            entered.add(partition)
            await hold.opened
          }
          seen.add([partition, Number(message.offset)])
        }
      }
    })
    const seen = new Collected()
    await entered.take(2)
    const rebalancing = nextEvent(first.consumer, 'REBALANCING')
    const second = running(clients, topic, { groupId })
    await rebalancing
    hold.open()
    const { seen: seenBySecond } = await second
    await Promise.race([seenBySecond.until((all) => all.length + seen.all.length === 10),
      seen.until((all) => all.length + seenBySecond.all.length === 10)])
    assert.equal(unique([...seen.all, ...seenBySecond.all]).size, 10)
    assert.ok(seenBySecond.all.every(([, offset]) => offset > 2))
  })

  for (const leader of ['original', 'ours']) {
    it(`shares a group with KafkaJS's own members: ${leader} leads`, async (context) => {
      const clients = clientsOf(context)
      const topic = await topicOf(4)
      const groupId = kafka.uniqueName('mixed')
      const seen = new Collected()
      const joins = {}
      const join = {
        original: async () => {
          const { consumer } = await runningOriginal(context, topic, groupId, seen)
          consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => { joins.original = payload })
        },
        ours: async () => {
          const { consumer } = await running(clients, topic, {
            groupId,
            sessionTimeout: 10000,
            run: { eachMessage: async ({ partition, message }) => { seen.add([partition, Number(message.offset)]) } }
          })
          consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => { joins.ours = payload })
        }
      }
      await join[leader]()
      const other = leader === 'ours' ? 'original' : 'ours'
      const members = () => kafka.groupMembers(address, groupId)
      await join[other]()
      let described
      do described = await members()
      while (described.state !== 'Stable' || described.members.some(({ assignment }) => !assignment[topic]))
      assert.equal(described.protocol, 'RoundRobinAssigner')
      assert.deepEqual(described.members.map(({ assignment }) => assignment[topic].length), [2, 2])
      assert.deepEqual(described.members.flatMap(({ assignment }) => assignment[topic]).sort(), [0, 1, 2, 3])
      for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(10), partition)
      await seen.until((all) => unique(all).size === 40)
      assert.equal(seen.all.length, 40)
    })
  }

  it('takes over from KafkaJS and back under traffic, and nothing is lost', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(4)
    const groupId = kafka.uniqueName('rolling')
    const seen = new Collected()
    let sent = 0
    let isSending = true
    const sending = (async () => {
      while (isSending) {
        for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(5), partition)
        sent += 5
      }
    })()
    const options = {
      groupId,
      sessionTimeout: 10000,
      run: { eachMessage: async ({ partition, message }) => { seen.add([partition, Number(message.offset)]) } }
    }
    const a = await runningOriginal(context, topic, groupId, seen)
    const b = await runningOriginal(context, topic, groupId, seen)
    await seen.take(100)
    const c = await running(clients, topic, options)
    await a.consumer.disconnect()
    const d = await running(clients, topic, options)
    await b.consumer.disconnect()
    const soFar = seen.all.length
    await seen.take(soFar + 200)
    const e = await runningOriginal(context, topic, groupId, seen)
    await c.consumer.disconnect()
    await d.consumer.disconnect()
    await seen.take(seen.all.length + 100)
    isSending = false
    await sending
    await seen.until((all) => unique(all).size === 4 * sent)
    await e.consumer.disconnect()
  })

  it('cooperative: what stays goes on, and nothing is read again', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(4)
    const groupId = kafka.uniqueName('cooperative')
    const partitionAssigners = [ours.PartitionAssigners.cooperativeSticky]
    const first = await running(clients, topic, { groupId, partitionAssigners })
    assert.equal(first.join.groupProtocol, 'cooperative-sticky')
    assert.equal(first.join.isLeader, true)
    assert.deepEqual(partitionsOf(first.join, topic), [0, 1, 2, 3])
    for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(20), partition)
    await first.seen.take(80)
    const joins = new Collected()
    first.consumer.on('consumer.group_join', ({ payload }) => joins.add(partitionsOf(payload, topic)))
    const second = await running(clients, topic, { groupId, partitionAssigners })
    const joined = new Collected()
    joined.add(partitionsOf(second.join, topic))
    second.consumer.on('consumer.group_join', ({ payload }) => joined.add(partitionsOf(payload, topic)))
    await joined.until((all) => all[all.length - 1].length === 2)
    const moved = joined.all[joined.all.length - 1]
    for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(20), partition)
    await second.seen.take(40)
    await first.seen.take(120)
    const offsets = (seen, partition) => seen.all.filter(([other]) => other === partition).map(([, offset]) => offset)
    const expected = numbered(40).map(Number)
    for (const partition of [0, 1, 2, 3]) {
      const isMoved = moved.includes(partition)
      assert.deepEqual(offsets(first.seen, partition), isMoved ? expected.slice(0, 20) : expected)
      assert.deepEqual(offsets(second.seen, partition), isMoved ? expected.slice(20) : [])
    }
  })

  it('groupProtocol consumer: the broker assigns (KIP-848)', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(4)
    const groupId = kafka.uniqueName('kip-848')
    for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(5), partition)
    const options = { groupId, groupProtocol: /** @type {const} */ ('consumer'), groupRemoteAssignor: 'range' }
    const first = await running(clients, topic, options)
    await first.seen.take(20)
    assert.equal(first.join.groupProtocol, 'range')
    const second = clients.consumer(options)
    const joined = new Collected()
    second.on(second.events.GROUP_JOIN, ({ payload }) => joined.add(partitionsOf(payload, topic)))
    const seen = new Collected()
    await second.subscribe({ topic, fromBeginning: true })
    /** @type {EachMessageHandler} */
    const eachMessage = async ({ partition, message }) => { seen.add([partition, Number(message.offset)]) }
    await second.run({ eachMessage })
    await joined.until((all) => all.length > 0 && all[all.length - 1].length === 2)
    for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(5), partition)
    await seen.take(10)
    await first.seen.take(30)
    assert.equal(unique([...seen.all, ...first.seen.all]).size, 40)
    // these members have no metadata: they are described as if they had what the broker knows of them
    const { members } = await second.describeGroup()
    assert.deepEqual(members.flatMap(({ memberAssignment }) =>
      ours.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic]).sort(), [0, 1, 2, 3])
    await second.disconnect()
  })

  it('groupProtocol consumer: a member without partitions has joined, too', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf()
    const options = { groupId: kafka.uniqueName('kip-848'), groupProtocol: /** @type {const} */ ('consumer') }
    const first = await running(clients, topic, options)
    assert.deepEqual(partitionsOf(first.join, topic), [0])
    const second = await running(clients, topic, options)
    assert.deepEqual(second.join.memberAssignment, {})
    await first.consumer.disconnect()
    await clients.send(topic, ['x'])
    await second.seen.take(1)
  })

  it('groupProtocol consumer: what was resumed while another member had it is read', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(2)
    const options = { groupId: kafka.uniqueName('kip-848'), groupProtocol: /** @type {const} */ ('consumer') }
    const first = await running(clients, topic, options)
    for (const partition of [0, 1]) await clients.send(topic, ['before'], partition)
    await first.seen.take(2)
    first.consumer.pause([{ topic, partitions: [0, 1] }])
    const second = clients.consumer(options)
    const shared = nextEvent(second, 'GROUP_JOIN', ({ payload }) => partitionsOf(payload, topic).length === 1)
    await second.subscribe({ topic, fromBeginning: true })
    await second.run({ eachMessage: async () => {} })
    await shared
    first.consumer.resume([{ topic, partitions: [0, 1] }])
    const alone = nextEvent(first.consumer, 'GROUP_JOIN', ({ payload }) => partitionsOf(payload, topic).length === 2)
    await second.disconnect()
    await alone
    for (const partition of [0, 1]) await clients.send(topic, ['after'], partition)
    await first.seen.take(4)
    assert.deepEqual(first.seen.all.slice(2).sort(), [[0, 1], [1, 1]])
  })

  it('groupInstanceId: a restart within the session moves nothing', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(4)
    const groupId = kafka.uniqueName('static')
    const member = (groupInstanceId) => running(clients, topic, { groupId, groupInstanceId, sessionTimeout: 20000 })
    const [one, two] = [await member('one'), await member('two')]
    const steady = () => kafka.groupMembers(address, groupId).then(({ state, members }) =>
      state === 'Stable' && members.every(({ assignment }) => assignment[topic] && assignment[topic].length === 2))
    while (!(await steady()));
    let rebalances = 0
    two.consumer.on('consumer.rebalancing', () => { rebalances++ })
    await one.consumer.disconnect()
    const again = await member('one')
    assert.equal(partitionsOf(again.join, topic).length, 2)
    for (const partition of [0, 1, 2, 3]) await clients.send(topic, numbered(3), partition)
    await two.seen.take(6)
    await again.seen.take(6)
    assert.equal(rebalances, 0)
  })

  it('a handler may take longer than a session', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf()
    await clients.send(topic, numbered(2))
    const got = new Collected()
    const { consumer } = await running(clients, topic, {
      sessionTimeout: 6000,
      run: {
        eachMessage: async ({ message, heartbeat }) => {
          if (message.offset === '0') await new Promise((resolve) => { setTimeout(resolve, 8000) })
          await heartbeat()
          got.add(message.offset)
        }
      }
    })
    let rebalances = 0
    consumer.on('consumer.rebalancing', () => { rebalances++ })
    assert.deepEqual(await got.take(2), ['0', '1'])
    assert.equal(rebalances, 0)
  })

  it('a handler that outlasts a rebalance loses its partition, and its commits are refused', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(2)
    const groupId = kafka.uniqueName('late')
    for (const partition of [0, 1]) await clients.send(topic, numbered(3), partition)
    const hold = gate()
    const busy = new Set()
    const refused = new Collected()
    const entered = new Collected()
    const first = await running(clients, topic, {
      groupId,
      sessionTimeout: 6000,
      rebalanceTimeout: 6000,
      run: {
        partitionsConsumedConcurrently: 2,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, commitOffsetsIfNecessary, resolveOffset }) => {
          const { partition } = batch
          assert.ok(!busy.has(partition), 'a partition is in one handler only')
          busy.add(partition)
          entered.add(partition)
          if (entered.all.length <= 2) {
            await hold.opened
            const offsets = { topics: [{ topic, partitions: [{ partition, offset: '1' }] }] }
            await commitOffsetsIfNecessary(offsets).catch((error) => refused.add(error.type))
            await first.consumer.commitOffsets([{ topic, partition, offset: '1' }])
              .catch((error) => refused.add(error.cause.type))
          } else {
            resolveOffset(batch.lastOffset())
          }
          busy.delete(partition)
        }
      }
    })
    await entered.take(2)
    const second = await running(clients, topic, { groupId })
    assert.equal(partitionsOf(second.join, topic).length, 1)
    await second.seen.take(3)
    hold.open()
    assert.deepEqual(await refused.take(4), Array(4).fill('ILLEGAL_GENERATION'))
    await entered.take(3)
    const [moved] = partitionsOf(second.join, topic)
    assert.equal(entered.all[2], 1 - moved)
    await first.consumer.disconnect()
  })

  it('hides what a transaction has aborted, unless readUncommitted', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf()
    const client = new original.Kafka({ brokers: [address], logLevel: original.logLevel.NOTHING })
    const transactionalId = kafka.uniqueName('transactions')
    const producer = client.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const [value, end] of [['committed', 'commit'], ['aborted', 'abort'], ['last', 'commit']]) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      await transaction[end]()
    }
    await producer.disconnect()
    const all = ['committed', 'aborted', 'last']
    for (const readUncommitted of [false, true]) {
      const expected = readUncommitted ? all : ['committed', 'last']
      const got = new Collected()
      await running(clients, topic, {
        groupId: kafka.uniqueName('group'),
        readUncommitted,
        run: { eachMessage: async ({ message }) => got.add(text(message)) }
      })
      assert.deepEqual(await got.take(expected.length), expected)
    }
  })

  it('a crashed handler\'s consumer goes on where it was', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf()
    await clients.send(topic, numbered(20))
    let failures = 3
    const got = new Collected()
    const { consumer } = await running(clients, topic, {
      retry: { ...FAST_RETRY, retries: 1 },
      run: {
        eachMessage: async ({ message }) => {
          if (message.offset === '10' && failures-- > 0) throw new Error('broken')
          got.add(text(message))
        }
      }
    })
    const crash = nextEvent(consumer, 'CRASH')
    assert.equal((await crash).payload.restart, true)
    await got.take(20)
    assert.deepEqual(got.all, numbered(20))
  })

  it('onRebalance gets what comes and goes, and may commit', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(2)
    const groupId = kafka.uniqueName('hook')
    for (const partition of [0, 1]) await clients.send(topic, numbered(5), partition)
    const calls = new Collected()
    const onRebalance = async (/** @type {RebalanceEvent} */ { type, partitions, lost, commitOffsets }) => {
      calls.add([type, partitions, lost])
      if (type === 'revoke') {
        const [{ partitions: taken }] = partitions
        // @ts-expect-error: it takes a list
        await assert.rejects(commitOffsets({ topics: [] }), /KafkaJSNonRetriableError.* an array of/)
        await commitOffsets(taken.map((partition) => ({ topic, partition, offset: '3' })))
      }
    }
    const first = await running(clients, topic, { groupId, onRebalance, run: { autoCommit: false } })
    await first.seen.take(10)
    assert.deepEqual(await calls.take(1), [['assign', [{ topic, partitions: [0, 1] }], false]])
    const second = await running(clients, topic, { groupId })
    await calls.take(3)
    assert.deepEqual(calls.all[1], ['revoke', [{ topic, partitions: [0, 1] }], false])
    assert.deepEqual(calls.all[2][0], 'assign')
    await second.seen.take(2)
    assert.deepEqual(second.seen.all.map(([, offset]) => offset), [3, 4])
  })

  it('lag() tells how far behind each partition is', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(2)
    const hold = gate()
    await clients.send(topic, numbered(5))
    const { consumer, seen } = await running(clients, topic, {
      run: {
        eachMessage: async ({ partition, message }) => {
          seen2.add(message.offset)
          if (partition === 0 && message.offset === '2') await hold.opened
        }
      }
    })
    const seen2 = new Collected()
    await seen2.until((all) => all.includes('2'))
    assert.deepEqual(await consumer.lag(), [{
      topic,
      partitions: [
        { partition: 0, offset: '2', high: '5', lag: '3' },
        { partition: 1, offset: '0', high: '0', lag: '0' }
      ]
    }])
    hold.open()
    assert.equal(seen.all.length, 0)
  })

  it('describes its group', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf()
    const { consumer, join } = await running(clients, topic)
    const group = await consumer.describeGroup()
    assert.deepEqual(Object.keys(group), ['errorCode', 'groupId', 'state', 'protocolType', 'protocol', 'members'])
    assert.deepEqual([group.errorCode, group.state, group.protocolType, group.protocol],
      [0, 'Stable', 'consumer', 'RoundRobinAssigner'])
    const [member] = group.members
    assert.equal(member.memberId, join.memberId)
    const { MemberAssignment, MemberMetadata } = ours.AssignerProtocol
    assert.deepEqual(MemberAssignment.decode(member.memberAssignment).assignment, { [topic]: [0] })
    assert.deepEqual(MemberMetadata.decode(member.memberMetadata).topics, [topic])
  })

  it('a custom assigner works with user data, as NestJS\'s does', async (context) => {
    const clients = clientsOf(context)
    const topic = await topicOf(2)
    const groupId = kafka.uniqueName('custom')
    const { MemberAssignment, MemberMetadata } = ours.AssignerProtocol
    class Assigner {
      constructor ({ cluster }) {
        this.cluster = cluster
        this.name = 'Custom'
        this.version = 1
        this.weight = 0
      }

      async assign ({ members, topics }) {
        assert.deepEqual(topics, [topic])
        const ids = this.cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
        const decoded = members.map(({ memberId, memberMetadata }) =>
          ({ memberId, data: JSON.parse(MemberMetadata.decode(memberMetadata).userData.toString()) }))
        const chosen = decoded.find(({ data }) => data.weight === 2) || decoded[0]
        return members.map(({ memberId }) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: this.version,
            assignment: memberId === chosen.memberId ? { [topic]: ids } : {},
            userData: Buffer.from([0xff, 0x00])
          })
        }))
      }

      protocol ({ topics }) {
        const userData = Buffer.from(JSON.stringify({ weight: this.weight }))
        return { name: this.name, metadata: MemberMetadata.encode({ version: this.version, topics, userData }) }
      }
    }
    const weighing = (weight) => (config) => Object.assign(new Assigner(config), { weight })
    const first = await running(clients, topic, { groupId, partitionAssigners: [weighing(1)] })
    assert.deepEqual(partitionsOf(first.join, topic), [0, 1])
    const lost = nextEvent(first.consumer, 'GROUP_JOIN', ({ payload }) => partitionsOf(payload, topic).length === 0)
    const second = await running(clients, topic, { groupId, partitionAssigners: [weighing(2)] })
    await lost
    assert.deepEqual(partitionsOf(second.join, topic), [0, 1])
    const { members } = await second.consumer.describeGroup()
    const { userData } = MemberAssignment.decode(members[0].memberAssignment)
    assert.deepEqual(userData, Buffer.from([0xff, 0x00]))
  })

  describe('async iterators', () => {
    it('messages() commits what the loop has left behind, and break leaves', async (context) => {
      const clients = clientsOf(context)
      const topic = await topicOf()
      const groupId = kafka.uniqueName('iterator')
      await clients.send(topic, numbered(6))
      const consumer = clients.consumer({ groupId })
      await consumer.subscribe({ topic, fromBeginning: true })
      const seen = []
      for await (const { message, partition, topic: name } of consumer.messages()) {
        assert.deepEqual([name, partition], [topic, 0])
        seen.push(text(message))
        if (seen.length === 3) break
      }
      assert.deepEqual(seen, ['0', '1', '2'])
      // the record that the loop was left at has not been handled
      assert.equal((await kafka.committed(address, groupId, topic))[0].offset, 2)
      for await (const { batch } of consumer.batches()) {
        seen.push(...batch.messages.map(text))
        if (seen.length === 7) consumer.stop()
      }
      assert.deepEqual(seen, ['0', '1', '2', '2', '3', '4', '5'])
      assert.equal((await kafka.committed(address, groupId, topic))[0].offset, 6)
    })

    it('a loop may wait for its consumer to stop', async (context) => {
      const clients = clientsOf(context)
      const topic = await topicOf()
      await clients.send(topic, numbered(3))
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      const seen = []
      for await (const { message } of consumer.messages()) {
        seen.push(text(message))
        await consumer.stop()
      }
      assert.deepEqual(seen, ['0'])
    })

    it('end with the error of a crash', async (context) => {
      const consumer = clientsOf(context).consumer({ sessionTimeout: 100, heartbeatInterval: 50 })
      await consumer.subscribe({ topic: await topicOf() })
      const iterator = consumer.messages()
      await assert.rejects(iterator.next(), { type: 'INVALID_SESSION_TIMEOUT' })
      assert.deepEqual(await iterator.next(), { value: undefined, done: true })
    })

    it('end with their consumer', async (context) => {
      const clients = clientsOf(context)
      const topic = await topicOf()
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      const iterator = consumer.messages()
      const next = iterator.next()
      await assert.rejects(consumer.messages().next(), /The consumer is running already/)
      await consumer.disconnect()
      assert.deepEqual(await next, { value: undefined, done: true })
      assert.deepEqual(await iterator.next(), { value: undefined, done: true })
    })
  })
})

describe('the second door\'s consumer on Kafka 3.9', { timeout: 120000 }, () => {
  after(() => kafka.releaseAll())

  it('groupProtocol consumer: the error says what it needs', async (context) => {
    const address = await kafka.brokers('3.9')
    const clients = new Clients(context, { brokers: address })
    const consumer = clients.consumer({ groupProtocol: /** @type {const} */ ('consumer') })
    const crash = nextEvent(consumer, 'CRASH')
    await consumer.subscribe({ topic: await kafka.createTopic(address, kafka.uniqueName('old')) })
    await consumer.run({ eachMessage: async () => {} })
    const { payload } = await crash
    assert.equal(payload.restart, false)
    assert.equal(payload.error.name, 'KafkaJSServerDoesNotSupportApiKey')
    assert.match(payload.error.message, /KIP-848.*Kafka 4\.0/)
  })
})
