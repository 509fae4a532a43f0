'use strict'

const { MemberAssignment, MemberMetadata } = require('../assignerProtocol')
const { listOf } = require('../../../core/keyed')

/**
 * KafkaJS's own assignor: partitions are dealt out in turn to the members, sorted by id. Unlike KafkaJS's it goes by
 * what each member has subscribed to; where all have subscribed to the same, the result is the same.
 *
 * @param {{ cluster: { findTopicPartitionMetadata: (topic: string) => Array<{ partitionId: number }> } }} options
 */
module.exports = ({ cluster }) => ({
  name: 'RoundRobinAssigner',
  version: 0,

  /**
   * @param {object} group
   * @param {Array<{ memberId: string, memberMetadata: Buffer }>} group.members
   * @param {string[]} group.topics the leader's
   * @returns {Promise<Array<{ memberId: string, memberAssignment: Buffer }>>}
   */
  async assign ({ members, topics }) {
    const sorted = members.map(({ memberId, memberMetadata }) =>
      ({ memberId, topics: subscription(memberMetadata, topics) }))
      .sort((a, b) => a.memberId < b.memberId ? -1 : a.memberId > b.memberId ? 1 : 0)
    const all = new Set(topics)
    for (const member of sorted) for (const topic of member.topics) all.add(topic)

    /** @type {Map<string, Record<string, number[]>>} */
    const assignments = new Map()
    let turn = 0
    for (const topic of all) {
      const ids = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
      for (const partitionId of ids.sort((a, b) => a - b)) {
        for (let i = 0; i < sorted.length; i++) {
          const member = sorted[(turn + i) % sorted.length]
          if (!member.topics.has(topic)) continue
          const assignment = assignments.get(member.memberId) || {}
          assignments.set(member.memberId, assignment)
          listOf(assignment, topic).push(partitionId)
          turn = (turn + i + 1) % sorted.length
          break
        }
      }
    }
    return [...assignments].map(([memberId, assignment]) =>
      ({ memberId, memberAssignment: MemberAssignment.encode({ version: this.version, assignment }) }))
  },

  /** @param {{ topics: string[] }} subscription */
  protocol ({ topics }) {
    return { name: this.name, metadata: MemberMetadata.encode({ version: this.version, topics }) }
  }
})

/**
 * @param {Buffer} metadata
 * @param {string[]} topics for a member whose metadata cannot be read
 * @returns {Set<string>}
 */
function subscription (metadata, topics) {
  try {
    return new Set(MemberMetadata.decode(metadata).topics)
  } catch {
    return new Set(topics)
  }
}
