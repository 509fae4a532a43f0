'use strict'

const { builtinModules } = require('module')
const { CLOSED, errorData } = require('./errors')
const { commitOutcome } = require('./group/commitOutcome')
const { monotonicNow } = require('./scheduling/clock')

/**
 * The diagnostics channels, of which `diagnostics.d.ts` has the messages.
 *
 * Without a subscriber they cost a look at `hasSubscribers` for each send, record batch and commit, and nothing for a
 * record: whoever publishes asks first, and makes no object before. What a subscriber throws is Node's to report, as
 * with its own channels: an uncaught exception in the next tick, which neither the caller nor other subscribers meet.
 *
 * @typedef {import('../diagnostics').DiagnosticsMessages} Messages
 * @typedef {import('../diagnostics').ClientIdentity} ClientIdentity
 * @typedef {import('../diagnostics').ErrorInfo} ErrorInfo
 * @typedef {import('./errors').ErrorData} ErrorData
 * @typedef {import('./handles/events').HandleEvent} HandleEvent
 * @typedef {import('./handles/consumerHandle').CommitAnswer} CommitAnswer
 * @typedef {import('./handles/producerHandle').ProduceBatch} ProduceBatch
 * @typedef {{ topic: string, partition: number, offset: number }} PartitionOffset
 */

/**
 * @template Message
 * @typedef {{ readonly hasSubscribers: boolean, publish: (message: Message) => void }} Channel
 */

/**
 * @template Context
 * @typedef {object} Trace a tracing channel
 * @property {boolean} hasSubscribers
 * @property {StoreChannel<Context>} start
 * @property {StoreChannel<Context>} end
 * @property {StoreChannel<Context>} asyncStart
 * @property {StoreChannel<Context>} asyncEnd
 * @property {StoreChannel<Context>} error
 */

/**
 * @template Context
 * @typedef {Channel<Context> & { runStores: <T>(context: Context, call: () => T) => T }} StoreChannel
 */

/**
 * The module; null before Node 14.17. Asked for by name, as bundlers leave a `require` alone that may throw.
 *
 * @type {any}
 */
const node = builtinModules.includes('diagnostics_channel') ? require('diagnostics_channel') : null

/**
 * @template {keyof Messages} Name
 * @param {Name} name
 * @returns {Channel<Messages[Name]>}
 */
function channel (name) {
  return node === null ? { hasSubscribers: false, publish () {} } : node.channel(name)
}

/**
 * @template {keyof import('../diagnostics').TracingContexts} Name
 * @param {Name} name
 * @returns {Trace<import('../diagnostics').TracingContexts[Name]>}
 */
function trace (name) {
  if (node === null || node.tracingChannel === undefined) return /** @type {any} */ ({ hasSubscribers: false })
  const made = node.tracingChannel(name)
  // before Node 20.13
  if (made.hasSubscribers === undefined) {
    const { start, end, asyncStart, asyncEnd, error } = made
    Object.defineProperty(made, 'hasSubscribers', {
      get: () => start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers ||
        error.hasSubscribers
    })
  }
  return made
}

/**
 * @template {keyof Messages} Name
 * @param {Name} name
 * @param {(message: Messages[Name]) => void} listener
 * @returns {() => void} ends it
 */
function subscribe (name, listener) {
  if (node === null) return () => {}
  const subscribed = node.channel(name)
  subscribed.subscribe(listener)
  return () => { subscribed.unsubscribe(listener) }
}

const sends = channel('kafka-node-native:send')
const deliveries = channel('kafka-node-native:delivery')
const batches = channel('kafka-node-native:batch')
const commits = channel('kafka-node-native:commit')
const rebalances = channel('kafka-node-native:rebalance')
const connections = channel('kafka-node-native:connection')
const errors = channel('kafka-node-native:error')
const statistics = channel('kafka-node-native:statistics')

const sendTrace = trace('kafka-node-native:send')
const processTrace = trace('kafka-node-native:process')

let lastSend = 0

/**
 * @param {Partial<ErrorData> & { name: string, message: string, code?: unknown }} error
 * @returns {ErrorInfo}
 */
function errorInfo ({ name, message, code, retriable, fatal }) {
  return {
    name,
    message,
    code: typeof code === 'number' || typeof code === 'string' ? code : null,
    retriable: retriable === true,
    fatal: fatal === true
  }
}

/** @param {number} code librdkafka's or the broker's; 0 for none */
function infoOf (code) {
  return code === 0 ? null : errorInfo(errorData(code))
}

/** @param {Array<{ error: ErrorInfo | null }>} partitions */
function firstError (partitions) {
  const failed = partitions.find(({ error }) => error !== null)
  return failed === undefined ? null : failed.error
}

// ---- sends ----

/** A send that somebody is told of: what its delivery needs. */
class SeenSend {
  /**
   * @param {string} clientId
   * @param {ProduceBatch[]} batches
   * @param {number} bytes
   */
  constructor (clientId, batches, bytes) {
    this.clientId = clientId
    this.batches = batches
    this.id = ++lastSend
    this.start = monotonicNow()
    this.count = 0
    for (const { records } of batches) this.count += records.values.length
    if (!sends.hasSubscribers) return
    sends.publish({
      clientId,
      id: this.id,
      count: this.count,
      bytes,
      partitions: batches.map(({ topic, partition, records }) => ({ topic, partition, count: records.values.length }))
    })
  }

  /**
   * @param {Float64Array} reports base offset and error code of each batch
   * @param {number} at where they begin
   */
  delivered (reports, at) {
    this.publish(i => infoOf(reports[at + 2 * i + 1]), i => reports[at + 2 * i])
  }

  /** The handle closed before the report arrived. */
  failedWithoutReport () {
    this.publish(() => errorInfo(CLOSED), () => -1)
  }

  /**
   * @param {(i: number) => ErrorInfo | null} errorOf
   * @param {(i: number) => number} offsetOf
   */
  publish (errorOf, offsetOf) {
    if (!deliveries.hasSubscribers) return
    const { clientId, id, count, start } = this
    const partitions = this.batches.map(({ topic, partition, records }, i) => {
      const error = errorOf(i)
      const offset = error === null ? Math.max(-1, offsetOf(i)) : -1
      return { topic, partition, count: records.values.length, offset, error }
    })
    const duration = monotonicNow() - start
    deliveries.publish({ clientId, id, count, duration, error: firstError(partitions), partitions })
  }
}

/** Whether to make a `SeenSend` of a send. */
function isSendSeen () {
  return sends.hasSubscribers || deliveries.hasSubscribers
}

/**
 * The records of a send could not be handed over.
 *
 * @param {string} clientId
 * @param {string[]} topics
 * @param {unknown} reason
 */
function sendFailed (clientId, topics, reason) {
  if (!errors.hasSubscribers) return
  const error = errorInfo(reason instanceof Error ? reason : new Error(String(reason)))
  errors.publish({ clientId, groupId: null, operation: 'send', error, topics: [...new Set(topics)], partition: null })
}

// ---- handles ----

/** What is told of one native handle. */
class HandleDiagnostics {
  /** @param {{ clientId: string, groupId?: string, statisticsInterval?: number }} options of the handle */
  constructor ({ clientId, groupId = undefined, statisticsInterval = 0 }) {
    this.clientId = clientId
    this.groupId = groupId === undefined ? null : groupId
    this.interval = statisticsInterval
    /** of a group member */
    this.memberId = ''
    this.generationId = -1
    /** @type {string[]} names by the native side's ids */
    this.topics = []
    /** @type {Map<string, { isUp: boolean, broker: { brokerId: number, host: string, port: number } }>} */
    this.connections = new Map()
  }

  /** @param {HandleEvent} event before its owner hears of it */
  heard (event) {
    switch (event.type) {
      case 'topic':
        this.topics[event.id] = event.name
        break
      case 'assigned':
        this.memberId = event.memberId
        this.generationId = event.generationId
        if (rebalances.hasSubscribers) this.rebalanced(event.type, event.partitions, event.incremental, false)
        break
      case 'revoked':
        if (rebalances.hasSubscribers) {
          const partitions = event.partitions.map(([topic, partition]) => ({ topic, partition }))
          this.rebalanced(event.type, partitions, event.incremental, event.lost)
        }
        break
      case 'broker':
        this.connection(event)
        break
      case 'error':
        this.failed(event.error, event.topic, event.partition)
        break
      case 'startFailed':
        this.failed(event.error, null, null)
        break
      case 'statistics':
        if (statistics.hasSubscribers) {
          const { clientId, groupId, interval } = this
          statistics.publish({ clientId, groupId, interval, statistics: event.statistics })
        }
    }
  }

  /**
   * @param {'assigned' | 'revoked'} type
   * @param {Array<{ topic: string, partition: number }>} partitions
   * @param {boolean} incremental
   * @param {boolean} lost
   */
  rebalanced (type, partitions, incremental, lost) {
    const { clientId, groupId, memberId, generationId } = this
    rebalances.publish({
      clientId,
      groupId,
      type,
      memberId,
      generationId,
      incremental,
      lost,
      partitions: partitions.map(({ topic, partition }) => ({ topic, partition }))
    })
  }

  /**
   * librdkafka tells of each attempt, and of an end twice; here only what has changed counts.
   *
   * @param {{ id: number, host: string, port: number, state: string }} event
   */
  connection ({ id, host, port, state }) {
    // without a host it is librdkafka's own, to nobody
    if ((state !== 'UP' && state !== 'DOWN') || host === '') return
    const isUp = state === 'UP'
    const key = JSON.stringify([id, host, port])
    const known = this.connections.get(key)
    if (known !== undefined && known.isUp === isUp) return
    const broker = { brokerId: id, host, port }
    this.connections.set(key, { isUp, broker })
    this.tellConnection(isUp ? 'up' : 'down', broker)
  }

  /**
   * @param {'up' | 'down'} state
   * @param {{ brokerId: number, host: string, port: number }} broker
   */
  tellConnection (state, broker) {
    if (!connections.hasSubscribers) return
    const { clientId, groupId } = this
    connections.publish({ clientId, groupId, state, ...broker })
  }

  /**
   * @param {ErrorData} error
   * @param {string | null} topic
   * @param {number | null} partition
   */
  failed (error, topic, partition) {
    if (!errors.hasSubscribers) return
    const { clientId, groupId } = this
    const topics = topic === null ? [] : [topic]
    errors.publish({ clientId, groupId, operation: null, error: errorInfo(error), topics, partition })
  }

  /** @param {ReturnType<typeof import('./wire/records').describeRanges>} ranges of a record batch that has arrived */
  received (ranges) {
    const { clientId, groupId, topics } = this
    for (const { topicId, ...range } of ranges) {
      batches.publish({ clientId, groupId, topic: topics[topicId], ...range })
    }
  }

  /**
   * @param {PartitionOffset[]} partitions
   * @param {(answer: CommitAnswer) => void} callback
   * @returns {(answer: CommitAnswer) => void} called in its place
   */
  committing (partitions, callback) {
    const commit = { groupId: this.groupId, memberId: this.memberId, start: monotonicNow(), partitions }
    return answer => {
      this.committed(commit, answer)
      callback(answer)
    }
  }

  /**
   * @template {import('./handles/events').Op} O
   * @param {import('./handles/events').Asking<O>} request
   * @param {import('./handles/events').Answered<O>} callback
   * @returns {import('./handles/events').Answered<O>} called in its place: some requests are commits
   */
  asking (request, callback) {
    /** @type {import('./protocol').Request} */
    const asked = /** @type {any} */ (request)
    if (asked.op !== 'commitGroupOffsets' && asked.op !== 'sendOffsets') return callback
    const partitions = /** @type {PartitionOffset[]} */ (asked.partitions)
    const groupId = asked.op === 'sendOffsets' ? asked.group.groupId : asked.group
    const member = asked.op === 'sendOffsets' ? asked.group.member : null
    const commit = { groupId, memberId: member ? member.memberId : '', start: monotonicNow(), partitions }
    return (error, result) => {
      const partitions = /** @type {CommitAnswer['partitions']} */ (Array.isArray(result) ? result : [])
      this.committed(commit, { error, partitions })
      callback(error, result)
    }
  }

  /**
   * @param {{ groupId: string | null, memberId: string, start: number, partitions: PartitionOffset[] }} commit
   * @param {CommitAnswer} answer
   */
  committed ({ groupId, memberId, start, partitions }, answer) {
    /** @type {Map<string, Map<number, number>>} */
    const codes = new Map()
    for (const { topic, partition, error } of commitOutcome(answer)) {
      const ofTopic = codes.get(topic)
      if (ofTopic === undefined) codes.set(topic, new Map([[partition, error]]))
      else ofTopic.set(partition, error)
    }
    const whole = answer.error === null ? null : errorInfo(answer.error)
    const list = partitions.map(({ topic, partition, offset }) => {
      const ofTopic = codes.get(topic)
      const code = ofTopic === undefined ? undefined : ofTopic.get(partition)
      return { topic, partition, offset, error: code === undefined ? whole : infoOf(code) }
    })
    const error = firstError(list) || whole
    const duration = monotonicNow() - start
    commits.publish({ clientId: this.clientId, groupId, memberId, duration, error, partitions: list })
  }

  /** The handle has closed, and its connections with it. */
  closed () {
    for (const known of this.connections.values()) {
      if (!known.isUp) continue
      // librdkafka's client ends later, and tells of it too
      known.isUp = false
      this.tellConnection('down', known.broker)
    }
  }
}

// ---- traces ----

/**
 * @template {{ error?: unknown }} Context
 * @template T
 * @param {Trace<Context>} trace
 * @param {Context} context
 * @param {() => T} call
 * @returns {T}
 */
function traceSync ({ start, end, error }, context, call) {
  return start.runStores(context, () => {
    try {
      return call()
    } catch (failure) {
      context.error = failure
      error.publish(context)
      throw failure
    } finally {
      end.publish(context)
    }
  })
}

/**
 * The end of a call that has gone on asynchronously.
 *
 * @template {{ error?: unknown }} Context
 * @template T
 * @param {Trace<Context>} trace
 * @param {Context} context
 * @param {{ error: unknown } | null} failure
 * @param {() => T} settle
 * @returns {T}
 */
function traceEnd ({ asyncStart, asyncEnd, error }, context, failure, settle) {
  if (failure !== null) {
    context.error = failure.error
    error.publish(context)
  }
  return asyncStart.runStores(context, () => {
    try {
      return settle()
    } finally {
      asyncEnd.publish(context)
    }
  })
}

/**
 * @param {import('../diagnostics').ProcessContext} context
 * @param {() => any} call of a handler, which may return a promise
 * @returns {any} what the handler returns, or a promise for it
 */
function traceHandler (context, call) {
  const result = traceSync(processTrace, context, call)
  if (!result || typeof result.then !== 'function') return result
  return afterwards(result,
    value => traceEnd(processTrace, context, null, () => value),
    error => traceEnd(processTrace, context, { error }, () => { throw error }))
}

/**
 * @param {PromiseLike<any>} result that a handler has returned
 * @param {(value: any) => any} done
 * @param {(error: unknown) => any} failed
 * @returns {Promise<any>} what these return or throw when it has settled
 */
function afterwards (result, done, failed) {
  // one reaction, and a promise derived of it: async stack traces, which tell who is stopped by whom, go on through it
  if (result instanceof Promise) return result.then(done, failed)
  // `then` of another object may be what starts it, and return anything: it is called once, later, by the promise
  return Promise.resolve(result).then(done, failed)
}

module.exports = {
  HandleDiagnostics,
  SeenSend,
  afterwards,
  batches,
  commits,
  isSendSeen,
  processTrace,
  sendFailed,
  sendTrace,
  subscribe,
  traceEnd,
  traceHandler,
  traceSync
}
