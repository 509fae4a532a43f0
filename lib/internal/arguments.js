'use strict'

/** Checks of the arguments of public methods. The values themselves stay out of the texts: they may be secret. */

const { InvalidConfigError } = require('./errors')
const { inCurrentContext } = require('../../core/scheduling/asyncContext')

const noop = () => {}

/**
 * @param {unknown} value
 * @returns {string} its kind
 */
function kindOf (value) {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const { constructor } = value
  if (Array.isArray(value)) return 'an array'
  const isPlain = typeof constructor !== 'function' || constructor === Object || !constructor.name
  return isPlain ? 'an object' : `an instance of ${constructor.name}`
}

/**
 * @param {string} name of the argument
 * @param {string} wanted such as `an array`
 * @param {unknown} value what came instead
 * @returns {TypeError} its code is `ERR_INVALID_ARG_TYPE`, like that of Node's own
 */
function wrongType (name, wanted, value) {
  return Object.assign(new TypeError(`${name} must be ${wanted}, not ${kindOf(value)}`), {
    code: 'ERR_INVALID_ARG_TYPE'
  })
}

/**
 * @template {unknown[]} Args
 * @param {((...args: Args) => void) | null | undefined} callback
 * @returns {(...args: Args) => void} calls it in the caller's async context; one that does nothing if it was left out
 * @throws {TypeError} if it is anything else: the first call would crash the process
 */
function callbackOf (callback) {
  return checkedCallback(callback) === noop ? noop : inCurrentContext(/** @type {(...args: Args) => void} */ (callback))
}

/**
 * @template {unknown[]} Args
 * @param {((...args: Args) => void) | null | undefined} callback
 * @returns {(...args: Args) => void} the same; one that does nothing if it was left out
 * @throws {TypeError} if it is something else
 */
function checkedCallback (callback) {
  if (typeof callback === 'function') return callback
  if (callback) throw wrongType('callback', 'a function', callback)
  return noop
}

/**
 * @param {string} name
 * @param {unknown} value
 * @throws {TypeError} if it is not an array
 */
function checkArray (name, value) {
  if (!Array.isArray(value)) throw wrongType(name, 'an array', value)
}

/**
 * @param {string} name
 * @param {unknown} value
 * @throws {TypeError} if it is not an object
 */
function checkObject (name, value) {
  if (value === null || typeof value !== 'object') throw wrongType(name, 'an object', value)
}

/**
 * @template {object} T
 * @param {T | null | undefined} options
 * @param {string} [name]
 * @returns {T} the same object; a new one if it was left out
 * @throws {TypeError} if it cannot hold options
 */
function optionsOf (options, name = 'options') {
  if (!options) return /** @type {T} */ ({})
  if (typeof options !== 'object' && typeof options !== 'function') throw wrongType(name, 'an object', options)
  return options
}

/**
 * @param {{ on?: unknown } | null} client a KafkaClient, or an event emitter that stands in for one in unit tests
 * @throws {TypeError} if it is neither; options in its place are a common mistake
 */
function checkClient (client) {
  const isClient = client !== null && typeof client === 'object' && typeof client.on === 'function'
  if (!isClient) throw wrongType('client', 'a KafkaClient', client)
}

/**
 * @param {unknown} value
 * @returns {string} as it may appear in a message
 */
function textOf (value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? kindOf(value) : String(value)
}

/**
 * @param {string} name
 * @param {string | undefined} value
 * @throws {InvalidConfigError} if it is not an encoding of strings
 */
function checkEncoding (name, value) {
  if (value === undefined || value === 'buffer' || Buffer.isEncoding(value)) return
  throw new InvalidConfigError(`${name} ${textOf(value)} is illegal, must be 'buffer' or an encoding of Node's`)
}

/**
 * @param {string} name
 * @param {unknown} value
 * @throws {InvalidConfigError} if librdkafka, whose strings end at a NUL, would cut it short
 */
function checkNoNul (name, value) {
  if (typeof value === 'string' && value.includes('\0')) {
    throw new InvalidConfigError(`${name} is illegal, must not have a NUL character (\\0)`)
  }
}

/**
 * @param {string} name of a time or number that is read while running
 * @param {unknown} value
 * @throws {TypeError} if a timer would throw because of it
 */
function checkTimer (name, value) {
  if (typeof value === 'symbol' || typeof value === 'bigint') throw wrongType(name, 'a number', value)
}

/**
 * @param {any} value
 * @returns {number | null} null if it is not an offset: a whole number of at least 0, or such a number as text
 */
function offsetOf (value) {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return Number.isSafeInteger(number) && number >= 0 ? number : null
}

/**
 * @template T
 * @param {T} value
 * @returns {T | number} the number if it is a numeric string; anything else as it is
 */
function numberOf (value) {
  if (typeof value !== 'string' || value.trim() === '') return value
  const number = Number(value)
  return Number.isNaN(number) ? value : number
}

/**
 * @param {any} value
 * @returns {boolean} whether it is a partition number
 */
function isPartition (value) {
  return Number.isInteger(value) && value >= 0 && value <= 0x7fffffff
}

module.exports = {
  callbackOf, checkArray, checkedCallback, checkClient, checkEncoding, checkNoNul, checkObject, checkTimer,
  isPartition, kindOf, numberOf, offsetOf, optionsOf, textOf, wrongType
}
