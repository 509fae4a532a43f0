'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { setTimeout: delay } = require('node:timers/promises')

/**
 * Collects what an emitter emits.
 *
 * @template T
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} event
 * @returns {{ seen: T[], reach: (count: number) => Promise<T[]> }} `reach` resolves with what was seen once there
 *   are that many, and rejects with an error that the emitter reports before
 */
function collect (emitter, event) {
  /** @type {T[]} */
  const seen = []
  emitter.on(event, (value) => seen.push(value))
  const reach = async (/** @type {number} */ count) => {
    // `once` also rejects on 'error'
    while (seen.length < count) await once(emitter, event)
    return seen
  }
  return { seen, reach }
}

/**
 * @template T
 * @param {(callback: (err: any, result?: T) => void) => void} call a callback-style function
 * @returns {Promise<T>}
 */
function promised (call) {
  return new Promise((resolve, reject) => {
    call((error, result) => error ? reject(error) : resolve(/** @type {T} */ (result)))
  })
}

/**
 * Asks again and again until something is so.
 *
 * @param {() => any} condition may be asynchronous
 * @returns {Promise<void>} rejects after a minute, with the source of the condition
 */
async function until (condition) {
  const deadline = Date.now() + 60000
  while (!await condition()) {
    assert.ok(Date.now() < deadline, `not in a minute: ${condition}`)
    await delay(5)
  }
}

module.exports = { collect, promised, until }
