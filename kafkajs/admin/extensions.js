'use strict'

const { KafkaJSAggregateError } = require('../errors')
const { groupLag, offlineReplicas } = require('../../core/admin')
const { check, checkGroup, checkTopic } = require('./checks')
const { errorOfCode } = require('./context')

/**
 * What KafkaJS's admin client cannot do.
 *
 * @typedef {import('./context').AdminContext} AdminContext
 * @typedef {import('../../kafkajs').NativeAdmin} Admin
 * @typedef {import('../../kafkajs').GroupLag} GroupLag
 * @typedef {import('./context').FailedPartition} FailedPartition
 */

/** By their numbers (Kafka protocol, SCRAM). */
const MECHANISMS = ['UNKNOWN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

/** The broker's "the preferred replica leads already". */
const ELECTION_NOT_NEEDED = 84

/**
 * @param {Array<{ topic: string, partitions: number[] }>} topics
 * @throws {import('../errors').KafkaJSNonRetriableError} names what is wrong
 */
function placesOf (topics) {
  return topics.flatMap(({ topic, partitions }) => {
    checkTopic(topic)
    check(Array.isArray(partitions), `Invalid partitions array: ${partitions} for topic: ${topic}`)
    return partitions.map(partition => ({ topic, partition: Number(partition) }))
  })
}

/** @param {AdminContext} context */
module.exports = context => ({
  /**
   * Topics with what is wrong with each: one that fails is no error of the others.
   *
   * @param {Parameters<Admin['describeTopics']>[0]} options
   */
  async describeTopics ({ topics }) {
    check(Array.isArray(topics), `Invalid topics array ${topics}`)
    topics.forEach(checkTopic)
    const described = await context.metadata(topics.length === 0 ? null : [...new Set(topics)])
    return {
      topics: described.topics.map(({ topic, error, partitions }) => ({
        name: topic,
        errorCode: error,
        ...(error === 0 ? {} : { error: errorOfCode(error) }),
        partitions: partitions.map(entry => {
          const { partition, leader, leaderEpoch, replicas, isr, error } = entry
          return {
            partitionErrorCode: error,
            partitionId: partition,
            leader,
            leaderEpoch,
            replicas,
            isr,
            offlineReplicas: offlineReplicas(replicas, described.brokers)
          }
        })
      }))
    }
  },

  /** @param {Parameters<Admin['deleteGroupOffsets']>[0]} options */
  async deleteGroupOffsets ({ groupId, topics }) {
    checkGroup(groupId)
    check(Array.isArray(topics) && topics.length > 0, `Invalid topics array ${topics}`)
    const partitions = placesOf(topics)
    if (partitions.length === 0) return
    const answers = await context.request(
      { op: 'deleteGroupOffsets', group: String(groupId), partitions }, 'OffsetDelete')
    const failed = answers.filter(({ error }) => error !== 0)
    if (failed.length === 0) return
    throw new KafkaJSAggregateError('Errors deleting group offsets', failed.map(toPartitionError))
  },

  /** @param {Parameters<Admin['electLeaders']>[0]} [options] */
  async electLeaders ({ electionType = 'preferred', topics, timeout } = {}) {
    check(electionType === 'preferred' || electionType === 'unclean', `Invalid election type ${electionType}`)
    check(topics === undefined || topics === null || Array.isArray(topics), `Invalid topics array ${topics}`)
    const partitions = topics && placesOf(topics)
    if (partitions && partitions.length === 0) return []
    return context.retried('Could not elect leaders', async () => {
      const outcomes = await context.request({
        op: 'electLeaders',
        unclean: electionType === 'unclean',
        partitions: partitions || null,
        ...(/** @type {number} */ (timeout) > 0 ? { timeout } : {})
      }, 'ElectLeaders')
      const failed = /** @type {FailedPartition[]} */ (outcomes.filter(({ error }) =>
        error !== null && error.code !== ELECTION_NOT_NEEDED))
      if (failed.length > 0) {
        const errors = failed.map(({ topic, partition, error }) =>
          Object.assign(errorOfCode(error.code, error.message), { topic, partition }))
        throw errors.length === outcomes.length && errors[0].type === 'NOT_CONTROLLER'
          ? errors[0]
          : new KafkaJSAggregateError('Errors electing leaders', errors)
      }
      return outcomes.map(({ topic, partition, error }) =>
        ({ topic, partition, elected: error === null }))
    })
  },

  /** @param {Parameters<Admin['describeUserScramCredentials']>[0]} [options] */
  async describeUserScramCredentials ({ users } = {}) {
    check(users === undefined || users === null ||
      (Array.isArray(users) && users.every(user => typeof user === 'string' && user !== '')),
    `Invalid users array ${users}`)
    return context.retried('Could not describe SCRAM credentials', async () => {
      const names = users ? [...new Set(users)] : null
      if (names !== null && names.length === 0) return { users: [] }
      const described = await context.request(
        { op: 'describeScramUsers', users: names }, 'DescribeUserScramCredentials')
      for (const { error } of described) if (error !== null) throw errorOfCode(error.code, error.message)
      return {
        users: described.map(({ user, credentials }) => ({
          user,
          credentials: credentials.map(({ mechanism, iterations }) =>
            ({ mechanism: MECHANISMS[mechanism] || 'UNKNOWN', iterations }))
        }))
      }
    })
  },

  /** @param {Parameters<Admin['fetchGroupLag']>[0]} group the group's id, or `{ groupId, topics }` */
  async fetchGroupLag (group) {
    const { groupId, topics = [] } = group !== null && typeof group === 'object' ? group : { groupId: group }
    checkGroup(groupId)
    check(Array.isArray(topics), 'Expected topics array to be set')
    topics.forEach(checkTopic)
    const lags = await groupLag(context.request, {
      group: String(groupId), topics, isolation: 'readCommitted', timeout: context.timeout()
    })
    /** @type {Map<string, GroupLag>} */
    const byTopic = new Map()
    for (const { topic, partition, offset, metadata, low, high, lag } of lags) {
      if (!byTopic.has(topic)) byTopic.set(topic, { topic, partitions: [] })
      const { partitions } = /** @type {GroupLag} */ (byTopic.get(topic))
      partitions.push({
        partition, offset: String(offset), metadata: metadata || null, low: text(low), high: text(high), lag: text(lag)
      })
    }
    return [...byTopic.values()]
  }
})

/** @param {number | null} number */
const text = number => number === null ? null : String(number)

/** @param {import('../../core/protocol').PartitionAnswer} answer */
const toPartitionError = ({ topic, partition, error }) => Object.assign(errorOfCode(error), { topic, partition })
