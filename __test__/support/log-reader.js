'use strict'

const { DECOMPRESS } = require('./codecs')
const {
  EARLIEST, LATEST, Writer, listOffsets, metadata, parseAddress, withConnection
} = require('../../tools/kafka/wire')

const FETCH_BYTES = 8 * 1024 * 1024
/** The type of a control record that ends a transaction with a commit. */
const COMMIT_MARKER = 1

/**
 * @typedef {object} LogRecord
 * @property {number} partition
 * @property {number} offset
 * @property {Buffer | null} key
 * @property {Buffer | null} value
 * @property {number} timestamp in ms
 * @property {[string, Buffer | null][]} headers
 */

/** Reads the fields of records: numbers of variable length, zigzag coded. */
class RecordCursor {
  /** @param {Buffer} buffer */
  constructor (buffer) {
    this.buffer = buffer
    this.at = 0
  }

  varint () {
    let low = 0
    let high = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer[this.at++]
      // Bits beyond 28 go into a separate number: a timestamp's delta may need more than the 32 bits that `|` handles.
      if (shift < 28) low |= (byte & 0x7f) << shift
      else high += (byte & 0x7f) * 2 ** (shift - 28)
      if (byte < 0x80) break
    }
    const value = high * 2 ** 28 + low
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes () {
    const length = this.varint()
    if (length < 0) return null
    this.at += length
    return this.buffer.subarray(this.at - length, this.at)
  }
}

/** Which records of one partition belong to transactions that were committed, by the markers that follow them. */
class Transactions {
  constructor () {
    /** @type {Map<bigint, LogRecord[]>} of those without a marker so far, by producer id */
    this.open = new Map()
    /** @type {Set<LogRecord>} */
    this.aborted = new Set()
  }

  /** @param {bigint} producerId @param {LogRecord[]} records */
  add (producerId, records) {
    const before = this.open.get(producerId)
    if (before) before.push(...records)
    else this.open.set(producerId, records)
  }

  /** @param {bigint} producerId @param {Buffer | null} key of a control record */
  end (producerId, key) {
    const isCommit = key !== null && key.readInt16BE(2) === COMMIT_MARKER
    if (!isCommit) for (const record of this.open.get(producerId) || []) this.aborted.add(record)
    this.open.delete(producerId)
  }

  /** @param {LogRecord} record */
  shows (record) {
    return !this.aborted.has(record) && ![...this.open.values()].some((records) => records.includes(record))
  }
}

/**
 * Appends the records of what a fetch returned, and says where the next fetch begins. The last batch may be cut off.
 *
 * @param {Buffer} bytes
 * @param {{ partition: number, from: bigint, end: bigint }} range
 * @param {LogRecord[]} records
 * @param {Transactions} [transactions] of the partition, to be told
 * @returns {bigint}
 */
function decodeBatches (bytes, { partition, from, end }, records, transactions) {
  let next = from
  for (let at = 0; at + 61 <= bytes.length;) {
    const base = bytes.readBigInt64BE(at)
    const length = 12 + bytes.readInt32BE(at + 8)
    if (at + length > bytes.length) break
    const magic = bytes[at + 16]
    if (magic !== 2) throw new Error(`The log reader knows record batches of format 2, not ${magic}`)
    const attributes = bytes.readInt16BE(at + 21)
    const firstTimestamp = Number(bytes.readBigInt64BE(at + 27))
    const maxTimestamp = Number(bytes.readBigInt64BE(at + 35))
    next = base + BigInt(bytes.readInt32BE(at + 23)) + 1n
    const count = bytes.readInt32BE(at + 57)
    const isAppendTime = (attributes & 8) !== 0
    const isControl = (attributes & 0x20) !== 0
    const producerId = bytes.readBigInt64BE(at + 43)
    const known = records.length
    if (isControl) {
      const cursor = new RecordCursor(bytes.subarray(at + 61, at + length))
      cursor.varint()
      cursor.at++
      cursor.varint()
      cursor.varint()
      if (transactions) transactions.end(producerId, cursor.bytes())
    } else {
      const cursor = new RecordCursor(DECOMPRESS[attributes & 7](bytes.subarray(at + 61, at + length)))
      for (let i = 0; i < count; i++) {
        cursor.varint()
        cursor.at++
        const timestamp = firstTimestamp + cursor.varint()
        const offset = base + BigInt(cursor.varint())
        const key = cursor.bytes()
        const value = cursor.bytes()
        const headers = Array.from({ length: cursor.varint() }, () =>
          /** @type {[string, Buffer | null]} */ ([String(cursor.bytes()), cursor.bytes()]))
        // A fetch returns whole batches: the first may begin before the requested offset.
        if (offset < from || offset >= end) continue
        const time = isAppendTime ? maxTimestamp : timestamp
        records.push({ partition, offset: Number(offset), key, value, timestamp: time, headers })
      }
      if (transactions && (attributes & 0x10) !== 0) transactions.add(producerId, records.slice(known))
    }
    at += length
  }
  return next
}

/**
 * @param {import('../../tools/kafka/wire').Connection} connection
 * @param {string} topic
 * @param {{ partition: number, from: bigint }} position
 * @returns {Promise<Buffer>}
 */
async function fetch (connection, topic, { partition, from }) {
  const body = new Writer().int32(-1).int32(100).int32(1).int32(FETCH_BYTES).int8(0)
  body.int32(1).string(topic).int32(1).int32(partition).int64(from).int32(FETCH_BYTES)
  const reader = await connection.request(1, 4, body)
  reader.int32()
  const [[bytes]] = reader.array(() => {
    reader.string()
    return reader.array(() => {
      reader.int32()
      const error = reader.int16()
      if (error !== 0) throw new Error(`${topic}/${partition} could not be read at offset ${from}: error ${error}`)
      reader.int64()
      reader.int64()
      reader.array(() => reader.bytes(16))
      return reader.bytes(Math.max(reader.int32(), 0))
    })
  })
  return bytes
}

/**
 * Everything in a topic's log at the time of the call, by partition and offset. That includes records of transactions,
 * committed or not, but not what compaction or retention has removed.
 *
 * @param {string} brokers
 * @param {string} topic
 * @returns {Promise<LogRecord[]>}
 */
async function readAll (brokers, topic) {
  return (await readPartitions(brokers, topic)).records
}

/**
 * The same with what a reader of committed transactions sees of it. Nothing is decided of transactions that are open.
 *
 * @param {string} brokers
 * @param {string} topic
 * @returns {Promise<{ records: (LogRecord & { isVisible: boolean })[], open: number }>} `open`: how many there are
 */
async function readTransactions (brokers, topic) {
  const { records, transactions } = await readPartitions(brokers, topic)
  const all = [...transactions.values()]
  return {
    records: records.map((record) => {
      const own = transactions.get(record.partition)
      return { ...record, isVisible: own === undefined || own.shows(record) }
    }),
    open: all.reduce((sum, { open }) => sum + open.size, 0)
  }
}

/** @param {string} brokers @param {string} topic */
async function readPartitions (brokers, topic) {
  const { brokers: nodes, topics: [found] } = await withConnection(parseAddress(brokers), (c) => metadata(c, [topic]))
  if (found.error !== 0) throw new Error(`Topic ${topic} could not be read: error ${found.error}`)
  /** @type {LogRecord[]} */
  const records = []
  /** @type {Map<number, Transactions>} by partition */
  const transactions = new Map()
  for (const node of nodes) {
    const ids = found.partitions.filter((partition) => partition.leader === node.id).map((partition) => partition.id)
    if (ids.length === 0) continue
    await withConnection({ host: node.host, port: node.port, timeout: 30000 }, async (connection) => {
      const starts = await listOffsets(connection, topic, ids, EARLIEST)
      const ends = await listOffsets(connection, topic, ids, LATEST)
      for (const partition of ids) {
        const end = /** @type {bigint} */ (ends.get(partition))
        let from = /** @type {bigint} */ (starts.get(partition))
        const own = new Transactions()
        transactions.set(partition, own)
        while (from < end) {
          const bytes = await fetch(connection, topic, { partition, from })
          from = decodeBatches(bytes, { partition, from, end }, records, own)
        }
      }
    })
  }
  const headless = found.partitions.find((partition) => partition.leader < 0)
  if (headless) throw new Error(`${topic}/${headless.id} has no leader`)
  records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  return { records, transactions }
}

module.exports = { readAll, readTransactions, decodeBatches, RecordCursor }
