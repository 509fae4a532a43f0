'use strict'

const { requireNew } = require('../internal/callable')
const { ERROR_CODE } = require('../internal/errorCodes')
const errors = require('../internal/errors')

/**
 * A record as kafka-node models it.
 *
 * @class
 * @param {number} [magic]
 * @param {number} [attributes]
 * @param {unknown} [key]
 * @param {unknown} [value]
 * @param {number} [timestamp] milliseconds since the epoch
 */
function Message (magic, attributes, key, value, timestamp) {
  requireNew(this, Message)
  this.magic = magic
  this.attributes = attributes
  this.key = key
  this.value = value
  this.timestamp = timestamp
}

/**
 * The messages of one send for one partition, as kafka-node gives them to `sendProduceRequest` of a client.
 *
 * @class
 * @param {string} topic
 * @param {number} partition
 * @param {unknown[]} messages
 * @param {number} attributes
 */
function ProduceRequest (topic, partition, messages, attributes) {
  requireNew(this, ProduceRequest)
  this.topic = topic
  this.partition = partition
  this.messages = messages
  this.attributes = attributes
}

/**
 * A record with a key and a timestamp of its own, where a plain value takes those of its payload. Not a `Message` to
 * `instanceof`. Partitioners do not see its key: give the payload the same one where it matters.
 *
 * A function and not a class, so that it can be inherited from in every way, and not `callable`, because there is one
 * for each record.
 *
 * @class
 * @param {unknown} key
 * @param {unknown} value null makes a tombstone
 */
function KeyedMessage (key, value) {
  requireNew(this, KeyedMessage)
  this.magic = 0
  this.attributes = 0
  this.key = key
  this.value = value
  this.timestamp = Date.now()
}

/** The classes of the broker errors that have one, by the error's name. */
const GROUP_ERROR = {
  GroupCoordinatorNotAvailable: errors.GroupCoordinatorNotAvailableError,
  IllegalGeneration: errors.IllegalGenerationError,
  NotCoordinatorForGroup: errors.NotCoordinatorForGroupError,
  GroupLoadInProgress: errors.GroupLoadInProgressError,
  UnknownMemberId: errors.UnknownMemberIdError,
  RebalanceInProgress: errors.RebalanceInProgressError,
  NotController: errors.NotControllerError
}

module.exports = { Message, KeyedMessage, ProduceRequest, ERROR_CODE, GROUP_ERROR }
