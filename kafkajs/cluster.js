'use strict'

const {
  KafkaJSConnectionClosedError, KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSSASLAuthenticationError
} = require('./errors')
const { brokerList, clientOptions } = require('./clientConfig')
const { connectionError, saslError, toError, withNative } = require('./nativeErrors')
const { emitAnswered } = require('./requestEvents')
const { createRetry, pausesOf, retryOptions } = require('./retry')
const { Topics } = require('./topics')
const { giveToken } = require('../core/cluster/tokens')
const { CODE, ConfigError, isGone, isTimeout, isTlsError } = require('../core/errors')
const { ConsumerHandle, ProducerHandle } = require('../core/handles')
const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = require('../core/scheduling/timers')

/**
 * What each producer, consumer and admin has of its own: native handles, the connection, what is known of topics.
 *
 * @typedef {import('./logger').Logger} Logger
 * @typedef {import('./errors').KafkaJSError} KafkaJSError
 * @typedef {import('./clientConfig').ClientOptions} ClientOptions
 * @typedef {import('../core/protocol').ProducerOptions} ProducerOptions
 * @typedef {import('../core/protocol').ConsumerOptions} ConsumerOptions
 * @typedef {Partial<ProducerOptions> & Pick<ProducerOptions, 'acks'>} ProducerSettings
 * @typedef {Partial<ConsumerOptions> & Omit<ConsumerOptions, keyof ClientOptions>} ConsumerSettings
 * @typedef {import('../core/errors').ErrorData} ErrorData
 * @typedef {import('../core/protocol').ClusterMetadata} ClusterMetadata
 * @typedef {import('../core/handles/events').AnsweredEvent} AnsweredEvent
 * @typedef {import('../core/handles/events').HandleEvent} HandleEvent
 * @typedef {import('../core/wire/records').RecordBatch} RecordBatch
 *
 * @typedef {object} Attempt to connect
 * @property {() => void} succeeded
 * @property {(error: unknown) => void} failed
 * @property {(error: unknown) => void} down no broker can be reached: it fails unless that changes at once
 */

/** The longest time a timer takes, ms; also how often the timer fires that keeps the process alive. */
const MAX_TIMER = 0x7fffffff
/** A known outage makes an attempt to connect fail after this time, ms: librdkafka tries again as often. */
const DOWN_GRACE = 150
/** How long metadata is asked for at a time while there may be no connection, ms. */
const METADATA_TIMEOUT = 30000
/** Records and KiB that a producer's handle takes. Its door bounds them lower, and waits. */
const QUEUE_MESSAGES = 4000000
const QUEUE_KBYTES = 1024 * 1024

const noop = () => {}

class Cluster {
  /**
   * @param {object} options
   * @param {import('./clientConfig').KafkaOptions} options.config
   * @param {Logger} options.logger the root one
   * @param {import('./retry').GivenRetry} [options.retry] the `Kafka`'s: for connecting and metadata
   * @param {import('./instrumentation').InstrumentationEmitter | null} [options.instrumentationEmitter]
   * @param {number} [options.metadataMaxAge] ms
   * @param {boolean} [options.allowAutoTopicCreation]
   * @param {number | null} [options.maxInFlightRequests]
   */
  constructor ({
    config, logger, retry, instrumentationEmitter = null, metadataMaxAge = 300000, allowAutoTopicCreation = true,
    maxInFlightRequests = null
  }) {
    this.config = config
    this.rootLogger = logger
    this.logger = logger.namespace('Cluster')
    this.connectionLogger = logger.namespace('Connection')
    this.poolLogger = logger.namespace('BrokerPool')
    this.retry = retry
    this.instrumentationEmitter = instrumentationEmitter
    this.metadataMaxAge = metadataMaxAge
    this.allowAutoTopicCreation = allowAutoTopicCreation
    this.maxInFlightRequests = maxInFlightRequests
    /** @type {ClientOptions | null} while there are handles */
    this.native = null
    /** @type {Set<ProducerHandle | ConsumerHandle>} */
    this.handles = new Set()
    /** @type {ProducerHandle | ConsumerHandle | null} the one that answers questions about the cluster */
    this.primary = null
    /** @type {() => ProducerHandle | ConsumerHandle} */
    this.openPrimary = () => this.openProducer({ acks: 1 })
    /** @type {Set<string>} addresses of connections that are up */
    this.up = new Set()
    /** @type {KafkaJSError | null} why no broker can be reached at the moment */
    this.outage = null
    /** @type {KafkaJSError | null} why the last connection could not be made */
    this.lastFailure = null
    /** @type {Map<string, import('../core/handles/events').CertificateEvent>} by broker, why its was refused */
    this.refusedCertificates = new Map()
    this.isConnectedNow = false
    /** @type {Promise<void> | null} */
    this.connecting = null
    /** @type {Promise<void> | null} */
    this.closing = null
    /** @type {Attempt | null} */
    this.attempt = null
    this.isAsking = false
    this.isFindingBrokers = false
    /** counts connects and disconnects: what was begun before the last one is obsolete */
    this.round = 0
    /** @type {NodeJS.Timeout | null} */
    this.alive = null
    /** @type {{ REQUEST: string, REQUEST_TIMEOUT: string } | null} */
    this.requestEvents = null
    /** @type {(answered: AnsweredEvent) => void} */
    this.othersAnswered = noop
    this.areRequestsWatched = false
    this.topics = new Topics({
      request: (request, callback) => this.ask(request, callback),
      explain: error => this.explain(error, 'Metadata'),
      maxAge: metadataMaxAge,
      pauses: pausesOf(retryOptions(retry)),
      timeout: () => (this.native && this.native.requestTimeout) || METADATA_TIMEOUT,
      isOver: () => this.primary === null
    })
    // where tracing agents look for the cluster's id and the version of Produce
    this.brokerPool = {
      /** @type {Pick<ClusterMetadata, 'clusterId' | 'controllerId' | 'brokers'> | null} */
      metadata: null,
      versions: { 0: { minVersion: 0, maxVersion: 7 } }
    }
  }

  // ---- connecting ----

  isConnected () {
    return this.isConnectedNow
  }

  /** Empty while there are no handles. */
  get clientId () {
    return this.native === null ? '' : this.native.clientId
  }

  /** Whether any broker is connected at the moment. */
  isUp () {
    return this.up.size > 0
  }

  /**
   * Resolves when a broker is connected and has taken the credentials; rejects as KafkaJS does when none can be had.
   *
   * @returns {Promise<void>}
   */
  async connect () {
    while (this.closing !== null) await this.closing
    if (this.isConnectedNow) return
    if (this.connecting === null) {
      this.connecting = this.tryToConnect().then(() => { this.connecting = null }, error => {
        this.connecting = null
        throw error
      })
    }
    return this.connecting
  }

  async tryToConnect () {
    const round = ++this.round
    this.keepAlive()
    try {
      await createRetry(this.retry)(async (bail, retryCount, retryTime) => {
        try {
          this.checkRound(round)
          if (this.native === null) {
            this.native = await clientOptions(this.config, {
              allowAutoTopicCreation: this.allowAutoTopicCreation,
              warn: message => this.logger.warn(message)
            })
            this.checkRound(round)
          }
          if (this.primary === null) this.primary = this.openPrimary()
          await this.connected()
        } catch (error) {
          const { name, message, retriable } = /** @type {import('./errors').Caught} */ (error)
          if (round === this.round) {
            this.poolLogger.error(name === 'KafkaJSConnectionError'
              ? `Failed to connect to seed broker, trying another broker from the list: ${message}`
              : message, { retryCount, retryTime })
          }
          // a function that gives the brokers is asked again
          if (this.primary === null) this.native = null
          const isOver = round !== this.round || /^Failed to connect: "config.brokers" threw/.test(message)
          if (retriable && !isOver) throw error
          bail(error)
        }
      })
      this.checkRound(round)
      this.isConnectedNow = true
    } catch (error) {
      if (round === this.round) await this.closeHandles(0)
      throw error
    }
  }

  /** @param {number} round */
  checkRound (round) {
    if (round !== this.round) throw new KafkaJSConnectionClosedError('Closed connection')
  }

  /** One attempt: a connection that is up, or why there is none. */
  connected () {
    return /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
      if (this.up.size > 0) return resolve()
      const timeout = () => attempt.failed(this.lastFailure || new KafkaJSConnectionError('Connection timeout',
        { broker: /** @type {ClientOptions} */ (this.native).brokers, code: 'ETIMEDOUT' }))
      let timer = setTimeout(timeout, /** @type {ClientOptions} */ (this.native).connectTimeout)
      let isDown = false
      const over = () => {
        clearTimeout(timer)
        if (this.attempt === attempt) this.attempt = null
      }
      /** @type {Attempt} */
      const attempt = {
        succeeded: () => {
          over()
          resolve()
        },
        failed: error => {
          over()
          reject(error)
        },
        down: error => {
          // librdkafka says so with each attempt of its own: only the first time sets the clock
          if (isDown) return
          isDown = true
          clearTimeout(timer)
          timer = setTimeout(() => attempt.failed(error), DOWN_GRACE)
        }
      }
      this.attempt = attempt
      if (this.outage !== null) attempt.down(this.outage)
      this.askForBrokers()
    }))
  }

  /** A question is what makes librdkafka connect. */
  askForBrokers () {
    if (this.isAsking) return
    this.isAsking = true
    const { primary } = this
    this.ask({ op: 'metadata', topics: [], timeout: METADATA_TIMEOUT }, error => {
      this.isAsking = false
      if (primary !== this.primary || primary === null) return
      if (!error) {
        if (this.attempt !== null) this.attempt.succeeded()
      } else if (this.attempt !== null) {
        this.askForBrokers()
      }
    })
  }

  // ---- handles ----

  /**
   * Asks for a handle. It is the cluster's to close.
   *
   * @param {ProducerSettings} settings
   * @param {(event: HandleEvent) => void} [others] takes what is not about the connection, and fatal errors
   * @returns {ProducerHandle}
   */
  openProducer (settings, others) {
    const options = {
      codec: 'none',
      queueMessages: QUEUE_MESSAGES,
      queueKbytes: QUEUE_KBYTES,
      ...(this.maxInFlightRequests ? { maxInFlight: this.maxInFlightRequests } : {}),
      .../** @type {ClientOptions} */ (this.native),
      ...settings
    }
    return this.open(events => new ProducerHandle(options, events), others)
  }

  /**
   * @param {ConsumerSettings} settings
   * @param {{ event: (event: HandleEvent) => void, records: (batch: RecordBatch) => void }} events
   * @returns {ConsumerHandle}
   */
  openConsumer (settings, { event, records }) {
    const options = { .../** @type {ClientOptions} */ (this.native), ...settings }
    return this.open(events => new ConsumerHandle(options, { ...events, records }), event)
  }

  /**
   * @template {ProducerHandle | ConsumerHandle} Handle
   * @param {(events: { event: (event: HandleEvent) => void }) => Handle} make
   * @param {(event: HandleEvent) => void} [others]
   * @returns {Handle}
   */
  open (make, others = noop) {
    try {
      /** @type {Handle} */
      const handle = make({ event: event => this.heard(handle, event, others) })
      this.handles.add(handle)
      if (this.areRequestsWatched) handle.request({ op: 'reportRequests', on: true }, noop)
      return handle
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw new KafkaJSNonRetriableError(error)
    }
  }

  /**
   * @param {ProducerHandle | ConsumerHandle} handle
   * @param {number} flush ms for which a producer's handle goes on delivering
   * @returns {Promise<void>} fulfilled when it has closed
   */
  closeHandle (handle, flush) {
    this.handles.delete(handle)
    return new Promise(resolve => {
      if (handle instanceof ProducerHandle) handle.close(flush, resolve)
      else handle.close(resolve)
    })
  }

  /**
   * @param {ProducerHandle | ConsumerHandle} handle
   * @param {HandleEvent} event
   * @param {(event: HandleEvent) => void} others
   */
  heard (handle, event, others) {
    switch (event.type) {
      case 'log': return this.log(event)
      case 'certificate': return this.refusedCertificates.set(event.broker, event)
      case 'broker': return this.brokerChanged(event)
      case 'tokenWanted': return this.giveToken(handle)
      case 'answered': return this.answered(event)
      case 'error':
        if (event.topic === null && this.failed(event.error, handle)) return
    }
    others(event)
  }

  /** @param {ProducerHandle | ConsumerHandle} handle that wants a token */
  giveToken (handle) {
    giveToken(handle, {
      provide: () => /** @type {import('./clientConfig').TokenSasl} */ (this.config.sasl).oauthBearerProvider(),
      principal: 'kafkajs',
      given: () => {
        if (this.up.size > 0) this.outage = null
      },
      refused: failure => {
        const error = noToken(failure)
        if (this.attempt !== null) this.attempt.failed(error)
        this.connectionLogger.error(`SASL OAUTHBEARER: there is no token: ${error.message}`)
        return error.message
      }
    })
  }

  /** @param {{ level: number, facility: string, text: string }} line */
  log ({ level, facility, text }) {
    // the text is librdkafka's own; what is wrong is told by errors and KafkaJS's lines
    const write = level <= 2 ? this.connectionLogger.error : this.connectionLogger.debug
    write(text, { clientId: this.native && this.native.clientId, facility })
  }

  /** @param {{ id: number, host: string, port: number, state: string }} event */
  brokerChanged ({ id, host, port, state }) {
    // what is known by another number by now; connections to coordinators have a name and no port
    if (id < 0 && port !== 0 && state === 'DOWN') return
    const address = `${host}:${port}`
    if (state === 'UP') {
      this.up.add(address)
      this.outage = null
      this.lastFailure = null
      this.refusedCertificates.delete(address)
      if (this.attempt !== null) this.attempt.succeeded()
    } else if (state === 'DOWN') {
      this.up.delete(address)
    }
  }

  /**
   * @param {ErrorData} error
   * @param {unknown} handle
   * @returns {boolean} false for an error that is not about the connection
   */
  failed (error, handle) {
    const { code } = error
    if (code === CODE.AUTHENTICATION) {
      const failure = withNative(saslError(error, this.native && this.native.sasl && this.native.sasl.mechanism), error)
      this.lastFailure = failure
      if (this.up.size === 0) this.outage = failure
      if (this.attempt !== null) this.attempt.failed(failure)
      else this.connectionLogger.error(failure.message, { clientId: this.native && this.native.clientId })
      return true
    }
    if (code === CODE.TRANSPORT || code === CODE.RESOLVE || isTlsError(error)) {
      const isFirst = this.lastFailure === null
      const failure = withNative(connectionError(error, [...this.refusedCertificates.values()]), error)
      this.lastFailure = failure
      if (handle === this.primary && isFirst && (this.attempt !== null || failure.code !== undefined)) {
        const { clientId } = /** @type {ClientOptions} */ (this.native)
        this.connectionLogger.error(failure.message, { broker: failure.broker, clientId })
      }
      if (isTlsError(error) && this.attempt !== null) this.attempt.down(failure)
      return true
    }
    if (code === CODE.ALL_BROKERS_DOWN) {
      this.outage = this.lastFailure || this.closedByBroker()
      if (this.attempt !== null) this.attempt.down(this.outage)
      if (handle === this.primary) this.findBrokers()
      return true
    }
    return false
  }

  /** No broker can be reached: a function that gives them may know of others by now. */
  async findBrokers () {
    if (typeof this.config.brokers !== 'function' || this.isFindingBrokers) return
    this.isFindingBrokers = true
    try {
      const brokers = (await brokerList(this.config.brokers)).join(',')
      for (const handle of this.handles) handle.request({ op: 'addBrokers', brokers }, noop)
    } catch (error) {
      this.poolLogger.error(/** @type {Error} */ (error).message)
    } finally {
      this.isFindingBrokers = false
    }
  }

  /** The error for brokers that silently close connections. */
  closedByBroker () {
    const { brokers } = /** @type {ClientOptions} */ (this.native)
    const [, host, port] = /^(.*):(\d+)$/.exec(brokers.split(',')[0]) || []
    return new KafkaJSConnectionClosedError('Closed connection', { host, port: Number(port) })
  }

  // ---- events of requests ----

  /**
   * From now on requests are told by these events, while somebody listens.
   *
   * @param {{ REQUEST: string, REQUEST_TIMEOUT: string }} events of the kind of client that this is for
   * @param {{ events: string[], answered: (answered: AnsweredEvent) => void }} [others] further events
   *   that tell of requests
   */
  watchRequests (events, others = { events: [], answered: noop }) {
    const emitter = this.instrumentationEmitter
    if (emitter === null) return
    this.requestEvents = events
    this.othersAnswered = others.answered
    const watched = [events.REQUEST, events.REQUEST_TIMEOUT, ...others.events]
    emitter.watchers.add(() => {
      const isWatched = watched.some(event => emitter.hasListeners(event))
      if (isWatched === this.areRequestsWatched) return
      this.areRequestsWatched = isWatched
      for (const handle of this.handles) handle.request({ op: 'reportRequests', on: isWatched }, noop)
    })
  }

  /** @param {AnsweredEvent} event */
  answered (event) {
    if (this.instrumentationEmitter === null || this.requestEvents === null) return
    emitAnswered(this.instrumentationEmitter, this.requestEvents, this.clientId, event)
    this.othersAnswered(event)
  }

  // ---- questions ----

  /**
   * @template {import('../core/handles/events').Op} O
   * @param {import('../core/handles/events').Asking<O>} request
   * @param {import('../core/handles/events').Answered<O>} callback
   */
  ask (request, callback) {
    // one that has failed for good has been given up
    if (this.primary === null && this.isConnectedNow && this.closing === null) this.primary = this.openPrimary()
    const { primary } = this
    if (primary === null) {
      const closed = { code: CODE.DESTROY, name: '_DESTROY', message: 'not connected', retriable: true, fatal: false }
      setImmediate(/** @type {(error: ErrorData) => void} */ (callback), closed)
      return
    }
    primary.request(request, (error, result) => {
      if (error === null && request.op === 'metadata') this.learned(/** @type {ClusterMetadata} */ (result))
      callback(error, result)
    })
  }

  /** @param {ClusterMetadata} result */
  learned ({ brokers, clusterId, controllerId }) {
    const known = this.brokerPool.metadata
    this.brokerPool.metadata = { clusterId: clusterId || (known && known.clusterId), controllerId, brokers }
  }

  /**
   * @template {import('../core/handles/events').Op} O
   * @param {import('../core/handles/events').Asking<O>} request
   * @param {string} [what] it is called in an error
   * @returns {Promise<import('../core/handles/events').Result<O>>} rejected with KafkaJS's errors
   */
  request (request, what) {
    return new Promise((resolve, reject) => this.ask(request, (error, result) => {
      if (error === null) return resolve(result)
      reject(this.explain(error, what))
    }))
  }

  /**
   * @param {ErrorData} error of a request
   * @param {string} [what] was asked
   * @returns {KafkaJSError} that of the connection, where there is none
   */
  explain (error, what) {
    return this.outage !== null && (isTimeout(error) || isGone(error)) ? this.outage : toError(error, what)
  }

  /**
   * Learns the partitions of topics, which may create them.
   *
   * @param {string[]} topics
   * @returns {Promise<void>}
   */
  addMultipleTargetTopics (topics) {
    return new Promise((resolve, reject) =>
      this.topics.learn(topics, error => { error === null ? resolve() : reject(error) }))
  }

  /** @param {string} topic */
  findTopicPartitionMetadata (topic) {
    return this.topics.partitionsOf(topic)
  }

  /** Makes sure of `brokerPool.metadata`, as tracing agents do. */
  async refreshMetadataIfNecessary () {
    if (this.brokerPool.metadata === null) await this.refreshMetadata()
  }

  async refreshMetadata () {
    await this.request({ op: 'metadata', topics: [], timeout: METADATA_TIMEOUT }, 'Metadata')
  }

  // ---- closing ----

  /**
   * Closes the handle that answers questions: that is how a consumer leaves its group. The next `connect` opens it
   * again.
   *
   * @returns {Promise<void>}
   */
  async closePrimary () {
    const { primary } = this
    if (primary === null) return
    this.primary = null
    this.isConnectedNow = false
    this.up.clear()
    await this.closeHandle(primary, 0)
  }

  /** While a client is connected, the process stays alive. */
  keepAlive () {
    if (this.alive === null) this.alive = setInterval(noop, MAX_TIMER)
  }

  /**
   * Closes everything. It can be connected again.
   *
   * @param {number} [flush] ms for which producers' handles go on delivering
   * @returns {Promise<void>}
   */
  async disconnect (flush = 0) {
    this.round++
    if (this.attempt !== null) this.attempt.failed(new KafkaJSConnectionClosedError('Closed connection'))
    await this.closeHandles(flush)
  }

  /**
   * @param {number} flush ms
   * @returns {Promise<void>}
   */
  closeHandles (flush) {
    if (this.closing !== null) return this.closing
    const handles = [...this.handles]
    const closed = Promise.all(handles.map(handle => this.closeHandle(handle, flush))).then(() => {
      this.closing = null
      this.primary = null
      this.native = null
      this.isConnectedNow = false
      this.outage = null
      this.lastFailure = null
      this.up.clear()
      this.topics.close()
      this.refusedCertificates.clear()
      clearInterval(/** @type {NodeJS.Timeout} */ (this.alive))
      this.alive = null
    })
    this.closing = closed
    return closed
  }
}

/** @param {import('../core/cluster/tokens').TokenFailure} failure @returns {Error} */
function noToken (failure) {
  if ('thrown' in failure) {
    const { thrown } = failure
    return thrown instanceof Error ? thrown : new KafkaJSSASLAuthenticationError(`${thrown}`)
  }
  const { reason } = failure
  return new KafkaJSSASLAuthenticationError('SASL OAUTHBEARER: Invalid OAuth bearer token' +
    (reason === undefined ? '' : `: ${reason}`))
}

module.exports = { Cluster, METADATA_TIMEOUT }
