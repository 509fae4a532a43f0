'use strict'

// Users import kafka-node's files directly, beside the package or before it.

const assert = require('node:assert/strict')
const path = require('node:path')
const { describe, it } = require('node:test')

const root = path.join(__dirname, '..', '..')

/** @type {Record<string, string[]>} what the package and a file of it have in common, by file */
const SHARED = {
  admin: ['Admin'],
  consumer: ['Consumer'],
  consumerGroup: ['ConsumerGroup'],
  consumerGroupStream: ['ConsumerGroupStream'],
  consumerStream: ['ConsumerStream'],
  'errors/TopicsNotExistError': ['TopicsNotExistError'],
  highLevelProducer: ['HighLevelProducer'],
  kafkaClient: ['KafkaClient'],
  offset: ['Offset'],
  partitioner: [
    'DefaultPartitioner', 'CyclicPartitioner', 'RandomPartitioner', 'KeyedPartitioner', 'CustomPartitioner'
  ],
  producer: ['Producer'],
  producerStream: ['ProducerStream'],
  protocol: ['KeyedMessage']
}

/** Requires files as a new process would. */
function requireAnew (/** @type {string[]} */ ...files) {
  for (const file of Object.keys(require.cache)) if (file.endsWith('.js')) delete require.cache[file]
  return files.map(file => require(path.join(root, file)))
}

describe('a file of the package', () => {
  for (const [file, names] of Object.entries(SHARED)) {
    it(`lib/${file} is the package's own, whichever is loaded first`, () => {
      const deep = `lib/${file}`
      const [first, then] = requireAnew('index', deep)
      const [before, after] = requireAnew(deep, 'index')
      assert.notEqual(first, after)
      for (const [main, own] of [[first, then], [after, before]]) {
        for (const name of names) assert.equal(typeof own === 'function' ? own : own[name], main[name], name)
      }
    })
  }
})

it('what the package exports are plain values, which automocks and stubs replace', () => {
  const [kafka] = requireAnew('index')
  assert.equal(Object.keys(kafka).length, 17)
  for (const [name, { value, ...others }] of Object.entries(Object.getOwnPropertyDescriptors(kafka))) {
    assert.equal(typeof value, 'function', name)
    assert.deepEqual(others, { writable: true, enumerable: true, configurable: true }, name)
  }
})
