'use strict'

const { BatchViews, RecordBatch } = require('../wire/records')

/**
 * The memory that a consumer handle lends to its native thread, and the record batches that come back in it.
 *
 * Each buffer comes filled, as a batch, and goes back, as a credit, once. Without a free buffer the thread takes no
 * more records. That is the back pressure of a slow handler, but a handler that keeps one batch must not stop the
 * others: when the last buffer is out, the batch that has been retained longest is copied into memory of its own, and
 * its buffer goes back. What has been copied is bounded; beyond that, buffers stay out until batches are released.
 */

const BUFFERS = 3
const BUFFER_BYTES = 512 * 1024
/** Bytes of retained batches that are copied at most, by handle. */
const MAX_RETAINED_BYTES = 16 * 1024 * 1024

class SharedBuffers {
  /**
   * @param {(buffer: number) => void} credit gives a buffer back to the thread
   * @param {{ count?: number, bytes?: number, maxRetainedBytes?: number }} [limits]
   */
  constructor (credit, { count = BUFFERS, bytes = BUFFER_BYTES, maxRetainedBytes = MAX_RETAINED_BYTES } = {}) {
    this.credit = credit
    this.maxRetainedBytes = maxRetainedBytes
    /** @type {Buffer[]} */
    this.memory = []
    // not from the pool of small Buffers, and not filled with zeros: memory that is never used is never there
    for (let i = 0; i < count; i++) this.memory.push(Buffer.allocUnsafeSlow(bytes))
    this.views = this.memory.map(memory => new BatchViews(memory))
    /** @type {Set<RecordBatch>} those that have a buffer, the oldest first */
    this.lent = new Set()
    /** bytes of the batches that have memory of their own */
    this.retainedBytes = 0
  }

  /**
   * @param {number} buffer that the thread has filled
   * @returns {RecordBatch} to be released once
   */
  filled (buffer) {
    return this.receive(this.views[buffer])
  }

  /**
   * @param {Uint8Array} memory of a batch that no buffer holds; it takes the credit of one along
   * @returns {RecordBatch}
   */
  large (memory) {
    return this.receive(new BatchViews(memory))
  }

  /** @param {BatchViews} views */
  receive (views) {
    const batch = new RecordBatch(views, this)
    this.lent.add(batch)
    this.relieve()
    return batch
  }

  /** Returns buffers of retained batches while there is none for the thread. */
  relieve () {
    if (this.lent.size < this.memory.length) return
    for (const batch of this.lent) {
      if (!batch.isRetained() || this.retainedBytes + batch.size > this.maxRetainedBytes) continue
      this.retainedBytes += batch.size
      batch.moveToOwnMemory()
      this.giveBack(batch)
      return
    }
  }

  /** @param {RecordBatch} batch that nobody needs any more */
  released (batch) {
    if (this.lent.has(batch)) {
      this.giveBack(batch)
    } else {
      this.retainedBytes -= batch.size
      // there may be room for one that had to keep its buffer
      this.relieve()
    }
  }

  /** @param {RecordBatch} batch */
  giveBack (batch) {
    this.lent.delete(batch)
    this.credit(batch.buffer)
  }
}

module.exports = { SharedBuffers }
