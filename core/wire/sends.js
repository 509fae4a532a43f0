'use strict'

const { KeyedMessage } = require('../../lib/protocol')

/**
 * The writing end of the send blocks that `src/wire/sends.rs` reads; the format is described there. All sends of one
 * tick go into one block and cross with one call.
 */

const GROUP_HEADER_BYTES = 28
const SAME_KEY = 1
const HAS_TIMESTAMPS = 2
const HAS_HEADERS = 4

const FIRST_CAPACITY = 64 * 1024
/** A block that had to grow beyond this is not kept for the next tick. */
const KEPT_CAPACITY = 1024 * 1024
/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const BYTES_PER_UNIT = 3

/**
 * @typedef {import('./records').FastBuffer} FastBuffer
 * @typedef {string | Buffer | null} WireValue
 * @typedef {Record<string, any>} Headers
 * @typedef {object} Part the messages of one payload
 * @property {any[]} messages
 * @property {any} key
 * @property {number | undefined} timestamp ms; undefined leaves it to the moment of sending
 * @property {Headers | undefined} headers
 */

/**
 * What is sent for a value or key: bytes for a Buffer, UTF-8 for a string, null for null and undefined, and
 * `toString()` of anything else.
 *
 * @param {any} value
 * @returns {WireValue}
 */
function toWire (value) {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value
  return value === null || value === undefined ? null : value.toString()
}

/** @param {WireValue} value */
function mostBytes (value) {
  if (value === null) return 0
  return typeof value === 'string' ? value.length * BYTES_PER_UNIT : value.length
}

/** @param {number} capacity in bytes, a multiple of 4 */
function newBlock (capacity) {
  const memory = new ArrayBuffer(capacity)
  return { bytes: /** @type {FastBuffer} */ (Buffer.from(memory)), i32: new Int32Array(memory) }
}

/** Packs groups of records, one after the other, into a block that grows as needed. */
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
    if (this.at + more <= this.bytes.length) return
    const old = this.bytes
    let capacity = old.length * 2
    while (capacity < this.at + more) capacity *= 2
    this.use(capacity)
    old.copy(this.bytes, 0, 0, this.at)
  }

  /** Forgets what was packed, after it has crossed. */
  reset () {
    this.at = 0
    if (this.bytes.length > KEPT_CAPACITY) this.use(FIRST_CAPACITY)
  }

  /**
   * Appends the records of one send for one partition.
   *
   * @param {number} send its id
   * @param {number} index of the group in its send
   * @param {number} topic id
   * @param {number} partition
   * @param {Part[]} parts
   */
  group (send, index, topic, partition, parts) {
    const part = parts[0]
    if (parts.length === 1 && part.timestamp === undefined && part.headers === undefined && isPlain(part.messages)) {
      this.plainGroup(send, index, topic, partition, part)
    } else {
      this.fullGroup(send, index, topic, partition, parts)
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
   * One payload, no timestamps, no headers: all records have the payload's key.
   *
   * @param {number} send
   * @param {number} index
   * @param {number} topic
   * @param {number} partition
   * @param {Part} part
   */
  plainGroup (send, index, topic, partition, { messages, key: anyKey }) {
    const count = messages.length
    const key = toWire(anyKey)
    let most = mostBytes(key)
    let strings = true
    const values = new Array(count)
    for (let i = 0; i < count; i++) {
      const value = toWire(messages[i])
      if (typeof value !== 'string') strings = false
      most += mostBytes(value)
      values[i] = value
    }
    const dataAt = this.at + GROUP_HEADER_BYTES + 4 + 4 * count
    this.reserve(dataAt - this.at + most + 4)
    const word = this.header(send, index, topic, partition, count, SAME_KEY)
    const { i32, bytes } = this
    let at = dataAt
    i32[word + 7] = key === null ? -1 : this.write(key, at)
    if (key !== null) at += i32[word + 7]
    if (strings) {
      // one call for all of them; if no character took more than a byte, the lengths are known
      const all = count === 1 ? values[0] : values.join('')
      const written = all.length === 0 ? 0 : bytes.utf8Write(all, at)
      if (written === all.length) {
        for (let i = 0; i < count; i++) i32[word + 8 + i] = values[i].length
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
   * Anything: several payloads, messages with keys and times of their own, headers.
   *
   * @param {number} send
   * @param {number} index
   * @param {number} topic
   * @param {number} partition
   * @param {Part[]} parts
   */
  fullGroup (send, index, topic, partition, parts) {
    /** @type {WireValue[]} */
    const keys = []
    /** @type {WireValue[]} */
    const values = []
    /** @type {number[]} */
    const timestamps = []
    /** @type {Array<Buffer | null>} */
    const headers = []
    const now = Date.now()
    let timed = false
    let most = 0
    for (const part of parts) {
      const packed = packHeaders(part.headers)
      for (const message of part.messages) {
        const own = message instanceof KeyedMessage
        const key = toWire(own ? message.key : part.key)
        const value = toWire(own ? message.value : message)
        const timestamp = own ? message.timestamp : part.timestamp
        timed = timed || timestamp !== undefined
        keys.push(key)
        values.push(value)
        timestamps.push(timestamp === undefined ? now : timestamp)
        headers.push(packed)
        most += mostBytes(key) + mostBytes(value) + (packed === null ? 0 : packed.length)
      }
    }
    const count = values.length
    const headed = headers.some(header => header !== null)
    const columns = 8 * count + (timed ? 8 * count : 0) + (headed ? 4 * count : 0)
    const dataAt = this.at + GROUP_HEADER_BYTES + columns
    this.reserve(dataAt - this.at + most + 4)
    const flags = (timed ? HAS_TIMESTAMPS : 0) | (headed ? HAS_HEADERS : 0)
    const word = this.header(send, index, topic, partition, count, flags)
    const { i32, bytes } = this
    let at = dataAt
    let column = word + 7
    for (const list of [keys, values]) {
      for (const value of list) {
        const length = value === null ? -1 : this.write(value, at)
        i32[column++] = length
        if (length > 0) at += length
      }
    }
    if (timed) {
      for (const timestamp of timestamps) {
        bytes.writeDoubleLE(timestamp, column << 2)
        column += 2
      }
    }
    if (headed) {
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
   * @param {number} word the group's first
   * @param {number} dataAt
   * @param {number} end
   */
  finish (word, dataAt, end) {
    const length = (end - dataAt + 3) & ~3
    this.i32[word + 6] = length
    this.at = dataAt + length
  }
}

/** @param {any[]} messages */
function isPlain (messages) {
  for (let i = 0; i < messages.length; i++) {
    if (messages[i] instanceof KeyedMessage) return false
  }
  return true
}

/**
 * @param {Headers | undefined} headers
 * @returns {Buffer | null}
 */
function packHeaders (headers) {
  if (headers === undefined || headers === null) return null
  /** @type {Buffer[]} */
  const pieces = []
  const push = (/** @type {WireValue} */ value) => {
    const length = Buffer.alloc(4)
    const bytes = value === null ? null : Buffer.from(/** @type {string} */ (value))
    length.writeInt32LE(bytes === null ? -1 : bytes.length, 0)
    pieces.push(length)
    if (bytes !== null) pieces.push(bytes)
  }
  for (const name of Object.keys(headers)) {
    for (const value of Array.isArray(headers[name]) ? headers[name] : [headers[name]]) {
      push(name)
      push(toWire(value))
    }
  }
  return pieces.length === 0 ? null : Buffer.concat(pieces)
}

module.exports = { SendPacker, toWire }
