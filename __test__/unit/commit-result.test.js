'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { commitOutcome } = require('../../core/group/commitOutcome')
const { isRefused, toCommitResult } = require('../../lib/internal/commitResult')

const answers = (...errors) => errors.map((error, partition) => ({ topic: 't', partition, error }))
const codes = (answer) => commitOutcome(answer).map(({ error }) => error)

test('each partition has its own code; that of the whole answer counts if none has one', () => {
  assert.deepEqual(codes({ error: null, partitions: answers(0, 0) }), [0, 0])
  // as librdkafka answers when the middle one is refused
  assert.deepEqual(codes({ error: { code: 12 }, partitions: answers(0, 12, 0) }), [0, 12, 0])
  assert.deepEqual(codes({ error: { code: 25 }, partitions: answers(0, 0) }), [25, 25])
  assert.deepEqual(codes({ partitions: answers(3, 0) }), [3, 0])
})

test('a topic shows its refused partition, or else the last one; the rest is still known', () => {
  const refused = toCommitResult(answers(12, 0, 0))
  assert.deepEqual(refused, { t: { partition: 0, errorCode: 12 } })
  assert.deepEqual([0, 1, 2].map((partition) => isRefused(refused, 't', partition)), [true, false, false])
  assert.deepEqual(toCommitResult(answers(0, 0)), { t: { partition: 1, errorCode: 0 } })
})

test('a result that is not ours counts for all partitions of the topic', () => {
  assert.deepEqual([0, 1].map((partition) => isRefused({ t: { partition: 1, errorCode: 12 } }, 't', partition)),
    [true, true])
  assert.equal(isRefused({ t: { partition: 1, errorCode: 0 } }, 't', 0), false)
  assert.equal(isRefused(/** @type {any} */ ('Nothing to be committed'), 't', 0), false)
  assert.equal(isRefused(/** @type {any} */ (undefined), 't', 0), false)
})

test('topics may have the names of what objects inherit', () => {
  const topics = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const partitions = topics.map((topic, partition) => ({ topic, partition, error: 0 }))
  const result = toCommitResult(partitions)
  assert.deepEqual(Object.entries(result), topics.map((topic, partition) => [topic, { partition, errorCode: 0 }]))
  assert.equal(Object.getPrototypeOf(result), Object.prototype)
})
