'use strict'

const { unescaped } = require('./arguments')

// Messages as lines of text, in and out. What `consume --format json` prints, `produce --json` reads.

/**
 * @typedef {import('../kafkajs').NativeMessage} NativeMessage
 * @typedef {import('../kafkajs').KafkaMessage} KafkaMessage
 */

/**
 * @param {Buffer} bytes
 * @returns {string | { base64: string }} text if it is text
 */
function toJson (bytes) {
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : { base64: bytes.toString('base64') }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string | Buffer | null}
 */
function fromJson (value, name) {
  if (value === null) return null
  if (typeof value === 'string') return value
  const { base64, ...rest } = /** @type {any} */ (typeof value === 'object' ? value : {})
  if (typeof base64 === 'string' && Object.keys(rest).length === 0) return Buffer.from(base64, 'base64')
  throw new Error(`"${name}" has to be text, null or { "base64": "..." }`)
}

/**
 * @param {string} text
 * @returns {NativeMessage}
 */
function parseMessage (text) {
  /** @type {any} */
  let given
  try {
    given = JSON.parse(text)
  } catch {
    throw new Error('it is not JSON')
  }
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw new Error('it is no JSON object')
  const { key, value, headers, partition, timestamp } = given
  if (value === undefined) throw new Error('it has no "value" (null is a tombstone)')
  /** @type {NativeMessage} */
  const message = { value: fromJson(value, 'value') }
  if (key !== undefined) message.key = fromJson(key, 'key')
  if (partition !== undefined) {
    if (!Number.isInteger(partition) || partition < 0) throw new Error('"partition" has to be a number from 0 on')
    message.partition = partition
  }
  if (timestamp !== undefined) message.timestamp = parseTimestamp(timestamp)
  if (headers !== undefined) message.headers = parseHeaders(headers)
  return message
}

/** @param {unknown} timestamp */
function parseTimestamp (timestamp) {
  const text = String(timestamp)
  if (/^\d{1,15}$/.test(text)) return text
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : NaN
  if (Number.isNaN(time)) throw new Error('"timestamp" has to be milliseconds since 1970, or a date')
  return String(time)
}

/** @param {any} headers */
function parseHeaders (headers) {
  if (headers === null || typeof headers !== 'object' || Array.isArray(headers)) {
    throw new Error('"headers" has to be an object')
  }
  const parsed = Object.create(null)
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    parsed[name] = Array.isArray(value)
      ? value.map(each => fromJson(each, `headers.${name}`))
      : fromJson(value, `headers.${name}`)
  }
  return parsed
}

/**
 * @param {{ json?: boolean, key?: string, keySeparator?: string, headers: Array<[string, string]>,
 *   partition?: number }} options
 * @returns {(line: Buffer) => NativeMessage} throws for a line that is no message
 */
function lineReader ({ json, key, keySeparator, headers, partition }) {
  /** @type {Record<string, string | string[]>} */
  const common = Object.create(null)
  for (const [name, value] of headers) {
    const before = common[name]
    common[name] = before === undefined ? value : [before, value].flat()
  }
  const extra = {
    ...headers.length > 0 ? { headers: common } : {},
    ...partition !== undefined ? { partition } : {}
  }
  if (json) {
    return line => {
      const message = parseMessage(line.toString('utf8'))
      const merged = Object.assign(Object.create(null), common, message.headers)
      return { ...message, ...extra, ...Object.keys(merged).length > 0 ? { headers: merged } : {} }
    }
  }
  if (keySeparator === undefined) return line => ({ value: line, ...key !== undefined ? { key } : {}, ...extra })
  return line => {
    const at = line.indexOf(keySeparator)
    if (at === -1) throw new Error(`it has no separator "${keySeparator}"`)
    return { key: line.slice(0, at), value: line.slice(at + Buffer.byteLength(keySeparator)), ...extra }
  }
}

/**
 * @typedef {object} Received
 * @property {string} topic
 * @property {number} partition
 * @property {KafkaMessage} message
 */

/** @param {Received} received */
function messageJson ({ topic, partition, message }) {
  const headers = Object.create(null)
  for (const [name, value] of Object.entries(message.headers || {})) {
    const one = (/** @type {any} */ each) => each === null || each === undefined ? null : toJson(Buffer.from(each))
    headers[name] = Array.isArray(value) ? value.map(one) : one(value)
  }
  return {
    topic,
    partition,
    offset: message.offset,
    timestamp: message.timestamp,
    key: message.key === null ? null : toJson(message.key),
    value: message.value === null ? null : toJson(message.value),
    headers
  }
}

/** @type {Array<[string, (received: Received) => string | Buffer | null]>} */
const FIELD_LIST = [
  ['topic', ({ topic }) => topic],
  ['partition', ({ partition }) => String(partition)],
  ['offset', ({ message }) => message.offset],
  ['timestamp', ({ message }) => message.timestamp],
  ['time', ({ message }) => new Date(Number(message.timestamp)).toISOString()],
  ['key', ({ message }) => message.key],
  ['value', ({ message }) => message.value],
  ['headers', received => JSON.stringify(messageJson(received).headers)]
]

const FIELDS = new Map(FIELD_LIST)

/**
 * @param {string} format `value`, `json`, or a template such as `{key}: {value}`
 * @returns {(received: Received) => Buffer} a line, with its end; bytes of keys and values stay as they are
 */
function lineWriter (format) {
  const end = Buffer.from('\n')
  if (format === 'value') return ({ message }) => Buffer.concat([message.value || Buffer.alloc(0), end])
  if (format === 'json') return received => Buffer.from(`${JSON.stringify(messageJson(received))}\n`)
  if (!format.includes('{')) {
    throw new Error(`"${format}" is no format: it is value, json or a template such as "{key}: {value}"`)
  }
  // Every other part is the name of a field.
  const parts = format.split(/\{([^{}]*)\}/).map((part, i) => {
    if (i % 2 === 0) {
      const text = Buffer.from(unescaped(part))
      return () => text
    }
    const field = FIELDS.get(part)
    if (!field) throw new Error(`there is no field {${part}}: there are {${[...FIELDS.keys()].join('} {')}}`)
    return (/** @type {Received} */ received) => {
      const value = field(received)
      return Buffer.isBuffer(value) ? value : Buffer.from(value === null ? 'null' : value)
    }
  })
  return received => Buffer.concat([...parts.map(part => part(received)), end])
}

module.exports = { lineReader, lineWriter, messageJson, parseMessage }
