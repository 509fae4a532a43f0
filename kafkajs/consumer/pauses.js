'use strict'

/**
 * What the user has paused: topics as a whole, with the partitions that were resumed since, and single partitions. It
 * outlives rebalances and restarts after a crash; a `run` begins without.
 *
 * @typedef {{ all: boolean, paused: Set<number>, resumed: Set<number> }} State
 * @typedef {{ topic: string, partitions?: number[] }} TopicPartitions without `partitions`: all there are and will be
 */
class Pauses {
  constructor () {
    /** @type {Map<string, State>} */
    this.topics = new Map()
  }

  /** @param {string} topic */
  stateOf (topic) {
    let state = this.topics.get(topic)
    if (state === undefined) this.topics.set(topic, state = { all: false, paused: new Set(), resumed: new Set() })
    return state
  }

  /** @param {TopicPartitions[]} list */
  pause (list) {
    for (const { topic, partitions } of list) {
      const state = this.stateOf(topic)
      if (partitions === undefined) {
        state.all = true
        state.paused.clear()
        state.resumed.clear()
        continue
      }
      for (const partition of partitions.map(Number)) {
        state.paused.add(partition)
        state.resumed.delete(partition)
      }
    }
  }

  /** @param {TopicPartitions[]} list */
  resume (list) {
    for (const { topic, partitions } of list) {
      if (partitions === undefined) {
        this.topics.delete(topic)
        continue
      }
      const state = this.stateOf(topic)
      for (const partition of partitions.map(Number)) {
        state.paused.delete(partition)
        if (state.all) state.resumed.add(partition)
      }
    }
  }

  clear () {
    this.topics.clear()
  }

  /**
   * @param {string} topic
   * @param {number} partition
   */
  isPaused (topic, partition) {
    const state = this.topics.get(topic)
    return state !== undefined && (state.paused.has(partition) || (state.all && !state.resumed.has(partition)))
  }
}

module.exports = { Pauses }
