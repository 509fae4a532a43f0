'use strict'

const { KafkaJSMetadataNotLoaded } = require('./errors')
const { createErrorFromCode } = require('./protocolErrors')
const { TopicLookup } = require('../core/cluster/topicLookup')
const { monotonicNow } = require('../core/scheduling/clock')

/**
 * What a client knows of topics: their partitions, as KafkaJS shows them to partitioners and assigners.
 *
 * @typedef {import('./errors').KafkaJSError} KafkaJSError
 * @typedef {import('../core/errors').ErrorData} ErrorData
 * @typedef {Omit<import('../core/protocol').PartitionInfo, 'leaderEpoch'>} DescribedPartition
 *
 * @typedef {object} PartitionMetadata
 * @property {number} partitionErrorCode
 * @property {number} partitionId
 * @property {number} leader -1 for none
 * @property {number[]} replicas
 * @property {number[]} isr
 * @property {number[]} offlineReplicas
 *
 * @typedef {object} Topic
 * @property {PartitionMetadata[]} partitions
 * @property {number} until when it is to be asked for again, on the monotonic clock
 */

/** Codes of topics that are usable. */
const USABLE = new Set([0, 9])
/** A topic that is being made has no leaders yet; its partitions are known. */
const LEADER_NOT_AVAILABLE = 5

/** How soon to ask again for what is not complete or could not be had, ms. */
const PATIENCE = 1000

class Topics {
  /**
   * @param {object} options
   * @param {import('./cluster').Cluster['ask']} options.request
   * @param {(error: ErrorData) => KafkaJSError} options.explain makes an error of what a request failed with
   * @param {number} options.maxAge ms
   * @param {number[]} options.pauses between attempts, ms
   * @param {() => number} options.timeout of a request, ms
   * @param {() => boolean} options.isOver
   */
  constructor ({ request, explain, maxAge, pauses, timeout, isOver }) {
    this.request = request
    this.explain = explain
    this.maxAge = maxAge
    this.timeout = timeout
    /** @type {Map<string, Topic>} */
    this.known = new Map()
    this.lookup = new TopicLookup({ ask: (topics, answer) => this.ask(topics, answer), pauses, isOver })
  }

  /**
   * @param {string} topic
   * @returns {PartitionMetadata[] | null} null when it has to be learned first, because it is not known or too old
   */
  fresh (topic) {
    const known = this.known.get(topic)
    return known === undefined || monotonicNow() >= known.until ? null : known.partitions
  }

  /**
   * @param {string} topic
   * @returns {PartitionMetadata[]} empty when it is not known
   */
  partitionsOf (topic) {
    const known = this.known.get(topic)
    return known === undefined ? [] : known.partitions
  }

  /**
   * Asks for the topics that are not known or too old. What fails with a topic whose partitions are known is no error.
   *
   * @param {string[]} topics
   * @param {(error: KafkaJSError | null) => void} callback null: all of them are known
   */
  learn (topics, callback) {
    const missing = topics.filter(topic => this.fresh(topic) === null)
    if (missing.length === 0) return callback(null)
    this.lookup.learn(missing, /** @type {(error: Error | null) => void} */ (callback))
  }

  /** @param {string} topic whose partitions may be others by now: the next use asks again */
  expire (topic) {
    const known = this.known.get(topic)
    if (known !== undefined) known.until = 0
  }

  /**
   * @param {string[]} topics
   * @param {import('../core/cluster/topicLookup').Answer} answer
   */
  ask (topics, answer) {
    this.request({ op: 'metadata', topics, timeout: this.timeout() }, (error, result) => {
      if (error) {
        // not of a topic's making: what is known may still be used. The request has been repeated as long as it may
        const failure = this.explain(error)
        answer(topic => this.prolong(topic) ? null : failure, true)
        return
      }
      /** @type {Map<string, KafkaJSError | null>} */
      const errors = new Map()
      for (const topic of result.topics) errors.set(topic.topic, this.take(topic))
      answer(topic => {
        const failure = errors.get(topic)
        return failure === undefined ? new KafkaJSMetadataNotLoaded('Producing to topic without metadata') : failure
      }, topic => {
        const failure = errors.get(topic)
        return Boolean(failure) && !(/** @type {KafkaJSError} */ (failure).retriable)
      })
    })
  }

  /**
   * @param {{ topic: string, error: number, partitions: DescribedPartition[] }} described
   * @returns {KafkaJSError | null} what is wrong with the topic, null if nothing is
   */
  take ({ topic, error, partitions }) {
    const isUsable = USABLE.has(error) || (error === LEADER_NOT_AVAILABLE && partitions.length > 0)
    if (!isUsable || partitions.length === 0) {
      this.known.delete(topic)
      return createErrorFromCode(error === 0 ? LEADER_NOT_AVAILABLE : error)
    }
    const list = partitions.map(({ partition, leader, replicas, isr, error }) => ({
      partitionErrorCode: error,
      partitionId: partition,
      leader,
      replicas,
      isr,
      offlineReplicas: []
    }))
    // leaders that are about to be chosen are asked for again soon
    const isComplete = list.every(({ leader }) => leader >= 0)
    this.known.set(topic, {
      partitions: list,
      until: monotonicNow() + (isComplete ? this.maxAge : Math.min(this.maxAge, PATIENCE))
    })
    return isComplete || error === 0 ? null : createErrorFromCode(error)
  }

  /** @param {string} topic that is not there any more */
  forget (topic) {
    this.known.delete(topic)
  }

  /**
   * @param {string} topic that could not be asked for
   * @returns {boolean} whether what is known of it serves for another moment
   */
  prolong (topic) {
    const known = this.known.get(topic)
    if (known === undefined) return false
    known.until = monotonicNow() + PATIENCE
    return true
  }

  /** There is nobody to be asked any more. */
  close () {
    this.known.clear()
    this.lookup.hurry()
  }
}

module.exports = { Topics }
