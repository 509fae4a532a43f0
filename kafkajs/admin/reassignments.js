'use strict'

const { KafkaJSAggregateError, KafkaJSAlterPartitionReassignmentsError } = require('../errors')
const { check, checkTopicEntries } = require('./checks')
const { errorOfCode } = require('./context')

/**
 * @typedef {import('./context').AdminContext} AdminContext
 * @typedef {import('../../kafkajs').NativeAdmin} Admin
 */

/** ms */
const EFFECT = 5000

/** @param {AdminContext} context */
module.exports = context => ({
  /** @param {Parameters<Admin['alterPartitionReassignments']>[0]} options */
  async alterPartitionReassignments ({ topics, timeout }) {
    checkTopicEntries(topics)
    for (const { topic, partitionAssignment } of topics) checkAssignment(topic, partitionAssignment)
    return context.retried('Could not reassign partitions', async () => {
      const wanted = topics.map(({ topic, partitionAssignment }) => ({
        topic,
        partitions: partitionAssignment.map(({ partition, replicas }) => ({ partition, replicas }))
      }))
      const effect = timeout === undefined || timeout === null ? EFFECT : timeout
      const failed = /** @type {import('./context').FailedPartition[]} */ (await context.request(
        { op: 'alterReassignments', topics: wanted, effect }, 'AlterPartitionReassignments'))
      if (failed.length === 0) return
      throw new KafkaJSAggregateError('Errors altering partition reassignments',
        failed.map(({ topic, partition, error }) =>
          new KafkaJSAlterPartitionReassignmentsError(errorOfCode(error.code, error.message), topic, partition)))
    })
  },

  /** @param {{ topics?: import('../../kafkajs').TopicPartitions[] | null, timeout?: number }} options */
  async listPartitionReassignments ({ topics = null, timeout }) {
    if (topics) {
      checkTopicEntries(topics)
      for (const { topic, partitions } of topics) {
        const invalid = `Invalid partition array: ${partitions} for topic: ${topic}`
        check(Boolean(partitions) && Array.isArray(partitions), invalid)
        check(partitions.every(id => typeof id === 'number' && id >= 0),
          `${invalid}. The partition indices have to be a valid number greater than 0.`)
      }
    }
    return context.retried('Could not reassign partitions', async () => {
      const effect = timeout === undefined || timeout === null ? EFFECT : timeout
      const listed = await context.request({
        op: 'listReassignments',
        topics: topics && topics.map(({ topic, partitions }) => ({ topic, partitions })),
        effect
      }, 'ListPartitionReassignments')
      return {
        topics: listed.map(({ topic, partitions }) => ({
          name: topic,
          partitions: partitions.map(({ partition, replicas, adding, removing }) =>
            ({ partition, replicas, addingReplicas: adding, removingReplicas: removing }))
        }))
      }
    })
  }
})

/**
 * @param {string} topic
 * @param {import('../../kafkajs').ReplicaAssignment[]} partitions
 */
function checkAssignment (topic, partitions) {
  check(Boolean(partitions) && Array.isArray(partitions),
    `Invalid partitions array: ${partitions} for topic: ${topic}`)
  for (const { partition, replicas } of partitions) {
    check(typeof partition === 'number' && !(partition < 0),
      `Invalid partitions index: ${partition} for topic: ${topic}`)
    const invalid = `Invalid replica assignment: ${replicas} for topic: ${topic} on partition: ${partition}`
    check(Boolean(replicas) && Array.isArray(replicas), invalid)
    check(!replicas.some(id => typeof id !== 'number' || id < 0),
      `${invalid}. Replicas must be a non negative number`)
  }
}
