'use strict'

const { AsyncResource } = require('async_hooks')

/** Not destroyed by the garbage collector, which costs, but by the call. */
const OPTIONS = { requireManualDestroy: true }

/** A call that is under way: what it calls back runs in the context that it was made in, as with Node's own calls. */
class PendingCall extends AsyncResource {
  constructor () {
    super('KafkaCall', OPTIONS)
  }

  /**
   * @param {(...args: any[]) => void} callback
   * @param {any[]} args
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
 * @template {(...args: any[]) => any} Callback
 * @param {Callback} callback
 * @returns {Callback} calls it in the context of now: what `AsyncLocalStorage` holds, traces, domains
 */
function inCurrentContext (callback) {
  const call = new PendingCall()
  return /** @type {any} */ ((/** @type {any[]} */ ...args) => call.callBack(callback, ...args))
}

module.exports = { PendingCall, inCurrentContext }
