'use strict'

const { NativeProducer } = require('../addon')
const { HandleDiagnostics, SeenSend, commits, isSendSeen } = require('../diagnostics')
const { callAll } = require('../scheduling/callAll')
const { Turn } = require('../scheduling/timeBudget')
const { SendPacker } = require('../wire/sends')
const { Requests, open } = require('./requests')
const { clearTimeout, nextTick, setImmediate, setTimeout } = require('../scheduling/timers')

/**
 * @typedef {import('./requests').HandleEvents} HandleEvents
 * @typedef {import('../errors').ErrorData} ErrorData
 */

// kinds of payload, as in src/bridge.rs
const DELIVERY_REPORTS = 2
const READY = 4

/** How long callbacks of sends may occupy the event loop per turn, ms. */
const SHARE_MS = 5
/** Reports between two looks at the clock. */
const STRIDE = 8
/** Bytes of sends that cross without waiting for the end of the tick. */
const FULL_BLOCK = 256 * 1024
/** The most bytes in a batch of unacknowledged sends, whatever the user sets. */
const LARGEST_BATCH = 16 * 1024 * 1024

/**
 * @typedef {import('../wire/sends').Records} Records
 * @typedef {{ topic: string, partition: number, records: Records }} ProduceBatch the records of one send for one
 *   partition
 * @typedef {object} Outcome receives the outcome of a send, which may have several parts
 * @property {number} waiting parts that are not complete; incremented by whoever hands one over
 * @property {(batches: ProduceBatch[], reports: Float64Array, at: number) => void} done a part is complete: `reports`
 *   has base offset and error code of each batch, from index `at` on
 * @property {() => void} failedWithoutReport the handle closed before a part was complete
 * @typedef {object} Send
 * @property {ProduceBatch[]} batches
 * @property {Outcome} outcome
 * @property {SeenSend | null} seen by a subscriber of the diagnostics channels
 * @typedef {object} PackedSend a part of a send that does not cross at once
 * @property {ProducerHandle} handle
 * @property {number} id
 * @property {ProduceBatch[]} batches
 * @property {Buffer} bytes
 * @property {number} records
 */

/** What a record counts for in addition to its bytes, as in src/producer. */
const RECORD_OVERHEAD = 64
/** librdkafka's code for a send for which the queue has no room. */
const QUEUE_FULL = -184

/** A producer handle: sends of one tick share a crossing. */
class ProducerHandle {
  /**
   * @param {import('../protocol').ProducerOptions} options
   * @param {HandleEvents} events
   * @param {{ bytes: number, age: number } | null} [batch] sends wait until there are more `bytes`, or until `age` ms
   *   have passed without another; null: only until the end of the tick
   */
  constructor (options, events, batch = null) {
    this.events = events
    this.requests = new Requests()
    this.diagnostics = new HandleDiagnostics(options)
    this.isAcknowledged = options.acks !== 0
    /** What may be held back by `PartitionOrder`, like what librdkafka has no room for. */
    this.limits = { records: options.queueMessages, bytes: options.queueKbytes * 1024 }
    this.held = { sends: 0, records: 0, bytes: 0 }
    /** @type {import('../producer/sendOrder').PartitionOrder | null} wants to know what is complete */
    this.order = null
    this.fullBlock = batch === null ? FULL_BLOCK : Math.min(batch.bytes + 1, LARGEST_BATCH)
    this.batchAge = batch === null ? null : batch.age
    /** @type {NodeJS.Timeout | null} */
    this.batchTimer = null
    this.packer = new SendPacker()
    /** @type {Array<Send | null>} by id */
    this.sends = []
    /** @type {number[]} */
    this.freeIds = []
    /** @type {Map<string, number>} */
    this.topics = new Map()
    this.scheduled = false
    this.closing = false
    /** It accepts nothing more: what comes now is not sent. */
    this.isEnded = false
    /** @type {(() => void) | null} */
    this.whenClosed = null
    /** @type {(() => void) | null} */
    this.whenNothingHeld = null
    this.flush = this.flush.bind(this)
    this.reports = new DeliveryReports(this.complete.bind(this))
    this.drain = () => this.native.drain()
    this.native = open(() => new NativeProducer(JSON.stringify(options), this.receive.bind(this)))
  }

  /**
   * @param {number} kind
   * @param {Float64Array | string} payload
   */
  receive (kind, payload) {
    if (kind === READY) return this.reports.takeFrom(this.drain)
    if (kind === DELIVERY_REPORTS) return this.reports.add(/** @type {Float64Array} */ (payload))
    /** @type {Exclude<import('../protocol').Event, { type: 'committed' }>} */
    const event = JSON.parse(/** @type {string} */ (payload))
    if (event.type === 'reply') this.requests.settle(event)
    else if (event.type === 'closed') this.closed()
    else {
      this.diagnostics.heard(event)
      this.events.event(event)
    }
  }

  /**
   * @param {Float64Array} reports
   * @param {number} at where the report of a send begins
   */
  complete (reports, at) {
    const id = reports[at]
    const { batches, outcome, seen } = /** @type {Send} */ (this.sends[id])
    this.reports.at = at + 1 + 2 * batches.length
    this.forget(id)
    if (this.order !== null) this.order.completed(this, batches)
    if (seen !== null) seen.delivered(reports, at + 1)
    outcome.done(batches, reports, at + 1)
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
   * @param {ProduceBatch[]} batches
   * @param {Outcome} outcome
   * @returns {number} the id of a send
   */
  remember (batches, outcome) {
    const id = this.freeIds.length > 0 ? /** @type {number} */ (this.freeIds.pop()) : this.sends.length
    this.sends[id] = { batches, outcome, seen: null }
    return id
  }

  /**
   * Tells of a send that somebody listens to.
   *
   * @param {number} id
   * @param {number} bytes
   */
  tell (id, bytes) {
    const send = /** @type {Send} */ (this.sends[id])
    send.seen = new SeenSend(this.diagnostics.clientId, send.batches, bytes)
  }

  /** @param {number} id */
  forget (id) {
    this.sends[id] = null
    this.freeIds.push(id)
  }

  /**
   * @param {SendPacker} packer
   * @param {number} id
   * @param {ProduceBatch[]} batches
   * @throws when a value or a topic cannot be packed; nothing of the send is packed then
   */
  packInto (packer, id, batches) {
    const start = packer.at
    try {
      for (let i = 0; i < batches.length; i++) {
        const { topic, partition, records } = batches[i]
        packer.batch(id, i, this.topicId(topic), partition, records)
      }
    } catch (error) {
      packer.at = start
      this.forget(id)
      throw error
    }
  }

  /**
   * Sends the records of `batches`.
   *
   * @param {ProduceBatch[]} batches
   * @param {Outcome} outcome
   */
  send (batches, outcome) {
    const id = this.remember(batches, outcome)
    const start = this.packer.at
    this.packInto(this.packer, id, batches)
    if (isSendSeen()) this.tell(id, this.packer.at - start)
    this.schedule()
  }

  /** What is packed crosses at the end of the tick, or when there is enough of it. */
  schedule () {
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
   * Packs a send that may have to wait for another one, or the other way round. `submit` sends it.
   *
   * @param {ProduceBatch[]} batches
   * @param {Outcome} outcome
   * @returns {PackedSend}
   */
  pack (batches, outcome) {
    const id = this.remember(batches, outcome)
    const { packer } = this
    const start = packer.at
    this.packInto(packer, id, batches)
    const bytes = Buffer.from(packer.bytes.subarray(start, packer.at))
    packer.at = start
    let records = 0
    for (const batch of batches) records += batch.records.values.length
    return { handle: this, id, batches, bytes, records }
  }

  /** @param {PackedSend} packed that will be submitted, or held: it is not discarded any more */
  handedOver ({ id, bytes }) {
    if (isSendSeen()) this.tell(id, bytes.length)
  }

  /** @param {PackedSend} packed */
  submit (packed) {
    this.packer.append(packed.bytes)
    this.schedule()
  }

  /**
   * Discards a packed send, as if it had never existed.
   *
   * @param {PackedSend} packed
   */
  discard (packed) {
    this.forget(packed.id)
  }

  /**
   * Counts a packed send that has to wait.
   *
   * @param {PackedSend} packed
   * @returns {boolean} false when there is no room for it: it fails
   */
  hold (packed) {
    const { held, limits } = this
    const bytes = packed.bytes.length + packed.records * RECORD_OVERHEAD
    if (held.sends > 0 && (held.records + packed.records > limits.records || held.bytes + bytes > limits.bytes)) {
      const { outcome, seen } = /** @type {Send} */ (this.sends[packed.id])
      this.forget(packed.id)
      const reports = Float64Array.from(packed.batches.flatMap(() => [-1, QUEUE_FULL]))
      setImmediate(() => {
        if (seen !== null) seen.delivered(reports, 0)
        outcome.done(packed.batches, reports, 0)
      })
      return false
    }
    held.sends++
    held.records += packed.records
    held.bytes += bytes
    return true
  }

  /**
   * A packed send has waited long enough.
   *
   * @param {PackedSend} packed
   * @returns {boolean} false if the handle has ended in the meantime
   */
  release (packed) {
    const { held } = this
    held.sends--
    held.records -= packed.records
    held.bytes -= packed.bytes.length + packed.records * RECORD_OVERHEAD
    if (held.sends === 0 && this.whenNothingHeld !== null) setImmediate(this.whenNothingHeld)
    return !this.isEnded
  }

  /**
   * Makes sends wait for further ones until none has come for `age`.
   *
   * @param {number} age ms
   */
  ageBatch (age) {
    if (this.batchTimer === null) this.batchTimer = setTimeout(this.flush, age)
    else this.batchTimer.refresh()
  }

  /** Others wait for what is packed, so it no longer waits for further sends. */
  hurry () {
    if (this.batchAge !== null) this.flush()
  }

  flush () {
    this.scheduled = false
    if (this.batchTimer !== null) clearTimeout(this.batchTimer)
    this.batchTimer = null
    const { packer } = this
    if (packer.at === 0) return
    if (!this.isEnded) this.native.send(packer.bytes, packer.at)
    packer.reset()
  }

  /**
   * @template {import('./events').Op} O
   * @param {import('./events').Asking<O>} request
   * @param {import('./events').Answered<O>} callback
   */
  request (request, callback) {
    this.requests.start(this.native, request,
      commits.hasSubscribers ? this.diagnostics.asking(request, callback) : callback)
  }

  /**
   * Delivers what was sent, for at most `timeout` ms; every send is complete before the callback.
   *
   * @param {number} timeout
   * @param {() => void} callback
   */
  close (timeout, callback) {
    this.closing = true
    if (this.requests.closed) {
      // its thread has failed, and waits for this
      this.native.close(0)
      setImmediate(callback)
      return
    }
    this.whenClosed = callback
    if (this.held.sends === 0) return this.end(timeout)
    const deadline = Date.now() + timeout
    const timer = setTimeout(() => this.end(0), timeout)
    this.whenNothingHeld = () => {
      clearTimeout(timer)
      this.end(Math.max(0, deadline - Date.now()))
    }
  }

  /** @param {number} timeout ms */
  end (timeout) {
    if (this.isEnded) return
    this.flush()
    this.isEnded = true
    this.native.close(timeout)
  }

  closed () {
    if (this.reports.areWaiting) {
      setImmediate(() => this.closed())
      return
    }
    this.isEnded = true
    const calls = this.requests.close()
    const sends = this.sends
    this.sends = []
    if (this.order !== null) for (const send of sends) if (send !== null) this.order.completed(this, send.batches)
    for (const send of sends) {
      if (send === null) continue
      if (send.seen !== null) send.seen.failedWithoutReport()
      calls.push(() => send.outcome.failedWithoutReport())
    }
    this.diagnostics.closed()
    if (this.whenClosed) calls.push(this.whenClosed)
    callAll(calls)
  }
}

/** Completes sends in the order of their reports; what a turn of the event loop has no time for waits for the next. */
class DeliveryReports {
  /**
   * @param {(reports: Float64Array, at: number) => void} complete completes the send whose report begins at `at`, after
   *   it has moved `at` of this object to the next one: what it calls may throw, which must not affect other sends
   */
  constructor (complete) {
    this.complete = complete
    /** @type {Float64Array[]} */
    this.queue = []
    /** where the next one begins in the first of the queue */
    this.at = 0
    this.turn = new Turn(SHARE_MS)
    this.scheduled = false
    /** @type {(() => Float64Array | null) | null} what there is to take when the queue is empty */
    this.source = null
    this.resume = this.resume.bind(this)
  }

  /** @param {Float64Array} reports */
  add (reports) {
    this.queue.push(reports)
    if (!this.scheduled) this.run()
  }

  /**
   * Takes further reports, now or in the next turn.
   *
   * @param {() => Float64Array | null} source
   */
  takeFrom (source) {
    this.source = source
    if (this.scheduled) return
    if (this.turn.isOver()) this.schedule()
    else this.resume()
  }

  schedule () {
    this.scheduled = true
    setImmediate(this.resume)
  }

  resume () {
    this.scheduled = false
    if (this.source !== null) {
      const reports = this.source()
      this.source = null
      if (reports !== null) this.queue.push(reports)
    }
    this.run()
  }

  /** Whether some wait for another turn. */
  get areWaiting () {
    return this.scheduled
  }

  run () {
    let untilLook = STRIDE
    try {
      while (this.queue.length > 0) {
        const reports = this.queue[0]
        while (this.at < reports.length) {
          if (--untilLook === 0) {
            untilLook = STRIDE
            if (this.turn.isOver()) return
          }
          this.complete(reports, this.at)
        }
        this.queue.shift()
        this.at = 0
      }
    } finally {
      if (this.queue.length > 0 && !this.scheduled) this.schedule()
    }
  }
}

module.exports = { DeliveryReports, ProducerHandle }
