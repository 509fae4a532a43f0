'use strict'

/**
 * What became of each partition of a commit.
 *
 * @typedef {{ topic: string, partition: number, error: number }} PartitionOutcome `error` is the broker's code, 0 for
 *   none
 */

/**
 * librdkafka gives the answer as a whole the code of the last partition that was refused. That code says something
 * about the others only if no partition has a code of its own.
 *
 * @param {{ error?: { code: number } | null, partitions: Array<{ topic: string, partition: number, error: number }> }}
 *   answer the event `committed`, or the result of a request
 * @returns {PartitionOutcome[]} one for each partition
 */
function commitOutcome ({ error, partitions }) {
  const whole = error && partitions.every(answer => answer.error === 0) ? error.code : 0
  return partitions.map(({ topic, partition, error: own }) => ({ topic, partition, error: own || whole }))
}

module.exports = { commitOutcome }
