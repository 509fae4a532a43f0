'use strict'

const { performance } = require('perf_hooks')

module.exports = {
  /** Milliseconds for measuring durations; unlike `Date.now()` never faked, nor set back. */
  monotonicNow: () => performance.now()
}
