'use strict'

// Writes record batches as src/wire/records.rs does, for tests of their reading end.

const { BatchViews, RecordBatch } = require('../../core/wire/records')

const HEADER_BYTES = 64
const RANGE_BYTES = 32
const HAS_HEADERS = 1

const bytesOf = (value) => value == null ? null : Buffer.from(value)

function lengthWord (bytes) {
  if (bytes === null) return -1
  return (bytes.length << 1) | (bytes.some((byte) => byte > 127) ? 1 : 0)
}

function i32 (value) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function f64 (value) {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

function packHeaders (headers) {
  return Buffer.concat(headers.flatMap(([name, value]) => {
    const [nameBytes, valueBytes] = [Buffer.from(name), bytesOf(value)]
    return [i32(nameBytes.length), nameBytes, i32(valueBytes ? valueBytes.length : -1), valueBytes || Buffer.alloc(0)]
  }))
}

/**
 * @typedef {string | Buffer | null} Bytes
 *
 * @param {Array<{ topicId?: number, partition?: number, offset: number, timestamp?: number, highWatermark?: number,
 *   assignmentVersion?: number,
 *   key?: Bytes, value?: Bytes, headers?: Array<[string, Bytes]> }>} records
 * @param {{ assignmentVersion?: number, seekVersion?: number, buffer?: number, room?: number }} [header] `room`: bytes
 *   after its end
 * @returns {Buffer} aligned to 8 bytes
 */
function encodeBatch (records, { assignmentVersion = 0, seekVersion = 0, buffer = 0, room = 0 } = {}) {
  const rows = records.map(({ key, value, headers = [], ...rest }) => ({
    topicId: 0,
    partition: 0,
    assignmentVersion,
    timestamp: -1,
    highWatermark: 0,
    ...rest,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: packHeaders(headers)
  }))
  const ranges = []
  rows.forEach(({ topicId, partition, highWatermark, assignmentVersion }, first) => {
    const range = ranges[ranges.length - 1]
    if (range && range.topicId === topicId && range.partition === partition) range.count++
    else ranges.push({ topicId, partition, first, count: 1, highWatermark, assignmentVersion })
  })
  const headed = rows.some(({ headers }) => headers.length > 0)
  const none = Buffer.alloc(0)
  const columns = [
    Buffer.concat(rows.map(({ offset }) => f64(offset))),
    Buffer.concat(rows.map(({ timestamp }) => f64(timestamp))),
    Buffer.concat(rows.map(({ key }) => i32(lengthWord(key)))),
    Buffer.concat(rows.map(({ value }) => i32(lengthWord(value)))),
    headed ? Buffer.concat(rows.map(({ headers }) => i32(headers.length))) : none,
    Buffer.concat(rows.map(({ key }) => key || none)),
    Buffer.concat(rows.map(({ value }) => value || none)),
    Buffer.concat(rows.map(({ headers }) => headers))
  ]
  let at = HEADER_BYTES + RANGE_BYTES * ranges.length
  const positions = columns.map((column) => (at += column.length) - column.length)
  const size = at
  const flags = headed ? HAS_HEADERS : 0
  const words = [rows.length, ranges.length, flags, size, seekVersion, ...positions, buffer, 0, 0]
  const content = Buffer.concat([
    ...words.map(i32),
    ...ranges.flatMap(({ topicId, partition, first, count, highWatermark, assignmentVersion }) =>
      [...[topicId, partition, first, count].map(i32), f64(highWatermark), i32(assignmentVersion), i32(0)]),
    ...columns
  ])
  // memory of its own, like shared buffers; what follows the batch is left over from an earlier one
  const batch = Buffer.from(new ArrayBuffer((content.length + room + 7) & ~7)).fill(0xAA)
  content.copy(batch)
  return batch
}

/**
 * @param {Parameters<typeof encodeBatch>[0]} records
 * @param {Parameters<typeof encodeBatch>[1]} [header]
 * @param {{ released: (batch: any) => void, relieve: () => void }} [owner]
 */
function recordBatch (records, header, owner = { released () {}, relieve () {} }) {
  return new RecordBatch(new BatchViews(encodeBatch(records, header)), owner)
}

module.exports = { encodeBatch, recordBatch }
