'use strict'

/**
 * The two hashes of keys: Java's murmur2, and what KafkaJS had in its place before version 2.
 *
 * @typedef {string | ArrayBufferView | ArrayBuffer | number} Key
 */

const SEED = 0x9747b28c | 0
const M = 0x5bd1e995
const R = 24

/**
 * @param {unknown} key
 * @returns {Uint8Array} its bytes; what is none becomes text
 */
function bytesOf (key) {
  if (typeof key === 'string') return Buffer.from(key)
  if (key instanceof Uint8Array) return key
  if (ArrayBuffer.isView(key)) return new Uint8Array(key.buffer, key.byteOffset, key.byteLength)
  return key instanceof ArrayBuffer ? new Uint8Array(key) : Buffer.from(String(key))
}

/**
 * Java's `Utils.murmur2`.
 *
 * @param {Key} key
 * @returns {number} signed, 32 bits
 */
function murmur2 (key) {
  const data = bytesOf(key)
  const { length } = data
  let h = SEED ^ length
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    let k = data[i] | data[i + 1] << 8 | data[i + 2] << 16 | data[i + 3] << 24
    k = Math.imul(k, M)
    k ^= k >>> R
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const rest = length & 3
  if (rest === 3) h ^= data[whole + 2] << 16
  if (rest >= 2) h ^= data[whole + 1] << 8
  if (rest >= 1) h = Math.imul(h ^ data[whole], M)
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ h >>> 15
}

/**
 * The same in floating point, where products lose their low bits, and with a round too many for the bytes at the end.
 * No other client has it. Not to be tidied: each operation counts.
 *
 * @param {Key} key
 * @returns {number} signed, 32 bits
 */
function legacyMurmur2 (key) {
  const data = bytesOf(key)
  const { length } = data
  const at = (/** @type {number} */ i) => data[i] & 0xff
  let h = 0x9747b28c ^ length
  for (let i = 0; i < length; i += 4) {
    let k = at(i) + (at(i + 1) << 8) + (at(i + 2) << 16) + (at(i + 3) << 24)
    k *= M
    k ^= k >>> R
    k *= M
    h *= M
    h ^= k
  }
  const whole = length & ~3
  const rest = length & 3
  if (rest === 3) h ^= at(whole + 2) << 16
  if (rest >= 2) h ^= at(whole + 1) << 8
  if (rest >= 1) {
    h ^= at(whole)
    h *= M
  }
  h ^= h >>> 13
  h *= M
  h ^= h >>> 15
  return h
}

module.exports = { legacyMurmur2, murmur2 }
