'use strict'

const { KafkaJSProtocolError } = require('../errors')
const { describe } = require('../protocolErrors')
const { clearTimeout } = require('../../core/scheduling/timers')

const UNKNOWN_MEMBER_ID = 25
const REBALANCE_IN_PROGRESS = 27

/**
 * A partition as long as it is assigned to this member.
 *
 * @typedef {import('../../core/consumer/partitionQueues').PartitionQueue} PartitionQueue
 */
class Partition {
  /**
   * @param {PartitionQueue} queue
   * @param {number} offset where it starts
   * @param {number} generationId
   */
  constructor (queue, offset, generationId) {
    this.queue = queue
    this.topic = queue.topic
    this.partition = queue.partition
    /** the group's, when it was assigned */
    this.generationId = generationId
    /** behind what has been resolved: the next offset to read */
    this.position = offset
    /** the last offset that has been committed; at first where it starts */
    this.committed = offset
    /** the position when that was committed: what has been resolved since then is not */
    this.committedAt = offset
    /** the position when its batch was taken */
    this.batchStart = offset
    /** a handler has it */
    this.isBusy = false
    /** it waits for a worker */
    this.isReady = false
    /** it waits for something else: a pause between attempts, a look-up, the user's hook */
    this.holds = 0
    /** the handler's batch is to end: after a seek, a pause, a revocation */
    this.isInterrupted = false
    /** the group has taken it */
    this.isRevoked = false
    /** the group has given it away already: nothing may be committed any more */
    this.isLost = false
    /** the user's hook has heard that it is taken */
    this.isTold = false
    /** how often it has been moved: a look-up of an offset that another move has overtaken does not count */
    this.moves = 0
    /** @type {number | null} where the user wants to go on; not yet applied */
    this.seekTo = null
    /** @type {{ pauses: import('../retry').Pauses, count: number, position: number } | null} of handlers that
     *   failed at this position */
    this.retry = null
    /** @type {NodeJS.Timeout | null} until the next attempt */
    this.retryTimer = null
    /** @type {Partition | null} the same one under an assignment that has gone, while its handler has not returned */
    this.predecessor = null
    /** @type {Partition | null} */
    this.successor = null
    /** @type {Array<() => void>} */
    this.waiting = []
    /** @type {() => Promise<void>} payload functions; set by the runner, one for all records */
    this.heartbeat = async () => {}
    /** @type {() => () => void} */
    this.pause = () => () => {}
  }

  /** @returns {Promise<void>} fulfilled when no handler has it */
  whenIdle () {
    return this.isBusy ? new Promise(resolve => { this.waiting.push(resolve) }) : Promise.resolve()
  }

  becomeIdle () {
    this.isBusy = false
    for (const resume of this.waiting.splice(0)) resume()
  }

  /** @param {boolean} isLost */
  revoke (isLost) {
    this.isRevoked = true
    this.isLost = this.isLost || isLost
    this.isInterrupted = true
    clearTimeout(this.retryTimer)
    this.queue.owner.close(this.queue)
  }

  /** @returns {KafkaJSProtocolError} what `heartbeat` rejects with once the partition has been taken */
  revocation () {
    return new KafkaJSProtocolError(describe(this.isLost ? UNKNOWN_MEMBER_ID : REBALANCE_IN_PROGRESS))
  }
}

module.exports = { Partition }
