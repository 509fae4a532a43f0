'use strict'

const { InvalidConfigError } = require('../errors')
const { checkObject, offsetOf, textOf } = require('../arguments')
const { setImmediate } = require('../../../core/scheduling/timers')

/**
 * The user's payloads of partitions and offsets, as requests take them.
 *
 * @typedef {Record<string, Record<string, number>>} Offsets by topic and partition
 *
 * @typedef {object} Payload unchecked
 * @property {string} topic
 * @property {number | string} [partition]
 * @property {number} [offset]
 * @property {string} [metadata]
 * @property {number} [time]
 * @property {number} [maxNum]
 */

/**
 * The last payload of each partition, in the order of the first ones.
 *
 * @param {Payload[]} payloads
 * @returns {Payload[]}
 */
function lastOfEach (payloads) {
  /** @type {Map<string, Payload>} */
  const last = new Map()
  for (const payload of payloads) checkObject('each of payloads', payload)
  for (const payload of payloads) last.set(`${String(payload.topic)}/${partitionOf(payload)}`, payload)
  return [...last.values()]
}

/**
 * @param {Payload} payload
 * @returns {number}
 * @throws {InvalidConfigError} if it is neither a number nor a numeric string
 */
function partitionOf ({ topic, partition }) {
  const number = typeof partition === 'string' && partition !== '' ? Number(partition) : partition || 0
  if (Number.isInteger(number) && Math.abs(number) <= 0x7fffffff) return number
  throw new InvalidConfigError(`partition ${textOf(partition)} of topic ${textOf(topic)} is illegal, ` +
    'must be a whole number')
}

/** @param {Payload[]} payloads */
function toPartitions (payloads) {
  return lastOfEach(payloads).map(payload => ({ topic: String(payload.topic), partition: partitionOf(payload) }))
}

/**
 * @param {Payload[]} payloads
 * @throws {InvalidConfigError} for an invalid offset: it must not become a commit of 0
 */
function toCommits (payloads) {
  return lastOfEach(payloads).map(payload => {
    const { topic, partition, offset, metadata } = payload
    const number = offsetOf(offset)
    if (number === null) {
      throw new InvalidConfigError(`offset ${textOf(offset)} to commit for topic ${textOf(topic)}, partition ` +
        `${textOf(partition || 0)} is illegal, must be a whole number of at least 0`)
    }
    return {
      topic: String(topic),
      partition: partitionOf(payload),
      offset: number,
      metadata: metadata === undefined || metadata === null ? 'm' : String(metadata)
    }
  })
}

/**
 * @param {Payload[]} payloads
 * @param {import('../commitResult').CommitCallback} callback gets the error if a payload is wrong
 * @returns {ReturnType<typeof toCommits> | null} null when there is nothing to commit, and the callback has been called
 */
function commitsOrCallback (payloads, callback) {
  try {
    const commits = toCommits(payloads)
    if (commits.length > 0) return commits
    setImmediate(callback, null, {})
  } catch (error) {
    setImmediate(callback, /** @type {Error} */ (error))
  }
  return null
}

module.exports = { commitsOrCallback, lastOfEach, toPartitions }
