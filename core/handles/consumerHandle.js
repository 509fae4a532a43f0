'use strict'

const { NativeConsumer } = require('../addon')
const { CLOSED } = require('../errors')
const { callAll } = require('../scheduling/callAll')
const { BlockViews } = require('../wire/records')
const { Requests, open } = require('./requests')
const { setImmediate } = require('../scheduling/timers')

/**
 * @typedef {import('./requests').HandleEvents} HandleEvents
 * @typedef {import('../errors').ErrorData} ErrorData
 */

// kinds of payload, as in src/napi/bridge.rs
const SLAB = 0
const BLOCK = 1

const SLABS = 3
const SLAB_BYTES = 512 * 1024

/** A consumer handle: lends slabs to the native thread, gets them back filled with records. */
class ConsumerHandle {
  /**
   * @param {object} options `ConsumerOptions` of src/config/mod.rs
   * @param {HandleEvents & { records: (views: BlockViews) => void }} events
   */
  constructor (options, events) {
    this.events = events
    this.requests = new Requests()
    /** @type {Buffer[]} */
    const slabs = []
    // not from the Buffer pool, and not zero-filled: memory that is never touched is never resident
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
   * @returns {boolean} false once the group has moved on without the assignment
   */
  assignmentWanted (number) {
    return this.native.assignmentWanted(number)
  }

  /**
   * @param {number} number of the event `assign`
   * @param {object[] | null} shares `Share` of src/consumer/assignor.rs; null fails the rebalance
   */
  assign (number, shares) {
    this.native.assign(number, shares && JSON.stringify(shares))
  }

  /** @param {object} command `Command` of src/consumer/mod.rs */
  command (command) {
    if (!this.requests.closed && this.whenClosed === null) this.native.command(JSON.stringify(command))
  }

  /**
   * @param {object} request
   * @param {(error: ErrorData | null, result?: any) => void} callback
   */
  request (request, callback) {
    this.requests.start(this.native, request, callback)
  }

  /**
   * @param {Array<{ topic: string, partition: number, offset: number, metadata: string }>} partitions
   * @param {(event: { error: ErrorData | null, partitions: any[] }) => void} callback
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

  /** @param {{ id: number, error: ErrorData | null, partitions: any[] }} event */
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
    const calls = this.requests.close()
    for (const id of this.commits.keys()) {
      calls.push(() => this.settleCommit({ id, error: CLOSED, partitions: [] }))
    }
    if (this.whenClosed) calls.push(this.whenClosed)
    callAll(calls)
  }
}

module.exports = { ConsumerHandle }
