'use strict'

const { InvalidConfigError } = require('./errors')
const { KeyedMessage } = require('../protocol/protocol_struct')
const { textOf } = require('./arguments')
const { lazy } = require('../../core/lazy')

/** The format of sends, loaded with the first headers or the first handle. */
const wire = lazy(() => require('../../core/wire/sends'))

/**
 * The messages of kafka-node's payloads as records.
 *
 * @typedef {import('../../core/wire/sends').Records} Records
 * @typedef {import('../../core/wire/sends').WireValue} WireValue
 * @typedef {import('../../index').ProduceRequest} Payload
 * @typedef {Payload & { partition: number, attributes: number }} ChosenPayload with its partition
 * @typedef {import('../../index').ProduceResult | { result: string }} ProduceResult
 * @typedef {(err: Error | null, result?: ProduceResult) => void} ProduceCallback
 */

/**
 * What kafka-node sends for a value or key: bytes for a Buffer, UTF-8 for a string, null for null and undefined, and
 * `toString()` of anything else.
 *
 * @param {unknown} value
 * @returns {WireValue}
 */
function toWire (value) {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value
  return value === null || value === undefined ? null : value.toString()
}

/**
 * @param {import('../../index').MessageHeaders} headers an array holds several headers of a name
 * @returns {Buffer | null}
 */
function headersOf (headers) {
  if (!headers) return null
  /** @type {Array<[string, WireValue]>} */
  const list = []
  for (const name of Object.keys(headers)) {
    for (const value of Array.isArray(headers[name]) ? headers[name] : [headers[name]]) list.push([name, toWire(value)])
  }
  return wire().packHeaders(list)
}

/**
 * @param {unknown} timestamp of a payload or KeyedMessage: a number, a Date, or a number as text
 * @returns {number | null} ms since the epoch; null for the time of sending
 * @throws {InvalidConfigError} if it is not a time that a record can have
 */
function timestampOf (timestamp) {
  if (!timestamp) {
    if (!Number.isNaN(timestamp)) return null
  } else if (typeof timestamp !== 'boolean' && typeof timestamp !== 'symbol') {
    const number = Number(timestamp)
    if (Number.isSafeInteger(number) && number >= 0) return number
  }
  throw new InvalidConfigError(
    `timestamp ${textOf(timestamp)} is illegal, must be milliseconds since 1970, a whole number, or a Date`)
}

/**
 * The records of one payload.
 *
 * @param {Payload} payload
 * @returns {Records}
 */
function recordsOf (payload) {
  /** @type {unknown[]} */
  const messages = Array.isArray(payload.messages) ? payload.messages : [payload.messages]
  const count = messages.length
  const key = toWire(payload.key)
  const values = new Array(count)
  let areKeyed = false
  for (let i = 0; i < count; i++) {
    const message = messages[i]
    if (typeof message === 'string') values[i] = message
    else if (message instanceof KeyedMessage) areKeyed = true
    else values[i] = toWire(message)
  }
  const timestamp = payload.timestamp === undefined ? null : timestampOf(payload.timestamp)
  const headers = payload.headers ? headersOf(payload.headers) : null
  return {
    values: areKeyed ? messages.map(valueOf) : values,
    key,
    keys: areKeyed ? messages.map(message => message instanceof KeyedMessage ? toWire(message.key) : key) : null,
    timestamps: areKeyed ? timesOf(messages, timestamp) : timestamp === null ? null : new Array(count).fill(timestamp),
    headers: headers === null ? null : new Array(count).fill(headers)
  }
}

/** @param {unknown} message */
function valueOf (message) {
  return toWire(message instanceof KeyedMessage ? message.value : message)
}

/**
 * @param {unknown[]} messages
 * @param {number | null} other for messages that have none of their own
 * @returns {number[] | null}
 */
function timesOf (messages, other) {
  const times = messages.map(message => message instanceof KeyedMessage ? timestampOf(message.timestamp) : other)
  if (times.every(time => time === null)) return null
  const now = Date.now()
  return times.map(time => time === null ? now : time)
}

/**
 * Appends the records of a further payload for the same partition.
 *
 * @param {Records} records
 * @param {Records} more
 */
function appendRecords (records, more) {
  const count = records.values.length
  const added = more.values.length
  if (records.keys === null && (more.keys !== null || !isSame(records.key, more.key))) {
    records.keys = new Array(count).fill(records.key)
  }
  if (records.timestamps === null && more.timestamps !== null) records.timestamps = new Array(count).fill(Date.now())
  if (records.headers === null && more.headers !== null) records.headers = new Array(count).fill(null)
  // in place: hundreds of payloads of one send may be merged here
  for (let i = 0; i < added; i++) {
    records.values.push(more.values[i])
    if (records.keys !== null) records.keys.push(more.keys === null ? more.key : more.keys[i])
    if (records.timestamps !== null) {
      records.timestamps.push(more.timestamps === null ? Date.now() : more.timestamps[i])
    }
    if (records.headers !== null) records.headers.push(more.headers === null ? null : more.headers[i])
  }
}

/**
 * @param {WireValue} one
 * @param {WireValue} other
 */
function isSame (one, other) {
  return one === other || (Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other))
}

module.exports = { appendRecords, recordsOf, toWire }
