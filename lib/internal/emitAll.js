'use strict'

const EventEmitter = require('events')
const { callAll } = require('../../core/scheduling/callAll')

/**
 * Emits an event. A listener that throws costs no other its call: those behind it follow in the next round of the event
 * loop, and the error goes where it would have gone.
 *
 * @param {import('events').EventEmitter} emitter
 * @param {string} event
 * @param {any[]} args
 */
function emitAll (emitter, event, ...args) {
  const listeners = emitter.rawListeners(event)
  // none or one, or the user's own `emit`, which must see it
  if (listeners.length < 2 || emitter.emit !== EventEmitter.prototype.emit) {
    emitter.emit(event, ...args)
    return
  }
  callAll(listeners.map(listener => () => { Reflect.apply(listener, emitter, args) }))
}

module.exports = { emitAll }
