'use strict'

const { callAll } = require('../scheduling/callAll')
const { clearTimeout, setTimeout } = require('../scheduling/timers')

/**
 * Callers that wait for the same thing. Each is called once: when it has come, when it can no longer come, or when its
 * own limit has passed.
 */
class Waiter {
  constructor () {
    /** @type {Set<(error: Error | null) => void>} */
    this.waiting = new Set()
  }

  /**
   * @param {(error: Error | null) => void} callback null: it has come
   * @param {{ ms: number, error: () => Error }} [limit] how long to wait, and the error after that; without it, forever
   */
  wait (callback, limit) {
    if (limit === undefined) {
      this.waiting.add(error => callback(error))
      return
    }
    const resume = (/** @type {Error | null} */ error) => {
      clearTimeout(timer)
      callback(error)
    }
    const timer = setTimeout(() => {
      this.waiting.delete(resume)
      callback(limit.error())
    }, limit.ms)
    this.waiting.add(resume)
  }

  /**
   * Removes everybody.
   *
   * @param {Error | null} error what they are to be called with
   * @returns {Array<() => void>} one call for each
   */
  take (error) {
    const all = [...this.waiting]
    this.waiting.clear()
    return all.map(resume => () => resume(error))
  }

  /** @param {Error | null} error null: it has come */
  settle (error) {
    callAll(this.take(error))
  }
}

module.exports = { Waiter }
