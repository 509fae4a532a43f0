'use strict'

/**
 * Node's `assert`, loaded only when something is wrong, because that takes time and opens stderr.
 *
 * @param {unknown} condition
 * @param {string} [message]
 * @returns {asserts condition}
 */
function assert (condition, message) {
  if (condition) return
  const nodeAssert = require('assert')
  nodeAssert.ok(condition, message)
}

module.exports = assert
