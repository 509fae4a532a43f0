'use strict'

const { AdoptableObject, callable } = require('./internal/callable')

/**
 * A partitioner picks one element of `partitions`, the ascending ids of the partitions that can be written to. It is
 * called once per payload, not per message. A key's records must keep going to the same partition, so none of these
 * choices may ever change.
 */
class Partitioner extends AdoptableObject {}

/** Always the first partition. */
class DefaultPartitioner extends Partitioner {
  /**
   * @param {number[]} [partitions]
   * @returns {number} the first partition, 0 if none is known
   */
  getPartition (partitions) {
    return Array.isArray(partitions) && partitions.length > 0 ? partitions[0] : 0
  }
}

/** One partition after another. All topics share one counter, as they always have. */
class CyclicPartitioner extends Partitioner {
  constructor () {
    super()
    this.c = 0
  }

  /**
   * @param {number[]} [partitions]
   * @returns {number} the next partition, 0 if none is known
   */
  getPartition (partitions) {
    if (!partitions || !partitions.length) return 0
    return partitions[this.c++ % partitions.length]
  }
}

/** Any partition, evenly distributed. */
class RandomPartitioner extends Partitioner {
  /**
   * @param {number[]} partitions
   * @returns {number} undefined if the list is empty
   */
  getPartition (partitions) {
    return partitions[Math.floor(Math.random() * partitions.length)]
  }
}

/** The same partition for the same key, as long as the number of partitions stays the same. */
class KeyedPartitioner extends Partitioner {
  /**
   * The 31-multiplier string hash in 31 bits, over the UTF-16 code units of `String(key)`; never 0. Other Kafka clients
   * hash keys differently. Buffers are read as UTF-8, so that keys of invalid UTF-8 may share a hash.
   *
   * @param {unknown} key
   * @returns {number} 1 to 2147483647; 1 for an absent or empty key
   */
  hashCode (key) {
    const string = key ? key.toString() : ''
    let hash = 0
    for (let i = 0; i < string.length; i++) {
      // at most 2^31 * 31 + 2^16: exact in a double, so only the mask truncates
      hash = (hash * 31 + string.charCodeAt(i)) & 0x7fffffff
    }
    return hash || 1
  }

  /**
   * @param {number[]} partitions
   * @param {unknown} [key]
   * @returns {number} undefined if the list is empty
   */
  getPartition (partitions, key) {
    return partitions[this.hashCode(key) % partitions.length]
  }
}

/** The choice of a user's function. */
class CustomPartitioner extends Partitioner {
  /** @param {import('../index').CustomPartitioner} getPartition what it returns is used as it is */
  constructor (getPartition) {
    super()
    this.getPartition = getPartition
  }
}

module.exports = {
  DefaultPartitioner: callable(DefaultPartitioner),
  CyclicPartitioner: callable(CyclicPartitioner),
  RandomPartitioner: callable(RandomPartitioner),
  KeyedPartitioner: callable(KeyedPartitioner),
  CustomPartitioner: callable(CustomPartitioner)
}
