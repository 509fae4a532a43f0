'use strict'

const { NativeConsumer } = require('../addon')
const { HandleDiagnostics, batches, commits } = require('../diagnostics')
const { CLOSED } = require('../errors')
const { callAll } = require('../scheduling/callAll')
const { Requests, open } = require('./requests')
const { SharedBuffers } = require('./sharedBuffers')
const { setImmediate } = require('../scheduling/timers')
const { describeRanges } = require('../wire/records')

/**
 * @typedef {import('./requests').HandleEvents} HandleEvents
 * @typedef {import('../errors').ErrorData} ErrorData
 * @typedef {import('../protocol').PartitionAnswer} PartitionAnswer
 * @typedef {{ error: ErrorData | null, partitions: PartitionAnswer[], stale?: boolean }} CommitAnswer
 */

// kinds of payload, as in src/bridge.rs
const BUFFER = 0
const LARGE_BATCH = 1

/** A consumer handle: lends buffers to the native thread, gets them back filled with records. */
class ConsumerHandle {
  /**
   * @param {import('../protocol').ConsumerOptions} options
   * @param {HandleEvents & { records: (batch: import('../wire/records').RecordBatch) => void }} events `records` gets
   *   batches that it releases, each once
   */
  constructor (options, events) {
    this.events = events
    this.requests = new Requests()
    this.diagnostics = new HandleDiagnostics(options)
    this.buffers = new SharedBuffers({
      credit: buffer => this.native.credit(buffer),
      // batches may be released after the end, when nobody fills buffers any more
      replaceBuffer: (buffer, memory) => { if (this.isOpen()) this.native.replaceBuffer(buffer, memory) }
    })
    /** @type {Map<number, (event: CommitAnswer) => void>} */
    this.commits = new Map()
    this.lastCommit = 0
    this.isMember = !!options.group
    /** of a group member: its id in the group, and the group's generation */
    this.memberId = ''
    this.generationId = -1
    /** of the last change of the assignment that JavaScript has heard of */
    this.knownVersion = 0
    /** @type {(() => void) | null} */
    this.whenClosed = null
    this.native = open(() => new NativeConsumer(JSON.stringify(options), this.buffers.memory, this.receive.bind(this)))
  }

  /**
   * @param {number} kind
   * @param {number | Uint8Array | string} payload
   */
  receive (kind, payload) {
    if (kind === BUFFER) {
      this.received(this.buffers.filled(/** @type {number} */ (payload)))
      return
    }
    if (kind === LARGE_BATCH) {
      this.received(this.buffers.large(/** @type {Uint8Array} */ (payload)))
      return
    }
    /** @type {import('../protocol').Event} */
    const event = JSON.parse(/** @type {string} */ (payload))
    switch (event.type) {
      case 'reply': return this.requests.settle(event)
      case 'committed': return this.settleCommit(event)
      case 'closed': return this.closed()
    }
    this.diagnostics.heard(event)
    switch (event.type) {
      case 'assigned':
        this.memberId = event.memberId
        this.generationId = event.generationId
        this.knownVersion = event.assignmentVersion
        return this.events.event(event)
      case 'revoked':
        this.knownVersion = event.assignmentVersion
        return this.events.event(event)
      default: this.events.event(event)
    }
  }

  /** @param {import('../wire/records').RecordBatch} batch */
  received (batch) {
    if (batches.hasSubscribers) this.diagnostics.received(describeRanges(batch))
    this.events.records(batch)
  }

  isOpen () {
    return !this.requests.closed && this.whenClosed === null
  }

  /** The version of the last change of the assignment. The native side may be ahead of its events. */
  assignmentVersion () {
    return this.native.assignmentVersion()
  }

  /**
   * @param {number} topicId
   * @param {number} partition
   * @param {number} version that the records carry
   * @returns {boolean} whether they are current, although the assignment has changed since
   */
  isAssigned (topicId, partition, version) {
    return this.native.isAssigned(topicId, partition, version)
  }

  /**
   * @param {number} assignor index of a custom assignor
   * @param {Buffer} metadata what this member tells the group's leader when it next joins
   */
  setSubscriptionMetadata (assignor, metadata) {
    this.native.setSubscriptionMetadata(assignor, metadata)
  }

  /**
   * @param {number} number of the event `assignorRequested`
   * @returns {boolean} false once the group has moved on without the assignment
   */
  assignmentWanted (number) {
    return this.native.assignmentWanted(number)
  }

  /**
   * @param {number} number of the event `assignorRequested`
   * @param {import('../protocol').MemberAssignment[] | null} assignments null fails the rebalance
   */
  completeAssignment (number, assignments) {
    this.native.completeAssignment(number, assignments && JSON.stringify(assignments))
  }

  /** @param {import('../protocol').Command} command */
  command (command) {
    if (this.isOpen()) this.native.command(JSON.stringify(command))
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
   * A member's commit counts for one assignment: one that is older than that of a partition is not sent, and answered
   * with `stale` and the broker's ILLEGAL_GENERATION (22).
   *
   * @param {Array<{ topic: string, partition: number, offset: number, metadata: string | null }>} partitions
   * @param {(event: CommitAnswer) => void} callback
   * @param {{ assignmentVersion?: number, generationId?: number }} [madeUnder] by default the assignment that was heard
   *   of last
   */
  commit (partitions, callback, { assignmentVersion = this.knownVersion, generationId } = {}) {
    if (commits.hasSubscribers) callback = this.diagnostics.committing(partitions, callback)
    if (!this.isOpen()) {
      setImmediate(callback, { error: CLOSED, partitions: [] })
      return
    }
    const id = ++this.lastCommit
    this.commits.set(id, callback)
    this.command({ type: 'commit', id, partitions, ...(this.isMember && { assignmentVersion, generationId }) })
  }

  /** @param {CommitAnswer & { id: number }} event */
  settleCommit (event) {
    const callback = this.commits.get(event.id)
    this.commits.delete(event.id)
    if (callback) callback(event)
  }

  /** @param {() => void} callback */
  close (callback) {
    // the native side may have ended by itself
    if (this.requests.closed) {
      setImmediate(callback)
      return
    }
    this.whenClosed = callback
    this.native.close()
  }

  closed () {
    // even if it has ended by itself: it waits until nobody uses it any more
    this.native.close()
    this.diagnostics.closed()
    const calls = this.requests.close()
    for (const id of this.commits.keys()) {
      calls.push(() => this.settleCommit({ id, error: CLOSED, partitions: [] }))
    }
    if (this.whenClosed) calls.push(this.whenClosed)
    callAll(calls)
  }
}

module.exports = { ConsumerHandle }
