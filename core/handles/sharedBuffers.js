'use strict'

const { BatchViews, RecordBatch } = require('../wire/records')

/**
 * The memory that a consumer handle lends to its native thread, and the record batches that come back in it.
 *
 * Each buffer comes filled, as a batch, and goes back, as a credit, once. Without a free buffer the thread takes no
 * more records. That is the back pressure of a slow handler, but a handler that keeps one batch must not stop the
 * others: when the last buffer is out and somebody waits for records, the batch that has been retained longest is
 * copied into memory of its own, and its buffer goes back. What has been copied is bounded; beyond that, buffers stay
 * out until batches are released. The memory of copies is used again: left to the garbage collector, which looks after
 * memory outside its heap late, it would add up to many times the bound.
 *
 * A batch that was too large for its buffer comes in memory of its own. The buffer is replaced by one that is large
 * enough when it goes back, for the next record is likely to be as large.
 */

const BUFFERS = 3
const BUFFER_BYTES = 512 * 1024
/** A buffer does not grow beyond this. It is more than brokers take by default, 1 MiB for a batch of records. */
const MAX_BUFFER_BYTES = 2 * 1024 * 1024
/** The most bytes of retained batches that are copied, per handle. */
const MAX_RETAINED_BYTES = 16 * 1024 * 1024
/** Memory of copies has a power of two of bytes, this at least, so that it fits others. */
const MIN_COPY_BYTES = 1024

/** @param {number} size @returns {number} the power of two that is not smaller */
const roundUp = size => 2 ** Math.ceil(Math.log2(size))

class SharedBuffers {
  /**
   * @param {object} thread that the buffers are lent to
   * @param {(buffer: number) => void} thread.credit gives a buffer back
   * @param {(buffer: number, memory: Buffer) => void} thread.replaceBuffer changes the memory of one that is not lent
   * @param {{ count?: number, bytes?: number, maxBytes?: number, maxRetainedBytes?: number }} [limits]
   */
  constructor (thread, {
    count = BUFFERS, bytes = BUFFER_BYTES, maxBytes = MAX_BUFFER_BYTES, maxRetainedBytes = MAX_RETAINED_BYTES
  } = {}) {
    this.thread = thread
    this.maxBytes = maxBytes
    this.maxRetainedBytes = maxRetainedBytes
    /** whether anybody waits for records that are not there; asked before a batch is copied */
    this.isHungry = () => true
    /** @type {Buffer[]} */
    this.memory = []
    // neither from the pool of small Buffers nor zero-filled: memory that is never touched is never resident
    for (let i = 0; i < count; i++) this.memory.push(Buffer.allocUnsafeSlow(bytes))
    this.views = this.memory.map(memory => new BatchViews(memory))
    /** @type {Set<RecordBatch>} those that have a buffer, the oldest first */
    this.lent = new Set()
    /** memory of the batches that have their own, bytes */
    this.retainedBytes = 0
    /** @type {Buffer[]} memory of copies that have been released, the oldest first */
    this.spare = []
    this.spareBytes = 0
  }

  /**
   * @param {number} buffer that the thread has filled
   * @returns {RecordBatch} to be released once
   */
  filled (buffer) {
    return this.receive(this.views[buffer])
  }

  /**
   * @param {Uint8Array} memory of a batch that no buffer holds; it takes up the credit of one
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

  /** Returns buffers of retained batches as long as the thread has none and somebody waits for records. */
  relieve () {
    if (this.lent.size < this.memory.length || !this.isHungry()) return
    for (const batch of this.lent) {
      const bytes = this.ownBytes(batch)
      if (!batch.isRetained() || this.retainedBytes + bytes > this.maxRetainedBytes) continue
      if (!this.isLarge(batch)) batch.moveTo(this.takeSpare(bytes))
      this.retainedBytes += bytes
      this.giveBack(batch)
      return
    }
  }

  /** Whether batches that are retained leave little room for copies of others. */
  isCrowded () {
    return this.retainedBytes > this.maxRetainedBytes / 2
  }

  /** @param {RecordBatch} batch @returns {number} bytes that it takes without a buffer */
  ownBytes (batch) {
    return this.isLarge(batch) ? batch.size : Math.max(MIN_COPY_BYTES, roundUp(batch.size))
  }

  /** @param {RecordBatch} batch that nobody needs any more */
  released (batch) {
    if (this.lent.has(batch)) {
      this.giveBack(batch)
    } else {
      this.retainedBytes -= batch.memory === null ? batch.size : batch.memory.length
      if (batch.memory !== null) this.addSpare(batch.memory)
      // there may now be room for one that had to keep its buffer
      this.relieve()
    }
  }

  /** @param {RecordBatch} batch */
  giveBack (batch) {
    const { buffer } = batch
    this.lent.delete(batch)
    if (this.isLarge(batch)) this.grow(buffer, batch.size)
    this.thread.credit(buffer)
  }

  /** @param {RecordBatch} batch */
  isLarge ({ buffer, size }) {
    return size > this.memory[buffer].length
  }

  /**
   * @param {number} buffer
   * @param {number} size of the batch that was too large for it
   */
  grow (buffer, size) {
    if (size > this.maxBytes) return
    const memory = Buffer.allocUnsafeSlow(Math.min(this.maxBytes, roundUp(size)))
    this.memory[buffer] = memory
    this.views[buffer] = new BatchViews(memory)
    this.thread.replaceBuffer(buffer, memory)
  }

  /**
   * @param {number} bytes
   * @returns {Buffer} of this length
   */
  takeSpare (bytes) {
    const i = this.spare.findIndex(({ length }) => length === bytes)
    if (i >= 0) return this.removeSpare(i)
    while (this.spare.length > 0 && this.retainedBytes + this.spareBytes + bytes > this.maxRetainedBytes) {
      this.removeSpare(0)
    }
    return Buffer.allocUnsafeSlow(bytes)
  }

  /** @param {number} i */
  removeSpare (i) {
    const [memory] = this.spare.splice(i, 1)
    this.spareBytes -= memory.length
    return memory
  }

  /** @param {Buffer} memory */
  addSpare (memory) {
    if (this.retainedBytes + this.spareBytes + memory.length > this.maxRetainedBytes) return
    this.spare.push(memory)
    this.spareBytes += memory.length
  }
}

module.exports = { SharedBuffers }
