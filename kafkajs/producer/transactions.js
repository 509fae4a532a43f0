'use strict'

const { KafkaJSNonRetriableError } = require('../errors')
const { MEMBER_IDENTITY } = require('../groupMembers')
const { withNative, toError } = require('../nativeErrors')
const { Handles } = require('./handles')
const { ACK_TIMEOUT, Sender } = require('./sender')
const { CODE } = require('../../core/errors')
const { assert } = require('../../core/lazy')
const { clearTimeout, setTimeout } = require('../../core/scheduling/timers')

/**
 * The transactions of a producer, one at a time, on a handle of their own: what the producer sends beside them is no
 * part of them.
 *
 * What goes wrong says what to do next. With `abortable` the transaction cannot be committed: it is aborted, and the
 * work may be repeated in another one. With `fatal` the handle is given up, and the next transaction gets another one,
 * unless a newer producer with the same `transactionalId` has taken over (INVALID_PRODUCER_EPOCH): then this one has
 * to be disconnected, and connected again only if it is to take over in turn.
 *
 * @typedef {import('../clientConfig').ClientOptions} ClientOptions
 * @typedef {import('../cluster').Cluster} Cluster
 * @typedef {import('../nativeErrors').NativeError} NativeError
 * @typedef {import('../../kafkajs').RecordMetadata} RecordMetadata
 * @typedef {import('../../kafkajs').Transaction} Transaction
 *
 * @typedef {object} GivenOffsets
 * @property {Array<{ topic: string, partitions: PartitionOffset[] }>} topics
 * @property {string} [consumerGroupId]
 * @property {object & import('../groupMembers').Member} [consumer]
 * @typedef {{ partition: number, offset: unknown, metadata?: string | null }} PartitionOffset
 * @typedef {import('../../core/handles/producerHandle').ProducerHandle} ProducerHandle
 * @typedef {import('../../core/handles/events').AskingAnyTime<'sendOffsets'>} SendingOffsets
 */

const TRANSACTION_TIMEOUT = 60000
/** ms for which `disconnect` tries to abort a transaction that is open */
const ABORT_AT_DISCONNECT = 5000

const ENDED = 'Cannot continue to use transaction once ended'
const ONGOING = 'There is already an ongoing transaction for this producer. Please end the transaction before ' +
  'beginning another.'

class Transactions {
  /**
   * @param {object} options
   * @param {Cluster} options.cluster
   * @param {import('../logger').Logger} options.logger
   * @param {import('./partitioners').Partitioner} options.partitioner
   * @param {import('../retry').RetryOptions} options.retry
   * @param {import('../groupMembers').GroupMembers | null} options.members
   * @param {() => void} options.checkStatus
   * @param {string | undefined} options.transactionalId
   * @param {number} [options.transactionTimeout] ms
   */
  constructor (options) {
    const { cluster, logger, partitioner, retry, members, checkStatus, transactionalId } = options
    this.cluster = cluster
    this.logger = logger
    this.members = members
    this.checkStatus = checkStatus
    this.transactionalId = transactionalId
    const { transactionTimeout } = options
    this.timeout = transactionTimeout === undefined || transactionTimeout === null
      ? TRANSACTION_TIMEOUT
      : Math.max(1000, transactionTimeout)
    this.handles = new Handles({ cluster, retry, isIdempotent: true, failed: () => {} })
    /** @type {ProducerHandle | null} */
    this.handle = null
    this.codec = 'none'
    /** @type {object | null} the open one */
    this.current = null
    /** whether one is being begun or ended */
    this.isBusy = false
    /** the codec of the open one is settled: a send was made that has not been refused */
    this.isUsed = false
    /** a send of the open one has been handed over */
    this.isWritten = false
    /** @type {Array<{ request: SendingOffsets, asked: Promise<unknown> }>} what the open one has of offsets */
    this.offsets = []
    /** @type {Promise<void> | null} the handle gets another codec */
    this.reopening = null
    /** @type {NativeError | null} a newer producer has taken over */
    this.fenced = null
    this.sender = new Sender({
      cluster,
      logger,
      partitioner,
      retry,
      isIdempotent: true,
      handleFor: ({ codec }) => this.handleFor(codec),
      checkStatus: () => this.check()
    })
  }

  /** @returns {Promise<Transaction>} */
  async begin () {
    if (!this.transactionalId) {
      throw new KafkaJSNonRetriableError('Must provide transactional id for transactional producer')
    }
    if (this.current !== null || this.isBusy) throw new KafkaJSNonRetriableError(ONGOING)
    if (this.fenced !== null) throw this.fenced
    this.isBusy = true
    try {
      await this.cluster.connect()
      if (this.handle === null) await this.open(this.codec)
      await this.ask({ op: 'beginTransaction' }, 'BeginTransaction')
    } catch (error) {
      await this.giveUp()
      throw error
    } finally {
      this.isBusy = false
    }
    this.isUsed = false
    this.isWritten = false
    this.offsets = []
    this.sender.fatal = null
    const transaction = this.transaction()
    this.current = transaction
    return transaction
  }

  /**
   * @param {string} codec librdkafka's name
   * @returns {Promise<void>}
   */
  async open (codec) {
    const settings = this.handles.settings()
    /** @type {ProducerHandle} */
    const handle = this.cluster.openProducer({
      ...settings,
      deliveryTimeout: Math.min(settings.deliveryTimeout, this.timeout),
      // no request may take longer than the transaction
      requestTimeout: Math.min(
        /** @type {ClientOptions} */ (this.cluster.native).requestTimeout || this.timeout, this.timeout),
      acks: -1,
      ackTimeout: Math.min(ACK_TIMEOUT, this.timeout),
      codec,
      transactionalId: this.transactionalId,
      transactionTimeout: this.timeout
    }, event => {
      if (event.type === 'error' && event.error.fatal && this.handle === handle) this.failed(event.error)
    })
    this.handle = handle
    this.codec = codec
    await this.ask({ op: 'initTransactions' }, 'InitProducerId')
  }

  /** @param {import('../../core/errors').ErrorData} data the handle cannot go on */
  failed (data) {
    const error = this.errorOf(data, 'Produce')
    this.sender.fatal = error
    this.logger.error(error.message)
  }

  /**
   * The handle in use; a transaction without records can have another one, with another codec.
   *
   * @param {string} codec
   * @returns {ProducerHandle}
   */
  handleFor (codec) {
    if (this.handle === null) throw new KafkaJSNonRetriableError(ENDED)
    if (codec !== this.codec) {
      throw new KafkaJSNonRetriableError('All sends of a transactional producer\'s transaction have the same ' +
        `compression, that of the first: this one has ${this.codec}, not ${codec}`)
    }
    this.isWritten = true
    return this.handle
  }

  check () {
    this.checkStatus()
    if (this.sender.fatal !== null) throw this.sender.fatal
  }

  /** @returns {Transaction} */
  transaction () {
    const isActive = () => this.current === transaction
    /**
     * @template {unknown[]} Args
     * @template Result
     * @param {(...args: Args) => Promise<Result>} call
     * @returns {(...args: Args) => Promise<Result>}
     */
    const guarded = call => async (...args) => {
      if (!isActive()) throw new KafkaJSNonRetriableError(ENDED)
      return call(...args)
    }

    /** @type {Transaction} */
    const transaction = {
      sendBatch: guarded(args => this.send(args, () => this.sender.sendBatch(args))),
      send: guarded(args => this.send(args, () => this.sender.send(args))),
      abort: guarded(() => this.abort()),
      commit: guarded(() => this.commit()),
      sendOffsets: guarded(async (/** @type {GivenOffsets} */ args) => this.sendOffsets(args)),
      isActive
    }
    return transaction
  }

  /**
   * @param {{ compression?: number }} args
   * @param {() => Promise<RecordMetadata[]>} send
   */
  send (args, send) {
    if (!this.isUsed && args) {
      // the first one decides
      const { compression = 0 } = args
      const codec = this.sender.codec(compression)
      this.isUsed = true
      if (codec !== this.codec) this.reopening = this.reopen(codec)
    }
    const sent = this.reopening === null ? send() : this.reopening.then(send)
    return sent.catch(error => {
      // one that was refused decides nothing
      if (!this.isWritten && this.sender.open === 0) this.isUsed = false
      // librdkafka gives up the handle then, but may say so only after the send's own report
      if (error && error.type === 'INVALID_PRODUCER_EPOCH') error.fatal = true
      throw error
    })
  }

  /**
   * Another codec needs another handle, on which the transaction begins again: there are no records in it yet.
   *
   * @param {string} codec
   */
  async reopen (codec) {
    this.codec = codec
    try {
      const offsets = this.offsets.splice(0)
      const outcomes = await Promise.allSettled(offsets.map(({ asked }) => asked))
      await this.ask({ op: 'abortTransaction' }, 'EndTxn')
      const { handle } = this
      this.handle = null
      if (handle !== null) await this.cluster.closeHandle(handle, 0)
      await this.open(codec)
      await this.ask({ op: 'beginTransaction' }, 'BeginTransaction')
      for (const [i, { request }] of offsets.entries()) {
        if (outcomes[i].status === 'fulfilled') await this.askOffsets(request)
      }
    } catch (error) {
      await this.giveUp()
      throw error
    } finally {
      this.reopening = null
    }
  }

  /** @param {GivenOffsets} args `consumer` in place of `consumerGroupId` names the member as well */
  async sendOffsets (args) {
    const { consumer, topics } = args
    const identity = consumer ? consumer[MEMBER_IDENTITY] : undefined
    if (consumer && identity === undefined) throw new KafkaJSNonRetriableError('sendOffsets: this is no consumer')
    const { consumerGroupId = identity && identity.groupId } = args
    assert(consumerGroupId, 'Missing consumerGroupId')
    assert(topics, 'Missing offset topics')
    const partitions = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset, metadata }) =>
        ({ topic, partition: Number(partition), offset: toOffset(offset), metadata: metadata || null })))
    const member = (identity && identity()) || (this.members && this.members.only(consumerGroupId)) || null
    if (partitions.length === 0) return
    if (this.reopening !== null) await this.reopening
    await this.askOffsets({ op: 'sendOffsets', group: { groupId: consumerGroupId, member }, partitions })
  }

  /** @param {SendingOffsets} request */
  async askOffsets (request) {
    const asked = this.ask(request, 'TxnOffsetCommit')
    this.offsets.push({ request, asked })
    await asked
  }

  /** Delivers what was sent, and ends the transaction; whatever happens, it has ended afterwards. */
  async commit () {
    this.current = null
    this.isBusy = true
    try {
      if (this.reopening !== null) await this.reopening
      await this.sender.idle(this.timeout)
      if (this.sender.fatal !== null) throw this.sender.fatal
      await this.ask({ op: 'commitTransaction' }, 'EndTxn')
    } catch (error) {
      const { abortable } = /** @type {import('../errors').Caught} */ (error)
      if (abortable) await this.ask({ op: 'abortTransaction' }, 'EndTxn').catch(() => this.giveUp())
      else await this.giveUp()
      throw error
    } finally {
      this.isBusy = false
    }
  }

  /** Gives up what was sent. */
  async abort () {
    this.current = null
    this.isBusy = true
    try {
      if (this.reopening !== null) await this.reopening
      if (this.sender.fatal !== null) throw this.sender.fatal
      this.sender.refusal = new KafkaJSNonRetriableError('The transaction was aborted')
      if (this.handle !== null) this.handle.flush()
      await this.ask({ op: 'abortTransaction' }, 'EndTxn')
      await this.sender.idle(this.timeout)
    } catch (error) {
      await this.giveUp()
      throw error
    } finally {
      this.sender.refusal = null
      this.isBusy = false
    }
  }

  /** The handle cannot be used any more. The broker ends its transaction when the next one begins, or after a time. */
  async giveUp () {
    const { handle } = this
    this.handle = null
    this.current = null
    if (handle !== null) await this.cluster.closeHandle(handle, 0)
  }

  /** Before the producer disconnects. */
  async close () {
    if (this.current !== null && this.handle !== null) {
      await within(ABORT_AT_DISCONNECT, this.abort().catch(() => {}))
    }
    await this.giveUp()
    this.fenced = null
    this.sender.fatal = null
  }

  /**
   * @template {import('../../core/handles/events').Op} O
   * @param {import('../../core/handles/events').AskingAnyTime<O>} request
   * @param {string} what
   * @returns {Promise<import('../../core/handles/events').Result<O>>}
   */
  ask (request, what) {
    const { handle } = this
    return new Promise((resolve, reject) => {
      if (handle === null) return reject(new KafkaJSNonRetriableError(ENDED))
      /** @type {import('../../core/handles/events').Asking<O>} */
      const complete = /** @type {any} */ ({ timeout: this.timeout, ...request })
      handle.request(complete, (error, result) => {
        if (error === null) resolve(result)
        else reject(this.errorOf(error, what))
      })
    })
  }

  /**
   * @param {import('../../core/errors').ErrorData} data
   * @param {string} what was asked
   * @returns {NativeError} with `abortable` and `fatal`
   */
  errorOf (data, what) {
    /** @type {NativeError} */
    const error = data.code === CODE.STATE
      ? withNative(new KafkaJSNonRetriableError(`Transaction state exception: ${data.message}`), data)
      : toError(data, what)
    error.abortable = Boolean(data.abortable)
    error.fatal = data.fatal
    if (error.type === 'INVALID_PRODUCER_EPOCH' && data.fatal) this.fenced = error
    return error
  }
}

/**
 * @param {number} limit ms
 * @param {Promise<void>} promise that is not rejected
 * @returns {Promise<void>} fulfilled with it, or after the limit
 */
function within (limit, promise) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, limit)
    promise.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/**
 * @param {unknown} offset decimal digits, or a number
 * @returns {number}
 */
function toOffset (offset) {
  const number = Number(offset)
  if (Number.isSafeInteger(number)) return number
  throw new KafkaJSNonRetriableError(`Invalid offset ${String(offset)}`)
}

module.exports = { Transactions }
