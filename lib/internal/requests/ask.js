'use strict'

const { BrokerNotAvailableError, InvalidRequestError, NotControllerError } = require('../errors')
const { errorName } = require('../errorCodes')
const { toGroupError } = require('../nativeErrors')
const { setImmediate } = require('../../../core/scheduling/timers')

/**
 * How KafkaClient asks the cluster, and kafka-node's errors for what comes back.
 *
 * @typedef {import('../client/connector').KafkaClient} KafkaClient
 * @typedef {import('../../../core/handles/events').Op} Op
 * @typedef {import('../nativeErrors').RequestError} RequestError
 * @typedef {Error & { native?: import('../nativeErrors').NativeError }} Failure a request's, or our own
 */

/**
 * @template T
 * @typedef {(err: Error | null, result?: T) => void} Callback
 */

const NOT_CONTROLLER = 41
const INVALID_REQUEST = 42
/** Loading, not available, moved: what remains of these after all attempts */
const COORDINATOR_ERRORS = new Set([14, 15, 16])

/**
 * @template {Op} O
 * @param {KafkaClient} client
 * @param {import('../../../core/handles/events').AskingAnyTime<O>} request
 * @param {import('../../../core/handles/events').Answered<O, RequestError>} callback
 */
function ask (client, request, callback) {
  const failed = /** @type {(error: Error) => void} */ (callback)
  if (client._isPostponed(failed, () => ask(client, request, callback))) return
  if (!client._primary || client.closing) {
    setImmediate(failed, new BrokerNotAvailableError('Broker not available'))
    return
  }
  const complete = /** @type {import('../../../core/handles/events').Asking<O>} */ (
    /** @type {unknown} */ ({ ...request, timeout: client._requestTimeout() }))
  client._request(client._primary, complete, callback)
}

/**
 * kafka-node's error for a broker's answer about groups and configurations.
 *
 * @param {KafkaClient} client
 * @param {Failure} error
 */
function groupError (client, error) {
  return error.native ? toGroupError(error.native, client.options.requestTimeout) : error
}

/** Names of the errors of a client that is not connected. */
const AWAY = new Set(['TimeoutError', 'BrokerNotAvailableError'])

/**
 * kafka-node reports every failure of the coordinator as this one.
 *
 * @param {KafkaClient} client
 * @param {Failure} error
 */
function coordinatorError (client, error) {
  // by their names: in a test whose modules have been reset, the client's classes are not those of this file
  const away = AWAY.has(error.name) ||
    (error.native !== undefined && COORDINATOR_ERRORS.has(error.native.code))
  return away ? new BrokerNotAvailableError('Broker not available') : groupError(client, error)
}

/**
 * kafka-node's error for what a broker says about one part of a request.
 *
 * @param {number} code
 * @param {string} [message] the broker's
 * @returns {Error & { errorCode?: number }}
 */
function brokerError (code, message) {
  if (code === INVALID_REQUEST) return new InvalidRequestError(message || errorName(code))
  const error = code === NOT_CONTROLLER
    ? new NotControllerError(`Kafka Error Code: ${code}`)
    : new Error(errorName(code))
  return Object.assign(error, { errorCode: code })
}

function noLeader () {
  return new BrokerNotAvailableError('Could not find the leader')
}

/**
 * Runs tasks, `limit` at a time; the first error wins, and no further task is started.
 *
 * @template T
 * @param {Array<(callback: Callback<T>) => void>} tasks
 * @param {number} limit
 * @param {(err: Error | null, results: T[]) => void} callback
 */
function parallel (tasks, limit, callback) {
  /** @type {T[]} */
  const results = new Array(tasks.length)
  let started = 0
  let done = 0
  let failed = false
  if (tasks.length === 0) {
    setImmediate(callback, null, results)
    return
  }
  const start = () => {
    const index = started++
    tasks[index]((err, result) => {
      if (failed) return
      if (err) {
        failed = true
        return callback(err, [])
      }
      results[index] = /** @type {T} */ (result)
      if (++done === tasks.length) return callback(null, results)
      if (started < tasks.length) start()
    })
  }
  const first = Math.min(tasks.length, Math.max(1, Number(limit) || 1))
  for (let i = 0; i < first && !failed; i++) start()
}

module.exports = { ask, brokerError, coordinatorError, groupError, noLeader, parallel }
