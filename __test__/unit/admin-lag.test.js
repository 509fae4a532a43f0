'use strict'

const assert = require('node:assert/strict')
const { test } = require('node:test')
const { describeConfigs, groupLag, lagOf, offlineReplicas } = require('../../core/admin')

test('lag is what is left to read: from the commit, from the first record there is, never below 0', () => {
  assert.equal(lagOf({ offset: 3, low: 0, high: 10 }), 7)
  assert.equal(lagOf({ offset: 3, low: 5, high: 10 }), 5)
  assert.equal(lagOf({ offset: -1, low: 5, high: 10 }), 5)
  // records behind the last stable offset may have been read
  assert.equal(lagOf({ offset: 12, low: 5, high: 10 }), 0)
  assert.equal(lagOf({ offset: 3, low: null, high: 10 }), null)
})

test('a group\'s lag names what has no leader, and asks for the ends of what has one only', async () => {
  /** @type {any[]} */
  const asked = []
  /** @type {any} answers what it is asked here */
  const request = async (/** @type {any} */ question) => {
    asked.push(question)
    switch (question.op) {
      case 'groupOffsets': return [
        { topic: 'b', partition: 1, offset: 4, metadata: 'm', error: 0 },
        { topic: 'b', partition: 0, offset: 2, metadata: null, error: 0 },
        { topic: 'b', partition: 2, offset: -1001, metadata: null, error: 0 },
        { topic: 'deleted', partition: 0, offset: 9, metadata: null, error: 0 }
      ]
      case 'metadata': return {
        topics: [
          { topic: 'b', error: 0, partitions: [7, -1, 7].map((leader, partition) => ({ partition, leader })) },
          { topic: '__proto__', error: 0, partitions: [{ partition: 0, leader: 7 }] },
          { topic: 'deleted', error: 3, partitions: [] }
        ]
      }
      default: return question.partitions.map((/** @type {any} */ partition) =>
        ({ ...partition, offset: partition.offset === -1 ? 10 : 1, error: 0 }))
    }
  }
  const options = { group: 'g', topics: ['__proto__'], isolation: /** @type {const} */ ('readCommitted'), timeout: 5 }
  const lags = await groupLag(request, options)
  const seen = lags.map(({ topic, partition, offset, low, high, lag }) => [topic, partition, offset, low, high, lag])
  assert.deepEqual(seen, [
    ['__proto__', 0, -1, 1, 10, 9],
    ['b', 0, 2, 1, 10, 8],
    ['b', 1, 4, null, null, null],
    ['deleted', 0, 9, null, null, null]
  ])
  assert.equal(lags[2].metadata, 'm')
  const questions = asked.filter(({ op }) => op === 'listOffsets')
  assert.deepEqual(questions.map(({ partitions, isolation }) => [partitions.length, isolation]),
    [[2, 'readCommitted'], [2, 'readCommitted']])
  assert.equal(asked.find(({ op }) => op === 'metadata').create, false)
})

test('a group without commits, and without topics to look at, is asked about nothing more', async () => {
  /** @type {any[]} */
  const asked = []
  /** @type {any} answers what it is asked here */
  const request = async (/** @type {any} */ question) => {
    asked.push(question.op)
    return []
  }
  assert.deepEqual(await groupLag(request, { group: 'g', topics: [], isolation: 'readCommitted', timeout: 5 }), [])
  assert.deepEqual(asked, ['groupOffsets'])
})

test('topics\' configurations come with one request, brokers\' with one each', async () => {
  /** @type {any[]} */
  const asked = []
  /** @type {any} answers what it is asked here */
  const request = async (/** @type {any} */ { kind, wanted }) => {
    asked.push([kind, wanted.map((/** @type {any} */ { name }) => name)])
    return wanted.map((/** @type {any} */ { name }) => ({ name, code: 0, error: '', entries: [] }))
  }
  const resources = /** @type {any} */ ([
    { kind: 'broker', name: '1', entries: [] }, { kind: 'topic', name: 'a', entries: [] },
    { kind: 'topic', name: '1', entries: [] }, { kind: 'broker', name: '2', entries: [] }
  ])
  const described = await describeConfigs(request, resources, 5)
  assert.deepEqual(asked, [['topic', ['a', '1']], ['broker', ['1']], ['broker', ['2']]])
  assert.deepEqual(described.map(({ kind, name }) => `${kind} ${name}`), ['topic a', 'topic 1', 'broker 1', 'broker 2'])
})

test('replicas are offline when metadata does not name their brokers', () => {
  assert.deepEqual(offlineReplicas([1, 2, 3], [{ nodeId: 1 }, { nodeId: 3 }]), [2])
})
