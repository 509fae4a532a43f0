'use strict'

const { setValue } = require('../../core/keyed')

/**
 * What members of a group tell its leader and get from it, on the wire, as KafkaJS's `AssignerProtocol` has it. Newer
 * versions of both messages append fields, which are not read.
 */

/** Reads a message from its start; beyond its end it throws a RangeError, as KafkaJS does. */
class Reader {
  /** @param {Buffer} bytes */
  constructor (bytes) {
    this.bytes = bytes
    this.at = 0
  }

  int16 () {
    const value = this.bytes.readInt16BE(this.at)
    this.at += 2
    return value
  }

  int32 () {
    const value = this.bytes.readInt32BE(this.at)
    this.at += 4
    return value
  }

  string () {
    const size = this.int16()
    return size < 0 ? '' : this.take(size).toString('utf8')
  }

  /** @returns {Buffer} of their own */
  bytesOf () {
    // some clients leave user data out
    if (this.at + 4 > this.bytes.length) return Buffer.alloc(0)
    const size = this.int32()
    return size <= 0 ? Buffer.alloc(0) : Buffer.from(this.take(size))
  }

  /**
   * @template T
   * @param {() => T} element
   * @returns {T[]}
   */
  list (element) {
    const elements = []
    for (let left = this.int32(); left > 0; left--) elements.push(element())
    return elements
  }

  /** @param {number} size */
  take (size) {
    if (this.at + size > this.bytes.length) throw new RangeError('The message ends too soon')
    this.at += size
    return this.bytes.subarray(this.at - size, this.at)
  }
}

/** @param {number} value */
function int16 (value) {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

/** @param {number} value */
function int32 (value) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** @param {string} text */
function string (text) {
  const bytes = Buffer.from(text)
  return Buffer.concat([int16(bytes.length), bytes])
}

/** @param {Buffer | undefined | null} bytes */
function sized (bytes) {
  return bytes && bytes.length > 0 ? Buffer.concat([int32(bytes.length), bytes]) : int32(0)
}

const MemberMetadata = {
  /**
   * @param {{ version: number, topics: string[], userData?: Buffer }} metadata
   * @returns {Buffer}
   */
  encode ({ version, topics, userData = Buffer.alloc(0) }) {
    return Buffer.concat([int16(version), int32(topics.length), ...topics.map(string), sized(userData)])
  },

  /**
   * @param {Buffer} buffer
   * @returns {{ version: number, topics: string[], userData: Buffer }}
   */
  decode (buffer) {
    const reader = new Reader(buffer)
    return { version: reader.int16(), topics: reader.list(() => reader.string()), userData: reader.bytesOf() }
  }
}

const MemberAssignment = {
  /**
   * @param {{ version: number, assignment: Record<string, number[]>, userData?: Buffer }} assignment
   * @returns {Buffer}
   */
  encode ({ version, assignment, userData = Buffer.alloc(0) }) {
    const topics = Object.keys(assignment)
    return Buffer.concat([
      int16(version),
      int32(topics.length),
      ...topics.map(topic => {
        const partitions = assignment[topic]
        return Buffer.concat([string(topic), int32(partitions.length), ...partitions.map(int32)])
      }),
      sized(userData)
    ])
  },

  /**
   * @param {Buffer} buffer empty while the group rebalances
   * @returns {{ version: number, assignment: Record<string, number[]>, userData: Buffer } | null}
   */
  decode (buffer) {
    if (buffer.length === 0) return null
    const reader = new Reader(buffer)
    const version = reader.int16()
    /** @type {Record<string, number[]>} */
    const assignment = {}
    reader.list(() => setValue(assignment, reader.string(), reader.list(() => reader.int32())))
    return { version, assignment, userData: reader.bytesOf() }
  }
}

module.exports = { MemberMetadata, MemberAssignment }
