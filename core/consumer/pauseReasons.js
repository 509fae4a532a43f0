'use strict'

/** Why nothing is handed out at the moment. Reasons are independent: handing out resumes when the last one is gone. */
class PauseReasons {
  constructor () {
    /** @type {Set<string>} */
    this.reasons = new Set()
  }

  /** @param {string} reason */
  add (reason) {
    this.reasons.add(reason)
  }

  /**
   * @param {string} reason
   * @returns {boolean} false if it was not set
   */
  remove (reason) {
    return this.reasons.delete(reason)
  }

  /** Whether there is any reason. */
  get any () {
    return this.reasons.size > 0
  }
}

/** The assignment is about to change: positions must stand still until it has. */
const ASSIGNMENT_CHANGE = 'assignment change'

module.exports = { ASSIGNMENT_CHANGE, PauseReasons }
