'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { roundrobin, range } = require('../../lib/assignment')

/** The assignment as `{ memberId: topicPartitions }`. */
function assign (protocol, topicPartitions, subscriptions) {
  const members = Object.entries(subscriptions).map(([id, subscription]) => ({ id, subscription, version: 0 }))
  /** @type {import('../..').PartitionAssignment[]} */
  let result = []
  protocol.assign(topicPartitions, members, (err, assignment) => {
    assert.equal(err, null)
    assert.deepEqual(assignment.map(({ memberId }) => memberId), members.map(({ id }) => id))
    assert.ok(assignment.every(({ version }) => version === 0))
    result = assignment
  })
  return Object.fromEntries(result.map(({ memberId, topicPartitions }) => [memberId, topicPartitions]))
}

test('the protocols state their names and versions', () => {
  assert.deepEqual([roundrobin.name, roundrobin.version], ['roundrobin', 0])
  assert.deepEqual([range.name, range.version], ['range', 0])
})

test('roundrobin deals topic by topic, in the order given, to the members by id', () => {
  assert.deepEqual(
    assign(roundrobin, { b: ['0', '1', '2'], a: ['0', '1'] }, { c2: ['a', 'b'], c1: ['a', 'b'] }),
    { c2: { b: ['1'], a: ['0'] }, c1: { b: ['0', '2'], a: ['1'] } }
  )
})

test('roundrobin skips members that have not subscribed', () => {
  assert.deepEqual(
    assign(roundrobin, { a: [0, 1], b: [0, 1, 2] }, { m1: ['a'], m2: ['a', 'b'], m3: ['b'] }),
    { m1: { a: [0] }, m2: { a: [1], b: [1] }, m3: { b: [0, 2] } }
  )
})

test('roundrobin leaves out a topic without subscribers', () => {
  assert.deepEqual(assign(roundrobin, { x: [0, 1], a: [0] }, { m1: ['a'], m2: ['a'] }), { m1: { a: [0] }, m2: {} })
})

test('range cuts each topic into contiguous ranges, and the first members get what is left over', () => {
  assert.deepEqual(
    assign(range, { a: ['0', '1', '2', '3', '4'], b: ['0', '1', '2'] }, { m2: ['a', 'b'], m1: ['a', 'b'] }),
    { m2: { a: [3, 4], b: [2] }, m1: { a: [0, 1, 2], b: [0, 1] } }
  )
})

test('range gives nothing to surplus members', () => {
  assert.deepEqual(assign(range, { a: ['0'] }, { m1: ['a'], m2: ['a'] }), { m1: { a: [0] }, m2: {} })
})

test('range counts the subscribers of each topic separately', () => {
  assert.deepEqual(
    assign(range, { a: ['0', '1'], b: ['0', '1'] }, { m1: ['a'], m2: ['a', 'b'] }),
    { m1: { a: [0] }, m2: { a: [1], b: [0, 1] } }
  )
})

test('topics that do not exist yet are left out', () => {
  for (const protocol of [roundrobin, range]) {
    assert.deepEqual(assign(protocol, { a: [0] }, { m1: ['a', 'missing'] }), { m1: { a: [0] } })
    assert.deepEqual(assign(protocol, {}, { m1: ['missing'] }), { m1: {} })
  }
})

test('topics may have the names of object members', () => {
  for (const protocol of [roundrobin, range]) {
    assert.deepEqual(assign(protocol, { constructor: [0] }, { m1: ['constructor'] }), { m1: { constructor: [0] } })
  }
})
