'use strict'

const { checkArray, wrongType } = require('./internal/arguments')
const { InvalidConfigError } = require('./internal/errors')
const { assert } = require('../core/lazy')

const LEGAL_NAME = /^[a-zA-Z0-9._-]*$/
const MAX_TOPIC_LENGTH = 249

/**
 * @param {string} property such as `clientId` or `options.groupId`
 * @param {string} value unchecked
 * @throws {InvalidConfigError} if the value has a character that Kafka does not allow in names
 */
function validateConfig (property, value) {
  if (typeof value === 'symbol') throw wrongType(property, 'a string', value)
  if (!LEGAL_NAME.test(value)) {
    throw new InvalidConfigError(
      `${property} ${value} is illegal, contains a character other than ASCII alphanumerics, '.', '_' and '-'`
    )
  }
}

/**
 * The broker's rules for topic names.
 *
 * @param {string[]} topics
 * @returns {true}
 * @throws {InvalidConfigError} for the first name that breaks one
 */
function validateTopicNames (topics) {
  topics.forEach(topic => {
    if (topic.length <= 0) throw new InvalidConfigError('topic name is illegal, cannot be empty')
    if (topic === '.' || topic === '..') throw new InvalidConfigError('topic name cannot be . or ..')
    if (topic.length > MAX_TOPIC_LENGTH) {
      throw new InvalidConfigError(`topic name is illegal, cannot be longer than ${MAX_TOPIC_LENGTH} characters`)
    }
    if (!LEGAL_NAME.test(topic)) {
      throw new InvalidConfigError(
        `topic name ${topic} is illegal, contains a character other than ASCII alphanumerics .,_ and -`
      )
    }
  })
  return true
}

/**
 * @param {Array<string | { topic: string, partition?: number }>} topics
 * @throws {InvalidConfigError} if an element has a partition that is not a number
 */
function validateTopics (topics) {
  checkArray('topics', topics)
  if (topics.some(topic => typeof topic !== 'string' && 'partition' in topic && typeof topic.partition !== 'number')) {
    throw new InvalidConfigError('Offset must be a number and can not contain characters')
  }
}

/**
 * `[{topic: 'a', partition: 0}, {topic: 'a', partition: 1}]` to `{a: [0, 1]}`.
 *
 * @template P
 * @param {Array<{ topic: string, partition: P }>} topicPartitions
 * @returns {Record<string, P[]>}
 */
function groupPartitionsByTopic (topicPartitions) {
  assert(Array.isArray(topicPartitions))
  /** @type {Map<string, P[]>} */
  const byTopic = new Map()
  for (const { topic, partition } of topicPartitions) {
    const partitions = byTopic.get(topic)
    if (partitions) partitions.push(partition)
    else byTopic.set(topic, [partition])
  }
  return Object.fromEntries(byTopic)
}

/**
 * `{a: [0, 1]}` to `[{topic: 'a', partition: 0}, {topic: 'a', partition: 1}]`.
 *
 * @template P
 * @param {Record<string, P[]>} topicPartitions
 * @returns {Array<{ topic: string, partition: P }>}
 */
function createTopicPartitionList (topicPartitions) {
  return Object.entries(topicPartitions).flatMap(([topic, partitions]) => {
    if (!Array.isArray(partitions)) throw wrongType('topicPartitions', 'an object of arrays of partitions', partitions)
    return partitions.map(partition => ({ topic, partition }))
  })
}

module.exports = {
  validateConfig,
  validateTopics,
  groupPartitionsByTopic,
  createTopicPartitionList,
  validateTopicNames
}
