'use strict'

const { InvalidArgumentError } = require('commander')

// Places in a topic as people name them, and the offsets that they stand for in each partition.

const UNITS = new Map([['s', 1000], ['m', 60000], ['h', 3600000], ['d', 86400000]])

const FORMS = 'beginning, end, offset:N, last:N, a time such as 2026-01-31T12:00Z or time:MILLISECONDS, ' +
  'or how long ago, such as 15m, 2h or 1d'

/**
 * @typedef {{ kind: 'beginning' | 'end' } | { kind: 'offset' | 'last', count: bigint } |
 *   { kind: 'time', time: number }} Position time: ms since 1970
 * @typedef {import('../kafkajs').NativeAdmin} Admin
 * @typedef {{ partition: number, offset: bigint, low: bigint, high: bigint }} Place `offset` is within `low` and
 *   `high`, the first offset and the one after the last
 */

/**
 * @param {string} text
 * @param {number} [now]
 * @returns {Position}
 */
function parsePosition (text, now = Date.now()) {
  if (text === 'beginning' || text === 'earliest') return { kind: 'beginning' }
  if (text === 'end' || text === 'latest') return { kind: 'end' }
  const counted = /^(offset|last):(\d{1,18})$/.exec(text)
  if (counted) return { kind: /** @type {'offset' | 'last'} */ (counted[1]), count: BigInt(counted[2]) }
  const ago = /^(\d{1,9})([smhd])$/.exec(text)
  if (ago) return { kind: 'time', time: now - Number(ago[1]) * /** @type {number} */ (UNITS.get(ago[2])) }
  const stamp = /^time:(\d{1,15})$/.exec(text)
  if (stamp) return { kind: 'time', time: Number(stamp[1]) }
  // Only what begins like a date: Date.parse takes almost anything, such as `offset 5`.
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(time)) return { kind: 'time', time }
  throw new InvalidArgumentError(`It needs ${FORMS}.`)
}

/** @param {bigint} value @param {bigint} low @param {bigint} high */
const within = (value, low, high) => value < low ? low : value > high ? high : value

/**
 * @param {Admin} admin
 * @param {string} topic
 * @param {Position} position
 * @returns {Promise<Place[]>} by partition
 */
async function resolvePosition (admin, topic, position) {
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) =>
    ({ partition, low: BigInt(low), high: BigInt(high) }))
  /** @type {Map<number, bigint>} */
  const atTime = new Map()
  if (position.kind === 'time') {
    for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, position.time)) {
      atTime.set(partition, BigInt(offset))
    }
  }
  return ends.map(({ partition, low, high }) => {
    // also for a time after the last message
    let offset = high
    if (position.kind === 'beginning') offset = low
    else if (position.kind === 'offset') offset = position.count
    else if (position.kind === 'last') offset = high - position.count
    else if (position.kind === 'time') offset = atTime.get(partition) || 0n
    return { partition, offset: within(offset, low, high), low, high }
  })
}

module.exports = { FORMS, parsePosition, resolvePosition }
