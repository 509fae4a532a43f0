'use strict'

const { legacyMurmur2, murmur2 } = require('./murmur2')

/**
 * The partitioners: functions that make a function which chooses a partition for each message.
 *
 * @typedef {import('../topics').PartitionMetadata} PartitionMetadata
 * @typedef {import('../../kafkajs').Message} Message
 * @typedef {(topic: string, partitionMetadata: PartitionMetadata[], message: Message) => number} Choice
 * @typedef {(args: { topic: string, partitionMetadata: PartitionMetadata[], message: Message }) => number} Partitioner
 */

/** Under this name our own partitioners have the same without an object for each message. */
const CHOOSE = Symbol('choose')

/** A counter starts anywhere, so that producers do not all begin with the same partition. */
const randomStart = () => Math.floor(Math.random() * 0x100000000)

/**
 * @param {(key: import('./murmur2').Key) => number} hash
 * @returns {() => Partitioner}
 */
const partitionerOf = hash => () => {
  /** @type {Map<string, { counter: number, metadata: PartitionMetadata[] | null, available: number[] }>} */
  const topics = new Map()

  /**
   * In turn, those that have a leader.
   *
   * @param {string} topic
   * @param {PartitionMetadata[]} metadata
   */
  const next = (topic, metadata) => {
    let state = topics.get(topic)
    if (state === undefined) topics.set(topic, state = { counter: randomStart(), metadata: null, available: [] })
    if (state.metadata !== metadata) {
      state.metadata = metadata
      state.available = metadata.filter(({ leader }) => leader >= 0).map(({ partitionId }) => partitionId)
    }
    const { available } = state
    const turn = ++state.counter & 0x7fffffff
    return available.length > 0 ? available[turn % available.length] : turn % metadata.length
  }

  /** @type {Choice} */
  const choose = (topic, metadata, message) => {
    const { partition, key } = message
    if (partition !== null && partition !== undefined) return partition
    if (key !== null && key !== undefined) return (hash(key) & 0x7fffffff) % metadata.length
    return next(topic, metadata)
  }

  /** @type {Partitioner} */
  const partitioner = ({ topic, partitionMetadata, message }) => choose(topic, partitionMetadata, message)
  return Object.defineProperty(partitioner, CHOOSE, { value: choose })
}

const DefaultPartitioner = partitionerOf(murmur2)
const LegacyPartitioner = partitionerOf(legacyMurmur2)

module.exports = { CHOOSE, DefaultPartitioner, JavaCompatiblePartitioner: DefaultPartitioner, LegacyPartitioner }
