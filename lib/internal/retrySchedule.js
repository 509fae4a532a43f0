'use strict'

/**
 * When to try again, and which error to report in the end: the semantics of the `retry` package, whose options
 * kafka-node passes on as `connectRetryOptions`.
 */
class RetrySchedule {
  /**
   * @param {object} [options]
   * @param {number} [options.retries]
   * @param {number} [options.factor]
   * @param {number} [options.minTimeout] ms
   * @param {number} [options.maxTimeout] ms
   * @param {boolean} [options.randomize]
   */
  constructor ({ retries = 10, factor = 2, minTimeout = 1000, maxTimeout = Infinity, randomize = false } = {}) {
    /** @type {number[]} */
    this.pauses = []
    for (let i = 0; i < retries; i++) {
      const spread = randomize ? Math.random() + 1 : 1
      this.pauses.push(Math.min(Math.round(spread * Math.max(minTimeout, 1) * Math.pow(factor, i)), maxTimeout))
    }
    this.pauses.sort((a, b) => a - b)
    /** @type {Error[]} */
    this.errors = []
  }

  /**
   * @param {Error} error of the attempt that has failed
   * @returns {number | null} ms until the next attempt; null when there is none
   */
  next (error) {
    this.errors.push(error)
    const pause = this.pauses.shift()
    return pause === undefined ? null : pause
  }

  /** The most frequent error so far, the latest of those that are equally frequent. */
  mainError () {
    /** @type {Map<string, number>} */
    const counts = new Map()
    /** @type {Error | null} */
    let main = null
    let most = 0
    for (const error of this.errors) {
      const count = (counts.get(error.message) || 0) + 1
      counts.set(error.message, count)
      if (count >= most) {
        main = error
        most = count
      }
    }
    return /** @type {Error} */ (main)
  }
}

module.exports = { RetrySchedule }
