'use strict'

const logger = require('../logging')('kafka-node:Range')
const { setValue } = require('../../core/keyed')

const version = 0

/**
 * Cuts each topic into contiguous ranges, one per subscribed member in the order of their ids; if they do not divide
 * evenly, the first members get one extra partition. Topics that do not exist yet are left out.
 *
 * @param {Record<string, Array<string | number>>} topicPartitions
 * @param {import('./roundrobin').GroupMember[]} groupMembers
 * @param {(err: Error | null, assignment: import('./roundrobin').MemberAssignment[]) => void} callback
 */
function assign (topicPartitions, groupMembers, callback) {
  logger.debug('partitions: %j members: %j', topicPartitions, groupMembers)

  /** @type {import('./roundrobin').MemberAssignment[]} */
  const assignment = groupMembers.map(({ id }) => ({ memberId: id, topicPartitions: {}, version }))
  const byId = assignment
    .map((result, i) => ({ result, topics: new Set(groupMembers[i].subscription) }))
    .sort((a, b) => a.result.memberId < b.result.memberId ? -1 : 1)

  for (const [topic, ids] of Object.entries(topicPartitions)) {
    const partitions = ids.map(Number).sort((a, b) => a - b)
    const subscribers = byId.filter(({ topics }) => topics.has(topic))
    const share = Math.floor(partitions.length / subscribers.length)
    const extra = partitions.length % subscribers.length

    subscribers.forEach(({ result }, i) => {
      const start = share * i + Math.min(i, extra)
      const range = partitions.slice(start, start + share + (i < extra ? 1 : 0))
      if (range.length > 0) setValue(result.topicPartitions, topic, range)
    })
  }

  callback(null, assignment)
}

module.exports = { assign, name: 'range', version }
