'use strict'

const { AdoptableError, callable } = require('./callable')

/**
 * The errors of kafka-node's API. Users find each of them in a file of its own, under `lib/errors/`. Here they share
 * one, since all of them are loaded with the package, and loading a file takes longer than any of these classes does.
 */

/**
 * Base of the errors that kafka-node defines itself.
 *
 * `message` is an enumerable own property: log pipelines rely on `JSON.stringify(err)` giving `{"message":"..."}`.
 * Each subclass sets `name` on its prototype, because a name taken from the class would not survive a minifier.
 */
class KafkaError extends AdoptableError {
  /** @param {string} [message] */
  constructor (message) {
    super(message)
    Object.defineProperty(this, 'message', { value: message, enumerable: true, writable: true, configurable: true })
  }
}

/** An error with a cause: `nested` holds it and its stack is appended to this error's own. */
class NestedError extends AdoptableError {
  /**
   * @param {string} [message]
   * @param {Error} [nested] the cause
   */
  constructor (message, nested) {
    super(message)
    this.nested = nested
    if (nested) this.stack += `\nCaused By: ${nested.stack}`
  }
}
NestedError.prototype.name = 'NestedError'

/** The broker does not support the request, in any version that this client speaks. */
class ApiNotSupportedError extends KafkaError {
  /** @param {string} [reason] */
  constructor (reason) {
    super(`The API is not supported by the receiving broker${reason === undefined ? '' : `: ${reason}`}`)
  }
}
ApiNotSupportedError.prototype.name = 'ApiNotSupportedError'

/** A broker, partition leader or group coordinator that the request needs is unknown or cannot be reached. */
class BrokerNotAvailableError extends KafkaError {}
BrokerNotAvailableError.prototype.name = 'BrokerNotAvailableError'

/** A consumer could not be rebalanced. Kept for `instanceof` checks: nothing throws it. */
class FailedToRebalanceConsumerError extends KafkaError {}
FailedToRebalanceConsumerError.prototype.name = 'FailedToRebalanceConsumerError'

/** A consumer could not be registered. Kept for `instanceof` checks. */
class FailedToRegisterConsumerError extends NestedError {}
FailedToRegisterConsumerError.prototype.name = 'FailedToRegisterConsumerError'

/** The group has no coordinator at the moment (code 15). */
class GroupCoordinatorNotAvailable extends KafkaError {}
GroupCoordinatorNotAvailable.prototype.name = 'GroupCoordinatorNotAvailable'

/** The coordinator is still loading the group (code 14). */
class GroupLoadInProgress extends KafkaError {}
GroupLoadInProgress.prototype.name = 'GroupLoadInProgress'

/** The coordinator did not answer the group member's heartbeat in time. */
class HeartbeatTimeout extends KafkaError {}
HeartbeatTimeout.prototype.name = 'HeartbeatTimeout'

/** The request carries a generation that the group has left behind (code 22). */
class IllegalGeneration extends KafkaError {}
IllegalGeneration.prototype.name = 'IllegalGeneration'

/** An option, topic name or payload is invalid; the message names it and says what is allowed. */
class InvalidConfigError extends KafkaError {}
InvalidConfigError.prototype.name = 'InvalidConfigError'

/** The consumer has no valid position: its offset is out of range or could not be looked up. */
class InvalidConsumerOffsetError extends NestedError {}
InvalidConsumerOffsetError.prototype.name = 'InvalidConsumerOffsetError'

/** The broker found the request invalid (code 42); the message is the broker's. */
class InvalidRequest extends KafkaError {}
InvalidRequest.prototype.name = 'InvalidRequest'

/** A message is larger than the broker or the consumer accepts (code 10). */
class MessageSizeTooLarge extends KafkaError {
  /** @param {string | { topic: string, partition: number, offset: number }} where the message, or the fetch position */
  constructor (where) {
    super(typeof where === 'object' ? describe(where) : where)
  }
}
MessageSizeTooLarge.prototype.name = 'MessageSizeTooLarge'

/** @param {{ topic: string, partition: number, offset: number }} where */
function describe ({ topic, partition, offset }) {
  return 'Found a message larger than the maximum fetch size of this consumer on ' +
    `topic ${topic} partition ${partition} at fetch offset ${offset}. ` +
    'Increase the fetch size, or decrease the maximum message size the broker will allow.'
}

/** The request reached a broker that is not the controller of the cluster (code 41). */
class NotController extends KafkaError {}
NotController.prototype.name = 'NotController'

/** The request reached a broker that does not coordinate the group (code 16). */
class NotCoordinatorForGroup extends KafkaError {}
NotCoordinatorForGroup.prototype.name = 'NotCoordinatorForGroup'

/** The group is rebalancing, so its members have to rejoin (code 27). */
class RebalanceInProgress extends KafkaError {}
RebalanceInProgress.prototype.name = 'RebalanceInProgress'

/** The broker refused the SASL handshake or the credentials. */
class SaslAuthenticationError extends KafkaError {
  /**
   * @param {number | null} errorCode the broker's code (33 unsupported mechanism, 58 refused), null if it sent none
   * @param {string} message
   */
  constructor (errorCode, message) {
    super(message)
    this.errorCode = errorCode
  }
}
SaslAuthenticationError.prototype.name = 'SaslAuthenticationError'

/** A connection attempt or a request took longer than `connectTimeout` or `requestTimeout`. */
class TimeoutError extends KafkaError {}
TimeoutError.prototype.name = 'TimeoutError'

/** One or more topics do not exist; `topics` holds the missing names as they were given. */
class TopicsNotExistError extends KafkaError {
  /** @param {string | string[]} topics */
  constructor (topics) {
    // not join alone: an invalid name may be a symbol
    const names = Array.isArray(topics)
      ? topics.map(topic => typeof topic === 'symbol' ? String(topic) : topic)
      : topics
    super(`The topic(s) ${names} do not exist`)
    this.topics = topics
  }
}
TopicsNotExistError.prototype.name = 'TopicsNotExistError'

/** The group does not know the member, for example after its session timed out (code 25). */
class UnknownMemberId extends KafkaError {}
UnknownMemberId.prototype.name = 'UnknownMemberId'

/** @param {number} frames */
function limitStack (frames) {
  try {
    Error.stackTraceLimit = frames
  } catch {
    // read-only, as with `node --frozen-intrinsics`: then stacks have frames after all
  }
}

/**
 * The producer already holds as many unsent records as it may. Send again once earlier sends have called back.
 *
 * Its stack has no frames: they would only lead to the event loop, and collecting them takes longer than the rest of a
 * refused send, which stays in memory until it is reported.
 */
class QueueFullError extends KafkaError {
  /** @param {string} message */
  constructor (message) {
    const { stackTraceLimit } = Error
    limitStack(0)
    super(message)
    limitStack(stackTraceLimit)
    this.code = 'ERR_QUEUE_FULL'
    this.retriable = true
  }
}
QueueFullError.prototype.name = 'QueueFullError'

module.exports = {
  KafkaError: callable(KafkaError),
  NestedError: callable(NestedError),
  ApiNotSupportedError: callable(ApiNotSupportedError),
  BrokerNotAvailableError: callable(BrokerNotAvailableError),
  FailedToRebalanceConsumerError: callable(FailedToRebalanceConsumerError),
  FailedToRegisterConsumerError: callable(FailedToRegisterConsumerError),
  GroupCoordinatorNotAvailableError: callable(GroupCoordinatorNotAvailable),
  GroupLoadInProgressError: callable(GroupLoadInProgress),
  HeartbeatTimeoutError: callable(HeartbeatTimeout),
  IllegalGenerationError: callable(IllegalGeneration),
  InvalidConfigError: callable(InvalidConfigError),
  InvalidConsumerOffsetError: callable(InvalidConsumerOffsetError),
  InvalidRequestError: callable(InvalidRequest),
  MessageSizeTooLargeError: callable(MessageSizeTooLarge),
  NotControllerError: callable(NotController),
  NotCoordinatorForGroupError: callable(NotCoordinatorForGroup),
  QueueFullError: callable(QueueFullError),
  RebalanceInProgressError: callable(RebalanceInProgress),
  SaslAuthenticationError: callable(SaslAuthenticationError),
  TimeoutError: callable(TimeoutError),
  TopicsNotExistError: callable(TopicsNotExistError),
  UnknownMemberIdError: callable(UnknownMemberId)
}
