'use strict'

const { codecName, isReplaced } = require('../compression')
const {
  KafkaJSConnectionClosedError, KafkaJSError, KafkaJSMetadataNotLoaded, KafkaJSNonRetriableError,
  KafkaJSNotImplemented, KafkaJSNumberOfRetriesExceeded, KafkaJSRequestTimeoutError
} = require('../errors')
const { milliseconds } = require('../clientConfig')
const { toError } = require('../nativeErrors')
const { createErrorFromCode } = require('../protocolErrors')
const { CHOOSE } = require('./partitioners')
const { PartitionMessages } = require('./records')
const { SendOutcome } = require('./outcome')
const { sendFailed, sendTrace, traceEnd, traceSync } = require('../../core/diagnostics')
const { CODE, errorData, isTimeout } = require('../../core/errors')
const { hook } = require('../../core/hook')
const { SendOrder } = require('../../core/producer/sendOrder')
const { clearTimeout, setImmediate, setTimeout } = require('../../core/scheduling/timers')

/**
 * Sends: validation, partitions, handles, results. A producer has one for what it sends, and one for each transaction.
 *
 * @typedef {import('./partitioners').Choice} Choice
 * @typedef {import('./partitioners').Partitioner} Partitioner
 * @typedef {import('../../core/handles/producerHandle').ProducerHandle} ProducerHandle
 *
 * @typedef {import('../errors').Caught} Caught
 * @typedef {import('../../kafkajs').RecordMetadata} RecordMetadata one for each partition that was written to
 * @typedef {import('../../kafkajs').TopicMessages} TopicMessages
 * @typedef {object} Send
 * @property {TopicMessages[]} topicMessages each topic once
 * @property {number} acks
 * @property {number} timeout ms
 * @property {string} codec librdkafka's name
 * @property {import('../../core/hook').Sending | null} sending of somebody who has hooked in
 * @property {boolean} isRepeated it has been looked whether there are more partitions by now
 * @property {(result: RecordMetadata[]) => void} resolve
 * @property {(error: unknown) => void} reject
 *
 * @typedef {{ acks: number, timeout: number, compression: number,
 *   sending?: import('../../core/hook').Sending | null }} Settings of a call
 *
 * @typedef {object} HandleSettings
 * @property {number} acks
 * @property {number} timeout ms
 * @property {string} codec
 */

/** ms; what brokers wait for their replicas unless told otherwise */
const ACK_TIMEOUT = 30000
/** Messages, and bytes of them (characters, where they are text), that are under way at most: further sends wait. */
const MOST_RECORDS = 500000
const MOST_BYTES = 256 * 1024 * 1024
/** Messages that wait at most. */
const MOST_WAITING = 1000000

/** How long after a record was refused it is told why its handle has failed, ms. */
const FATAL_TOLD = 50

/** Partitions of a send from which on a map is faster than a look at each. */
const MANY = 16

/** Codes that say that another broker leads a partition by now, or that the topic has changed. */
const STALE = new Set([3, 5, 6, CODE.UNKNOWN_PARTITION, CODE.UNKNOWN_TOPIC, CODE.MSG_TIMED_OUT])

const UNKNOWN_TOPIC_OR_PARTITION = 3
const INVALID_TOPIC = 17

class Sender {
  /**
   * @param {object} options
   * @param {import('../cluster').Cluster} options.cluster
   * @param {import('../logger').Logger} options.logger
   * @param {Partitioner} options.partitioner
   * @param {import('../retry').RetryOptions} options.retry
   * @param {boolean} options.isIdempotent all sends need all acknowledgements
   * @param {(settings: HandleSettings) => ProducerHandle} options.handleFor
   * @param {() => void} options.checkStatus throws unless the producer takes sends
   */
  constructor ({ cluster, logger, partitioner, retry, isIdempotent, handleFor, checkStatus }) {
    this.cluster = cluster
    this.logger = logger
    this.partitioner = partitioner
    this.choose = /** @type {Partitioner & Record<symbol, Choice | undefined>} */ (partitioner)[CHOOSE] || null
    this.retry = retry
    this.isIdempotent = isIdempotent
    this.handleFor = handleFor
    this.checkStatus = checkStatus
    const { queue, order } = new SendOrder()
    this.queue = queue
    this.order = order
    /** sends that have not settled */
    this.open = 0
    this.underWay = { records: 0, bytes: 0 }
    /** messages of sends that wait for their topics or for room */
    this.waiting = 0
    /** @type {Array<() => void>} what waits for room, oldest first */
    this.roomless = []
    /** @type {Set<() => void>} who waits until all have */
    this.whenIdle = new Set()
    /** @type {KafkaJSError | null} why the handle cannot go on */
    this.fatal = null
    /** @type {KafkaJSError | null} the same of a handle that was replaced, until another one has delivered something */
    this.lastFatal = null
    /** @type {KafkaJSError | null} why sends that have waited are not sent any more */
    this.refusal = null
    this.makeRoom = this.makeRoom.bind(this)
  }

  /**
   * @param {import('../../kafkajs').ProducerBatch} args
   * @returns {Promise<RecordMetadata[]>}
   */
  sendBatch (args) {
    return new Promise((resolve, reject) => {
      const { acks = -1, timeout = ACK_TIMEOUT, compression = 0, topicMessages = [] } = args
      this.check(topicMessages, acks)
      this.start(this.merge(topicMessages), { acks, timeout, compression }, resolve, reject)
    })
  }

  /**
   * @param {import('../../kafkajs').ProducerRecord} args
   * @returns {Promise<RecordMetadata[]>}
   */
  send (args) {
    return new Promise((resolve, reject) => {
      const { acks = -1, timeout = ACK_TIMEOUT, compression = 0, topic, messages } = args
      const topicMessages = [{ topic, messages }]
      this.check(topicMessages, acks)
      this.start(topicMessages, { acks, timeout, compression }, resolve, reject)
    })
  }

  /**
   * @param {TopicMessages[]} topicMessages
   * @param {unknown} acks
   * @throws {KafkaJSError} in the order in which KafkaJS looks
   */
  check (topicMessages, acks) {
    for (const { topic } of topicMessages) {
      if (!topic || typeof topic !== 'string') throw new KafkaJSNonRetriableError('Invalid topic')
    }
    if (this.isIdempotent && acks !== -1) {
      throw new KafkaJSNonRetriableError('Not requiring ack for all messages invalidates the idempotent producer\'s ' +
        'EoS guarantees')
    }
    for (const { topic, messages } of topicMessages) {
      if (!messages) {
        throw new KafkaJSNonRetriableError(`Invalid messages array [${messages}] for topic "${topic}"`)
      }
      const missing = messages.find(({ value }) => value === undefined)
      if (missing !== undefined) {
        throw new KafkaJSNonRetriableError(
          `Invalid message without value for topic "${topic}": ${JSON.stringify(missing)}`)
      }
    }
    this.checkStatus()
  }

  /**
   * @param {TopicMessages[]} topicMessages
   * @returns {TopicMessages[]} each topic once, in the order of the first time
   */
  merge (topicMessages) {
    if (topicMessages.length < 2) return topicMessages
    /** @type {Map<string, TopicMessages>} */
    const merged = new Map()
    for (const { topic, messages } of topicMessages) {
      const known = merged.get(topic)
      merged.set(topic, { topic, messages: known === undefined ? messages : [...known.messages, ...messages] })
    }
    return [...merged.values()]
  }

  /**
   * @param {TopicMessages[]} topicMessages
   * @param {Settings} settings
   * @param {(result: RecordMetadata[]) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  start (topicMessages, settings, resolve, reject) {
    if (hook.current !== null) this.startHooked(hook.current, topicMessages, settings, resolve, reject)
    else if (sendTrace.hasSubscribers) this.startTraced(topicMessages, settings, resolve, reject)
    else this.begin(topicMessages, settings, resolve, reject)
  }

  /**
   * @param {import('../../core/hook').Hook} current
   * @param {TopicMessages[]} topicMessages
   * @param {Settings} settings
   * @param {(result: RecordMetadata[]) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  startHooked (current, topicMessages, settings, resolve, reject) {
    const sending = current.send(this.cluster.clientId, () => describe(topicMessages))
    const done = (/** @type {RecordMetadata[]} */ result) => {
      sending.settled(null)
      resolve(result)
    }
    const failed = (/** @type {unknown} */ error) => {
      sending.settled(error)
      reject(error)
    }
    try {
      if (sendTrace.hasSubscribers) this.startTraced(topicMessages, { ...settings, sending }, done, failed)
      else this.begin(topicMessages, { ...settings, sending }, done, failed)
    } catch (error) {
      sending.settled(error)
      throw error
    }
  }

  /**
   * @param {TopicMessages[]} topicMessages
   * @param {Settings} settings
   * @param {(result: RecordMetadata[]) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  startTraced (topicMessages, settings, resolve, reject) {
    const context = { clientId: this.cluster.clientId, topics: describe(topicMessages) }
    traceSync(sendTrace, context, () => this.begin(topicMessages, settings,
      result => traceEnd(sendTrace, context, null, () => resolve(result)),
      error => traceEnd(sendTrace, context, { error }, () => reject(error))))
  }

  /**
   * @param {TopicMessages[]} topicMessages
   * @param {Settings} settings
   * @param {(result: RecordMetadata[]) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  begin (topicMessages, { acks, timeout, compression, sending = null }, resolve, reject) {
    if (!Number.isInteger(acks) || acks < -32768 || acks > 32767) {
      const given = typeof acks === 'number' ? acks : typeof acks
      throw Object.assign(new TypeError(`acks must be -1, 0 or 1, not ${given}`), { code: 'ERR_INVALID_ARG_TYPE' })
    }
    const codec = this.codec(compression)
    const send = {
      topicMessages,
      acks,
      timeout: milliseconds(timeout, ACK_TIMEOUT),
      codec,
      sending,
      isRepeated: false,
      resolve,
      reject
    }
    if (topicMessages.length === 0) return resolve([])
    const { topics } = this.cluster
    for (const { topic } of topicMessages) {
      // librdkafka would take it for a shorter name
      if (topic.includes('\0')) throw nonRetriable(createErrorFromCode(INVALID_TOPIC))
      if (this.queue.has(topic) || topics.fresh(topic) === null || !this.hasRoom()) return this.enqueue(send)
    }
    this.open++
    this.dispatch(send)
  }

  /**
   * @param {number | null} type of `CompressionTypes`
   * @returns {string}
   */
  codec (type) {
    if (type === 0 || type === null) return 'none'
    const name = codecName(type)
    if (name === undefined) throw new KafkaJSNotImplemented(`Compression codec ${String(type)} is not implemented`)
    if (isReplaced(type)) {
      this.logger.debug(`The codec in CompressionCodecs[${type}] is not called: records are compressed by librdkafka`)
    }
    return name
  }

  hasRoom () {
    return this.underWay.records < MOST_RECORDS && this.underWay.bytes < MOST_BYTES && this.roomless.length === 0
  }

  // ---- waiting ----

  /** @param {Send} send that cannot go on at once; it keeps its place among those to its topics */
  enqueue (send) {
    let messages = 0
    for (const one of send.topicMessages) messages += one.messages.length
    if (this.waiting > 0 && this.waiting + messages > MOST_WAITING) {
      throw new KafkaJSError('The producer holds as many messages as it may: wait for the promises of earlier sends ' +
        'before you send more')
    }
    this.open++
    this.waiting += messages
    const topics = send.topicMessages.map(({ topic }) => topic)
    this.queue.enter(topics, finished => this.learn(send, topics, () => {
      this.waiting -= messages
      finished()
    }))
  }

  /**
   * @param {Send} send
   * @param {string[]} topics
   * @param {() => void} finished
   */
  learn (send, topics, finished) {
    this.cluster.topics.learn(topics, error => {
      if (error !== null) {
        finished()
        this.refuse(send, this.unknownTopic(error))
      } else if (this.hasRoom()) {
        this.dispatch(send, finished)
      } else {
        this.roomless.push(() => this.dispatch(send, finished))
      }
    })
  }

  /** Something has left. */
  makeRoom () {
    while (this.roomless.length > 0 && this.underWay.records < MOST_RECORDS && this.underWay.bytes < MOST_BYTES) {
      const next = /** @type {() => void} */ (this.roomless.shift())
      next()
    }
  }

  // ---- sending ----

  /**
   * Chooses the partitions and hands the messages over.
   *
   * @param {Send} send
   * @param {() => void} [finished] those behind it may go on
   */
  dispatch (send, finished) {
    try {
      if (this.refusal !== null) throw this.refusal
      const batches = this.partition(send)
      const missing = batches.find(({ topic, partition }) => !this.exists(topic, partition))
      if (missing !== undefined) return this.findPartition(send, missing.topic, finished)
      if (batches.length === 0) {
        this.settle()
        send.resolve([])
      } else {
        if (send.sending !== null) send.sending.chosen(batches)
        const outcome = new SendOutcome(this, send, batches)
        this.order.send(this.handleFor(send), batches, outcome)
        this.underWay.records += outcome.records
        this.underWay.bytes += outcome.bytes
      }
    } catch (error) {
      this.refuse(send, error)
    }
    if (finished !== undefined) finished()
  }

  /**
   * @param {Send} send
   * @returns {PartitionMessages[]} by leader as first met, then by topic, then by partition
   */
  partition ({ topicMessages }) {
    /** @type {PartitionMessages[]} */
    const batches = []
    for (const { topic, messages } of topicMessages) {
      const metadata = this.cluster.topics.partitionsOf(topic)
      if (metadata.length === 0) throw new KafkaJSMetadataNotLoaded('Producing to topic without metadata')
      const first = batches.length
      /** @type {Map<number, PartitionMessages> | null} once there are many */
      let byPartition = null
      let last = null
      for (let i = 0; i < messages.length; i++) {
        const message = messages[i]
        const partition = Number(this.choose !== null
          ? this.choose(topic, metadata, message)
          : this.partitioner({ topic, partitionMetadata: metadata, message }))
        if (last === null || last.partition !== partition) {
          last = null
          if (byPartition !== null) {
            last = byPartition.get(partition) || null
          } else {
            for (let b = first; b < batches.length && last === null; b++) {
              if (Object.is(batches[b].partition, partition)) last = batches[b]
            }
          }
          if (last === null) {
            batches.push(last = new PartitionMessages(topic, partition))
            if (byPartition !== null) byPartition.set(partition, last)
            else if (batches.length - first === MANY) byPartition = byNumber(batches, first)
          }
        }
        last.add(message)
      }
      for (let b = first; b < batches.length; b++) batches[b].finish()
    }
    return batches.length > 1 ? this.inOrder(batches, topicMessages) : batches
  }

  /**
   * @param {PartitionMessages[]} batches
   * @param {TopicMessages[]} topicMessages
   */
  inOrder (batches, topicMessages) {
    const ranks = new Map(topicMessages.map(({ topic }, i) => [topic, i]))
    const rank = (/** @type {PartitionMessages} */ { topic }) => /** @type {number} */ (ranks.get(topic))
    batches.sort((a, b) => rank(a) - rank(b) || a.partition - b.partition)
    /** @type {Map<number, PartitionMessages[]>} */
    const byLeader = new Map()
    for (const batch of batches) {
      const leader = this.leaderOf(batch.topic, batch.partition)
      const others = byLeader.get(leader)
      if (others === undefined) byLeader.set(leader, [batch])
      else others.push(batch)
    }
    if (byLeader.size < 2) return batches
    /** @type {PartitionMessages[]} */
    const result = []
    return result.concat(...byLeader.values())
  }

  /**
   * @param {string} topic
   * @param {number} partition
   */
  leaderOf (topic, partition) {
    const found = this.metadataOf(topic, partition)
    return found === undefined ? -1 : found.leader
  }

  /**
   * @param {string} topic
   * @param {number} partition
   */
  exists (topic, partition) {
    return this.metadataOf(topic, partition) !== undefined
  }

  /**
   * @param {string} topic
   * @param {number} partition
   */
  metadataOf (topic, partition) {
    const partitions = this.cluster.topics.partitionsOf(topic)
    const guess = partitions[partition]
    if (guess !== undefined && guess.partitionId === partition) return guess
    return partitions.find(({ partitionId }) => partitionId === partition)
  }

  /**
   * A partition that is not known: it may be new. Else nothing of the send is sent.
   *
   * @param {Send} send
   * @param {string} topic
   * @param {() => void} [finished]
   */
  findPartition (send, topic, finished) {
    this.cluster.topics.expire(topic)
    if (send.isRepeated) {
      const error = createErrorFromCode(UNKNOWN_TOPIC_OR_PARTITION)
      if (finished !== undefined) finished()
      this.refuse(send, this.retriesExceeded(error))
      return
    }
    send.isRepeated = true
    const topics = send.topicMessages.map(({ topic }) => topic)
    if (finished !== undefined) this.learn(send, topics, finished)
    else this.queue.enter(topics, leave => this.learn(send, topics, leave))
  }

  // ---- results ----

  /** Why sends end without an answer of the broker's, if it is known. */
  get reason () {
    return this.fatal || this.lastFatal || this.refusal
  }

  /** @param {SendOutcome} outcome */
  complete (outcome) {
    const { batches, bytes, records, send } = outcome
    this.underWay.records -= records
    this.underWay.bytes -= bytes
    if (this.roomless.length > 0) setImmediate(this.makeRoom)
    const failed = outcome.isAbandoned ? null : batches.find(({ code }) => code !== 0)
    if (outcome.isAbandoned) {
      this.reject(send, this.reason || new KafkaJSConnectionClosedError('Closed connection'))
    } else if (failed) {
      for (const { code, topic } of batches) if (STALE.has(code)) this.cluster.topics.expire(topic)
      const isEnded = failed.code === CODE.FATAL || failed.code === CODE.PURGE_QUEUE
      if (isEnded && this.reason === null) {
        // why is told in a moment
        setTimeout(() => this.reject(send, this.failure(failed)), FATAL_TOLD)
      } else {
        this.reject(send, this.failure(failed))
      }
    } else {
      this.lastFatal = null
      this.settle()
      send.resolve(send.acks === 0 ? [] : batches.map(({ baseOffset, partition, topic }) => ({
        topicName: topic,
        partition,
        errorCode: 0,
        baseOffset: String(baseOffset),
        logAppendTime: '-1',
        logStartOffset: '-1'
      })))
    }
  }

  /**
   * Nothing of it has been sent.
   *
   * @param {Send} send
   * @param {unknown} error
   */
  refuse (send, error) {
    sendFailed(this.cluster.clientId, send.topicMessages.map(({ topic }) => topic), error)
    this.reject(send, error)
  }

  /**
   * @param {Send} send
   * @param {any} error
   */
  reject (send, error) {
    this.settle()
    if (error && typeof error.message === 'string') this.told(error)
    send.reject(error)
  }

  /** @param {Error & { retryCount?: number, retryTime?: number }} error */
  told (error) {
    const { retryCount, retryTime } = error
    this.logger.error(retryCount === undefined ? error.message : `Failed to send messages: ${error.message}`,
      retryCount === undefined ? {} : { retryCount, retryTime })
  }

  settle () {
    this.open--
    if (this.open === 0) for (const over of this.whenIdle) over()
  }

  /**
   * @param {number} limit ms
   * @returns {Promise<void>} fulfilled when all sends have settled, or after the limit
   */
  idle (limit) {
    if (this.open === 0) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(() => over(), limit)
      const over = () => {
        clearTimeout(timer)
        this.whenIdle.delete(over)
        resolve()
      }
      this.whenIdle.add(over)
    })
  }

  // ---- failures ----

  /**
   * @param {PartitionMessages} batch
   * @returns {KafkaJSError}
   */
  failure ({ code, topic, partition }) {
    const data = errorData(code)
    if (code === CODE.FATAL && (this.fatal || this.lastFatal)) {
      return /** @type {KafkaJSError} */ (this.fatal || this.lastFatal)
    }
    if (isTimeout(data)) {
      const { outage } = this.cluster
      if (outage !== null) return nonRetriable(outage)
      if (this.leaderOf(topic, partition) < 0) return this.retriesExceeded(createErrorFromCode(5))
      return this.retriesExceeded(new KafkaJSRequestTimeoutError('Request Produce(key: 0, version: 7) timed out'))
    }
    const error = toError(data, 'Produce')
    if (code === CODE.STATE) {
      return Object.assign(new KafkaJSNonRetriableError('The transaction cannot go on since one of its sends has ' +
        'failed: abort it, and begin another one'), { abortable: true })
    }
    if (code === CODE.DESTROY || code === CODE.PURGE_QUEUE || code === CODE.PURGE_INFLIGHT) {
      return this.reason || error
    }
    if (code === CODE.QUEUE_FULL || !error.retriable) return error
    return this.retriesExceeded(error)
  }

  /** @param {KafkaJSError} error of a look-up */
  unknownTopic (error) {
    const isConnection = error.name === 'KafkaJSConnectionError' || error.name === 'KafkaJSConnectionClosedError'
    // the handle that was asked has failed, and says why
    if (isConnection && this.lastFatal !== null) return this.lastFatal
    return error.retriable && !isConnection ? this.retriesExceeded(error) : nonRetriable(error)
  }

  /** @param {Error} error */
  retriesExceeded (error) {
    const { retries, initialRetryTime, maxRetryTime, multiplier } = this.retry
    const retryTime = Math.min(initialRetryTime * multiplier ** Math.min(retries, 50), maxRetryTime)
    return new KafkaJSNumberOfRetriesExceeded(error, { retryCount: retries, retryTime: Math.ceil(retryTime) })
  }
}

/** @param {TopicMessages[]} topicMessages of a send */
function describe (topicMessages) {
  return topicMessages.map(({ topic, messages }) => ({ topic, count: messages.length }))
}

/**
 * @param {PartitionMessages[]} batches
 * @param {number} first
 */
function byNumber (batches, first) {
  return new Map(batches.slice(first).map(batch => [batch.partition, batch]))
}

/** @param {Caught} error */
function nonRetriable (error) {
  return new KafkaJSNonRetriableError(error, { cause: error.cause || error })
}

module.exports = { ACK_TIMEOUT, Sender }
