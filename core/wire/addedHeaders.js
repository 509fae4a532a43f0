'use strict'

const { packHeaders } = require('./sends')

/**
 * Further headers for records that are packed already.
 *
 * @typedef {import('./sends').Records} Records
 */

/** Gives records the same few headers, in place of those that they have of the same names. */
class AddedHeaders {
  /** @param {Map<string, string>} headers */
  constructor (headers) {
    this.packed = packHeaders([...headers])
    this.names = [...headers.keys()].map(name => Buffer.from(name))
  }

  /** @param {Records} records whose list of headers is their own */
  addTo (records) {
    const { packed } = this
    if (packed === null) return
    const { headers, values } = records
    if (headers === null) {
      records.headers = new Array(values.length).fill(packed)
      return
    }
    // the records of a payload share what it has
    /** @type {Buffer | null} */
    let last = null
    let merged = packed
    for (let i = 0; i < headers.length; i++) {
      const own = headers[i]
      if (own !== null && own !== last) {
        last = own
        merged = Buffer.concat([...this.others(own), packed])
      }
      headers[i] = own === null ? packed : merged
    }
  }

  /**
   * @param {Buffer} own packed
   * @returns {Buffer[]} parts of it: the headers that have other names
   */
  others (own) {
    /** @type {Buffer[]} */
    const parts = []
    let kept = 0
    let at = 0
    while (at < own.length) {
      const start = at
      at += 4 + own.readInt32LE(at)
      const name = own.subarray(start + 4, at)
      at += 4 + Math.max(0, own.readInt32LE(at))
      if (!this.names.some(other => other.equals(name))) continue
      if (start > kept) parts.push(own.subarray(kept, start))
      kept = at
    }
    if (at > kept) parts.push(own.subarray(kept, at))
    return parts
  }
}

module.exports = { AddedHeaders }
