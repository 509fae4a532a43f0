'use strict'

const { AdoptableEmitter, callable } = require('./internal/callable')
const {
  callbackOf, checkArray, checkObject, optionsOf, textOf, wrongType
} = require('./internal/arguments')
const getLogger = require('./logging')
const clusterRequests = require('./internal/clusterRequests')
const { librdkafkaVersion } = require('../core/addon')
const { ConsumerHandle, ProducerHandle } = require('../core/handles/index')
const {
  clientOptions, consumerOptions, defaultsDeep, inOurWords, noAckBatch, producerOptions
} = require('./internal/options')
const { AdvertisedBrokers } = require('../core/cluster/advertisedBrokers')
const { TopicLookup } = require('../core/cluster/topicLookup')
const { Waiter } = require('../core/cluster/waiter')
const { SendOrder } = require('../core/producer/sendOrder')
const { callAll } = require('../core/scheduling/callAll')
const { emitAll } = require('./internal/emitAll')
const { hidePrivate } = require('./internal/hidePrivate')
const { parseHosts, checkPorts } = require('./internal/hosts')
const { hideSecrets, maskSecrets } = require('./internal/redact')
const { RetrySchedule } = require('./internal/retrySchedule')
const { CODE, answerTo, isTlsError, toError, toSocketError, toTlsError, withCure } = require('./internal/nativeErrors')
const { errorName } = require('./internal/errorCodes')
const { createTopicPartitionList, validateConfig, validateTopicNames } = require('./utils')
const { BrokerNotAvailableError, InvalidConfigError, TopicsNotExistError } = require('./errors')
const NestedError = require('./internal/errors/NestedError')
const TimeoutError = require('./errors/TimeoutError')
const { setValue, valueOf } = require('../core/keyed')
const {
  clearInterval, clearTimeout, monotonicNow, setImmediate, setInterval, setTimeout
} = require('../core/scheduling/timers')

const logger = getLogger('kafka-node:KafkaClient')

const DEFAULTS = {
  kafkaHost: 'localhost:9092',
  connectTimeout: 10000,
  requestTimeout: 30000,
  idleConnection: 5 * 60 * 1000,
  reconnectOnIdle: true,
  autoConnect: true,
  versions: {
    disabled: false,
    requestTimeout: 500
  },
  connectRetryOptions: {
    retries: 5,
    factor: 2,
    minTimeout: 1000,
    maxTimeout: 60 * 1000,
    randomize: true
  },
  maxAsyncRequests: 10,
  noAckBatchOptions: null
}

const noop = () => {}

/**
 * Handles of group members, in all clients: who commits as a member may do so through another client.
 *
 * @type {Set<ConsumerHandle>}
 */
const members = new Set()

/** How long `close` waits for sends in flight, ms. */
const CLOSE_FLUSH = 3000

/** The longest time a timer takes, ms; also how often the timer fires that keeps the process alive. */
const MAX_TIMER = 0x7fffffff

/** A known outage makes an attempt to connect fail after this time, ms: librdkafka tries again as often. */
const DOWN_GRACE = 150

/**
 * How long the first answer of the whole cluster may take once its brokers are known, ms. With brokers that cannot be
 * reached under the addresses that they advertise it may never come.
 */
const ADVERTISED_WAIT = 1000

/** Pauses between the requests of `refreshMetadata`, ms (kafka-node's schedule: 8.4 s altogether). */
const REFRESH_PAUSES = [200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000]

/** How long a send waits for a client that is not connecting, ms (as long as kafka-node looked for metadata). */
const UNCONNECTED_WAIT = 8400

const REQUEST_TIMED_OUT = 7
const NOT_CONTROLLER = 41
/** Codes that a topic's creation fails with, but that say nothing about the topic. */
const OF_THE_WHOLE_REQUEST = new Set([REQUEST_TIMED_OUT, NOT_CONTROLLER])

/** The broker's words for such an assignment, which librdkafka cannot send. */
const INCOMPLETE_ASSIGNMENT = 'partitions should be a consecutive 0-based integer sequence'

/** Codes of partitions that are usable (replica not available is). */
const USABLE = new Set([0, 9])

/**
 * One attempt to connect.
 *
 * @typedef {object} Attempt
 * @property {(error: Error) => void} failed
 * @property {(error: Error) => void} unanswered what became of the question for the cluster
 * @property {() => void} succeeded also when it is given up
 * @property {(error: Error) => void} down no broker answers: it fails unless that changes at once
 */

/**
 * A connection to a Kafka cluster, to be shared by producers or given to a consumer.
 *
 * It owns the native handles of everything built on it. The first one, opened by `connect`, also answers questions
 * about the cluster: it is a consumer's handle when the client was given to a consumer before, else a producer's.
 */
class KafkaClient extends AdoptableEmitter {
  /**
   * @param {any} [options] completed in place with the defaults
   */
  constructor (options) {
    super()
    this.options = defaultsDeep(optionsOf(options), DEFAULTS)
    this.sslOptions = this.options.sslOptions
    this.ssl = !!this.sslOptions
    if (this.options.ssl === true) {
      this.options.ssl = {}
      if (!this.ssl) logger.warn('ssl: true alone does not encrypt the connection: give sslOptions (it may be {})')
    }
    if (this.options.clientId) validateConfig('clientId', this.options.clientId)
    this.clientId = this.options.clientId || 'kafka-node-client'
    this.noAckBatchOptions = this.options.noAckBatchOptions
    this.brokers = {}
    this.longpollingBrokers = {}
    /** @type {Record<string, Record<string, any>>} */
    this.topicMetadata = {}
    /** @type {Record<string, { nodeId: number, host: string, port: number }>} */
    this.brokerMetadata = {}
    /** @type {{ controllerId?: number }} */
    this.clusterMetadata = {}
    this.correlationId = 0
    this.ready = false
    this.connecting = false
    this.brokerMetadataLastUpdate = 0
    const { kafkaHost } = this.options
    if (typeof kafkaHost !== 'string') throw wrongType('kafkaHost', 'a string', kafkaHost)
    this.initialHosts = parseHosts(kafkaHost)
    // refused here and not when the first connection fails
    const native = clientOptions(this)
    // in a closure: it holds secrets
    this._native = () => native
    maskSecrets(this.options)
    this._noAckBatch = noAckBatch(this.noAckBatchOptions)
    /** @type {Set<ProducerHandle | ConsumerHandle>} */
    this._handles = new Set()
    /** @type {Map<string, ProducerHandle>} by what they are set to */
    this._producers = new Map()
    /** what is sent first is written first, whichever producer sends it */
    this._sends = new SendOrder()
    /** @type {any} the handle that answers questions about the cluster */
    this._primary = null
    /** @type {{ open: () => ProducerHandle | ConsumerHandle } | null} who opens it */
    this._claim = null
    /** @type {Attempt | null} the attempt to connect that is in progress */
    this._attempt = null
    /** @type {any} */
    this._retryTimer = null
    /** @type {any} */
    this._alive = null
    /** @type {Set<string>} addresses of connections that are up */
    this._up = new Set()
    this._advertised = new AdvertisedBrokers()
    /** @type {any} until the client makes do with what it knows of the brokers */
    this._advertisedTimer = null
    /** whether topics and controller are still to be learned: what made the client ready were the brokers alone */
    this._brokersOnly = false
    this._connections = 0
    /** @type {Error | null} why no broker can be reached at the moment */
    this._outage = null
    /** @type {Error | null} why the last attempt to connect failed, as long as none has succeeded */
    this._socketError = null
    /** whether the last connection has ended, and none has been refused since */
    this._disconnected = false
    this._metadataPending = false
    /** whether the brokers were away when this client began to connect */
    this._cameLate = false
    this._refreshing = false
    this._waiter = new Waiter()
    this._lookup = new TopicLookup({
      ask: (topics, answer) => this._askForTopics(topics, answer),
      pauses: REFRESH_PAUSES,
      isOver: () => this.closing
    })
    this.closing = false
    /** @type {Array<(err: null) => void>} */
    this._closeCallbacks = []
    this._closed = false
    /** @type {Map<string, number>} when an error was last emitted, by class and code */
    this._lastErrors = new Map()
    /** @type {Map<string, any>} by broker, why its certificate was refused */
    this._refusedCertificates = new Map()
    hidePrivate(this)
    if (this.options.autoConnect) this.connect()
  }

  // ---- connecting ----

  /** Starts connecting; does nothing while connecting or after `close`. */
  connect () {
    if (this.connecting) {
      logger.debug('connect request ignored. Client is currently connecting')
      return
    }
    checkPorts(this.options.kafkaHost, this.initialHosts)
    this.connecting = true
    if (this.closing) return
    this._lastErrors.clear()
    this._keepAlive()
    const schedule = new RetrySchedule(this.options.connectRetryOptions || DEFAULTS.connectRetryOptions)
    // not at once: a consumer that is made of this client in the same tick shares its handle with it
    setImmediate(() => {
      // connected meanwhile, if the answer to an earlier attempt came late
      if (this.closing || !this.connecting) return
      try {
        if (!this._primary) this._openPrimary()
      } catch (error) {
        this.connecting = false
        this._release()
        emitAll(this, 'error', error)
        return
      }
      this._tryToConnect(schedule)
    })
  }

  /** @param {RetrySchedule} schedule */
  _tryToConnect (schedule) {
    const { connectTimeout } = this._native()
    const tooLate = () => new TimeoutError(`Connection timeout of ${connectTimeout}ms exceeded`)
    let isDown = false
    /** @type {any} */
    let timer = setTimeout(() => attempt.failed(tooLate()), connectTimeout)
    /** @type {Attempt} */
    const attempt = {
      failed: (/** @type {Error} */ error) => {
        if (this._attempt !== attempt) return
        clearTimeout(timer)
        this._attempt = null
        const pause = schedule.next(error)
        if (pause === null) {
          this.connecting = false
          this._release()
          const calls = this._waiter.take(new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)'))
          const error = schedule.mainError()
          // a refusal by the broker, or of its certificate, was told at once
          if (!this._lastErrors.has(errorKey(error))) calls.push(() => emitAll(this, 'error', error))
          callAll(calls)
          return
        }
        this._retryTimer = setTimeout(() => this._tryToConnect(schedule), pause)
      },
      // librdkafka's clock runs beside ours, and calls a broker that says nothing one that is not there
      unanswered: (/** @type {Error} */ error) => attempt.failed(isDown || !isSilence(error) ? error : tooLate()),
      succeeded: () => clearTimeout(timer),
      down: (/** @type {Error} */ error) => {
        // librdkafka says so with each attempt of its own: only the first time sets the clock
        if (isDown) return
        isDown = true
        this._cameLate = true
        clearTimeout(timer)
        timer = setTimeout(attempt.failed, DOWN_GRACE, error)
      }
    }
    this._attempt = attempt
    if (this._outage) attempt.down(this._outage)
    this._askForCluster()
  }

  /** The answer makes the client ready, also between two attempts to connect. */
  _askForCluster () {
    if (this._metadataPending) return
    this._metadataPending = true
    const wasUp = this._up.size > 0
    this._request(this._primary, { op: 'metadata', topics: null, timeout: this._native().connectTimeout },
      (/** @type {Error | null} */ error, /** @type {any} */ result) => {
        this._metadataPending = false
        if (this.closing) return
        if (this._brokersOnly && !error) {
          this._brokersOnly = false
          this.updateMetadatas(toMetadata(result), true)
        }
        if (!this.connecting) return
        if (!error) return this._connected(result)
        if (this._attempt) this._attempt.unanswered(error)
        // the broker came while the question was given up
        if (!wasUp && this._up.size > 0 && this.connecting) setTimeout(() => this._brokerCame(), DOWN_GRACE).unref()
      })
  }

  /**
   * A broker has answered under its address in `kafkaHost`, and none does under the one that it advertises: as with
   * kafka-node, the answer makes the client ready.
   */
  _bootstrapped () {
    if (this.closing || !this.connecting) return
    this._brokersOnly = true
    const brokers = this._advertised.all().map(({ id, host, port }) => ({ nodeId: id, host, port }))
    this._connected({ brokers, topics: [], controllerId: undefined })
  }

  /** A broker is there. The next attempt may be far away, as their pauses grow: it is asked now. */
  _brokerCame () {
    if (this.connecting && !this.closing) this._askForCluster()
  }

  /** @param {any} metadata */
  _connected (metadata) {
    if (this._attempt) this._attempt.succeeded()
    clearTimeout(this._retryTimer)
    clearTimeout(this._advertisedTimer)
    this._attempt = null
    this._outage = null
    this.connecting = false
    this.updateMetadatas(toMetadata(metadata), true)
    const calls = this._connections === 0 ? this._connectionUp('') : []
    this.ready = true
    callAll([...calls, () => emitAll(this, 'ready'), ...this._waiter.take(null)])
  }

  /**
   * Calls back when the client is ready, or with an error when it has failed, is closed, or takes too long. The one
   * place where calls wait for the client.
   *
   * @param {(err: any) => void} callback
   * @param {boolean} [forEver] without a limit of time: until the client is ready or gives up
   */
  _whenReady (callback, forEver = false) {
    if (this.closing) {
      setImmediate(callback, new BrokerNotAvailableError('Broker not available (sendRequest -> ensureBrokerReady)'))
      return
    }
    if (this.ready) return callback(null)
    const { requestTimeout } = this.options
    this._waiter.wait(callback, forEver ? undefined : {
      ms: this.connecting ? requestTimeout || MAX_TIMER : UNCONNECTED_WAIT,
      error: () => this.connecting
        ? new TimeoutError(`Request timed out after ${requestTimeout}ms`)
        : new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)')
    })
  }

  /**
   * Goes on when the client is ready, however long that takes.
   *
   * @param {(err: Error) => void} callback called instead when it has failed or is closed
   * @param {() => void} call
   */
  _onceReady (callback, call) {
    this._whenReady(error => { error ? callback(error) : call() }, true)
  }

  /** Whether questions to the cluster have to wait, but have something to wait for. */
  _isConnectingFirst () {
    return !this.ready && this.connecting && !this.closing
  }

  /** While a client is open, the process stays alive, as with kafka-node. */
  _keepAlive () {
    if (!this._alive) this._alive = setInterval(noop, MAX_TIMER)
  }

  _release () {
    clearInterval(this._alive)
    this._alive = null
  }

  // ---- handles ----

  /**
   * Makes the client's first handle the one that a producer or consumer needs anyway.
   *
   * @param {{ open: () => ProducerHandle | ConsumerHandle }} claim
   * @returns {boolean} false when the claim came too late
   */
  _claimPrimary (claim) {
    if (this._primary || this._claim || this.closing) return false
    this._claim = claim
    return true
  }

  _openPrimary () {
    this._primary = this._claim ? this._claim.open() : this._producer({ requireAcks: 1 })
  }

  /**
   * The handle for sends with these settings; opened when it is first needed.
   *
   * @param {import('./internal/options').ProducerSettings} settings
   * @returns {ProducerHandle}
   */
  _producer (settings) {
    const options = producerOptions(this._native(), settings)
    const key = JSON.stringify([options.requireAcks, options.ackTimeout, options.codec, options.queueMessages,
      options.queueKbytes, options.librdkafka])
    let handle = this._producers.get(key)
    if (!handle) {
      const batch = options.requireAcks === 0 ? this._noAckBatch : null
      handle = inOurWords(() => new ProducerHandle(options, this._eventsFor(() => handle), batch))
      this._producers.set(key, handle)
      this._handles.add(handle)
    }
    return handle
  }

  /**
   * @param {any} options of the consumer
   * @param {object | null} group `GroupOptions` of src/config/mod.rs
   * @param {{ event: (event: any) => void, records: (views: any) => void }} consumer
   * @returns {ConsumerHandle}
   */
  _openConsumer (options, group, consumer) {
    /** @type {ConsumerHandle} */
    const handle = inOurWords(() => new ConsumerHandle(consumerOptions(this._native(), options, group), {
      ...this._eventsFor(() => handle, event => consumer.event(event)),
      records: consumer.records
    }))
    this._handles.add(handle)
    if (group) members.add(handle)
    return handle
  }

  /**
   * @param {() => any} handle
   * @param {(event: any) => void} [others] takes what is not the client's
   */
  _eventsFor (handle, others) {
    return {
      event: (/** @type {any} */ event) => {
        switch (event.type) {
          case 'log': return this._log(event)
          case 'statistics': return emitAll(this, 'statistics', event.statistics)
          case 'certificate': return this._refusedCertificates.set(event.broker, event)
          case 'broker': return handle() === this._primary && this._brokerChanged(event)
          case 'error':
            if (event.topic === null && this._nativeError(event.error, handle() === this._primary)) return
        }
        if (others) others(event)
      }
    }
  }

  /** @param {{ level: number, facility: string, text: string }} line */
  _log ({ level, facility, text }) {
    // syslog severities
    const write = level <= 3 ? logger.error : level === 4 ? logger.warn : level <= 6 ? logger.info : logger.debug
    write('%s %s: %s', this.clientId, facility, text)
  }

  /** @param {{ id: number, host: string, port: number, state: string }} event */
  _brokerChanged ({ id, host, port, state }) {
    if (this._closed) return
    if (id >= 0 && this._advertised.learn(id, host, port) && this.connecting) {
      this._advertisedTimer = setTimeout(() => this._bootstrapped(), ADVERTISED_WAIT)
    }
    // by address, and without ends of bootstrap connections (id -1): they give way to the same broker's under its id
    const gaveWay = id < 0 && this._advertised.all().length > 0
    const address = `${host}:${port}`
    if (state === 'UP') {
      this._advertised.up(address)
      this._refusedCertificates.delete(address)
      this._brokerCame()
      if (this._up.has(address)) return
      this._up.add(address)
      callAll(this._connectionUp(address))
    } else if (state === 'DOWN' && !gaveWay && this._up.delete(address)) {
      emitAll(this, 'close', { address })
    }
  }

  /**
   * @param {string} address
   * @returns {Array<() => void>} what is to be told
   */
  _connectionUp (address) {
    this._connections++
    this._socketError = null
    this._disconnected = false
    logger.debug('%s connected to %s', this.clientId, address)
    const calls = [() => emitAll(this, 'connect')]
    if (this.ready && this._outage) {
      this._outage = null
      calls.push(() => emitAll(this, 'reconnect'))
    }
    return calls
  }

  /**
   * @param {import('./internal/nativeErrors').NativeError} error
   * @param {boolean} primary
   * @returns {boolean} false for an error that is not about the connection: the handle's owner knows what to do
   */
  _nativeError (error, primary) {
    if (this.closing) return true
    const { code } = error
    const isTls = isTlsError(error)
    if (isTls || code === CODE.AUTHENTICATION) {
      const failure = isTls
        ? toTlsError(error, [...this._refusedCertificates.values()])
        : toError(error, this.options.requestTimeout)
      this._outage = failure
      if (this._attempt) this._attempt.down(failure)
      this._emitOnce(failure)
      return true
    }
    if (error.fatal) {
      const failure = toError(error, this.options.requestTimeout)
      Object.defineProperty(failure, 'code', { value: 'ERR_KAFKA_FATAL', configurable: true })
      emitAll(this, 'error', failure)
      return true
    }
    if (code === CODE.TRANSPORT || code === CODE.RESOLVE) {
      if (!primary) return true
      this._socketError = toSocketError(error)
      this._advertised.failed(error.message, this._socketError)
      const unreachable = this._advertised.unreachable()
      if (unreachable.length > 0 && unreachable.length === this._advertised.all().length) this._bootstrapped()
      const calls = this.ready ? [() => emitAll(this, 'socket_error', this._socketError)] : []
      if (this._disconnected) {
        // the last connection has ended, and no new one can be made
        this._disconnected = false
        calls.push(() => this._allDown())
      }
      callAll(calls)
      return true
    }
    if (code === CODE.ALL_BROKERS_DOWN) {
      if (!primary) return true
      // connections that end, as idle ones do, are no loss while a new one can be made
      if (this.ready && this._socketError === null) {
        this._disconnected = true
        return true
      }
      // the cluster is there, but not under the addresses that it advertises: those who need it are told
      if (this._advertised.unreachable().length > 0 && this._advertised.all().every(({ wasUp }) => !wasUp)) return true
      this._allDown()
      return true
    }
    logger.debug('%s %s: %s', this.clientId, error.name, error.message)
    return false
  }

  /** No broker can be reached. */
  _allDown () {
    const first = !this._outage
    this._outage = this._outage || this._socketError || this._closedByBroker()
    if (this._attempt) this._attempt.down(this._outage)
    if (first && this.ready) {
      const cause = new Error('Unable to find available brokers to try')
      emitAll(this, 'error', new NestedError('refreshBrokerMetadata failed', cause))
    }
  }

  /** The error for brokers that silently close connections. */
  _closedByBroker () {
    const { sslOptions, sasl } = this.options
    const fixes = [!sslOptions && 'if it listens with TLS, give sslOptions', !sasl && 'if it asks for SASL, give sasl']
    const hint = this.ready ? '' : [': the broker closed the connection', ...fixes.filter(Boolean)].join('; ')
    return new BrokerNotAvailableError(`Broker not available${hint}`)
  }

  /**
   * Emits an error that librdkafka repeats with every attempt: once for a call of `connect`; later, when a broker no
   * longer takes what it took before, once a minute.
   *
   * @param {Error} error
   */
  _emitOnce (error) {
    const key = errorKey(error)
    const last = this._lastErrors.get(key)
    const now = monotonicNow()
    if (last !== undefined && (!this.ready || now - last < 60 * 1000)) return
    this._lastErrors.set(key, now)
    emitAll(this, 'error', error)
  }

  // ---- closing ----

  /**
   * Delivers what was sent (for at most 3 s, the rest fails), closes all connections, then calls back with `null`.
   *
   * @param {(err: null) => void} [callback]
   */
  close (callback) {
    if (callback) this._closeCallbacks.push(callbackOf(callback))
    if (this._closed) {
      setImmediate(() => this._callCloseCallbacks())
      return
    }
    if (this.closing) return
    this.closing = true
    clearTimeout(this._retryTimer)
    clearTimeout(this._advertisedTimer)
    if (this._attempt) this._attempt.succeeded()
    this._closeHandles()
    this._waiter.settle(new BrokerNotAvailableError('Broker not available (sendRequest -> ensureBrokerReady)'))
  }

  /** Closes each handle once; the last one that has closed calls back those who wait for it. */
  _closeHandles () {
    let open = this._handles.size
    const closed = () => {
      if (--open > 0) return
      this._closed = true
      this._release()
      const addresses = [...this._up]
      this._up.clear()
      callAll([
        ...addresses.map(address => () => emitAll(this, 'close', { address })),
        () => this._callCloseCallbacks()
      ])
    }
    if (open === 0) {
      open = 1
      setImmediate(closed)
      return
    }
    // a client that gave up connecting did not keep the process alive any more, but its callbacks must come
    this._keepAlive()
    for (const handle of this._handles) {
      if (handle instanceof ProducerHandle) {
        handle.close(CLOSE_FLUSH, closed)
      } else {
        members.delete(handle)
        handle.close(closed)
      }
    }
  }

  _callCloseCallbacks () {
    const callbacks = this._closeCallbacks
    this._closeCallbacks = []
    callAll(callbacks, null)
  }

  // ---- metadata ----

  /**
   * Takes over a metadata answer.
   *
   * @param {any} metadatas as `loadMetadataForTopics` gives it
   * @param {boolean} [replaceTopics] forget topics that are not in it
   */
  updateMetadatas (metadatas, replaceTopics) {
    const [brokers, { metadata, clusterMetadata }] = metadatas
    const changed = JSON.stringify(Object.keys(this.brokerMetadata)) !== JSON.stringify(Object.keys(brokers))
    const known = Object.keys(this.brokerMetadata).length > 0
    this.brokerMetadata = brokers
    if (replaceTopics) this.topicMetadata = metadata
    else for (const topic of Object.keys(metadata)) setValue(this.topicMetadata, topic, metadata[topic])
    if (clusterMetadata) this.clusterMetadata = clusterMetadata
    this.brokerMetadataLastUpdate = Date.now()
    if (changed && known) setImmediate(() => emitAll(this, 'brokersChanged'))
  }

  /**
   * @param {string[] | null} topics null and [] mean all of the cluster; naming one may create it on the broker
   * @param {(err: Error | null, result?: any) => void} [callback] result: brokers by id, and
   *   `{ metadata, clusterMetadata }`; while the client connects for the first time, it waits for that
   */
  loadMetadataForTopics (topics, callback) {
    callback = callbackOf(callback)
    const named = namesOf(topics)
    if (this._isConnectingFirst()) {
      this._whenReady(error => { error ? callback(error) : this.loadMetadataForTopics(named, callback) })
      return
    }
    if (!this.ready || this.closing) {
      setImmediate(callback, new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)'))
      return
    }
    this._request(this._primary, { op: 'metadata', topics: named, timeout: this._requestTimeout() },
      (/** @type {any} */ error, /** @type {any} */ result) => {
        if (error) callback(this._unanswered(error))
        else callback(null, toMetadata(result))
      })
  }

  /**
   * A broker that is silent loses its connection for that. librdkafka then has none, but nobody has refused one either.
   *
   * @param {Error & { native?: import('./internal/nativeErrors').NativeError }} error of a request
   * @returns {Error}
   */
  _unanswered (error) {
    const isWithoutConnection = error.native !== undefined && error.native.code === CODE.TRANSPORT
    const isRefused = this._socketError !== null && /** @type {any} */ (this._socketError).code !== 'ETIMEDOUT'
    const failure = isWithoutConnection && !isRefused
      ? new TimeoutError(`Request timed out after ${this.options.requestTimeout}ms`)
      : error
    const isAnyReached = this._advertised.all().some(({ wasUp }) => wasUp)
    return isAnyReached ? failure : withCure(failure, this._advertised.unreachable())
  }

  /**
   * The error that a send ends in.
   *
   * @param {import('./internal/nativeErrors').NativeError} error
   * @param {string} topic
   * @param {number} partition
   * @returns {Error}
   */
  _sendError (error, topic, partition) {
    const failure = toError(error, this.options.requestTimeout)
    const { leader } = ((this.topicMetadata[topic] || {})[partition] || {})
    return withCure(failure, this._advertised.unreachable().filter(({ id }) => id === leader))
  }

  /**
   * @param {ProducerHandle | ConsumerHandle} handle
   * @param {object} request
   * @param {(err: any, result?: any) => void} callback
   */
  _request (handle, request, callback) {
    handle.request(request, answerTo(this.options.requestTimeout, callback))
  }

  _requestTimeout () {
    return this._native().requestTimeout || MAX_TIMER
  }

  /** @param {(err: Error | null, result?: any) => void} [callback] */
  loadMetadata (callback) {
    this.loadMetadataForTopics(null, callback)
  }

  /**
   * Looks the topics up until the answer has no error, ten times at most.
   *
   * @param {string[]} topics
   * @param {(err?: Error) => void} [callback] success: no argument
   */
  refreshMetadata (topics, callback) {
    callback = callbackOf(callback)
    if (topics === undefined || topics === null) throw wrongType('topics', 'an array of names', topics)
    if (topics.length === 0) {
      callback()
      return
    }
    let attempt = 0
    const look = () => {
      this.loadMetadataForTopics(topics, (error, result) => {
        if (!error) {
          this.updateMetadatas(result)
          if (!result[1].error) return callback()
          error = new Error([...new Set(result[1].error)].join(','))
        }
        if (this.closing || attempt === REFRESH_PAUSES.length) return callback(error || undefined)
        setTimeout(look, REFRESH_PAUSES[attempt++])
      })
    }
    look()
  }

  /**
   * Makes sure that the metadata of topics is known; what is wanted at the same time shares a request.
   *
   * @param {string[]} topics
   * @param {(err: Error | null) => void} callback
   */
  _learnTopics (topics, callback) {
    this._lookup.learn(topics, callback)
  }

  /**
   * @param {string[]} topics
   * @param {(errors: (topic: string) => Error | null, isFinal?: boolean) => void} answer
   */
  _askForTopics (topics, answer) {
    if (!this.ready || this.closing) {
      const error = new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)')
      setImmediate(answer, () => error, true)
      return
    }
    this._request(this._primary, { op: 'metadata', topics, timeout: this._requestTimeout() },
      (/** @type {any} */ error, /** @type {any} */ result) => {
        if (error) {
          const failure = this._unanswered(error)
          // the request has taken its whole time: another one would only take as long again
          return answer(() => failure, true)
        }
        this.updateMetadatas(toMetadata(result))
        const errors = errorsByTopic(result)
        answer(topic => {
          const names = errors.get(topic)
          return names === undefined ? null : new Error([...names].join(','))
        })
      })
  }

  /** @param {(err: Error | null) => void} [callback] */
  refreshBrokerMetadata (callback) {
    callback = callbackOf(callback)
    if (this._refreshing || this.closing) return
    this._refreshing = true
    this.loadMetadataForTopics([], (error, result) => {
      this._refreshing = false
      if (error) return callback(new NestedError('refreshBrokerMetadata failed', error))
      this.updateMetadatas(result)
      callback(null)
    })
  }

  /**
   * @param {string[]} topics
   * @param {(err: Error | null) => void} [callback] `TopicsNotExistError`, whose `topics` are the missing ones
   */
  topicExists (topics, callback) {
    callback = callbackOf(callback)
    this.loadMetadataForTopics([], (error, result) => {
      if (error) return callback(error)
      this.updateMetadatas(result)
      // kafka-node misses nothing then
      const names = Array.isArray(topics) ? topics : []
      const missing = names.filter(topic => valueOf(result[1].metadata, topic) === undefined)
      callback(missing.length > 0 ? new TopicsNotExistError(missing) : null)
    })
  }

  /**
   * Forgets what is known about topics.
   *
   * @param {string[]} topics
   * @param {(err: null, count: number) => void} [callback]
   */
  removeTopicMetadata (topics, callback) {
    callback = callbackOf(callback)
    for (const topic of topics) delete this.topicMetadata[topic]
    callback(null, topics.length)
  }

  /**
   * Checks that topics exist and takes over their metadata.
   *
   * @param {string[]} topics
   * @param {(err: Error | null, topics?: string[]) => void} [callback]
   */
  addTopics (topics, callback) {
    callback = callbackOf(callback)
    if (topics && !Array.isArray(topics) && typeof topics !== 'string') {
      setImmediate(callback, wrongType('topics', 'an array of names', topics))
      return
    }
    this.topicExists(topics, error => {
      if (error) callback(error)
      else callback(null, topics)
    })
  }

  /**
   * Creates topics. Strings: the broker creates them with its defaults when it is asked for their metadata. Objects
   * `{ topic, partitions, replicationFactor, configEntries?, replicaAssignment? }`: as described.
   *
   * @param {any[]} topics
   * @param {any} [isAsync] false calls back at once, before the topics are there
   * @param {(err: Error | null, result?: any) => void} [callback] strings: the names that exist now; objects:
   *   those that failed, as `{ topic, error }`
   */
  createTopics (topics, isAsync, callback) {
    if (typeof isAsync === 'function' && callback === undefined) {
      callback = isAsync
      isAsync = true
    }
    const done = callbackOf(callback)
    checkArray('topics', topics)
    if (topics.every(topic => typeof topic === 'string')) {
      this._createTopicsByName(topics, isAsync, done)
    } else {
      this._createTopicsAsDescribed(topics, done)
    }
  }

  /**
   * @param {string[]} topics
   * @param {boolean} isAsync
   * @param {(err: Error | null, result?: any) => void} callback
   */
  _createTopicsByName (topics, isAsync, callback) {
    try {
      validateTopicNames(topics)
    } catch (error) {
      if (isAsync) return callback(/** @type {Error} */ (error))
      throw error
    }
    const schedule = new RetrySchedule({ retries: 10, factor: 2, minTimeout: 200, maxTimeout: 2000, randomize: false })
    const look = () => {
      this.loadMetadataForTopics(topics, (error, result) => {
        const created = error ? [] : Object.keys(result[1].metadata)
        const missing = topics.filter(topic => !created.includes(topic))
        if (missing.length === 0) return isAsync && callback(null, created)
        const failure = error || new Error(`Topics not created ${missing.join(',')}`)
        const pause = this.closing ? null : schedule.next(failure)
        if (pause !== null) setTimeout(look, pause)
        else if (isAsync) callback(schedule.mainError() || failure)
      })
    }
    look()
    if (!isAsync) callback(null)
  }

  /**
   * @param {any[]} topics
   * @param {(err: Error | null, result?: any) => void} callback
   */
  _createTopicsAsDescribed (topics, callback) {
    topics.forEach(checkNewTopic)
    if (this._isConnectingFirst()) {
      this._whenReady(error => { error ? callback(error) : this._createTopicsAsDescribed(topics, callback) })
      return
    }
    if (!this.ready || this.closing) {
      setImmediate(callback, new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)'))
      return
    }
    const repeated = namesThatRepeat(topics)
    const wanted = topics.filter(({ topic }) => !repeated.has(String(topic)))
    // the broker's words and, like it, for each of them; librdkafka cannot read such an answer
    const refused = topics.filter(({ topic }) => repeated.has(String(topic)))
      .map(({ topic }) => ({ topic, error: 'Found multiple entries for this topic.' }))
    /** @type {any[]} */
    const list = []
    try {
      for (const topic of wanted) {
        const created = toNewTopic(topic)
        if (created === null) refused.push({ topic: topic.topic, error: INCOMPLETE_ASSIGNMENT })
        else list.push(created)
      }
    } catch (error) {
      setImmediate(callback, /** @type {Error} */ (error))
      return
    }
    if (list.length === 0) {
      setImmediate(callback, null, refused)
      return
    }
    this._request(this._primary, { op: 'createTopics', topics: list, timeout: this._requestTimeout() },
      (/** @type {any} */ error, /** @type {any} */ failed) => {
        if (error instanceof TimeoutError) return callback(clusterRequests.brokerError(REQUEST_TIMED_OUT), undefined)
        if (error) {
          const code = error.native ? error.native.code : 0
          return callback(code > 0 ? clusterRequests.brokerError(code) : error, undefined)
        }
        const whole = failed.find((/** @type {any} */ { code }) => OF_THE_WHOLE_REQUEST.has(code))
        if (whole) return callback(clusterRequests.brokerError(whole.code), undefined)
        const told = failed.map((/** @type {any} */ { topic, error: text }) => ({ topic, error: text }))
        callback(null, refused.concat(told))
      })
  }

  /** @param {(err: Error | null, broker?: any, controllerId?: number) => void} [callback] */
  getController (callback) {
    callback = callbackOf(callback)
    const found = () => {
      const { controllerId } = this.clusterMetadata
      const broker = controllerId === undefined ? undefined : this.brokerMetadata[controllerId]
      return broker ? () => callback(null, broker, controllerId) : null
    }
    const known = found()
    if (known) return known()
    this.loadMetadata((error, result) => {
      if (error) return callback(error)
      this.updateMetadatas(result)
      const now = found()
      if (now) now()
      else callback(new BrokerNotAvailableError('Controller broker not available'))
    })
  }

  // ---- groups, offsets, configurations ----

  /** @param {(err: Error | null, groups?: Record<string, string>) => void} [callback] groups: their protocol types */
  getListGroups (callback) {
    callback = callbackOf(callback)
    if (!this.ready) return callback(new Error('Client is not ready (getListGroups)'))
    clusterRequests.listGroups(this, callback)
  }

  /**
   * @param {string[]} groups
   * @param {(err: Error | null, descriptions?: any) => void} [callback] descriptions by group
   */
  getDescribeGroups (groups, callback) {
    callback = callbackOf(callback)
    if (groups) checkArray('groups', groups)
    if (!this.ready) return callback(new Error('Client is not ready (getDescribeGroups)'))
    clusterRequests.describeGroups(this, groups || [], callback)
  }

  /**
   * @param {{ resources: any[], includeSynonyms?: any }} payload resources: `{ resourceType: 'topic' | 'broker',
   *   resourceName, configNames? }`, all names by default
   * @param {(err: Error | null, configs?: any[]) => void} [callback]
   */
  describeConfigs (payload, callback) {
    callback = callbackOf(callback)
    checkObject('payload', payload)
    if (!this.ready) return callback(new Error('Client is not ready (describeConfigs)'))
    clusterRequests.describeConfigs(this, payload, callback)
  }

  /**
   * @param {any[]} payloads `{ topic, partition, time, maxNum }`; `time` in ms, -1 is the end of the log, -2 its start
   * @param {(err: any, offsets?: any) => void} [callback] offsets: `{ topic: { partition: [offset, ...] } }`
   */
  sendOffsetRequest (payloads, callback) {
    callback = callbackOf(callback)
    clusterRequests.fetchOffsets(this, payloads, callback)
  }

  /**
   * Commits for a group that has no active members.
   *
   * @param {string} group
   * @param {any[]} payloads `{ topic, partition, offset, metadata = 'm' }`
   * @param {(err: any, result?: any) => void} [callback] result: `{ topic: { partition, errorCode } }`
   */
  sendOffsetCommitRequest (group, payloads, callback) {
    callback = callbackOf(callback)
    clusterRequests.commit(this, group, payloads, callback)
  }

  /**
   * Commits as a member, which must be a ConsumerGroup of this process, or without membership (-1 and '').
   *
   * @param {string} group
   * @param {number} generationId
   * @param {string} memberId
   * @param {any[]} payloads `{ topic, partition, offset, metadata = 'm' }`
   * @param {(err: any, result?: any) => void} [callback] result: `{ topic: { partition, errorCode } }`
   */
  sendOffsetCommitV2Request (group, generationId, memberId, payloads, callback) {
    callback = callbackOf(callback)
    checkArray('payloads', payloads)
    for (const payload of payloads) checkObject('each of payloads', payload)
    if (!memberId) return clusterRequests.commit(this, group, payloads, callback)
    const member = [...members].find(handle => handle.memberId === memberId)
    clusterRequests.commitAsMember(this, member, generationId, payloads, callback)
  }

  /**
   * @param {string} group
   * @param {any[]} payloads `{ topic, partition }`
   * @param {(err: any, offsets?: any) => void} [callback] offsets: `{ topic: { partition: offset } }`, -1 for none
   */
  sendOffsetFetchRequest (group, payloads, callback) {
    callback = callbackOf(callback)
    clusterRequests.fetchCommits(this, group, payloads, callback)
  }

  /**
   * @param {string} group
   * @param {Record<string, number[]>} topicPartitions
   * @param {(err: any, offsets?: any) => void} [callback] offsets: `{ topic: { partition: offset } }`, -1 for none
   */
  sendOffsetFetchV1Request (group, topicPartitions, callback) {
    callback = callbackOf(callback)
    checkObject('topicPartitions', topicPartitions)
    clusterRequests.fetchCommits(this, group, createTopicPartitionList(topicPartitions), callback)
  }

  /**
   * @param {string} group
   * @param {(err: any, coordinator?: any) => void} [callback] coordinator:
   *   `{ coordinatorHost, coordinatorPort, coordinatorId }`
   */
  sendGroupCoordinatorRequest (group, callback) {
    callback = callbackOf(callback)
    clusterRequests.groupCoordinator(this, group, callback)
  }
}

/** @param {Error & { code?: string }} error */
function errorKey ({ name, code }) {
  return `${name} ${code}`
}

/**
 * @param {any} metadata a reply of src/requests/mod.rs
 * @returns {[Record<string, any>, { error?: string[], metadata: Record<string, any>, clusterMetadata: any }]}
 */
function toMetadata ({ brokers, topics, controllerId }) {
  /** @type {Record<string, any>} */
  const byId = {}
  for (const { nodeId, host, port } of brokers) byId[nodeId] = { nodeId, host, port }
  /** @type {string[]} */
  const failures = []
  /** @type {Record<string, any>} */
  const metadata = {}
  for (const { topic, error, partitions } of topics) {
    if (error !== 0) {
      failures.push(metadataErrorName(error))
      continue
    }
    const described = setValue(metadata, topic, {})
    for (const { partition, leader, replicas, isr, error: partitionError } of partitions) {
      if (USABLE.has(partitionError)) described[partition] = { topic, partition, leader, replicas, isr }
      else failures.push(metadataErrorName(partitionError))
    }
  }
  /** @type {any} */
  const known = { metadata, clusterMetadata: { controllerId } }
  return [byId, failures.length > 0 ? { error: failures, ...known } : known]
}

/**
 * @param {any} metadata a reply of src/requests/mod.rs
 * @returns {Map<string, Set<string>>} the names of the errors of each topic that has any
 */
function errorsByTopic ({ topics }) {
  /** @type {Map<string, Set<string>>} */
  const byTopic = new Map()
  for (const { topic, error, partitions } of topics) {
    const codes = error !== 0
      ? [error]
      : partitions.map((/** @type {any} */ each) => each.error).filter((/** @type {any} */ code) => !USABLE.has(code))
    if (codes.length > 0) byTopic.set(topic, new Set(codes.map(metadataErrorName)))
  }
  return byTopic
}

/** @param {any} error of a request */
function isSilence (error) {
  return error instanceof TimeoutError || (error.native !== undefined && error.native.code === CODE.TRANSPORT)
}

/** @param {number} code */
function metadataErrorName (code) {
  // librdkafka's own code for a topic that the broker does not list
  return code === -188 ? errorName(3) : errorName(code)
}

/**
 * @param {any[]} topics `{ topic }`
 * @returns {Set<string>}
 */
function namesThatRepeat (topics) {
  const names = topics.map(({ topic }) => String(topic))
  return new Set(names.filter((name, i) => names.indexOf(name) !== i))
}

/**
 * @param {any} topics
 * @returns {string[] | null} null stands for all
 */
function namesOf (topics) {
  if (!topics || !(topics.length > 0)) return null
  checkArray('topics', topics)
  const wrong = topics.findIndex((/** @type {any} */ topic) => typeof topic !== 'string')
  if (wrong >= 0) throw wrongType(`topics[${wrong}]`, 'a string', topics[wrong])
  return topics
}

/**
 * What kafka-node threw at.
 *
 * @param {any} topic
 */
function checkNewTopic (topic) {
  checkObject('each of topics', topic)
  const { configEntries, replicaAssignment } = topic
  for (const [name, list] of Object.entries({ configEntries, replicaAssignment })) {
    if (!list) continue
    checkArray(name, list)
    for (const element of list) checkObject(`each of ${name}`, element)
  }
}

/**
 * @param {string} name
 * @param {any} value
 * @param {any} topic
 * @returns {number} -1 stands for the broker's default
 */
function countOf (name, value, topic) {
  if (value === undefined || value === null) return -1
  const number = typeof value === 'symbol' ? NaN : Number(value)
  if (Number.isInteger(number) && number >= -1 && number <= 10000) return number
  throw new InvalidConfigError(`${name} ${textOf(value)} of topic ${textOf(topic)} is illegal, ` +
    'must be a whole number up to 10000')
}

/**
 * @param {any} topic
 * @returns {any} `NewTopic` of src/ffi/admin/topics.rs; null if its replicaAssignment leaves partitions out
 */
function toNewTopic ({ topic, partitions, replicationFactor, configEntries, replicaAssignment }) {
  /** @type {number[][]} */
  const replicas = []
  for (const { partition, replicas: brokers } of replicaAssignment || []) replicas[partition] = brokers
  if (replicas.includes(/** @type {any} */ (undefined))) return null
  return {
    topic: String(topic),
    partitions: countOf('partitions', partitions, topic),
    replicationFactor: countOf('replicationFactor', replicationFactor, topic),
    configEntries: (configEntries || []).map((/** @type {any} */ { name, value }) => [name, value]),
    replicaAssignment: replicas
  }
}

// asked for only when someone looks
Object.defineProperty(KafkaClient, 'librdkafkaVersion', { get: librdkafkaVersion, enumerable: true })

const Callable = callable(KafkaClient)
hideSecrets(Callable)
module.exports = Callable
