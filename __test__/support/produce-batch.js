'use strict'

// Reads produce batches as src/wire/sends.rs does, for tests of their writing end.

const assert = require('node:assert/strict')

const SAME_KEY = 1
const HAS_TIMESTAMPS = 2
const HAS_HEADERS = 4

/**
 * @param {Buffer} bytes a block
 * @returns {any[]} the batches and, of each, the records
 */
function decode (bytes) {
  const batches = []
  let at = 0
  const take = (count) => {
    assert.ok(at + count <= bytes.length, 'a block ends with a whole batch')
    return bytes.subarray(at, at += count)
  }
  const words = (count) => Array.from({ length: count }, () => take(4).readInt32LE())
  const nullable = (data, length) => length < 0 ? null : data.take(length)
  while (at < bytes.length) {
    const [send, index, topic, partition, count, flags, dataBytes] = words(7)
    const keyLengths = words(flags & SAME_KEY ? 1 : count)
    const valueLengths = words(count)
    const timestamps = flags & HAS_TIMESTAMPS ? Array.from({ length: count }, () => take(8).readDoubleLE()) : []
    const headerLengths = flags & HAS_HEADERS ? words(count) : []
    const data = take(dataBytes)
    assert.equal(dataBytes % 4, 0)
    const reader = (from) => ({ at: from, take (length) { return data.subarray(this.at, this.at += length) } })
    const sum = (list) => list.reduce((total, length) => total + Math.max(0, length), 0)
    const keys = reader(0)
    const values = reader(sum(keyLengths))
    const headers = reader(sum(keyLengths) + sum(valueLengths))
    const sameKey = flags & SAME_KEY ? nullable(keys, keyLengths[0]) : undefined
    const records = valueLengths.map((length, i) => ({
      key: sameKey === undefined ? nullable(keys, keyLengths[i]) : sameKey,
      value: nullable(values, length),
      timestamp: timestamps[i],
      headers: headerLengths.length ? decodeHeaders(headers.take(headerLengths[i])) : []
    }))
    batches.push({ send, index, topic, partition, flags, records })
  }
  return batches
}

function decodeHeaders (bytes) {
  const headers = []
  let at = 0
  const next = () => {
    const length = bytes.readInt32LE(at)
    at += 4
    return length < 0 ? null : bytes.subarray(at, at += length)
  }
  while (at < bytes.length) headers.push([next().toString(), next()])
  return headers
}

module.exports = { HAS_HEADERS, HAS_TIMESTAMPS, SAME_KEY, decode }
