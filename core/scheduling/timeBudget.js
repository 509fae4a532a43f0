'use strict'

const { monotonicNow } = require('./clock')
const { setImmediate } = require('./timers')

/**
 * A share of each turn of the event loop. Calls from a native thread follow each other without a turn in between as
 * long as there is another one, and with slow handlers there always is: without a limit, no timer would ever fire.
 */
class Turn {
  /** @param {number} share ms */
  constructor (share) {
    this.share = share
    this.open = false
    this.end = 0
    this.close = () => { this.open = false }
  }

  /** Whether this turn's share has been used up. The first call in a turn starts the clock. */
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
