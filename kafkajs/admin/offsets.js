'use strict'

const { KafkaJSNonRetriableError } = require('../errors')
const { createRetry } = require('../retry')
const { EARLIEST, LATEST, offsetsAt } = require('../../core/admin')
const { check, checkGroup, checkTopic } = require('./checks')
const { throwIfFailed } = require('./context')

/**
 * @typedef {import('./context').AdminContext} AdminContext
 * @typedef {import('../../kafkajs').NativeAdmin} Admin
 * @typedef {import('../../kafkajs').FetchOffsetsPartition} OffsetsPartition
 */

/** States of groups whose offsets may be set. */
const WITHOUT_MEMBERS = new Set(['Empty', 'Dead'])

/**
 * @param {AdminContext} context
 * @param {string} topic
 * @returns {Promise<Array<{ partition: number, offset: string, high: string, low: string }>>}
 */
function fetchTopicOffsets (context, topic) {
  return retriedForTopic(context, async () => {
    const partitions = await partitionsOf(context, topic)
    const [highs, lows] = await Promise.all([at(context, partitions, LATEST), at(context, partitions, EARLIEST)])
    return partitions.map(({ partition }) => {
      const high = String(highs.get(partition))
      return { partition, offset: high, high, low: String(lows.get(partition)) }
    })
  })
}

/** @param {AdminContext} context */
const offsets = context => ({
  /** @param {string} topic */
  async fetchTopicOffsets (topic) {
    checkTopic(topic)
    return fetchTopicOffsets(context, topic)
  },

  /**
   * @param {string} topic
   * @param {number} [timestamp] ms
   */
  async fetchTopicOffsetsByTimestamp (topic, timestamp) {
    checkTopic(topic)
    return retriedForTopic(context, async () => {
      const partitions = await partitionsOf(context, topic)
      const time = timestamp === undefined || timestamp === null ? LATEST : Math.trunc(Number(timestamp))
      const [found, highs] = await Promise.all([at(context, partitions, time), at(context, partitions, LATEST)])
      return partitions.map(({ partition }) => {
        const offset = /** @type {number} */ (found.get(partition))
        return { partition, offset: String(offset >= 0 ? offset : highs.get(partition)) }
      })
    })
  },

  /** @param {Parameters<Admin['fetchOffsets']>[0]} options */
  async fetchOffsets ({ groupId, topics, resolveOffsets = false }) {
    checkGroup(groupId)
    const names = topics || []
    check(Array.isArray(names), 'Expected topics array to be set')
    await createRetry(context.cluster.retry)(() => context.cluster.connect())
    const wanted = await Promise.all(names.map(async topic => {
      checkTopic(topic)
      return partitionsOf(context, topic)
    }))
    const answers = await context.request({
      op: 'groupOffsets', group: String(groupId), ...(names.length > 0 ? { partitions: wanted.flat() } : {})
    }, 'OffsetFetch')
    /** @type {Map<string, OffsetsPartition[]>} */
    const byTopic = new Map(names.map(topic => [topic, []]))
    for (const { topic, partition, offset, metadata, error } of answers) {
      throwIfFailed(error)
      const partitions = byTopic.get(topic)
      // librdkafka has a number of its own for "none"
      const entry = { partition, offset: String(offset < EARLIEST ? -1 : offset), metadata: metadata || null }
      if (partitions === undefined) byTopic.set(topic, [entry])
      else partitions.push(entry)
    }
    const result = [...byTopic].map(([topic, partitions]) => ({ topic, partitions: partitions.sort(byPartition) }))
    if (resolveOffsets) for (const entry of result) await resolve(context, entry)
    return result
  },

  /** @param {Parameters<Admin['setOffsets']>[0]} options */
  async setOffsets ({ groupId, topic, partitions }) {
    checkGroup(groupId)
    check(Boolean(topic), `Invalid topic ${topic}`)
    check(Boolean(partitions) && partitions.length > 0, 'Invalid partitions')
    const known = await partitionsOf(context, topic)
    await checkEmpty(context, groupId)
    await commit(context, groupId, topic, known, partitions)
  },

  /** @param {Parameters<Admin['resetOffsets']>[0]} options */
  async resetOffsets ({ groupId, topic, earliest = false }) {
    checkGroup(groupId)
    check(Boolean(topic), `Invalid topic ${topic}`)
    const known = await partitionsOf(context, topic)
    await checkEmpty(context, groupId)
    const wanted = known.map(({ partition }) => ({ partition, offset: earliest ? EARLIEST : LATEST }))
    await commit(context, groupId, topic, known, wanted)
  }
})

/**
 * @param {{ partition: number }} a
 * @param {{ partition: number }} b
 */
const byPartition = (a, b) => a.partition - b.partition

/**
 * @template T
 * @param {AdminContext} context
 * @param {() => Promise<T>} attempt
 * @returns {Promise<T>}
 */
function retriedForTopic (context, attempt) {
  return createRetry(context.retry)(async bail => {
    try {
      return await attempt()
    } catch (error) {
      if (/** @type {import('../errors').Caught} */ (error).type === 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      return bail(error)
    }
  })
}

/**
 * @param {AdminContext} context
 * @param {string} topic
 * @returns {Promise<Array<{ topic: string, partition: number }>>}
 */
async function partitionsOf (context, topic) {
  const partitions = await context.partitionsOf(topic)
  return partitions.map(({ partition }) => ({ topic, partition }))
}

/**
 * @param {AdminContext} context
 * @param {Array<{ topic: string, partition: number }>} partitions
 * @param {number} time
 * @returns {Promise<Map<number, number>>} by partition
 */
async function at (context, partitions, time) {
  const found = await offsetsAt(context.request, partitions, time, 'readCommitted', context.timeout())
  for (const { error } of found) throwIfFailed(error)
  return new Map(found.map(({ partition, offset }) => [partition, offset]))
}

/**
 * @param {AdminContext} context
 * @param {unknown} groupId
 */
async function checkEmpty (context, groupId) {
  const { state } = await context.request({ op: 'describeGroup', group: String(groupId) }, 'DescribeGroups')
  check(WITHOUT_MEMBERS.has(state),
    `The consumer group must have no running instances, current state: ${state}`)
}

/**
 * Puts real offsets in the place of -2 and -1.
 *
 * @param {AdminContext} context
 * @param {{ topic: string, partitions: OffsetsPartition[] }} entry
 */
async function resolve (context, { topic, partitions }) {
  const ends = new Map((await fetchTopicOffsets(context, topic)).map(end => [end.partition, end]))
  for (const entry of partitions) {
    const end = ends.get(entry.partition)
    if (end === undefined) continue
    if (Number(entry.offset) === EARLIEST) entry.offset = end.low
    else if (Number(entry.offset) === LATEST) entry.offset = end.high
  }
}

/**
 * @typedef {{ partition: number, offset: string | number, metadata?: unknown }} WantedOffset
 *
 * @param {AdminContext} context
 * @param {unknown} groupId
 * @param {string} topic
 * @param {Array<{ topic: string, partition: number }>} known
 * @param {WantedOffset[]} wanted -1 and -2 stand for the ends
 */
async function commit (context, groupId, topic, known, wanted) {
  const parsed = wanted.map(({ partition, offset, metadata }) => {
    const id = Number(partition)
    check(!isNaN(id), `Invalid partition, expected a number received ${partition}`)
    const number = toOffset(offset)
    check(number >= EARLIEST, 'Offset must not be a negative number')
    return { partition: id, offset: number, metadata: typeof metadata === 'string' ? metadata : null }
  })
  const open = known.filter(({ partition }) =>
    parsed.some(entry => entry.partition === partition && entry.offset < 0))
  const [lows, highs] = await Promise.all([at(context, open, EARLIEST), at(context, open, LATEST)])
  const partitions = parsed.map(({ partition, offset, metadata }) => {
    const end = (offset === EARLIEST ? lows : highs).get(partition)
    return { topic, partition, offset: offset < 0 && end !== undefined ? end : offset, metadata }
  })
  const answers = await context.request(
    { op: 'commitGroupOffsets', group: String(groupId), partitions }, 'OffsetCommit')
  for (const { error } of answers) throwIfFailed(error)
}

/**
 * @param {unknown} offset string, number, bigint or Long
 * @returns {number}
 */
function toOffset (offset) {
  const text = String(offset)
  if (!/^-?\d+$/.test(text)) {
    throw new KafkaJSNonRetriableError(`Invalid offset, expected a long received ${offset}`)
  }
  return Number(text)
}

module.exports = { fetchTopicOffsets, offsets, toOffset }
