'use strict'

const { callAll } = require('../scheduling/callAll')
const { clearTimeout, setTimeout } = require('../scheduling/timers')

/**
 * Those who wait for one thing. Each is called once: when it has come, when it cannot come any more, or when its own
 * limit has passed.
 */
class Waiter {
  constructor () {
    /** @type {Set<(error: any) => void>} */
    this.waiting = new Set()
  }

  /**
   * @param {(error: any) => void} callback null: it has come
   * @param {{ ms: number, error: () => any }} [limit] how long to wait, and the error then; without it, for ever
   */
  wait (callback, limit) {
    if (limit === undefined) {
      this.waiting.add(error => callback(error))
      return
    }
    const resume = (/** @type {any} */ error) => {
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
   * Takes everybody out.
   *
   * @param {any} error what they are to be called with
   * @returns {Array<() => void>} one call for each
   */
  take (error) {
    const all = [...this.waiting]
    this.waiting.clear()
    return all.map(resume => () => resume(error))
  }

  /** @param {any} error null: it has come */
  settle (error) {
    callAll(this.take(error))
  }
}

module.exports = { Waiter }
