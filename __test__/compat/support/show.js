'use strict'

// Values as one line of text, so that traces can be compared, read and quoted: keys in their order, types visible.

const LONG_TEXT = 200
/** A time this close to now is "now": the two sides run at different moments, ms. */
const NOW = 10 * 60 * 1000

/** @param {number} time ms */
function isNow (time) {
  return Math.abs(Date.now() - time) < NOW
}

/** @param {string} text */
function quote (text) {
  if (text.length > LONG_TEXT) return `<${text.length} characters: ${JSON.stringify(text.slice(0, 40))}>`
  return JSON.stringify(text).replace(/^"(.*)"$/s, (_, inner) => `'${inner.replace(/\\"/g, '"').replace(/'/g, "\\'")}'`)
}

/** @param {string} key */
function showKey (key) {
  return /^[\w$]+$/.test(key) ? key : quote(key)
}

/**
 * An error: name, message, and what else it carries. The texts of BrokerNotAvailableError are left out: kafka-node has
 * a dozen that say the same.
 *
 * @param {any} error
 * @param {any[]} seen
 */
function showError (error, seen) {
  const message = error.name === 'BrokerNotAvailableError' ? '...' : quote(String(error.message))
  const extra = Object.keys(error).filter((key) => !['message', 'stack', 'generatedMessage'].includes(key))
    // Node's own socket errors are identified by code and address.
    .map((key) => `${showKey(key)}: ${key === 'errno' ? '...' : show(error[key], seen)}`)
  const enumerable = Object.prototype.propertyIsEnumerable.call(error, 'message') ? ' (message enumerable)' : ''
  return `[${error.name} ${message}${enumerable}${extra.length ? ` { ${extra.join(', ')} }` : ''}]`
}

/**
 * @param {any} value
 * @param {any[]} [seen]
 * @param {(error: any, show: (value: any) => string) => string} [errors] how errors are shown, unless as kafka-node's
 * @returns {string}
 */
function show (value, seen = [], errors = undefined) {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`
  if (Object.is(value, -0)) return '-0'
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? `${value}n` : String(value)
  if (seen.includes(value)) return '[circular]'
  seen = [...seen, value]
  if (value instanceof Error) {
    return errors ? errors(value, (inner) => show(inner, seen, errors)) : showError(value, seen)
  }
  if (Buffer.isBuffer(value)) return `<Buffer ${value.toString('hex')}>`
  if (value instanceof Date) return isNow(value.getTime()) ? 'Date(now)' : `Date(${value.toISOString()})`
  if (Array.isArray(value)) return `[${value.map((item) => show(item, seen, errors)).join(', ')}]`
  const Class = value.constructor
  const name = Class && Class !== Object && Class.name ? `${Class.name} ` : ''
  const keys = Object.keys(value)
  if (keys.length === 0) return `${name}{}`
  const fields = keys.map((key) => {
    const isTime = key === 'timestamp' && typeof value[key] === 'number' && isNow(value[key])
    return `${showKey(key)}: ${isTime ? 'now' : show(value[key], seen, errors)}`
  })
  return `${name}{ ${fields.join(', ')} }`
}

/** @param {any[]} args @returns {string} such as `(null, { t: { 0: 17 } })` */
function showArguments (args) {
  return `(${args.map((arg) => show(arg)).join(', ')})`
}

module.exports = { isNow, show, showArguments }
