'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { KeyedMessage } = require('../..')
const { SendPacker } = require('../../core/wire/sends')
const { appendRecords, recordsOf, toWire } = require('../../lib/internal/produceBatches')
const { HAS_HEADERS, HAS_TIMESTAMPS, SAME_KEY, decode } = require('../support/produce-batch')

const part = (messages, rest = {}) => ({ messages, key: undefined, timestamp: undefined, headers: undefined, ...rest })

/**
 * The records of payloads for one partition.
 *
 * @param {any[]} payloads
 */
function recordsOfAll ([first, ...others]) {
  const records = recordsOf(first)
  for (const other of others) appendRecords(records, recordsOf(other))
  return records
}

/** Packs one produce batch, and reads it. */
function packed (...parts) {
  const packer = new SendPacker()
  packer.batch(1, 0, 0, 0, recordsOfAll(parts))
  const [batch] = decode(packer.bytes.subarray(0, packer.at))
  return batch
}

const text = (bytes) => bytes === null ? null : bytes.toString()
const texts = ({ records }) => records.map(({ key, value }) => [text(key), text(value)])

test('toWire turns a value into what kafka-node sends', () => {
  const buffer = Buffer.from('b')
  assert.equal(toWire(buffer), buffer)
  assert.equal(toWire('s'), 's')
  assert.equal(toWire(''), '')
  assert.equal(toWire(null), null)
  assert.equal(toWire(undefined), null)
  assert.equal(toWire(0), '0')
  assert.equal(toWire(false), 'false')
  assert.equal(toWire({}), '[object Object]')
  assert.equal(toWire({ toString: () => 'own' }), 'own')
  assert.equal(toWire(new Uint8Array([1, 2])), '1,2')
})

test('the header of a produce batch says where its records go and which send waits for them', () => {
  const packer = new SendPacker()
  packer.batch(7, 1, 2, 3, recordsOfAll([part(['a', 'b'])]))
  packer.batch(0, 0, 9, 0, recordsOfAll([part([])]))
  const batches = decode(packer.bytes.subarray(0, packer.at))
  assert.deepEqual(batches.map(({ send, index, topic, partition, records }) =>
    [send, index, topic, partition, records.length]), [[7, 1, 2, 3, 2], [0, 0, 9, 0, 0]])
})

test('the bytes of a plain batch', () => {
  const packer = new SendPacker()
  packer.batch(1, 0, 2, 3, recordsOfAll([part(['ab', 'c'], { key: 'k' })]))
  const words = [1, 0, 2, 3, 2, SAME_KEY, 4, 1, 2, 1]
  const expected = Buffer.concat([Buffer.from(new Int32Array(words).buffer), Buffer.from('kabc')])
  assert.deepEqual(packer.bytes.subarray(0, packer.at), expected)
})

test('the key of a payload is written once', () => {
  const batch = packed(part(['a', '', null, undefined, Buffer.from('bytes'), 1], { key: 'key' }))
  assert.equal(batch.flags, SAME_KEY)
  assert.deepEqual(texts(batch),
    [['key', 'a'], ['key', ''], ['key', null], ['key', null], ['key', 'bytes'], ['key', '1']])
})

test('keys are null, empty or anything', () => {
  for (const [key, expected] of [[undefined, null], [null, null], ['', ''], [0, '0'], [Buffer.from('b'), 'b']]) {
    assert.deepEqual(texts(packed(part(['v'], { key }))), [[expected, 'v']])
  }
})

test('text beyond ASCII is UTF-8, wherever it occurs', () => {
  const messages = ['plain', 'grüße', '', '你好', '😀', 'plain']
  assert.deepEqual(texts(packed(part(messages))), messages.map((message) => [null, message]))
})

test('half a surrogate pair becomes U+FFFD, even if the next message begins with the other half', () => {
  assert.deepEqual(texts(packed(part(['\ud83d', '\ude00', 'a\ud83d', 'x']))),
    [[null, '\ufffd'], [null, '\ufffd'], [null, 'a\ufffd'], [null, 'x']])
  assert.deepEqual(texts(packed(part(['v'], { key: '\udc00' }))), [['\ufffd', 'v']])
})

test('a KeyedMessage has its own key, value and time', () => {
  const own = new KeyedMessage('own', 'b')
  own.timestamp = 1600000000000
  const batch = packed(part(['a', own, 'c'], { key: 'k', timestamp: 1700000000000 }))
  assert.equal(batch.flags, HAS_TIMESTAMPS)
  assert.deepEqual(texts(batch), [['k', 'a'], ['own', 'b'], ['k', 'c']])
  assert.deepEqual(batch.records.map(({ timestamp }) => timestamp), [1700000000000, 1600000000000, 1700000000000])
})

test('when one record has a time, the others get the current time', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1650000000000 })
  const batch = packed(part(['now']), part(['then'], { timestamp: 1700000000123 }))
  assert.deepEqual(batch.records.map(({ timestamp }) => timestamp), [1650000000000, 1700000000123])
})

test('several payloads for a partition stay in order, each with its key', () => {
  const batch = packed(part(['a', 'b'], { key: 'x' }), part([Buffer.from('c')]), part(['d', null], { key: 'y' }))
  assert.equal(batch.flags, 0)
  assert.deepEqual(texts(batch), [['x', 'a'], ['x', 'b'], [null, 'c'], ['y', 'd'], ['y', null]])
})

test('headers belong to all messages of their payload', () => {
  const headers = { name: 'ä', bytes: Buffer.from([1]), none: null, many: ['1', null, 3] }
  const batch = packed(part(['a', 'b'], { headers }), part(['c']))
  assert.equal(batch.flags, SAME_KEY | HAS_HEADERS)
  const expected = [['name', 'ä'], ['bytes', '\u0001'], ['none', null], ['many', '1'], ['many', null], ['many', '3']]
  assert.deepEqual(batch.records.map((record) => record.headers.map(([name, value]) => [name, text(value)])),
    [expected, expected, []])
})

test('headers without names count as none', () => {
  assert.equal(packed(part(['a'], { headers: {} })).flags, SAME_KEY)
  assert.equal(packed(part(['a'], { headers: null })).flags, SAME_KEY)
})

test('times and headers come together', () => {
  const batch = packed(part(['ü', null], { timestamp: 1, headers: { a: 'b' }, key: 'k' }))
  assert.equal(batch.flags, SAME_KEY | HAS_TIMESTAMPS | HAS_HEADERS)
  assert.deepEqual(texts(batch), [['k', 'ü'], ['k', null]])
  assert.deepEqual(batch.records.map(({ timestamp }) => timestamp), [1, 1])
})

test('a block grows as needed, and keeps what was packed', () => {
  const packer = new SendPacker()
  const first = packer.bytes.length
  const sizes = [10, 30000, 1, 200000, 3, 100]
  sizes.forEach((size, i) => packer.batch(i + 1, 0, 0, 0, recordsOfAll([part(['é'.repeat(size), 'x'.repeat(size)])])))
  assert.ok(packer.bytes.length > first)
  const batches = decode(packer.bytes.subarray(0, packer.at))
  assert.deepEqual(batches.map(({ send }) => send), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(batches.map((batch) => texts(batch).map(([, value]) => value.length)),
    sizes.map((size) => [size, size]))
})

test('batches that fill a block to the last byte', () => {
  for (let size = 65536 / 3 - 30; size < 65536 / 3 + 30; size++) {
    const value = '€'.repeat(Math.floor(size))
    assert.deepEqual(texts(packed(part([value]))), [[null, value]])
    assert.deepEqual(texts(packed(part([value], { headers: { a: 'b' } }))), [[null, value]])
  }
})

test('after a crossing the block is reused, unless it had grown large', () => {
  const packer = new SendPacker()
  packer.batch(1, 0, 0, 0, recordsOfAll([part(['x'.repeat(100000)])]))
  const kept = packer.bytes
  packer.reset()
  assert.equal(packer.at, 0)
  assert.equal(packer.bytes, kept)
  packer.batch(1, 0, 0, 0, recordsOfAll([part(['x'.repeat(2000000)])]))
  packer.reset()
  assert.ok(packer.bytes.length <= 65536)
  packer.batch(2, 0, 0, 0, recordsOfAll([part(['after'])]))
  assert.deepEqual(texts(decode(packer.bytes.subarray(0, packer.at))[0]), [[null, 'after']])
})

test('a message whose toString throws leaves no half batch behind', () => {
  const packer = new SendPacker()
  packer.batch(1, 0, 0, 0, recordsOfAll([part(['before'])]))
  const bad = { toString () { throw new Error('no text') } }
  for (const parts of [[part(['a', bad])], [part(['a', bad], { timestamp: 1 })], [part(['a'], { headers: { bad } })]]) {
    assert.throws(() => packer.batch(2, 0, 0, 0, recordsOfAll(parts)), /no text/)
  }
  packer.batch(3, 0, 0, 0, recordsOfAll([part(['after'])]))
  assert.deepEqual(decode(packer.bytes.subarray(0, packer.at)).map(({ send }) => send), [1, 3])
})

test('a header whose name has a NUL is refused, since its name would end there', () => {
  assert.throws(() => packed(part(['a'], { headers: { 'a\0b': '1' } })),
    { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE', message: /header "a\\u0000b"/ })
})

test('what is too large is refused before memory is allocated for it', () => {
  const large = Buffer.allocUnsafeSlow(2 ** 30 - 1)
  const packer = new SendPacker()
  const { length } = packer.bytes
  const refused = (messages, text) => assert.throws(
    () => packer.batch(1, 0, 0, 0, recordsOfAll([part(messages)])), { code: 'ERR_OUT_OF_RANGE', message: text })
  refused([large, large], /less than 2 GiB/)
  refused([Buffer.allocUnsafeSlow(2 ** 30 + 1)], /a record of 1073741825 bytes/)
  assert.equal(packer.bytes.length, length)
  assert.equal(packer.at, 0)
})

test('times are numbers, numbers as text, or Dates', () => {
  const time = 1700000000123
  for (const timestamp of [time, String(time), new Date(time), BigInt(time)]) {
    assert.deepEqual(packed(part(['a'], { timestamp })).records.map((record) => record.timestamp), [time])
  }
  for (const timestamp of [0, null, undefined, '', false]) {
    assert.equal(packed(part(['a'], { timestamp })).flags, SAME_KEY)
  }
  for (const timestamp of [Infinity, NaN, 1e30, -1, 1.5, 'soon', true, new Date(NaN), {}]) {
    assert.throws(() => packed(part(['a'], { timestamp })), { name: 'InvalidConfigError', message: /timestamp/ })
  }
  const own = new KeyedMessage('k', 'v')
  own.timestamp = -1
  assert.throws(() => packed(part([own])), { name: 'InvalidConfigError', message: /timestamp -1/ })
})
