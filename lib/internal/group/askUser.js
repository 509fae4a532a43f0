'use strict'

const { setImmediate } = require('../../../core/scheduling/timers')

/**
 * Asks the user's `onRebalance`, which calls back, returns a promise, or both: the first answer counts. What it throws
 * after it has answered is nobody's to handle, and does not hold the rebalance up.
 *
 * @param {(isMember: boolean, callback: (err?: unknown) => void) => unknown} onRebalance
 * @param {boolean} isMember
 * @param {(err: unknown) => void} callback with null to go on
 */
function askUser (onRebalance, isMember, callback) {
  let answered = false
  const answer = (/** @type {unknown} */ error) => {
    if (answered) return
    answered = true
    callback(error || null)
  }
  try {
    const result = /** @type {PromiseLike<unknown> | undefined} */ (onRebalance(isMember, answer))
    if (result && typeof result.then === 'function') {
      result.then(() => answer(null), error => answer(error || new Error('onRebalance was rejected')))
    }
  } catch (error) {
    if (answered) setImmediate(() => { throw error })
    else answer(error || new Error('onRebalance failed'))
  }
}

module.exports = { askUser }
