'use strict'

const { packHeaders } = require('../../core/wire/sends')

/**
 * Messages as the columns that cross to the native side.
 *
 * @typedef {import('../../core/wire/sends').WireValue} WireValue
 * @typedef {import('../../kafkajs').Message} Message
 */

/**
 * @param {WireValue | NodeJS.ArrayBufferView | ArrayBuffer} value
 * @returns {WireValue} as it can be packed
 * @throws {TypeError} Node's, for what is neither text nor bytes
 */
function toWire (value) {
  if (typeof value === 'string' || value === null || value instanceof Uint8Array) {
    return /** @type {WireValue} */ (value)
  }
  // refuses what has no bytes
  Buffer.byteLength(value)
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value)
}

/**
 * @param {string | number} timestamp ms, as a number or in decimal digits
 * @returns {number}
 * @throws what making a BigInt of it throws
 */
function toMilliseconds (timestamp) {
  if (timestamp === '') throw new Error('empty string')
  const number = typeof timestamp === 'string' ? Number(timestamp) : timestamp
  return Number.isSafeInteger(number) ? number : Number(BigInt(timestamp))
}

/**
 * @param {import('../../kafkajs').IHeaders} headers
 * @returns {Buffer | null}
 */
function toHeaders (headers) {
  /** @type {Array<[string, WireValue]>} */
  const list = []
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (Array.isArray(value)) {
      for (const one of value) if (one !== undefined) list.push([name, toWire(one)])
    } else if (value !== undefined) {
      list.push([name, toWire(value)])
    }
  }
  return packHeaders(list)
}

/** The messages of one send for one partition: a `ProduceBatch` and its own `Records`. */
class PartitionMessages {
  /**
   * @param {string} topic
   * @param {number} partition
   */
  constructor (topic, partition) {
    this.topic = topic
    this.partition = partition
    this.records = this
    /** @type {WireValue[]} */
    this.values = []
    /** @type {WireValue} */
    this.key = null
    /** @type {WireValue[] | null} */
    this.keys = null
    /** @type {number[] | null} */
    this.timestamps = null
    /** @type {Array<Buffer | null> | null} */
    this.headers = null
    this.bytes = 0
    // what becomes of them
    this.baseOffset = -1
    this.code = 0
  }

  /**
   * @param {Message} message
   * @throws {TypeError} at what cannot be sent
   */
  add ({ value, key, headers, timestamp }) {
    const index = this.values.length
    const wire = toWire(value)
    this.values.push(wire)
    if (wire !== null) this.bytes += wire.length
    if (key !== null && key !== undefined) {
      if (this.keys === null) this.keys = new Array(index).fill(null)
      const wireKey = /** @type {string | Buffer} */ (toWire(key))
      this.keys.push(wireKey)
      this.bytes += wireKey.length
    } else if (this.keys !== null) {
      this.keys.push(null)
    }
    if (timestamp !== null && timestamp !== undefined) {
      if (this.timestamps === null) this.timestamps = new Array(index).fill(Date.now())
      this.timestamps.push(toMilliseconds(timestamp))
    } else if (this.timestamps !== null) {
      this.timestamps.push(Date.now())
    }
    if (headers !== undefined) {
      const packed = toHeaders(headers)
      if (packed !== null) {
        if (this.headers === null) this.headers = new Array(index).fill(null)
        this.headers.push(packed)
        this.bytes += packed.length
        return
      }
    }
    if (this.headers !== null) this.headers.push(null)
  }

  /** The key of a single message crosses in the shorter form. */
  finish () {
    if (this.keys === null || this.keys.length !== 1) return
    this.key = this.keys[0]
    this.keys = null
  }
}

module.exports = { PartitionMessages }
