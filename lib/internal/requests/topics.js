'use strict'

const { BrokerNotAvailableError, InvalidConfigError, TimeoutError } = require('../errors')
const { brokerError } = require('./ask')
const { checkArray, checkObject, textOf } = require('../arguments')
const { RetrySchedule } = require('../retrySchedule')
const { validateTopicNames } = require('../../utils')
const { setImmediate, setTimeout } = require('../../../core/scheduling/timers')

/**
 * @typedef {import('../client/connector').KafkaClient} KafkaClient
 * @typedef {import('../../../core/protocol').NewTopic} NewTopic
 * @typedef {import('../../../index').CreateTopicRequest} CreateTopicRequest
 * @typedef {import('../../../index').CreateTopicResponse} CreateTopicResponse
 * @typedef {import('./ask').Callback<string[] | CreateTopicResponse[]>} CreateTopicsCallback
 */

const REQUEST_TIMED_OUT = 7
const NOT_CONTROLLER = 41
/** Codes with which creating a topic fails, but which say nothing about the topic. */
const OF_THE_WHOLE_REQUEST = new Set([REQUEST_TIMED_OUT, NOT_CONTROLLER])

/** The broker's words for such an assignment, which librdkafka cannot send. */
const INCOMPLETE_ASSIGNMENT = 'partitions should be a consecutive 0-based integer sequence'

/**
 * @param {KafkaClient} client
 * @param {string[]} topics
 * @param {unknown} isAsync whether the callback waits for the topics
 * @param {import('./ask').Callback<string[]>} callback result: the names that exist now
 */
function createTopicsByName (client, topics, isAsync, callback) {
  try {
    validateTopicNames(topics)
  } catch (error) {
    if (isAsync) return callback(/** @type {Error} */ (error))
    throw error
  }
  const schedule = new RetrySchedule({ retries: 10, factor: 2, minTimeout: 200, maxTimeout: 2000, randomize: false })
  const look = () => {
    client.loadMetadataForTopics(topics, (error, result) => {
      const created = error ? [] : Object.keys(result[1].metadata)
      const missing = topics.filter(topic => !created.includes(topic))
      if (missing.length === 0) return isAsync && callback(null, created)
      const failure = error || new Error(`Topics not created ${missing.join(',')}`)
      const pause = client.closing ? null : schedule.next(failure)
      if (pause !== null) setTimeout(look, pause)
      else if (isAsync) callback(schedule.mainError() || failure)
    })
  }
  look()
  if (!isAsync) callback(null)
}

/**
 * @param {KafkaClient} client
 * @param {CreateTopicRequest[]} topics
 * @param {import('./ask').Callback<CreateTopicResponse[]>} callback result: those that failed
 */
function createTopicsAsDescribed (client, topics, callback) {
  topics.forEach(checkNewTopic)
  if (client._isPostponed(callback, () => createTopicsAsDescribed(client, topics, callback))) return
  if (!client.ready || client.closing) {
    setImmediate(callback, new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)'))
    return
  }
  const repeated = namesThatRepeat(topics)
  const wanted = topics.filter(({ topic }) => !repeated.has(String(topic)))
  // the broker's words, repeated for each of them as it does; librdkafka cannot read such an answer
  const refused = topics.filter(({ topic }) => repeated.has(String(topic)))
    .map(({ topic }) => ({ topic, error: 'Found multiple entries for this topic.' }))
  /** @type {NewTopic[]} */
  const list = []
  try {
    for (const topic of wanted) {
      const created = toNewTopic(topic)
      if (created === null) refused.push({ topic: topic.topic, error: INCOMPLETE_ASSIGNMENT })
      else list.push(created)
    }
  } catch (error) {
    setImmediate(callback, /** @type {Error} */ (error))
    return
  }
  if (list.length === 0) {
    setImmediate(callback, null, refused)
    return
  }
  client._request(client._primary, { op: 'createTopics', topics: list, timeout: client._requestTimeout() },
    (error, failed) => {
      if (error instanceof TimeoutError) return callback(brokerError(REQUEST_TIMED_OUT), undefined)
      if (error) {
        const code = error.native ? error.native.code : 0
        return callback(code > 0 ? brokerError(code) : error, undefined)
      }
      const whole = failed.find(({ code }) => OF_THE_WHOLE_REQUEST.has(code))
      if (whole) return callback(brokerError(whole.code), undefined)
      const told = failed.map(({ topic, error: text }) => ({ topic, error: text }))
      callback(null, refused.concat(told))
    })
}

/**
 * @param {CreateTopicRequest[]} topics
 * @returns {Set<string>}
 */
function namesThatRepeat (topics) {
  const names = topics.map(({ topic }) => String(topic))
  return new Set(names.filter((name, i) => names.indexOf(name) !== i))
}

/**
 * What kafka-node threw for.
 *
 * @param {CreateTopicRequest} topic
 */
function checkNewTopic (topic) {
  checkObject('each of topics', topic)
  const { configEntries, replicaAssignment } = topic
  for (const [name, list] of Object.entries({ configEntries, replicaAssignment })) {
    if (!list) continue
    checkArray(name, list)
    for (const element of list) checkObject(`each of ${name}`, element)
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {unknown} topic
 * @returns {number} -1 means the broker's default
 */
function countOf (name, value, topic) {
  if (value === undefined || value === null) return -1
  const number = typeof value === 'symbol' ? NaN : Number(value)
  if (Number.isInteger(number) && number >= -1 && number <= 10000) return number
  throw new InvalidConfigError(`${name} ${textOf(value)} of topic ${textOf(topic)} is illegal, ` +
    'must be a whole number up to 10000')
}

/**
 * @param {CreateTopicRequest} topic
 * @returns {NewTopic | null} null if its replicaAssignment leaves partitions out
 */
function toNewTopic ({ topic, partitions, replicationFactor, configEntries, replicaAssignment }) {
  const assignment = replicaAssignment || []
  const byPartition = new Map(assignment.map(({ partition, replicas }) => [String(partition), replicas]))
  const replicas = assignment.map((_, partition) => byPartition.get(String(partition)))
  if (replicas.includes(undefined)) return null
  return {
    topic: String(topic),
    partitions: countOf('partitions', partitions, topic),
    replicationFactor: countOf('replicationFactor', replicationFactor, topic),
    configEntries: (configEntries || []).map(({ name, value }) => [name, value]),
    replicaAssignment: /** @type {number[][]} */ (replicas)
  }
}

module.exports = { createTopicsAsDescribed, createTopicsByName }
