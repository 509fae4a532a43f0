'use strict'

const { KafkaJSError, KafkaJSNonRetriableError } = require('./errors')

/**
 * The events of producers, consumers and admins. There is one emitter for each client; `on` is what users call.
 *
 * @typedef {import('./logger').Logger} Logger
 * @typedef {{ id: number, type: string, timestamp: number, payload: unknown }} InstrumentationEvent
 * @typedef {(event: InstrumentationEvent) => any} Listener
 */

/**
 * @template {string} Name
 * @param {string} prefix
 * @param {Name[]} names
 * @returns {Record<Name | Common, string>} values such as `consumer.group_join`, those of the network last
 */
function eventNames (prefix, names) {
  const entries = names.map(name => [name, `${prefix}.${name.toLowerCase()}`])
  return Object.fromEntries([...entries,
    ['REQUEST', `${prefix}.network.request`],
    ['REQUEST_TIMEOUT', `${prefix}.network.request_timeout`],
    ['REQUEST_QUEUE_SIZE', `${prefix}.network.request_queue_size`]])
}

/** @typedef {'REQUEST' | 'REQUEST_TIMEOUT' | 'REQUEST_QUEUE_SIZE'} Common */

const producerEvents = eventNames('producer', ['CONNECT', 'DISCONNECT'])
const adminEvents = eventNames('admin', ['CONNECT', 'DISCONNECT'])
const consumerEvents = eventNames('consumer', [
  'HEARTBEAT', 'COMMIT_OFFSETS', 'GROUP_JOIN', 'FETCH', 'FETCH_START', 'START_BATCH_PROCESS', 'END_BATCH_PROCESS',
  'CONNECT', 'DISCONNECT', 'STOP', 'CRASH', 'REBALANCING', 'RECEIVED_UNSUBSCRIBED_TOPICS'])

/** of the whole process */
let lastId = 0

class InstrumentationEmitter {
  constructor () {
    /** @type {Map<string, Set<{ call: Listener }>>} */
    this.listeners = new Map()
    /** @type {Set<() => void>} told when an event gets its first listener, or loses its last */
    this.watchers = new Set()
    /** @type {Logger | null} where it is told that a listener has failed */
    this.logger = null
  }

  /** @param {string} type */
  hasListeners (type) {
    return this.listeners.has(type)
  }

  /**
   * Calls all listeners with one object. One that throws, or whose promise is rejected, is logged, and does the others
   * no harm, nor the client.
   *
   * @param {string} type
   * @param {unknown} [payload]
   */
  emit (type, payload) {
    if (!type) throw new KafkaJSError('Invalid event name', { retriable: false })
    const listeners = this.listeners.get(type)
    if (listeners === undefined) return
    const event = { id: lastId++, type, timestamp: Date.now(), payload }
    for (const { call } of [...listeners]) {
      try {
        const result = call(event)
        if (result && typeof result.then === 'function') {
          result.then(undefined, (/** @type {unknown} */ error) => this.failed(type, error))
        }
      } catch (error) {
        this.failed(type, error)
      }
    }
  }

  /**
   * @param {string} eventName
   * @param {unknown} error
   */
  failed (eventName, error) {
    if (this.logger === null) return
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
    this.logger.error(`Failed to execute listener: ${message}`, { eventName, stack })
  }

  /**
   * @param {string} type
   * @param {Listener} listener
   * @returns {() => void} takes it away again
   */
  addListener (type, listener) {
    let listeners = this.listeners.get(type)
    if (listeners === undefined) {
      listeners = new Set()
      this.listeners.set(type, listeners)
      this.watched()
    }
    // the same function may be added twice
    const entry = { call: listener }
    const all = listeners.add(entry)
    return () => {
      if (!all.delete(entry) || all.size > 0 || this.listeners.get(type) !== all) return
      this.listeners.delete(type)
      this.watched()
    }
  }

  watched () {
    for (const watcher of this.watchers) watcher()
  }
}

/**
 * The method `on` of a client.
 *
 * @param {InstrumentationEmitter} emitter
 * @param {'producer' | 'consumer' | 'admin'} kind
 * @param {Record<string, string>} events
 * @param {Logger} logger
 * @returns {(eventName: string, listener: Listener) => () => void}
 */
function createOn (emitter, kind, events, logger) {
  const values = new Set(Object.values(events))
  const keys = Object.keys(events).map(key => `${kind}.events.${key}`).join(', ')
  emitter.logger = logger
  return (eventName, listener) => {
    if (!values.has(eventName)) throw new KafkaJSNonRetriableError(`Event name should be one of ${keys}`)
    return emitter.addListener(eventName, listener)
  }
}

module.exports = { InstrumentationEmitter, adminEvents, consumerEvents, createOn, producerEvents }
