'use strict'

const { AdoptableEmitter, callable } = require('./internal/callable')
const { callbackOf, checkArray, checkObject, optionsOf, wrongType } = require('./internal/arguments')
const getLogger = require('./logging')
const { librdkafkaVersion } = require('../core/addon')
const { callAll } = require('../core/scheduling/callAll')
const { emitAll } = require('./internal/emitAll')
const { hidePrivate, hideSecrets, maskSecrets } = require('./internal/redact')
const { BrokerNotAvailableError, NestedError, TimeoutError, TopicsNotExistError } = require('./internal/errors')
const { setValue, valueOf } = require('../core/keyed')
const { lazy } = require('../core/lazy')
const { clearInterval, setImmediate, setInterval, setTimeout } = require('../core/scheduling/timers')

const logger = getLogger('kafka-node:KafkaClient')

/** What clients are made of, loaded with the first one. */
const parts = lazy(() => ({
  ...require('./utils'),
  ...require('./internal/hosts'),
  ...require('./internal/options'),
  ...require('./internal/nativeErrors'),
  ...require('./internal/client/connections'),
  ...require('./internal/client/connector'),
  ...require('./internal/client/metadata'),
  ...require('./internal/requests/configs'),
  ...require('./internal/requests/groupOffsets'),
  ...require('./internal/requests/groups'),
  ...require('./internal/requests/partitionOffsets'),
  ...require('./internal/requests/topics'),
  ...require('../core/cluster/handles'),
  ...require('../core/cluster/topicLookup'),
  ...require('../core/cluster/waiter'),
  ...require('../core/handles'),
  ...require('../core/producer/sendOrder')
}))

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

/** How long `close` waits for sends in flight, ms. */
const CLOSE_FLUSH = 3000

/** The longest delay that a timer takes, ms; also how often the timer that keeps the process alive fires. */
const MAX_TIMER = 0x7fffffff

/** Pauses between the requests of `refreshMetadata`, ms (kafka-node's schedule: 8.4 s altogether). */
const REFRESH_PAUSES = [200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000]

/** How long a send waits for a client that is not connecting, ms (as long as kafka-node looked for metadata). */
const UNCONNECTED_WAIT = 8400

/**
 * A connection to a Kafka cluster, to be shared by producers or given to a consumer.
 *
 * It owns the native handles of everything built on it. The first one, opened by `connect`, also answers requests
 * about the cluster: it is a consumer's handle if the client was given to a consumer before, otherwise a producer's.
 *
 * @typedef {ReturnType<typeof parts>} Parts
 * @typedef {import('../core/handles').ConsumerHandle} ConsumerHandle
 * @typedef {import('../core/handles').ProducerHandle} ProducerHandle
 * @typedef {import('../core/handles/events').HandleEvent} HandleEvent
 * @typedef {import('../core/wire/records').RecordBatch} RecordBatch
 * @typedef {import('./internal/client/metadata').Metadata} Metadata
 * @typedef {(err: Error | null, result: Metadata) => void} MetadataCallback
 * @typedef {import('./internal/commitResult').CommitCallback} CommitCallback
 * @typedef {import('./internal/requests/payloads').Payload} Payload
 * @typedef {import('../index').CreateTopicRequest} CreateTopicRequest
 * @typedef {import('./internal/requests/topics').CreateTopicsCallback} CreateTopicsCallback
 * @typedef {import('./internal/requests/payloads').Offsets} Offsets
 */
class KafkaClient extends AdoptableEmitter {
  /**
   * @param {import('./internal/options').UserOptions} [options] completed in place with the defaults
   */
  constructor (options) {
    super()
    const { ClientHandles, Connections, Connector, SendOrder, TopicLookup, Waiter } = parts()
    const { clientOptions, defaultsDeep, noAckBatch, parseHosts, validateConfig } = parts()
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
    /** @type {import('./internal/client/metadata').Topics} */
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
    // refused here rather than when the first connection fails
    const native = clientOptions(this)
    // in a closure: it holds secrets
    this._native = () => native
    const { oauthBearerProvider } = this.options.sasl || {}
    this._provideToken = () => oauthBearerProvider()
    maskSecrets(this.options)
    this._noAckBatch = noAckBatch(this.noAckBatchOptions)
    this._handles = new ClientHandles()
    /** what is sent first is written first, whichever producer sends it */
    this._sends = new SendOrder()
    /** @type {ProducerHandle | ConsumerHandle | null} the handle that answers questions about the cluster */
    this._primary = null
    /** @type {{ open: () => ProducerHandle | ConsumerHandle | null } | null} who opens it */
    this._claim = null
    /** @type {NodeJS.Timeout | null} */
    this._alive = null
    this._connector = new Connector(this)
    this._connections = new Connections(this, this._connector)
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
    parts().checkPorts(this.options.kafkaHost, this.initialHosts)
    this.connecting = true
    if (this.closing) return
    this._connections.told.clear()
    this._keepAlive()
    this._connector.start(this.options.connectRetryOptions || DEFAULTS.connectRetryOptions)
  }

  /**
   * Calls back when the client is ready, or with an error when it has failed, is closed, or takes too long. The only
   * place where calls wait for the client.
   *
   * @param {(err: Error | null) => void} callback
   * @param {boolean} [forEver] without a time limit: until the client is ready or gives up
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
   * Continues when the client is ready, however long that takes.
   *
   * @param {(err: Error) => void} callback called instead when it has failed or is closed
   * @param {() => void} call
   */
  _onceReady (callback, call) {
    this._whenReady(error => { error ? callback(error) : call() }, true)
  }

  /**
   * Requests to the cluster wait while the client connects for the first time.
   *
   * @param {(err: Error) => void} callback called with the error when it cannot connect
   * @param {() => void} ask
   * @returns {boolean} whether `ask` will be called later
   */
  _isPostponed (callback, ask) {
    if (this.ready || !this.connecting || this.closing) return false
    this._whenReady(error => { error ? callback(error) : ask() })
    return true
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
   * @param {{ open: () => ProducerHandle | ConsumerHandle | null }} claim
   * @returns {boolean} false when the claim came too late
   */
  _claimPrimary (claim) {
    if (this._primary || this._claim || this.closing) return false
    this._claim = claim
    return true
  }

  _openPrimary () {
    this._primary = this._claim ? this._claim.open() : this._producer({ acks: 1 })
  }

  /**
   * The handle for sends with these settings; opened when it is first needed.
   *
   * @param {import('./internal/options').ProducerSettings} settings
   * @returns {ProducerHandle}
   */
  _producer (settings) {
    const { ProducerHandle, inOurWords, producerOptions } = parts()
    const options = producerOptions(this._native(), settings)
    const batch = options.acks === 0 ? this._noAckBatch : null
    const handle = this._handles.producer(options,
      () => inOurWords(() => new ProducerHandle(options, this._eventsFor(() => handle), batch)))
    return handle
  }

  /**
   * @param {import('./internal/options').ReaderOptions} options of the consumer
   * @param {import('../core/protocol').GroupOptions | null} group
   * @param {{ event: (event: HandleEvent) => void, records: (batch: RecordBatch) => void }} consumer
   * @returns {ConsumerHandle}
   */
  _openConsumer (options, group, consumer) {
    const { consumerOptions, inOurWords } = parts()
    /** @type {ConsumerHandle} */
    const handle = inOurWords(() => this._handles.consumer(consumerOptions(this._native(), options, group), {
      ...this._eventsFor(() => handle, event => consumer.event(event)),
      records: consumer.records
    }))
    return handle
  }

  /**
   * @param {() => ProducerHandle | ConsumerHandle} handle
   * @param {(event: HandleEvent) => void} [others] takes what is not the client's
   */
  _eventsFor (handle, others) {
    return {
      event: (/** @type {HandleEvent} */ event) => {
        switch (event.type) {
          case 'log': return this._log(event)
          case 'statistics': return emitAll(this, 'statistics', event.statistics)
          case 'tokenWanted': return this._connections.giveToken(handle())
          case 'certificate': return this._connections.refusedCertificates.set(event.broker, event)
          case 'broker': return handle() === this._primary && this._connections.changed(event)
          case 'error':
            // the broker does not know the protocol of a group, which leaves
            if (isUnsupported(event.error) && isMember(handle())) break
            if (event.topic === null && this._connections.failed(event.error, handle() === this._primary)) return
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
    this._connector.stop()
    // a client that gave up connecting no longer keeps the process alive, but its callbacks must still be called
    if (this._handles.open.size > 0) this._keepAlive()
    this._handles.close(CLOSE_FLUSH, () => {
      this._closed = true
      this._release()
      callAll([...this._connections.ended(), () => this._callCloseCallbacks()])
    })
    this._waiter.settle(new BrokerNotAvailableError('Broker not available (sendRequest -> ensureBrokerReady)'))
  }

  _callCloseCallbacks () {
    const callbacks = this._closeCallbacks
    this._closeCallbacks = []
    callAll(callbacks, null)
  }

  // ---- metadata ----

  /**
   * Adopts a metadata answer.
   *
   * @param {Metadata} metadatas as `loadMetadataForTopics` gives it
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
   * @param {string[] | null} topics null and [] mean the whole cluster's; naming one may create it on the broker
   * @param {MetadataCallback} [callback] while the client connects for the first time, it waits for that
   */
  loadMetadataForTopics (topics, callback) {
    const done = /** @type {(err: Error | null, result?: Metadata) => void} */ (callbackOf(callback))
    const named = parts().namesOf(topics)
    if (this._isPostponed(done, () => this.loadMetadataForTopics(named, done))) return
    if (!this.ready || this.closing) {
      setImmediate(done, new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)'))
      return
    }
    this._request(this._primary, { op: 'metadata', topics: named, timeout: this._requestTimeout() },
      (error, result) => {
        if (error) done(this._connections.unanswered(error))
        else done(null, parts().toMetadata(result))
      })
  }

  /**
   * The error that a send ends with.
   *
   * @param {import('./internal/nativeErrors').NativeError} error
   * @param {string} topic
   * @param {number} partition
   * @returns {Error}
   */
  _sendError (error, topic, partition) {
    const { leader } = ((this.topicMetadata[topic] || {})[partition] || {})
    return this._connections.sendFailed(error, leader)
  }

  /**
   * @template {import('../core/handles/events').Op} O
   * @param {ProducerHandle | ConsumerHandle | null} handle the primary one is there as soon as the client connects
   * @param {import('../core/handles/events').Asking<O>} request
   * @param {import('../core/handles/events').Answered<O, import('./internal/nativeErrors').RequestError>} callback
   */
  _request (handle, request, callback) {
    const asked = /** @type {ProducerHandle | ConsumerHandle} */ (handle)
    asked.request(request, parts().answerTo(this.options.requestTimeout, callback))
  }

  _requestTimeout () {
    return this._native().requestTimeout || MAX_TIMER
  }

  /** @param {MetadataCallback} [callback] */
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
   * Makes sure that the metadata of topics is known; simultaneous calls share a request.
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
      (error, result) => {
        if (error) {
          const failure = this._connections.unanswered(error)
          // the request has used up its whole time: another one would only take as long again
          return answer(() => failure, true)
        }
        this.updateMetadatas(parts().toMetadata(result))
        const errors = parts().errorsByTopic(result)
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
   * Checks that topics exist and adopts their metadata.
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
   * Creates topics. Strings: the broker creates them with its defaults when asked for their metadata. Objects
   * `{ topic, partitions, replicationFactor, configEntries?, replicaAssignment? }`: as described.
   *
   * @param {Array<string | CreateTopicRequest>} topics
   * @param {boolean | CreateTopicsCallback} [isAsync] false calls back at once, before the topics are there
   * @param {CreateTopicsCallback} [callback] strings: the names that exist now; objects: those that failed
   */
  createTopics (topics, isAsync, callback) {
    if (typeof isAsync === 'function' && callback === undefined) {
      callback = isAsync
      isAsync = true
    }
    const done = callbackOf(callback)
    checkArray('topics', topics)
    if (topics.every(topic => typeof topic === 'string')) {
      parts().createTopicsByName(this, topics, isAsync, done)
    } else {
      parts().createTopicsAsDescribed(this, /** @type {CreateTopicRequest[]} */ (topics), done)
    }
  }

  /**
   * @param {(err: Error | null, broker?: import('./internal/client/metadata').Broker, controllerId?: number) => void}
   *   [callback]
   */
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
    parts().listGroups(this, callback)
  }

  /**
   * @param {string[]} groups
   * @param {Parameters<Parts['describeGroups']>[2]} [callback] descriptions by group
   */
  getDescribeGroups (groups, callback) {
    callback = callbackOf(callback)
    if (groups) checkArray('groups', groups)
    if (!this.ready) return callback(new Error('Client is not ready (getDescribeGroups)'))
    parts().describeGroups(this, groups || [], callback)
  }

  /**
   * @param {import('../index').DescribeConfigsRequest} payload
   * @param {Parameters<Parts['describeConfigs']>[2]} [callback]
   */
  describeConfigs (payload, callback) {
    callback = callbackOf(callback)
    checkObject('payload', payload)
    if (!this.ready) return callback(new Error('Client is not ready (describeConfigs)'))
    parts().describeConfigs(this, payload, callback)
  }

  /**
   * @param {Payload[]} payloads `{ topic, partition, time, maxNum }`; `time` in ms, -1 is the end of the log, -2 its
   *   start
   * @param {Parameters<Parts['fetchOffsets']>[2]} [callback] offsets: `{ topic: { partition: [offset, ...] } }`
   */
  sendOffsetRequest (payloads, callback) {
    callback = callbackOf(callback)
    parts().fetchOffsets(this, payloads, callback)
  }

  /**
   * Commits for a group that has no active members.
   *
   * @param {string} group
   * @param {Payload[]} payloads `{ topic, partition, offset, metadata = 'm' }`
   * @param {CommitCallback} [callback]
   */
  sendOffsetCommitRequest (group, payloads, callback) {
    callback = callbackOf(callback)
    parts().commit(this, group, payloads, callback)
  }

  /**
   * Commits as a member, which must be a ConsumerGroup of this process, or without membership (-1 and '').
   *
   * @param {string} group
   * @param {number} generationId
   * @param {string} memberId
   * @param {Payload[]} payloads `{ topic, partition, offset, metadata = 'm' }`
   * @param {CommitCallback} [callback]
   */
  sendOffsetCommitV2Request (group, generationId, memberId, payloads, callback) {
    callback = callbackOf(callback)
    checkArray('payloads', payloads)
    for (const payload of payloads) checkObject('each of payloads', payload)
    if (!memberId) return parts().commit(this, group, payloads, callback)
    parts().commitAsMember(this, parts().findMember(memberId), generationId, payloads, callback)
  }

  /**
   * @param {string} group
   * @param {Payload[]} payloads `{ topic, partition }`
   * @param {(err: Error | null, offsets?: Offsets) => void} [callback] -1 for none
   */
  sendOffsetFetchRequest (group, payloads, callback) {
    callback = callbackOf(callback)
    parts().fetchCommits(this, group, payloads, callback)
  }

  /**
   * @param {string} group
   * @param {Record<string, number[]>} topicPartitions
   * @param {(err: Error | null, offsets?: Offsets) => void} [callback] -1 for none
   */
  sendOffsetFetchV1Request (group, topicPartitions, callback) {
    callback = callbackOf(callback)
    checkObject('topicPartitions', topicPartitions)
    parts().fetchCommits(this, group, parts().createTopicPartitionList(topicPartitions), callback)
  }

  /**
   * @param {string} group
   * @param {Parameters<Parts['groupCoordinator']>[2]} [callback]
   */
  sendGroupCoordinatorRequest (group, callback) {
    callback = callbackOf(callback)
    parts().groupCoordinator(this, group, callback)
  }
}

/** @param {import('../core/errors').ErrorData} error */
function isUnsupported ({ code, fatal }) {
  return fatal && code === parts().CODE.UNSUPPORTED_FEATURE
}

/** @param {ProducerHandle | ConsumerHandle} handle */
function isMember (handle) {
  return handle instanceof parts().ConsumerHandle && handle.isMember
}

// asked for only when someone looks
Object.defineProperty(KafkaClient, 'librdkafkaVersion', { get: librdkafkaVersion, enumerable: true })

const Callable = callable(KafkaClient)
hideSecrets(Callable)
module.exports = Callable
