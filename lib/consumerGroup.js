'use strict'

const {
  callbackOf, checkArray, checkEncoding, checkNoNul, checkObject, checkTimer, offsetOf, optionsOf, textOf, wrongType
} = require('./internal/arguments')
const assert = require('./internal/assert')
const { AdoptableEmitter, callable } = require('./internal/callable')
const { isForeign } = require('./internal/foreignClient')
const getLogger = require('./logging')
const KafkaClient = require('./kafkaClient')
const Offset = require('./offset')
const builtInProtocols = require('./assignment')
const { ConsumerCore, illegalOffset, partitionError } = require('./internal/consumerCore')
const { hidePrivate } = require('./internal/hidePrivate')
const { JoinWatch } = require('./internal/joinWatch')
const { isOwn, offers, toShares, toTask, toUserData } = require('./internal/ownProtocols')
const { CODE, toGroupError } = require('./internal/nativeErrors')
const { HEARTBEAT_INTERVAL, defaults, librdkafkaSettings, wholeNumber } = require('./internal/options')
const { commitsOrCallback } = require('./internal/clusterRequests')
const { errorName } = require('./internal/errorCodes')
const { hideSecrets } = require('./internal/redact')
const { InvalidConfigError, InvalidConsumerOffsetError } = require('./errors')
const IllegalGenerationError = require('./errors/IllegalGenerationError')
const TimeoutError = require('./errors/TimeoutError')
const { validateConfig } = require('./utils')
const { recordOf, valueOf } = require('../core/keyed')
const { setImmediate, setTimeout } = require('../core/scheduling/timers')
const logger = getLogger('kafka-node:ConsumerGroup')

/** As times in a look-up of offsets */
const OFFSET_TIMES = { latest: -1, earliest: -2, none: false }

const DEFAULTS = {
  groupId: 'kafka-node-group',
  autoCommit: true,
  autoCommitIntervalMs: 5000,
  fetchMaxWaitMs: 100,
  paused: false,
  maxNumSegments: 1000,
  fetchMinBytes: 1,
  fetchMaxBytes: 1024 * 1024,
  maxTickMessages: 1000,
  fromOffset: 'latest',
  outOfRangeOffset: 'earliest',
  sessionTimeout: 30000,
  retries: 10,
  retryFactor: 1.8,
  retryMinTimeout: 1000,
  commitOffsetsOnFirstJoin: true,
  connectOnReady: true,
  migrateHLC: false,
  onRebalance: null,
  topicPartitionCheckInterval: 30000,
  protocol: ['roundrobin'],
  encoding: 'utf8'
}

/** Answers about topics that are not there (yet): the group goes on and looks again. */
const WAITING_FOR_TOPIC = new Set([3, 5, 6, -188])

/** When to look again for topics that were missing, ms: soon, as the broker may be creating them. */
const TOPIC_PAUSES = [100, 200, 400, 800, 1600, 3200, 6400]

const noop = () => {}

/**
 * A member of a consumer group.
 */
class ConsumerGroup extends AdoptableEmitter {
  /**
   * @param {any} memberOptions options of the group and of its KafkaClient; completed in place
   * @param {string | string[]} topics
   */
  constructor (memberOptions, topics) {
    super()
    // kafka-node shows a third of the session as its default, but only the user's own value counts
    if (!memberOptions) throw wrongType('options', 'an object', memberOptions)
    const { heartbeatInterval } = optionsOf(memberOptions)
    this.options = defaults(memberOptions, DEFAULTS)
    checkTimer('sessionTimeout', this.options.sessionTimeout)
    if (!heartbeatInterval) this.options.heartbeatInterval = Math.floor(this.options.sessionTimeout / 3)
    if (memberOptions.ssl === true) memberOptions.ssl = {}
    checkOffsetOption('fromOffset', this.options.fromOffset)
    checkOffsetOption('outOfRangeOffset', this.options.outOfRangeOffset)
    if (typeof topics === 'string') topics = [topics]
    assert(Array.isArray(topics), 'Array of topics is required')
    assert(topics.length, 'Array of topics shall not be empty')
    checkNames(topics)
    checkEncoding('encoding', this.options.encoding)
    if (this.options.keyEncoding) checkEncoding('keyEncoding', this.options.keyEncoding)
    checkTimer('fetchMaxWaitMs', this.options.fetchMaxWaitMs)
    checkTimer('autoCommitIntervalMs', this.options.autoCommitIntervalMs)
    checkTimer('maxTickMessages', this.options.maxTickMessages)
    this.topics = topics
    /** @type {any[]} */
    this.protocols = []
    const protocols = this.setupProtocols(this.options.protocol)
    if (this.options.migrateHLC) {
      throw new Error(
        'This version of KafkaClient cannot be used to migrate from Zookeeper use older version of kafka-node instead')
    }
    if (this.options.groupId) validateConfig('options.groupId', this.options.groupId)
    librdkafkaSettings(this.options.librdkafka, 'C')
    memberOptions.clientId = memberOptions.id

    this.isLeader = false
    /** @type {string | null} */
    this.coordinatorId = null
    /** @type {number | null} */
    this.generationId = null
    /** @type {string | null} */
    this.memberId = null
    /** @type {any} what the leader's own protocol sent this member with its partitions */
    this.assignedUserData = undefined
    this.ready = false
    this.connecting = false
    this.rebalancing = false
    this.closed = false
    /** @type {import('./internal/consumerCore').Payload[]} */
    this.topicPayloads = []
    /** @type {Record<string, Record<string, number>>} */
    this.payloadMap = {}
    this.needToCommit = false
    this.committing = false
    this._core = new ConsumerCore(this, {
      timestamps: true,
      encodings: () => ({ value: this.options.encoding, key: this.options.keyEncoding || this.options.encoding }),
      payloads: () => this.topicPayloads,
      active: () => this.topicPayloads,
      progressed: () => {
        this.needToCommit = true
        this.payloadMap = this.buildPayloadMap(this.topicPayloads)
      },
      autoCommit: () => {
        if (this.options.autoCommit && this.ready && this.needToCommit && !this.committing) {
          this.commit(false, logCommitError)
        }
      }
    })
    this._subscribed = false
    /** ready without being a member: none of the topics exists */
    this._waiting = false
    /** @type {Set<string>} topics that have been missing since the last assignment */
    this._missing = new Set()
    /** @type {any} until the next look for missing topics */
    this._topicTimer = null
    /** @type {Array<{ topic: string, partition: number }>} which stand still until `resume` or `setOffset` */
    this._outOfRangePartitions = []
    this._joinWatch = new JoinWatch({
      groupId: this.options.groupId,
      client: () => this.client,
      handle: () => this._handle(),
      tell: error => this.emit('error', error)
    })
    /** the number of the assignment, or of its end, that was heard of last */
    this._assignment = 0
    hidePrivate(this)
    const group = {
      protocols: protocols.map(protocol => ({ name: String(protocol.name), own: isOwn(protocol) })),
      sessionTimeout: wholeNumber('sessionTimeout', this.options.sessionTimeout, 1),
      heartbeatInterval: heartbeatInterval
        ? wholeNumber('heartbeatInterval', heartbeatInterval, 1)
        : Math.min(HEARTBEAT_INTERVAL, Math.max(1, Math.floor(this.options.sessionTimeout / 3))),
      metadataInterval: wholeNumber('topicPartitionCheckInterval', this.options.topicPartitionCheckInterval)
    }

    // last, so that a bad option leaves no connection open
    this.client = new KafkaClient(memberOptions)
    // tests put a class of their own in its place
    if (!isForeign(this.client)) this.client._claimPrimary({ open: () => this._open(group) })
    if (this.options.connectOnReady) this.client.once('ready', () => this.connect())
    this.client.on('error', (/** @type {Error} */ error) => {
      logger.error('Error from %s', this.client.clientId, error)
      this.emit('error', error)
    })
    this.client.on('statistics', (/** @type {any} */ statistics) => this.emit('statistics', statistics))
  }

  /**
   * @param {any} protocols names of built-in ones, and own ones; in order of preference
   * @returns {any[]}
   */
  setupProtocols (protocols) {
    /** @type {any[]} */
    const list = Array.isArray(protocols) ? protocols : [protocols]
    this.protocols = list.map(protocol => {
      if (typeof protocol === 'string') {
        if (!Object.prototype.hasOwnProperty.call(builtInProtocols, protocol)) {
          throw new Error('Unknown built in assignment protocol ' + protocol)
        }
        return { .../** @type {any} */ (builtInProtocols)[protocol], subscription: this.topics }
      }
      assert(protocol, 'protocol is null')
      assert(protocol.assign, 'assign function is not defined in the protocol')
      assert(protocol.name, 'name must be given to protocol')
      checkNoNul('name of a protocol', protocol.name)
      assert(protocol.version >= 0, 'version must be >= 0')
      assert(protocol.version <= 0x7fff, 'version must be <= 32767')
      protocol.subscription = this.topics
      return protocol
    })
    return this.protocols
  }

  /** @param {object} group `GroupOptions` of src/config/mod.rs */
  _open (group) {
    const core = this._core
    const handle = this.client._openConsumer(this.options, group, {
      records: core.records,
      event: (/** @type {any} */ event) => this._event(event)
    })
    core.use(handle)
    return handle
  }

  /** @returns {any} there is one as soon as the client is ready */
  _handle () {
    return this._core.handle
  }

  // ---- membership ----

  /** Joins the group; a member gives its partitions back and joins anew. Ignored while joining and after `close`. */
  connect () {
    if (this.connecting) return logger.warn('Connect ignored. Currently connecting.')
    if (this.closed || this.client.closing) return logger.warn('Connect ignored. Consumer closed.')
    // librdkafka joins by itself once a topic is there
    if (this._waiting) return logger.warn('Connect ignored. None of the topics exists.')
    if (this.ready) return this._subscribe()
    // a member that could not look up where to start begins again
    if (this._subscribed) this._handle().command({ type: 'unsubscribe' })
    logger.debug('Connecting %s', this.client.clientId)
    this.connecting = true
    this.emit('rebalancing')
    this._askBeforeRebalance(error => {
      if (error) return this._stayOut(error)
      this.client._whenReady((/** @type {Error | null} */ failure) => {
        if (this.client.closing) return
        if (failure) return this._stayOut(failure)
        this._subscribe()
      })
    })
  }

  /** Tells the group what this member wants. A member gives its partitions back and rejoins. */
  _subscribe () {
    this._subscribed = true
    // librdkafka refuses to subscribe to nothing, or to a topic twice
    if (this.topics.length === 0) return this._handle().command({ type: 'unsubscribe' })
    try {
      this._offerProtocols()
    } catch (error) {
      return this._leaveFor(error)
    }
    this._joinWatch.start()
    this._handle().command({
      type: 'subscribe',
      topics: [...new Set(this.topics)],
      start: {
        fromOffset: this.options.fromOffset,
        commitOnFirstJoin: !!this.options.commitOffsetsOnFirstJoin,
        timeout: this.client._requestTimeout()
      }
    })
  }

  /** What the leader is told the next time this member joins. Throws what `JSON.stringify` throws for `userData`. */
  _offerProtocols () {
    for (const { protocol, metadata } of offers(this.protocols)) {
      this._handle().setSubscriptionMetadata(protocol, metadata)
    }
  }

  /**
   * The group waits for an assignment by one of the user's own protocols.
   *
   * @param {any} event
   */
  _assign (event) {
    const handle = this._handle()
    // the event loop may have been blocked for so long that the group has gone on
    if (this.client.closing || !handle.assignmentWanted(event.number)) return
    const protocol = this.protocols.find(({ name }) => String(name) === event.protocol)
    const { topicPartitions, members } = toTask(event)
    this.isLeader = true
    this.memberId = event.memberId
    this.generationId = event.generationId
    let answered = false
    const answer = (/** @type {any} */ error, /** @type {any} */ assignment = null) => {
      if (answered) return
      answered = true
      if (this.client.closing || !handle.assignmentWanted(event.number)) return
      if (!error) {
        try {
          return handle.completeAssignment(event.number, toShares(event, assignment))
        } catch (invalid) {
          error = invalid
        }
      }
      this._leaveFor(error, () => handle.completeAssignment(event.number, null))
    }
    logger.debug('%s assigns %j to %j by %s', this.client.clientId, topicPartitions, members, event.protocol)
    try {
      const result = protocol.assign(topicPartitions, members, answer)
      // of an async function only a rejection counts, which nobody would see otherwise
      if (result && typeof result.then === 'function') {
        result.then(undefined, (/** @type {any} */ error) => answer(error || new Error('assign was rejected')))
      }
    } catch (error) {
      if (answered) throw error
      answer(error || new Error('assign failed'))
    }
  }

  /**
   * @param {any} error
   * @param {() => void} [whenLeaving]
   */
  _leaveFor (error, whenLeaving = noop) {
    this._subscribed = false
    this._handle().command({ type: 'unsubscribe' })
    whenLeaving()
    this._stayOut(error)
  }

  /** @param {Error} error */
  _stayOut (error) {
    this._joinWatch.stop()
    this.connecting = false
    this.ready = false
    this.emit('error', error)
  }

  /**
   * Waits for the user's `onRebalance`, which may call back or return a promise.
   *
   * @param {(err: Error | null) => void} callback
   */
  _askBeforeRebalance (callback) {
    const { onRebalance } = this.options
    if (typeof onRebalance !== 'function') return callback(null)
    let answered = false
    const answer = (/** @type {any} */ error) => {
      if (answered) return
      answered = true
      callback(error || null)
    }
    const result = onRebalance(this._isMember(), answer)
    if (result && typeof result.then === 'function') {
      result.then(() => answer(null), (/** @type {any} */ error) => {
        answer(error || new Error('onRebalance was rejected'))
      })
    }
  }

  _isMember () {
    return this.generationId !== null && this.memberId !== null
  }

  /** @param {any} event */
  _event (event) {
    switch (event.type) {
      case 'topic': return this._core.learnTopic(event)
      case 'assigned': return this._assigned(event)
      case 'revoked': return this._revoked(event)
      case 'offsetsMissing':
        return this._stayOut(new Error(`${this.client.clientId} owns topics and partitions which contains no saved ` +
          `offsets for group '${this.options.groupId}'`))
      case 'startFailed':
        return this._stayOut(toGroupError(event.error, this.client.options.requestTimeout))
      case 'assignorRequested': return this._assign(event)
      case 'assignmentOverdue':
        this.emit('error', new TimeoutError(`protocol ${event.protocol}: assign gave no assignment within ` +
          `${event.timeout}ms, half of sessionTimeout; it has to call back in any case. The group tries again`))
        return
      case 'error': return this._groupError(event)
    }
  }

  /** @param {any} event */
  _assigned ({ assignmentVersion, partitions, memberId, generationId, committed, leader, userData }) {
    if (this.client.closing) return
    this._joinWatch.stop()
    // as kafka-node's member does that has joined with nothing to read; it had nothing to give up, so nobody is asked
    if (this._waiting) this.emit('rebalancing')
    this._waiting = false
    this._missing.clear()
    this._assignment = assignmentVersion
    this.memberId = memberId
    this.generationId = generationId
    this.isLeader = leader
    this.assignedUserData = toUserData(userData)
    this.topicPayloads = this.buildPayloads(partitions.map((/** @type {any} */ { topic, partition, offset }) =>
      ({ topic, partition, offset })))
    this.payloadMap = this.buildPayloadMap(this.topicPayloads)
    this.connecting = false
    this.rebalancing = false
    this.ready = true
    this.needToCommit = false
    if (committed) this._startCommitInterval()
    this._core.startIdling()
    logger.debug('%s owns %j in generation %d', this.client.clientId, this.payloadMap, generationId)
    this.emit('connect')
    this.emit('rebalanced')
  }

  /**
   * The group takes the partitions back. Nothing of them is emitted from here on; what was emitted is committed.
   *
   * @param {{ assignmentVersion: number, lost: boolean }} event
   */
  _revoked ({ assignmentVersion, lost }) {
    if (this.client.closing) return
    const handle = this._handle()
    this._core.pump.dropObsolete()
    const positions = this.topicPayloads
    const member = this.ready
    this.ready = false
    this.connecting = true
    this.rebalancing = true
    this._assignment = assignmentVersion
    this._joinWatch.start()
    this.emit('rebalancing')
    this._askBeforeRebalance(error => {
      // a late answer must not touch the assignment that has arrived in the meantime
      if (this.client.closing || this._assignment !== assignmentVersion) return
      // read only now: onRebalance may have committed, or moved positions
      const commit = this.options.autoCommit && member && !lost && !error ? positions : []
      this.topicPayloads = []
      this.payloadMap = {}
      this.needToCommit = false
      if (!error) {
        try {
          this._offerProtocols()
        } catch (invalid) {
          error = /** @type {Error} */ (invalid)
        }
      }
      handle.command({
        type: 'revoked',
        assignmentVersion,
        commit: commit.map(({ topic, partition, offset }) => ({ topic, partition, offset, metadata: 'm' }))
      })
      if (error) {
        this._leaveFor(error)
      } else if (this.topics.length === 0) {
        this._leftWithoutTopics()
      }
    })
  }

  /** `removeTopics` took the last topic: this was no rebalance but the end of the membership. */
  _leftWithoutTopics () {
    this.connecting = false
    this.rebalancing = false
    this.memberId = null
    this.generationId = null
    this._joinWatch.stop()
    this.emit('connect')
    this.emit('rebalanced')
  }

  /** @param {any} event */
  _groupError (event) {
    const { error } = event
    if (error.code === CODE.OFFSET_OUT_OF_RANGE) return this._outOfRange(event)
    if (WAITING_FOR_TOPIC.has(error.code)) {
      logger.debug('%s: %s', event.topic, error.message)
      this._missing.add(event.topic)
      if (this.connecting && !this._isMember()) this._waitForTopics()
      this._lookForTopics(0)
      return
    }
    if (error.retriable) {
      logger.debug('%s: %s', this.client.clientId, error.message)
      this._joinWatch.reason = error
      return
    }
    if (event.topic === null && !this._joinWatch.isFirst(error.code)) return
    const failure = toGroupError(error, this.client.options.requestTimeout)
    this.emit('error', event.topic === null
      ? failure
      : Object.assign(failure, { topic: event.topic, partition: event.partition }))
  }

  /**
   * A group whose topics are missing: kafka-node's member has joined, with nothing to read. librdkafka joins when the
   * first of them is there.
   */
  _waitForTopics () {
    if (!this.topics.every((/** @type {string} */ topic) => this._missing.has(topic))) return
    this._waiting = true
    this._joinWatch.stop()
    this.connecting = false
    this.rebalancing = false
    this.ready = true
    this.emit('connect')
    this.emit('rebalanced')
  }

  /**
   * librdkafka does not let the broker create a topic that a group subscribes to, and looks for missing topics only
   * every `topicPartitionCheckInterval`. So they are asked for by name, which may create them, and then looked for
   * soon. A look at all topics is the one that the group takes notice of.
   *
   * @param {number} attempt
   */
  _lookForTopics (attempt) {
    if (this._topicTimer || attempt >= TOPIC_PAUSES.length || this.client.closing) return
    const handle = this._handle()
    const timeout = this.client._requestTimeout()
    if (attempt === 0) handle.request({ op: 'metadata', topics: this.topics, timeout }, noop)
    this._topicTimer = setTimeout(() => {
      this._topicTimer = null
      if (this.client.closing || this.topicPayloads.length > 0) return
      handle.request({ op: 'metadata', topics: null, timeout }, noop)
      this._lookForTopics(attempt + 1)
    }, TOPIC_PAUSES[attempt])
    this._topicTimer.unref()
  }

  /**
   * The position is no longer in the log: continues where `outOfRangeOffset` says.
   *
   * @param {any} event
   */
  _outOfRange (event) {
    const error = partitionError(event)
    const { topic, partition } = event
    const policy = /** @type {'earliest' | 'latest' | 'none'} */ (this.options.outOfRangeOffset)
    if (policy === 'none') {
      this.pause()
      this._outOfRangePartitions.push({ topic, partition })
      // in this order, as with kafka-node
      this.emit('error',
        new InvalidConsumerOffsetError(`Offset out of range for topic "${topic}" partition ${partition}`))
      this.emit('offsetOutOfRange', error)
      return
    }
    const time = OFFSET_TIMES[policy]
    this.emit('offsetOutOfRange', Object.assign(error, { time }))
    const partitions = [{ topic, partition, offset: time }]
    this.client._request(this._handle(), { op: 'offsets', partitions, timeout: this.client._requestTimeout() },
      (/** @type {any} */ failure, /** @type {any[]} */ answers) => {
        if (this.client.closing) return
        const code = failure ? 0 : answers[0].error
        if (failure || code !== 0) {
          const cause = failure || new Error(errorName(code))
          this.emit('error', new InvalidConsumerOffsetError(`Fetching ${policy} offset failed`, cause))
          return
        }
        this.setOffset(topic, partition, answers[0].offset)
      })
  }

  // ---- positions ----

  /**
   * @param {any[]} payloads
   * @returns {any[]}
   */
  buildPayloads (payloads) {
    return payloads.map(payload => {
      const complete = typeof payload === 'object' ? payload : { topic: payload }
      complete.partition = complete.partition || 0
      complete.offset = complete.offset || 0
      complete.maxBytes = this.options.fetchMaxBytes
      complete.metadata = 'm'
      return complete
    })
  }

  /**
   * @param {any[]} payloads
   * @returns {Record<string, Record<string, number>>}
   */
  buildPayloadMap (payloads) {
    /** @type {Record<string, Record<string, number>>} */
    const map = {}
    for (const { topic, partition, offset } of payloads) recordOf(map, topic)[partition] = offset
    return map
  }

  /**
   * Continues a partition at another offset. Nothing fetched before is emitted after this call.
   *
   * @param {string} topic
   * @param {number} partition
   * @param {number} offset
   */
  setOffset (topic, partition, offset) {
    // eslint-disable-next-line eqeqeq -- kafka-node accepts '0' for 0 here
    const payload = this.topicPayloads.find(other => other.topic === topic && other.partition == partition)
    if (!payload) return
    const start = offsetOf(offset)
    if (start === null) {
      this.emit('error', illegalOffset({ topic, offset }))
      return
    }
    payload.offset = start
    this._outOfRangePartitions = this._outOfRangePartitions.filter(other =>
      other.topic !== topic || other.partition !== payload.partition)
    recordOf(this.payloadMap, topic)[payload.partition] = start
    this._core.seek(topic, payload.partition, start)
  }

  /** Stops emitting after the current batch. The membership continues. */
  pause () {
    this.paused = true
  }

  /** Goes on. A partition that is out of range under `outOfRangeOffset: 'none'` is tried again at its position. */
  resume () {
    this.paused = false
    const stopped = this._outOfRangePartitions.splice(0)
    for (const { topic, partition } of stopped) {
      const payload = this.topicPayloads.find(other => other.topic === topic && other.partition === partition)
      if (payload) this.setOffset(topic, partition, payload.offset)
    }
    this._core.pump.resume()
  }

  _startCommitInterval () {
    this.committing = true
    setTimeout(() => { this.committing = false }, this.options.autoCommitIntervalMs).unref()
  }

  /**
   * Commits the positions: for each owned partition the offset after the last completed batch.
   *
   * @param {any} [force] true commits even within `autoCommitIntervalMs` of the last commit, or when nothing is new
   * @param {(err: Error | null, result?: any) => void} [callback]
   */
  commit (force, callback) {
    if (typeof force === 'function') {
      callback = force
      force = false
    }
    const done = callbackOf(callback)
    if (!force) {
      if (this.committing) return done(null, 'Offset committing')
      if (!this.needToCommit) return done(null, 'Commit not needed')
    }
    this.needToCommit = false
    this._startCommitInterval()
    const commits = this.topicPayloads.filter(({ offset }) => offset !== -1)
    if (commits.length === 0) return done(null, 'Nothing to be committed')
    this.sendOffsetCommitRequest(commits, done)
  }

  /**
   * Commits the given offsets as they are: each is the next one to read.
   *
   * @param {any[]} commits `{ topic, partition, offset, metadata = 'm' }`
   * @param {(err: Error | null, result?: any) => void} [callback]
   */
  sendOffsetCommitRequest (commits, callback) {
    callback = callbackOf(callback)
    checkArray('commits', commits)
    for (const commit of commits) checkObject('each of commits', commit)
    if (!this._isMember() || commits.length === 0) return callback(null, 'Nothing to be committed')
    const list = commitsOrCallback(commits, callback)
    if (list) this._core.commit(list, callback)
  }

  /** @returns {any} an `Offset` on this group's client, always the same */
  getOffset () {
    /** @type {any} */
    const self = this
    if (!self.offset) self.offset = new Offset(this.client)
    return self.offset
  }

  // ---- topics ----

  /**
   * Rejoins the group with further topics; joins it if this is no member yet. `rebalancing`, `connect` and `rebalanced`
   * follow.
   *
   * @param {any} topics a name, or an array of names
   * @param {(err: Error | null, result?: string) => void} [callback] called before the group has been rejoined;
   *   `TopicsNotExistError` if a topic is missing
   */
  addTopics (topics, callback) {
    const names = topicNames(topics)
    this._changeTopics(names, () => [...this.topics, ...names.filter(name => !this.topics.includes(name))],
      `Add Topics ${names.map(String).join(',')} Successfully`, callback)
  }

  /**
   * Rejoins the group without some topics; without the last one it leaves the group until `addTopics`.
   *
   * @param {string | string[]} topics
   * @param {(err: Error | null, result?: string) => void} [callback] as for `addTopics`
   */
  removeTopics (topics, callback) {
    const names = topicNames(topics)
    this._changeTopics(names, () => this.topics.filter(topic => !names.includes(topic)),
      `Remove Topics ${names.map(String).join(',')} Successfully`, callback)
  }

  /**
   * @param {string[]} names
   * @param {() => string[]} changed
   * @param {string} result
   * @param {(err: Error | null, result?: string) => void} [callback]
   */
  _changeTopics (names, changed, result, callback) {
    const done = callbackOf(callback)
    try {
      checkNames(names)
    } catch (error) {
      setImmediate(done, /** @type {Error} */ (error))
      return
    }
    const change = (/** @type {Error | null} */ error) => {
      // the group rebalances already: what was read since the last commit is not this member's to commit any more
      if (error && !(error instanceof IllegalGenerationError)) return done(error)
      this.topics = changed()
      this.setupProtocols(this.options.protocol)
      if (this._subscribed && (this.ready || this.connecting)) this._subscribe()
      // one that is about to join will use the new list
      else if (!this.connecting) this.connect()
      done(null, result)
    }
    this._core.whenReady(unavailable => {
      if (unavailable) return done(unavailable)
      this.client.topicExists(names, (/** @type {Error | null} */ error) => {
        if (error) done(error)
        else if (this.options.autoCommit && this._isMember()) this.commit(true, change)
        else change(null)
      })
    })
  }

  // ---- end ----

  /**
   * Leaves the group and closes the client.
   *
   * @param {any} [force] true commits first
   * @param {(err: Error | null) => void} [callback] gets the error of that commit; everything is closed all the same
   */
  close (force, callback) {
    if (typeof force === 'function') {
      callback = force
      force = false
    }
    const done = callbackOf(callback)
    const wasReady = this.ready
    this.ready = false
    const leave = (/** @type {() => void} */ left) => {
      this._joinWatch.stop()
      this._core.stop()
      this.client.close(() => {
        this.closed = true
        // no member any more: commits have nothing to commit
        this.generationId = null
        left()
      })
    }
    if (force && wasReady) this._core.commitAndLeave(committed => this.commit(true, committed), leave, done)
    else leave(() => done(null))
  }
}

/**
 * @param {string} name
 * @param {any} value
 */
function checkOffsetOption (name, value) {
  if (valueOf(/** @type {any} */ (OFFSET_TIMES), value) === undefined) {
    throw new Error(`${name} ${textOf(value)} should be either: ${Object.keys(OFFSET_TIMES).join(', ')}`)
  }
}

/**
 * @param {any[]} topics
 * @throws {TypeError | InvalidConfigError} if one is no name
 */
function checkNames (topics) {
  for (const topic of topics) {
    if (typeof topic !== 'string') throw wrongType('each of topics', 'a string', topic)
    checkNoNul('each of topics', topic)
    if (topic === '') throw new InvalidConfigError('each of topics must have a name that is not empty')
  }
}

/**
 * @param {any} topics
 * @returns {string[]}
 */
function topicNames (topics) {
  return (Array.isArray(topics) ? topics : [topics]).map(topic =>
    topic !== null && typeof topic === 'object' ? topic.topic : topic)
}

/** @param {Error | null} error */
function logCommitError (error) {
  if (error) logger.debug('auto commit offset', error)
}

// the same function under both names, as with kafka-node
ConsumerGroup.prototype.autoCommit = ConsumerGroup.prototype.commit

const Callable = callable(ConsumerGroup)
hideSecrets(Callable)
module.exports = Callable
