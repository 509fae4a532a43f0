'use strict'

const { RecordReader } = require('../wire/records')
const { Turn } = require('../scheduling/timeBudget')
const { recordOf } = require('../keyed')
const { monotonicNow, setImmediate } = require('../scheduling/timers')

/**
 * How long one slice may keep the event loop, ms; checked every few records. Also how long blocks that arrive in the
 * same turn of the event loop may be emitted right away.
 */
const SLICE_MS = 5
/** Records between two looks at the clock, when handlers are quick. */
const LONG_STRIDE = 64

/**
 * Turns blocks of records into `message` events.
 *
 * A block is emitted in slices that give way to the event loop. Each slice is a batch of its own to the user:
 * `processingfetch`, its messages, `done`. The block's slab goes back to the native side after its last record, so a
 * slow handler slows the fetching down.
 *
 * @typedef {Record<string, Record<string, number>>} Progress by topic: the last offset of each partition whose handlers
 *   have returned, and `highWaterOffset`
 * @typedef {object} FlowOwner
 * @property {() => { value: string, key: string }} encodings
 * @property {boolean} timestamps whether messages get a `timestamp`
 * @property {() => number} maxRecords records per slice at most
 * @property {(progress: Progress) => void} progress called after each slice, before `done`
 */
class RecordFlow {
  /**
   * @param {any} consumer emits the events; `paused` is read
   * @param {FlowOwner} owner
   */
  constructor (consumer, owner) {
    this.consumer = consumer
    this.owner = owner
    /** @type {import('../handles/index').ConsumerHandle | null} */
    this.handle = null
    /** @type {string[]} names by the native side's ids */
    this.topics = []
    /** @type {RecordReader[]} */
    this.queue = []
    /** index of the next record in the reader's current chunk */
    this.cursor = 0
    this.scheduled = false
    this.emitting = false
    this.stopped = false
    /** an assignment is about to change, see `suspend` */
    this.suspended = false
    /** a stream's back pressure; the user's pause is the consumer's `paused` */
    this.held = false
    /** @type {Map<string, Map<number, number>>} the first sequence number after a seek, by topic and partition */
    this.seeks = new Map()
    this.seekCount = 0
    /** @type {Set<string>} partitions that were moved from within the current slice */
    this.sought = new Set()
    /** @type {Map<string, number>} */
    this.highWatermarks = new Map()
    this.stride = LONG_STRIDE
    this.turn = new Turn(SLICE_MS)
    this.run = this.run.bind(this)
  }

  /** @param {import('../wire/records').BlockViews} views */
  add (views) {
    this.queue.push(new RecordReader(views))
    if (this.scheduled || this.emitting) return
    // emitted right here when nothing is in the way: the shortest path from the broker to the handler
    if (this.turn.isOver()) this.schedule()
    else this.run()
  }

  /** Nothing more is emitted after the current slice, until `unhold()`. */
  hold () {
    this.held = true
  }

  unhold () {
    if (!this.held) return
    this.held = false
    this.resume()
  }

  /** Nothing more is emitted after the current slice, so that the positions stand, until `proceed()`. */
  suspend () {
    this.suspended = true
  }

  proceed () {
    this.suspended = false
    this.resume()
  }

  isHalted () {
    return this.consumer.paused || this.held || this.suspended
  }

  /** Goes on after a pause. */
  resume () {
    if (this.queue.length > 0) this.schedule()
  }

  schedule () {
    if (this.scheduled || this.stopped) return
    this.scheduled = true
    setImmediate(this.run)
  }

  /** Nothing is emitted after the current slice. */
  stop () {
    this.stopped = true
    if (!this.emitting) this.queue = []
  }

  /**
   * Records of this partition that were taken before the command with this number are void.
   *
   * @param {string} topic
   * @param {number} partition
   * @param {number} sequence
   */
  seek (topic, partition, sequence) {
    let partitions = this.seeks.get(topic)
    if (!partitions) this.seeks.set(topic, partitions = new Map())
    partitions.set(partition, sequence)
    this.seekCount++
    if (this.emitting) this.sought.add(`${topic}/${partition}`)
  }

  /**
   * @param {string} topic
   * @param {number} partition
   */
  isSought (topic, partition) {
    return this.sought.size > 0 && this.sought.has(`${topic}/${partition}`)
  }

  /**
   * @param {string} topic
   * @param {number} partition
   * @param {RecordReader} reader
   */
  isVoid (topic, partition, reader) {
    const partitions = this.seeks.get(topic)
    const sequence = partitions && partitions.get(partition)
    return sequence !== undefined && reader.sequence < sequence
  }

  /** Drops what belongs to an assignment that has gone. */
  dropStale () {
    const { handle } = this
    if (!handle || this.emitting) return
    const epoch = handle.epoch()
    while (this.queue.length > 0 && this.queue[0].epoch !== epoch) this.release()
  }

  /** Gives the first block back. */
  release () {
    const reader = /** @type {RecordReader} */ (this.queue.shift())
    this.cursor = 0
    if (this.handle) this.handle.credit(reader.slab)
  }

  run () {
    this.scheduled = false
    if (this.stopped) {
      this.queue = []
      return
    }
    this.dropStale()
    if (this.queue.length === 0 || this.isHalted()) return
    this.emitting = true
    try {
      this.emitSlice(this.queue[0])
    } finally {
      // also when a handler throws: the rest must come, and the block must go back once
      this.emitting = false
      if (this.queue.length > 0 && !this.isHalted()) this.schedule()
    }
  }

  /** @param {RecordReader} reader */
  emitSlice (reader) {
    const { consumer, owner } = this
    const { value: encoding, key: keyEncoding } = owner.encodings()
    const { timestamps } = owner
    const limit = owner.maxRecords()
    /** @type {Progress} */
    const progress = {}
    let left = limit
    let topic = ''
    let partition = -1
    let last = -1
    let clock = monotonicNow()
    const end = clock + SLICE_MS
    let stride = this.stride
    let untilLook = stride
    consumer.emit('processingfetch')
    try {
      while (left > 0) {
        if (this.cursor === reader.chunkLength) {
          if (last >= 0) note(progress, topic, partition, last)
          last = -1
          this.cursor = 0
          if (!reader.next(encoding, keyEncoding)) break
        }
        topic = this.topics[reader.topicId]
        partition = reader.partition
        if (this.seekCount > 0 && this.isVoid(topic, partition, reader)) {
          this.cursor = reader.chunkLength
          continue
        }
        const highWaterOffset = Math.max(0, reader.highWatermark)
        this.highWatermarks.set(topic, highWaterOffset)
        const { keys, values, hasHeaders } = reader
        const stop = Math.min(reader.chunkLength, this.cursor + left)
        const seeks = this.seekCount
        left -= stop - this.cursor
        while (this.cursor < stop) {
          const i = this.cursor++
          const offset = reader.offset(i)
          /** @type {any} */
          let message
          const time = timestamps ? reader.timestamp(i) : 0
          if (time > 0) {
            message = {
              topic, value: values[i], offset, partition, highWaterOffset, key: keys[i], timestamp: new Date(time)
            }
          } else {
            message = { topic, value: values[i], offset, partition, highWaterOffset, key: keys[i] }
          }
          if (hasHeaders && reader.headers[i] !== null) message.headers = reader.headers[i]
          consumer.emit('message', message)
          // not before: a record whose handler throws has not been handled, and no commit may say that it was
          last = offset
          if (this.seekCount !== seeks) break
          if (--untilLook === 0) {
            const now = monotonicNow()
            // slow handlers are looked after more often
            stride = now - clock > 1 ? Math.max(1, stride >> 2) : Math.min(LONG_STRIDE, stride << 1)
            clock = now
            untilLook = stride
            if (now >= end) {
              left = 0
              break
            }
          }
        }
      }
    } finally {
      this.stride = stride
      if (last >= 0) note(progress, topic, partition, last)
      for (const name of Object.keys(progress)) {
        progress[name].highWaterOffset = /** @type {number} */ (this.highWatermarks.get(name))
      }
      if (reader.index >= reader.count && this.cursor >= reader.chunkLength) this.release()
      owner.progress(progress)
      this.sought.clear()
    }
    consumer.emit('done', progress)
  }

  /**
   * What an empty fetch reports.
   *
   * @param {string[]} topics
   * @returns {Progress}
   */
  idleProgress (topics) {
    /** @type {Progress} */
    const progress = {}
    for (const topic of topics) recordOf(progress, topic).highWaterOffset = this.highWatermarks.get(topic) || 0
    return progress
  }
}

/**
 * @param {Progress} progress
 * @param {string} topic
 * @param {number} partition
 * @param {number} offset
 */
function note (progress, topic, partition, offset) {
  recordOf(progress, topic)[partition] = offset
}

module.exports = { RecordFlow }
