'use strict'

const { KafkaJSNonRetriableError } = require('../errors')

/**
 * Checks of what users pass to a consumer, with KafkaJS's texts.
 *
 * @typedef {{ topic: string, partition: number | string, offset: unknown }} Position
 * @typedef {{ partition: number, offset: string, metadata: string | null }} CheckedCommit
 */

/**
 * @param {unknown} value a number, a decimal string, a bigint, or a Long
 * @returns {number | null} null for what is no offset
 */
function toOffset (value) {
  if (value === null || value === undefined || !/^-?\d+$/.test(String(value))) return null
  return Number(value)
}

/**
 * @param {Position} position
 * @returns {{ topic: string, partition: number, offset: number }}
 */
function checkPosition ({ topic, partition, offset }) {
  if (!topic) throw new KafkaJSNonRetriableError(`Invalid topic ${topic}`)
  if (isNaN(/** @type {number} */ (partition))) {
    throw new KafkaJSNonRetriableError(`Invalid partition, expected a number received ${partition}`)
  }
  const number = toOffset(offset)
  if (number === null) throw new KafkaJSNonRetriableError(`Invalid offset, expected a long received ${offset}`)
  return { topic, partition: Number(partition), offset: number }
}

const negativeOffset = () => new KafkaJSNonRetriableError('Offset must not be a negative number')

/**
 * @param {Array<Position & { metadata?: string | null }>} list
 * @returns {{ topics: Array<{ topic: string, partitions: CheckedCommit[] }> }}
 */
function checkCommits (list) {
  if (!Array.isArray(list)) {
    throw new KafkaJSNonRetriableError('Invalid offsets, expected an array of { topic, partition, offset, metadata? }')
  }
  /** @type {Map<string, CheckedCommit[]>} */
  const topics = new Map()
  for (const commit of list) {
    const { topic, partition, offset } = checkPosition(commit)
    if (offset < 0) throw negativeOffset()
    const { metadata = null } = commit
    if (metadata !== null && typeof metadata !== 'string') {
      throw new KafkaJSNonRetriableError(`Invalid offset metadata, expected string or null, received ${metadata}`)
    }
    const partitions = topics.get(topic) || []
    topics.set(topic, partitions)
    partitions.push({ partition, offset: String(offset), metadata })
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) }
}

/**
 * @param {Position} seek
 * @returns {{ topic: string, partition: number, offset: number }} -1 is the end, -2 the beginning
 */
function checkSeek (seek) {
  const position = checkPosition(seek)
  if (position.offset < -2) throw negativeOffset()
  return position
}

/**
 * @param {import('./pauses').TopicPartitions[]} list
 * @param {'pause' | 'resume'} verb
 */
function checkTopicPartitions (list, verb) {
  for (const entry of list) {
    if (!entry || !entry.topic) throw new KafkaJSNonRetriableError(`Invalid topic ${(entry && entry.topic) || entry}`)
    const { partitions } = entry
    if (partitions !== undefined && (!Array.isArray(partitions) || partitions.some(isNaN))) {
      throw new KafkaJSNonRetriableError(
        `Array of valid partitions required to ${verb} specific partitions instead of ${partitions}`)
    }
  }
}

/**
 * @param {{ topic?: string | RegExp, topics?: Array<string | RegExp> | null }} subscription
 * @returns {Array<string | RegExp>}
 */
function checkSubscription ({ topic, topics }) {
  if (!topic && !topics) throw new KafkaJSNonRetriableError('Missing required argument "topics"')
  if (topics != null && !Array.isArray(topics)) {
    throw new KafkaJSNonRetriableError('Argument "topics" must be an array')
  }
  const list = topics || /** @type {Array<string | RegExp>} */ ([topic])
  for (const entry of list) {
    if (typeof entry === 'string' || entry instanceof RegExp) continue
    throw new KafkaJSNonRetriableError(
      `Invalid topic ${entry} (${typeof entry}), the topic name has to be a String or a RegExp`)
  }
  return list
}

module.exports = { checkCommits, checkSeek, checkSubscription, checkTopicPartitions, toOffset }
