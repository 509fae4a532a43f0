'use strict'

const { Turn } = require('../scheduling/timeBudget')
const { setImmediate } = require('../scheduling/timers')

/** How long callbacks of sends may occupy the event loop per turn, ms. */
const SHARE_MS = 5
/** Reports between two looks at the clock. */
const STRIDE = 8

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

module.exports = { DeliveryReports }
