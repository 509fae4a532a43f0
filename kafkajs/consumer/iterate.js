'use strict'

const { KafkaJSNonRetriableError } = require('../errors')

/**
 * Async iterators over a consumer's records. The consumer runs while there is one; what it has given is resolved when
 * the next is asked for, so that a record whose handling was broken off comes again.
 *
 * @template Options
 * @typedef {object} Hooks of a consumer, which calls `end` when it stops or crashes for good
 * @property {(options: Options) => Promise<void>} run
 * @property {() => Promise<void>} stop
 * @property {() => boolean} isRunning
 */

/**
 * @template T
 * @typedef {{ resolve: (result: IteratorResult<T>) => void, reject: (error: unknown) => void }} Asking
 */

/**
 * @template T
 * @typedef {{ thing: T, resolve: () => void, reject: (error: unknown) => void }} Offered
 */

/** Ends a handler whose record has not been handled; not to be logged. */
class Unhandled extends KafkaJSNonRetriableError {}

/**
 * @template T
 * @template Options of `run`
 * @implements {AsyncIterableIterator<T>}
 */
class Iteration {
  /**
   * @param {Hooks<Options>} consumer
   * @param {(handler: (thing: T) => Promise<void>) => Options} options with this handler
   */
  constructor (consumer, options) {
    this.consumer = consumer
    this.options = options
    this.isStarted = false
    this.isOver = false
    /** @type {unknown} why the consumer has ended */
    this.error = null
    /** @type {Array<Asking<T>>} calls of `next` */
    this.asking = []
    /** @type {Array<Offered<T>>} handlers that wait for one */
    this.offered = []
    /** @type {(() => void) | null} resolves what was given last */
    this.handled = null
    /** @type {((error: unknown) => void) | null} */
    this.unhandled = null
  }

  [Symbol.asyncIterator] () {
    return this
  }

  start () {
    this.isStarted = true
    if (this.consumer.isRunning()) {
      throw new KafkaJSNonRetriableError('The consumer is running already: it has one handler, or one iterator')
    }
    const handler = (/** @type {T} */ thing) => /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
      if (this.isOver) return reject(new Unhandled('The iteration is over'))
      this.offered.push({ thing, resolve, reject })
      this.give()
    }))
    this.consumer.run(this.options(handler)).catch(error => this.end(error))
  }

  give () {
    if (this.asking.length === 0 || this.offered.length === 0) return
    const { resolve } = /** @type {Asking<T>} */ (this.asking.shift())
    const { thing, resolve: handled, reject } = /** @type {Offered<T>} */ (this.offered.shift())
    this.handled = handled
    this.unhandled = reject
    resolve({ value: thing, done: false })
  }

  /** Whether a loop has something that it has not left behind. */
  get isHandling () {
    return this.handled !== null
  }

  /** @returns {Promise<IteratorResult<T>>} */
  next () {
    if (!this.isStarted) {
      try {
        this.start()
      } catch (error) {
        this.isOver = true
        return Promise.reject(error)
      }
    }
    const { handled } = this
    this.handled = null
    this.unhandled = null
    if (handled) handled()
    if (this.isOver) return this.last()
    return new Promise((resolve, reject) => {
      this.asking.push({ resolve, reject })
      this.give()
    })
  }

  /** @returns {Promise<IteratorResult<T>>} */
  last () {
    const { error } = this
    this.error = null
    return error === null ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error)
  }

  /** @param {unknown} error null: somebody has stopped the consumer */
  end (error) {
    if (this.isOver) return
    this.isOver = true
    this.error = error
    for (const { reject } of this.offered.splice(0)) reject(new Unhandled('The iteration is over'))
    for (const { resolve, reject } of this.asking.splice(0)) this.last().then(resolve, reject)
  }

  /**
   * `break` and `return` in a loop: the record at hand has not been handled.
   *
   * @param {unknown} [value]
   * @returns {Promise<IteratorResult<T>>}
   */
  async return (value) {
    const wasRunning = this.isStarted && !this.isOver
    const { unhandled } = this
    this.handled = null
    this.unhandled = null
    this.end(null)
    const stopped = wasRunning ? this.consumer.stop() : undefined
    if (unhandled) unhandled(new Unhandled('The iteration is over'))
    await stopped
    return { value, done: true }
  }

  /**
   * @param {unknown} error
   * @returns {Promise<IteratorResult<T>>}
   */
  async throw (error) {
    await this.return()
    throw error
  }
}

module.exports = { Iteration }
