'use strict'

const { callbackOf, optionsOf, wrongType } = require('./internal/arguments')
const getLogger = require('./logging')
const ConsumerGroup = require('./consumerGroup')
const { hidePrivate } = require('./internal/redact')
const { MessageStream } = require('./internal/messageStream')
const { recordOf, valueOf } = require('../core/keyed')
const { lazy } = require('../core/lazy')
const { callAll } = require('../core/scheduling/callAll')
const { clearTimeout, setImmediate, setTimeout } = require('../core/scheduling/timers')
const logger = getLogger('kafka-node:ConsumerGroupStream')

/** Loaded with the first stream. */
const parts = lazy(() => ({
  ...require('./internal/commitResult'),
  ...require('./internal/options'),
  ...require('./internal/group/askUser')
}))

const DEFAULT_HIGH_WATER_MARK = 100

/**
 * A member of a consumer group as a stream of its messages. It joins when it is first read from.
 *
 * Messages that were not handed out when the group takes their partitions back are dropped: whoever gets the partition
 * starts after the last commit, and commits only follow what was handed out.
 *
 * @typedef {import('./internal/messageEmitter').Message} Message
 * @typedef {import('./internal/commitResult').CommitResult} CommitResult
 * @typedef {import('../index').ConsumerGroupStreamOptions} Options
 */
class ConsumerGroupStream extends MessageStream {
  /**
   * @param {Options} options of ConsumerGroup, and `highWaterMark` (100); completed and changed in place
   * @param {string | string[]} topics
   */
  constructor (options, topics) {
    if (!options) throw wrongType('options', 'an object', options)
    optionsOf(options)
    super({ objectMode: true, highWaterMark: options.highWaterMark || DEFAULT_HIGH_WATER_MARK })
    const { defaults } = parts()
    defaults(options, { autoCommit: true })
    this.autoCommit = options.autoCommit
    /** @type {Record<string, Record<string, number>>} the next offset to commit, by topic and partition */
    this.commitQueue = {}
    this.committing = false
    /** @type {NodeJS.Timeout | null} */
    this.autoCommitTimer = null
    /** @type {Message[]} messages that were handed out by `read()` in this turn of the event loop */
    this._handedOut = []
    this._commitScheduled = false
    this._joinPending = false
    /** @type {Array<(err: Error | null, results: undefined[]) => void>} */
    this._closeCallbacks = []
    this._closed = false
    hidePrivate(this)

    options.connectOnReady = false
    options.autoCommit = false
    const { onRebalance } = options
    options.onRebalance = (isMember, callback) =>
      this._beforeRebalance(onRebalance, isMember, callback)

    this.consumerGroup = new ConsumerGroup(options, topics)
    this.consumerGroup.on('error', (/** @type {Error} */ error) => this.emit('error', error))
    this.consumerGroup.on('connect', () => this.emit('connect'))
    this.consumerGroup.on('rebalancing', () => this._dropTaken())
    this._follow(this.consumerGroup)
  }

  /** The inner consumer's KafkaClient. */
  get client () {
    return this.consumerGroup.client
  }

  _read () {
    this._join()
    super._read()
  }

  /** Joins as soon as the client is ready, unless that has been done. */
  _join () {
    const { consumerGroup } = this
    if (this._joinPending || consumerGroup.ready || consumerGroup.connecting) return
    if (consumerGroup.client.ready) return consumerGroup.connect()
    this._joinPending = true
    consumerGroup.client.once('ready', () => {
      this._joinPending = false
      if (!this.destroyed && !consumerGroup.connecting && !consumerGroup.ready) consumerGroup.connect()
    })
  }

  // ---- commits ----

  /**
   * @param {Message} message
   * @returns {boolean}
   */
  _emitMessage (message) {
    const heard = super._emitMessage(message)
    if (this.autoCommit && message) {
      // Handlers are done with it by now. Code that reads or iterates has not even begun: if it leaves or closes within
      // this turn, the message counts as not handled.
      if (heard) this._queue(message)
      else this._handedOut.push(message)
      this._scheduleCommit()
    }
    return heard
  }

  _scheduleCommit () {
    if (this._commitScheduled) return
    this._commitScheduled = true
    setImmediate(() => {
      this._commitScheduled = false
      if (this.destroyed) return
      this._queueHandedOut()
      this.commit(null)
    })
  }

  _queueHandedOut () {
    for (const message of this._handedOut) this._queue(message)
    this._handedOut = []
  }

  /** @param {{ topic: string, partition: number, offset: number }} message */
  _queue ({ topic, partition, offset }) {
    if (offset === -1) return
    const owned = valueOf(this.consumerGroup.payloadMap, topic)
    if (owned === undefined || owned[partition] === undefined) {
      // another member may own it by now, whose commits must not be set back
      logger.debug('no commit for %s-%s: it is not owned', topic, partition)
      return
    }
    recordOf(this.commitQueue, topic)[partition] = offset + 1
  }

  /**
   * Commits the offset after the message, at once or with the next automatic commit. If there are several messages of a
   * partition, the last call counts.
   *
   * @param {Message | null} message null for none: only what is queued
   * @param {boolean} [force] true: at once
   * @param {(err: Error | null) => void} [callback] without it a failure is emitted as `error`
   */
  commit (message, force, callback) {
    // without one, a failure is emitted
    if (callback) callbackOf(callback)
    if (message) this._queue(message)
    if (this.committing && !force) {
      if (callback) callback(null)
      return
    }
    this.commitQueued(this._queuedCommits(), force, callback)
  }

  _queuedCommits () {
    const commits = []
    for (const [topic, partitions] of Object.entries(this.commitQueue)) {
      for (const [partition, offset] of Object.entries(partitions)) {
        commits.push({ topic, partition: Number(partition), offset, metadata: 'm' })
      }
    }
    return commits
  }

  /**
   * @param {Array<{ topic: string, partition: number, offset: number, metadata: string }>} commits
   * @param {boolean} [force] true: no interval starts with it
   * @param {(err: Error | null) => void} [callback]
   */
  commitQueued (commits, force, callback) {
    if (!force) this._startCommitInterval()
    if (commits.length === 0) {
      if (callback) callback(null)
      return
    }
    this.consumerGroup.sendOffsetCommitRequest(commits, (error, result) => {
      if (error) {
        logger.error('commit request failed', error)
        if (callback) callback(error)
        else this.emit('error', error)
        return
      }
      for (const { topic, partition, offset } of commits) {
        const queued = valueOf(this.commitQueue, topic)
        // what the broker has refused is retried with the next commit; a later message may have come in the meantime
        if (queued !== undefined && queued[partition] === offset &&
            !parts().isRefused(/** @type {CommitResult} */ (result), topic, partition)) {
          delete queued[partition]
        }
      }
      if (callback) callback(null)
    })
  }

  _startCommitInterval () {
    if (this.destroyed) return
    this.committing = true
    if (this.autoCommitTimer) clearTimeout(this.autoCommitTimer)
    this.autoCommitTimer = setTimeout(() => {
      this.committing = false
      const commits = this._queuedCommits()
      if (commits.length > 0) this.commitQueued(commits)
    }, this.consumerGroup.options.autoCommitIntervalMs)
  }

  // ---- rebalance ----

  /**
   * The user's own `onRebalance` first, then what was handed out is committed, then the rebalance continues.
   *
   * @param {Options['onRebalance']} onRebalance
   * @param {boolean} isMember
   * @param {(err?: unknown) => void} callback
   */
  _beforeRebalance (onRebalance, isMember, callback) {
    const proceed = (/** @type {unknown} */ error) => {
      if (error) return callback(error)
      this._queueHandedOut()
      this.commit(null, true, failure => {
        // the messages are read again, which is no reason to leave the group for good
        if (failure) logger.error('commit before a rebalance failed', failure)
        this._forgetTaken()
        callback()
      })
    }
    if (typeof onRebalance === 'function') parts().askUser(onRebalance, isMember, proceed)
    else proceed(null)
  }

  /** Drops the messages of partitions that the group takes. */
  _dropTaken () {
    const { taken } = this.consumerGroup._membership
    if (taken === null) return this._dropBuffered()
    for (const [topic, partitions] of taken) for (const partition of partitions) this._dropPartition(topic, partition)
  }

  _forgetTaken () {
    const { taken } = this.consumerGroup._membership
    if (taken === null) {
      this.commitQueue = {}
      return
    }
    for (const [topic, partitions] of taken) {
      const queued = valueOf(this.commitQueue, topic)
      if (queued !== undefined) for (const partition of partitions) delete queued[partition]
    }
  }

  // ---- end ----

  /**
   * Commits what was handed out if `autoCommit` is on, leaves the group and closes its client. `close` is emitted last.
   *
   * @param {(err: Error | null, results?: undefined[]) => void} [callback]
   */
  close (callback) {
    callback = callbackOf(callback)
    if (this._closed) {
      setImmediate(callback, null, [undefined, undefined])
      return
    }
    this._closeCallbacks.push(callback)
    this.destroy()
  }

  /**
   * @param {Error | null} reason
   * @param {(err?: Error | null) => void} done
   */
  _destroy (reason, done) {
    if (this.autoCommitTimer) clearTimeout(this.autoCommitTimer)
    // the constructor of ConsumerGroup may have thrown
    const group = this.consumerGroup
    if (!group) return done(reason)
    group._core.pump.stop()
    this._dropBuffered()
    const left = (/** @type {Error | null} */ failure) => {
      if (failure) logger.error('commit before closing failed', failure)
      this._closed = true
      const callbacks = this._closeCallbacks
      this._closeCallbacks = []
      callAll([
        ...callbacks.map(callback => () => callback(failure, [undefined, undefined])),
        () => done(isLeftLoop(reason) ? null : reason)
      ])
    }
    const leave = (/** @type {() => void} */ closed) => group.close(false, closed)
    if (this.autoCommit) group._core.commitAndLeave(committed => this.commit(null, true, committed), leave, left)
    else leave(() => left(null))
  }
}

/**
 * Node destroys a stream with an error of its own when a `for await` loop over it is left. To kafka-node's users that
 * is not an error; an AbortSignal is, and has its cause.
 *
 * @param {Error & { code?: string, cause?: unknown } | null} reason
 */
function isLeftLoop (reason) {
  return reason !== null && reason.code === 'ABORT_ERR' && reason.cause === undefined
}

module.exports = ConsumerGroupStream
