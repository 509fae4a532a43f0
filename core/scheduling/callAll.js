'use strict'

const { setImmediate } = require('./timers')

/**
 * Calls every callback, even when one of them throws: the others follow in the next round of the event loop, and the
 * error goes where it would have gone.
 *
 * @template {unknown[]} Args
 * @param {Array<(...args: Args) => void>} callbacks
 * @param {Args} args
 */
function callAll (callbacks, ...args) {
  let called = 0
  try {
    while (called < callbacks.length) callbacks[called++](...args)
  } finally {
    if (called < callbacks.length) setImmediate(callAll, callbacks.slice(called), ...args)
  }
}

module.exports = { callAll }
