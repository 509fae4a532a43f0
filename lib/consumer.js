'use strict'

const { AdoptableEmitter, callable } = require('./internal/callable')
const {
  callbackOf, checkArray, checkClient, checkEncoding, checkTimer, isPartition, numberOf, offsetOf, optionsOf, textOf,
  wrongType
} = require('./internal/arguments')
const getLogger = require('./logging')
const { emitAll } = require('./internal/emitAll')
const { hidePrivate } = require('./internal/redact')
const { fetch, follow: followForeign, isForeign } = require('./internal/foreignClient')
const { InvalidConfigError, TopicsNotExistError } = require('./internal/errors')
const { recordOf } = require('../core/keyed')
const { lazy } = require('../core/lazy')
const { clearTimeout, setImmediate, setTimeout } = require('../core/scheduling/timers')
const logger = getLogger('kafka-node:Consumer')

/** What consumers are made of, loaded with the first one. */
const parts = lazy(() => ({
  ...require('./utils'),
  ...require('./internal/consumerCore'),
  ...require('./internal/options'),
  ...require('../core/errors')
}))

const DEFAULTS = {
  groupId: 'kafka-node-group',
  autoCommit: true,
  autoCommitIntervalMs: 5000,
  fetchMaxWaitMs: 100,
  fetchMinBytes: 1,
  fetchMaxBytes: 1024 * 1024,
  fromOffset: false,
  encoding: 'utf8'
}

const noop = () => {}

/** When to look again for topics that a broker does not know yet, ms. */
const TOPIC_PAUSES = [100, 200, 400, 800, 1600]

/** How often a position that is out of range is reported, ms. */
const OUT_OF_RANGE_PAUSE = 1000

/** Errors that say the cluster has changed: librdkafka looks again by itself. */
const STALE_METADATA = new Set([3, 5, 6])

let lastId = 0

/**
 * Reads fixed partitions, without membership in a group; `groupId` only names where offsets are kept.
 *
 * @typedef {import('./internal/consumerCore').Payload} Payload
 * @typedef {import('./internal/commitResult').CommitCallback} CommitCallback
 * @typedef {import('./internal/requests/payloads').Offsets} Offsets
 * @typedef {import('../core/handles/events').PartitionErrorEvent} PartitionErrorEvent
 * @typedef {string | { topic: string, partition?: number | string }} Wanted all partitions of a topic, or one
 * @typedef {string | import('../index').OffsetFetchRequest} Topic a name, or what is completed to a payload
 */
class Consumer extends AdoptableEmitter {
  /**
   * @param {InstanceType<typeof import('./kafkaClient')>} client
   * @param {Topic[]} topics `{ topic, partition = 0, offset = 0 }` or a topic's name; completed in place
   * @param {import('../index').ConsumerOptions} [options] completed in place
   */
  constructor (client, topics, options) {
    super()
    const { ConsumerCore, validateConfig, validateTopics } = parts()
    const { checkIsolationLevel, defaults, librdkafkaSettings } = parts()
    if (!topics) throw new Error('Must have payloads')
    validateTopics(topics)
    this.fetchCount = 0
    this.client = client
    this.options = defaults(optionsOf(options), DEFAULTS)
    checkEncoding('encoding', this.options.encoding)
    if (this.options.keyEncoding) checkEncoding('keyEncoding', this.options.keyEncoding)
    checkTimer('fetchMaxWaitMs', this.options.fetchMaxWaitMs)
    checkTimer('autoCommitIntervalMs', this.options.autoCommitIntervalMs)
    if (this.options.groupId) validateConfig('options.groupId', this.options.groupId)
    checkIsolationLevel(this.options.isolationLevel)
    librdkafkaSettings(this.options.librdkafka, 'C')
    checkClient(client)
    this.ready = false
    this.paused = this.options.paused
    this.id = lastId++
    this.payloads = this.buildPayloads(topics)
    this.encoding = this.options.encoding
    this.committing = false
    this._core = new ConsumerCore(this, {
      timestamps: false,
      encodings: () => ({ value: this.encoding, key: this.options.keyEncoding || this.encoding }),
      payloads: () => this._allPayloads(),
      active: () => this.payloads.filter(payload => this._located.has(payload)),
      progressed: noop,
      autoCommit: () => {
        if (this.options.autoCommit && this.ready) this.commit(false, logCommitError)
      }
    })
    /** payloads whose offset is where to read, no longer what the user put there */
    this._located = new WeakSet()
    /** @type {Map<string, NodeJS.Timeout>} timers of partitions whose position is out of range */
    this._outOfRange = new Map()
    this._isForeign = isForeign(client)
    hidePrivate(this)
    this.connect()
  }

  /**
   * @param {Topic[]} topics
   * @returns {Payload[]} the same objects, complete
   */
  buildPayloads (topics) {
    return topics.map(topic => {
      const payload = /** @type {Payload} */ (typeof topic === 'object' ? topic : { topic })
      payload.partition = numberOf(payload.partition || 0)
      payload.offset = numberOf(payload.offset || 0)
      payload.maxBytes = this.options.fetchMaxBytes
      payload.metadata = 'm'
      return payload
    })
  }

  /** Follows the client's events; called by the constructor. */
  connect () {
    const { client } = this
    const claimed = this._isForeign || client._claimPrimary({ open: () => this._open() })
    this.ready = client.ready
    if (this.ready) this.init()
    client.on('ready', () => {
      logger.debug('consumer ready')
      const first = !this.ready
      this.ready = true
      if (first) this.init()
    })
    client.on('error', (/** @type {Error} */ error) => {
      logger.error('client error %s', error.message)
      emitAll(this, 'error', error)
    })
    client.on('close', () => {
      logger.debug('connection closed')
      if (client.closing) this._core.stop()
    })
    if (this._isForeign) followForeign(this)
    if (!claimed) logger.debug('the client is already in use: this consumer gets its own connections')
  }

  _open () {
    if (this._isForeign) return null
    const core = this._core
    const handle = this.client._openConsumer(this.options, null, {
      records: core.records,
      event: event => this._event(event)
    })
    core.use(handle)
    return handle
  }

  /** @returns {import('../core/handles/index').ConsumerHandle} opened when it is first needed */
  _handle () {
    return this._core.handle || /** @type {import('../core/handles/index').ConsumerHandle} */ (this._open())
  }

  /** Looks up where to start, and starts. */
  init () {
    // not those that are added in the meantime
    const payloads = this._allPayloads().slice()
    if (payloads.length === 0) return
    const { client } = this
    this._findTopics(payloads.map(({ topic }) => topic), 0, error => {
      if (client.closing) return
      if (error) return this.emit('error', error)
      this._locate(payloads, this.options.fromOffset, failure => {
        if (client.closing) return
        if (failure) return this.emit('error', failure)
        this._start()
      })
    })
  }

  /**
   * Makes sure that topics exist. A broker that has only just come up may not know them yet, and is asked again.
   *
   * @param {string[]} topics
   * @param {number} attempt
   * @param {(err: Error | null) => void} callback
   */
  _findTopics (topics, attempt, callback) {
    const { client } = this
    client.topicExists(topics, error => {
      const isEarly = error instanceof TopicsNotExistError && client._connector.cameLate &&
        attempt < TOPIC_PAUSES.length
      if (!isEarly || client.closing) return callback(error)
      setTimeout(() => this._findTopics(topics, attempt + 1, callback), TOPIC_PAUSES[attempt]).unref()
    })
  }

  /**
   * Looks up where payloads start: where the group committed, else at 0, or with `fromOffset` at their own offsets.
   *
   * @param {Payload[]} payloads
   * @param {boolean} fromOffset
   * @param {(err: Error | null) => void} callback
   */
  _locate (payloads, fromOffset, callback) {
    const located = () => {
      for (const payload of payloads) this._located.add(payload)
      callback(null)
    }
    const nameless = payloads.find(({ topic }) => typeof topic !== 'string')
    if (nameless) return callback(wrongType('topic', 'a string', nameless.topic))
    const nowhere = payloads.find(({ partition }) => !isPartition(partition))
    if (nowhere) return callback(illegalPartition(nowhere))
    const wrong = fromOffset && payloads.find(({ offset }) => offsetOf(offset) === null)
    if (wrong) return callback(parts().illegalOffset(wrong))
    this._introduce(payloads)
    if (fromOffset) return located()
    this.fetchOffset(payloads, (error, offsets) => {
      if (error) return callback(error)
      for (const payload of payloads) {
        payload.offset = Math.max(0, recordOf(/** @type {Offsets} */ (offsets), payload.topic)[payload.partition])
      }
      located()
    })
  }

  /**
   * Tells a handle of this consumer's own about topics: it has not seen the client's metadata. A topic that librdkafka
   * knows only from a commit is looked up once a second.
   *
   * @param {Payload[]} payloads
   */
  _introduce (payloads) {
    const { client } = this
    if (this._isForeign || this._handle() === client._primary) return
    const topics = [...new Set(payloads.map(({ topic }) => topic))]
    this._handle().request({ op: 'metadata', topics, timeout: client._requestTimeout() }, noop)
  }

  /** Reads the payloads whose start is known, each from its offset. */
  _start () {
    if (this._isForeign) return fetch(this)
    this._handle()
    this._core.fixed.change(true)
    this._core.startIdling()
  }

  /**
   * Reads what has been added, along with the rest.
   *
   * @param {boolean} wasIdle whether there was nothing to read before
   */
  _readMore (wasIdle) {
    if (this._isForeign) {
      if (wasIdle) fetch(this)
      return
    }
    this._handle()
    this._core.fixed.change()
    this._core.startIdling()
  }

  /** Including those that are paused. */
  _allPayloads () {
    return this.pausedPayloads ? this.payloads.concat(this.pausedPayloads) : this.payloads
  }

  /**
   * @param {Payload} payload
   * @returns {boolean} whether its partition has a position here
   */
  _isRead (payload) {
    return this._allPayloads().filter(isIn([payload])).some(other => this._located.has(other))
  }

  /**
   * The offsets that the group has committed.
   *
   * @param {Payload[]} payloads
   * @param {(err: Error | null, offsets?: Offsets) => void} callback -1 for none
   */
  fetchOffset (payloads, callback) {
    const { client } = this
    if (this._isForeign) return client.sendOffsetFetchRequest(this.options.groupId, payloads, callback)
    const wrong = payloads.find(({ partition }) => !isPartition(numberOf(partition || 0)))
    if (wrong) {
      setImmediate(callback, illegalPartition(wrong))
      return
    }
    const partitions = payloads.map(({ topic, partition }) => ({ topic, partition: numberOf(partition || 0) }))
    client._request(this._handle(), { op: 'committed', partitions, timeout: client._requestTimeout() },
      (error, answers) => {
        if (error) return callback(error)
        /** @type {Record<string, Record<number, number>>} */
        const offsets = {}
        for (const { topic, partition, offset } of answers) {
          recordOf(offsets, topic)[partition] = offset < 0 ? -1 : offset
        }
        callback(null, offsets)
      })
  }

  /** @param {import('../core/handles/events').HandleEvent} event */
  _event (event) {
    switch (event.type) {
      case 'topic': return this._core.learnTopic(event)
      case 'assigned': return this._core.fixed.confirmed()
      case 'error': return this._partitionError(event)
    }
  }

  /** @param {import('../core/handles/events').ErrorEvent} event */
  _partitionError (event) {
    const { code } = event.error
    if (code === parts().CODE.OFFSET_OUT_OF_RANGE) {
      this._reportOutOfRange(parts().partitionError(/** @type {PartitionErrorEvent} */ (event)))
    } else if (STALE_METADATA.has(code)) {
      logger.debug('%s-%d: %s', event.topic, event.partition, event.error.message)
      this.client.emit('brokersChanged')
    } else {
      this.emit('error', parts().partitionError(event))
    }
  }

  /**
   * Reports it repeatedly, like kafka-node, until `setOffset` moves the partition, but not with every fetch.
   *
   * @param {Error & { topic: string, partition: number }} error
   */
  _reportOutOfRange (error) {
    const { topic, partition } = error
    const key = `${topic}/${partition}`
    clearTimeout(this._outOfRange.get(key))
    this._outOfRange.set(key, setTimeout(() => {
      this._outOfRange.delete(key)
      const payload = this.payloads.find(other => other.topic === topic && other.partition === partition)
      // checked only now: the user may have set the payload's offset instead of calling `setOffset`
      if (payload) this.setOffset(topic, partition, payload.offset)
    }, OUT_OF_RANGE_PAUSE))
    // a consumer that is paused has not asked for anything; it is told when it goes on
    if (!this.paused) emitAll(this, 'offsetOutOfRange', error)
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
    const payload = this._allPayloads().find(other => other.topic === topic && other.partition == partition)
    if (!payload) return
    const start = offsetOf(offset)
    if (start === null) {
      this.emit('error', parts().illegalOffset({ topic, offset }))
      return
    }
    payload.offset = start
    const key = `${topic}/${payload.partition}`
    clearTimeout(this._outOfRange.get(key))
    this._outOfRange.delete(key)
    this._core.seek(topic, payload.partition, start)
  }

  /**
   * Reads more partitions.
   *
   * @param {string | Topic[]} topics `{ topic, partition = 0, offset = 0 }`, completed in place, or names; partitions
   *   that are already there stay as they are
   * @param {(err: Error | null, added?: string[]) => void} [callback] the names; `TopicsNotExistError` if one is
   *   missing
   * @param {boolean} [fromOffset] true starts at the offsets in `topics`; otherwise where the group committed, or at 0
   */
  addTopics (topics, callback, fromOffset = false) {
    const list = typeof topics === 'string' ? [topics] : topics
    checkArray('topics', list)
    const names = list.map(topic => typeof topic === 'object' ? topic.topic : topic)
    const done = callbackOf(callback)
    this._core.whenReady(unavailable => {
      if (unavailable) return done(unavailable)
      this.client.addTopics(names, error => {
        if (error) return done(error, undefined)
        const payloads = this.buildPayloads(list).filter(payload => !this._isRead(payload))
        this._locate(payloads, fromOffset, failure => {
          if (failure) return done(failure)
          // another call may have been faster; and a partition that is known but not read had no known start then
          const added = payloads.filter(payload => !this._isRead(payload))
          const isAdded = isIn(added)
          const wasIdle = this.payloads.length === 0
          this.payloads = this.payloads.filter(payload => !isAdded(payload)).concat(added)
          this._readMore(wasIdle)
          done(null, names)
        })
      })
    })
  }

  /**
   * Stops reading topics. What is left of the current batch is still emitted.
   *
   * @param {string | string[]} topics
   * @param {(err: Error | null, count: number) => void} [callback] called at once, with the number of names
   */
  removeTopics (topics, callback) {
    const done = callbackOf(callback)
    const names = typeof topics === 'string' ? [topics] : topics
    checkArray('topics', names)
    const stays = (/** @type {Payload} */ { topic }) => !names.includes(topic)
    this.payloads = this.payloads.filter(stays)
    if (this.pausedPayloads) this.pausedPayloads = this.pausedPayloads.filter(stays)
    this._core.fixed.change()
    this.client.removeTopicMetadata(names, done)
  }

  /**
   * Stops reading some partitions after the current batch, and keeps their positions.
   *
   * @param {Wanted[]} topics names, or `{ topic, partition }` for a single partition
   */
  pauseTopics (topics) {
    /** @type {Payload[] | undefined} */
    this.pausedPayloads = this.pausedPayloads || []
    this._move(this.payloads, this.pausedPayloads, topics)
  }

  /** @param {Wanted[]} topics as for `pauseTopics` */
  resumeTopics (topics) {
    this.pausedPayloads = this.pausedPayloads || []
    const wasIdle = this.payloads.length === 0
    this._move(this.pausedPayloads, this.payloads, topics)
    if (this._isForeign && wasIdle && this.payloads.length > 0) fetch(this)
  }

  /**
   * @param {Payload[]} from
   * @param {Payload[]} to
   * @param {Wanted[]} topics
   */
  _move (from, to, topics) {
    if (!topics || topics.length === 0) return
    if (!Array.isArray(topics)) {
      const error = wrongType('topics', 'an array', topics)
      // kafka-node throws for the former, and silently did nothing for all others
      if (typeof topics === 'string') throw error
      this.emit('error', error)
      return
    }
    const chosen = from.filter(isIn(topics))
    if (chosen.length === 0) return
    to.push(...chosen)
    from.splice(0, from.length, ...from.filter(payload => !chosen.includes(payload)))
    this._core.fixed.change()
  }

  /** Stops emitting after the current batch. */
  pause () {
    this.paused = true
  }

  resume () {
    this.paused = false
    if (this._isForeign) fetch(this)
    this._core.pump.resume()
  }

  /**
   * Commits the positions: for each partition the offset after the last completed batch.
   *
   * @param {boolean | CommitCallback} [force] true commits even within `autoCommitIntervalMs` of the last commit
   * @param {CommitCallback} [callback]
   */
  commit (force, callback) {
    if (typeof force === 'function') {
      callback = force
      force = false
    }
    const done = callbackOf(callback)
    if (this.committing && !force) return done(null, 'Offset committing')
    this.committing = true
    setTimeout(() => { this.committing = false }, this.options.autoCommitIntervalMs).unref()
    const moved = this._allPayloads().filter(({ offset }) => offset !== 0)
    // before they are located, offsets are what the user put there: nothing has been read up to them
    const commits = this._isForeign ? moved : moved.filter(payload => this._located.has(payload))
    if (commits.length === 0) return done(null, 'Nothing to be committed')
    if (this._isForeign) return this.client.sendOffsetCommitRequest(this.options.groupId, commits, done)
    this._core.commit(commits, done)
  }

  /**
   * Closes the consumer and its client.
   *
   * @param {boolean | ((err: Error | null) => void)} [force] true commits first
   * @param {(err: Error | null) => void} [callback] gets the error of that commit; everything is closed all the same
   */
  close (force, callback) {
    if (typeof force === 'function') {
      callback = force
      force = false
    }
    this.ready = false
    const done = callbackOf(callback)
    const leave = (/** @type {() => void} */ left) => {
      this._core.stop()
      for (const timer of this._outOfRange.values()) clearTimeout(timer)
      this.client.close(left)
    }
    if (force) this._core.commitAndLeave(committed => this.commit(true, committed), leave, done)
    else leave(() => done(null))
  }
}

/**
 * @param {Wanted[]} topics
 * @returns {(payload: Payload) => boolean} whether a payload is one of them: a name stands for all partitions
 */
function isIn (topics) {
  return ({ topic, partition }) => topics.some(wanted =>
    typeof wanted === 'string' ? wanted === topic : wanted.topic === topic && numberOf(wanted.partition) === partition)
}

/** @param {{ topic: unknown, partition?: unknown }} position */
function illegalPartition ({ topic, partition }) {
  return new InvalidConfigError(
    `partition ${textOf(partition)} of topic ${textOf(topic)} is illegal, must be a whole number of at least 0`)
}

/** @param {Error | null} error */
function logCommitError (error) {
  if (error) logger.debug('auto commit offset', error)
}

// the same function under both names, as with kafka-node
Consumer.prototype.autoCommit = Consumer.prototype.commit

module.exports = callable(Consumer)
