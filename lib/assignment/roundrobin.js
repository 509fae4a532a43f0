'use strict'

const logger = require('../logging')('kafka-node:Roundrobin')
const { createTopicPartitionList, groupPartitionsByTopic } = require('../utils')

const version = 0

/**
 * @typedef {{ id: string, subscription: string[] }} GroupMember
 * @typedef {Record<string, Array<string | number>>} TopicPartitions
 * @typedef {{ memberId: string, topicPartitions: TopicPartitions, version: number }} MemberAssignment
 */

/**
 * Deals the partitions of all topics, one by one, to the members in the order of their ids; members that have not
 * subscribed to the topic are skipped.
 *
 * @param {TopicPartitions} topicPartitions
 * @param {GroupMember[]} groupMembers
 * @param {(err: Error | null, assignment: MemberAssignment[]) => void} callback
 */
function assign (topicPartitions, groupMembers, callback) {
  logger.debug('partitions: %j members: %j', topicPartitions, groupMembers)

  const members = groupMembers.map(({ id, subscription }) => ({
    id,
    topics: new Set(subscription),
    /** @type {Array<{ topic: string, partition: string | number }>} */
    assigned: []
  }))
  const ring = members.slice().sort((a, b) => a.id < b.id ? -1 : 1)
  let turn = 0

  for (const topicPartition of createTopicPartitionList(topicPartitions)) {
    // at most one round: nobody may have subscribed to the topic
    for (let tries = 0; tries < ring.length; tries++) {
      const member = ring[turn++ % ring.length]
      if (!member.topics.has(topicPartition.topic)) continue
      member.assigned.push(topicPartition)
      break
    }
  }

  callback(null, members.map(({ id, assigned }) =>
    ({ memberId: id, topicPartitions: groupPartitionsByTopic(assigned), version })))
}

module.exports = { assign, name: 'roundrobin', version }
