'use strict'

const { MemberAssignment, MemberMetadata } = require('./consumer/assignerProtocol')
const { listOf } = require('../core/keyed')

/**
 * A group as KafkaJS describes it.
 *
 * @param {import('../core/protocol').GroupDescription} info
 */
function toDescription ({ group, state, protocolType, protocol, members }) {
  return { errorCode: 0, groupId: group, state, protocolType, protocol, members: members.map(toMember) }
}

/** @param {import('../core/protocol').MemberDescription} member */
function toMember ({ id, clientId, host, metadata, assignment, partitions }) {
  const member = { memberId: id, clientId, clientHost: host }
  if (partitions === undefined) {
    return {
      ...member,
      memberMetadata: Buffer.from(/** @type {string} */ (metadata), 'hex'),
      memberAssignment: Buffer.from(/** @type {string} */ (assignment), 'hex')
    }
  }
  // a member of the newer protocol, which has no bytes for it: as one of the older protocol would say it
  /** @type {Record<string, number[]>} */
  const assigned = {}
  for (const { topic, partition } of partitions) listOf(assigned, topic).push(partition)
  return {
    ...member,
    memberMetadata: MemberMetadata.encode({ version: 0, topics: Object.keys(assigned) }),
    memberAssignment: MemberAssignment.encode({ version: 0, assignment: assigned })
  }
}

module.exports = { toDescription }
