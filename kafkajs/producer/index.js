'use strict'

const { KafkaJSError, KafkaJSNonRetriableError } = require('../errors')
const { createOn, producerEvents } = require('../instrumentation')
const { pausesOf, retryOptions } = require('../retry')
const { Handles } = require('./handles')
const { DefaultPartitioner } = require('./partitioners')
const { ACK_TIMEOUT, Sender } = require('./sender')
const { Transactions } = require('./transactions')

/** ms for which `disconnect` goes on delivering while no broker can be reached */
const FLUSH_IN_OUTAGE = 3000

/**
 * @param {object} params `clientParams` of kafka.js and the producer's own options
 * @param {import('../cluster').Cluster} params.cluster
 * @param {import('../instrumentation').InstrumentationEmitter} params.instrumentationEmitter
 * @param {import('../logger').Logger} params.logger the root one
 * @param {import('../groupMembers').GroupMembers | null} [params.members]
 * @param {import('../retry').GivenRetry} params.retry
 * @param {(() => import('./partitioners').Partitioner) | null} [params.createPartitioner]
 * @param {boolean} [params.idempotent]
 * @param {string} [params.transactionalId]
 * @param {number} [params.transactionTimeout] ms
 * @returns a producer, whose methods work without it, and may be replaced
 * @throws {KafkaJSNonRetriableError} for an idempotent producer without retries
 */
function createProducer ({
  cluster, createPartitioner, idempotent = false, instrumentationEmitter, logger: rootLogger, members = null,
  retry: given, transactionalId, transactionTimeout
}) {
  if (idempotent && /** @type {number} */ (given.retries) < 1) {
    throw new KafkaJSNonRetriableError(
      'Idempotent producer must allow retries to protect against transient errors')
  }
  const logger = rootLogger.namespace('Producer')
  if (idempotent && /** @type {number} */ (given.retries) < Number.MAX_SAFE_INTEGER) {
    logger.warn('Limiting retries for the idempotent producer may invalidate EoS guarantees')
  }
  const retry = retryOptions(given)
  const partitioner = (createPartitioner || DefaultPartitioner)()
  /** @type {'connected' | 'disconnecting' | 'disconnected'} */
  let status = 'disconnected'

  const checkStatus = () => {
    if (status === 'connected') return
    if (status === 'disconnected') throw new KafkaJSError('The producer is disconnected')
    throw new KafkaJSNonRetriableError(
      'The producer is disconnecting; therefore, it can\'t safely accept messages anymore')
  }

  const handles = new Handles({
    cluster,
    retry,
    isIdempotent: Boolean(idempotent),
    failed: error => {
      sender.lastFatal = error
      logger.error(error.message)
    }
  })
  const sender = new Sender({
    cluster,
    logger,
    partitioner,
    retry,
    isIdempotent: Boolean(idempotent),
    handleFor: settings => handles.get(settings),
    checkStatus
  })
  const transactions = new Transactions({
    cluster, logger, partitioner, retry, members, checkStatus, transactionalId, transactionTimeout
  })
  cluster.watchRequests(producerEvents)
  cluster.topics.lookup.pauses = pausesOf(retry)
  cluster.openPrimary = () => handles.get({ acks: -1, timeout: ACK_TIMEOUT, codec: 'none' })

  /** @type {Promise<void> | null} */
  let disconnecting = null

  const close = async () => {
    status = 'disconnecting'
    const limit = cluster.outage === null ? handles.deliveryTimeout : FLUSH_IN_OUTAGE
    await transactions.close()
    await sender.idle(limit)
    await cluster.disconnect()
    handles.clear()
    sender.lastFatal = null
    status = 'disconnected'
  }

  return {
    connect: async () => {
      if (disconnecting !== null) await disconnecting
      await cluster.connect()
      status = 'connected'
      instrumentationEmitter.emit(producerEvents.CONNECT)
    },

    disconnect: async () => {
      if (disconnecting === null) disconnecting = close().finally(() => { disconnecting = null })
      await disconnecting
      instrumentationEmitter.emit(producerEvents.DISCONNECT)
    },

    isIdempotent: () => idempotent,
    events: producerEvents,
    on: createOn(instrumentationEmitter, 'producer', producerEvents, logger),
    send: (/** @type {import('../../kafkajs').ProducerRecord} */ args) => sender.send(args),
    sendBatch: (/** @type {import('../../kafkajs').ProducerBatch} */ args) => sender.sendBatch(args),
    transaction: () => transactions.begin(),
    logger: () => logger
  }
}

module.exports = createProducer
