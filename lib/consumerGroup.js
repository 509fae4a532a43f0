'use strict'

const {
  callbackOf, checkArray, checkEncoding, checkNoNul, checkObject, checkTimer, offsetOf, optionsOf, textOf, wrongType
} = require('./internal/arguments')
const { AdoptableEmitter, callable } = require('./internal/callable')
const { emitAll } = require('./internal/emitAll')
const { isForeign } = require('./internal/foreignClient')
const getLogger = require('./logging')
const KafkaClient = require('./kafkaClient')
const Offset = require('./offset')
const { hidePrivate, hideSecrets } = require('./internal/redact')
const { InvalidConfigError, InvalidConsumerOffsetError } = require('./internal/errors')
const { recordOf, valueOf } = require('../core/keyed')
const { assert, lazy } = require('../core/lazy')
const { callAll } = require('../core/scheduling/callAll')
const { setImmediate, setTimeout } = require('../core/scheduling/timers')
const logger = getLogger('kafka-node:ConsumerGroup')

/** What members are made of, loaded with the first one. */
const parts = lazy(() => ({
  ...require('./utils'),
  ...require('./internal/consumerCore'),
  ...require('./internal/errors'),
  ...require('./internal/nativeErrors'),
  ...require('./internal/options'),
  ...require('./internal/group/membership'),
  ...require('./internal/group/options'),
  ...require('./internal/requests/payloads'),
  builtInProtocols: require('./assignment')
}))

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

/**
 * A member of a consumer group.
 *
 * @typedef {import('./internal/consumerCore').Payload} Payload
 * @typedef {import('./internal/commitResult').CommitCallback} CommitCallback
 * @typedef {import('./internal/group/customAssignors').Protocol} Protocol
 */
class ConsumerGroup extends AdoptableEmitter {
  /**
   * @param {import('./internal/options').MemberOptions} memberOptions options of the group and of its KafkaClient;
   *   completed in place
   * @param {string | string[]} topics
   */
  constructor (memberOptions, topics) {
    super()
    const { ConsumerCore, Membership, groupOptions, validateConfig } = parts()
    const { checkIsolationLevel, defaults, librdkafkaSettings } = parts()
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
    /** @type {Protocol[]} */
    this.protocols = []
    const protocols = this.setupProtocols(this.options.protocol)
    if (this.options.migrateHLC) {
      throw new Error(
        'This version of KafkaClient cannot be used to migrate from Zookeeper use older version of kafka-node instead')
    }
    if (this.options.groupId) validateConfig('options.groupId', this.options.groupId)
    checkIsolationLevel(this.options.isolationLevel)
    const group = groupOptions(this.options, protocols, heartbeatInterval)
    librdkafkaSettings(this.options.librdkafka, 'C')
    memberOptions.clientId = memberOptions.id

    this.isLeader = false
    /** @type {string | null} */
    this.coordinatorId = null
    /** @type {number | null} */
    this.generationId = null
    /** @type {string | null} */
    this.memberId = null
    /** @type {unknown} what the leader's custom protocol sent this member with its partitions */
    this.assignedUserData = undefined
    this.ready = false
    this.connecting = false
    this.rebalancing = false
    this.closed = false
    /** @type {Payload[]} */
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
    this._membership = new Membership(this)
    /** @type {Array<{ topic: string, partition: number }>} which stand still until `resume` or `setOffset` */
    this._outOfRangePartitions = []
    hidePrivate(this)
    // last, so that a bad option leaves no connection open
    this.client = new KafkaClient(memberOptions)
    // tests put their own class in its place
    if (!isForeign(this.client)) this.client._claimPrimary({ open: () => this._open(group) })
    if (this.options.connectOnReady) this.client.once('ready', () => this.connect())
    this.client.on('error', (/** @type {Error} */ error) => {
      logger.error('Error from %s', this.client.clientId, error)
      emitAll(this, 'error', error)
    })
    this.client.on('statistics', (/** @type {unknown} */ statistics) => this.emit('statistics', statistics))
  }

  /**
   * @param {unknown} protocols names of built-in ones, and custom ones, in order of preference
   * @returns {Protocol[]}
   */
  setupProtocols (protocols) {
    const { COOPERATIVE, builtInProtocols } = parts()
    /** @type {Array<string | Protocol>} */
    const list = Array.isArray(protocols) ? protocols : [protocols]
    this.protocols = list.map(protocol => {
      if (typeof protocol === 'string') {
        if (protocol === COOPERATIVE) return { name: COOPERATIVE, version: 0, subscription: this.topics }
        if (!Object.prototype.hasOwnProperty.call(builtInProtocols, protocol)) {
          throw new Error('Unknown built in assignment protocol ' + protocol)
        }
        return {
          ...builtInProtocols[/** @type {keyof typeof builtInProtocols} */ (protocol)],
          subscription: this.topics
        }
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

  /** @param {import('../core/protocol').GroupOptions} group */
  _open (group) {
    const core = this._core
    const handle = this.client._openConsumer(this.options, group, {
      records: core.records,
      event: event => this._membership.event(event)
    })
    core.use(handle)
    return handle
  }

  // ---- membership ----

  /**
   * Joins the group; a member gives back its partitions and rejoins, unless the group is an incremental one. Ignored
   * while joining and after `close`.
   */
  connect () {
    this._membership.connect()
  }

  /**
   * The position is no longer in the log: continues where `outOfRangeOffset` says.
   *
   * @param {import('../core/handles/events').PartitionErrorEvent} event
   */
  _outOfRange (event) {
    const error = parts().partitionError(event)
    const { topic, partition } = event
    const policy = this.options.outOfRangeOffset
    if (policy === 'none') {
      this.pause()
      this._outOfRangePartitions.push({ topic, partition })
      const failure = new InvalidConsumerOffsetError(`Offset out of range for topic "${topic}" partition ${partition}`)
      // in this order, as with kafka-node
      callAll([() => emitAll(this, 'error', failure), () => emitAll(this, 'offsetOutOfRange', error)])
      return
    }
    const time = OFFSET_TIMES[policy]
    callAll([
      () => emitAll(this, 'offsetOutOfRange', Object.assign(error, { time })),
      () => this._continueAt(topic, partition, policy)
    ])
  }

  /**
   * @param {string} topic
   * @param {number} partition
   * @param {'earliest' | 'latest'} policy
   */
  _continueAt (topic, partition, policy) {
    const partitions = [{ topic, partition, offset: OFFSET_TIMES[policy] }]
    const timeout = this.client._requestTimeout()
    this.client._request(this._membership.handle(), { op: 'offsets', partitions, timeout },
      (failure, answers) => {
        if (this.client.closing) return
        const code = failure ? 0 : answers[0].error
        if (failure || code !== 0) {
          const cause = failure || parts().brokerError(code)
          this.emit('error', new InvalidConsumerOffsetError(`Fetching ${policy} offset failed`, cause))
          return
        }
        this.setOffset(topic, partition, answers[0].offset)
      })
  }

  // ---- positions ----

  /**
   * @param {Array<string | Partial<Payload>>} payloads
   * @returns {Payload[]}
   */
  buildPayloads (payloads) {
    return payloads.map(payload => {
      const complete = /** @type {Payload} */ (typeof payload === 'object' ? payload : { topic: payload })
      complete.partition = complete.partition || 0
      complete.offset = complete.offset || 0
      complete.maxBytes = this.options.fetchMaxBytes
      complete.metadata = 'm'
      return complete
    })
  }

  /**
   * @param {Payload[]} payloads
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
      this.emit('error', parts().illegalOffset({ topic, offset }))
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

  /** Resumes. A partition that is out of range under `outOfRangeOffset: 'none'` is tried again at its position. */
  resume () {
    this.paused = false
    const stopped = this._outOfRangePartitions.splice(0)
    callAll([
      ...stopped.map(({ topic, partition }) => () => {
        const payload = this.topicPayloads.find(other => other.topic === topic && other.partition === partition)
        if (payload) this.setOffset(topic, partition, payload.offset)
      }),
      () => this._core.pump.resume()
    ])
  }

  _startCommitInterval () {
    this.committing = true
    setTimeout(() => { this.committing = false }, this.options.autoCommitIntervalMs).unref()
  }

  /**
   * Commits the positions: for each owned partition the offset after the last completed batch.
   *
   * @param {boolean | CommitCallback} [force] true commits even within `autoCommitIntervalMs` of the last commit, or
   *   when nothing is new
   * @param {CommitCallback} [callback]
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
   * @param {import('./internal/requests/payloads').Payload[]} commits `{ topic, partition, offset, metadata = 'm' }`
   * @param {CommitCallback} [callback]
   */
  sendOffsetCommitRequest (commits, callback) {
    callback = callbackOf(callback)
    checkArray('commits', commits)
    for (const commit of commits) checkObject('each of commits', commit)
    if (!this._membership.isMember() || commits.length === 0) return callback(null, 'Nothing to be committed')
    const list = parts().commitsOrCallback(commits, callback)
    if (list) this._core.commit(list, callback)
  }

  /** @returns {InstanceType<typeof Offset>} on this group's client, always the same */
  getOffset () {
    /** @type {this & { offset?: InstanceType<typeof Offset> }} */
    const self = this
    if (!self.offset) self.offset = new Offset(this.client)
    return self.offset
  }

  // ---- topics ----

  /**
   * Rejoins the group with further topics; joins it if this is not yet a member. `rebalancing`, `connect` and
   * `rebalanced` follow; in an incremental group, when there are partitions for this member.
   *
   * @param {unknown} topics a name, or an array of names
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
      // the group is already rebalancing: what was read since the last commit is no longer this member's to commit
      if (error && !(error instanceof parts().IllegalGenerationError)) return done(error)
      this.topics = changed()
      this.setupProtocols(this.options.protocol)
      callAll([
        () => {
          if (this._membership.isSubscribed && (this.ready || this.connecting)) this._membership.subscribe()
          // one that is about to join will use the new list
          else if (!this.connecting) this.connect()
        },
        () => done(null, result)
      ])
    }
    this._core.whenReady(unavailable => {
      if (unavailable) return done(unavailable)
      this.client.topicExists(names, error => {
        if (error) done(error)
        else if (this.options.autoCommit && this._membership.isMember()) this.commit(true, change)
        else change(null)
      })
    })
  }

  // ---- end ----

  /**
   * Leaves the group and closes the client.
   *
   * @param {boolean | ((err: Error | null) => void)} [force] true commits first
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
      this._membership.joinWatch.stop()
      this._core.stop()
      this.client.close(() => {
        this.closed = true
        // no longer a member: there is nothing to commit
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
 * @param {string} value
 */
function checkOffsetOption (name, value) {
  if (valueOf(OFFSET_TIMES, value) === undefined) {
    throw new Error(`${name} ${textOf(value)} should be either: ${Object.keys(OFFSET_TIMES).join(', ')}`)
  }
}

/**
 * @param {unknown[]} topics
 * @throws {TypeError | InvalidConfigError} if one is not a name
 */
function checkNames (topics) {
  for (const topic of topics) {
    if (typeof topic !== 'string') throw wrongType('each of topics', 'a string', topic)
    checkNoNul('each of topics', topic)
    if (topic === '') throw new InvalidConfigError('each of topics must have a name that is not empty')
  }
}

/**
 * @param {unknown} topics
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
