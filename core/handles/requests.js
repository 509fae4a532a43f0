'use strict'

const { callAll } = require('../scheduling/callAll')
const InvalidConfigError = require('../../lib/errors/InvalidConfigError')
const { toError } = require('../../lib/internal/nativeErrors')

/**
 * What all native handles have in common.
 *
 * @typedef {import('../../lib/internal/nativeErrors').NativeError} NativeError
 * @typedef {object} HandleEvents what a handle's owner wants to hear of
 * @property {(event: any) => void} event everything but replies, delivery reports and records
 * @property {number | false} requestTimeout ms, for the texts of errors
 */

/** What comes of a call on a handle that is closed, as librdkafka would say it. */
const CLOSED = { code: -197, name: '_DESTROY', message: 'the handle is closed', retriable: false, fatal: false }

/** Requests of the control plane: one reply each. */
class Requests {
  /** @param {HandleEvents} events */
  constructor (events) {
    this.events = events
    this.lastId = 0
    /** @type {Map<number, (err: Error | null, result?: any) => void>} */
    this.waiting = new Map()
    this.closed = false
  }

  /**
   * @param {{ request: (id: number, request: string) => void }} native
   * @param {object} request
   * @param {(err: (Error & { native?: NativeError }) | null, result?: any) => void} callback
   */
  start (native, request, callback) {
    if (this.closed) {
      setImmediate(callback, closedError(this.events))
      return
    }
    const id = ++this.lastId
    this.waiting.set(id, callback)
    native.request(id, JSON.stringify(request))
  }

  /** @param {{ id: number, error: NativeError | null, result: any }} reply */
  settle ({ id, error, result }) {
    const callback = this.waiting.get(id)
    if (!callback) return
    this.waiting.delete(id)
    if (error) callback(withNative(toError(error, this.events.requestTimeout), error))
    else callback(null, result)
  }

  close () {
    this.closed = true
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    callAll(waiting, closedError(this.events))
  }
}

/** @param {HandleEvents} events */
function closedError (events) {
  return toError(CLOSED, events.requestTimeout)
}

/**
 * @param {Error} error
 * @param {NativeError} native
 */
function withNative (error, native) {
  return Object.defineProperty(error, 'native', { value: native, configurable: true })
}

/**
 * @template T
 * @param {() => T} make
 * @returns {T}
 */
function open (make) {
  try {
    return make()
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    throw new InvalidConfigError(`librdkafka does not take this configuration: ${message}`)
  }
}

module.exports = { CLOSED, Requests, open }
