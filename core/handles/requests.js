'use strict'

const { CLOSED, CODE, ConfigError } = require('../errors')
const { setImmediate } = require('../scheduling/timers')

/**
 * What all native handles have in common.
 *
 * @typedef {import('../errors').ErrorData} ErrorData
 * @typedef {object} HandleEvents what a handle's owner wants to hear of
 * @property {(event: any) => void} event everything but replies, delivery reports and records
 */

/** Requests of the control plane: one reply each. */
class Requests {
  constructor () {
    this.lastId = 0
    /** @type {Map<number, (error: ErrorData | null, result?: any) => void>} */
    this.waiting = new Map()
    this.closed = false
  }

  /**
   * @param {{ request: (id: number, request: string) => void }} native
   * @param {object} request
   * @param {(error: ErrorData | null, result?: any) => void} callback
   */
  start (native, request, callback) {
    if (this.closed) {
      setImmediate(callback, CLOSED)
      return
    }
    const text = JSON.stringify(request)
    if (hasNul(text, request)) {
      setImmediate(callback, NOT_CARRIED)
      return
    }
    const id = ++this.lastId
    this.waiting.set(id, callback)
    try {
      native.request(id, text)
    } catch (error) {
      this.waiting.delete(id)
      setImmediate(callback, notStarted(/** @type {Error} */ (error)))
    }
  }

  /** @param {{ id: number, error: ErrorData | null, result: any }} reply */
  settle ({ id, error, result }) {
    const callback = this.waiting.get(id)
    if (!callback) return
    this.waiting.delete(id)
    if (error) callback(error)
    else callback(null, result)
  }

  /**
   * No replies come any more.
   *
   * @returns {Array<() => void>} one call for each request that waits for one
   */
  close () {
    this.closed = true
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    return waiting.map(callback => () => callback(CLOSED))
  }
}

/**
 * What comes of a request with a name that librdkafka, whose strings end at a NUL, would take for a shorter one.
 *
 * @type {ErrorData}
 */
const NOT_CARRIED = {
  code: CODE.INVALID_ARG,
  name: '_INVALID_ARG',
  message: 'a name or value with a NUL character (\\0) cannot be sent to a broker',
  retriable: false,
  fatal: false
}

/**
 * @param {string} text JSON of `value`, which shows cheaply that there is none
 * @param {any} value
 * @returns {boolean} whether a string in it has a NUL; but for the metadata of offsets, which have their length
 */
function hasNul (text, value) {
  return text.includes('\\u0000') && contains(value)
}

/** @param {any} value @returns {boolean} */
function contains (value) {
  if (typeof value === 'string') return value.includes('\0')
  if (value === null || typeof value !== 'object') return false
  return Object.keys(value).some(name => name !== 'metadata' && (contains(name) || contains(value[name])))
}

/**
 * @param {Error} error
 * @returns {ErrorData}
 */
function notStarted ({ message }) {
  return { code: CODE.FAIL, name: '_FAIL', message, retriable: false, fatal: false }
}

/**
 * @template T
 * @param {() => T} make
 * @returns {T}
 * @throws {ConfigError}
 */
function open (make) {
  try {
    return make()
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    throw new ConfigError(`librdkafka does not take this configuration: ${message}`)
  }
}

module.exports = { Requests, open }
