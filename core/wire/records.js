'use strict'

/**
 * The reading end of the record batches that `src/wire/records.rs` writes; the format is described there.
 *
 * Strings are decoded many at a time: one native call for the bytes of a chunk, then `slice` per record. That is
 * several times faster than a call per record. A chunk is small, because V8 keeps the whole of it alive for each slice
 * that a user keeps.
 */

// header words of a batch
const COUNT = 0
const RANGES = 1
const FLAGS = 2
const SIZE = 3
const SEEK_VERSION = 4
const OFFSETS_AT = 5
const TIMESTAMPS_AT = 6
const KEY_LENGTHS_AT = 7
const VALUE_LENGTHS_AT = 8
const HEADER_LENGTHS_AT = 9
const KEYS_AT = 10
const VALUES_AT = 11
const HEADERS_AT = 12
const BUFFER = 13

const HAS_HEADERS = 1
const RANGES_AT = 64
const RANGE_BYTES = 32

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

/**
 * The class of all Buffers, whose own constructor Node has deprecated. `Buffer.subarray` and `Buffer.from` end in it
 * after checks that cost more than it does.
 *
 * @type {new (buffer: ArrayBufferLike, byteOffset: number, length: number) => Buffer}
 */
const PlainBuffer = /** @type {any} */ (Buffer)[Symbol.species]

/** Typed views over the memory of a batch; made once per shared buffer. */
class BatchViews {
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
 * @param {BatchViews} views
 * @param {number} lengths index of the first length word
 * @param {number} count
 * @param {number} start position of the first byte
 * @param {string} encoding
 * @param {unknown[]} out receives `count` strings, Buffers or nulls
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
  /** @type {ArrayBufferLike} */
  let memory = bytes.buffer
  let base = 0
  if (whole) source = bytes.latin1Slice(start, end)
  // shared buffers are reused, so Buffers get memory of their own; one piece per chunk
  else if (encoding === 'buffer') {
    source = Buffer.from(bytes.subarray(start, end))
    memory = source.buffer
    base = source.byteOffset
  } else source = bytes

  let at = source === bytes ? start : 0
  for (let i = 0; i < count; i++) {
    const word = i32[lengths + i]
    if (word < 0) {
      out[i] = null
      continue
    }
    const next = at + (word >> 1)
    if (whole) out[i] = source.slice(at, next)
    else if (encoding === 'buffer') out[i] = new PlainBuffer(memory, base + at, next - at)
    else if (encoding === 'utf8') out[i] = word & 1 ? bytes.utf8Slice(at, next) : bytes.latin1Slice(at, next)
    else out[i] = bytes.toString(/** @type {BufferEncoding} */ (encoding), at, next)
    at = next
  }
  return end
}

/**
 * The records that came in one shared buffer. The buffer goes back when everybody who needs the batch has released it:
 * its receiver once, and whoever has retained it as often as that.
 */
class RecordBatch {
  /**
   * @param {BatchViews} views
   * @param {{ released: (batch: RecordBatch) => void, relieve: () => void }} owner
   */
  constructor (views, owner) {
    this.views = views
    this.owner = owner
    /** bytes */
    this.size = views.i32[SIZE]
    /** the shared buffer to give back */
    this.buffer = views.i32[BUFFER]
    /** @type {Buffer | null} that it has been copied to, to be used again */
    this.memory = null
    this.holders = 1
    this.retained = 0
    /** @type {RecordReader[]} */
    this.readers = []
  }

  /** Keeps the batch beyond this turn of the event loop, until `release()`. It may move to memory of its own. */
  retain () {
    if (this.holders === 0) throw new Error('the batch has been released')
    this.holders++
    this.retained++
    this.owner.relieve()
  }

  /** Gives up what `retain()` kept. */
  release () {
    if (this.retained === 0) throw new Error('the batch has been released as often as it was retained')
    this.retained--
    this.drop()
  }

  /** The receiver's own release: it has reached the end of the batch. */
  done () {
    this.drop()
  }

  drop () {
    if (this.holders > 0 && --this.holders === 0) this.owner.released(this)
  }

  isRetained () {
    return this.retained > 0
  }

  /** @param {Buffer} memory at least as long as the batch */
  moveTo (memory) {
    this.views.bytes.copy(memory, 0, 0, this.size)
    this.memory = memory
    this.views = new BatchViews(memory)
    for (const reader of this.readers) reader.views = this.views
  }
}

/**
 * Walks through the records of one batch. `next` decodes a chunk; its records are then in `keys`, `values` and, by
 * index, in `offsets` and `timestamps`. All records of a chunk are of the same partition.
 */
class RecordReader {
  /** @param {RecordBatch} batch */
  constructor (batch) {
    const { views } = batch
    this.batch = batch
    batch.readers.push(this)
    this.views = views
    const { i32 } = views
    this.count = i32[COUNT]
    this.ranges = i32[RANGES]
    this.seekVersion = i32[SEEK_VERSION]
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
    this.range = -1
    this.rangeEnd = 0
    this.topicId = 0
    this.partition = 0
    /** of the assignment that the partition was fetched under */
    this.assignmentVersion = 0
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
   * @returns {boolean} false at the end of the batch
   */
  next (encoding, keyEncoding) {
    if (this.index >= this.count) {
      this.chunkLength = 0
      return false
    }
    if (this.index >= this.rangeEnd) this.enterRange()
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

  enterRange () {
    this.range++
    const at = RANGES_AT + this.range * RANGE_BYTES
    const { i32, f64 } = this.views
    this.topicId = i32[at >> 2]
    this.partition = i32[(at >> 2) + 1]
    this.rangeEnd = i32[(at >> 2) + 2] + i32[(at >> 2) + 3]
    this.highWatermark = f64[(at >> 3) + 2]
    this.assignmentVersion = i32[(at >> 2) + 6]
  }

  /**
   * @param {(topicId: number, partition: number, assignmentVersion: number) => boolean} isCurrent
   * @returns {boolean} whether any remaining record is of a partition that is current
   */
  hasCurrent (isCurrent) {
    const { i32 } = this.views
    const rest = this.chunkLength === 0 && this.index >= this.rangeEnd ? this.range + 1 : this.range
    for (let range = rest; range < this.ranges; range++) {
      const at = (RANGES_AT + range * RANGE_BYTES) >> 2
      if (isCurrent(i32[at], i32[at + 1], i32[at + 6])) return true
    }
    return false
  }

  chunkEnd () {
    const { i32 } = this.views
    const most = Math.min(this.rangeEnd, this.index + CHUNK_RECORDS)
    let bytes = 0
    let end = this.index
    do {
      bytes += Math.max(0, i32[this.valueLengthsAt + end]) >> 1
      end++
    } while (end < most && bytes < CHUNK_BYTES)
    return end
  }

  /**
   * Passes over records without decoding them, within the range that comes next.
   *
   * @param {number} count
   */
  skip (count) {
    const { i32 } = this.views
    const end = this.index + count
    for (let i = this.index; i < end; i++) {
      this.keyAt += Math.max(0, i32[this.keyLengthsAt + i]) >> 1
      this.valueAt += Math.max(0, i32[this.valueLengthsAt + i]) >> 1
      if (this.hasHeaders) this.headerAt += i32[this.headerLengthsAt + i]
    }
    this.index = end
    this.chunkStart = end
    this.chunkLength = 0
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
   * @param {number} index of the record in the batch
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
 * Walks through one partition's range of a batch, as often as need be. It keeps the batch until it is closed.
 */
class RangeReader extends RecordReader {
  /** @param {RecordReader} start stands before the first record of a range */
  constructor (start) {
    super(start.batch)
    start.batch.retain()
    this.index = start.index
    this.keyAt = start.keyAt
    this.valueAt = start.valueAt
    this.headerAt = start.headerAt
    this.range = start.range
    this.enterRange()
    this.first = this.index
    /** behind the last record */
    this.count = this.rangeEnd
    this.keysStart = this.keyAt
    this.valuesStart = this.valueAt
    this.headersStart = this.headerAt
    /** bytes of keys, values, headers and of what the batch has beside them */
    this.bytes = 0
    this.closed = false
  }

  /** How many records are left. */
  get left () {
    return this.count - this.index
  }

  firstOffset () {
    return this.views.f64[this.offsetsAt + this.first]
  }

  /** Of the record that comes next. */
  nextOffset () {
    return this.views.f64[this.offsetsAt + this.index]
  }

  lastOffset () {
    return this.views.f64[this.offsetsAt + this.count - 1]
  }

  /**
   * Goes back to the first record, or on from there to a later one.
   *
   * @param {number} offset the first to be read: records that are older are passed over
   */
  moveTo (offset) {
    this.index = this.first
    this.keyAt = this.keysStart
    this.valueAt = this.valuesStart
    this.headerAt = this.headersStart
    const { f64 } = this.views
    let at = this.first
    while (at < this.count && f64[this.offsetsAt + at] < offset) at++
    this.skip(at - this.first)
  }

  /** Gives the batch up. */
  close () {
    if (this.closed) return
    this.closed = true
    const { readers } = this.batch
    readers.splice(readers.indexOf(this), 1)
    this.batch.release()
  }
}

/** Bytes that a record has in a batch beside its key, value and headers. */
const RECORD_BYTES = 28

/**
 * @param {RecordBatch} batch
 * @returns {RangeReader[]} one for each range, in order; each is to be closed
 */
function rangeReaders (batch) {
  const walker = new RecordReader(batch)
  /** @type {RangeReader[]} */
  const readers = []
  while (walker.index < walker.count) {
    const reader = new RangeReader(walker)
    const before = walker.keyAt + walker.valueAt + walker.headerAt
    walker.skip(reader.left)
    walker.range++
    reader.bytes = walker.keyAt + walker.valueAt + walker.headerAt - before + RECORD_BYTES * reader.left
    readers.push(reader)
  }
  batch.readers.splice(batch.readers.indexOf(walker), 1)
  return readers
}

/**
 * @param {RecordBatch} batch that has not been released
 * @returns {Array<{ topicId: number, partition: number, firstOffset: number, lastOffset: number, count: number,
 *   highWatermark: number }>} its partition ranges
 */
function describeRanges ({ views: { i32, f64 } }) {
  const offsetsAt = i32[OFFSETS_AT] >> 3
  const ranges = []
  for (let range = 0; range < i32[RANGES]; range++) {
    const at = RANGES_AT + range * RANGE_BYTES
    const word = at >> 2
    const first = i32[word + 2]
    const count = i32[word + 3]
    ranges.push({
      topicId: i32[word],
      partition: i32[word + 1],
      firstOffset: f64[offsetsAt + first],
      lastOffset: f64[offsetsAt + first + count - 1],
      count,
      highWatermark: Math.max(0, f64[(at >> 3) + 2])
    })
  }
  return ranges
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

module.exports = { BatchViews, RangeReader, RecordBatch, RecordReader, describeRanges, rangeReaders }
