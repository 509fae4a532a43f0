'use strict'

/**
 * KafkaJS's error classes: names, properties and what is retriable are what programs test for.
 *
 * @typedef {object} Description what an error is made of
 * @property {string} message
 * @property {string} [type]
 * @property {number | string} [code]
 * @property {boolean} [retriable]
 * @property {string} [helpUrl]
 *
 * @typedef {Error & Description & { cause?: unknown, abortable?: boolean, fatal?: boolean }} Caught an error, as far as
 *   KafkaJS's are looked at: whose it is, is not known
 */

class KafkaJSError extends Error {
  /**
   * @param {any} e the text, or an error whose text it takes
   * @param {{ retriable?: boolean, cause?: unknown }} [options]
   */
  constructor (e, { retriable = true, cause } = {}) {
    super(e.message || e)
    Error.captureStackTrace(this, this.constructor)
    // not shown by JSON.stringify
    Object.defineProperty(this, 'cause', { value: cause, enumerable: false, writable: true, configurable: true })
    this.name = 'KafkaJSError'
    this.retriable = retriable
    this.helpUrl = e.helpUrl
  }
}

class KafkaJSNonRetriableError extends KafkaJSError {
  /**
   * @param {unknown} e
   * @param {{ cause?: unknown }} [options]
   */
  constructor (e, { cause } = {}) {
    super(e, { retriable: false, cause })
    this.name = 'KafkaJSNonRetriableError'
  }
}

/** A broker's answer. */
class KafkaJSProtocolError extends KafkaJSError {
  /**
   * @param {Description} e
   * @param {{ retriable?: boolean }} [options]
   */
  constructor (e, { retriable = e.retriable } = {}) {
    super(e, { retriable })
    this.type = e.type
    this.code = e.code
    this.name = 'KafkaJSProtocolError'
  }
}

class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  /**
   * @param {Description} e
   * @param {{ topic: string, partition: number }} at
   */
  constructor (e, { topic, partition }) {
    super(e)
    this.topic = topic
    this.partition = partition
    this.name = 'KafkaJSOffsetOutOfRange'
  }
}

class KafkaJSMemberIdRequired extends KafkaJSProtocolError {
  /**
   * @param {Description} e
   * @param {{ memberId: string }} member
   */
  constructor (e, { memberId }) {
    super(e)
    this.memberId = memberId
    this.name = 'KafkaJSMemberIdRequired'
  }
}

class KafkaJSNumberOfRetriesExceeded extends KafkaJSNonRetriableError {
  /**
   * @param {Error} e the last attempt's
   * @param {{ retryCount: number, retryTime: number }} retries those made, and the pause that would have followed, ms
   */
  constructor (e, { retryCount, retryTime }) {
    super(e, { cause: e })
    this.stack = `${this.name}\n  Caused by: ${e.stack}`
    this.retryCount = retryCount
    this.retryTime = retryTime
    this.name = 'KafkaJSNumberOfRetriesExceeded'
  }
}

class KafkaJSConnectionError extends KafkaJSError {
  /**
   * @param {unknown} e
   * @param {{ broker?: string, code?: string }} [options]
   */
  constructor (e, { broker, code } = {}) {
    super(e)
    this.broker = broker
    this.code = code
    this.name = 'KafkaJSConnectionError'
  }
}

class KafkaJSConnectionClosedError extends KafkaJSConnectionError {
  /**
   * @param {unknown} e
   * @param {{ host?: string, port?: number }} [peer]
   */
  constructor (e, { host, port } = {}) {
    super(e, { broker: `${host}:${port}` })
    this.host = host
    this.port = port
    this.name = 'KafkaJSConnectionClosedError'
  }
}

class KafkaJSRequestTimeoutError extends KafkaJSError {
  /**
   * @param {unknown} e
   * @param {{ broker?: string, correlationId?: number, createdAt?: number, sentAt?: number, pendingDuration?: number }}
   *   [request]
   */
  constructor (e, { broker, correlationId, createdAt, sentAt, pendingDuration } = {}) {
    super(e)
    this.broker = broker
    this.correlationId = correlationId
    this.createdAt = createdAt
    this.sentAt = sentAt
    this.pendingDuration = pendingDuration
    this.name = 'KafkaJSRequestTimeoutError'
  }
}

class KafkaJSMetadataNotLoaded extends KafkaJSError {
  /**
   * @param {unknown} e
   * @param {{ retriable?: boolean, cause?: unknown }} [options]
   */
  constructor (e, options) {
    super(e, options)
    this.name = 'KafkaJSMetadataNotLoaded'
  }
}

class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  /**
   * @param {unknown} e
   * @param {{ topic?: string }} [options]
   */
  constructor (e, { topic } = {}) {
    super(e)
    this.topic = topic
    this.name = 'KafkaJSTopicMetadataNotLoaded'
  }
}

class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  /**
   * @param {unknown} e
   * @param {{ topic?: string, unknownPartitions?: import('./topics').PartitionMetadata[] }} [options]
   */
  constructor (e, { topic, unknownPartitions } = {}) {
    super(e)
    this.topic = topic
    this.unknownPartitions = unknownPartitions
    this.name = 'KafkaJSStaleTopicMetadataAssignment'
  }
}

class KafkaJSDeleteGroupsError extends KafkaJSError {
  /**
   * @param {unknown} e
   * @param {unknown[]} groups those that failed
   */
  constructor (e, groups = []) {
    super(e)
    this.groups = groups
    this.name = 'KafkaJSDeleteGroupsError'
  }
}

class KafkaJSServerDoesNotSupportApiKey extends KafkaJSNonRetriableError {
  /**
   * @param {unknown} e
   * @param {{ apiKey?: number, apiName?: string }} [api]
   */
  constructor (e, { apiKey, apiName } = {}) {
    super(e)
    this.apiKey = apiKey
    this.apiName = apiName
    this.name = 'KafkaJSServerDoesNotSupportApiKey'
  }
}

class KafkaJSBrokerNotFound extends KafkaJSError {
  /**
   * @param {unknown} e
   * @param {{ retriable?: boolean, cause?: unknown }} [options]
   */
  constructor (e, options) {
    super(e, options)
    this.name = 'KafkaJSBrokerNotFound'
  }
}

/**
 * @param {string} name
 * @param {typeof KafkaJSNonRetriableError} Base
 * @returns {typeof KafkaJSNonRetriableError} a class that differs in its name only
 */
function derived (name, Base) {
  const Derived = class extends Base {
    /** @param {ConstructorParameters<typeof KafkaJSNonRetriableError>} args */
    constructor (...args) {
      super(...args)
      this.name = name
    }
  }
  Object.defineProperty(Derived, 'name', { value: name, configurable: true })
  return Derived
}

const KafkaJSPartialMessageError = derived('KafkaJSPartialMessageError', KafkaJSNonRetriableError)
const KafkaJSSASLAuthenticationError = derived('KafkaJSSASLAuthenticationError', KafkaJSNonRetriableError)
const KafkaJSGroupCoordinatorNotFound = derived('KafkaJSGroupCoordinatorNotFound', KafkaJSNonRetriableError)
const KafkaJSNotImplemented = derived('KafkaJSNotImplemented', KafkaJSNonRetriableError)
const KafkaJSTimeout = derived('KafkaJSTimeout', KafkaJSNonRetriableError)
const KafkaJSLockTimeout = derived('KafkaJSLockTimeout', KafkaJSTimeout)
const KafkaJSUnsupportedMagicByteInMessageSet =
  derived('KafkaJSUnsupportedMagicByteInMessageSet', KafkaJSNonRetriableError)

class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  /**
   * @param {object} failed
   * @param {Array<{ partition: number, offset: string, error?: { retriable?: boolean } | null }>} failed.partitions
   */
  constructor ({ partitions }) {
    const errors = partitions.map(({ error }) => error).filter(error => error !== null && error !== undefined)
    super('Error while deleting records', { retriable: errors.every(({ retriable }) => retriable === true) })
    this.name = 'KafkaJSDeleteTopicRecordsError'
    this.partitions = partitions
  }
}

class KafkaJSInvariantViolation extends KafkaJSNonRetriableError {
  /** @param {any} e */
  constructor (e) {
    super(`Invariant violated: ${e.message || e}. This is likely a bug and should be reported.`)
    this.name = 'KafkaJSInvariantViolation'
    this.helpUrl = 'https://github.com/kafka-node-native/kafka-node-native/issues'
  }
}

// these two go by the name of their base
class KafkaJSInvalidVarIntError extends KafkaJSNonRetriableError {}
class KafkaJSInvalidLongError extends KafkaJSNonRetriableError {}

class KafkaJSCreateTopicError extends KafkaJSProtocolError {
  /**
   * @param {Description} e
   * @param {string} topic
   */
  constructor (e, topic) {
    super(e)
    this.topic = topic
    this.name = 'KafkaJSCreateTopicError'
  }
}

class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  /**
   * @param {Description} e
   * @param {string} topic
   * @param {number} partition
   */
  constructor (e, topic, partition) {
    super(e)
    this.topic = topic
    this.partition = partition
    this.name = 'KafkaJSAlterPartitionReassignmentsError'
  }
}

class KafkaJSAggregateError extends Error {
  /**
   * @param {string} message
   * @param {Description[]} errors
   */
  constructor (message, errors) {
    super(message)
    this.errors = errors
    this.name = 'KafkaJSAggregateError'
  }
}

class KafkaJSFetcherRebalanceError extends Error {}

class KafkaJSNoBrokerAvailableError extends KafkaJSError {
  constructor () {
    super('No broker available')
    this.name = 'KafkaJSNoBrokerAvailableError'
  }
}

const REBALANCING = new Set(['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'ILLEGAL_GENERATION'])

/** @param {{ type: string }} e */
const isRebalancing = e => REBALANCING.has(e.type)

/** @param {unknown} e */
const isKafkaJSError = e => e instanceof KafkaJSError

module.exports = {
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSPartialMessageError,
  KafkaJSBrokerNotFound,
  KafkaJSProtocolError,
  KafkaJSConnectionError,
  KafkaJSConnectionClosedError,
  KafkaJSRequestTimeoutError,
  KafkaJSSASLAuthenticationError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSOffsetOutOfRange,
  KafkaJSMemberIdRequired,
  KafkaJSGroupCoordinatorNotFound,
  KafkaJSNotImplemented,
  KafkaJSMetadataNotLoaded,
  KafkaJSTopicMetadataNotLoaded,
  KafkaJSStaleTopicMetadataAssignment,
  KafkaJSDeleteGroupsError,
  KafkaJSTimeout,
  KafkaJSLockTimeout,
  KafkaJSServerDoesNotSupportApiKey,
  KafkaJSUnsupportedMagicByteInMessageSet,
  KafkaJSDeleteTopicRecordsError,
  KafkaJSInvariantViolation,
  KafkaJSInvalidVarIntError,
  KafkaJSInvalidLongError,
  KafkaJSCreateTopicError,
  KafkaJSAggregateError,
  KafkaJSFetcherRebalanceError,
  KafkaJSNoBrokerAvailableError,
  KafkaJSAlterPartitionReassignmentsError,
  isRebalancing,
  isKafkaJSError
}
