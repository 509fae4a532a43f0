'use strict'

const crypto = require('node:crypto')
const { setTimeout: delay } = require('node:timers/promises')

const { Writer } = require('./wire')

const ALTER_CREDENTIALS = 51
const DESCRIBE_CREDENTIALS = 50
const ITERATIONS = 4096
const POLL_MS = 50
const POLLS = 200

/** Kafka's numbers of the mechanisms, and their hashes. */
const MECHANISMS = [{ id: 1, hash: 'sha256', length: 32 }, { id: 2, hash: 'sha512', length: 64 }]

/** @param {Writer} writer @param {Buffer | string} value shorter than 127 bytes, so that its length is one byte */
function compact (writer, value) {
  const bytes = Buffer.from(value)
  writer.int8(bytes.length + 1).parts.push(bytes)
  return writer
}

/** @param {import('./wire').Reader} reader */
function compactString (reader) {
  const length = reader.int8()
  return length === 0 ? null : reader.bytes(length - 1).toString()
}

/**
 * @param {import('./wire').Connection} connection
 * @param {number} apiKey
 * @param {Writer} body of version 0, which has tagged fields, as does its header
 * @returns {Promise<import('./wire').Reader>} after the header and the throttle time
 */
async function request (connection, apiKey, body) {
  const reader = await connection.request(apiKey, 0, body)
  reader.int8()
  reader.int32()
  return reader
}

/**
 * Creates a user for SCRAM-SHA-256 and SCRAM-SHA-512, and waits until the broker has applied it.
 *
 * @param {import('./wire').Connection} connection to the controller
 * @param {{ username: string, password: string }} user
 */
async function addScramUser (connection, { username, password }) {
  // The broker refuses a request that names a user twice.
  for (const { id, hash, length } of MECHANISMS) {
    const salt = crypto.randomBytes(16)
    const body = compact(new Writer().int8(0).int8(1).int8(2), username).int8(id).int32(ITERATIONS)
    compact(compact(body, salt), crypto.pbkdf2Sync(password, salt, ITERATIONS, length, hash)).int8(0).int8(0)
    const reader = await request(connection, ALTER_CREDENTIALS, body)
    reader.int8()
    compactString(reader)
    const error = reader.int16()
    const text = compactString(reader)
    if (error !== 0) throw new Error(`SCRAM credentials of ${username} were refused: ${text || `error ${error}`}`)
  }
  for (let i = 0; i < POLLS; i++) {
    if (await mechanismCount(connection, username) === MECHANISMS.length) return
    await delay(POLL_MS)
  }
  throw new Error(`${connection.name} does not know the SCRAM credentials of ${username} that it was given`)
}

/** @param {import('./wire').Connection} connection @param {string} username */
async function mechanismCount (connection, username) {
  const body = compact(new Writer().int8(0).int8(2), username).int8(0).int8(0)
  const reader = await request(connection, DESCRIBE_CREDENTIALS, body)
  reader.int16()
  compactString(reader)
  if (reader.int8() < 2) return 0
  compactString(reader)
  reader.int16()
  compactString(reader)
  return reader.int8() - 1
}

module.exports = { addScramUser }
