'use strict'

const assert = require('node:assert/strict')

const kafka = require('../..')
const { Opened, call, collect, next } = require('./embedded')

/** Names under which every object inherits something, and which Kafka allows for topics and groups. */
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']

/** What these names would show if something had been written to the prototype of all objects. */
const pristine = Object.getOwnPropertyNames(Object.prototype).sort()

/**
 * Fails unless an object is an ordinary one, with an entry of its own under the name.
 *
 * @template T
 * @param {Record<string, T>} object
 * @param {string} name
 * @returns {T} the entry
 */
function own (object, name) {
  assert.equal(Object.getPrototypeOf(object), Object.prototype)
  assert.ok(Object.keys(object).includes(name), `${name} is missing in ${Object.keys(object)}`)
  return object[name]
}

/** @param {string} name @param {any} value @returns {any} `{ [name]: value }` */
const keyed = (name, value) => Object.fromEntries([[name, value]])

/**
 * Uses every part of the API with a topic, a group, a header and a custom assignor of one name.
 *
 * @param {import('node:test').TestContext} context
 * @param {{ brokers: string }} broker
 * @param {string} name
 * @param {{ hasAdmin: boolean }} options hasAdmin: the broker answers requests for
 *   groups and configurations
 */
async function useName (context, broker, name, { hasAdmin }) {
  const opened = new Opened(context, broker)
  const groupId = name

  // metadata
  const client = opened.client()
  await next(client, 'ready')
  await call(client, 'topicExists', [name])
  const [, { metadata }] = await call(client, 'loadMetadataForTopics', [name])
  assert.equal(own(own(metadata, name), '0').topic, name)
  own(client.topicMetadata, name)
  assert.deepEqual(await call(client, 'addTopics', [name]), [name])
  await call(client, 'removeTopicMetadata', [name])
  assert.deepEqual(Object.keys(client.topicMetadata).filter((topic) => topic === name), [])
  await call(client, 'refreshMetadata', [name])
  own(client.topicMetadata, name)
  // added to what is known already
  await call(client, 'refreshMetadata', [name])
  own(client.topicMetadata, name)
  const created = await call(client, 'createTopics', [name], true)
  assert.ok(created.includes(name))

  // produce
  const before = own(own(await call(new kafka.Offset(client), 'fetchLatestOffsets', [name]), name), '0')
  let end = before
  for (const Producer of [kafka.Producer, kafka.HighLevelProducer]) {
    for (const partitionerType of [0, 1, 2, 3]) {
      const producer = await opened.producer({ partitionerType }, { client: opened.client(), Producer })
      const headers = keyed(name, 'header')
      const result = await call(producer, 'send', [{ topic: name, messages: [`${end}`], key: name, headers }])
      assert.equal(own(own(result, name), '0'), end++)
      assert.deepEqual(own(await call(producer, 'send', [{ topic: name, messages: [], partition: 0 }]), name), { 0: 0 })
    }
  }
  const unacknowledged = await opened.producer({ requireAcks: 0 }, { client: opened.client() })
  await call(unacknowledged, 'send', [{ topic: name, messages: [`${end++}`], partition: 0 }])
  const stream = new kafka.ProducerStream({ kafkaClient: { kafkaHost: broker.brokers } })
  await new Promise((resolve) => stream.write({ topic: name, messages: [`${end++}`] }, resolve))
  await /** @type {Promise<void>} */ (new Promise((resolve) => stream.close(resolve)))

  // offsets
  const offset = new kafka.Offset(client)
  assert.deepEqual(own(await call(offset, 'fetch', [{ topic: name, time: -1 }]), name), { 0: [end] })
  own(await call(offset, 'fetchEarliestOffsets', [name]), name)
  own(own(await call(offset, 'fetch', [{ topic: name, time: Date.now(), maxNum: 2 }]), name), '0')
  if (hasAdmin) {
    const committed = await call(offset, 'commit', groupId, [{ topic: name, offset: before }])
    assert.deepEqual(own(committed, name), { partition: 0, errorCode: 0 })
  }

  // fixed partitions
  const consumer = opened.consumer([{ topic: name, offset: before }], { groupId, fromOffset: true, autoCommit: false })
  const progress = next(consumer, 'done')
  const [message] = await collect(consumer).take(1)
  assert.deepEqual([message.topic, message.offset, message.value], [name, before, `${before}`])
  assert.equal(message.headers[name], 'header')
  own(own(await progress, name), '0')
  own(await next(consumer, 'done'), name)
  await new Promise((resolve) => consumer.once('done', resolve))
  consumer.pauseTopics([name])
  consumer.resumeTopics([name])
  consumer.setOffset(name, 0, before)
  assert.equal((await new Promise((resolve) => consumer.once('message', resolve))).offset, before)
  const done = await call(consumer, 'commit', true)
  if (typeof done !== 'string') assert.deepEqual(own(done, name), { partition: 0, errorCode: 0 })
  own(await new Promise((resolve, reject) => consumer.fetchOffset([{ topic: name, partition: 0 }],
    (/** @type {any} */ error, /** @type {any} */ result) => error ? reject(error) : resolve(result))), name)
  await call(consumer, 'removeTopics', [name])
  await call(consumer, 'addTopics', [{ topic: name, offset: end - 1 }], true).catch(() => {})

  // groups: each built-in assignor, and a custom one of this name
  const custom = {
    name,
    version: 0,
    userData: { [`of ${name}`]: name },
    /** @param {any} partitions @param {any[]} members @param {any} callback */
    assign (partitions, members, callback) {
      const ids = own(partitions, name)
      callback(null, members.map(({ id }, i) => ({ memberId: id, topicPartitions: keyed(name, i === 0 ? ids : []) })))
    }
  }
  for (const protocol of ['roundrobin', 'range', custom]) {
    const group = opened.group([name], { groupId, protocol: [protocol], autoCommit: false, sessionTimeout: 6000 })
    const joined = new Promise((resolve) => group.once('rebalanced', resolve))
    const messages = collect(group)
    await joined
    own(group.payloadMap, name)
    group.setOffset(name, 0, before)
    await messages.take(1)
    own(await new Promise((resolve) => group.once('done', resolve)), name)
    assert.deepEqual(own(await call(group, 'commit', true), name), { partition: 0, errorCode: 0 })
    if (hasAdmin) {
      const descriptions = await call(new kafka.Admin(client), 'describeGroups', [groupId])
      const { state, members: [member] } = own(descriptions, groupId)
      assert.equal(state, 'Stable')
      assert.deepEqual(own(member.memberAssignment.partitions, name), [0])
    }
    await call(group, 'close', true)
  }
  const offsets = await call(offset, 'fetchCommits', groupId, [{ topic: name }])
  assert.ok(own(own(offsets, name), '0') > before)

  // streams
  const consumerStream = new kafka.ConsumerStream(opened.client(), [{ topic: name, offset: before }],
    { groupId: `${name}-stream`, fromOffset: true, autoCommit: false })
  const commits = consumerStream.createCommitStream({ autoCommit: false })
  consumerStream.pipe(commits)
  await new Promise((resolve) => consumerStream.once('message', resolve))
  await new Promise(setImmediate)
  own(await call(commits, 'commit'), name)
  await new Promise((resolve) => consumerStream.close(resolve))
  const groupStream = new kafka.ConsumerGroupStream(
    { kafkaHost: broker.brokers, groupId: `${name}-group-stream`, fromOffset: 'earliest', autoCommit: false }, [name])
  const first = await new Promise((resolve) => groupStream.once('data', resolve))
  assert.equal(first.topic, name)
  await call(groupStream, 'commit', first, true)
  await new Promise((resolve) => groupStream.close(resolve))
  assert.deepEqual(own(await call(offset, 'fetchCommits', `${name}-group-stream`, [{ topic: name }]), name),
    { 0: first.offset + 1 })

  if (hasAdmin) {
    const admin = new kafka.Admin(client)
    own(await call(admin, 'listGroups'), groupId)
    own((await call(admin, 'listTopics'))[1].metadata, name)
    const [{ resourceName }] = await call(admin, 'describeConfigs',
      { resources: [{ resourceType: 'topic', resourceName: name, configNames: ['cleanup.policy'] }] })
    assert.equal(resourceName, name)
    const absent = { resources: [{ resourceType: 'broker', resourceName: name }] }
    await assert.rejects(call(admin, 'describeConfigs', absent), { message: `No broker with id ${name}` })
    const failed = await call(admin, 'createTopics', [{ topic: name, partitions: 1, replicationFactor: 1 }])
    assert.deepEqual(failed.map((/** @type {any} */ { topic }) => topic), [name])
  }
}

/** @param {import('node:test').TestContext} context @param {{ brokers: string }} broker @param {string} name */
async function missName (context, broker, name) {
  const client = new Opened(context, broker).client()
  await next(client, 'ready')
  await assert.rejects(call(client, 'topicExists', [name]), { name: 'TopicsNotExistError', topics: [name] })
  await assert.rejects(call(client, 'addTopics', [name]), { name: 'TopicsNotExistError' })
}

/** Fails when something was written to the prototype of all objects. */
function checkPrototype () {
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), pristine)
  assert.deepEqual(Object.keys(Object.prototype), [])
}

module.exports = { NAMES, checkPrototype, missName, useName }
