'use strict'

const { KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } = require('./errors')
const { setTimeout } = require('../core/scheduling/timers')

/**
 * @typedef {object} RetryOptions
 * @property {number} maxRetryTime ms, the longest pause
 * @property {number} initialRetryTime ms
 * @property {number} factor by which a pause may differ from its nominal length, at random
 * @property {number} multiplier
 * @property {number} retries
 *
 * @typedef {{ restartOnFailure?: (error: Error) => Promise<boolean> }} ConsumerRetry
 * @typedef {{ [Name in keyof RetryOptions]?: number | null } & ConsumerRetry} GivenRetry the user's
 */

/** @type {RetryOptions} */
const DEFAULTS = { maxRetryTime: 30000, initialRetryTime: 300, factor: 0.2, multiplier: 2, retries: 5 }
/** @type {RetryOptions} under NODE_ENV=test */
const TEST_DEFAULTS = { maxRetryTime: 1000, initialRetryTime: 50, factor: 0.02, multiplier: 1.5, retries: 15 }

const defaults = process.env.NODE_ENV === 'test' ? TEST_DEFAULTS : DEFAULTS

/** Names of errors that come of mistakes in programs. */
const MISTAKES = new Set(['RangeError', 'ReferenceError', 'SyntaxError', 'TypeError'])

/** @param {import('./errors').Caught} error */
const isRetriable = error => error.retriable !== false && !MISTAKES.has(error.name)

/**
 * @param {GivenRetry} [options]
 * @returns {RetryOptions} completed
 */
function retryOptions (options) {
  /** @type {Record<string, unknown>} */
  const given = { ...options }
  for (const name of Object.keys(given)) if (given[name] === undefined || given[name] === null) delete given[name]
  return { ...defaults, ...given }
}

/**
 * @param {number} factor
 * @param {number} time ms
 */
const jittered = (factor, time) => Math.ceil(time * (1 - factor) + Math.random() * 2 * factor * time)

/** The pauses between attempts: exponential, with jitter. */
class Pauses {
  /** @param {RetryOptions} options */
  constructor ({ factor, initialRetryTime, maxRetryTime, multiplier }) {
    this.factor = factor
    this.maxRetryTime = maxRetryTime
    this.multiplier = multiplier
    /** ms, before the next attempt */
    this.time = jittered(factor, initialRetryTime)
  }

  /** @returns {number} the pause to make now, ms */
  next () {
    const { time } = this
    this.time = Math.min(jittered(this.factor, time) * this.multiplier, this.maxRetryTime)
    return time
  }
}

/**
 * @param {RetryOptions} options
 * @returns {number[]} all of them, ms; at most a thousand
 */
function pausesOf (options) {
  const pauses = new Pauses(options)
  return Array.from({ length: Math.max(0, Math.min(options.retries, 1000)) }, () => pauses.next())
}

/**
 * The nominal time that all retries take, ms.
 *
 * @param {RetryOptions} options
 */
function retrySpan ({ initialRetryTime, maxRetryTime, multiplier, retries }) {
  let span = 0
  let pause = initialRetryTime
  for (let i = 0; i < Math.min(retries, 1000); i++) {
    span += pause
    pause = Math.min(pause * multiplier, maxRetryTime)
  }
  return span
}

/** @typedef {(error: unknown) => never} Bail ends it with this error as it is; what is returned then is not used */

/**
 * @template T
 * @callback Attempt
 * @param {Bail} bail
 * @param {number} retryCount
 * @param {number} retryTime ms
 * @returns {Promise<T>}
 */

/**
 * Calls until a call succeeds, there are no retries left (`KafkaJSNumberOfRetriesExceeded`), or an error is none that
 * passes (`KafkaJSNonRetriableError`, with the error or what caused it as its cause).
 *
 * @param {GivenRetry} [given]
 * @returns {<T>(attempt: Attempt<T>) => Promise<T>}
 */
const createRetry = given => attempt => new Promise((resolve, reject) => {
  const options = retryOptions(given)
  const pauses = new Pauses(options)
  let isOver = false
  const bail = /** @type {Bail} */ (error => {
    isOver = true
    reject(error || new Error('Aborted'))
  })
  const run = (/** @type {number} */ retryCount) => {
    const retryTime = pauses.next()
    // also what an attempt throws at once, which is no promise
    new Promise(started => started(attempt(bail, retryCount, retryTime)))
      .then(/** @type {(value: unknown) => void} */ (resolve), reason => {
        if (isOver) return
        const error = reason || new Error('Rejected without an error')
        if (!isRetriable(error)) {
          reject(new KafkaJSNonRetriableError(error, { cause: error.cause || error }))
        } else if (retryCount >= options.retries) {
          reject(new KafkaJSNumberOfRetriesExceeded(error, { retryCount, retryTime }))
        } else {
          setTimeout(run, retryTime, retryCount + 1)
        }
      })
  }
  run(0)
})

module.exports = {
  DEFAULTS, Pauses, createRetry, defaults, isRetriable, pausesOf, retryOptions, retrySpan
}
