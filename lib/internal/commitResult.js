'use strict'

const { recordOf } = require('../../core/keyed')

/**
 * What callbacks of commits get, in kafka-node's form.
 *
 * @typedef {import('../../core/group/commitOutcome').PartitionOutcome} PartitionOutcome
 * @typedef {Record<string, { partition: number, errorCode: number }>} CommitResult one entry per topic: a partition
 *   that was refused, or else the last one
 * @typedef {(err: Error | null, result?: CommitResult | string) => void} CommitCallback gets a text when there was
 *   nothing to commit
 */

/** @type {WeakMap<object, PartitionOutcome[]>} what a result had no room for */
const outcomes = new WeakMap()

/**
 * @param {PartitionOutcome[]} partitions
 * @returns {CommitResult}
 */
function toCommitResult (partitions) {
  /** @type {CommitResult} */
  const result = {}
  for (const { topic, partition, error } of partitions) {
    const entry = recordOf(result, topic)
    // a refusal must not hide behind a later success
    if (entry.errorCode && error === 0) continue
    entry.partition = partition
    entry.errorCode = error
  }
  outcomes.set(result, partitions)
  return result
}

/**
 * @param {CommitResult} result what the callback of a commit got
 * @param {string} topic
 * @param {number} partition
 * @returns {boolean}
 */
function isRefused (result, topic, partition) {
  const partitions = outcomes.get(result)
  if (partitions) {
    return partitions.some(other => other.topic === topic && other.partition === partition && other.error !== 0)
  }
  // not ours: a user may have replaced the method that commits
  const entry = result && result[topic]
  return !!entry && !!entry.errorCode
}

module.exports = { isRefused, toCommitResult }
