'use strict'

const { inspect } = require('util')

/**
 * Keeps passwords and keys out of what is printed. A client's `options` are the caller's own object, secrets included,
 * as with kafka-node; so what is shown is a copy without them.
 */

const HIDDEN = '[hidden]'

/** Options that hold secrets, and what those are called in them. */
const HOLDERS = /** @type {const} */ (['sasl', 'ssl', 'sslOptions', 'librdkafka'])
const SECRET = /pass|secret|token|pem|jaas|(^|\.)key$|^pfx$/i

/**
 * @typedef {Record<string, unknown> | boolean | null | undefined} Holder
 * @typedef {{ sasl?: Holder, ssl?: Holder, sslOptions?: Holder, librdkafka?: Holder }} Options of a client or a group
 * @typedef {{ options: Options, sslOptions?: Holder, [name: string | symbol]: unknown }} Target
 */

/**
 * @param {Holder} value
 * @returns {Holder} a copy without secrets
 */
function withoutSecrets (value) {
  if (value === null || typeof value !== 'object') return value
  /** @type {Record<string, unknown>} */
  const copy = {}
  for (const name of Object.keys(value)) {
    copy[name] = SECRET.test(name) && value[name] !== undefined ? HIDDEN : value[name]
  }
  return copy
}

/**
 * @param {Options} options
 * @returns {Options} a copy without secrets
 */
function shownOptions (options) {
  if (options === null || typeof options !== 'object') return options
  const copy = Object.assign({}, options)
  for (const name of HOLDERS) if (copy[name]) copy[name] = withoutSecrets(copy[name])
  return copy
}

/**
 * Makes the parts of a user's options that hold secrets print without them. Nothing else about them changes, and the
 * user's own copies of them work.
 *
 * @param {Options} options
 */
function maskSecrets (options) {
  for (const name of HOLDERS) {
    const holder = options[name]
    if (holder === null || typeof holder !== 'object' || !Object.isExtensible(holder)) continue
    Object.defineProperty(holder, inspect.custom, { value: () => withoutSecrets(holder), configurable: true })
  }
}

/** @type {WeakMap<object, Target>} what is shown in place of an object; always the same, so that cycles are seen */
const views = new WeakMap()

/**
 * @param {Target} target
 * @returns {Target} what is printed in its place
 */
function view (target) {
  let shown = views.get(target)
  if (shown === undefined) {
    shown = /** @type {Target} */ (Object.create(Object.getPrototypeOf(target), {
      [inspect.custom]: { value: undefined },
      toJSON: { value: undefined }
    }))
    views.set(target, shown)
  }
  for (const name of Object.keys(shown)) if (!(name in target)) delete shown[name]
  for (const name of Reflect.ownKeys(target)) {
    if (Object.prototype.propertyIsEnumerable.call(target, name)) shown[name] = target[name]
  }
  shown.options = shownOptions(target.options)
  if (target.sslOptions) shown.sslOptions = withoutSecrets(target.sslOptions)
  return shown
}

/**
 * Lets `console.log`, `util.inspect` and `JSON.stringify` show the objects of a class without secrets.
 *
 * @param {Function} Class
 */
function hideSecrets (Class) {
  /** @this {Target} */
  const show = function () { return view(this) }
  for (const name of [inspect.custom, 'toJSON']) {
    Object.defineProperty(Class.prototype, name, { value: show, configurable: true, writable: true })
  }
}

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

module.exports = { hidePrivate, hideSecrets, maskSecrets }
