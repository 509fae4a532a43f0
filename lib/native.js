'use strict'

const { NativeConsumer, NativeProducer } = require('./addon')
const { callEach } = require('./callEach')
const { SendPacker } = require('./frame/sends')
const { BlockViews } = require('./frame/records')
const InvalidConfigError = require('./errors/InvalidConfigError')
const { toError } = require('./nativeErrors')
const { Receipts } = require('./receipts')

/**
 * The JavaScript ends of the native handles. `src/bridge.rs` is the other end of what comes in here.
 *
 * @typedef {import('./nativeErrors').NativeError} NativeError
 * @typedef {object} HandleEvents what a handle's owner wants to hear of
 * @property {(event: any) => void} event everything but replies, receipts and records
 * @property {number | false} requestTimeout ms, for the texts of errors
 */

// kinds of payload, as in src/bridge.rs
const SLAB = 0
const BLOCK = 1
const RECEIPTS = 2
const READY = 4

const SLABS = 3
const SLAB_BYTES = 512 * 1024

/** Bytes of sends that cross without waiting for the end of the tick. */
const FULL_BLOCK = 256 * 1024
/** Bytes that a batch of sends without acknowledgement may have at most, whatever the user says. */
const LARGEST_BATCH = 16 * 1024 * 1024

/** What comes of a call on a handle that is closed, as librdkafka would say it. */
const CLOSED = { code: -197, name: '_DESTROY', message: 'the handle is closed', retriable: false, fatal: false }

/** Requests of the control plane: one reply each. */
class Requests {
  /** @param {HandleEvents} events */
  constructor (events) {
    this.events = events
    this.lastId = 0
    /** @type {Map<number, (err: Error | null, result?: any) => void>} */
    this.waiting = new Map()
    this.closed = false
  }

  /**
   * @param {{ request: (id: number, request: string) => void }} native
   * @param {object} request
   * @param {(err: (Error & { native?: NativeError }) | null, result?: any) => void} callback
   */
  start (native, request, callback) {
    if (this.closed) {
      setImmediate(callback, closedError(this.events))
      return
    }
    const id = ++this.lastId
    this.waiting.set(id, callback)
    native.request(id, JSON.stringify(request))
  }

  /** @param {{ id: number, error: NativeError | null, result: any }} reply */
  settle ({ id, error, result }) {
    const callback = this.waiting.get(id)
    if (!callback) return
    this.waiting.delete(id)
    if (error) callback(withNative(toError(error, this.events.requestTimeout), error))
    else callback(null, result)
  }

  close () {
    this.closed = true
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    callEach(waiting, closedError(this.events))
  }
}

/** @param {HandleEvents} events */
function closedError (events) {
  return toError(CLOSED, events.requestTimeout)
}

/**
 * @param {Error} error
 * @param {NativeError} native
 */
function withNative (error, native) {
  return Object.defineProperty(error, 'native', { value: native, configurable: true })
}

/**
 * @template T
 * @param {() => T} make
 * @returns {T}
 */
function open (make) {
  try {
    return make()
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    throw new InvalidConfigError(`librdkafka does not take this configuration: ${message}`)
  }
}

/**
 * @typedef {{ topic: string, partition: number, parts: import('./frame/sends').Part[] }} SendGroup the records of one
 *   send for one partition
 * @typedef {object} Outcome takes what becomes of a send, or of a handle's part in it, with one call
 * @property {(groups: any[], receipts: Float64Array, at: number) => void} done `receipts` has base offset and error
 *   code of each group, from index `at` on
 * @property {() => void} abandoned the handle closed without a receipt
 */

/** A producer handle: sends of one tick share a crossing. */
class ProducerHandle {
  /**
   * @param {object} options `ProducerOptions` of src/config.rs
   * @param {HandleEvents} events
   * @param {import('./options').NoAckBatch | null} [batch] how long sends wait; null: only until the end of the tick
   */
  constructor (options, events, batch = null) {
    this.events = events
    this.requests = new Requests(events)
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
    this.receipts = new Receipts(this.settle.bind(this))
    this.drain = () => this.native.drain()
    this.native = open(() => new NativeProducer(JSON.stringify(options), this.receive.bind(this)))
  }

  /**
   * @param {number} kind
   * @param {any} payload
   */
  receive (kind, payload) {
    if (kind === READY) return this.receipts.takeFrom(this.drain)
    if (kind === RECEIPTS) return this.receipts.add(payload)
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
    this.receipts.at = at + 1 + 2 * groups.length
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
      // a value without `toString`, a topic that librdkafka refuses: nothing of this send may cross
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
      process.nextTick(this.flush)
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
   * @param {(err: (Error & { native?: NativeError }) | null, result?: any) => void} callback
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
    if (this.receipts.areWaiting) {
      setImmediate(() => this.closed())
      return
    }
    this.requests.close()
    const sends = this.sends
    this.sends = []
    const ends = sends.map(send => () => { if (send) send.outcome.abandoned() })
    if (this.whenClosed) ends.push(this.whenClosed)
    callEach(ends)
  }
}

/** A consumer handle: lends slabs to the native thread, gets them back filled with records. */
class ConsumerHandle {
  /**
   * @param {object} options `ConsumerOptions` of src/config.rs
   * @param {HandleEvents & { records: (views: BlockViews) => void }} events
   */
  constructor (options, events) {
    this.events = events
    this.requests = new Requests(events)
    /** @type {Buffer[]} */
    const slabs = []
    // not from the pool of small Buffers, and not filled with zeros: memory that is never used is never there
    for (let i = 0; i < SLABS; i++) slabs.push(Buffer.allocUnsafeSlow(SLAB_BYTES))
    this.slabs = slabs.map(slab => new BlockViews(slab))
    /** @type {Map<number, (event: any) => void>} */
    this.commits = new Map()
    this.lastCommit = 0
    /** of a group member: its id in the group */
    this.memberId = ''
    /** @type {(() => void) | null} */
    this.whenClosed = null
    this.native = open(() => new NativeConsumer(JSON.stringify(options), slabs, this.receive.bind(this)))
  }

  /**
   * @param {number} kind
   * @param {any} payload
   */
  receive (kind, payload) {
    if (kind === SLAB) {
      this.events.records(this.slabs[payload])
      return
    }
    if (kind === BLOCK) {
      this.events.records(new BlockViews(payload))
      return
    }
    const event = JSON.parse(payload)
    switch (event.type) {
      case 'reply': return this.requests.settle(event)
      case 'committed': return this.settleCommit(event)
      case 'closed': return this.closed()
      default: this.events.event(event)
    }
  }

  /** @param {number} slab */
  credit (slab) {
    this.native.credit(slab)
  }

  /** The number of the current assignment; records with a lower one are void. */
  epoch () {
    return this.native.epoch()
  }

  /**
   * @param {number} protocol index of a protocol of the user's own
   * @param {Buffer} metadata what this member tells the group's leader when it joins next
   */
  offer (protocol, metadata) {
    this.native.offer(protocol, metadata)
  }

  /**
   * @param {number} number of the event `assign`
   * @returns {boolean} false once the group has gone on without the assignment
   */
  assignmentWanted (number) {
    return this.native.assignmentWanted(number)
  }

  /**
   * @param {number} number of the event `assign`
   * @param {object[] | null} shares `Share` of src/assignor.rs; null fails the rebalance
   */
  assign (number, shares) {
    this.native.assign(number, shares && JSON.stringify(shares))
  }

  /** @param {object} command `Command` of src/consumer.rs */
  command (command) {
    if (!this.requests.closed && this.whenClosed === null) this.native.command(JSON.stringify(command))
  }

  /**
   * @param {object} request
   * @param {(err: (Error & { native?: NativeError }) | null, result?: any) => void} callback
   */
  request (request, callback) {
    this.requests.start(this.native, request, callback)
  }

  /**
   * @param {Array<{ topic: string, partition: number, offset: number, metadata: string }>} partitions
   * @param {(event: { error: NativeError | null, partitions: any[] }) => void} callback
   */
  commit (partitions, callback) {
    if (this.requests.closed || this.whenClosed !== null) {
      setImmediate(callback, { error: CLOSED, partitions: [] })
      return
    }
    const id = ++this.lastCommit
    this.commits.set(id, callback)
    this.command({ type: 'commit', id, partitions })
  }

  /** @param {{ id: number, error: NativeError | null, partitions: any[] }} event */
  settleCommit (event) {
    const callback = this.commits.get(event.id)
    this.commits.delete(event.id)
    if (callback) callback(event)
  }

  /** @param {() => void} callback */
  close (callback) {
    this.whenClosed = callback
    this.native.close()
  }

  closed () {
    this.requests.close()
    for (const [id] of [...this.commits]) this.settleCommit({ id, error: CLOSED, partitions: [] })
    if (this.whenClosed) this.whenClosed()
  }
}

module.exports = { ProducerHandle, ConsumerHandle }
