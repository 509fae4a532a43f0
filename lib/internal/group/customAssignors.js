'use strict'

const builtInProtocols = require('../../assignment')
const { decodeSubscription, encodeSubscription } = require('../../../core/group/memberMetadata')
const { setValue } = require('../../../core/keyed')

/**
 * Custom assignors: between kafka-node's `protocol` objects, which users write, and what crosses to
 * `src/consumer/assignor.rs`.
 *
 * @typedef {{ assignor: string, members: Array<{ id: string, metadata: string }>, topics: Array<[string, number[]]> }}
 *   AssignorRequest `metadata` is as on the wire, in hexadecimal
 * @typedef {{ memberId: string, partitions: Array<[string, number[]]>, userData: string | null }} MemberAssignment
 *   `userData` is JSON text
 *
 * @typedef {import('../../../core/group/memberMetadata').Subscription & { id: string }} GroupMember
 *
 * @typedef {(topicPartitions: Record<string, string[]>, members: GroupMember[],
 *   callback: (err: unknown, assignment?: unknown) => void) => void | PromiseLike<unknown>} Assign
 *
 * @typedef {object} Protocol built in or the user's own
 * @property {string} name
 * @property {number} version
 * @property {string[]} subscription
 * @property {unknown} [userData]
 * @property {Assign} [assign]
 */

/**
 * @param {{ name: string, assign?: Assign }} protocol
 * @returns {boolean} false for one that librdkafka computes
 */
function isCustom ({ name, assign }) {
  if (assign === undefined) return false
  if (!Object.prototype.hasOwnProperty.call(builtInProtocols, name)) return true
  return builtInProtocols[/** @type {keyof typeof builtInProtocols} */ (name)].assign !== assign
}

/**
 * What a member tells the group's leader, for each custom assignor.
 *
 * @param {Protocol[]} protocols
 * @returns {Array<{ assignor: number, metadata: Buffer }>} `assignor` is an index
 */
function subscriptionMetadata (protocols) {
  const result = []
  for (let i = 0; i < protocols.length; i++) {
    if (isCustom(protocols[i])) result.push({ assignor: i, metadata: encodeSubscription(protocols[i]) })
  }
  return result
}

/**
 * @param {AssignorRequest} request
 * @returns {{ topicPartitions: Record<string, string[]>, members: GroupMember[] }} the arguments of `assign`
 */
function toAssignArguments ({ topics, members }) {
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
 * @param {AssignorRequest} request
 * @param {unknown} assignment a list of `{ memberId, topicPartitions, userData? }`; a member's last entry counts,
 *   and members without one get nothing
 * @returns {MemberAssignment[]}
 * @throws {Error} names what is wrong
 */
function toMemberAssignments ({ assignor, topics, members }, assignment) {
  const refuse = (/** @type {string} */ problem) =>
    new Error(`protocol ${assignor}: assign called back with ${problem}`)
  // kafka-node takes these as "nothing for anybody"
  if (assignment === undefined || assignment === null) return []
  if (!Array.isArray(assignment)) throw refuse(`${describe(assignment)}; it must be an array`)
  const memberIds = new Set(members.map(({ id }) => id))
  const known = new Map(topics.map(([topic, ids]) => [topic, new Set(ids)]))
  /** @type {Map<string, MemberAssignment>} */
  const byMember = new Map()
  for (const entry of assignment) {
    if (!entry || typeof entry !== 'object') {
      throw refuse(`${describe(entry)} as the assignment of a member; it must be { memberId, topicPartitions }`)
    }
    const { memberId, topicPartitions, userData } = entry
    if (!memberIds.has(memberId)) {
      throw refuse(`memberId ${describe(memberId)}, which is not in the group; use the ids of the given members`)
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
    byMember.set(memberId, { memberId, partitions, userData: json === undefined ? null : json })
  }
  return [...byMember.values()]
}

/** @param {unknown} value */
function describe (value) {
  if (typeof value === 'string') return JSON.stringify(value)
  return Array.isArray(value) ? 'an array' : value && typeof value === 'object' ? 'an object' : String(value)
}

/**
 * @param {string | null} json
 * @returns {unknown} undefined when there is none
 */
function toUserData (json) {
  if (json === null) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return 'JSON Parse error'
  }
}

module.exports = { isCustom, subscriptionMetadata, toMemberAssignments, toAssignArguments, toUserData }
