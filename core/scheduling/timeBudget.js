'use strict'

const { monotonicNow, setImmediate } = require('./timers')

/**
 * A share of each turn of the event loop. Calls from a native thread come one after the other, without a turn between
 * them, as long as there is a next one, and slow handlers always have a next one: without an end to this, no timer
 * would ever fire.
 */
class Turn {
  /** @param {number} share ms */
  constructor (share) {
    this.share = share
    this.open = false
    this.end = 0
    this.close = () => { this.open = false }
  }

  /** Whether the share of this turn has been used up. The first question in a turn opens it. */
  isOver () {
    const now = monotonicNow()
    if (this.open) return now >= this.end
    this.open = true
    this.end = now + this.share
    setImmediate(this.close)
    return false
  }
}

module.exports = { Turn }
