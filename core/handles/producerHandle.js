'use strict'

const { NativeProducer } = require('../addon')
const { callAll } = require('../scheduling/callAll')
const { SendPacker } = require('../wire/sends')
const { DeliveryReports } = require('./deliveryReports')
const { Requests, open } = require('./requests')
const { clearTimeout, nextTick, setImmediate, setTimeout } = require('../scheduling/timers')

/**
 * @typedef {import('./requests').HandleEvents} HandleEvents
 * @typedef {import('../errors').ErrorData} ErrorData
 */

// kinds of payload, as in src/napi/bridge.rs
const DELIVERY_REPORTS = 2
const READY = 4

/** Bytes of sends that cross without waiting for the end of the tick. */
const FULL_BLOCK = 256 * 1024
/** The most bytes in a batch of unacknowledged sends, whatever the user says. */
const LARGEST_BATCH = 16 * 1024 * 1024

/**
 * @typedef {{ topic: string, partition: number, parts: import('../wire/sends').Part[] }} SendGroup the records of one
 *   send for one partition
 * @typedef {object} Outcome takes what becomes of a send, or of a handle's part in it, with one call
 * @property {(groups: any[], receipts: Float64Array, at: number) => void} done `receipts` has base offset and error
 *   code of each group, from index `at` on
 * @property {() => void} abandoned the handle closed without a receipt
 */

/** A producer handle: sends of one tick share a crossing. */
class ProducerHandle {
  /**
   * @param {object} options `ProducerOptions` of src/config/mod.rs
   * @param {HandleEvents} events
   * @param {{ bytes: number, age: number } | null} [batch] sends wait until there are more `bytes`, or until `age` ms
   *   have passed without another; null: only until the end of the tick
   */
  constructor (options, events, batch = null) {
    this.events = events
    this.requests = new Requests()
    this.fullBlock = batch === null ? FULL_BLOCK : Math.min(batch.bytes + 1, LARGEST_BATCH)
    this.batchAge = batch === null ? null : batch.age
    /** @type {NodeJS.Timeout | null} */
    this.batchTimer = null
    this.packer = new SendPacker()
    /** @type {Array<{ groups: SendGroup[], outcome: Outcome } | null>} by id */
    this.sends = []
    /** @type {number[]} */
    this.freeIds = []
    /** @type {Map<string, number>} */
    this.topics = new Map()
    this.scheduled = false
    this.closing = false
    /** @type {(() => void) | null} */
    this.whenClosed = null
    this.flush = this.flush.bind(this)
    this.reports = new DeliveryReports(this.settle.bind(this))
    this.drain = () => this.native.drain()
    this.native = open(() => new NativeProducer(JSON.stringify(options), this.receive.bind(this)))
  }

  /**
   * @param {number} kind
   * @param {any} payload
   */
  receive (kind, payload) {
    if (kind === READY) return this.reports.takeFrom(this.drain)
    if (kind === DELIVERY_REPORTS) return this.reports.add(payload)
    const event = JSON.parse(payload)
    if (event.type === 'reply') this.requests.settle(event)
    else if (event.type === 'closed') this.closed()
    else this.events.event(event)
  }

  /**
   * @param {Float64Array} receipts
   * @param {number} at where the receipt of a send begins
   */
  settle (receipts, at) {
    const id = receipts[at]
    const { groups, outcome } = /** @type {any} */ (this.sends[id])
    this.reports.at = at + 1 + 2 * groups.length
    this.sends[id] = null
    this.freeIds.push(id)
    outcome.done(groups, receipts, at + 1)
  }

  /**
   * @param {string} name
   * @returns {number} the topic's id in send blocks
   */
  topicId (name) {
    let id = this.topics.get(name)
    if (id === undefined) {
      id = this.native.topic(name)
      this.topics.set(name, id)
    }
    return id
  }

  /**
   * Sends the records of `groups`, each a partition of a topic.
   *
   * @param {SendGroup[]} groups
   * @param {Outcome} outcome
   */
  send (groups, outcome) {
    const id = this.freeIds.length > 0 ? /** @type {number} */ (this.freeIds.pop()) : this.sends.length
    this.sends[id] = { groups, outcome }
    const start = this.packer.at
    try {
      for (let i = 0; i < groups.length; i++) {
        const { topic, partition, parts } = groups[i]
        this.packer.group(id, i, this.topicId(topic), partition, parts)
      }
    } catch (error) {
      // a value without `toString`, a topic that librdkafka refuses: no part of this send may cross
      this.packer.at = start
      this.sends[id] = null
      this.freeIds.push(id)
      throw error
    }
    if (this.packer.at >= this.fullBlock) {
      this.flush()
    } else if (this.batchAge !== null) {
      this.ageBatch(this.batchAge)
    } else if (!this.scheduled) {
      this.scheduled = true
      nextTick(this.flush)
    }
  }

  /**
   * Sends wait for further ones, for so long since the last of them.
   *
   * @param {number} age ms
   */
  ageBatch (age) {
    if (this.batchTimer === null) this.batchTimer = setTimeout(this.flush, age)
    else this.batchTimer.refresh()
  }

  flush () {
    this.scheduled = false
    if (this.batchTimer !== null) clearTimeout(this.batchTimer)
    this.batchTimer = null
    const { packer } = this
    if (packer.at === 0) return
    if (!this.requests.closed) this.native.send(packer.bytes, packer.at)
    packer.reset()
  }

  /**
   * @param {object} request
   * @param {(error: ErrorData | null, result?: any) => void} callback
   */
  request (request, callback) {
    this.requests.start(this.native, request, callback)
  }

  /**
   * Delivers what was sent, for at most `timeout` ms; every send is settled before the callback.
   *
   * @param {number} timeout
   * @param {() => void} callback
   */
  close (timeout, callback) {
    this.flush()
    this.whenClosed = callback
    this.closing = true
    this.native.close(timeout)
  }

  closed () {
    if (this.reports.areWaiting) {
      setImmediate(() => this.closed())
      return
    }
    const calls = this.requests.close()
    const sends = this.sends
    this.sends = []
    for (const send of sends) if (send !== null) calls.push(() => send.outcome.abandoned())
    if (this.whenClosed) calls.push(this.whenClosed)
    callAll(calls)
  }
}

module.exports = { ProducerHandle }
