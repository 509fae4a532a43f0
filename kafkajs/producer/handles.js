'use strict'

const { KafkaJSNonRetriableError } = require('../errors')
const { retrySpan } = require('../retry')
const { toError } = require('../nativeErrors')

/**
 * The native handles of a producer: a handle has one `acks`, one codec and one time-out, so there is one for each
 * combination that is used.
 *
 * @typedef {import('../cluster').Cluster} Cluster
 * @typedef {import('../nativeErrors').NativeError} NativeError
 * @typedef {import('./sender').HandleSettings} HandleSettings
 * @typedef {import('../../core/handles/producerHandle').ProducerHandle} ProducerHandle
 * @typedef {Partial<import('../../core/protocol').ProducerOptions> & { deliveryTimeout: number }} Settings
 */

/** Combinations that a producer may use: each has threads and connections of its own. */
const MOST_HANDLES = 8
/** ms that a record may take when requests may take for ever. */
const LONGEST_DELIVERY = 5 * 60 * 1000

class Handles {
  /**
   * @param {object} options
   * @param {Cluster} options.cluster
   * @param {import('../retry').RetryOptions} options.retry
   * @param {boolean} options.isIdempotent records are sent again until their time is over
   * @param {(error: NativeError) => void} options.failed a handle cannot go on, and gives up what it has
   */
  constructor ({ cluster, retry, isIdempotent, failed }) {
    this.cluster = cluster
    this.retry = retry
    this.isIdempotent = isIdempotent
    this.failed = failed
    /** @type {Map<string, ProducerHandle>} */
    this.byKey = new Map()
  }

  /** ms that a record may take from `send` to its report */
  get deliveryTimeout () {
    const { native } = this.cluster
    const request = native === null || native.requestTimeout === null ? LONGEST_DELIVERY : native.requestTimeout
    return Math.max(request, retrySpan(this.retry))
  }

  /** @returns {Settings} what all handles have in common */
  settings () {
    const { retries, initialRetryTime, maxRetryTime } = this.retry
    return {
      deliveryTimeout: this.deliveryTimeout,
      ...(this.isIdempotent ? {} : { retries: Math.min(retries, 0x7fffffff) }),
      retryBackoff: Math.ceil(initialRetryTime),
      retryBackoffMax: Math.ceil(maxRetryTime)
    }
  }

  /**
   * @param {HandleSettings} send
   * @returns {ProducerHandle}
   * @throws {KafkaJSNonRetriableError} at one combination too many
   */
  get ({ acks, timeout, codec }) {
    const key = `${acks} ${timeout} ${codec}`
    const known = this.byKey.get(key)
    // one of a connection that has failed is closed already
    if (known !== undefined && !known.closing) return known
    if (known === undefined && this.byKey.size === MOST_HANDLES) {
      throw new KafkaJSNonRetriableError(`This producer has used ${MOST_HANDLES} combinations of acks, timeout and ` +
        'compression, each of which has connections of its own. Use fewer, or another producer')
    }
    /** @type {ProducerHandle} */
    const handle = this.cluster.openProducer(
      { ...this.settings(), acks, ackTimeout: timeout, codec }, event => {
        if (event.type === 'error' && event.error.fatal) this.replace(key, handle, event.error)
      })
    this.byKey.set(key, handle)
    return handle
  }

  /**
   * The handle has failed for good: the next send gets another one. Not at once: that might fail as soon, again and
   * again.
   *
   * @param {string} key
   * @param {ProducerHandle} handle
   * @param {import('../../core/errors').ErrorData} error
   */
  replace (key, handle, error) {
    if (this.byKey.get(key) !== handle) return
    this.byKey.delete(key)
    this.failed(toError(error, 'Produce'))
    if (this.cluster.primary === handle) this.cluster.primary = null
    this.cluster.closeHandle(handle, 0)
  }

  clear () {
    this.byKey.clear()
  }
}

module.exports = { Handles }
