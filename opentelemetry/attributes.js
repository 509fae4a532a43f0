'use strict'

const { errorData } = require('../core/errors')

/**
 * Names and values of attributes, by OpenTelemetry's conventions for messaging.
 *
 * @typedef {Record<string, string | number>} Attributes
 */

const CLIENT_ID = 'messaging.client.id'
const COUNT = 'messaging.batch.message_count'
const DESTINATION = 'messaging.destination.name'
const ERROR_TYPE = 'error.type'
const GROUP = 'messaging.consumer.group.name'
const OFFSET = 'kafka.offset'
const OPERATION = 'messaging.operation.name'
const OPERATION_TYPE = 'messaging.operation.type'
const PARTITION = 'messaging.destination.partition.id'
const SERVER_ADDRESS = 'server.address'
const SERVER_PORT = 'server.port'

/** The second is what the first was called until 2026, and what most backends look for. */
const SYSTEM = { 'messaging.system.name': 'kafka', 'messaging.system': 'kafka' }

/** What all metrics and spans of an operation have. */
const SEND = Object.freeze({ ...SYSTEM, [OPERATION]: 'send', [OPERATION_TYPE]: 'send' })
const RECEIVE = Object.freeze({ ...SYSTEM, [OPERATION]: 'poll', [OPERATION_TYPE]: 'receive' })
const PROCESS = Object.freeze({ ...SYSTEM, [OPERATION]: 'process', [OPERATION_TYPE]: 'process' })
const COMMIT = Object.freeze({ ...SYSTEM, [OPERATION]: 'commit', [OPERATION_TYPE]: 'settle' })

/** What an error is that cannot be told. */
const OTHER = '_OTHER'

/** How many causes an error may have behind it. */
const MOST_CAUSES = 5

/** @param {unknown} name @returns {string} if it is one: an attribute has few values, and nothing of a record */
function checkedName (name) {
  return typeof name === 'string' && /^[\w.$]{1,64}$/.test(name) ? name : OTHER
}

/** @param {string} name librdkafka's, which begins with an underscore if the error is its own */
function nativeErrorName (name) {
  return checkedName(name.replace(/^_/, ''))
}

/**
 * @param {unknown} error whose text may have anything in it, so that only its class is told
 * @returns {string}
 */
function errorClass (error) {
  return error instanceof Error ? checkedName(error.name) : OTHER
}

/**
 * @param {unknown} error that a send has ended with, of either API
 * @returns {string} of what is behind it: librdkafka's name, or the class
 */
function sendErrorType (error) {
  let last = error
  for (let i = 0; i < MOST_CAUSES && last instanceof Error; i++) {
    const { code, cause } = /** @type {{ code?: unknown, cause?: unknown }} */ (last)
    if (typeof code === 'number') return nativeErrorName(errorData(code).name)
    if (typeof code === 'string') return checkedName(code.replace(/^ERR_KAFKA_/, ''))
    if (!(cause instanceof Error)) break
    last = cause
  }
  return errorClass(last)
}

module.exports = {
  CLIENT_ID,
  COMMIT,
  COUNT,
  DESTINATION,
  ERROR_TYPE,
  GROUP,
  OFFSET,
  PARTITION,
  PROCESS,
  RECEIVE,
  SEND,
  SERVER_ADDRESS,
  SERVER_PORT,
  SYSTEM,
  errorClass,
  nativeErrorName,
  sendErrorType
}
