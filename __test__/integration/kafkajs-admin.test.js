'use strict'

// The admin of the second door on real Kafka, beside KafkaJS's own where that can do the same: each step is done by
// both, each with topics and groups of its own, and what comes of it is compared, results and errors alike.

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const original = require('kafkajs')
const ours = require('../../kafkajs')
const { startKafka, startCluster } = require('../../tools/kafka')
const { addScramUser } = require('../../tools/kafka/scram')
const { parseAddress, withConnection } = require('../../tools/kafka/wire')
const { waitForCoordinator } = require('../support/admin-requests')
const { until } = require('../support/emissions')
const kafka = require('../support/kafka')

const RETRY = { initialRetryTime: 50, retries: 2 }

/** @typedef {import('../../kafkajs').NativeAdmin} Admin */

/**
 * @param {any} module KafkaJS or ours; the tests of both are held to our typings
 * @param {string} address
 * @returns {Admin}
 */
function adminOf (module, address) {
  return new module.Kafka({ clientId: 'admin', brokers: [address], logLevel: 0, retry: RETRY }).admin()
}

/**
 * @param {any} error
 * @returns {any} what programs look at
 */
function told (error) {
  if (!(error instanceof Error)) return error
  const { name, message, retriable, type, code, topic, partition, errors, groups, partitions, retryCount, cause } =
    /** @type {any} */ (error)
  return JSON.parse(JSON.stringify({
    name,
    message,
    retriable,
    type,
    code,
    topic,
    partition,
    retryCount,
    errors: errors && errors.map(told),
    groups: groups && groups.map((group) => ({ ...group, error: told(group.error) })),
    partitions: partitions && partitions.map((each) => ({ ...each, error: told(each.error) })),
    cause: cause && told(cause)
  }))
}

/** Two admins, theirs and ours, and names that differ by a word. */
class Pair {
  /** @param {string} address */
  constructor (address) {
    this.address = address
    this.admins = { theirs: adminOf(original, address), ours: adminOf(ours, address) }
    this.id = kafka.uniqueName('x')
  }

  async connect () {
    await this.admins.theirs.connect()
    await this.admins.ours.connect()
  }

  async disconnect () {
    await this.admins.theirs.disconnect()
    await this.admins.ours.disconnect()
  }

  /**
   * @param {(admin: Admin, name: (word: string) => string) => Promise<any>} step
   * @returns {Promise<{ theirs: any, ours: any }>} names of the two are the same word in what comes of it
   */
  async both (step) {
    /** @type {any} */
    const results = {}
    for (const who of /** @type {const} */ (['theirs', 'ours'])) {
      const name = (/** @type {string} */ word) => `${who}-${word}-${this.id}`
      let result
      try {
        result = { resolved: await step(this.admins[who], name) }
      } catch (error) {
        result = { rejected: told(error) }
      }
      results[who] = JSON.parse(JSON.stringify(result).replace(new RegExp(`${who}-(\\w+)-${this.id}`, 'g'), '$1'))
    }
    return results
  }

  /**
   * @param {(admin: Admin, name: (word: string) => string) => Promise<any>} step
   * @param {string} [message]
   * @returns {Promise<any>} what comes of it, the same with both
   */
  async same (step, message) {
    const { theirs, ours } = await this.both(step)
    assert.deepEqual(ours, theirs, message)
    return ours
  }

  /**
   * Waits until the broker shows what was changed, for both: the controller confirms a change before brokers have it.
   *
   * @param {(admin: Admin, name: (word: string) => string) => Promise<any>} condition
   */
  async visible (condition) {
    await until(async () => {
      const { theirs, ours } = await this.both(condition)
      return theirs.resolved && ours.resolved
    })
  }
}

const ACL = {
  resourceType: 2,
  resourceName: 't',
  resourcePatternType: 3,
  principal: 'User:b',
  host: '*',
  operation: 3,
  permissionType: 3
}

const byPartition = (list) => list.sort((a, b) => a.partition - b.partition)

describe('kafkajs admin', { timeout: 300000 }, () => {
  /** @type {Pair} */
  let pair
  /** @type {string} */
  let address

  before(async () => {
    address = await kafka.brokers('4')
    pair = new Pair(address)
    // KafkaJS's own admin does not wait for it
    await waitForCoordinator(address, ['theirs', 'ours'].flatMap((who) =>
      ['group', 'other', 'running', 'reset', 'fresh'].map((word) => `${who}-${word}-${pair.id}`)))
    await pair.connect()
  })

  after(async () => {
    await pair.both((admin, name) => admin.deleteTopics({ topics: [name('topic')] }))
    await pair.disconnect()
    await kafka.releaseAll()
  })

  it('has KafkaJS\'s keys, and its methods need no this', async () => {
    const { admins: { theirs, ours } } = pair
    assert.deepEqual(Object.keys(ours), Object.keys(theirs))
    assert.deepEqual(ours.events, theirs.events)
    const { listTopics } = ours
    assert.ok(Array.isArray(await listTopics()))
  })

  it('makes topics, all or some of them, and says which not', async () => {
    await pair.same((admin, name) => admin.createTopics({
      topics: [{
        topic: name('topic'), numPartitions: 12, configEntries: [{ name: 'retention.ms', value: '100000000000' }]
      }]
    }))
    await pair.same((admin, name) => admin.createTopics({ topics: [{ topic: name('topic') }] }), 'again')
    await pair.same((admin, name) => admin.createTopics({
      topics: [{ topic: name('topic') }, { topic: 'bad/name' }, { topic: '' }, { topic: name('a'), numPartitions: 0 },
        { topic: name('b'), replicationFactor: 0 }, { topic: name('c'), replicationFactor: 9 }]
    }), 'mixed')
    await pair.same((admin, name) => admin.createTopics({
      topics: [{ topic: name('a'), replicaAssignment: [{ partition: 1, replicas: [1] }] },
        { topic: name('b'), numPartitions: 2, replicaAssignment: [{ partition: 0, replicas: [1] }] },
        { topic: name('c'), replicaAssignment: [{ partition: 0, replicas: [77] }] }]
    }), 'assignments')
    await pair.same((admin, name) => admin.createTopics({
      topics: [{ topic: name('d'), configEntries: [{ name: 'no.such.entry', value: '1' }] }]
    }), 'configuration')
    await pair.same(async (admin, name) => {
      const created = await admin.createTopics({
        topics: [{ topic: name('e') }], validateOnly: true, waitForLeaders: false
      })
      return [created, (await admin.listTopics()).includes(name('e'))]
    }, 'validateOnly')
    await pair.same((admin) => admin.createTopics({ topics: [] }), 'none')
    // KafkaJS waits for the leaders of a topic that is not made
    const { ours } = await pair.both((admin, name) =>
      admin.createTopics({ topics: [{ topic: name('e') }], validateOnly: true }))
    assert.deepEqual(ours, { resolved: true })
  })

  it('checks arguments with KafkaJS\'s texts', async () => {
    // what the typings do not allow, on purpose
    const calls = /** @type {Array<[string, any[]]>} */ (/** @type {any[]} */ ([
      ...[undefined, 5, [{ topic: 5 }], [{ topic: 'a' }, { topic: 'a' }], [{ topic: 'a', configEntries: 5 }],
        [{ topic: 'a', configEntries: [5] }], [{ topic: 'a', configEntries: [{}] }],
        [{ topic: 'a', configEntries: [{ name: 'x', value: 1 }] }]].map(topics => ['createTopics', [{ topics }]]),
      ...[undefined, [5]].map(topics => ['deleteTopics', [{ topics }]]),
      ...[undefined, [], [{ topic: 5 }], [{ topic: 'a' }, { topic: 'a' }]].map(topicPartitions =>
        ['createPartitions', [{ topicPartitions }]]),
      ...[[5], ['']].map(topics => ['fetchTopicMetadata', [{ topics }]]),
      ...['fetchTopicOffsets', 'fetchTopicOffsetsByTimestamp'].flatMap(method =>
        [undefined, 5, ''].map(topic => [method, [topic]])),
      ...[{}, { groupId: 'g', topics: 5 }].map(options => ['fetchOffsets', [options]]),
      ...[{}, { groupId: 'g' }, { groupId: 'g', topic: 't' }, { groupId: 'g', topic: 't', partitions: [] }].map(
        options => ['setOffsets', [options]]),
      ...[{}, { groupId: 'g' }].map(options => ['resetOffsets', [options]]),
      ...[undefined, [], [{ type: 99, name: 'x' }], [{ type: 2 }], [{ type: 2, name: 'x', configNames: 5 }]].map(
        resources => ['describeConfigs', [{ resources }]]),
      ...[undefined, [], [{ type: 99, name: 'x' }], [{ type: 2 }], [{ type: 2, name: 'x' }],
        [{ type: 2, name: 'x', configEntries: [{ name: 'y' }] }]].map(resources => ['alterConfigs', [{ resources }]]),
      ...[undefined, [5]].map(groups => ['deleteGroups', [groups]]),
      ...[{}, { topic: 5 }, { topic: 't', partitions: [] }].map(options => ['deleteTopicRecords', [options]]),
      ...[undefined, [], [{}], [{ principal: 'x' }], [{ principal: 'x', host: 'x' }], [{ ...ACL, operation: 99 }],
        [{ ...ACL, permissionType: 99 }], [{ ...ACL, resourceType: 99 }],
        [{ ...ACL, resourcePatternType: 99 }]].flatMap(list => [
        ['createAcls', [{ acl: list }]],
        ['deleteAcls', [{ filters: list }]],
        ...(list && list[0] ? [['describeAcls', [list[0]]]] : [])
      ]),
      ['describeAcls', [{ ...ACL, host: 5 }]],
      ['describeAcls', [{ ...ACL, principal: 5 }]],
      ['describeAcls', [{ ...ACL, resourceName: 5 }]],
      ...[undefined, [{ topic: 5 }], [{ topic: 'a' }, { topic: 'a' }], [{ topic: 'a' }],
        [{ topic: 'a', partitionAssignment: [{ partition: -1 }] }],
        [{ topic: 'a', partitionAssignment: [{ partition: 0 }] }],
        [{ topic: 'a', partitionAssignment: [{ partition: 0, replicas: [-1] }] }]].map(topics =>
        ['alterPartitionReassignments', [{ topics }]]),
      ...[5, [{ topic: 5 }], [{ topic: 'a' }, { topic: 'a' }], [{ topic: 'a' }],
        [{ topic: 'a', partitions: [-1] }]].map(topics => ['listPartitionReassignments', [{ topics }]])
    ]))
    for (const [method, args] of calls) {
      const { rejected } = await pair.same(admin => admin[method](...args), `${method} ${JSON.stringify(args)}`)
      assert.equal(rejected.name, 'KafkaJSNonRetriableError', `${method} ${JSON.stringify(args)}`)
    }
    for (const admin of Object.values(pair.admins)) {
      // @ts-expect-error: no such event, on purpose
      assert.throws(() => admin.on('admin.nothing', () => {}),
        { message: /^Event name should be one of admin\.events\.CONNECT, .*admin\.events\.REQUEST_QUEUE_SIZE$/ })
    }
  })

  it('gives topics more partitions, and says why not', async () => {
    await pair.same((admin, name) => admin.createPartitions({ topicPartitions: [{ topic: name('topic'), count: 13 }] }))
    await pair.visible(async (admin, name) =>
      (await admin.fetchTopicMetadata({ topics: [name('topic')] })).topics[0].partitions.length === 13)
    for (const count of [3, 0]) {
      await pair.same((admin, name) => admin.createPartitions({ topicPartitions: [{ topic: name('topic'), count }] }))
    }
    await pair.same((admin) => admin.createPartitions({ topicPartitions: [{ topic: 'no-such-topic', count: 5 }] }))
    await pair.same(async (admin, name) => {
      await admin.createPartitions({ topicPartitions: [{ topic: name('topic'), count: 20 }], validateOnly: true })
      return (await admin.fetchTopicMetadata({ topics: [name('topic')] })).topics[0].partitions.length
    })
  })

  it('describes topics and the cluster, and creates no topic by asking', async () => {
    const { resolved } = await pair.same((admin, name) => admin.fetchTopicMetadata({ topics: [name('topic')] }))
    assert.equal(resolved.topics[0].partitions.length, 13)
    await pair.same(async (admin, name) => (await admin.listTopics()).filter((/** @type {string} */ topic) =>
      topic === name('topic')))
    await pair.same(async (admin, name) => (await admin.fetchTopicMetadata()).topics.find((topic) =>
      topic.name === name('topic')))
    for (const topic of ['no-such-topic', 'bad/name']) {
      await pair.same((admin) => admin.fetchTopicMetadata({ topics: [topic] }))
      await pair.same(async (admin) => (await admin.listTopics()).includes(topic))
    }
    await pair.same((admin) => admin.describeCluster())
  })

  it('finds offsets, by time too', async () => {
    for (const who of ['theirs', 'ours']) {
      await kafka.produceRaw(address, `${who}-topic-${pair.id}`, Array.from({ length: 50 }, (_, i) =>
        ({ value: `${i}`, partition: i % 5, timestamp: String(1700000000000 + i * 1000) })))
    }
    await pair.same(async (admin, name) => byPartition(await admin.fetchTopicOffsets(name('topic'))))
    /** @type {any[]} */
    const times = [undefined, 1700000020000, 1700000020001, 1800000000000, 0, -1, -2, '1700000020000']
    for (const time of times) {
      await pair.same(async (admin, name) =>
        byPartition(await admin.fetchTopicOffsetsByTimestamp(name('topic'), time)), String(time))
    }
    await pair.same((admin) => admin.fetchTopicOffsets('no-such-topic'))
    await pair.same((admin) => admin.fetchTopicOffsetsByTimestamp('no-such-topic', 5))
    // KafkaJS sorts them as texts
    const offsets = await pair.admins.ours.fetchTopicOffsets(`ours-topic-${pair.id}`)
    assert.deepEqual(offsets.map(({ partition }) => partition), [...offsets.keys()])
  })

  it('reads and sets the offsets of groups without members', async () => {
    /** @param {Admin} admin @param {any} options */
    const fetched = async (admin, options) => (await admin.fetchOffsets(options)).map(
      ({ topic, partitions }) => ({ topic, partitions: byPartition(partitions) }))
    await pair.same((admin, name) => fetched(admin, { groupId: name('group'), topics: [name('topic')] }), 'none yet')
    await pair.same((admin, name) => fetched(admin, { groupId: name('group') }), 'nothing')
    await pair.same((admin, name) => admin.fetchOffsets({ groupId: name('group'), topics: ['no-such-topic'] }))
    const partitions = [{ partition: 0, offset: '3' }, { partition: 11, offset: '4' }]
    await pair.same((admin, name) => admin.setOffsets({ groupId: name('group'), topic: name('topic'), partitions }))
    await pair.same((admin, name) => fetched(admin, { groupId: name('group') }), 'set')
    await pair.same((admin, name) => fetched(admin, { groupId: name('group'), topics: [name('topic')] }), 'all')
    await pair.same((admin, name) =>
      admin.setOffsets({ groupId: name('group'), topic: 'no-such-topic', partitions }), 'no topic')
    await pair.same((admin, name) =>
      admin.setOffsets({ groupId: name('other'), topic: name('topic'), partitions: [{ partition: 0, offset: 'x' }] }))
  })

  it('resets them to real offsets, where KafkaJS stores -1 and -2, and reading them writes nothing', async () => {
    const { ours: admin } = pair.admins
    const [groupId, topic] = [`ours-reset-${pair.id}`, `ours-topic-${pair.id}`]
    await admin.resetOffsets({ groupId, topic })
    const [latest] = await admin.fetchOffsets({ groupId })
    assert.deepEqual(latest.partitions.map(({ offset }) => offset),
      Array.from({ length: 13 }, (_, i) => i < 5 ? '10' : '0'))
    await admin.resetOffsets({ groupId, topic, earliest: true })
    const [earliest] = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true })
    assert.deepEqual(earliest.partitions[0], { partition: 0, offset: '0', metadata: null })
    const partitions = [{ partition: 0, offset: '-1' }, { partition: 1, offset: '-2' }]
    await admin.setOffsets({ groupId, topic, partitions })
    const [ends] = await admin.fetchOffsets({ groupId, topics: [topic] })
    assert.deepEqual(ends.partitions.slice(0, 2).map(({ offset }) => offset), ['10', '0'])
    // what is not committed is resolved in the answer only
    const options = { groupId: `ours-fresh-${pair.id}`, topics: [topic] }
    const [resolved] = await admin.fetchOffsets({ ...options, resolveOffsets: true })
    assert.equal(resolved.partitions[0].offset, '10')
    assert.equal((await admin.fetchOffsets(options))[0].partitions[0].offset, '-1')
    for (const [entry, message] of /** @type {const} */ ([
      [{ partition: 0, offset: '-5' }, 'Offset must not be a negative number'],
      [{ partition: /** @type {any} */ ('x'), offset: '1' }, 'Invalid partition, expected a number received x']
    ])) {
      await assert.rejects(admin.setOffsets({ groupId, topic, partitions: [entry] }),
        { name: 'KafkaJSNonRetriableError', message })
    }
    await assert.rejects(admin.setOffsets({ groupId, topic, partitions: [{ partition: 99, offset: '1' }] }),
      { type: 'UNKNOWN_TOPIC_OR_PARTITION' })
  })

  it('sets nothing for a group that has members, which the group\'s description shows', async () => {
    const topic = `ours-topic-${pair.id}`
    for (const who of /** @type {const} */ (['theirs', 'ours'])) {
      const groupId = `${who}-running-${pair.id}`
      const consumer = kafka.kafkaJs(address).consumer({ groupId })
      await consumer.connect()
      try {
        await consumer.subscribe({ topic })
        const joined = new Promise(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
        await consumer.run({ eachMessage: async () => {} })
        await joined
        const admin = pair.admins[who]
        const partitions = [{ partition: 0, offset: '1' }]
        await assert.rejects(admin.setOffsets({ groupId, topic, partitions }), {
          name: 'KafkaJSNonRetriableError',
          message: 'The consumer group must have no running instances, current state: Stable'
        })
        await assert.rejects(admin.deleteGroups([groupId]), (/** @type {any} */ error) => {
          assert.equal(error.name, 'KafkaJSDeleteGroupsError')
          assert.deepEqual(error.groups.map(({ groupId, errorCode, error: { type } }) =>
            [groupId, errorCode, type]), [[groupId, 68, 'NON_EMPTY_GROUP']])
          return true
        })
        const { groups: [group] } = await admin.describeGroups([groupId])
        assert.deepEqual([group.state, group.protocolType, group.protocol, group.errorCode],
          ['Stable', 'consumer', 'RoundRobinAssigner', 0])
        const [{ memberMetadata, memberAssignment, clientId, clientHost }] = group.members
        assert.deepEqual(ours.AssignerProtocol.MemberMetadata.decode(memberMetadata).topics, [topic])
        const { assignment } = ours.AssignerProtocol.MemberAssignment.decode(memberAssignment)
        assert.equal(assignment[topic].length, 13)
        assert.deepEqual([clientId, clientHost], ['test-support', '/127.0.0.1'])
      } finally {
        await consumer.disconnect()
      }
    }
  })

  it('lists, describes and deletes groups', async () => {
    await pair.same(async (admin, name) => (await admin.listGroups()).groups.filter(({ groupId }) =>
      groupId === name('running')))
    await pair.same((admin, name) => admin.describeGroups([name('running')]))
    await pair.same((admin, name) => admin.describeGroups([name('nowhere')]))
    await pair.same((admin) => admin.describeGroups([]))
    // @ts-expect-error: without a list, on purpose
    await pair.same((admin) => admin.describeGroups())
    await pair.same((admin, name) => admin.deleteGroups([name('running')]))
    await pair.same((admin, name) => admin.deleteGroups([name('running')]), 'again')
    await pair.same((admin) => admin.deleteGroups([]))
  })

  it('reads configurations, of topics and brokers together', async () => {
    const { admins: { ours: admin } } = pair
    const id = String((await admin.describeCluster()).brokers[0].nodeId)
    /** @param {Admin} admin @param {any[]} resources @param {boolean} [includeSynonyms] */
    const described = async (admin, resources, includeSynonyms) => {
      const result = await admin.describeConfigs({ resources, includeSynonyms })
      for (const { configEntries } of result.resources) {
        configEntries.sort((a, b) => a.configName < b.configName ? -1 : 1)
      }
      return result
    }
    const configNames = ['retention.ms', 'cleanup.policy']
    await pair.same((admin, name) => described(admin, [{ type: 2, name: name('topic'), configNames }], true))
    const { resolved } = await pair.same((admin, name) => described(admin, [{ type: 2, name: name('topic') }]))
    assert.ok(resolved.resources[0].configEntries.length > 20)
    await pair.same((admin, name) => described(admin, [{ type: 4, name: id }, { type: 2, name: name('topic') }]))
    for (const resource of [{ type: 2, name: 'no-such-topic' }, { type: 2, name: 'bad/name' }, { type: 4, name: '99' },
      { type: 4, name: 'abc' }, { type: 0, name: 'x' }]) {
      await pair.same((admin) => described(admin, [resource]), JSON.stringify(resource))
    }
    await assert.rejects(described(admin, [{ type: 8, name: id }]),
      { name: 'KafkaJSNotImplemented', message: /describeConfigs.*BROKER_LOGGER/ })
  })

  it('changes configurations: all of them as KafkaJS does, or only those that are named', async () => {
    /** @param {Admin} admin @param {string} topic */
    const set = async (admin, topic) => {
      const { resources: [{ configEntries }] } = await admin.describeConfigs({ resources: [{ type: 2, name: topic }] })
      return Object.fromEntries(configEntries.filter(({ configSource }) => configSource === 1)
        .map(({ configName, configValue }) => [configName, configValue]))
    }
    /** @param {any[]} configEntries */
    const alter = (configEntries) => (admin, /** @type {(word: string) => string} */ name) =>
      admin.alterConfigs({ resources: [{ type: 2, name: name('topic'), configEntries }] })
    await pair.same(alter([{ name: 'segment.ms', value: '5000' }]))
    await pair.visible(async (admin, name) => (await set(admin, name('topic')))['segment.ms'] === '5000')
    await pair.same((admin, name) => set(admin, name('topic')))
    await pair.same(alter([{ name: 'retention.ms', value: 'abc' }]))
    for (const resource of [{ type: 2, name: 'no-such-topic' }, { type: 4, name: '99' }]) {
      await pair.same((admin) => admin.alterConfigs({ resources: [{ ...resource, configEntries: [] }] }))
    }
    const { ours: admin } = pair.admins
    const topic = `ours-topic-${pair.id}`
    /** @param {any[]} configEntries @param {boolean} [validateOnly] */
    const change = (configEntries, validateOnly) =>
      admin.incrementalAlterConfigs({ resources: [{ type: 2, name: topic, configEntries }], validateOnly })
    const { resources } = await change([{ name: 'retention.ms', value: '777' },
      { name: 'cleanup.policy', value: 'compact', operation: 'append' }])
    assert.deepEqual(resources, [{ errorCode: 0, errorMessage: null, resourceType: 2, resourceName: topic }])
    await until(async () => (await set(admin, topic))['retention.ms'] === '777')
    assert.deepEqual(await set(admin, topic),
      { 'cleanup.policy': 'delete,compact', 'retention.ms': '777', 'segment.ms': '5000' })
    await change([{ name: 'segment.ms', operation: 'delete' },
      { name: 'cleanup.policy', value: 'compact', operation: 'subtract' }])
    await until(async () => !('segment.ms' in await set(admin, topic)))
    await change([{ name: 'retention.ms', value: '888' }], true)
    assert.deepEqual(await set(admin, topic), { 'cleanup.policy': 'delete', 'retention.ms': '777' })
    await assert.rejects(change([{ name: 'retention.ms', value: 'abc' }]), { type: 'INVALID_CONFIG' })
    await assert.rejects(change([{ name: 'retention.ms', value: '1', operation: 'multiply' }]),
      { name: 'KafkaJSNonRetriableError', message: /^Invalid resource config value/ })
  })

  it('deletes records, before an offset or all', async () => {
    await pair.same((admin, name) => admin.deleteTopicRecords({
      topic: name('topic'), partitions: [{ partition: 0, offset: '5' }, { partition: 1, offset: '-1' }]
    }))
    await pair.same(async (admin, name) => byPartition(await admin.fetchTopicOffsets(name('topic'))).slice(0, 3))
    for (const entries of [[{ partition: 0, offset: '5000' }, { partition: 2, offset: '1' }],
      [{ partition: 0, offset: '1' }], [{ partition: 99, offset: '1' }]]) {
      await pair.same((admin, name) => admin.deleteTopicRecords({ topic: name('topic'), partitions: entries }),
        JSON.stringify(entries))
    }
    // an admin that knows nothing yet: KafkaJS must have been asked about the topic before
    const fresh = adminOf(ours, address)
    await fresh.deleteTopicRecords({ topic: `ours-topic-${pair.id}`, partitions: [{ partition: 3, offset: '2' }] })
    await fresh.disconnect()
    const [, , , { low }] = await pair.admins.ours.fetchTopicOffsets(`ours-topic-${pair.id}`)
    assert.equal(low, '2')
    const nowhere = { topic: 'no-such-topic', partitions: [{ partition: 0, offset: '1' }] }
    await assert.rejects(pair.admins.ours.deleteTopicRecords(nowhere), (/** @type {any} */ error) =>
      error.name === 'KafkaJSNumberOfRetriesExceeded' && error.cause.type === 'UNKNOWN_TOPIC_OR_PARTITION')
  })

  it('moves partitions as far as one broker goes, and lists what moves', async () => {
    const id = (await pair.admins.ours.describeCluster()).brokers[0].nodeId
    /** @param {any[]} partitionAssignment */
    const alter = (partitionAssignment) => (admin, name) =>
      admin.alterPartitionReassignments({ topics: [{ topic: name('topic'), partitionAssignment }] })
    await pair.same(alter([{ partition: 0, replicas: [id] }]))
    await pair.same(alter([{ partition: 0, replicas: [77] }, { partition: 99, replicas: [id] }]))
    await pair.same((admin) => admin.listPartitionReassignments({}))
    await pair.same((admin, name) =>
      admin.listPartitionReassignments({ topics: [{ topic: name('topic'), partitions: [0, 1] }], timeout: 1000 }))
  })

  it('says that there is no security where there is none, also to a question for ACLs', async () => {
    const filter = { resourceType: 2, resourcePatternType: 1, operation: 1, permissionType: 1 }
    const { rejected } = await pair.same((admin) => admin.describeAcls(filter))
    assert.equal(rejected.type, 'SECURITY_DISABLED')
    await pair.same((admin) => admin.deleteAcls({ filters: [filter] }))
    await pair.same((admin) => admin.createAcls({ acl: [ACL] }))
  })

  it('tells how far a group is behind, with what a transaction has not committed yet left out', async () => {
    const { ours: admin } = pair.admins
    const topic = await kafka.createTopic(address, kafka.uniqueName('lag'), 3)
    const groupId = kafka.uniqueName('lag')
    assert.deepEqual(await admin.fetchGroupLag(groupId), [])
    await kafka.produceRaw(address, topic, [0, 0, 0, 0, 1, 1].map(partition => ({ value: 'v', partition })))
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] })
    const producer = kafka.kafkaJs(address).producer({ transactionalId: topic, idempotent: true })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'open', partition: 0 }] })
    const [lag] = await admin.fetchGroupLag(groupId)
    await transaction.abort()
    await producer.disconnect()
    assert.deepEqual(lag, {
      topic, partitions: [{ partition: 0, offset: '1', metadata: null, low: '0', high: '4', lag: '3' }]
    })
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    const lagOf = () => admin.fetchGroupLag({ groupId, topics: [topic] })
    let [all] = await lagOf()
    // the marker of the aborted transaction is written after `abort` has been answered
    for (; all.partitions[0].high === '4'; [all] = await lagOf()) await delay(20)
    const seen = all.partitions.map(({ partition, offset, low, lag }) =>
      [partition, offset, low, lag])
    assert.deepEqual(seen, [[0, '1', '3', '3'], [1, '-1', '0', '2'], [2, '-1', '0', '0']])
    // @ts-expect-error: without a group, on purpose
    await assert.rejects(admin.fetchGroupLag(), { message: 'Invalid groupId undefined' })
    await admin.deleteGroupOffsets({ groupId, topics: [{ topic, partitions: [0] }] })
    assert.deepEqual(await admin.fetchOffsets({ groupId }), [])
    await kafka.deleteTopic(address, topic)
  })

  it('describes topics with what is wrong with each, elects leaders, and knows SCRAM users', async () => {
    const { ours: admin } = pair.admins
    await assert.rejects(admin.electLeaders({ topics: [{ topic: 't', partitions: /** @type {any} */ (undefined) }] }),
      { name: 'KafkaJSNonRetriableError', message: 'Invalid partitions array: undefined for topic: t' })
    const topic = `ours-topic-${pair.id}`
    const { topics } = await admin.describeTopics({ topics: [topic, 'no-such-topic'] })
    const [{ partitions: [first], errorCode }, missing] =
      topics.sort((a) => a.name === topic ? -1 : 1)
    const id = (await admin.describeCluster()).brokers[0].nodeId
    assert.deepEqual({ errorCode, ...first }, {
      errorCode: 0,
      partitionErrorCode: 0,
      partitionId: 0,
      leader: id,
      leaderEpoch: 0,
      replicas: [id],
      isr: [id],
      offlineReplicas: []
    })
    assert.deepEqual([missing.name, missing.errorCode, missing.error.type, missing.partitions],
      ['no-such-topic', 3, 'UNKNOWN_TOPIC_OR_PARTITION', []])
    assert.deepEqual(await admin.electLeaders({ topics: [{ topic, partitions: [0] }] }),
      [{ topic, partition: 0, elected: false }])
    await assert.rejects(admin.electLeaders({ topics: [{ topic, partitions: [99] }] }), (/** @type {any} */ error) => {
      assert.equal(error.name, 'KafkaJSAggregateError')
      assert.deepEqual(error.errors.map(({ type, partition }) => [type, partition]),
        [['UNKNOWN_TOPIC_OR_PARTITION', 99]])
      return true
    })
    const user = kafka.uniqueName('user')
    assert.deepEqual(await admin.describeUserScramCredentials({ users: [user] }),
      { users: [{ user, credentials: [] }] })
    await withConnection(parseAddress(address), (connection) =>
      addScramUser(connection, { username: user, password: 'secret' }))
    const { users } = await admin.describeUserScramCredentials({ users: [user] })
    assert.deepEqual(users[0].credentials.map(({ mechanism }) => mechanism).sort(),
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'])
    assert.ok(users[0].credentials.every(({ iterations }) => iterations >= 4096))
    assert.ok((await admin.describeUserScramCredentials()).users.some((each) => each.user === user))
  })

  it('deletes topics, and tries again those that are not there', async () => {
    await pair.same((admin, name) => admin.createTopics({ topics: [{ topic: name('gone') }] }))
    await pair.same((admin, name) => admin.deleteTopics({ topics: [name('gone')] }))
    await pair.same((admin, name) => admin.deleteTopics({ topics: [name('gone')] }), 'again')
    await pair.same((admin) => admin.deleteTopics({ topics: [] }))
  })

  it('connects by itself, again after disconnecting, and says so only when it is told to', async () => {
    const admin = adminOf(ours, address)
    /** @type {any[]} */
    const events = []
    for (const type of ['CONNECT', 'DISCONNECT']) {
      admin.on(admin.events[type], (event) => events.push([event.type, event.payload]))
    }
    await admin.listTopics()
    assert.deepEqual(events, [])
    /** @type {string[]} */
    const requests = []
    const remove = admin.on(admin.events.REQUEST, ({ type, payload: { apiName, broker } }) =>
      requests.push(`${type} ${apiName} ${broker}`))
    await until(async () => {
      await admin.describeUserScramCredentials({ users: ['nobody'] })
      return requests.includes(`admin.network.request DescribeUserScramCredentials ${address}`)
    })
    remove()
    await admin.connect()
    await admin.disconnect()
    await admin.disconnect()
    await admin.listTopics()
    await admin.disconnect()
    // what was under way ends, and does not connect again
    const waiting = [admin.listTopics(), admin.fetchTopicOffsets(`ours-topic-${pair.id}`), admin.describeGroups(['g']),
      admin.createTopics({ topics: [{ topic: `ours-topic-${pair.id}` }] })].map((call) => call.then(() => 'done', told))
    await admin.disconnect()
    for (const outcome of await Promise.all(waiting)) {
      if (!['done', false].includes(outcome)) assert.equal(outcome.message, 'Closed connection')
    }
    events.pop()
    assert.deepEqual(events, [['admin.connect', undefined], ...Array(3).fill(['admin.disconnect', undefined])])
  })
})

describe('kafkajs admin, a cluster', { timeout: 300000 }, () => {
  it('with an authorizer: makes, finds and deletes ACLs as KafkaJS does', async () => {
    const secured = await startKafka({
      version: '4',
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS'
      }
    })
    const pair = new Pair(secured.brokers)
    try {
      await pair.connect()
      const acl = (name, more = {}) =>
        ({ ...ACL, resourceName: name('topic'), ...more })
      const all = (name) =>
        ({ resourceType: 1, resourceName: name('topic'), resourcePatternType: 1, operation: 1, permissionType: 1 })
      const sorted = (list) => list.sort((a, b) => a.resourcePatternType - b.resourcePatternType)
      await pair.same((admin, name) => admin.createAcls({
        acl: [acl(name),
          acl(name, { operation: 4, host: '127.0.0.1' }),
          acl(name, { resourcePatternType: 4, permissionType: 2 })]
      }))
      await pair.same((admin, name) =>
        admin.createAcls({ acl: [acl(name, { resourceType: 6, resourceName: name('token'), operation: 8 })] }))
      await pair.same((admin, name) => admin.createAcls({ acl: [acl(name, { operation: 1 })] }), 'any is for filters')
      await pair.visible(async (admin, name) => {
        const acls = async (filter) => (await admin.describeAcls(filter)).resources.flatMap(({ acls }) => acls)
        const tokens = await acls({ ...all(name), resourceType: 6, resourceName: name('token') })
        return tokens.length === 1 && (await acls(all(name))).length === 3
      })
      const found = await pair.same(async (admin, name) => {
        const { resources } = await admin.describeAcls(all(name))
        for (const resource of resources) {
          resource.acls.sort((a, b) => a.operation - b.operation)
        }
        return sorted(resources)
      })
      assert.deepEqual(found.resolved.map(({ acls }) => acls.length), [2, 1])
      await pair.same((admin, name) => admin.describeAcls({ ...all(name), resourceName: name('nothing') }))
      await pair.same((admin, name) =>
        admin.describeAcls({ ...all(name), resourceType: 6, resourceName: name('token') }))
      const deleted = await pair.same(async (admin, name) => {
        const filters = [all(name), { ...all(name), principal: 'User:nobody' }]
        const { filterResponses } = await admin.deleteAcls({ filters })
        return filterResponses.map(({ matchingAcls, ...answer }) =>
          ({ ...answer, matchingAcls: sorted(matchingAcls).length }))
      })
      assert.deepEqual(deleted.resolved.map(({ matchingAcls }) => matchingAcls), [3, 0])
      await pair.disconnect()
    } finally {
      await secured.stop()
    }
  })

  it('of three nodes: moves partitions, elects leaders, changes brokers, knows what is offline', async () => {
    const cluster = await startCluster({ nodes: 3 })
    const { brokers } = cluster
    const [first] = brokers.split(',')
    const pair = new Pair(first)
    const { ours: admin } = pair.admins
    try {
      await pair.connect()
      const ids = (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId)
      assert.equal(ids.length, 3)
      await pair.same((admin, name) => admin.createTopics({
        topics: [{ topic: name('moved'), replicaAssignment: [{ partition: 0, replicas: [ids[0], ids[1]] }] }]
      }))
      await pair.same((admin, name) => admin.alterPartitionReassignments({
        topics: [{ topic: name('moved'), partitionAssignment: [{ partition: 0, replicas: [ids[2], ids[0]] }] }]
      }))
      const topic = `ours-moved-${pair.id}`
      const described = async () => (await admin.describeTopics({ topics: [topic] })).topics[0].partitions[0]
      await until(async () => (await described()).replicas.join() === [ids[2], ids[0]].join())
      await until(async () => (await admin.listPartitionReassignments({})).topics.length === 0)
      await until(async () => (await described()).isr.length === 2)
      // the leader of before leads on until an election
      await until(async () => {
        await admin.electLeaders({ topics: [{ topic, partitions: [0] }] })
        return (await described()).leader === ids[2]
      })
      assert.ok((await described()).leaderEpoch > 0)
      await pair.same(async (admin) => {
        const resources = ids.map((/** @type {number} */ id) =>
          ({ type: 4, name: String(id), configNames: ['log.cleaner.threads'] }))
        return (await admin.describeConfigs({ resources })).resources.length
      })
      await admin.incrementalAlterConfigs({
        resources: ids.map((/** @type {number} */ id) =>
          ({ type: 4, name: String(id), configEntries: [{ name: 'log.cleaner.threads', value: '2' }] }))
      })
      const node = cluster.nodes.find(({ id }) => id === ids[2])
      await node.kill()
      await until(async () => (await described()).offlineReplicas.join() === String(ids[2]))
      const { topics: [metadata] } = await admin.fetchTopicMetadata({ topics: [topic] })
      assert.deepEqual(metadata.partitions[0].offlineReplicas, [ids[2]])
      await pair.disconnect()
    } finally {
      await cluster.stop()
    }
  })
})
