'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { KeyedMessage } = require('../..')
const { SendPacker, toWire } = require('../../core/wire/sends')

const SAME_KEY = 1
const HAS_TIMESTAMPS = 2
const HAS_HEADERS = 4

/** Reads a block as src/wire/sends.rs does: the groups and, of each, the records. */
function decode (bytes) {
  const groups = []
  let at = 0
  const take = (count) => {
    assert.ok(at + count <= bytes.length, 'a block ends with a whole group')
    return bytes.subarray(at, at += count)
  }
  const words = (count) => Array.from({ length: count }, () => take(4).readInt32LE())
  const nullable = (data, length) => length < 0 ? null : data.take(length)
  while (at < bytes.length) {
    const [send, index, topic, partition, count, flags, dataBytes] = words(7)
    const keyLengths = words(flags & SAME_KEY ? 1 : count)
    const valueLengths = words(count)
    const timestamps = flags & HAS_TIMESTAMPS ? Array.from({ length: count }, () => take(8).readDoubleLE()) : []
    const headerLengths = flags & HAS_HEADERS ? words(count) : []
    const data = take(dataBytes)
    assert.equal(dataBytes % 4, 0)
    const reader = (from) => ({ at: from, take (length) { return data.subarray(this.at, this.at += length) } })
    const sum = (list) => list.reduce((total, length) => total + Math.max(0, length), 0)
    const keys = reader(0)
    const values = reader(sum(keyLengths))
    const headers = reader(sum(keyLengths) + sum(valueLengths))
    const sameKey = flags & SAME_KEY ? nullable(keys, keyLengths[0]) : undefined
    const records = valueLengths.map((length, i) => ({
      key: sameKey === undefined ? nullable(keys, keyLengths[i]) : sameKey,
      value: nullable(values, length),
      timestamp: timestamps[i],
      headers: headerLengths.length ? decodeHeaders(headers.take(headerLengths[i])) : []
    }))
    groups.push({ send, index, topic, partition, flags, records })
  }
  return groups
}

function decodeHeaders (bytes) {
  const headers = []
  let at = 0
  const next = () => {
    const length = bytes.readInt32LE(at)
    at += 4
    return length < 0 ? null : bytes.subarray(at, at += length)
  }
  while (at < bytes.length) headers.push([next().toString(), next()])
  return headers
}

const part = (messages, rest = {}) => ({ messages, key: undefined, timestamp: undefined, headers: undefined, ...rest })

/** Packs one group, and reads it. */
function packed (...parts) {
  const packer = new SendPacker()
  packer.group(1, 0, 0, 0, parts)
  const [group] = decode(packer.bytes.subarray(0, packer.at))
  return group
}

const text = (bytes) => bytes === null ? null : bytes.toString()
const texts = ({ records }) => records.map(({ key, value }) => [text(key), text(value)])

test('toWire makes of a value what kafka-node sends', () => {
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

test('the header of a group tells where its records go and who waits for them', () => {
  const packer = new SendPacker()
  packer.group(7, 1, 2, 3, [part(['a', 'b'])])
  packer.group(0, 0, 9, 0, [part([])])
  const groups = decode(packer.bytes.subarray(0, packer.at))
  assert.deepEqual(groups.map(({ send, index, topic, partition, records }) =>
    [send, index, topic, partition, records.length]), [[7, 1, 2, 3, 2], [0, 0, 9, 0, 0]])
})

test('the bytes of a plain group', () => {
  const packer = new SendPacker()
  packer.group(1, 0, 2, 3, [part(['ab', 'c'], { key: 'k' })])
  const words = [1, 0, 2, 3, 2, SAME_KEY, 4, 1, 2, 1]
  const expected = Buffer.concat([Buffer.from(new Int32Array(words).buffer), Buffer.from('kabc')])
  assert.deepEqual(packer.bytes.subarray(0, packer.at), expected)
})

test('the key of a payload is written once', () => {
  const group = packed(part(['a', '', null, undefined, Buffer.from('bytes'), 1], { key: 'key' }))
  assert.equal(group.flags, SAME_KEY)
  assert.deepEqual(texts(group),
    [['key', 'a'], ['key', ''], ['key', null], ['key', null], ['key', 'bytes'], ['key', '1']])
})

test('keys are null, empty or anything', () => {
  for (const [key, expected] of [[undefined, null], [null, null], ['', ''], [0, '0'], [Buffer.from('b'), 'b']]) {
    assert.deepEqual(texts(packed(part(['v'], { key }))), [[expected, 'v']])
  }
})

test('text beyond ASCII is UTF-8, wherever it stands', () => {
  const messages = ['plain', 'grüße', '', '你好', '😀', 'plain']
  assert.deepEqual(texts(packed(part(messages))), messages.map((message) => [null, message]))
})

test('half a surrogate pair becomes U+FFFD, also when the next message begins with the other half', () => {
  assert.deepEqual(texts(packed(part(['\ud83d', '\ude00', 'a\ud83d', 'x']))),
    [[null, '\ufffd'], [null, '\ufffd'], [null, 'a\ufffd'], [null, 'x']])
  assert.deepEqual(texts(packed(part(['v'], { key: '\udc00' }))), [['\ufffd', 'v']])
})

test('a KeyedMessage has its own key, value and time', () => {
  const own = new KeyedMessage('own', 'b')
  own.timestamp = 1600000000000
  const group = packed(part(['a', own, 'c'], { key: 'k', timestamp: 1700000000000 }))
  assert.equal(group.flags, HAS_TIMESTAMPS)
  assert.deepEqual(texts(group), [['k', 'a'], ['own', 'b'], ['k', 'c']])
  assert.deepEqual(group.records.map(({ timestamp }) => timestamp), [1700000000000, 1600000000000, 1700000000000])
})

test('when one record has a time, the others get the present', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1650000000000 })
  const group = packed(part(['now']), part(['then'], { timestamp: 1700000000123 }))
  assert.deepEqual(group.records.map(({ timestamp }) => timestamp), [1650000000000, 1700000000123])
})

test('several payloads for a partition stay in order, each with its key', () => {
  const group = packed(part(['a', 'b'], { key: 'x' }), part([Buffer.from('c')]), part(['d', null], { key: 'y' }))
  assert.equal(group.flags, 0)
  assert.deepEqual(texts(group), [['x', 'a'], ['x', 'b'], [null, 'c'], ['y', 'd'], ['y', null]])
})

test('headers belong to all messages of their payload', () => {
  const headers = { name: 'ä', bytes: Buffer.from([1]), none: null, many: ['1', null, 3] }
  const group = packed(part(['a', 'b'], { headers }), part(['c']))
  assert.equal(group.flags, HAS_HEADERS)
  const expected = [['name', 'ä'], ['bytes', '\u0001'], ['none', null], ['many', '1'], ['many', null], ['many', '3']]
  assert.deepEqual(group.records.map((record) => record.headers.map(([name, value]) => [name, text(value)])),
    [expected, expected, []])
})

test('headers without names are as none', () => {
  assert.equal(packed(part(['a'], { headers: {} })).flags, 0)
  assert.equal(packed(part(['a'], { headers: null })).flags, 0)
})

test('times and headers come together', () => {
  const group = packed(part(['ü', null], { timestamp: 1, headers: { a: 'b' }, key: 'k' }))
  assert.equal(group.flags, HAS_TIMESTAMPS | HAS_HEADERS)
  assert.deepEqual(texts(group), [['k', 'ü'], ['k', null]])
  assert.deepEqual(group.records.map(({ timestamp }) => timestamp), [1, 1])
})

test('a block grows as needed, and keeps what was packed', () => {
  const packer = new SendPacker()
  const first = packer.bytes.length
  const sizes = [10, 30000, 1, 200000, 3, 100]
  sizes.forEach((size, i) => packer.group(i + 1, 0, 0, 0, [part(['é'.repeat(size), 'x'.repeat(size)])]))
  assert.ok(packer.bytes.length > first)
  const groups = decode(packer.bytes.subarray(0, packer.at))
  assert.deepEqual(groups.map(({ send }) => send), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(groups.map((group) => texts(group).map(([, value]) => value.length)),
    sizes.map((size) => [size, size]))
})

test('groups that fill a block to the last byte', () => {
  for (let size = 65536 / 3 - 30; size < 65536 / 3 + 30; size++) {
    const value = '€'.repeat(Math.floor(size))
    assert.deepEqual(texts(packed(part([value]))), [[null, value]])
    assert.deepEqual(texts(packed(part([value], { headers: { a: 'b' } }))), [[null, value]])
  }
})

test('after a crossing the block is used again, unless it had grown large', () => {
  const packer = new SendPacker()
  packer.group(1, 0, 0, 0, [part(['x'.repeat(100000)])])
  const kept = packer.bytes
  packer.reset()
  assert.equal(packer.at, 0)
  assert.equal(packer.bytes, kept)
  packer.group(1, 0, 0, 0, [part(['x'.repeat(2000000)])])
  packer.reset()
  assert.ok(packer.bytes.length <= 65536)
  packer.group(2, 0, 0, 0, [part(['after'])])
  assert.deepEqual(texts(decode(packer.bytes.subarray(0, packer.at))[0]), [[null, 'after']])
})

test('a message whose toString throws leaves no half of a group behind', () => {
  const packer = new SendPacker()
  packer.group(1, 0, 0, 0, [part(['before'])])
  const bad = { toString () { throw new Error('no text') } }
  for (const parts of [[part(['a', bad])], [part(['a', bad], { timestamp: 1 })], [part(['a'], { headers: { bad } })]]) {
    assert.throws(() => packer.group(2, 0, 0, 0, parts), /no text/)
  }
  packer.group(3, 0, 0, 0, [part(['after'])])
  assert.deepEqual(decode(packer.bytes.subarray(0, packer.at)).map(({ send }) => send), [1, 3])
})
