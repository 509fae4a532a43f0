'use strict'

/**
 * Headers as a propagator reads and writes them.
 *
 * @typedef {import('../core/wire/records').Headers} Headers
 * @typedef {{ headers: Headers | undefined, encoding: string }} Carrier
 */

/** Encodings in which a text of ASCII characters is what it is. */
const PLAIN = new Set(['ascii', 'binary', 'buffer', 'latin1', 'utf-8', 'utf8'])

const getter = {
  /** @param {Carrier} carrier */
  keys: ({ headers }) => headers ? Object.keys(headers) : [],
  /**
   * @param {Carrier} carrier
   * @param {string} name
   * @returns {string | undefined} of several headers of a name the last, as in Java's client
   */
  get ({ headers, encoding }, name) {
    if (!headers || !Object.prototype.hasOwnProperty.call(headers, name)) return undefined
    const all = headers[name]
    const value = Array.isArray(all) ? all[all.length - 1] : all
    if (typeof value !== 'string') return Buffer.isBuffer(value) ? value.toString() : undefined
    return PLAIN.has(encoding) ? value : Buffer.from(value, /** @type {BufferEncoding} */ (encoding)).toString()
  }
}

const setter = {
  /**
   * @param {Map<string, string>} carrier
   * @param {string} name
   * @param {string} value
   */
  set (carrier, name, value) {
    carrier.set(name, String(value))
  }
}

module.exports = { getter, setter }
