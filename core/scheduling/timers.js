'use strict'

/**
 * Node's timers as they were when this module was loaded. Test tools replace the global ones with fakes that only move
 * when a test says so (`jest.useFakeTimers()`, sinon, `mock.timers`); connections and handles must keep working.
 */

const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = require('timers')

const { nextTick } = process

/**
 * @param {typeof nextTick & { clock?: unknown, _isMockFunction?: unknown }} tick whether it already is a fake, as with
 *   jest's `fakeTimers: { enableGlobally: true }`
 */
function isFake (tick) {
  return tick.clock !== undefined || tick._isMockFunction === true
}

module.exports = {
  clearImmediate,
  /** Null, too, stands for a timer that is none; Node's types only know undefined. */
  clearInterval: /** @type {(timer: NodeJS.Timeout | null | undefined) => void} */ (clearInterval),
  clearTimeout: /** @type {(timer: NodeJS.Timeout | null | undefined) => void} */ (clearTimeout),
  // No module has the real one. The next turn of the event loop is the next best thing.
  nextTick: isFake(nextTick) ? /** @type {typeof nextTick} */ (setImmediate) : nextTick,
  setImmediate,
  setInterval,
  setTimeout
}
