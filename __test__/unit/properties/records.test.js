'use strict'

// Record batches, as a consumer's thread writes them, are read as they were written, whatever is in them.

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { RecordReader, describeRanges, rangeReaders } = require('../../../core/wire/records')
const { bytes, configure, fc, names, orNull, texts } = require('../../support/properties')
const { recordBatch } = require('../../support/record-batch')

configure(300)

const encodings = fc.constantFrom('utf8', 'buffer', 'latin1', 'hex', 'base64', 'ascii')
const values = orNull(fc.oneof(bytes, texts.map((text) => Buffer.from(text))))
const records = fc.record({
  topicId: fc.nat(2),
  partition: fc.nat(2),
  timestamp: fc.integer({ min: -1, max: 2 ** 45 }),
  key: values,
  value: values,
  headers: fc.array(fc.tuple(names, values), { maxLength: 3 })
})

/**
 * In the order in which a thread has them: by partition, with offsets that grow and may have gaps.
 *
 * @param {any[]} list
 */
function inRanges (list) {
  const ordered = [...list].sort((a, b) => a.topicId - b.topicId || a.partition - b.partition)
  return ordered.map((record, i) =>
    ({ ...record, offset: 3 * i + record.topicId, assignmentVersion: record.partition }))
}

const batches = fc.array(records, { maxLength: 200 }).map(inRanges)

/** @param {Buffer | null} value @param {string} encoding */
function decoded (value, encoding) {
  if (value === null || encoding === 'buffer') return value
  return value.toString(/** @type {BufferEncoding} */ (encoding))
}

/** @param {Array<[string, Buffer | null]>} headers @param {string} encoding */
function headersOf (headers, encoding) {
  if (headers.length === 0) return null
  /** @type {Map<string, any[]>} */
  const lists = new Map()
  for (const [name, value] of headers) lists.set(name, [...lists.get(name) || [], decoded(value, encoding)])
  return [...lists].map(([name, list]) => [name, list.length > 1 ? list : list[0]])
}

/**
 * @param {RecordReader} reader
 * @param {string} encoding
 * @param {string} keyEncoding
 * @param {number} [chunks] at most
 */
function readAll (reader, encoding, keyEncoding, chunks = Infinity) {
  const read = []
  for (let left = chunks; left > 0 && reader.next(encoding, keyEncoding); left--) {
    for (let i = 0; i < reader.chunkLength; i++) {
      const headers = reader.hasHeaders ? reader.headers[i] : null
      read.push({
        topicId: reader.topicId, partition: reader.partition, assignmentVersion: reader.assignmentVersion,
        offset: reader.offset(i), timestamp: reader.timestamp(i), key: reader.keys[i], value: reader.values[i],
        // an integer-like name comes first in an object
        headers: headers && sorted(Object.entries(headers))
      })
    }
  }
  return read
}

/** @param {any[]} entries */
const sorted = (entries) => entries.sort(([a], [b]) => a < b ? -1 : 1)

/** @param {any[]} written @param {string} encoding @param {string} keyEncoding */
function expected (written, encoding, keyEncoding) {
  return written.map(({ topicId, partition, assignmentVersion, offset, timestamp, key, value, headers }) => {
    const list = headersOf(headers, encoding)
    return {
      topicId, partition, assignmentVersion, offset, timestamp,
      key: decoded(key, keyEncoding), value: decoded(value, encoding), headers: list && sorted(list)
    }
  })
}

describe('a record batch', () => {
  it('is read as it was written, in any encoding', () => {
    fc.assert(fc.property(batches, encodings, encodings, (written, encoding, keyEncoding) => {
      const read = readAll(new RecordReader(recordBatch(written, { room: 40 })), encoding, keyEncoding)
      assert.deepEqual(read, expected(written, encoding, keyEncoding))
    }))
  })

  it('is read the same after it has moved to memory of its own, in the middle of a read', () => {
    fc.assert(fc.property(batches, fc.nat(4), (written, chunks) => {
      const batch = recordBatch(written)
      const reader = new RecordReader(batch)
      const read = readAll(reader, 'buffer', 'utf8', chunks)
      batch.moveTo(Buffer.from(new ArrayBuffer((batch.size + 7) & ~7)))
      read.push(...readAll(reader, 'buffer', 'utf8'))
      assert.deepEqual(read, expected(written, 'buffer', 'utf8'))
    }))
  })

  it('can be read by partition, each from any offset on and as often as need be', () => {
    fc.assert(fc.property(batches, fc.nat(620), (written, from) => {
      const batch = recordBatch(written)
      const ranges = describeRanges(batch)
      const readers = rangeReaders(batch)
      assert.equal(readers.length, ranges.length)
      const read = readers.flatMap((reader) => {
        readAll(reader, 'utf8', 'utf8')
        reader.moveTo(from)
        return readAll(reader, 'utf8', 'utf8')
      })
      assert.deepEqual(read, expected(written.filter(({ offset }) => offset >= from), 'utf8', 'utf8'))
      assert.equal(ranges.reduce((sum, { count }) => sum + count, 0), written.length)
      for (const reader of readers) reader.close()
      assert.equal(batch.isRetained(), false)
    }))
  })
})
