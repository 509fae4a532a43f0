'use strict'

/**
 * Makes an object's `_fields` invisible to loops, copies and logs. Some hold secrets, and
 * kafka-node's objects do not have them. EventEmitter's own stay as they are.
 *
 * @param {object} target
 */
function hidePrivate (target) {
  for (const name of Object.keys(target)) {
    if (name.startsWith('_') && !/^_(events|eventsCount|maxListeners)$/.test(name)) {
      Object.defineProperty(target, name, { enumerable: false })
    }
  }
}

module.exports = { hidePrivate }
