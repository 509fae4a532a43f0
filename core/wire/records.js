'use strict'

/**
 * The reading end of the record blocks that `src/wire/records.rs` writes; the format is described there.
 *
 * Strings are decoded many at a time: one native call for the bytes of a chunk, then `slice` per record. That is
 * several times faster than a call per record. A chunk is small, because V8 keeps the whole of it alive for each slice
 * that a user keeps.
 */

// header words of a block
const COUNT = 0
const FLAGS = 2
const EPOCH = 3
const SEQUENCE = 4
const OFFSETS_AT = 5
const TIMESTAMPS_AT = 6
const KEY_LENGTHS_AT = 7
const VALUE_LENGTHS_AT = 8
const HEADER_LENGTHS_AT = 9
const KEYS_AT = 10
const VALUES_AT = 11
const HEADERS_AT = 12
const SLAB = 13

const HAS_HEADERS = 1
const RUNS_AT = 64
const RUN_BYTES = 32

/** The most records and bytes that are decoded with one call. */
const CHUNK_RECORDS = 64
const CHUNK_BYTES = 8192

/**
 * Node's Buffer with the methods behind `toString` and `write`, which skip looking up the encoding. They are public
 * on the prototype, but its types do not have them.
 *
 * @typedef {Buffer & {
 *   latin1Slice: (start: number, end: number) => string,
 *   utf8Slice: (start: number, end: number) => string,
 *   utf8Write: (text: string, offset: number) => number
 * }} FastBuffer
 */

/** Typed views over the memory of a block; made once per slab. */
class BlockViews {
  /** @param {Uint8Array} memory whose start is aligned to 8 bytes */
  constructor (memory) {
    const { buffer, byteOffset, byteLength } = memory
    this.bytes = /** @type {FastBuffer} */ (Buffer.from(buffer, byteOffset, byteLength))
    this.i32 = new Int32Array(buffer, byteOffset, byteLength >> 2)
    this.f64 = new Float64Array(buffer, byteOffset, byteLength >> 3)
  }
}

/**
 * Decodes part of a column of keys or values.
 *
 * @param {BlockViews} views
 * @param {number} lengths index of the first length word
 * @param {number} count
 * @param {number} start position of the first byte
 * @param {string} encoding
 * @param {any[]} out receives `count` strings, Buffers or nulls
 * @returns {number} position after the last byte
 */
function decodeColumn (views, lengths, count, start, encoding, out) {
  const { i32, bytes } = views
  let total = 0
  let beyondAscii = 0
  for (let i = 0; i < count; i++) {
    const word = i32[lengths + i]
    if (word >= 0) {
      total += word >> 1
      beyondAscii |= word & 1
    }
  }
  const end = start + total
  const whole = encoding === 'utf8' && beyondAscii === 0
  /** @type {any} */
  let source
  if (whole) source = bytes.latin1Slice(start, end)
  // slabs are filled again, so Buffers get memory of their own; one piece per chunk
  else if (encoding === 'buffer') source = Buffer.from(bytes.subarray(start, end))
  else source = bytes

  let at = source === bytes ? start : 0
  for (let i = 0; i < count; i++) {
    const word = i32[lengths + i]
    if (word < 0) {
      out[i] = null
      continue
    }
    const next = at + (word >> 1)
    if (whole) out[i] = source.slice(at, next)
    else if (encoding === 'buffer') out[i] = source.subarray(at, next)
    else if (encoding === 'utf8') out[i] = word & 1 ? bytes.utf8Slice(at, next) : bytes.latin1Slice(at, next)
    else out[i] = bytes.toString(/** @type {BufferEncoding} */ (encoding), at, next)
    at = next
  }
  return end
}

/**
 * Walks through the records of one block. `next` decodes a chunk; its records are then in `keys`, `values` and, by
 * index, in `offsets` and `timestamps`. All records of a chunk are of the same partition.
 */
class RecordReader {
  /** @param {BlockViews} views */
  constructor (views) {
    this.views = views
    const { i32 } = views
    this.count = i32[COUNT]
    this.epoch = i32[EPOCH]
    this.sequence = i32[SEQUENCE]
    /** which slab to give back */
    this.slab = i32[SLAB]
    this.index = 0
    this.hasHeaders = (i32[FLAGS] & HAS_HEADERS) !== 0
    this.offsetsAt = i32[OFFSETS_AT] >> 3
    this.timestampsAt = i32[TIMESTAMPS_AT] >> 3
    this.keyLengthsAt = i32[KEY_LENGTHS_AT] >> 2
    this.valueLengthsAt = i32[VALUE_LENGTHS_AT] >> 2
    this.headerLengthsAt = i32[HEADER_LENGTHS_AT] >> 2
    this.keyAt = i32[KEYS_AT]
    this.valueAt = i32[VALUES_AT]
    this.headerAt = i32[HEADERS_AT]
    this.run = -1
    this.runEnd = 0
    this.topicId = 0
    this.partition = 0
    this.highWatermark = 0
    /** @type {any[]} */
    this.keys = []
    /** @type {any[]} */
    this.values = []
    /** @type {Array<Headers | null>} */
    this.headers = []
    this.chunkStart = 0
    this.chunkLength = 0
  }

  /**
   * Decodes the next chunk.
   *
   * @param {string} encoding of values
   * @param {string} keyEncoding
   * @returns {boolean} false at the end of the block
   */
  next (encoding, keyEncoding) {
    if (this.index >= this.count) {
      this.chunkLength = 0
      return false
    }
    if (this.index >= this.runEnd) this.enterRun()
    const { views } = this
    const start = this.index
    const length = this.chunkEnd() - start
    this.keyAt = decodeColumn(views, this.keyLengthsAt + start, length, this.keyAt, keyEncoding, this.keys)
    this.valueAt = decodeColumn(views, this.valueLengthsAt + start, length, this.valueAt, encoding, this.values)
    if (this.hasHeaders) {
      for (let i = 0; i < length; i++) this.headers[i] = this.readHeaders(start + i, encoding)
    }
    this.chunkStart = start
    this.chunkLength = length
    this.index = start + length
    return true
  }

  enterRun () {
    this.run++
    const at = RUNS_AT + this.run * RUN_BYTES
    const { i32, f64 } = this.views
    this.topicId = i32[at >> 2]
    this.partition = i32[(at >> 2) + 1]
    this.runEnd = i32[(at >> 2) + 2] + i32[(at >> 2) + 3]
    this.highWatermark = f64[(at >> 3) + 2]
  }

  chunkEnd () {
    const { i32 } = this.views
    const most = Math.min(this.runEnd, this.index + CHUNK_RECORDS)
    let bytes = 0
    let end = this.index
    do {
      bytes += Math.max(0, i32[this.valueLengthsAt + end]) >> 1
      end++
    } while (end < most && bytes < CHUNK_BYTES)
    return end
  }

  /** @param {number} i of the chunk */
  offset (i) {
    return this.views.f64[this.offsetsAt + this.chunkStart + i]
  }

  /** @param {number} i of the chunk */
  timestamp (i) {
    return this.views.f64[this.timestampsAt + this.chunkStart + i]
  }

  /**
   * @param {number} index of the record in the block
   * @param {string} encoding
   * @returns {Headers | null}
   */
  readHeaders (index, encoding) {
    const { bytes, i32 } = this.views
    const end = this.headerAt + i32[this.headerLengthsAt + index]
    if (this.headerAt === end) return null
    /** @type {Headers} */
    const headers = {}
    let at = this.headerAt
    const text = (/** @type {number} */ length) => {
      at += length
      return bytes.utf8Slice(at - length, at)
    }
    while (at < end) {
      const name = text(bytes.readInt32LE((at += 4) - 4))
      const length = bytes.readInt32LE((at += 4) - 4)
      /** @type {HeaderValue} */
      let value = null
      if (length >= 0) {
        value = encoding === 'buffer'
          ? Buffer.from(bytes.subarray(at, at + length))
          : bytes.toString(/** @type {BufferEncoding} */ (encoding), at, at + length)
        at += length
      }
      addHeader(headers, name, value)
    }
    this.headerAt = end
    return headers
  }
}

/**
 * @typedef {string | Buffer | null} HeaderValue
 * @typedef {Record<string, HeaderValue | HeaderValue[]>} Headers a name that comes more than once has an array
 *
 * @param {Headers} headers
 * @param {string} name
 * @param {HeaderValue} value
 */
function addHeader (headers, name, value) {
  if (!Object.prototype.hasOwnProperty.call(headers, name)) {
    // `__proto__` also becomes an ordinary property
    Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true })
    return
  }
  const before = headers[name]
  if (Array.isArray(before)) before.push(value)
  else headers[name] = [before, value]
}

module.exports = { BlockViews, RecordReader }
