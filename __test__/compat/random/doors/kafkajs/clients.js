'use strict'

// KafkaJS's clients, with what a program of data cannot hold: handlers, and results without what is other topics'.

const { EventEmitter } = require('node:events')

/** Short pauses without jitter: the broker is on this machine, and what is compared must not depend on chance. */
const RETRY = { initialRetryTime: 100, factor: 0, multiplier: 1, retries: 10 }

/** Events whose number counts, by their name in a program. */
const COUNTED = { connect: 'CONNECT', disconnect: 'DISCONNECT', stop: 'STOP' }

/** @type {Record<string, () => Error>} what handlers fail with */
const FAILURES = {
  error: () => new Error('own'),
  bug: () => new TypeError('a bug'),
  final: () => Object.assign(new Error('final'), { retriable: false })
}

/**
 * What a handler does at a record, the first times.
 *
 * @typedef {object} Act
 * @property {string} at value of the record
 * @property {number} times
 * @property {keyof typeof FAILURES} [fail]
 * @property {boolean} [pause] the partition
 * @property {number | string} [seek] the partition, to an offset
 * @property {boolean} [stop] without waiting for the end
 * @property {boolean} [commit] the record's own offset
 * @property {boolean} [heartbeat]
 */

/**
 * @typedef {object} Run arguments of `run`, with data in the place of handlers
 * @property {'message' | 'batch' | 'first'} [each] handles messages, batches, or of each batch the first message only
 * @property {Act} [act]
 */

/**
 * @param {any} consumer
 * @param {EventEmitter} events
 * @param {Run & Record<string, any>} run
 */
function handlers (consumer, events, { each, act, ...options }) {
  let left = act ? act.times : 0
  /** @param {string} topic @param {number} partition @param {any} message @param {any} payload */
  const handle = async (topic, partition, { offset, key, value, headers }, payload) => {
    const names = Object.keys(headers)
    events.emit('message', { topic, partition, offset, key, value: names.length > 0 ? [value, headers] : value })
    if (!act || left === 0 || String(value) !== act.at) return
    left--
    if (act.pause) payload.pause()
    if (act.seek !== undefined) consumer.seek({ topic, partition, offset: act.seek })
    if (act.stop) consumer.stop()
    if (act.heartbeat) await payload.heartbeat()
    if (act.commit) await consumer.commitOffsets([{ topic, partition, offset, metadata: 'within' }])
    if (act.fail) throw FAILURES[act.fail]()
  }
  if (each === 'message') {
    return {
      ...options,
      eachMessage: (/** @type {any} */ payload) =>
        handle(payload.topic, payload.partition, payload.message, payload)
    }
  }
  if (each === undefined) return options
  return {
    ...options,
    eachBatch: async (/** @type {any} */ payload) => {
      const { batch: { topic, partition, messages }, resolveOffset, isRunning, isStale } = payload
      for (const message of each === 'first' ? messages.slice(0, 1) : messages) {
        if (!isRunning() || isStale()) return
        await handle(topic, partition, message, payload)
        if (isStale()) return
        resolveOffset(message.offset)
      }
    }
  }
}

/**
 * @param {any} kafkajs the module
 * @param {any} group as `describeGroup` gives it
 * @returns {any} with its members' bytes read: names of topics are others in every run
 */
function readGroup ({ AssignerProtocol: { MemberAssignment, MemberMetadata } }, { members, ...group }) {
  return {
    ...group,
    members: members.map((/** @type {any} */ { clientId, clientHost, memberMetadata, memberAssignment }) => ({
      name: clientId,
      clientHost,
      // those that a RegExp matches come in the order in which the broker lists them
      topics: memberMetadata.length > 0 ? MemberMetadata.decode(memberMetadata)?.topics.sort() : 'none',
      assignment: memberAssignment.length > 0 ? MemberAssignment.decode(memberAssignment)?.assignment : 'none'
    }))
  }
}

/** @param {any} kafkajs @param {any} client @param {string[]} names of topics and groups of this program */
function withOwnResults (kafkajs, client, names) {
  const own = (/** @type {string} */ name) => names.includes(name)
  return {
    listTopics: async () => (await client.listTopics()).filter(own).sort(),
    listGroups: async () => ({
      groups: (await client.listGroups()).groups.filter((/** @type {any} */ { groupId }) => own(groupId))
    }),
    describeGroup: async () => readGroup(kafkajs, await client.describeGroup()),
    describeGroups: async (/** @type {any} */ ids) => {
      const { groups } = await client.describeGroups(ids)
      return { groups: groups.map((/** @type {any} */ group) => readGroup(kafkajs, group)) }
    }
  }
}

/**
 * The module's own assigner, on partitions in their order: brokers list those of some topics in another one.
 *
 * @param {any} kafkajs the module
 */
const assigner = ({ PartitionAssigners }) => (/** @type {any} */ { cluster, ...config }) => {
  const findTopicPartitionMetadata = (/** @type {string} */ topic) =>
    [...cluster.findTopicPartitionMetadata(topic)].sort((a, b) => a.partitionId - b.partitionId)
  return PartitionAssigners.roundRobin({ ...config, cluster: { findTopicPartitionMetadata } })
}

/**
 * @param {any} kafkajs the module
 * @param {string} kind `producer`, `consumer` or `admin`
 * @param {any[]} args options of the client, and of its `Kafka`
 * @param {import('../../generate').World} world
 */
function createClient (kafkajs, kind, [options, kafkaOptions], { brokers, names }) {
  const kafka = new kafkajs.Kafka({
    clientId: 'random', brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING, retry: RETRY, ...kafkaOptions
  })
  if (kind === 'consumer') options = { partitionAssigners: [assigner(kafkajs)], ...options }
  const client = kafka[kind](options)
  const events = new EventEmitter()
  for (const [name, key] of Object.entries(COUNTED)) {
    let count = 0
    if (client.events[key]) client.on(client.events[key], () => events.emit(name, ++count))
  }
  if (kind === 'consumer') {
    client.on(client.events.CRASH, (/** @type {any} */ { payload: { error, restart } }) =>
      events.emit('crash', error, restart))
    client.on(client.events.GROUP_JOIN, (/** @type {any} */ { payload: { memberAssignment, isLeader } }) =>
      events.emit('groupJoin', memberAssignment, isLeader))
  }
  const adapted = {
    ...withOwnResults(kafkajs, client, Object.values(names)),
    run: (/** @type {Run} */ run) => client.run(run && handlers(client, events, run))
  }
  const possible = Object.entries(adapted).filter(([method]) => client[method])
  return {
    ...client,
    ...Object.fromEntries(possible),
    on: (/** @type {string} */ event, /** @type {any} */ listener) => { events.on(event, listener) }
  }
}

module.exports = { createClient }
