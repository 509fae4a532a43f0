'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const {
  DefaultPartitioner, CyclicPartitioner, RandomPartitioner, KeyedPartitioner, CustomPartitioner
} = require('../../lib/partitioner')

test('DefaultPartitioner takes the first partition, 0 if there is none', () => {
  const partitioner = new DefaultPartitioner()
  assert.equal(partitioner.getPartition([4, 6, 8]), 4)
  assert.equal(/** @type {any} */ (partitioner).getPartition([4, 6, 8], 'key'), 4)
  assert.equal(partitioner.getPartition([]), 0)
  assert.equal(partitioner.getPartition(), 0)
})

test('CyclicPartitioner goes round, each instance starting at the first partition', () => {
  const partitioner = new CyclicPartitioner()
  assert.deepEqual(Array.from({ length: 4 }, () => partitioner.getPartition([4, 6, 8])), [4, 6, 8, 4])
  assert.equal(new CyclicPartitioner().getPartition([4, 6, 8]), 4)
})

test('CyclicPartitioner has one counter for all topics', () => {
  const partitioner = new CyclicPartitioner()
  assert.equal(partitioner.getPartition([0, 1, 2]), 0)
  assert.equal(partitioner.getPartition([0, 1]), 1)
  assert.equal(partitioner.getPartition([0, 1, 2]), 2)
})

test('CyclicPartitioner does not count calls without partitions', () => {
  const partitioner = new CyclicPartitioner()
  assert.equal(partitioner.getPartition([]), 0)
  assert.equal(partitioner.getPartition(), 0)
  assert.equal(partitioner.getPartition([4, 6, 8]), 4)
})

test('RandomPartitioner takes each of the partitions', t => {
  const partitioner = new RandomPartitioner()
  let random = 0
  t.mock.method(Math, 'random', () => random)
  for (const [value, partition] of [[0, 3], [0.34, 5], [0.999, 9]]) {
    random = value
    assert.equal(partitioner.getPartition([3, 5, 9]), partition)
  }
  assert.equal(partitioner.getPartition([]), undefined)
  assert.throws(() => partitioner.getPartition(/** @type {any} */ (undefined)), TypeError)
})

test('KeyedPartitioner takes an element, not an index', () => {
  const partitioner = new KeyedPartitioner()
  assert.equal(partitioner.getPartition([3, 5, 9], 'a'), 5)
  assert.equal(partitioner.getPartition([3, 5, 9], ''), 5)
  assert.equal(partitioner.getPartition([3, 5, 9]), 5)
  assert.equal(partitioner.getPartition([3, 5, 9], 'key'), 9)
  assert.equal(partitioner.getPartition([], 'key'), undefined)
})

test('CustomPartitioner is the function, called as its method', () => {
  /** @this {any} @param {number[]} partitions @param {any} key @returns {any} */
  function choose (partitions, key) { return { that: this, partitions, key } }
  const partitioner = new CustomPartitioner(choose)
  assert.deepEqual(partitioner.getPartition([1, 2], 'key'), { that: partitioner, partitions: [1, 2], key: 'key' })
})

test('the partitioners have a common base', () => {
  const base = Object.getPrototypeOf(DefaultPartitioner)
  assert.equal(base.name, 'Partitioner')
  /** @type {any[]} */
  const classes = [CyclicPartitioner, RandomPartitioner, KeyedPartitioner, CustomPartitioner]
  for (const Class of classes) {
    assert.ok(new Class() instanceof base)
  }
})

// Made with kafka-node 5.0.0: records with a key must keep going to the partition where its earlier records are.
const PARTITION_COUNTS = [2, 3, 4, 5, 6, 8, 12, 16, 50, 100]
const VECTORS = [
  ['', 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ['a', 97, [1, 1, 1, 2, 1, 1, 1, 1, 47, 97]],
  ['key', 106079, [1, 2, 3, 4, 5, 7, 11, 15, 29, 79]],
  ['theKey', 1272628270, [0, 1, 2, 0, 4, 6, 10, 14, 20, 70]],
  ['12345', 46792755, [1, 0, 3, 0, 3, 3, 3, 3, 5, 55]],
  ['123', 48690, [0, 0, 2, 0, 0, 2, 6, 2, 40, 90]],
  ['user-42', 2000300992, [0, 1, 0, 2, 4, 0, 4, 0, 42, 92]],
  ['order:000001', 580993965, [1, 0, 1, 0, 3, 5, 9, 13, 15, 65]],
  ['hello world', 1794106052, [0, 2, 0, 2, 2, 4, 8, 4, 2, 52]],
  ['The quick brown fox jumps over the lazy dog', 1538055507, [1, 0, 3, 2, 3, 3, 3, 3, 7, 7]],
  ['a'.repeat(64), 1926890496, [0, 0, 0, 1, 0, 0, 0, 0, 46, 96]],
  ['c2f5b1de-9d3b-4f44-8f2e-8f6f1c2b7a10', 1934673902, [0, 2, 2, 2, 2, 6, 2, 14, 2, 2]],
  ['é', 233, [1, 2, 1, 3, 5, 1, 5, 9, 33, 33]],
  ['日本語', 25921943, [1, 2, 3, 3, 5, 7, 11, 7, 43, 43]],
  ['ключ', 33309882, [0, 0, 2, 2, 0, 2, 6, 10, 32, 82]],
  ['😀', 1772899, [1, 1, 3, 4, 1, 3, 7, 3, 49, 99]],
  ['naïve-café', 836170083, [1, 0, 3, 3, 3, 3, 3, 3, 33, 83]],
  ['Ünïcödé-key-ß', 1190790137, [1, 2, 1, 2, 5, 1, 5, 9, 37, 37]],
  ['\ud83d', 55357, [1, 1, 1, 2, 1, 5, 1, 13, 7, 57]],
  [Buffer.from('6b6579', 'hex'), 106079, [1, 2, 3, 4, 5, 7, 11, 15, 29, 79]],
  [Buffer.from('e697a5e69cace8aa9e', 'hex'), 25921943, [1, 2, 3, 3, 5, 7, 11, 7, 43, 43]],
  [Buffer.from('f09f9880', 'hex'), 1772899, [1, 1, 3, 4, 1, 3, 7, 3, 49, 99]],
  [Buffer.from('05040302', 'hex'), 152894, [0, 2, 2, 4, 2, 6, 2, 14, 44, 94]],
  [Buffer.from('03020100', 'hex'), 91326, [0, 0, 2, 1, 0, 6, 6, 14, 26, 26]],
  [Buffer.from('ff', 'hex'), 65533, [1, 1, 1, 3, 1, 5, 1, 13, 33, 33]],
  [Buffer.from('fe', 'hex'), 65533, [1, 1, 1, 3, 1, 5, 1, 13, 33, 33]],
  [Buffer.from('e9', 'hex'), 65533, [1, 1, 1, 3, 1, 5, 1, 13, 33, 33]],
  [Buffer.from('f09f', 'hex'), 65533, [1, 1, 1, 3, 1, 5, 1, 13, 33, 33]],
  [Buffer.from('fffe', 'hex'), 2097056, [0, 2, 0, 1, 2, 0, 8, 0, 6, 56]],
  [Buffer.from('c328', 'hex'), 2031563, [1, 2, 3, 3, 5, 3, 11, 11, 13, 63]],
  [Buffer.from('eda080', 'hex'), 65074269, [1, 0, 1, 4, 3, 5, 9, 13, 19, 69]],
  [Buffer.alloc(0), 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [Buffer.from('00', 'hex'), 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [Buffer.from('00000001', 'hex'), 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [undefined, 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [null, 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [0, 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [false, 1, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  [42, 1662, [0, 0, 2, 2, 0, 6, 6, 14, 12, 62]],
  [-7, 1450, [0, 1, 2, 0, 4, 2, 10, 10, 0, 50]],
  [true, 3569038, [0, 1, 2, 3, 4, 6, 10, 14, 38, 38]],
  [12345678901, 745463030, [0, 2, 2, 0, 2, 6, 2, 6, 30, 30]],
  [{ a: 1 }, 1073066520, [0, 0, 0, 0, 0, 0, 0, 8, 20, 20]]
]

test('KeyedPartitioner hashes every kind of key as kafka-node does', () => {
  const partitioner = new KeyedPartitioner()
  for (const [key, hash, chosen] of VECTORS) {
    assert.equal(partitioner.hashCode(key), hash)
    assert.deepEqual(PARTITION_COUNTS.map(n => partitioner.getPartition([...Array(n).keys()], key)), chosen)
  }
})

test('KeyedPartitioner is exact for 100000 random keys', () => {
  /** The definition, in arithmetic that cannot lose a bit. */
  const reference = string => {
    let hash = 0n
    for (let i = 0; i < string.length; i++) hash = (hash * 31n + BigInt(string.charCodeAt(i))) & 0x7fffffffn
    return Number(hash) || 1
  }
  const partitioner = new KeyedPartitioner()
  const partitions = [...Array(97).keys()]
  for (let i = 0; i < 100000; i++) {
    const bytes = crypto.randomBytes(i % 24 * 2)
    const key = i % 2 ? bytes.toString('utf16le') : bytes
    const hash = reference(key.toString())
    if (partitioner.hashCode(key) !== hash || partitioner.getPartition(partitions, key) !== hash % 97) {
      assert.fail(`key ${bytes.toString('hex')} (${typeof key}) must have the hash ${hash}`)
    }
  }
})
