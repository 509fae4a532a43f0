'use strict'

const { ask, coordinatorError, groupError } = require('./ask')
const { commitsOrCallback, toPartitions } = require('./payloads')
const { toCommitResult } = require('../commitResult')
const { toGroupError } = require('../nativeErrors')
const { commitOutcome } = require('../../../core/group/commitOutcome')
const { recordOf } = require('../../../core/keyed')
const { setImmediate } = require('../../../core/scheduling/timers')

/**
 * @typedef {import('../commitResult').CommitCallback} CommitCallback
 * @typedef {import('../client/connector').KafkaClient} KafkaClient
 * @typedef {import('./payloads').Payload} Payload
 */

const UNKNOWN_MEMBER_ID = 25

/**
 * @param {KafkaClient} client
 * @param {string} group
 * @param {Payload[]} payloads
 * @param {import('./ask').Callback<import('./payloads').Offsets>} callback -1 where nothing is committed
 */
function fetchCommits (client, group, payloads, callback) {
  /** @type {Array<{ topic: string, partition: number }>} */
  let partitions
  try {
    partitions = toPartitions(payloads)
  } catch (error) {
    setImmediate(callback, /** @type {Error} */ (error))
    return
  }
  if (partitions.length === 0) {
    setImmediate(callback, null, {})
    return
  }
  ask(client, { op: 'groupOffsets', group: String(group), partitions }, (err, answers) => {
    if (err) return callback(coordinatorError(client, err))
    /** @type {Record<string, Record<string, number>>} */
    const offsets = {}
    for (const { topic, partition, offset, error } of answers) {
      recordOf(offsets, topic)[partition] = error !== 0 || offset < 0 ? -1 : offset
    }
    callback(null, offsets)
  })
}

/**
 * Commits without membership. What the broker refuses is part of the result, as in kafka-node.
 *
 * @param {KafkaClient} client
 * @param {string} group
 * @param {Payload[]} payloads
 * @param {CommitCallback} callback
 */
function commit (client, group, payloads, callback) {
  const partitions = commitsOrCallback(payloads, callback)
  if (!partitions) return
  ask(client, { op: 'commitGroupOffsets', group: String(group), partitions }, (err, answers) => {
    if (err) callback(groupError(client, err))
    else callback(null, toCommitResult(commitOutcome({ partitions: answers })))
  })
}

/**
 * @param {KafkaClient} client
 * @param {import('../../../core/handles/index').ConsumerHandle | undefined} member the member's, if there is one
 * @param {number} generationId one that is not the group's present one is refused, as the broker would
 * @param {Payload[]} payloads
 * @param {CommitCallback} callback
 */
function commitAsMember (client, member, generationId, payloads, callback) {
  const partitions = commitsOrCallback(payloads, callback)
  if (!partitions) return
  if (!member) {
    setImmediate(callback, null, toCommitResult(partitions.map(each => ({ ...each, error: UNKNOWN_MEMBER_ID }))))
    return
  }
  member.commit(partitions, ({ error, partitions: answers }) => {
    if (error && error.code < 0) return callback(toGroupError(error, client.options.requestTimeout))
    callback(null, toCommitResult(commitOutcome({ error, partitions: answers })))
  }, { generationId: Number(generationId) | 0 })
}

module.exports = { commit, commitAsMember, fetchCommits }
