'use strict'

const {
  KafkaJSAggregateError, KafkaJSBrokerNotFound, KafkaJSCreateTopicError, KafkaJSDeleteTopicRecordsError, KafkaJSTimeout
} = require('../errors')
const { createErrorFromCode } = require('../protocolErrors')
const { createRetry } = require('../retry')
const { offlineReplicas } = require('../../core/admin')
const { monotonicNow } = require('../../core/scheduling/clock')
const { setTimeout } = require('../../core/scheduling/timers')
const { check, checkTopic, checkTopicEntries } = require('./checks')
const { errorOfCode, throwIfFailed } = require('./context')

/**
 * @typedef {import('./context').AdminContext} AdminContext
 * @typedef {import('../../kafkajs').NativeAdmin} Admin
 * @typedef {import('../errors').Caught} Caught
 * @typedef {import('../../kafkajs').ITopicConfig} TopicConfig
 * @typedef {import('../../kafkajs').SeekEntry} SeekEntry
 * @typedef {SeekEntry & { high: string, low: string }} End of a partition
 * @typedef {{ topic: string, code: number, error?: string }} Failed a topic that was not created, changed or deleted
 */

/** How long brokers are to wait until what they promise is in effect, ms. */
const EFFECT = 5000
const LEADERS_TIMEOUT = 10000
const LEADERS_PAUSE = 100

const CODE = {
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  INVALID_TOPIC: 17,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_REQUEST: 42
}

/** A topic that has just been made is not known everywhere, and its leaders are about to be chosen. */
const IN_THE_MAKING = new Set([CODE.UNKNOWN_TOPIC_OR_PARTITION, CODE.LEADER_NOT_AVAILABLE])

/** @param {AdminContext} context */
module.exports = context => ({
  async listTopics () {
    const { topics } = await context.metadata(null)
    return topics.map(({ topic }) => topic)
  },

  /** @param {Parameters<Admin['createTopics']>[0]} options */
  async createTopics ({ topics, validateOnly = false, timeout, waitForLeaders = true }) {
    checkTopicEntries(topics)
    for (const { topic, configEntries } of topics) checkConfigEntries(topic, configEntries)
    const effect = timeout === undefined || timeout === null ? EFFECT : timeout
    return context.retried('Could not create topics', async () => {
      try {
        await create(context, topics, Boolean(validateOnly), effect)
        if (waitForLeaders && !validateOnly && topics.length > 0) {
          await waitUntilLed(context, topics.map(({ topic }) => topic), timeout || LEADERS_TIMEOUT)
        }
        return true
      } catch (error) {
        const { errors } = /** @type {KafkaJSAggregateError} */ (error)
        if (error instanceof KafkaJSAggregateError &&
          errors.every(({ type }) => type === 'TOPIC_ALREADY_EXISTS')) return false
        throw error
      }
    })
  },

  /** @param {Parameters<Admin['deleteTopics']>[0]} options */
  async deleteTopics ({ topics, timeout }) {
    check(Boolean(topics) && Array.isArray(topics), `Invalid topics array ${topics}`)
    check(topics.every(topic => typeof topic === 'string'),
      'Invalid topics array, the names must be a valid string')
    const effect = timeout === undefined || timeout === null ? EFFECT : timeout
    let left = [...new Set(topics)]
    return context.retried('Could not delete topics', async () => {
      if (left.length === 0) return context.cluster.connect()
      const failed = await context.request({ op: 'deleteTopics', topics: left, effect }, 'DeleteTopics')
      // those that are deleted are not asked for again
      left = failed.map(({ topic }) => topic)
      if (failed.length === 0) return
      const [{ code, error }] = byTopic(failed)
      const failure = errorOfCode(code, error)
      if (failure.type === 'REQUEST_TIMED_OUT') {
        context.logger.error('Could not delete topics, check if "delete.topic.enable" is set to "true" (the default ' +
          'value is "false") or increase the timeout', { error: failure.message })
      }
      throw failure
    }, ['NOT_CONTROLLER', 'UNKNOWN_TOPIC_OR_PARTITION'])
  },

  /** @param {Parameters<Admin['createPartitions']>[0]} options */
  async createPartitions ({ topicPartitions, validateOnly = false, timeout }) {
    const name = 'topic partitions'
    check(Boolean(topicPartitions) && Array.isArray(topicPartitions), `Invalid ${name} array ${topicPartitions}`)
    check(topicPartitions.length > 0, `Empty ${name} array`)
    checkTopicEntries(topicPartitions, name)
    const effect = timeout === undefined || timeout === null ? EFFECT : timeout
    return context.retried('Could not create topics', async () => {
      const refused = topicPartitions.filter(({ count }) => !(count >= 1))
      if (refused.length > 0) throw createErrorFromCode(CODE.INVALID_PARTITIONS)
      const topics = topicPartitions.map(({ topic, count, assignments }) =>
        ({ topic, count: Number(count), assignments: assignments || [] }))
      const failed = await context.request(
        { op: 'createPartitions', topics, validateOnly: Boolean(validateOnly), effect }, 'CreatePartitions')
      if (failed.length === 0) return
      const [{ code, error }] = byTopic(failed)
      throw errorOfCode(code, error)
    })
  },

  /** @param {{ topics?: string[] }} [options] */
  async fetchTopicMetadata ({ topics = [] } = {}) {
    if (topics) topics.forEach(checkTopic)
    const isAll = !topics || topics.length === 0
    return createRetry(context.cluster.retry)(async bail => {
      try {
        const described = await context.metadata(isAll ? null : [...new Set(topics)])
        if (!isAll) for (const { error } of described.topics) throwIfFailed(error)
        return { topics: described.topics.map(topic => toTopicMetadata(topic, described.brokers)) }
      } catch (error) {
        if (/** @type {Caught} */ (error).type === 'LEADER_NOT_AVAILABLE') throw error
        return bail(error)
      }
    })
  },

  async describeCluster () {
    const { brokers, clusterId, controllerId } = await context.metadata([])
    return {
      brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port })),
      controller: controllerId < 0 ? null : controllerId,
      clusterId
    }
  },

  /** @param {Parameters<Admin['deleteTopicRecords']>[0]} options */
  async deleteTopicRecords ({ topic, partitions }) {
    check(Boolean(topic) && typeof topic === 'string', `Invalid topic "${topic}"`)
    check(Boolean(partitions) && partitions.length > 0, 'Invalid partitions')
    const { fetchTopicOffsets } = require('./offsets')
    const ends = await fetchTopicOffsets(context, topic)
    const byPartition = new Map(ends.map(end => [end.partition, end]))
    const unknown = partitions.filter(({ partition }) => !byPartition.has(partition))
    if (unknown.length > 0) {
      throw new KafkaJSDeleteTopicRecordsError({
        partitions: unknown.map(({ partition, offset }) => ({
          partition,
          offset,
          error: new KafkaJSBrokerNotFound('Could not find the leader for the partition', { retriable: false })
        }))
      })
    }
    for (const { partition, offset } of partitions) {
      const { low } = /** @type {End} */ (byPartition.get(partition))
      if (Number(offset) === -1 || !(Number(offset) < Number(low))) continue
      context.logger.warn('The requested offset is before the earliest offset maintained on the partition - no ' +
        'records will be deleted from this partition', { topic, partition, offset })
    }
    let left = partitions
    return createRetry(context.retry)(async () => {
      const wanted = left.map(({ partition, offset }) =>
        ({ topic, partition, offset: Number(offset) }))
      const answers = await context.request({ op: 'deleteRecords', partitions: wanted }, 'DeleteRecords')
      const failed = answers.filter(({ error }) => error !== 0)
      left = left.filter(({ partition }) =>
        failed.some(answer => answer.partition === partition))
      if (failed.length === 0) return
      throw new KafkaJSDeleteTopicRecordsError({
        partitions: failed.map(({ partition, error }) => {
          const { offset } = /** @type {SeekEntry} */ (left.find(entry => entry.partition === partition))
          return { partition, offset, error: errorOfCode(error) }
        })
      })
    })
  }
})

/**
 * @param {string} topic
 * @param {import('../../kafkajs').IResourceConfigEntry[] | null} [entries]
 */
function checkConfigEntries (topic, entries) {
  if (entries === undefined || entries === null) return
  const invalid = `Invalid configEntries for topic "${topic}"`
  check(Array.isArray(entries), `${invalid}, must be an array`)
  entries.forEach((entry, index) => {
    check(typeof entry === 'object' && entry !== null, `${invalid}. Entry ${index} must be an object`)
    for (const property of /** @type {const} */ (['name', 'value'])) {
      const isValid = Object.prototype.hasOwnProperty.call(entry, property) && typeof entry[property] === 'string'
      check(isValid, `${invalid}. Entry ${index} must have a valid "${property}" property`)
    }
  })
}

/**
 * @param {AdminContext} context
 * @param {TopicConfig[]} topics
 * @param {boolean} validateOnly
 * @param {number} effect ms
 */
async function create (context, topics, validateOnly, effect) {
  await context.cluster.connect()
  const refused = topics.map(topic => ({ topic: topic.topic, code: refusal(topic) })).filter(({ code }) => code !== 0)
  const names = new Set(refused.map(({ topic }) => topic))
  const accepted = topics.filter(({ topic }) => !names.has(topic)).map(toNewTopic)
  const failed = accepted.length === 0
    ? []
    : await context.request({ op: 'createTopics', topics: accepted, validateOnly, effect }, 'CreateTopics')
  const errors = byTopic([...refused, ...failed])
  if (errors.length === 0) return
  // a broker that is not the controller refuses all of them
  const moved = errors.find(({ code }) => createErrorFromCode(code).type === 'NOT_CONTROLLER')
  if (moved !== undefined && errors.every(({ code }) => code === moved.code)) throw createErrorFromCode(moved.code)
  throw new KafkaJSAggregateError('Topic creation errors', errors.map(({ topic, code, error }) =>
    new KafkaJSCreateTopicError(errorOfCode(code, error), topic)))
}

/**
 * What the broker would say to what librdkafka does not send.
 *
 * @param {TopicConfig} topic
 * @returns {number} 0 if it sends it
 */
function refusal ({ topic, numPartitions = -1, replicationFactor = -1, replicaAssignment }) {
  if (topic === '') return CODE.INVALID_TOPIC
  if (replicaAssignment && replicaAssignment.length > 0) {
    if (numPartitions !== -1 || replicationFactor !== -1) return CODE.INVALID_REQUEST
    const ids = replicaAssignment.map(({ partition }) => partition)
    const isComplete = ids.every((_, index) => ids.includes(index))
    return isComplete ? 0 : CODE.INVALID_REPLICA_ASSIGNMENT
  }
  if (numPartitions !== -1 && !(numPartitions >= 1)) return CODE.INVALID_PARTITIONS
  if (replicationFactor !== -1 && !(replicationFactor >= 1)) return CODE.INVALID_REPLICATION_FACTOR
  return 0
}

/**
 * @param {TopicConfig} topic
 * @returns {import('../../core/protocol').NewTopic}
 */
function toNewTopic ({ topic, numPartitions = -1, replicationFactor = -1, replicaAssignment, configEntries }) {
  const assignment = [...(replicaAssignment || [])].sort((a, b) => a.partition - b.partition)
  return {
    topic,
    partitions: Number(numPartitions),
    replicationFactor: Number(replicationFactor),
    replicaAssignment: assignment.map(({ replicas }) => replicas),
    configEntries: (configEntries || []).map(({ name, value }) => [name, value])
  }
}

/**
 * @param {Failed[]} failed
 * @returns {Failed[]}
 */
function byTopic (failed) {
  return [...failed].sort((a, b) => a.topic.localeCompare(b.topic))
}

/**
 * @param {AdminContext} context
 * @param {string[]} topics
 * @param {number} timeout ms
 */
async function waitUntilLed (context, topics, timeout) {
  const deadline = monotonicNow() + timeout
  for (;;) {
    if (await isLed(context, topics)) return
    if (monotonicNow() >= deadline) throw new KafkaJSTimeout('Timed out while waiting for topic leaders')
    await new Promise(resolve => setTimeout(resolve, LEADERS_PAUSE))
  }
}

/**
 * @param {AdminContext} context
 * @param {string[]} topics
 */
async function isLed (context, topics) {
  const described = await context.metadata(topics)
  let isComplete = described.topics.length >= topics.length
  for (const { error, partitions } of described.topics) {
    if (IN_THE_MAKING.has(error) || partitions.some(({ leader }) => leader < 0)) isComplete = false
    else throwIfFailed(error)
  }
  return isComplete
}

/**
 * @param {import('../../core/protocol').TopicInfo} described
 * @param {import('../../core/protocol').BrokerInfo[]} brokers
 */
function toTopicMetadata ({ topic, partitions }, brokers) {
  return {
    name: topic,
    partitions: partitions.map(({ partition, error, leader, replicas, isr }) => ({
      partitionErrorCode: error,
      partitionId: partition,
      leader,
      replicas,
      isr,
      offlineReplicas: offlineReplicas(replicas, brokers)
    }))
  }
}
