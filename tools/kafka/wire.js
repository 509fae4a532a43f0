'use strict'

const net = require('node:net')

// The few requests of Kafka's protocol that are needed to start and check a broker, in versions that both 3.9 and 4.x
// know. No client library, because the checks should not share mistakes with what they check.

/** In place of a time, in listOffsets. */
const EARLIEST = -2n
const LATEST = -1n

/** Builds a request body, field by field. */
class Writer {
  constructor () {
    /** @type {Buffer[]} */
    this.parts = []
  }

  /** @param {number} size @param {(buffer: Buffer) => void} write */
  add (size, write) {
    const buffer = Buffer.alloc(size)
    write(buffer)
    this.parts.push(buffer)
    return this
  }

  /** @param {number} value */
  int8 (value) { return this.add(1, (buffer) => buffer.writeInt8(value)) }
  /** @param {number} value */
  int16 (value) { return this.add(2, (buffer) => buffer.writeInt16BE(value)) }
  /** @param {number} value */
  int32 (value) { return this.add(4, (buffer) => buffer.writeInt32BE(value)) }
  /** @param {bigint} value */
  int64 (value) { return this.add(8, (buffer) => buffer.writeBigInt64BE(value)) }

  /** @param {string} value */
  string (value) {
    const bytes = Buffer.from(value)
    this.int16(bytes.length)
    this.parts.push(bytes)
    return this
  }

  /** @template T @param {T[]} items @param {(item: T) => void} write */
  array (items, write) {
    this.int32(items.length)
    items.forEach(write)
    return this
  }

  toBuffer () { return Buffer.concat(this.parts) }
}

/** Reads a response body, field by field. */
class Reader {
  /** @param {Buffer} buffer */
  constructor (buffer) {
    this.buffer = buffer
    this.at = 0
  }

  /** @param {number} size */
  skip (size) {
    this.at += size
    return this.at - size
  }

  int8 () { return this.buffer.readInt8(this.skip(1)) }
  int16 () { return this.buffer.readInt16BE(this.skip(2)) }
  int32 () { return this.buffer.readInt32BE(this.skip(4)) }
  int64 () { return this.buffer.readBigInt64BE(this.skip(8)) }

  /** @param {number} size */
  bytes (size) {
    const start = this.skip(size)
    return this.buffer.subarray(start, this.at)
  }

  string () {
    const length = this.int16()
    return length < 0 ? null : this.bytes(length).toString()
  }

  /** @template T @param {() => T} read @returns {T[]} */
  array (read) {
    const length = this.int32()
    return Array.from({ length: Math.max(length, 0) }, read)
  }
}

/** One connection; requests run one after another. */
class Connection {
  /** @param {{ host: string, port: number, timeout?: number }} options `timeout`, in ms, is for each step */
  constructor ({ host, port, timeout = 10000 }) {
    this.name = `${host}:${port}`
    this.timeout = timeout
    this.socket = net.connect({ host, port, noDelay: true })
    /** @type {Buffer[]} */
    this.chunks = []
    this.size = 0
    this.correlation = 0
    /** @type {Error | null} */
    this.failure = null
    this.wake = () => {}
    this.socket.on('data', (chunk) => {
      this.chunks.push(chunk)
      this.size += chunk.length
      this.wake()
    })
    const fail = (/** @type {Error} */ error) => {
      this.failure = this.failure || error
      this.wake()
    }
    this.socket.on('error', fail)
    this.socket.on('close', () => fail(new Error(`${this.name} closed the connection`)))
    this.socket.setTimeout(timeout, () => {
      fail(new Error(`${this.name} did not answer within ${timeout} ms`))
      this.socket.destroy()
    })
  }

  /** @param {number} size */
  async take (size) {
    while (this.size < size) {
      if (this.failure) throw this.failure
      await new Promise((resolve) => { this.wake = () => resolve(undefined) })
    }
    const all = Buffer.concat(this.chunks)
    this.chunks = [all.subarray(size)]
    this.size -= size
    return all.subarray(0, size)
  }

  /** @param {Buffer} body @returns {Promise<Buffer>} the answer's body; each has its length, in 4 bytes, before it */
  async exchange (body) {
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length)
    this.socket.write(Buffer.concat([length, body]))
    return this.take((await this.take(4)).readInt32BE())
  }

  /**
   * @param {number} apiKey
   * @param {number} apiVersion
   * @param {Writer} body
   * @returns {Promise<Reader>}
   */
  async request (apiKey, apiVersion, body) {
    const header = new Writer().int16(apiKey).int16(apiVersion).int32(++this.correlation).string('kafka-script')
    const reader = new Reader(await this.exchange(Buffer.concat([header.toBuffer(), body.toBuffer()])))
    if (reader.int32() !== this.correlation) throw new Error(`${this.name} does not speak Kafka's protocol`)
    return reader
  }

  close () {
    this.socket.destroy()
  }
}

/**
 * @typedef {object} Metadata
 * @property {{ id: number, host: string, port: number }[]} brokers
 * @property {number} controllerId -1 while there is none
 * @property {{ error: number, name: string, partitions: Partition[] }[]} topics
 */

/**
 * @typedef {object} Partition
 * @property {number} error
 * @property {number} id
 * @property {number} leader -1 while there is none
 * @property {number[]} replicas
 * @property {number[]} isr the replicas that are in sync
 */

/**
 * @param {Connection} connection
 * @param {string[]} [topics] default: all
 * @returns {Promise<Metadata>}
 */
async function metadata (connection, topics) {
  const body = new Writer()
  if (topics) body.array(topics, (topic) => body.string(topic))
  else body.int32(-1)
  const reader = await connection.request(3, 1, body)
  const brokers = reader.array(() => {
    const broker = { id: reader.int32(), host: String(reader.string()), port: reader.int32() }
    reader.string()
    return broker
  })
  const controllerId = reader.int32()
  const found = reader.array(() => {
    const topic = { error: reader.int16(), name: String(reader.string()), internal: reader.int8() }
    const partitions = reader.array(() => {
      const partition = { error: reader.int16(), id: reader.int32(), leader: reader.int32() }
      const replicas = reader.array(() => reader.int32())
      return { ...partition, replicas, isr: reader.array(() => reader.int32()) }
    })
    return { error: topic.error, name: topic.name, partitions }
  })
  return { brokers, controllerId, topics: found }
}

/**
 * @param {Connection} connection to the controller
 * @param {{ name: string, partitions: number }[]} topics
 * @returns {Promise<{ name: string, error: number, message: string | null }[]>}
 */
async function createTopics (connection, topics) {
  const body = new Writer()
  body.array(topics, ({ name, partitions }) => body.string(name).int32(partitions).int16(1).int32(0).int32(0))
  body.int32(30000).int8(0)
  const reader = await connection.request(19, 2, body)
  reader.int32()
  return reader.array(() => ({ name: String(reader.string()), error: reader.int16(), message: reader.string() }))
}

/**
 * Offsets of partitions, from their leader.
 *
 * @param {Connection} connection
 * @param {string} topic
 * @param {number[]} partitions
 * @param {bigint} time in ms, or EARLIEST or LATEST
 * @returns {Promise<Map<number, bigint>>}
 */
async function listOffsets (connection, topic, partitions, time) {
  const body = new Writer().int32(-1).int32(1).string(topic)
  body.array(partitions, (partition) => body.int32(partition).int64(time))
  const reader = await connection.request(2, 1, body)
  /** @type {Map<number, bigint>} */
  const offsets = new Map()
  reader.array(() => {
    reader.string()
    reader.array(() => {
      const partition = reader.int32()
      const error = reader.int16()
      if (error !== 0) throw new Error(`Offsets of ${topic}/${partition} could not be listed: error ${error}`)
      reader.int64()
      offsets.set(partition, reader.int64())
    })
  })
  return offsets
}

/** @param {string} text `host:port`, the first of a list @returns {{ host: string, port: number }} */
function parseAddress (text) {
  const first = text.split(',')[0].trim()
  const match = /^(?:[A-Z_]+:\/\/)?(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(first)
  if (!match) throw new Error(`${JSON.stringify(text)} is not a list of host:port`)
  return { host: match[1] || match[2], port: Number(match[3]) }
}

/**
 * @template T
 * @param {{ host: string, port: number, timeout?: number }} address
 * @param {(connection: Connection) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withConnection (address, use) {
  const connection = new Connection(address)
  try {
    return await use(connection)
  } finally {
    connection.close()
  }
}

module.exports = {
  EARLIEST,
  LATEST,
  Writer,
  Reader,
  Connection,
  metadata,
  createTopics,
  listOffsets,
  parseAddress,
  withConnection
}
