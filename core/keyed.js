'use strict'

/**
 * Results keyed by names from outside: topics, groups. They are ordinary objects, as users expect, and a topic may be
 * called `__proto__` or `constructor`: what such an object inherits is never read, nor its prototype written to.
 */

const hasOwnProperty = Object.prototype.hasOwnProperty

/**
 * @template T
 * @param {Record<string, T>} object
 * @param {string | number} name
 * @returns {T | undefined}
 */
function valueOf (object, name) {
  return hasOwnProperty.call(object, name) ? object[name] : undefined
}

/**
 * @template T
 * @param {Record<string, T>} object
 * @param {string} name
 * @param {T} value
 * @returns {T} the value
 */
function setValue (object, name, value) {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[name] = value
  }
  return value
}

/**
 * @template T
 * @param {Record<string, Record<string | number, T>>} object
 * @param {string} name
 * @returns {Record<string | number, T>} the entry under this name, created if need be
 */
function recordOf (object, name) {
  return valueOf(object, name) || setValue(object, name, {})
}

/**
 * @template T
 * @param {Record<string, T[]>} object
 * @param {string} name
 * @returns {T[]} as `recordOf`
 */
function listOf (object, name) {
  return valueOf(object, name) || setValue(object, name, [])
}

module.exports = { listOf, recordOf, setValue, valueOf }
