'use strict'

const { KafkaJSConnectionClosedError } = require('../errors')
const { createErrorFromCode } = require('../protocolErrors')
const { toError } = require('../nativeErrors')
const { createRetry } = require('../retry')
const { METADATA_TIMEOUT } = require('../cluster')
const { errorData } = require('../../core/errors')

/**
 * What a call of an admin's method works with: requests that connect first if need be, unless the admin has
 * disconnected since the call, and are repeated when the controller has changed.
 *
 * @typedef {import('../errors').Caught} Caught
 * @typedef {{ topic: string, partition: number, error: import('../../core/protocol').KafkaError }} FailedPartition
 */
class AdminContext {
  /**
   * @param {object} options
   * @param {import('../cluster').Cluster} options.cluster
   * @param {import('../logger').Logger} options.logger
   * @param {import('../retry').GivenRetry} options.retry
   * @param {{ disconnects: number }} options.state of the admin
   */
  constructor ({ cluster, logger, retry, state }) {
    this.cluster = cluster
    this.logger = logger
    this.retry = retry
    const { disconnects } = state
    const checkOpen = () => {
      if (state.disconnects === disconnects) return
      throw Object.assign(new KafkaJSConnectionClosedError('Closed connection'), { retriable: false })
    }
    /** @type {import('../../core/admin').Request} */
    this.request = async (request, what) => {
      checkOpen()
      await cluster.connect()
      try {
        checkOpen()
        return await cluster.request(/** @type {any} */ ({ timeout: this.timeout(), ...request }), what)
      } catch (error) {
        checkOpen()
        throw error
      }
    }
  }

  /** @returns {number} ms, for the answer to a request */
  timeout () {
    return (this.cluster.native && this.cluster.native.requestTimeout) || METADATA_TIMEOUT
  }

  /**
   * Tries again what the brokers refuse with one of the `types`; everything else is rejected as it is.
   *
   * @template T
   * @param {string} failure the line that is logged
   * @param {() => Promise<T>} attempt
   * @param {Array<string | undefined>} [types]
   * @returns {Promise<T>}
   */
  retried (failure, attempt, types = ['NOT_CONTROLLER']) {
    return createRetry(this.retry)(async (bail, retryCount, retryTime) => {
      try {
        return await attempt()
      } catch (error) {
        const { message, type } = /** @type {Caught} */ (error)
        if (!types.includes(type)) return bail(error)
        this.logger.warn(failure, { error: message, retryCount, retryTime })
        // where the controller is now
        if (type === 'NOT_CONTROLLER') await this.cluster.refreshMetadata().catch(() => {})
        throw error
      }
    })
  }

  /**
   * @param {string[] | null} topics null for all
   * @returns {Promise<import('../../core/protocol').ClusterMetadata>} never creates a topic
   */
  metadata (topics) {
    return this.request({ op: 'metadata', topics, create: false }, 'Metadata')
  }

  /**
   * @param {string} topic
   * @returns {Promise<import('../../core/protocol').PartitionInfo[]>} its partitions, in ascending order
   * @throws the broker's error if there is no such topic
   */
  async partitionsOf (topic) {
    const { topics: [described] } = await this.metadata([topic])
    throwIfFailed(described ? described.error : UNKNOWN_TOPIC_OR_PARTITION)
    const partitions = [...described.partitions]
    return partitions.sort((a, b) => a.partition - b.partition)
  }
}

const UNKNOWN_TOPIC_OR_PARTITION = 3

/** @param {number} code the broker's, or librdkafka's own; 0 for none */
function throwIfFailed (code) {
  if (code !== 0) throw errorOfCode(code)
}

/**
 * @param {number} code
 * @param {string} [message] librdkafka's
 */
function errorOfCode (code, message = '') {
  if (code >= -1) return createErrorFromCode(code)
  const data = errorData(code)
  return toError(message === '' ? data : { ...data, message })
}

module.exports = { AdminContext, UNKNOWN_TOPIC_OR_PARTITION, errorOfCode, throwIfFailed }
