'use strict'

const { CLOSED, CODE, ConfigError } = require('../errors')
const { setImmediate } = require('../scheduling/timers')

/**
 * What all native handles have in common.
 *
 * @typedef {import('../errors').ErrorData} ErrorData
 * @typedef {import('./events').HandleEvent} HandleEvent
 * @typedef {(error: ErrorData | null, result?: unknown) => void} Waiting the callback of a request, whichever it is
 * @typedef {object} HandleEvents what a handle's owner wants to hear of
 * @property {(event: HandleEvent) => void} event everything but replies, delivery reports and records
 */

/** Requests of the control plane: one reply each. */
class Requests {
  constructor () {
    this.lastId = 0
    /** @type {Map<number, Waiting>} */
    this.waiting = new Map()
    this.closed = false
  }

  /**
   * @template {import('./events').Op} O
   * @param {{ request: (id: number, request: string) => void }} native
   * @param {import('./events').Asking<O>} request
   * @param {import('./events').Answered<O>} callback
   */
  start (native, request, callback) {
    const waiting = /** @type {Waiting} */ (callback)
    if (this.closed) {
      setImmediate(waiting, CLOSED)
      return
    }
    const text = JSON.stringify(request)
    if (hasNul(text, request)) {
      setImmediate(waiting, NOT_CARRIED)
      return
    }
    const id = ++this.lastId
    this.waiting.set(id, waiting)
    try {
      native.request(id, text)
    } catch (error) {
      this.waiting.delete(id)
      setImmediate(waiting, notStarted(/** @type {Error} */ (error)))
    }
  }

  /** @param {import('./events').ReplyEvent} reply */
  settle ({ id, error, result }) {
    const callback = this.waiting.get(id)
    if (!callback) return
    this.waiting.delete(id)
    if (error) callback(error)
    else callback(null, result)
  }

  /**
   * No more replies will come.
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
 * The result of a request with a name that librdkafka, whose strings end at a NUL, would cut short.
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
 * @param {string} text JSON of `value`, a cheap way to see that there is none
 * @param {unknown} value
 * @returns {boolean} whether a string in it has a NUL; offset metadata may, since it is passed with its length
 */
function hasNul (text, value) {
  return text.includes('\\u0000') && contains(value)
}

/** @param {unknown} value @returns {boolean} */
function contains (value) {
  if (typeof value === 'string') return value.includes('\0')
  if (value === null || typeof value !== 'object') return false
  return Object.entries(value).some(([name, each]) => name !== 'metadata' && (contains(name) || contains(each)))
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
