'use strict'

const { FixedPartitions } = require('../../core/consumer/fixedPartitions')
const { RecordPump } = require('../../core/consumer/recordPump')
const { commitOutcome } = require('../../core/group/commitOutcome')
const { offsetOf, textOf } = require('./arguments')
const { commitsOrCallback } = require('./requests/payloads')
const { toCommitResult } = require('./commitResult')
const { emitAll } = require('./emitAll')
const { isForeign, onceReady } = require('./foreignClient')
const { MessageEmitter } = require('./messageEmitter')
const { CODE, brokerError, named, toError, toGroupError } = require('./nativeErrors')
const { InvalidConfigError, TimeoutError } = require('./errors')
const { valueOf } = require('../../core/keyed')
const { callAll } = require('../../core/scheduling/callAll')
const { clearTimeout, nextTick, setTimeout } = require('../../core/scheduling/timers')

/** The shortest interval of `done` events when nothing arrives, ms; kafka-node's is its longest fetch. */
const LEAST_IDLE_MS = 50

/** How long the last commit may take before the consumer is closed anyway, ms. It may still arrive after that. */
const LAST_COMMIT_MS = 1000

/**
 * What `Consumer` and `ConsumerGroup` have in common: records, positions, commits, and the steady `done` events that
 * kafka-node shows when nothing arrives.
 *
 * @typedef {{ topic: string, partition: number, offset: number, maxBytes?: number, metadata: string }} Payload a
 *   partition with its position
 */
class ConsumerCore {
  /**
   * @param {InstanceType<typeof import('../consumer')> | InstanceType<typeof import('../consumerGroup')>} consumer
   * @param {{ timestamps: boolean, encodings: () => { value: string, key: string }, payloads: () => Payload[],
   *   active: () => Payload[], progressed: () => void, autoCommit: () => void }} owner `payloads` are those whose
   *   positions move, `active` those that are being read. `progressed` is called when positions have moved, and
   *   `autoCommit` whenever an automatic commit may be due
   */
  constructor (consumer, owner) {
    this.consumer = consumer
    this.owner = owner
    /** @type {import('../../core/handles/index').ConsumerHandle | null} */
    this.handle = null
    this.closing = false
    /** @type {NodeJS.Timeout | null} */
    this.idleTimer = null
    this.busy = false
    this.emitter = new MessageEmitter(consumer, {
      encodings: owner.encodings,
      identity: () => ({ clientId: consumer.client.clientId, groupId: consumer.options.groupId || null }),
      timestamps: owner.timestamps,
      progressed: progress => this.moveTo(progress)
    })
    this.pump = new RecordPump(this.emitter)
    this.emitter.positions = this.pump.positions
    this.fixed = new FixedPartitions(this.pump, () => this.wanted())
    /** @type {(topic: string, partition: number) => void} told about seeks: a stream holds messages of its own */
    this.repositioned = () => {}
    this.records = (/** @type {import('../../core/wire/records').RecordBatch} */ batch) => this.pump.add(batch)
    this.idle = this.idle.bind(this)
    consumer.on('newListener', (/** @type {string | symbol} */ event) => {
      if (event === 'done') this.quicken()
    })
  }

  /** @param {import('../../core/handles/index').ConsumerHandle} handle */
  use (handle) {
    this.handle = handle
    this.pump.handle = handle
  }

  /** @param {{ id: number, name: string }} event */
  learnTopic ({ id, name }) {
    this.pump.topics[id] = name
  }

  /**
   * Moves the positions past what a slice has emitted.
   *
   * @param {import('./messageEmitter').Progress} progress
   */
  moveTo (progress) {
    this.busy = true
    let moved = false
    for (const payload of this.owner.payloads()) {
      const partitions = valueOf(progress, payload.topic)
      const last = partitions === undefined ? undefined : partitions[payload.partition]
      // a seek from within the slice stands
      if (last === undefined || this.pump.positions.isRepositioned(payload.topic, payload.partition)) continue
      payload.offset = last + 1
      moved = true
    }
    if (moved) this.owner.progressed()
    this.owner.autoCommit()
  }

  // ---- idle ----

  startIdling () {
    if (this.idleTimer === null && !this.closing) this.scheduleIdle()
  }

  /** @param {boolean} [isHeard] whether anybody listens to `done` */
  scheduleIdle (isHeard = this.consumer.listenerCount('done') > 0) {
    const { options } = this.consumer
    // no listeners: only automatic commits remain to be taken care of
    const pace = isHeard ? options.fetchMaxWaitMs : Math.min(1000, options.autoCommitIntervalMs)
    this.idleTimer = setTimeout(this.idle, Math.max(LEAST_IDLE_MS, pace))
  }

  /** The first listener to `done` does not wait for the slow pace. */
  quicken () {
    if (this.idleTimer === null || this.consumer.listenerCount('done') > 0) return
    clearTimeout(this.idleTimer)
    this.scheduleIdle(true)
  }

  idle () {
    this.idleTimer = null
    // the client may have been closed without its consumer
    if (this.closing || this.consumer.client.closing) return
    this.scheduleIdle()
    const { consumer, pump } = this
    const wasBusy = this.busy
    this.busy = false
    if (wasBusy || pump.queue.length > 0 || !consumer.ready || pump.isPaused()) return
    this.owner.autoCommit()
    const active = this.owner.active()
    // kafka-node fetches nothing then
    if (consumer.listenerCount('done') === 0 || active.length === 0) return
    const progress = this.emitter.idleProgress([...new Set(active.map(({ topic }) => topic))])
    callAll([() => emitAll(consumer, 'processingfetch'), () => emitAll(consumer, 'done', progress)])
  }

  stop () {
    this.closing = true
    if (this.idleTimer) clearTimeout(this.idleTimer)
    this.idleTimer = null
    this.fixed.stop()
    this.pump.stop()
  }

  /**
   * Calls back when the client is ready, however long that takes, or with an error when it gives up or is closed.
   *
   * @param {(err: Error | null) => void} callback
   */
  whenReady (callback) {
    const { client } = this.consumer
    if (isForeign(client)) return onceReady(this.consumer, () => callback(null))
    client._whenReady(callback, true)
  }

  // ---- fixed partitions ----

  /**
   * What is to be read. Payloads are the user's own objects: what was valid when they were given may have been changed.
   *
   * @returns {import('../../core/consumer/fixedPartitions').Position[]}
   */
  wanted () {
    const positions = []
    for (const { topic, partition, offset } of this.owner.active()) {
      const start = offsetOf(offset)
      if (start !== null) positions.push({ topic, partition, offset: start })
      // later: a listener that throws must not keep the others from being read
      else nextTick(() => this.consumer.emit('error', illegalOffset({ topic, offset })))
    }
    return positions
  }

  // ---- positions ----

  /**
   * Continues a partition at another offset.
   *
   * @param {string} topic
   * @param {number} partition
   * @param {number} offset
   */
  seek (topic, partition, offset) {
    if (!this.handle) return
    const seekVersion = this.pump.positions.seek(topic, partition)
    this.repositioned(topic, partition)
    this.handle.command({ type: 'seek', topic, partition, offset, seekVersion })
  }

  /**
   * @param {import('./requests/payloads').Payload[]} positions
   * @param {import('./commitResult').CommitCallback} callback gets an `InvalidConfigError` if a position is invalid
   */
  commit (positions, callback) {
    const { handle, consumer } = this
    if (!handle || positions.length === 0) return callback(null, 'Nothing to be committed')
    const commits = commitsOrCallback(positions, callback)
    if (!commits) return
    handle.commit(commits, answer => {
      // made under an assignment that is gone, so it was not sent
      if (answer.error && answer.stale) {
        return callback(toGroupError(answer.error, consumer.client.options.requestTimeout))
      }
      // a broker's refusal is part of the result, as with kafka-node
      if (answer.error && answer.error.code < 0) {
        return callback(toError(answer.error, consumer.client.options.requestTimeout))
      }
      callback(null, toCommitResult(commitOutcome(answer)))
    })
  }

  /**
   * Commits, then leaves, even if the commit fails or gets no answer in time because no broker can be reached. A
   * process that wants to end must not hang on it.
   *
   * @param {(callback: (err: Error | null) => void) => void} commit
   * @param {(callback: () => void) => void} leave
   * @param {(err: Error | null) => void} done gets the commit's error
   */
  commitAndLeave (commit, leave, done) {
    // what is emitted from here on would not be in the commit
    this.pump.stop()
    /** @type {Error | null} */
    let failure = new TimeoutError(`The offsets were not committed: no answer within ${LAST_COMMIT_MS}ms`)
    let leaving = false
    const leaveOnce = () => {
      if (leaving) return
      leaving = true
      leave(() => done(failure))
    }
    const timer = setTimeout(leaveOnce, LAST_COMMIT_MS)
    commit(error => {
      clearTimeout(timer)
      // a late one only means that everything has been closed
      if (!error || !leaving) failure = error
      leaveOnce()
    })
  }
}

/**
 * @template {string | null} T
 * @template {number | null} P
 * @param {{ error: import('./nativeErrors').NativeError, topic: T, partition: P }} event
 */
function partitionError ({ error, topic, partition }) {
  const code = error.code === CODE.OFFSET_OUT_OF_RANGE ? 1 : error.code
  return Object.assign(code > 0 ? brokerError(code) : named(error.message, error), { topic, partition })
}

/** @param {{ topic: unknown, offset?: unknown }} position */
function illegalOffset ({ topic, offset }) {
  return new InvalidConfigError(
    `offset ${textOf(offset)} for topic ${textOf(topic)} is illegal, must be a whole number of at least 0`)
}

module.exports = { ConsumerCore, illegalOffset, partitionError }
