'use strict'

const { AsyncResource } = require('async_hooks')

/** Destroyed by the call, not by the garbage collector, which is expensive. */
const OPTIONS = { requireManualDestroy: true }

/** A call in progress: its callback runs in the context that the call was made in, as with Node's own calls. */
class PendingCall extends AsyncResource {
  constructor () {
    super('KafkaCall', OPTIONS)
  }

  /**
   * @template {unknown[]} Args
   * @param {(...args: Args) => void} callback
   * @param {Args} args
   */
  callBack (callback, ...args) {
    try {
      this.runInAsyncScope(callback, undefined, ...args)
    } finally {
      this.emitDestroy()
    }
  }
}

/**
 * @template {unknown[]} Args
 * @param {(...args: Args) => void} callback
 * @returns {(...args: Args) => void} calls it in the current context: what `AsyncLocalStorage` holds, traces, domains
 */
function inCurrentContext (callback) {
  const call = new PendingCall()
  return (...args) => call.callBack(callback, ...args)
}

module.exports = { PendingCall, inCurrentContext }
