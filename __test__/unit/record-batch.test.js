'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { BatchViews, RecordBatch, RecordReader } = require('../../core/wire/records')
const { encodeBatch, recordBatch } = require('../support/record-batch')

/** All records of a batch, and the chunks they came in. */
function read (batch, { encoding = 'utf8', keyEncoding = encoding } = {}) {
  const reader = new RecordReader(batch)
  const records = []
  const chunks = []
  while (reader.next(encoding, keyEncoding)) {
    chunks.push(reader.chunkLength)
    for (let i = 0; i < reader.chunkLength; i++) {
      records.push({
        topicId: reader.topicId,
        partition: reader.partition,
        highWatermark: reader.highWatermark,
        offset: reader.offset(i),
        timestamp: reader.timestamp(i),
        key: reader.keys[i],
        value: reader.values[i],
        headers: reader.hasHeaders ? reader.headers[i] : null
      })
    }
  }
  assert.equal(reader.next(encoding, keyEncoding), false)
  return { reader, records, chunks }
}

const values = ({ records }) => records.map(({ value }) => value)

test('a batch knows its seek version, buffer and size', () => {
  const batch = recordBatch([], { seekVersion: 3, buffer: 2, room: 100 })
  const { reader, records } = read(batch)
  assert.deepEqual([reader.seekVersion, batch.buffer, batch.size, reader.count], [3, 2, 64, 0])
  assert.deepEqual(records, [])
})

test('each partition of a batch has its own assignment version', () => {
  const reader = new RecordReader(recordBatch([
    { partition: 0, offset: 0, value: 'a', assignmentVersion: 3 },
    { partition: 1, offset: 0, value: 'b', assignmentVersion: 7 }
  ]))
  const asked = []
  const isCurrent = (...range) => asked.push(range) && false
  assert.equal(reader.hasCurrent(isCurrent), false)
  assert.deepEqual(asked.splice(0), [[0, 0, 3], [0, 1, 7]])
  reader.next('utf8', 'utf8')
  assert.equal(reader.assignmentVersion, 3)
  reader.next('utf8', 'utf8')
  assert.equal(reader.assignmentVersion, 7)
  reader.hasCurrent(isCurrent)
  assert.deepEqual(asked, [[0, 1, 7]])
  assert.equal(reader.hasCurrent((topicId, partition) => partition === 1), true)
})

test('each record has the topic, partition and high watermark of its range', () => {
  const { records, chunks } = read(recordBatch([
    { topicId: 1, partition: 0, offset: 5, highWatermark: 10, timestamp: 1700000000123, value: 'a' },
    { topicId: 1, partition: 0, offset: 6, highWatermark: 10, value: 'b' },
    { topicId: 1, partition: 3, offset: 2 ** 53 - 1, highWatermark: 2 ** 53 - 1, value: 'c' },
    { topicId: 2, partition: 3, offset: 0, highWatermark: 1, value: 'd' }
  ]))
  assert.deepEqual(chunks, [2, 1, 1])
  assert.deepEqual(records.map(({ topicId, partition, offset, highWatermark, timestamp, value }) =>
    [topicId, partition, offset, highWatermark, timestamp, value]), [
    [1, 0, 5, 10, 1700000000123, 'a'],
    [1, 0, 6, 10, -1, 'b'],
    [1, 3, 2 ** 53 - 1, 2 ** 53 - 1, -1, 'c'],
    [2, 3, 0, 1, -1, 'd']
  ])
})

for (const encoding of ['utf8', 'buffer', 'hex', 'latin1']) {
  test(`null differs from empty in keys and values (${encoding})`, () => {
    const { records } = read(recordBatch([
      { offset: 0, key: null, value: null }, { offset: 1, key: '', value: '' }, { offset: 2, key: 'k', value: null },
      { offset: 3, key: null, value: 'v' }
    ]), { encoding })
    const text = (value) => value === null ? null : value.length
    const one = encoding === 'hex' ? 2 : 1
    assert.deepEqual(records.map(({ key, value }) => [text(key), text(value)]),
      [[null, null], [0, 0], [one, null], [null, one]])
  })
}

test('ASCII and other text mix in any way, across chunk boundaries', () => {
  const pieces = ['plain', 'grüße', '', '你好', '😀', 'x'.repeat(200), 'é'.repeat(70), '\u0000', '\u007f\u0080']
  const records = Array.from({ length: 300 }, (_, i) => ({
    offset: i, key: pieces[(i * 7) % pieces.length], value: pieces[(i + Math.floor(i / 64)) % pieces.length] + i
  }))
  const result = read(recordBatch(records))
  assert.ok(result.chunks.length > 4)
  assert.deepEqual(result.records.map(({ key, value }) => ({ key, value })),
    records.map(({ key, value }) => ({ key, value })))
})

test('bytes that are not UTF-8 become U+FFFD, and do not shift what follows', () => {
  assert.deepEqual(values(read(recordBatch([
    { offset: 0, value: Buffer.from([0x61, 0xff]) }, { offset: 1, value: Buffer.from([0xe4]) },
    { offset: 2, value: 'next' }
  ]))), ['a\ufffd', '\ufffd', 'next'])
})

test('a character that is cut off by the end of a record stays with its record', () => {
  const [front, back] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)]
  assert.deepEqual(values(read(recordBatch([{ offset: 0, value: front }, { offset: 1, value: back }]))),
    ['\ufffd', '\ufffd'])
})

test('chunks are small, but a large record is whole', () => {
  const large = 'x'.repeat(100000)
  const result = read(recordBatch([
    ...Array.from({ length: 100 }, (_, i) => ({ offset: i, value: 'small' })),
    { offset: 100, value: large },
    { offset: 101, value: 'last' }
  ]))
  assert.deepEqual(result.chunks, [64, 37, 1])
  assert.deepEqual(values(result).slice(99), ['small', large, 'last'])
})

for (const encoding of /** @type {const} */ (['hex', 'base64', 'latin1', 'utf16le', 'ascii'])) {
  test(`values come as ${encoding}, keys with an encoding of their own`, () => {
    const bytes = Buffer.from([1, 2, 0xfe, 0xff, 0x41, 0])
    const [{ key, value }] = read(recordBatch([{ offset: 0, key: 'ключ', value: bytes }]),
      { encoding, keyEncoding: 'utf8' }).records
    assert.equal(value, bytes.toString(encoding))
    assert.equal(key, 'ключ')
  })
}

test('Buffers are independent of the shared buffer, which is refilled', () => {
  const batch = recordBatch([
    { offset: 0, key: 'key', value: 'value', headers: [['h', 'header']] }, { offset: 1, value: 'other' }
  ])
  const { records } = read(batch, { encoding: 'buffer' })
  batch.views.bytes.fill(0)
  assert.deepEqual(records.map(({ key, value }) => [key, value]),
    [[Buffer.from('key'), Buffer.from('value')], [null, Buffer.from('other')]])
  assert.deepEqual(records[0].headers.h, Buffer.from('header'))
  records[0].value.fill(0)
  assert.deepEqual(records[1].value, Buffer.from('other'))
})

test('Buffers are ordinary ones', () => {
  const { records: [{ value }] } = read(recordBatch([{ offset: 0, value: 'abc' }]), { encoding: 'buffer' })
  assert.ok(Buffer.isBuffer(value))
  assert.equal(Object.getPrototypeOf(value), Buffer.prototype)
  assert.deepEqual(value, Buffer.from('abc'))
})

test('strings are independent of the shared buffer, too', () => {
  const batch = recordBatch([{ offset: 0, value: 'value' }, { offset: 1, value: 'größer' }])
  const result = read(batch)
  batch.views.bytes.fill(0)
  assert.deepEqual(values(result), ['value', 'größer'])
})

test('a buffer that is longer than its batch is read only to the end of the batch', () => {
  assert.deepEqual(values(read(recordBatch([{ offset: 0, value: 'a' }], { room: 1000 }))), ['a'])
})

test('headers come by name; null is null, and records without any have none', () => {
  const { records } = read(recordBatch([
    { offset: 0, value: 'a' },
    { offset: 1, value: 'b', headers: [['trace', 'ä'], ['empty', ''], ['nothing', null]] },
    { offset: 2, value: 'c' }
  ]))
  assert.deepEqual(records.map(({ headers }) => headers),
    [null, { trace: 'ä', empty: '', nothing: null }, null])
})

test('a header name that occurs again collects its values in an array', () => {
  const [{ headers }] = read(recordBatch([
    { offset: 0, headers: [['a', '1'], ['b', 'x'], ['a', null], ['a', '3']] }
  ])).records
  assert.deepEqual(headers, { a: ['1', null, '3'], b: 'x' })
})

test('names that objects have by themselves are ordinary header names', () => {
  const [{ headers }] = read(recordBatch([
    { offset: 0, headers: [['__proto__', 'a'], ['__proto__', 'b'], ['constructor', 'c'], ['toString', 'd']] }
  ])).records
  assert.equal(Object.getPrototypeOf(headers), Object.prototype)
  assert.deepEqual(Object.keys(headers), ['__proto__', 'constructor', 'toString'])
  assert.deepEqual(Object.getOwnPropertyDescriptor(headers, '__proto__').value, ['a', 'b'])
  assert.equal(headers.constructor, 'c')
})

test('headers follow the encoding of values', () => {
  const batch = recordBatch([{ offset: 0, headers: [['h', Buffer.from([1, 255])]] }])
  assert.deepEqual(read(batch, { encoding: 'hex' }).records[0].headers, { h: '01ff' })
  assert.deepEqual(read(batch, { encoding: 'buffer' }).records[0].headers, { h: Buffer.from([1, 255]) })
})

test('views may begin anywhere in their memory, if aligned', () => {
  const bytes = encodeBatch([{ offset: 42, value: 'a' }])
  const memory = Buffer.from(new ArrayBuffer(bytes.length + 16))
  bytes.copy(memory, 16)
  const batch = new RecordBatch(new BatchViews(memory.subarray(16)), { released () {}, relieve () {} })
  assert.deepEqual(read(batch).records.map(({ offset, value }) => [offset, value]), [[42, 'a']])
})
