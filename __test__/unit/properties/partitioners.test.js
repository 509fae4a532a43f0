'use strict'

// A key must go where KafkaJS has put it before, to the bit.

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const theirs = require('kafkajs').Partitioners
const ours = require('../../../kafkajs').Partitioners
const { bytes, configure, fc, texts } = require('../../support/properties')

configure(2000)

const keys = fc.oneof(texts, bytes, fc.integer(), fc.double(), fc.boolean())
const counts = fc.integer({ min: 1, max: 50 })

describe('partitioners of the second door', () => {
  for (const name of /** @type {const} */ (['DefaultPartitioner', 'LegacyPartitioner', 'JavaCompatiblePartitioner'])) {
    it(`${name} chooses for a key as KafkaJS's does`, () => {
      const [ourChoice, theirChoice] = [ours[name](), theirs[name]()]
      fc.assert(fc.property(keys, counts, (key, count) => {
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1 }))
        const message = /** @type {any} */ ({ key, value: 'x' })
        const arguments_ = /** @type {any} */ ({ topic: 't', partitionMetadata, message })
        assert.equal(ourChoice(arguments_), theirChoice(arguments_))
      }))
    })
  }
})
