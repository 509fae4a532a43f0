'use strict'

const { BrokerNotAvailableError, NestedError, TimeoutError } = require('../errors')
const { emitAll } = require('../emitAll')
const {
  CODE, isTlsError, toError, toSocketError, toTlsError, toTokenError, withCure
} = require('../nativeErrors')
const getLogger = require('../../logging')
const { AdvertisedBrokers } = require('../../../core/cluster/advertisedBrokers')
const { giveToken } = require('../../../core/cluster/tokens')
const { callAll } = require('../../../core/scheduling/callAll')
const { monotonicNow } = require('../../../core/scheduling/clock')

const logger = getLogger('kafka-node:KafkaClient')

/** How long an error that librdkafka repeats is not reported again, ms. */
const QUIET = 60 * 1000

/** What librdkafka makes of our own message that there is no token. */
const NO_TOKEN = /^Failed to acquire SASL OAUTHBEARER token/

/**
 * @typedef {import('../nativeErrors').NativeError} NativeError
 * @typedef {Parameters<typeof giveToken>[0]} Handle
 */

/** What a client knows about its connections to the brokers, and the events that it derives from that. */
class Connections {
  /**
   * @param {import('./connector').KafkaClient} client
   * @param {import('./connector').Connector} connector
   */
  constructor (client, connector) {
    this.client = client
    this.connector = connector
    /** @type {Set<string>} addresses of those that are up */
    this.up = new Set()
    this.advertised = new AdvertisedBrokers()
    /** how many there have been so far */
    this.count = 0
    /** @type {Error | null} why no broker can be reached at the moment */
    this.outage = null
    /** @type {NodeJS.ErrnoException | null} why the last attempt to connect failed, as long as none has succeeded */
    this.socketError = null
    /** whether the last one has ended, and none has been refused since */
    this.isDisconnected = false
    /** @type {Map<string, number>} when an error was last reported, by class and code */
    this.told = new Map()
    /**
     * By broker, why its certificate was refused.
     *
     * @type {Map<string, import('../../../core/handles/events').CertificateEvent>}
     */
    this.refusedCertificates = new Map()
    /** @type {Set<Handle>} that have asked for a token, and there was none */
    this.withoutToken = new Set()
    /** @type {Error | null} why */
    this.tokenFailure = null
  }

  /** @param {{ id: number, host: string, port: number, state: string }} event */
  changed ({ id, host, port, state }) {
    if (this.client._closed) return
    if (id >= 0 && this.advertised.learn(id, host, port)) this.connector.brokersLearned()
    // by address; the end of a bootstrap connection (id -1) does not count: the same broker's under its id replaces it
    const gaveWay = id < 0 && this.advertised.all().length > 0
    const address = `${host}:${port}`
    if (state === 'UP') {
      this.advertised.up(address)
      this.refusedCertificates.delete(address)
      this.connector.brokerCame()
      if (this.up.has(address)) return
      this.up.add(address)
      callAll(this.established(address))
    } else if (state === 'DOWN' && !gaveWay && this.up.delete(address)) {
      emitAll(this.client, 'close', { address })
    }
  }

  /**
   * @param {string} address
   * @returns {Array<() => void>} the calls that report it
   */
  established (address) {
    const { client } = this
    this.count++
    this.socketError = null
    this.isDisconnected = false
    logger.debug('%s connected to %s', client.clientId, address)
    const calls = [() => emitAll(client, 'connect')]
    if (client.ready && this.outage) {
      this.outage = null
      calls.push(() => emitAll(client, 'reconnect'))
    }
    return calls
  }

  /**
   * The cluster has answered, which makes the client ready.
   *
   * @returns {Array<() => void>} the calls that report it
   */
  clusterAnswered () {
    this.outage = null
    return this.count === 0 ? this.established('') : []
  }

  /**
   * All of them end with the client.
   *
   * @returns {Array<() => void>} the calls that report it
   */
  ended () {
    const addresses = [...this.up]
    this.up.clear()
    return addresses.map(address => () => emitAll(this.client, 'close', { address }))
  }

  /**
   * @param {NativeError} error
   * @param {boolean} isPrimary whether it is the first handle's; the others see the same brokers
   * @returns {boolean} false for an error that is not about the connection: the handle's owner knows what to do
   */
  failed (error, isPrimary) {
    const { client } = this
    if (client.closing) return true
    const { code } = error
    const isTls = isTlsError(error)
    if (code === CODE.AUTHENTICATION && NO_TOKEN.test(error.message)) {
      logger.debug('%s %s', client.clientId, error.message)
    } else if (isTls || code === CODE.AUTHENTICATION) {
      this.refused(isTls
        ? toTlsError(error, [...this.refusedCertificates.values()])
        : toError(error, client.options.requestTimeout))
    } else if (error.fatal) {
      const failure = toError(error, client.options.requestTimeout)
      Object.defineProperty(failure, 'code', { value: 'ERR_KAFKA_FATAL', configurable: true })
      emitAll(client, 'error', failure)
    } else if (code === CODE.TRANSPORT || code === CODE.RESOLVE) {
      if (isPrimary) this.broken(error)
    } else if (code === CODE.ALL_BROKERS_DOWN) {
      if (isPrimary) this.allEnded()
    } else {
      logger.debug('%s %s: %s', client.clientId, error.name, error.message)
      return false
    }
    return true
  }

  /**
   * A broker rejects this client, or this client the broker.
   *
   * @param {Error} failure
   */
  refused (failure) {
    this.outage = failure
    this.connector.down(failure)
    this.tellOnce(failure)
  }

  // ---- tokens ----

  /** @param {Handle} handle that wants one */
  giveToken (handle) {
    const { client } = this
    giveToken(handle, {
      provide: client._provideToken,
      principal: 'kafka-node',
      given: () => {
        this.withoutToken.delete(handle)
        if (this.withoutToken.size === 0) this.forgetTokenFailure()
      },
      refused: failure => {
        const error = toTokenError(failure)
        if (client.closing) return error.message
        this.withoutToken.add(handle)
        this.tokenFailure = error
        // what is connected stays so until its token expires
        if (this.up.size > 0) this.tellOnce(error)
        else this.refused(error)
        return error.message
      }
    })
  }

  /** librdkafka would ask again only in a few seconds. */
  askForTokensAgain () {
    const handles = [...this.withoutToken]
    this.withoutToken.clear()
    this.forgetTokenFailure()
    for (const handle of handles) this.giveToken(handle)
  }

  forgetTokenFailure () {
    if (this.outage === this.tokenFailure) this.outage = null
    this.tokenFailure = null
  }

  // ---- outages ----

  /**
   * A connection has failed.
   *
   * @param {NativeError} error
   */
  broken (error) {
    const { client, advertised } = this
    this.socketError = toSocketError(error)
    advertised.failed(error.message, this.socketError)
    const unreachable = advertised.unreachable()
    if (unreachable.length > 0 && unreachable.length === advertised.all().length) this.connector.bootstrapped()
    const calls = client.ready ? [() => emitAll(client, 'socket_error', this.socketError)] : []
    if (this.isDisconnected) {
      // the last connection has ended, and no new one can be made
      this.isDisconnected = false
      calls.push(() => this.allDown())
    }
    callAll(calls)
  }

  /** The last connection has ended. */
  allEnded () {
    // connections that end, as idle ones do, are no loss as long as a new one can be made
    if (this.client.ready && this.socketError === null) {
      this.isDisconnected = true
      return
    }
    // the cluster is there, but not at the addresses that it advertises: whoever needs it is told
    if (this.advertised.unreachable().length > 0 && this.advertised.all().every(({ wasUp }) => !wasUp)) return
    this.allDown()
  }

  /** No broker can be reached. */
  allDown () {
    const { client } = this
    const isFirst = !this.outage
    this.outage = this.outage || this.socketError || this.closedByBroker()
    this.connector.down(this.outage)
    if (isFirst && client.ready) {
      const cause = new Error('Unable to find available brokers to try')
      emitAll(client, 'error', new NestedError('refreshBrokerMetadata failed', cause))
    }
  }

  /** The error for brokers that silently close connections. */
  closedByBroker () {
    const { ready, options: { sslOptions, sasl } } = this.client
    const fixes = [!sslOptions && 'if it listens with TLS, give sslOptions', !sasl && 'if it asks for SASL, give sasl']
    const hint = ready ? '' : [': the broker closed the connection', ...fixes.filter(Boolean)].join('; ')
    return new BrokerNotAvailableError(`Broker not available${hint}`)
  }

  /**
   * Emits an error that librdkafka repeats with every attempt: once per call of `connect`; later, when a broker no
   * longer accepts what it accepted before, once a minute.
   *
   * @param {Error} error
   */
  tellOnce (error) {
    const key = errorKey(error)
    const last = this.told.get(key)
    const now = monotonicNow()
    if (last !== undefined && (!this.client.ready || now - last < QUIET)) return
    this.told.set(key, now)
    emitAll(this.client, 'error', error)
  }

  /** @param {Error} error */
  hasTold (error) {
    return this.told.has(errorKey(error))
  }

  /**
   * A silent broker has its connection closed. librdkafka then has none, but nobody has refused one either.
   *
   * @param {Error & { native?: NativeError }} error of a request about the cluster
   * @returns {Error}
   */
  unanswered (error) {
    const isWithoutConnection = error.native !== undefined && error.native.code === CODE.TRANSPORT
    const isRefused = this.socketError !== null && this.socketError.code !== 'ETIMEDOUT'
    const failure = isWithoutConnection && !isRefused
      ? new TimeoutError(`Request timed out after ${this.client.options.requestTimeout}ms`)
      : error
    const isAnyReached = this.advertised.all().some(({ wasUp }) => wasUp)
    return isAnyReached ? failure : withCure(failure, this.advertised.unreachable())
  }

  /**
   * The error that a send ends with.
   *
   * @param {NativeError} error
   * @param {number | undefined} leader id of the partition's leader, if it is known
   * @returns {Error}
   */
  sendFailed (error, leader) {
    const failure = toError(error, this.client.options.requestTimeout)
    return withCure(failure, this.advertised.unreachable().filter(({ id }) => id === leader))
  }
}

/** @param {Error & { code?: string }} error */
function errorKey ({ name, code }) {
  return `${name} ${code}`
}

module.exports = { Connections }
