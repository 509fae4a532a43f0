'use strict'

const { toMessage } = require('./message')

/**
 * What handlers get at a time of one partition.
 *
 * @typedef {import('../../core/wire/records').RangeReader} RangeReader
 * @typedef {ReturnType<typeof toMessage>} Message
 */

/** Where a batch begins and ends. Records that are hidden from consumers are not counted. */
class BatchRange {
  /**
   * @param {RangeReader[]} readers at least one, each with a record that is left
   * @param {string} topic
   * @param {number} partition
   */
  constructor (readers, topic, partition) {
    this.readers = readers
    this.topic = topic
    this.partition = partition
    this.size = 0
    for (const { left } of readers) this.size += left
    const last = readers[readers.length - 1]
    this.first = readers[0].nextOffset()
    this.last = last.lastOffset()
    this.highWatermark = Math.max(0, last.highWatermark)
  }

  /** @param {number} offset */
  lagOf (offset) {
    return String(Math.max(0, this.highWatermark - 1 - offset))
  }

  /** The payload of START_BATCH_PROCESS. */
  describe () {
    return {
      topic: this.topic,
      partition: this.partition,
      highWatermark: String(this.highWatermark),
      offsetLag: this.lagOf(this.last),
      offsetLagLow: this.lagOf(this.first),
      batchSize: this.size,
      firstOffset: String(this.first),
      lastOffset: String(this.last)
    }
  }
}

/** The `batch` of `eachBatch`. */
class Batch {
  /** @param {BatchRange} range */
  constructor (range) {
    const { topic, partition, highWatermark, first, readers } = range
    /** @type {Message[]} */
    const messages = []
    for (const reader of readers) {
      while (reader.next('buffer', 'buffer')) {
        for (let i = 0; i < reader.chunkLength; i++) messages.push(toMessage(reader, i))
      }
    }
    this.topic = topic
    this.partition = partition
    this.highWatermark = String(highWatermark)
    this.messages = messages
    this.fetchedOffset = String(first)
    this.rawMessages = messages
    this.messagesWithinOffset = messages
  }

  isEmpty () {
    return this.messages.length === 0
  }

  isEmptyIncludingFiltered () {
    return this.messagesWithinOffset.length === 0
  }

  isEmptyDueToFiltering () {
    return this.isEmpty() && this.rawMessages.length > 0
  }

  isEmptyControlRecord () {
    return this.isEmpty() && this.messagesWithinOffset.some(({ isControlRecord }) => isControlRecord)
  }

  isEmptyDueToLogCompactedMessages () {
    return this.isEmpty() && this.rawMessages.length > 0 && this.messagesWithinOffset.length === 0
  }

  /** @returns {string | null} */
  firstOffset () {
    return this.isEmpty() ? null : this.messages[0].offset
  }

  /** @returns {string} */
  lastOffset () {
    if (this.isEmpty()) return String(Math.max(Number(this.fetchedOffset), Number(this.highWatermark) - 1))
    return this.messages[this.messages.length - 1].offset
  }

  /** Records behind the last of this batch. */
  offsetLag () {
    return this.lag(this.lastOffset())
  }

  /** Records behind the first of this batch. */
  offsetLagLow () {
    return this.isEmpty() ? '0' : this.lag(this.messages[0].offset)
  }

  /** @param {string} offset */
  lag (offset) {
    return String(Math.max(0, Number(this.highWatermark) - 1 - Number(offset)))
  }
}

module.exports = { Batch, BatchRange }
