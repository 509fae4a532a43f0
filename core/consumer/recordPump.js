'use strict'

const { RecordReader } = require('../wire/records')
const { Turn } = require('../scheduling/timeBudget')
const { monotonicNow } = require('../scheduling/clock')
const { setImmediate } = require('../scheduling/timers')
const { PauseReasons } = require('./pauseReasons')
const { Positions } = require('./positions')

/**
 * How long one slice may hold the event loop, ms; checked every few records. Also how long record batches that arrive
 * in the same turn of the event loop may be handed out right away.
 */
const SLICE_MS = 5
/** Records between two looks at the clock, as long as handlers are quick. */
const LONG_INTERVAL = 64

/**
 * @typedef {object} PartitionProgress
 * @property {string} topic
 * @property {number} partition
 * @property {number} offset of the last record that was handled
 *
 * @typedef {object} RecordSink what becomes of records; the pump decides when
 * @property {() => { value: string, key: string }} begin a slice begins; returns the encodings to decode it with
 * @property {(slice: Slice) => void} take handles the records from `slice.cursor` up to `slice.end`, see `Slice`
 * @property {(progress: PartitionProgress[]) => void} progressed called once a slice, also when `take` has thrown: the
 *   positions may move past these records. If a partition has several entries, the last one counts
 * @property {() => void} end the slice is over; not called when `take` has thrown
 * @property {() => boolean} isPaused asked before each slice, in addition to the pump's own reasons
 * @property {() => number} maxRecords per slice
 */

/**
 * The part of a record batch that a sink may handle now: up to 64 records of one partition, decoded. They are the
 * elements `cursor` to `end - 1` of `reader.keys`, `reader.values` and `reader.headers`, and of `reader.offset(i)` and
 * `reader.timestamp(i)`. These arrays are refilled for the next chunk; their elements may be kept.
 *
 * A sink handles each record like this:
 *
 * 1. `const i = slice.cursor++`, before the handler is called: one that throws is not given the record again;
 * 2. after the handler has returned, `slice.handled = offset`. If it continues asynchronously, the sink pauses the pump
 *    with a reason of its own instead, and moves the position itself when the handler is done;
 * 3. it returns early when `positions.version` has changed (a handler has repositioned some partition), when
 *    `--slice.untilLook === 0 && slice.isSpent()` (the time is over), or for reasons of its own: `slice.finish()`.
 */
class Slice {
  constructor () {
    /** @type {import('../wire/records').RecordReader} */
    this.reader = /** @type {any} */ (null)
    this.topic = ''
    this.partition = -1
    this.cursor = 0
    this.end = 0
    /** the offset of the last record whose handler has returned; -1 for none */
    this.handled = -1
    /** how many more records the slice may hand out */
    this.left = 0
    this.interval = LONG_INTERVAL
    this.untilLook = LONG_INTERVAL
    this.clock = 0
    this.deadline = 0
  }

  /** @param {number} maxRecords */
  begin (maxRecords) {
    this.left = maxRecords
    this.clock = monotonicNow()
    this.deadline = this.clock + SLICE_MS
    this.untilLook = this.interval
  }

  /**
   * Looks at the clock; to be called when `untilLook` has reached 0. With slow handlers it looks more often.
   *
   * @returns {boolean} whether the slice's time is over
   */
  isSpent () {
    const now = monotonicNow()
    this.interval = now - this.clock > 1 ? Math.max(1, this.interval >> 2) : Math.min(LONG_INTERVAL, this.interval << 1)
    this.clock = now
    this.untilLook = this.interval
    if (now < this.deadline) return false
    this.left = 0
    return true
  }

  /** Nothing more is handed out in this slice. */
  finish () {
    this.left = 0
  }
}

/**
 * Hands the records of a consumer to a sink.
 *
 * A record batch is handed out in slices that yield to the event loop. Its shared buffer goes back to the native side
 * after its last record, so a slow sink slows down fetching.
 */
class RecordPump {
  /** @param {RecordSink} sink */
  constructor (sink) {
    this.sink = sink
    /** @type {import('../handles/index').ConsumerHandle | null} */
    this.handle = null
    /** @type {string[]} names by the native side's ids */
    this.topics = []
    /** @type {RecordReader[]} */
    this.queue = []
    /** index of the next record in the first reader's current chunk */
    this.cursor = 0
    this.scheduled = false
    this.emitting = false
    this.stopped = false
    this.pauses = new PauseReasons()
    this.positions = new Positions()
    this.slice = new Slice()
    this.turn = new Turn(SLICE_MS)
    /** the last change of the assignment that the native side has made, as of the last look */
    this.assignmentVersion = 0
    this.run = this.run.bind(this)
    this.isCurrent = this.isCurrent.bind(this)
  }

  /** @param {import('../wire/records').RecordBatch} batch */
  add (batch) {
    this.queue.push(new RecordReader(batch))
    if (this.scheduled || this.emitting) return
    // handed out right here if nothing is in the way: the shortest path from the broker to the handler
    if (this.turn.isOver()) this.schedule()
    else this.run()
  }

  /**
   * Nothing more is handed out after the current slice, until the reason is withdrawn.
   *
   * @param {string} reason
   */
  pause (reason) {
    this.pauses.add(reason)
  }

  /** @param {string} reason */
  unpause (reason) {
    if (this.pauses.remove(reason)) this.resume()
  }

  isPaused () {
    return this.pauses.any || this.sink.isPaused()
  }

  /** Resumes, unless a reason to pause is left. */
  resume () {
    if (this.queue.length > 0) this.schedule()
  }

  schedule () {
    if (this.scheduled || this.stopped) return
    this.scheduled = true
    setImmediate(this.run)
  }

  /** Nothing is handed out after the current slice. */
  stop () {
    this.stopped = true
    if (!this.emitting) this.queue = []
  }

  /** Drops what belongs to an assignment that is gone. */
  dropObsolete () {
    const { handle } = this
    if (!handle || this.emitting) return
    this.assignmentVersion = handle.assignmentVersion()
    while (this.queue.length > 0 && !this.queue[0].hasCurrent(this.isCurrent)) this.release()
  }

  /**
   * @param {number} topicId
   * @param {number} partition
   * @param {number} version the assignment version that the records carry
   * @returns {boolean} whether the partition is still fetched under the same assignment. That may be an older one if
   *   others have come or gone since
   */
  isCurrent (topicId, partition, version) {
    if (version === this.assignmentVersion || this.handle === null) return true
    return this.handle.isAssigned(topicId, partition, version)
  }

  /** Gives the first batch's buffer back. */
  release () {
    const reader = /** @type {RecordReader} */ (this.queue.shift())
    this.cursor = 0
    reader.batch.done()
  }

  run () {
    this.scheduled = false
    if (this.stopped) {
      this.queue = []
      return
    }
    this.dropObsolete()
    if (this.queue.length === 0 || this.isPaused()) return
    this.emitting = true
    try {
      this.handOut(this.queue[0])
    } finally {
      // even if a handler throws: the rest must follow, and the buffer must go back once
      this.emitting = false
      if (this.queue.length > 0 && !this.isPaused()) this.schedule()
    }
  }

  /** @param {RecordReader} reader */
  handOut (reader) {
    const { sink, slice, positions } = this
    /** @type {PartitionProgress[]} */
    const progress = []
    slice.begin(sink.maxRecords())
    slice.reader = reader
    positions.beginSlice()
    try {
      const { value, key } = sink.begin()
      while (slice.left > 0) {
        if (this.cursor === reader.chunkLength) {
          this.cursor = 0
          if (!reader.next(value, key)) break
        }
        const topic = this.topics[reader.topicId]
        const { partition } = reader
        const { assignmentVersion } = reader
        if ((assignmentVersion !== this.assignmentVersion &&
            !this.isCurrent(reader.topicId, partition, assignmentVersion)) ||
            (positions.version > 0 && positions.isObsolete(topic, partition, reader.seekVersion))) {
          this.cursor = reader.chunkLength
          continue
        }
        slice.topic = topic
        slice.partition = partition
        slice.cursor = this.cursor
        slice.end = Math.min(reader.chunkLength, this.cursor + slice.left)
        slice.handled = -1
        slice.left -= slice.end - this.cursor
        try {
          sink.take(slice)
        } finally {
          this.cursor = slice.cursor
          if (slice.handled >= 0) {
            const last = progress[progress.length - 1]
            if (last && last.partition === partition && last.topic === topic) last.offset = slice.handled
            else progress.push({ topic, partition, offset: slice.handled })
          }
        }
      }
    } finally {
      if (reader.index >= reader.count && this.cursor >= reader.chunkLength) this.release()
      sink.progressed(progress)
      positions.endSlice()
    }
    sink.end()
  }
}

module.exports = { RecordPump, Slice }
