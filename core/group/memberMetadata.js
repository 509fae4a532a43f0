'use strict'

const { setValue } = require('../keyed')

/**
 * What members send to their consumer group and get from it, on the wire: the Kafka protocol's
 * ConsumerProtocolSubscription and ConsumerProtocolAssignment. What their newer versions append is left out.
 */

/** Reads a message from its start; whatever is missing at its end counts as absent. */
class Reader {
  /** @param {Buffer} bytes */
  constructor (bytes) {
    this.bytes = bytes
    this.at = 0
  }

  /**
   * @param {number} size
   * @returns {number | null} where to read `size` bytes; null when there are fewer
   */
  take (size) {
    const at = this.at
    if (size < 0 || at + size > this.bytes.length) {
      this.at = this.bytes.length
      return null
    }
    this.at += size
    return at
  }

  int16 () {
    const at = this.take(2)
    return at === null ? null : this.bytes.readInt16BE(at)
  }

  int32 () {
    const at = this.take(4)
    return at === null ? null : this.bytes.readInt32BE(at)
  }

  string () {
    const size = this.int16()
    const at = size === null ? null : this.take(size)
    return at === null ? null : this.bytes.toString('utf8', at, this.at)
  }

  /**
   * @template T
   * @param {() => T | null} element
   * @returns {T[]}
   */
  list (element) {
    const elements = []
    for (let left = this.int32() || 0; left > 0; left--) {
      const value = element()
      // a truncated message must not allocate what its first bytes promise
      if (value === null) break
      elements.push(value)
    }
    return elements
  }

  /**
   * @param {string} failure returned for bytes that are not JSON
   * @returns {unknown} undefined when there are none: clients other than kafka-node write no bytes instead of null
   */
  json (failure) {
    const size = this.int32()
    if (size === null || size <= 0) return undefined
    const at = this.take(size)
    if (at === null) return failure
    try {
      return JSON.parse(this.bytes.toString('utf8', at, this.at))
    } catch {
      return failure
    }
  }
}

/**
 * @typedef {{ subscription: string[], version: number | null, userData: unknown }} Subscription `version` is null while
 *   the group has not received the member's metadata
 *
 * @param {Buffer} bytes
 * @returns {Subscription}
 */
function decodeSubscription (bytes) {
  const reader = new Reader(bytes)
  const version = reader.int16()
  const subscription = reader.list(() => reader.string())
  return { subscription, version, userData: reader.json('JSON parse error') }
}

/**
 * @param {{ version: unknown, subscription: string[], userData?: unknown }} protocol
 * @returns {Buffer}
 * @throws what `JSON.stringify` throws for the user data
 */
function encodeSubscription ({ version, subscription, userData }) {
  const topics = subscription.map(topic => Buffer.from(topic))
  const json = userData ? JSON.stringify(userData) : undefined
  const data = json === undefined ? null : Buffer.from(json)
  const size = topics.reduce((sum, topic) => sum + 2 + topic.length, 2 + 4 + 4) + (data ? data.length : 0)
  const bytes = Buffer.alloc(size)
  let at = bytes.writeInt32BE(topics.length, bytes.writeInt16BE(Number(version), 0))
  for (const topic of topics) {
    at = bytes.writeInt16BE(topic.length, at)
    at += topic.copy(bytes, at)
  }
  at = bytes.writeInt32BE(data ? data.length : -1, at)
  if (data) data.copy(bytes, at)
  return bytes
}

/**
 * @typedef {{ partitions: Record<string, number[]>, version: number | null, userData?: unknown }} Assignment
 *
 * @param {Buffer} bytes empty while the group rebalances
 * @returns {Assignment}
 */
function decodeAssignment (bytes) {
  const reader = new Reader(bytes)
  const version = reader.int16()
  /** @type {Record<string, number[]>} */
  const partitions = {}
  reader.list(() => {
    const topic = reader.string()
    if (topic !== null) setValue(partitions, topic, reader.list(() => reader.int32()))
    return topic
  })
  const userData = reader.json('JSON Parse error')
  return userData === undefined ? { partitions, version } : { partitions, version, userData }
}

module.exports = { decodeAssignment, decodeSubscription, encodeSubscription }
