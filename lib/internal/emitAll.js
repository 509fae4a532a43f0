'use strict'

const EventEmitter = require('events')
const { callAll } = require('../../core/scheduling/callAll')

/**
 * Emits an event. A listener that throws does not keep others from being called: those after it follow in the next
 * round of the event loop, and the error goes where it would have gone.
 *
 * @param {import('events').EventEmitter} emitter
 * @param {string} event
 * @param {unknown[]} args
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

/**
 * Emits events without arguments, one after the other.
 *
 * @param {import('events').EventEmitter} emitter
 * @param {string[]} events
 */
function emitInTurn (emitter, ...events) {
  callAll(events.map(event => () => emitAll(emitter, event)))
}

module.exports = { emitAll, emitInTurn }
