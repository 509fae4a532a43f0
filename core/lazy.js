'use strict'

/**
 * Loads modules when they are first needed, so that loading the package takes little time: each file costs some, and a
 * program that only gets at the classes needs few of them.
 *
 * Call what this returns in a constructor or in a method that users call, before anything later needs it. By then a
 * test's environment may have been torn down, and Jest no longer loads anything.
 *
 * @template T
 * @param {() => T} load with a `require` in it that bundlers see
 * @returns {() => T} always the same; no `require` after the first call
 */
function lazy (load) {
  /** @type {{ value: T } | null} */
  let loaded = null
  return () => {
    if (loaded === null) loaded = { value: load() }
    return loaded.value
  }
}

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

module.exports = { assert, lazy }
