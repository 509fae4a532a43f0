'use strict'

const { setImmediate } = require('../scheduling/timers')

/** How long a partition waits for the confirmation of sends without acknowledgement, ms. */
const CONFIRMATION_TIMEOUT = 5000

/** What keeps the sends of a client in the order of their calls, on their way to a handle and from there on. */
class SendOrder {
  constructor () {
    /** before the partitions are known */
    this.queue = new TopicSendQueue()
    /** afterwards */
    this.order = new PartitionOrder()
  }
}

/**
 * Sends that cannot proceed at once hold back later ones to the same topics, and only those: what is sent first is
 * written first, even if the connection or a look-up of the topic intervenes.
 *
 * @typedef {{ topics: string[], ahead: number, run: (finished: () => void) => void }} WaitingSend `ahead`: how
 *   many of its topics have an earlier send waiting
 */
class TopicSendQueue {
  constructor () {
    /** @type {Map<string, WaitingSend[]>} oldest first */
    this.byTopic = new Map()
    /** @type {WaitingSend[]} those whose turn has come */
    this.runnable = []
    this.isRunning = false
    this.resume = this.resume.bind(this)
  }

  /**
   * @param {string} topic
   * @returns {boolean} whether sends to it wait
   */
  has (topic) {
    return this.byTopic.size > 0 && this.byTopic.has(topic)
  }

  /**
   * @param {string[]} topics of the send, each once
   * @param {(finished: () => void) => void} run called when its turn has come, which may be at once; it may throw
   *   after it has called `finished`
   */
  enter (topics, run) {
    /** @type {WaitingSend} */
    const send = { topics, ahead: 0, run }
    for (const topic of topics) {
      const waiting = this.byTopic.get(topic)
      if (waiting === undefined) this.byTopic.set(topic, [send])
      else {
        waiting.push(send)
        send.ahead++
      }
    }
    if (send.ahead > 0) return
    this.runnable.push(send)
    this.resume()
  }

  /** @param {WaitingSend} send */
  leave ({ topics }) {
    for (const topic of topics) {
      const waiting = /** @type {WaitingSend[]} */ (this.byTopic.get(topic))
      waiting.shift()
      if (waiting.length === 0) this.byTopic.delete(topic)
      else if (--waiting[0].ahead === 0) this.runnable.push(waiting[0])
    }
    this.resume()
  }

  /** Runs what is runnable; in a loop, because thousands may have waited. */
  resume () {
    if (this.isRunning) return
    this.isRunning = true
    try {
      for (let send = this.runnable.shift(); send !== undefined; send = this.runnable.shift()) {
        const current = send
        current.run(() => this.leave(current))
      }
    } finally {
      this.isRunning = false
      // a callback has thrown: the others get their turn all the same
      if (this.runnable.length > 0) setImmediate(this.resume)
    }
  }
}

/**
 * Keeps the order of each partition when the sends of one client go through several handles.
 *
 * A handle has one `acks`, one codec and one set of limits, and keeps the order of what it gets. When a partition's
 * next send needs another handle, it waits here until everything that the partition has on the last one is reported;
 * sends behind it wait, too. Other partitions carry on. As long as a client uses a single handle, nothing is tracked.
 *
 * @typedef {import('../handles/producerHandle').ProducerHandle} ProducerHandle
 * @typedef {import('../handles/producerHandle').ProduceBatch} ProduceBatch
 * @typedef {import('../handles/producerHandle').Outcome} Outcome
 * @typedef {import('../handles/producerHandle').PackedSend} PackedSend
 * @typedef {{ handle: ProducerHandle, batches: ProduceBatch[] }} Part what one handle gets of a send
 * @typedef {object} Partition
 * @property {ProducerHandle | null} handle the last that got a send; null when any may get the next one
 * @property {number} outstanding sends that it has not reported
 * @property {boolean} isConfirming the last handle's requests get no answer: another request makes sure of them
 * @property {Waiting | null} first of the sends that wait for a change of the handle
 * @property {Waiting | null} last
 * @typedef {{ packed: PackedSend, next: Waiting | null }} Waiting
 */

class PartitionOrder {
  constructor () {
    /** @type {ProducerHandle | null} the first handle, as long as there is no other */
    this.only = null
    this.isTracking = false
    /** @type {Map<string, Map<number, Partition>>} */
    this.partitions = new Map()
  }

  /**
   * Sends through one handle.
   *
   * @param {ProducerHandle} handle
   * @param {ProduceBatch[]} batches
   * @param {Outcome} outcome
   * @throws what the conversion of a value throws; nothing is sent then
   */
  send (handle, batches, outcome) {
    if (handle.isEnded) {
      outcome.waiting++
      setImmediate(() => outcome.failedWithoutReport())
      return
    }
    if (handle !== this.only && !this.mayStayUntracked(handle)) {
      this.sendTracked(handle, batches, outcome)
      return
    }
    handle.send(batches, outcome)
    outcome.waiting++
  }

  /**
   * Sends through several handles: all of it or, when a value cannot be converted, nothing.
   *
   * @param {Part[]} parts
   * @param {Outcome} outcome
   */
  sendParts (parts, outcome) {
    for (const { handle, batches } of parts) {
      if (handle.isEnded) this.send(handle, batches, outcome)
      else if (handle !== this.only) this.mayStayUntracked(handle)
    }
    this.sendPacked(parts.filter(({ handle }) => !handle.isEnded), outcome)
  }

  /** @param {ProducerHandle} handle that is not `only` */
  mayStayUntracked (handle) {
    if (this.isTracking) return false
    if (this.only === null) {
      this.only = handle
      return true
    }
    this.track(this.only)
    return false
  }

  /**
   * There is a second handle: from now on, track which handle has what.
   *
   * @param {ProducerHandle} first
   */
  track (first) {
    this.isTracking = true
    this.only = null
    first.order = this
    for (const send of first.sends) if (send !== null) this.started(first, send.batches)
  }

  /**
   * @param {ProduceBatch} batch
   * @returns {Partition}
   */
  partitionOf ({ topic, partition }) {
    let ofTopic = this.partitions.get(topic)
    if (ofTopic === undefined) this.partitions.set(topic, ofTopic = new Map())
    let state = ofTopic.get(partition)
    if (state === undefined) {
      state = { handle: null, outstanding: 0, isConfirming: false, first: null, last: null }
      ofTopic.set(partition, state)
    }
    return state
  }

  /**
   * @param {ProducerHandle} handle
   * @param {ProduceBatch[]} batches
   */
  started (handle, batches) {
    for (let i = 0; i < batches.length; i++) {
      const state = this.partitionOf(batches[i])
      state.handle = handle
      state.outstanding++
    }
  }

  /**
   * @param {ProducerHandle} handle
   * @param {ProduceBatch[]} batches
   * @param {Outcome} outcome
   */
  sendTracked (handle, batches, outcome) {
    for (let i = 0; i < batches.length; i++) {
      if (!isFree(this.partitionOf(batches[i]), handle)) {
        this.sendPacked([{ handle, batches }], outcome)
        return
      }
    }
    handle.order = this
    handle.send(batches, outcome)
    outcome.waiting++
    this.started(handle, batches)
  }

  /**
   * @param {Part[]} parts
   * @param {Outcome} outcome
   */
  sendPacked (parts, outcome) {
    /** @type {PackedSend[]} */
    const packed = []
    try {
      for (const { handle, batches } of parts) {
        handle.order = this.isTracking ? this : null
        const free = batches.filter(batch => isFree(this.partitionOf(batch), handle))
        if (free.length > 0) packed.push(handle.pack(free, outcome))
        for (const batch of batches) if (!free.includes(batch)) packed.push(handle.pack([batch], outcome))
      }
    } catch (error) {
      for (const send of packed) send.handle.discard(send)
      throw error
    }
    outcome.waiting += packed.length
    for (const send of packed) send.handle.handedOver(send)
    for (const send of packed) {
      // checked again: an earlier part of this very send may be in the way
      if (send.batches.every(batch => isFree(this.partitionOf(batch), send.handle))) this.submit(send)
      else this.wait(this.partitionOf(send.batches[0]), send)
    }
  }

  /** @param {PackedSend} send */
  submit (send) {
    if (this.isTracking) this.started(send.handle, send.batches)
    send.handle.submit(send)
  }

  /**
   * @param {Partition} state
   * @param {PackedSend} packed
   */
  wait (state, packed) {
    if (!packed.handle.hold(packed)) return
    /** @type {Waiting} */
    const waiting = { packed, next: null }
    if (state.last === null) state.first = waiting
    else state.last.next = waiting
    state.last = waiting
    this.advance(state, packed.batches[0])
  }

  /**
   * Some of a handle's sends are reported, or never will be.
   *
   * @param {ProducerHandle} handle
   * @param {ProduceBatch[]} batches
   */
  completed (handle, batches) {
    for (let i = 0; i < batches.length; i++) {
      const state = this.partitionOf(batches[i])
      if (state.handle !== handle || state.outstanding === 0) continue
      if (--state.outstanding === 0 && state.first !== null) this.advance(state, batches[i])
    }
  }

  /**
   * Releases what need not wait any longer.
   *
   * @param {Partition} state
   * @param {{ topic: string, partition: number }} of the partition
   */
  advance (state, { topic, partition }) {
    while (state.first !== null && !state.isConfirming) {
      const { packed, next } = state.first
      const { handle } = packed
      if (state.handle !== null && state.handle !== handle && !handle.isEnded) {
        if (state.outstanding > 0) {
          state.handle.hurry()
          return
        }
        if (!state.handle.isAcknowledged && !state.handle.isEnded) {
          this.confirm(state, state.handle, topic, partition)
          return
        }
      }
      state.first = next
      if (next === null) state.last = null
      if (handle.release(packed)) this.submit(packed)
    }
  }

  /**
   * Sends without acknowledgement count as done once they have left. Before another connection may bring more, the
   * broker has to answer a request on theirs: it takes the requests of a connection one after another.
   *
   * @param {Partition} state
   * @param {ProducerHandle} handle
   * @param {string} topic
   * @param {number} partition
   */
  confirm (state, handle, topic, partition) {
    state.isConfirming = true
    const partitions = [{ topic, partition, offset: -1 }]
    handle.request({ op: 'offsets', partitions, timeout: CONFIRMATION_TIMEOUT }, () => {
      // without an answer the connection is gone, and nothing more can come over it
      state.isConfirming = false
      state.handle = null
      this.advance(state, { topic, partition })
    })
  }
}

/**
 * @param {Partition} state
 * @param {ProducerHandle} handle
 */
function isFree (state, handle) {
  if (state.first !== null || state.isConfirming) return false
  if (state.handle === null || state.handle === handle || state.handle.isEnded) return true
  return state.outstanding === 0 && state.handle.isAcknowledged
}

module.exports = { PartitionOrder, SendOrder, TopicSendQueue }
