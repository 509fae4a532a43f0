'use strict'

const { rangeReaders } = require('../wire/records')

/**
 * The records of a consumer that handles its partitions independently of each other: what has arrived waits, undecoded,
 * in a queue for each partition until somebody takes it.
 *
 * What waits keeps its record batch, and with it a shared buffer; when these run low, the oldest batches are copied
 * once (`SharedBuffers`). Both are bounded, so that a slow handler slows the fetching down. It must not slow down the
 * others: when the records of some partitions take up too much while somebody is waiting for records of others, these
 * partitions are not fetched until their queues are short again.
 *
 * @typedef {import('../wire/records').RangeReader} RangeReader
 * @typedef {{ topic: string, partition: number }} TopicPartition
 */

/** Bytes that wait, over all partitions, above which the longest queues are held back for the benefit of the others. */
const HIGH_BYTES = 8 * 1024 * 1024
/** Bytes of one queue below which its partition is fetched again. */
const LOW_BYTES = 512 * 1024

/** What has arrived of one partition, under one assignment. */
class PartitionQueue {
  /**
   * @param {PartitionQueues} owner
   * @param {string} topic
   * @param {number} topicId
   * @param {number} partition
   * @param {number} assignmentVersion
   */
  constructor (owner, topic, topicId, partition, assignmentVersion) {
    this.owner = owner
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
    this.assignmentVersion = assignmentVersion
    /** of the last seek: what was taken before is obsolete */
    this.seekVersion = 0
    /** @type {RangeReader[]} */
    this.readers = []
    this.bytes = 0
    /** its partition is not fetched, for the benefit of others */
    this.isHeldBack = false
    /** nothing that arrives is kept */
    this.isStopped = false
    this.isOpen = true
  }

  get isEmpty () {
    return this.readers.length === 0
  }

  /**
   * Takes what has arrived, up to a limit.
   *
   * @param {number} maxBytes one range of records is taken at least, also a longer one
   * @returns {RangeReader[]} in order, to be closed by the caller
   */
  take (maxBytes) {
    let count = 0
    let bytes = 0
    while (count < this.readers.length && (count === 0 || bytes + this.readers[count].bytes <= maxBytes)) {
      bytes += this.readers[count++].bytes
    }
    const taken = this.readers.splice(0, count)
    this.grow(-bytes)
    if (this.isHeldBack && this.bytes <= LOW_BYTES) this.owner.holdBack([this], false)
    return taken
  }

  /**
   * Puts back what has been taken and not handled.
   *
   * @param {RangeReader[]} readers in order
   */
  putBack (readers) {
    this.readers.unshift(...readers)
    this.grow(readers.reduce((sum, { bytes }) => sum + bytes, 0))
  }

  /** Drops what has arrived. */
  clear () {
    for (const reader of this.readers.splice(0)) reader.close()
    this.grow(-this.bytes)
  }

  /** @param {number} bytes */
  grow (bytes) {
    this.bytes += bytes
    this.owner.bytes += bytes
  }

  /** @returns {boolean} whether the partition is still this consumer's: the native side may be ahead of its events */
  isCurrent () {
    if (!this.isOpen) return false
    const { handle } = this.owner
    return handle.assignmentVersion() === handle.knownVersion ||
      handle.isAssigned(this.topicId, this.partition, this.assignmentVersion)
  }

  /**
   * Goes on at another offset. What has arrived is dropped, and so is what is under way.
   *
   * @param {number} offset
   */
  seek (offset) {
    const { topic, partition, owner } = this
    this.clear()
    if (!this.isOpen) return
    const seekVersion = this.seekVersion = ++owner.seekVersion
    const assignmentVersion = owner.handle.knownVersion
    owner.handle.command({ type: 'seek', topic, partition, offset, seekVersion, assignmentVersion })
  }

  /** Stops fetching and drops what has arrived. To go on, `resume` with where. */
  pause () {
    if (this.isStopped) return
    this.isStopped = true
    this.clear()
    if (!this.isHeldBack) this.owner.pause([this], true)
    this.isHeldBack = false
  }

  /** @param {number} offset of the next record */
  resume (offset) {
    if (!this.isStopped) return
    this.isStopped = false
    this.seek(offset)
    this.owner.pause([this], false)
  }
}

class PartitionQueues {
  /**
   * @param {object} owner
   * @param {(queue: PartitionQueue) => void} owner.arrived there is something in this queue, which was empty
   * @param {() => boolean} owner.isHungry somebody would take records of a partition whose queue is empty
   * @param {{ highBytes?: number }} [limits]
   */
  constructor ({ arrived, isHungry }, { highBytes = HIGH_BYTES } = {}) {
    this.arrived = arrived
    this.isHungry = isHungry
    this.highBytes = highBytes
    /** see `attach` */
    this.handle = /** @type {import('../handles').ConsumerHandle} */ (/** @type {unknown} */ (null))
    /** @type {Map<string, number>} by name */
    this.topicIds = new Map()
    /** @type {Array<Map<number, PartitionQueue>>} by topic id and partition */
    this.queues = []
    this.count = 0
    /** that wait, of all queues */
    this.bytes = 0
    this.seekVersion = 0
  }

  /** @param {import('../handles').ConsumerHandle} handle that the records come from */
  attach (handle) {
    this.handle = handle
    handle.buffers.isHungry = this.isHungry
  }

  /** @param {{ id: number, name: string }} event */
  learnTopic ({ id, name }) {
    this.topicIds.set(name, id)
    this.queues[id] = new Map()
  }

  /**
   * A partition has been assigned. It is fetched, also if it was paused under an assignment that has gone.
   *
   * @param {string} topic
   * @param {number} partition
   * @param {number} assignmentVersion
   */
  open (topic, partition, assignmentVersion) {
    const topicId = /** @type {number} */ (this.topicIds.get(topic))
    const queue = new PartitionQueue(this, topic, topicId, partition, assignmentVersion)
    const before = this.queues[topicId].get(partition)
    if (before) this.close(before)
    this.queues[topicId].set(partition, queue)
    this.count++
    return queue
  }

  /**
   * The partition is gone. What has been taken from the queue stays valid.
   *
   * @param {PartitionQueue} queue
   */
  close (queue) {
    if (!queue.isOpen) return
    queue.isOpen = false
    queue.clear()
    this.queues[queue.topicId].delete(queue.partition)
    this.count--
  }

  /** @param {import('../wire/records').RecordBatch} batch */
  add (batch) {
    /** @type {PartitionQueue[]} */
    const filled = []
    for (const reader of rangeReaders(batch)) {
      const partitions = this.queues[reader.topicId]
      const queue = partitions && partitions.get(reader.partition)
      if (!queue || queue.isStopped || reader.assignmentVersion !== queue.assignmentVersion ||
          reader.seekVersion < queue.seekVersion) {
        reader.close()
        continue
      }
      if (queue.isEmpty) filled.push(queue)
      queue.readers.push(reader)
      queue.grow(reader.bytes)
    }
    // only those who take records need it from now on
    batch.done()
    for (const queue of filled) {
      if (!queue.isEmpty) this.arrived(queue)
    }
    if (this.bytes > this.highBytes || this.handle.buffers.isCrowded()) this.balance()
  }

  /**
   * Makes room for partitions of which nothing waits. Few records that wait may keep much memory, since what they came
   * with is kept, too. What waits then is of partitions whose handlers are slow: others would have been taken.
   */
  balance () {
    if (!this.isHungry()) return
    const { buffers } = this.handle
    buffers.relieve()
    const isCrowded = buffers.isCrowded()
    if (this.count < 2 || (this.bytes <= this.highBytes && !isCrowded)) return
    const share = this.highBytes / this.count
    const long = []
    for (const partitions of this.queues) {
      if (!partitions) continue
      for (const queue of partitions.values()) {
        const isLong = isCrowded ? !queue.isEmpty : queue.bytes > share && queue.bytes > LOW_BYTES
        if (isLong && !queue.isHeldBack) long.push(queue)
      }
    }
    if (long.length > 0) this.holdBack(long, true)
  }

  /**
   * @param {PartitionQueue[]} queues
   * @param {boolean} isHeldBack
   */
  holdBack (queues, isHeldBack) {
    for (const queue of queues) queue.isHeldBack = isHeldBack
    this.pause(queues, isHeldBack)
  }

  /**
   * @param {PartitionQueue[]} queues what is gone among them is left out
   * @param {boolean} paused
   */
  pause (queues, paused) {
    const partitions = queues.filter(({ isOpen }) => isOpen).map(({ topic, partition }) => ({ topic, partition }))
    if (partitions.length === 0) return
    this.handle.command({ type: 'pause', partitions, paused, assignmentVersion: this.handle.knownVersion })
  }

  /** Drops everything. */
  stop () {
    for (const partitions of this.queues) {
      if (partitions) for (const queue of [...partitions.values()]) this.close(queue)
    }
  }
}

module.exports = { PartitionQueue, PartitionQueues }
