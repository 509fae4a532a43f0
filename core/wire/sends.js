'use strict'

/**
 * The writing end of the send blocks that `src/wire/sends.rs` reads; the format is described there. All sends of one
 * tick go into one block and cross with one call.
 */

const BATCH_HEADER_BYTES = 28
const SAME_KEY = 1
const HAS_TIMESTAMPS = 2
const HAS_HEADERS = 4

const FIRST_CAPACITY = 64 * 1024
/** A block that had to grow beyond this is not kept for the next tick. */
const KEPT_CAPACITY = 1024 * 1024
/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const BYTES_PER_UNIT = 3
/** From this size on, computing it exactly is worth the cost. */
const LARGE = 64 * 1024 * 1024
/** Bytes of a record, at most. A broker's own limit (`message.max.bytes`) is 1 MB unless raised. */
const LARGEST_RECORD = 2 ** 30
/** Bytes of a block, at most: its numbers have 32 bits. */
const LARGEST_BLOCK = 2 ** 31 - 1

/**
 * @typedef {import('./records').FastBuffer} FastBuffer
 * @typedef {string | Buffer | null} WireValue UTF-8 for a string
 * @typedef {object} Records records for one partition, as columns
 * @property {WireValue[]} values
 * @property {WireValue} key of all records, unless they have `keys` of their own
 * @property {WireValue[] | null} keys
 * @property {number[] | null} timestamps ms; null means the time of sending
 * @property {Array<Buffer | null> | null} headers as `packHeaders` makes them
 */

/** @param {WireValue} value */
function mostBytes (value) {
  if (value === null) return 0
  return typeof value === 'string' ? value.length * BYTES_PER_UNIT : value.length
}

/** @param {WireValue} value */
function exactBytes (value) {
  return value === null ? 0 : Buffer.byteLength(value)
}

/**
 * @param {string} what
 * @returns {RangeError}
 */
function tooLarge (what) {
  return Object.assign(new RangeError(what), { code: 'ERR_OUT_OF_RANGE' })
}

/**
 * @param {Records} records of which there may be more than LARGE bytes
 * @returns {number} their bytes
 * @throws {RangeError} if there are more than can be sent
 */
function checkedBytes ({ values, key, keys, headers }) {
  const keyBytes = exactBytes(key)
  let all = 0
  for (let i = 0; i < values.length; i++) {
    const header = headers === null ? null : headers[i]
    const bytes = exactBytes(values[i]) + exactBytes(header) + (keys === null ? keyBytes : exactBytes(keys[i]))
    if (bytes > LARGEST_RECORD) {
      throw tooLarge(`a record of ${bytes} bytes is too large: it may have 1 GiB, and what its topic allows ` +
        '(max.message.bytes)')
    }
    all += bytes
  }
  if (all > LARGEST_BLOCK - LARGE) {
    throw tooLarge(`the records of a send for one partition have ${all} bytes, which is too much at a time: ` +
      'send less than 2 GiB with each call')
  }
  return all
}

/** @param {number} capacity in bytes, a multiple of 4 */
function newBlock (capacity) {
  const memory = new ArrayBuffer(capacity)
  return { bytes: /** @type {FastBuffer} */ (Buffer.from(memory)), i32: new Int32Array(memory) }
}

/** Packs produce batches, one after another, into a block that grows as needed. */
class SendPacker {
  constructor () {
    this.at = 0
    const { bytes, i32 } = newBlock(FIRST_CAPACITY)
    this.bytes = bytes
    this.i32 = i32
  }

  /** @param {number} capacity in bytes, a multiple of 4 */
  use (capacity) {
    Object.assign(this, newBlock(capacity))
  }

  /** @param {number} more bytes that are about to be written */
  reserve (more) {
    const needed = this.at + more
    const old = this.bytes
    if (needed <= old.length) return
    if (needed > LARGEST_BLOCK) throw tooLarge('the sends of a moment have 2 GiB or more: send less at a time')
    let capacity = needed
    if (needed <= LARGE) for (capacity = old.length * 2; capacity < needed;) capacity *= 2
    this.use((capacity + 3) & ~3)
    old.copy(this.bytes, 0, 0, this.at)
  }

  /** Forgets what was packed, after it has crossed. */
  reset () {
    this.at = 0
    if (this.bytes.length > KEPT_CAPACITY) this.use(FIRST_CAPACITY)
  }

  /**
   * Appends batches that another packer has packed.
   *
   * @param {Buffer} packed
   */
  append (packed) {
    this.reserve(packed.length)
    packed.copy(this.bytes, this.at)
    this.at += packed.length
  }

  /**
   * Appends a produce batch: the records of one send for one partition.
   *
   * @param {number} send its id
   * @param {number} index of the batch in its send
   * @param {number} topic id
   * @param {number} partition
   * @param {Records} records
   */
  batch (send, index, topic, partition, records) {
    if (records.keys === null && records.timestamps === null && records.headers === null) {
      this.plainBatch(send, index, topic, partition, records)
    } else {
      this.fullBatch(send, index, topic, partition, records)
    }
  }

  /**
   * @param {number} send
   * @param {number} index
   * @param {number} topic
   * @param {number} partition
   * @param {number} count
   * @param {number} flags
   * @returns {number} index of the header's first word
   */
  header (send, index, topic, partition, count, flags) {
    const word = this.at >> 2
    const { i32 } = this
    i32[word] = send
    i32[word + 1] = index
    i32[word + 2] = topic
    i32[word + 3] = partition
    i32[word + 4] = count
    i32[word + 5] = flags
    return word
  }

  /**
   * One key, no timestamps, no headers.
   *
   * @param {number} send
   * @param {number} index
   * @param {number} topic
   * @param {number} partition
   * @param {Records} records
   */
  plainBatch (send, index, topic, partition, records) {
    const { values, key } = records
    const count = values.length
    let most = mostBytes(key)
    let strings = true
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (typeof value !== 'string') strings = false
      most += mostBytes(value)
    }
    if (most > LARGE) most = checkedBytes(records)
    const dataAt = this.at + BATCH_HEADER_BYTES + 4 + 4 * count
    this.reserve(dataAt - this.at + most + 4)
    const word = this.header(send, index, topic, partition, count, SAME_KEY)
    const { i32, bytes } = this
    let at = dataAt
    i32[word + 7] = key === null ? -1 : this.write(key, at)
    if (key !== null) at += i32[word + 7]
    if (strings && most <= LARGE) {
      // one call for all of them; if no character took more than a byte, the lengths are known
      const all = count === 1 ? /** @type {string} */ (values[0]) : values.join('')
      const written = all.length === 0 ? 0 : bytes.utf8Write(all, at)
      if (written === all.length) {
        for (let i = 0; i < count; i++) i32[word + 8 + i] = /** @type {string} */ (values[i]).length
        this.finish(word, dataAt, at + written)
        return
      }
    }
    for (let i = 0; i < count; i++) {
      const value = values[i]
      const length = value === null ? -1 : this.write(value, at)
      i32[word + 8 + i] = length
      if (length > 0) at += length
    }
    this.finish(word, dataAt, at)
  }

  /**
   * Anything: keys, times and headers of each record.
   *
   * @param {number} send
   * @param {number} index
   * @param {number} topic
   * @param {number} partition
   * @param {Records} records
   */
  fullBatch (send, index, topic, partition, records) {
    const { values, key, keys, timestamps, headers } = records
    const count = values.length
    const sameKey = keys === null
    let most = mostBytes(key)
    for (let i = 0; i < count; i++) {
      most += mostBytes(values[i])
      if (keys !== null) most += mostBytes(keys[i])
      if (headers !== null) most += mostBytes(headers[i])
    }
    if (most > LARGE) most = checkedBytes(records)
    const columns = 4 * (sameKey ? 1 : count) + 4 * count + (timestamps === null ? 0 : 8 * count) +
      (headers === null ? 0 : 4 * count)
    const dataAt = this.at + BATCH_HEADER_BYTES + columns
    this.reserve(dataAt - this.at + most + 4)
    const flags = (sameKey ? SAME_KEY : 0) | (timestamps === null ? 0 : HAS_TIMESTAMPS) |
      (headers === null ? 0 : HAS_HEADERS)
    const word = this.header(send, index, topic, partition, count, flags)
    const { i32, bytes } = this
    let at = dataAt
    let column = word + 7
    for (const list of [keys === null ? [key] : keys, values]) {
      for (const value of list) {
        const length = value === null ? -1 : this.write(value, at)
        i32[column++] = length
        if (length > 0) at += length
      }
    }
    if (timestamps !== null) {
      for (const timestamp of timestamps) {
        bytes.writeDoubleLE(timestamp, column << 2)
        column += 2
      }
    }
    if (headers !== null) {
      for (const header of headers) {
        i32[column++] = header === null ? 0 : header.copy(bytes, at)
        if (header !== null) at += header.length
      }
    }
    this.finish(word, dataAt, at)
  }

  /**
   * @param {string | Buffer} value
   * @param {number} at
   * @returns {number} bytes written
   */
  write (value, at) {
    if (typeof value !== 'string') {
      this.bytes.set(value, at)
      return value.length
    }
    return value.length === 0 ? 0 : this.bytes.utf8Write(value, at)
  }

  /**
   * @param {number} word the batch's first
   * @param {number} dataAt
   * @param {number} end
   */
  finish (word, dataAt, end) {
    const length = (end - dataAt + 3) & ~3
    this.i32[word + 6] = length
    this.at = dataAt + length
  }
}

/**
 * @param {Array<[name: string, value: WireValue]>} headers
 * @returns {Buffer | null} null for none
 * @throws {TypeError} for a name with a NUL, where librdkafka would cut it off
 */
function packHeaders (headers) {
  if (headers.length === 0) return null
  let size = 0
  for (const [name, value] of headers) {
    if (name.includes('\0')) {
      throw Object.assign(new TypeError(`the name of the header ${JSON.stringify(name)} must not have a NUL character`),
        { code: 'ERR_INVALID_ARG_VALUE' })
    }
    size += 8 + Buffer.byteLength(name) + exactBytes(value)
  }
  const packed = Buffer.allocUnsafe(size)
  let at = 0
  for (const [name, value] of headers) {
    at = putText(packed, at, name)
    at = putText(packed, at, value)
  }
  return packed
}

/**
 * @param {Buffer} into
 * @param {number} at
 * @param {WireValue} value
 * @returns {number} where it ends
 */
function putText (into, at, value) {
  if (value === null) return into.writeInt32LE(-1, at)
  const start = at + 4
  if (typeof value !== 'string') {
    into.set(value, start)
    into.writeInt32LE(value.length, at)
    return start + value.length
  }
  const length = into.write(value, start)
  into.writeInt32LE(length, at)
  return start + length
}

module.exports = { SendPacker, packHeaders }
