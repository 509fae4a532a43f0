'use strict'

const { AsyncResource } = require('async_hooks')
const { Batch, BatchRange } = require('./batch')
const { Group, REBALANCE_FAMILY } = require('./group')
const { toMessage } = require('./message')
const { KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded, isKafkaJSError } = require('../errors')
const { consumerEvents } = require('../instrumentation')
const { Pauses, isRetriable, retryOptions } = require('../retry')
const { processTrace, traceHandler } = require('../../core/diagnostics')
const { hook } = require('../../core/hook')
const { Turn } = require('../../core/scheduling/timeBudget')
const { monotonicNow } = require('../../core/scheduling/clock')
const { clearTimeout, setImmediate, setTimeout } = require('../../core/scheduling/timers')

/**
 * Calls the handlers of one `run`: which partition is next, what becomes of what they return and throw.
 *
 * @typedef {import('./index').Context} Context
 * @typedef {import('../errors').Caught} Caught
 * @typedef {import('../../kafkajs').EachBatchPayload} BatchPayload
 * @typedef {import('../../kafkajs').EachMessagePayload} MessagePayload
 * @typedef {(payload: Omit<BatchPayload, 'batch'> & { batch: Batch }) => Promise<void>} EachBatchHandler
 * @typedef {(payload: Omit<MessagePayload, 'message'> & { message: Message }) => Promise<void>} EachMessageHandler
 * @typedef {import('./batch').Message} Message
 * @typedef {import('./partition').Partition} Partition
 * @typedef {import('../../core/wire/records').RangeReader} RangeReader
 *
 * @typedef {object} RunOptions
 * @property {boolean} autoCommit
 * @property {number | null} autoCommitInterval
 * @property {number | null} autoCommitThreshold
 * @property {boolean} eachBatchAutoResolve
 * @property {number} concurrency
 * @property {EachBatchHandler | null} eachBatch
 * @property {EachMessageHandler | null} eachMessage
 */

const { END_BATCH_PROCESS, FETCH, FETCH_START, START_BATCH_PROCESS } = consumerEvents

/** Of requests (Kafka protocol): fetches, heartbeats of both kinds of groups. */
const FETCH_KEY = 1
const HEARTBEAT_KEYS = new Set([12, 68])

/** How long handlers that return at once may keep the event loop, ms. */
const TURN_MS = 5
/** Records between two looks at the clock, when handlers are quick. */
const LONG_INTERVAL = 64

/** How long a partition rests whose handler has met a rebalance, ms. */
const REBALANCE_PAUSE_MS = 100
/** How long `stop` waits for a handler that called it, ms. */
const NESTED_WAIT_MS = 300
/** How long `stop` waits for the last commit, ms: a process that wants to end must not hang on an absent broker. */
const LAST_COMMIT_MS = 3000
/** The same while no broker can be reached: leaving takes its time as well. */
const UNLIKELY_COMMIT_MS = 1000

const nextTurn = () => new Promise(resolve => { setImmediate(resolve) })

/**
 * @param {number} time ms
 * @param {Promise<void>} promise
 * @returns {Promise<boolean>} false if it took longer
 */
async function within (time, promise) {
  let timer
  const late = new Promise(resolve => { timer = setTimeout(resolve, time, false) })
  const result = await Promise.race([promise.then(() => true), late])
  clearTimeout(timer)
  return /** @type {boolean} */ (result)
}

class Runner {
  /**
   * @param {Context} context
   * @param {RunOptions} options
   * @param {(error: Caught) => void} onCrash
   */
  constructor (context, options, onCrash) {
    this.context = context
    this.options = options
    this.onCrash = onCrash
    this.logger = context.rootLogger.namespace('Runner')
    this.running = true
    this.handlesRecords = options.eachMessage !== null || options.eachBatch !== null
    /** handlers that are under way */
    this.active = 0
    /** those of them that wait for `stop` */
    this.nested = 0
    /** @type {Partition[]} that wait for a worker */
    this.ready = []
    this.isDealing = false
    this.turn = new Turn(TURN_MS)
    this.untilLook = LONG_INTERVAL
    this.interval = LONG_INTERVAL
    this.clock = 0
    this.scope = new AsyncResource('KafkaConsumer')
    /** @type {Array<() => void>} told whenever a handler has returned */
    this.watchers = []
    /** @type {Group} */
    this.group = new Group(context, {
      settle: partition => this.settle(partition),
      crash: error => this.crash(error),
      isRunning: () => this.running,
      equip: partition => this.equip(partition)
    }, options)
  }

  /** @returns {Promise<void>} never rejected: what goes wrong is a crash */
  async start () {
    try {
      await this.group.join()
    } catch (error) {
      if (this.running) await this.crash(/** @type {Caught} */ (error))
      return
    }
    if (!this.running || this.handlesRecords) return
    this.logger.warn('Neither eachMessage nor eachBatch was given to consumer.run: nothing is fetched',
      { groupId: this.context.groupId })
  }

  /**
   * No handler is called any more, and those that are under way are waited for.
   *
   * @param {number} nested how many of them this was called by: they may be waiting for it, so that they are waited for
   *   only a moment
   */
  async stop (nested) {
    this.running = false
    for (const partition of this.ready.splice(0)) partition.isReady = false
    this.nested = nested
    while (this.active > this.nested) await this.returned()
    if (this.active > 0) await within(NESTED_WAIT_MS, this.idle())
    const { commits } = this.group
    const patience = this.context.cluster.isUp() ? LAST_COMMIT_MS : UNLIKELY_COMMIT_MS
    const kept = [...this.group.partitions()].filter(({ isRevoked }) => !isRevoked)
    if (!await within(patience, commits.last(kept).catch(error => this.group.commitFailed(error)))) {
      this.logger.warn(`The last offsets were not committed: no answer within ${patience}ms`,
        { groupId: this.context.groupId })
    }
    await this.group.leave()
  }

  /** Another handler may be waiting for `stop`. */
  releaseNested () {
    this.nested++
    this.tellWatchers()
  }

  tellWatchers () {
    for (const watcher of this.watchers.splice(0)) watcher()
  }

  /** @returns {Promise<void>} fulfilled when a handler has returned */
  returned () {
    return new Promise(resolve => { this.watchers.push(resolve) })
  }

  async idle () {
    while (this.active > 0) await this.returned()
  }

  /** @param {Caught} error */
  crash (error) {
    if (!this.running) return
    this.running = false
    return this.onCrash(error)
  }

  // ---- which partition is next ----

  /** Whether somebody would handle records of a partition of which none have arrived. */
  isHungry () {
    return this.running && this.active < this.options.concurrency && this.ready.length === 0
  }

  /**
   * The functions of its handlers' payloads.
   *
   * @param {Partition} partition
   */
  equip (partition) {
    const { topic, partition: number } = partition
    const list = [{ topic, partitions: [number] }]
    partition.heartbeat = async () => {
      if (partition.isRevoked) throw partition.revocation()
    }
    partition.pause = () => {
      this.context.pause(list)
      return () => this.context.resume(list)
    }
  }

  /**
   * Something has changed for this partition: it is given to a worker if there is something to do.
   *
   * @param {Partition} partition
   * @returns {void}
   */
  settle (partition) {
    if (!this.running || partition.isBusy || partition.isReady || partition.isRevoked || partition.holds > 0) return
    if (partition.predecessor !== null && partition.predecessor.isBusy) return
    if (partition.seekTo !== null) return this.group.applySeek(partition)
    const { queue } = partition
    if (!this.handlesRecords || this.context.pauses.isPaused(partition.topic, partition.partition)) {
      if (!queue.isStopped) queue.pause()
      return
    }
    partition.isInterrupted = false
    if (queue.isStopped) queue.resume(partition.position)
    if (queue.isEmpty) return
    partition.isReady = true
    this.ready.push(partition)
    this.deal()
  }

  /** Gives partitions to workers, as many as there may be. */
  deal () {
    if (this.isDealing) return
    this.isDealing = true
    while (this.running && this.active < this.options.concurrency && this.ready.length > 0) {
      const partition = /** @type {Partition} */ (this.ready.shift())
      partition.isReady = false
      if (partition.isRevoked || partition.queue.isEmpty || partition.holds > 0) continue
      partition.isBusy = true
      this.active++
      // in the context that `run` was called in: what `AsyncLocalStorage` holds, traces
      this.scope.runInAsyncScope(this.work, this, partition)
    }
    this.isDealing = false
    if (this.isHungry()) this.context.balance()
  }

  /**
   * One batch of a partition. Whatever happens, the worker is free again afterwards.
   *
   * @param {Partition} partition
   */
  async work (partition) {
    if (this.untilLook <= 0 || this.turn.isOver()) await nextTurn()
    /** @type {{ error: unknown } | null} */
    let failure = null
    const readers = this.take(partition)
    try {
      if (readers.length > 0) await this.handle(partition, readers)
    } catch (error) {
      failure = { error }
    }
    this.giveBack(partition, readers)
    partition.becomeIdle()
    this.active--
    if (failure !== null) this.failed(partition, failure.error)
    this.tellWatchers()
    this.settle(partition)
    const { successor } = partition
    if (successor !== null) this.settle(successor)
    this.deal()
  }

  /**
   * @param {Partition} partition
   * @returns {RangeReader[]} with what comes next
   */
  take (partition) {
    const { queue, position } = partition
    partition.batchStart = position
    if (!queue.isCurrent() || partition.isInterrupted) return []
    const readers = queue.take(this.context.maxBytesPerPartition)
    return readers.filter(reader => {
      // what the user has resolved ahead is passed over
      if (reader.nextOffset() < position) reader.moveTo(position)
      if (reader.left > 0) return true
      reader.close()
      return false
    })
  }

  /**
   * What has not been resolved comes again, unless something else is to come.
   *
   * @param {Partition} partition
   * @param {RangeReader[]} readers
   */
  giveBack (partition, readers) {
    const { position, queue } = partition
    /** @type {RangeReader[]} */
    const left = []
    const isWanted = queue.isOpen && !queue.isStopped && partition.seekTo === null
    for (const reader of readers) {
      if (isWanted && reader.lastOffset() >= position) {
        reader.moveTo(position)
        left.push(reader)
      } else {
        reader.close()
      }
    }
    if (isWanted && position < partition.batchStart) {
      // the user has gone back behind this batch
      for (const reader of left) reader.close()
      queue.seek(position)
      return
    }
    if (left.length > 0) queue.putBack(left)
  }

  // ---- handlers ----

  /**
   * @param {Partition} partition
   * @param {RangeReader[]} readers
   */
  async handle (partition, readers) {
    const { emitter } = this.context
    const range = new BatchRange(readers, partition.topic, partition.partition)
    const isWatched = emitter.hasListeners(START_BATCH_PROCESS) || emitter.hasListeners(END_BATCH_PROCESS)
    const start = monotonicNow()
    const payload = isWatched ? range.describe() : null
    if (isWatched) emitter.emit(START_BATCH_PROCESS, payload)
    const handlers = processTrace.hasSubscribers ? this.traced(range) : this.options
    const { eachMessage, eachBatch } = hook.current === null ? handlers : this.hooked(hook.current, range, handlers)
    if (eachMessage !== null) await this.callEachMessage(partition, readers, eachMessage)
    else await this.callEachBatch(partition, range, /** @type {EachBatchHandler} */ (eachBatch))
    if (isWatched) emitter.emit(END_BATCH_PROCESS, { ...payload, duration: Math.round(monotonicNow() - start) })
    // not waited for: the next one takes what has been resolved meanwhile
    this.group.commits.auto()
  }

  /**
   * The handlers, for one batch that somebody traces.
   *
   * @param {BatchRange} range
   * @returns {Pick<RunOptions, 'eachBatch' | 'eachMessage'>}
   */
  traced ({ topic, partition, first, last, size }) {
    const { eachBatch, eachMessage } = this.options
    const { cluster: { clientId }, groupId } = this.context
    return {
      eachMessage: eachMessage && (payload => {
        const offset = Number(payload.message.offset)
        return traceHandler({
          clientId,
          groupId,
          handler: 'eachMessage',
          topic,
          partition,
          firstOffset: offset,
          lastOffset: offset,
          count: 1
        }, () => eachMessage(payload))
      }),
      eachBatch: eachBatch && (payload => traceHandler({
        clientId,
        groupId,
        handler: 'eachBatch',
        topic,
        partition,
        firstOffset: first,
        lastOffset: last,
        count: size
      }, () => eachBatch(payload)))
    }
  }

  /**
   * The handlers, for one batch that somebody has hooked into.
   *
   * @param {import('../../core/hook').Hook} current
   * @param {BatchRange} range
   * @param {Pick<RunOptions, 'eachBatch' | 'eachMessage'>} handlers
   * @returns {Pick<RunOptions, 'eachBatch' | 'eachMessage'>}
   */
  hooked (current, { topic, partition }, { eachBatch, eachMessage }) {
    const { cluster: { clientId }, groupId } = this.context
    const common = { clientId, groupId, topic, partition, encoding: 'buffer' }
    return {
      eachMessage: eachMessage && (payload => {
        const { message } = payload
        const work = { ...common, offset: Number(message.offset), messages: [message] }
        return current.handle(work, () => eachMessage(payload))
      }),
      eachBatch: eachBatch && (payload => current.handle(
        { ...common, offset: null, messages: payload.batch.messages }, () => eachBatch(payload)))
    }
  }

  /**
   * No promise of ours for each record, and no wait for a handler that returns none. The name is looked for by
   * `nestedCalls`.
   *
   * @param {Partition} partition
   * @param {RangeReader[]} readers
   * @param {EachMessageHandler} eachMessage
   */
  async callEachMessage (partition, readers, eachMessage) {
    const { topic, partition: number, heartbeat, pause, queue } = partition
    const { commits } = this.group
    for (const reader of readers) {
      while (reader.next('buffer', 'buffer')) {
        // once for a chunk: the native side may have given the partition up while this thread was blocked
        if (!queue.isCurrent()) return
        for (let i = 0; i < reader.chunkLength; i++) {
          if (!this.running || partition.isInterrupted) return
          const offset = reader.offset(i)
          const message = toMessage(reader, i)
          try {
            const result = eachMessage({ topic, partition: number, message, heartbeat, pause })
            if (result && typeof result.then === 'function') await result
          } catch (error) {
            this.logFailure('eachMessage', partition, String(offset), error)
            throw error
          }
          partition.position = offset + 1
          if (commits.isConditional && commits.autoCommit) await commits.ifNecessary()
          if (--this.untilLook <= 0 && this.isTurnOver()) await nextTurn()
        }
      }
    }
  }

  /**
   * @param {Partition} partition
   * @param {BatchRange} range
   * @param {EachBatchHandler} eachBatch
   */
  async callEachBatch (partition, range, eachBatch) {
    const { heartbeat, pause } = partition
    const { group } = this
    const batch = new Batch(range)
    this.untilLook -= batch.messages.length
    const madeUnder = { assignmentVersion: group.handle.knownVersion }
    try {
      const result = eachBatch({
        batch,
        resolveOffset: offset => { partition.position = Number(offset) + 1 },
        heartbeat,
        pause,
        commitOffsetsIfNecessary: async offsets => {
          if (offsets) await group.commits.commit(offsets, madeUnder)
          else await group.commits.ifNecessary()
        },
        uncommittedOffsets: () => group.commits.uncommitted(),
        isRunning: () => this.running,
        isStale: () => partition.seekTo !== null
      })
      if (result && typeof result.then === 'function') await result
    } catch (error) {
      this.logFailure('eachBatch', partition, batch.firstOffset(), error)
      throw error
    }
    if (this.options.eachBatchAutoResolve) partition.position = range.last + 1
    else if (partition.position <= range.first) this.untilLook = 0
  }

  /** @returns {boolean} whether other things are to have their turn; slow handlers are looked after more often */
  isTurnOver () {
    const now = monotonicNow()
    this.interval = now - this.clock > 1 ? Math.max(1, this.interval >> 2) : Math.min(LONG_INTERVAL, this.interval << 1)
    this.clock = now
    this.untilLook = this.interval
    return this.turn.isOver()
  }

  // ---- handlers that fail ----

  /**
   * @param {string} name
   * @param {Partition} partition
   * @param {string | null} offset
   * @param {unknown} error
   */
  logFailure (name, { topic, partition }, offset, error) {
    if (error && isKafkaJSError(error)) return
    const { stack } = /** @type {Partial<Error>} */ (error || {})
    this.logger.error(`Error when calling ${name}`, { topic, partition, offset, stack, error })
  }

  /**
   * The record that failed comes again, after a pause. The other partitions go on meanwhile.
   *
   * @param {Partition} partition
   * @param {unknown} reason
   */
  failed (partition, reason) {
    const error = /** @type {Caught} */ (reason instanceof Object ? reason : new Error(String(reason)))
    this.group.commits.auto()
    // it comes again elsewhere
    if (!this.running || partition.isRevoked) return
    // soon again, unless the group takes it meanwhile
    if (REBALANCE_FAMILY.has(error.type)) return this.hold(partition, REBALANCE_PAUSE_MS)
    if (error.name === 'KafkaJSNotImplemented') return this.crash(error)
    if (!isRetriable(error)) {
      return this.crash(new KafkaJSNonRetriableError(error, { cause: error.cause || error }))
    }
    const options = retryOptions(this.context.retry)
    let { retry } = partition
    // something has succeeded since
    if (retry === null || retry.position !== partition.position) {
      partition.retry = retry = { pauses: new Pauses(options), count: 0, position: partition.position }
    }
    const retryTime = retry.pauses.next()
    if (retry.count >= options.retries) {
      return this.crash(new KafkaJSNumberOfRetriesExceeded(error, { retryCount: retry.count, retryTime }))
    }
    retry.count++
    this.logger.debug('Error while handling records, trying again...', {
      groupId: this.context.groupId, error: error.message, stack: error.stack, retryCount: retry.count, retryTime
    })
    this.hold(partition, retryTime)
  }

  /**
   * @param {Partition} partition
   * @param {number} time ms
   */
  hold (partition, time) {
    partition.holds++
    partition.retryTimer = setTimeout(() => {
      partition.holds--
      this.settle(partition)
    }, time)
  }

  // ---- what the handle brings ----

  /** @param {{ apiKey: number, broker: string, duration: number, error: number }} answered */
  answered ({ apiKey, broker, duration, error }) {
    if (error !== 0 || !this.running) return
    if (HEARTBEAT_KEYS.has(apiKey)) return this.group.heartbeatAnswered()
    if (apiKey !== FETCH_KEY) return
    const { emitter } = this.context
    const nodeId = broker.slice(broker.lastIndexOf('/') + 1)
    emitter.emit(FETCH_START, { nodeId })
    emitter.emit(FETCH, { numberOfBatches: 0, duration: Math.round(duration), nodeId })
  }

  /** @param {import('../../core/consumer/partitionQueues').PartitionQueue} queue that was empty */
  arrived ({ topic, partition: number }) {
    const partition = this.group.find(topic, number)
    if (partition !== undefined) this.settle(partition)
  }
}

/**
 * How many handlers of a runner are among the callers of this function: they may wait for what is called, so it must
 * not wait for them. Async stack traces know, for handlers that are async functions; a handler's first, synchronous
 * part is on the stack itself.
 *
 * @returns {0 | 1}
 */
function nestedCalls () {
  const { prepareStackTrace, stackTraceLimit } = Error
  /** @type {{ stack?: unknown }} */
  const trace = {}
  try {
    Error.stackTraceLimit = 200
    Error.prepareStackTrace = (_, frames) => frames
    Error.captureStackTrace(trace)
    const frames = trace.stack
    return Array.isArray(frames) && frames.some(frame =>
      frame.getFileName() === __filename && /callEach(Message|Batch)$/.test(frame.getFunctionName() || ''))
      ? 1
      : 0
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}

module.exports = { Runner, nestedCalls }
