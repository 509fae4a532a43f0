'use strict'

// What the brokers know of groups, as commands show it.

/**
 * @typedef {import('./connection').Admin} Admin
 * @typedef {import('../kafkajs').GroupDescription} GroupDescription
 *
 * @typedef {object} Member
 * @property {string} memberId
 * @property {string} clientId
 * @property {string} host
 * @property {Array<{ topic: string, partitions: number[] }>} assignment
 *
 * @typedef {object} PartitionState
 * @property {string} topic
 * @property {number} partition
 * @property {string | null} committed null: nothing
 * @property {string | null} end null: the partition has no leader
 * @property {string | null} lag
 * @property {string | null} member its client's id
 */

/** How many groups the brokers are asked about at once. */
const AT_ONCE = 20

/**
 * @param {GroupDescription} group
 * @returns {Member[]}
 */
function membersOf ({ members, protocolType }) {
  const { AssignerProtocol } = require('../kafkajs')
  return members.map(({ memberId, clientId, clientHost, memberAssignment }) => {
    /** @type {Member['assignment']} */
    let assignment = []
    // Groups of other kinds, such as those of Kafka Connect, have assignments of their own.
    if (protocolType === 'consumer' || protocolType === '') {
      try {
        const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment)
        if (decoded) {
          assignment = Object.entries(decoded.assignment).map(([topic, partitions]) =>
            ({ topic, partitions: [...partitions].sort((a, b) => a - b) }))
        }
      } catch {
        // none, while the group rebalances
      }
    }
    return { memberId, clientId, host: clientHost, assignment }
  })
}

/**
 * @param {Admin} admin
 * @param {string} groupId
 * @param {Member[]} members
 * @returns {Promise<PartitionState[]>} by topic and partition
 */
async function partitionsOf (admin, groupId, members) {
  /** @type {Map<string, Map<number, string>>} */
  const owners = new Map()
  for (const { clientId, assignment } of members) {
    for (const { topic, partitions } of assignment) {
      let byPartition = owners.get(topic)
      if (byPartition === undefined) owners.set(topic, byPartition = new Map())
      for (const partition of partitions) byPartition.set(partition, clientId)
    }
  }
  const lag = await admin.fetchGroupLag({ groupId, topics: [...owners.keys()] })
  return lag.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset, high, lag }) => {
    const byPartition = owners.get(topic)
    const member = byPartition === undefined ? undefined : byPartition.get(partition)
    return {
      topic,
      partition,
      committed: Number(offset) < 0 ? null : offset,
      end: high,
      lag,
      member: member === undefined ? null : member
    }
  })).sort((a, b) => a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1)
}

/**
 * @param {PartitionState[]} partitions
 * @returns {bigint}
 */
function totalLag (partitions) {
  return partitions.reduce((sum, { lag }) => sum + BigInt(lag || 0), 0n)
}

/**
 * Calls `use` for each, a few at a time, so that a cluster with thousands of groups is not asked about all at once.
 *
 * @template T, R
 * @param {T[]} list
 * @param {(each: T) => Promise<R>} use
 * @returns {Promise<R[]>} in the order of the list
 */
async function forEachOf (list, use) {
  /** @type {R[]} */
  const results = []
  for (let i = 0; i < list.length; i += AT_ONCE) results.push(...await Promise.all(list.slice(i, i + AT_ONCE).map(use)))
  return results
}

/**
 * @param {Admin} admin
 * @returns {Promise<string[]>} sorted
 */
async function groupIds (admin) {
  const { groups } = await admin.listGroups()
  return groups.map(({ groupId }) => groupId).sort()
}

/**
 * @param {Admin} admin
 * @param {string[]} ids
 * @returns {Promise<Array<{ groupId: string, state: string, protocol: string, protocolType: string, members: Member[],
 *   error?: string }>>} a group that cannot be described has its `error`
 */
async function describeAll (admin, ids) {
  return forEachOf(ids, async groupId => {
    try {
      const { groups: [group] } = await admin.describeGroups([groupId])
      const { state, protocol, protocolType } = group
      return { groupId, state, protocol, protocolType, members: membersOf(group) }
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      return { groupId, state: 'Unknown', protocol: '', protocolType: '', members: [], error: message }
    }
  })
}

module.exports = { describeAll, forEachOf, groupIds, partitionsOf, totalLag }
