'use strict'

/**
 * Which records of a partition are obsolete, because it was repositioned after the native thread took them.
 *
 * Every seek has a number, its version, which travels to the native thread and back in the header of each record batch.
 */
class Positions {
  constructor () {
    /** of the last seek of any partition; 0 before the first */
    this.version = 0
    /** @type {Map<string, Map<number, number>>} the version of the last seek, by topic and partition */
    this.seekVersions = new Map()
    /** @type {Map<string, Set<number>> | null} partitions repositioned during the current slice; null outside of one */
    this.repositioned = null
  }

  /**
   * @param {string} topic
   * @param {number} partition
   * @returns {number} the seek's version
   */
  seek (topic, partition) {
    const version = ++this.version
    let partitions = this.seekVersions.get(topic)
    if (!partitions) this.seekVersions.set(topic, partitions = new Map())
    partitions.set(partition, version)
    if (this.repositioned) {
      const moved = this.repositioned.get(topic)
      if (moved) moved.add(partition)
      else this.repositioned.set(topic, new Set([partition]))
    }
    return version
  }

  /**
   * @param {string} topic
   * @param {number} partition
   * @param {number} version that of the record batch
   * @returns {boolean} whether its records of this partition were taken before the last seek
   */
  isObsolete (topic, partition, version) {
    const partitions = this.seekVersions.get(topic)
    const last = partitions && partitions.get(partition)
    return last !== undefined && version < last
  }

  beginSlice () {
    this.repositioned = new Map()
  }

  endSlice () {
    this.repositioned = null
  }

  /**
   * @param {string} topic
   * @param {number} partition
   * @returns {boolean} whether a handler of the current slice has moved it: that position stands
   */
  isRepositioned (topic, partition) {
    const partitions = this.repositioned && this.repositioned.get(topic)
    return !!partitions && partitions.has(partition)
  }
}

module.exports = { Positions }
