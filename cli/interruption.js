'use strict'

const { EXIT } = require('./failures')

// Ctrl-C, `kill`, and a reader of the output that has gone away (`| head`): whatever runs is asked to end, once. A
// second signal ends the process on the spot.

/** @type {Set<() => void>} */
const listeners = new Set()

let asked = false

function interrupt () {
  if (asked) return
  asked = true
  for (const listener of listeners) listener()
}

/** @param {NodeJS.Signals} signal */
function onSignal (signal) {
  if (asked || listeners.size === 0) process.exit(signal === 'SIGTERM' ? 143 : EXIT.interrupted)
  interrupt()
}

/** From now on signals do not end the process while somebody listens. */
function watchSignals () {
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

/**
 * @param {() => void} listener called once, at once if it has happened already
 * @returns {() => void} stops listening
 */
function onInterrupt (listener) {
  if (asked) {
    listener()
    return () => {}
  }
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

module.exports = { interrupt, isInterrupted: () => asked, onInterrupt, watchSignals }
