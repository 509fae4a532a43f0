'use strict'

/**
 * The brokers of a cluster at the addresses that it advertises, and which of them have never been reached there. A
 * broker that answers at the address in the configuration but not at the one that it advertises is the commonest
 * mistake with containers.
 *
 * @typedef {object} AdvertisedBroker
 * @property {number} id
 * @property {string} host
 * @property {number} port
 * @property {boolean} wasUp it has been reached there
 * @property {Error | null} failure of the last attempt; null before the first, and once it is up
 */
class AdvertisedBrokers {
  constructor () {
    /** @type {Map<string, AdvertisedBroker>} by `host:port` */
    this.byAddress = new Map()
    /** @type {Set<string>} addresses that have been reached, including those in the configuration */
    this.reached = new Set()
  }

  /**
   * @param {number} id
   * @param {string} host
   * @param {number} port
   * @returns {boolean} whether it is the first one
   */
  learn (id, host, port) {
    const address = `${host}:${port}`
    const known = this.byAddress.get(address)
    if (known !== undefined) known.id = id
    else this.byAddress.set(address, { id, host, port, wasUp: this.reached.has(address), failure: null })
    return known === undefined && this.byAddress.size === 1
  }

  /** @param {string} address */
  up (address) {
    this.reached.add(address)
    const broker = this.byAddress.get(address)
    if (broker === undefined) return
    broker.wasUp = true
    broker.failure = null
  }

  /**
   * @param {string} message librdkafka's, such as `kafka-1:9092/1: Failed to resolve 'kafka-1:9092': ...`; with TLS or
   *   SASL the protocol comes first
   * @param {Error} failure
   */
  failed (message, failure) {
    const address = /^(?:\w+:\/\/)?([^/\s]+:\d+)\/\d+: /.exec(message)
    const broker = address === null ? undefined : this.byAddress.get(address[1])
    if (broker !== undefined) broker.failure = failure
  }

  /** @returns {AdvertisedBroker[]} */
  all () {
    return [...this.byAddress.values()]
  }

  /**
   * @returns {Array<AdvertisedBroker & { failure: Error }>} those that have never been reached, and whose last attempt
   *   has failed
   */
  unreachable () {
    return /** @type {Array<AdvertisedBroker & { failure: Error }>} */ (
      this.all().filter(({ wasUp, failure }) => !wasUp && failure !== null))
  }
}

module.exports = { AdvertisedBrokers }
