'use strict'

/**
 * Node's timers as they were when this module was loaded. Test tools replace the global ones with fakes that only move
 * when a test says so (`jest.useFakeTimers()`, sinon, `mock.timers`); connections and handles must keep working.
 */

const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = require('timers')

const { hrtime, nextTick } = process

/**
 * @param {Function & { clock?: unknown, _isMockFunction?: unknown }} timer whether it already is a fake, as with jest's
 *   `fakeTimers: { enableGlobally: true }`
 */
function isFake (timer) {
  return timer.clock !== undefined || timer._isMockFunction === true
}

/** @returns {() => number} */
function monotonicClock () {
  if (isFake(hrtime)) {
    // only then: it takes time to load
    const { performance } = require('perf_hooks')
    return () => performance.now()
  }
  return () => {
    const [seconds, nanoseconds] = hrtime()
    return seconds * 1e3 + nanoseconds / 1e6
  }
}

module.exports = {
  clearImmediate,
  /** Null, too, stands for a timer that is none; Node's types only know undefined. */
  clearInterval: /** @type {(timer: NodeJS.Timeout | null | undefined) => void} */ (clearInterval),
  clearTimeout: /** @type {(timer: NodeJS.Timeout | null | undefined) => void} */ (clearTimeout),
  /** Milliseconds for measuring durations; unlike `Date.now()` never faked, nor set back. */
  monotonicNow: monotonicClock(),
  // No module has the real one. The next turn of the event loop is the next best thing.
  nextTick: isFake(nextTick) ? /** @type {typeof nextTick} */ (setImmediate) : nextTick,
  setImmediate,
  setInterval,
  setTimeout
}
