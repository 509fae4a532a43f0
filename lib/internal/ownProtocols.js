'use strict'

const builtInProtocols = require('../assignment')
const { decodeSubscription, encodeSubscription } = require('../../core/group/memberMetadata')
const { setValue } = require('../../core/keyed')

/**
 * Custom assignment protocols: between the objects that users write and what crosses to
 * `src/consumer/assignor.rs`.
 *
 * @typedef {{ protocol: string, members: Array<{ id: string, metadata: string }>, topics: Array<[string, number[]]> }}
 *   Task `metadata` is as on the wire, in hexadecimal
 * @typedef {{ memberId: string, partitions: Array<[string, number[]]>, userData: string | null }} Share `userData` is
 *   JSON text
 */

/**
 * @param {{ name: string, assign: any }} protocol
 * @returns {boolean} false for one that librdkafka computes
 */
function isOwn ({ name, assign }) {
  if (!Object.prototype.hasOwnProperty.call(builtInProtocols, name)) return true
  return /** @type {any} */ (builtInProtocols)[name].assign !== assign
}

/**
 * What a member tells the group's leader, for each of its own protocols.
 *
 * @param {any[]} protocols
 * @returns {Array<{ protocol: number, metadata: Buffer }>} `protocol` is an index
 */
function offers (protocols) {
  const result = []
  for (let i = 0; i < protocols.length; i++) {
    if (isOwn(protocols[i])) result.push({ protocol: i, metadata: encodeSubscription(protocols[i]) })
  }
  return result
}

/**
 * @param {Task} task
 * @returns {{ topicPartitions: Record<string, string[]>, members: any[] }} the arguments of `assign`
 */
function toTask ({ topics, members }) {
  /** @type {Record<string, string[]>} */
  const topicPartitions = {}
  for (const [topic, ids] of topics) setValue(topicPartitions, topic, ids.slice().sort((a, b) => a - b).map(String))
  return {
    topicPartitions,
    members: members.map(({ id, metadata }) => ({ ...decodeSubscription(Buffer.from(metadata, 'hex')), id }))
  }
}

/**
 * What `assign` called back with, checked.
 *
 * @param {Task} task
 * @param {any} assignment a list of `{ memberId, topicPartitions, userData? }`, with the last entry of a member
 *   counting; members without one get nothing
 * @returns {Share[]}
 * @throws {Error} names what is wrong
 */
function toShares ({ protocol, topics, members }, assignment) {
  const refuse = (/** @type {string} */ problem) =>
    new Error(`protocol ${protocol}: assign called back with ${problem}`)
  // kafka-node takes these as "nothing for anybody"
  if (assignment === undefined || assignment === null) return []
  if (!Array.isArray(assignment)) throw refuse(`${describe(assignment)}; it must be an array`)
  const memberIds = new Set(members.map(({ id }) => id))
  const known = new Map(topics.map(([topic, ids]) => [topic, new Set(ids)]))
  /** @type {Map<string, Share>} */
  const shares = new Map()
  for (const entry of assignment) {
    if (!entry || typeof entry !== 'object') {
      throw refuse(`${describe(entry)} as the assignment of a member; it must be { memberId, topicPartitions }`)
    }
    const { memberId, topicPartitions, userData } = entry
    if (!memberIds.has(memberId)) {
      throw refuse(`memberId ${describe(memberId)}, which is not in the group; take the id of the members given`)
    }
    if (!topicPartitions || typeof topicPartitions !== 'object') {
      throw refuse(`topicPartitions ${describe(topicPartitions)} for member ${memberId}; it must be { topic: [ids] }`)
    }
    /** @type {Array<[string, number[]]>} */
    const partitions = []
    for (const topic of Object.keys(topicPartitions)) {
      const ids = topicPartitions[topic]
      if (!Array.isArray(ids)) throw refuse(`${describe(ids)} for topic ${topic}; it must be an array of partitions`)
      const existing = known.get(topic)
      if (!existing && ids.length > 0) {
        throw refuse(`topic ${topic}, which does not exist, or which no member has subscribed to`)
      }
      const numbers = new Set()
      for (const id of ids) {
        const number = typeof id === 'string' && id.trim() !== '' ? Number(id) : id
        if (!existing || !existing.has(number)) {
          throw refuse(`partition ${describe(id)} of topic ${topic}, which does not exist`)
        }
        numbers.add(number)
      }
      if (numbers.size > 0) partitions.push([topic, [...numbers]])
    }
    const json = userData ? JSON.stringify(userData) : undefined
    shares.set(memberId, { memberId, partitions, userData: json === undefined ? null : json })
  }
  return [...shares.values()]
}

/** @param {any} value */
function describe (value) {
  if (typeof value === 'string') return JSON.stringify(value)
  return Array.isArray(value) ? 'an array' : value && typeof value === 'object' ? 'an object' : String(value)
}

/**
 * @param {string | null} json
 * @returns {any} undefined when there is none
 */
function toUserData (json) {
  if (json === null) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return 'JSON Parse error'
  }
}

module.exports = { isOwn, offers, toShares, toTask, toUserData }
