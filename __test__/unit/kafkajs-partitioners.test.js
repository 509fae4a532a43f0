'use strict'

// The second door's partitioners beside kafkajs's own.

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const crypto = require('node:crypto')

const { Partitioners: theirs } = require('kafkajs')
const theirMurmur2 = require('kafkajs/src/producer/partitioners/default/murmur2')
const theirLegacyMurmur2 = require('kafkajs/src/producer/partitioners/legacy/murmur2')
const { Partitioners: ours } = require('../../kafkajs')
const { legacyMurmur2, murmur2 } = require('../../kafkajs/producer/murmur2')

/** Of the hash: both tables of the KafkaJS documentation's own test vectors, `[key, murmur2, legacy]`. */
const VECTORS = [
  ['', 275646681, 275646684],
  ['a', -1563381124, -809885833],
  ['key', -1079937367, 1778481923],
  ['user-42', 1459644460, 659293400],
  ['日本語', 1431860170, 511316724],
  ['😀', 131881617, -395534246],
  ['\ud83d', -1863826953, 793486039],
  [Buffer.from('ff', 'hex'), -311467685, 983671651],
  [Buffer.from('c328', 'hex'), -1070552300, -2055137024]
]

/** @param {number} count @param {(partitionId: number) => number} [leader] */
const metadataOf = (count, leader = () => 1) => Array.from({ length: count }, (_, partitionId) => ({
  partitionErrorCode: 0, partitionId, leader: leader(partitionId), replicas: [1], isr: [1], offlineReplicas: []
}))

describe('the partitioners of the second door', () => {
  it('have the hashes of the known vectors', () => {
    for (const [key, hash, legacy] of VECTORS) {
      assert.equal(murmur2(key), hash)
      assert.equal(legacyMurmur2(key), legacy)
    }
  })

  it('hash 100 000 keys as kafkajs does', () => {
    for (let i = 0; i < 100000; i++) {
      const bytes = crypto.randomBytes(i % 67)
      const key = [bytes, bytes.toString('latin1'), bytes.toString('utf8'), bytes.toString('hex')][i % 4]
      if (murmur2(key) === theirMurmur2(key) && legacyMurmur2(key) === theirLegacyMurmur2(key)) continue
      assert.fail(`another hash for ${JSON.stringify(key)}`)
    }
  })

  it('hash other byte arrays by their bytes', () => {
    const bytes = new Uint8Array([107, 101, 121])
    assert.equal(murmur2(bytes), murmur2('key'))
    assert.equal(murmur2(bytes.buffer), murmur2('key'))
    assert.equal(murmur2(new DataView(bytes.buffer)), murmur2('key'))
  })

  for (const name of ['DefaultPartitioner', 'LegacyPartitioner', 'JavaCompatiblePartitioner']) {
    it(`choose as kafkajs's ${name}`, () => {
      const [our, their] = [ours[name](), theirs[name]()]
      for (let i = 0; i < 2000; i++) {
        const partitionMetadata = metadataOf(1 + i % 100)
        const messages = [{ key: `key-${i}` }, { key: Buffer.from([i & 255, i >> 8]) }, { key: '' },
          { partition: i % 7, key: 'k' }, { partition: 0 }]
        for (const message of messages) {
          const args = { topic: 't', partitionMetadata, message }
          assert.equal(our(args), their(args))
        }
      }
    })

    it(`take those with a leader in turn (${name})`, () => {
      const choose = ours[name]()
      const partitionMetadata = metadataOf(3, partitionId => partitionId === 1 ? -1 : 5)
      const next = () => choose({ topic: 'constructor', partitionMetadata, message: { value: 'v', key: null } })
      const chosen = [next(), next(), next(), next()]
      assert.deepEqual(chosen.slice(0, 2), chosen.slice(2))
      assert.deepEqual(chosen.slice(0, 2).sort(), [0, 2])
    })

    it(`take all in turn when none has a leader (${name})`, () => {
      const choose = ours[name]()
      const partitionMetadata = metadataOf(3, () => -1)
      const chosen = [0, 1, 2].map(() => choose({ topic: 't', partitionMetadata, message: {} }))
      assert.deepEqual(chosen.sort(), [0, 1, 2])
    })
  }

  it('are the same function for Java and by default', () => {
    assert.equal(ours.JavaCompatiblePartitioner, ours.DefaultPartitioner)
  })
})
