'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const builtIn = require('../../lib/assignment')
const { decodeSubscription, encodeSubscription } = require('../../core/group/memberMetadata')
const {
  isCustom, subscriptionMetadata, toAssignArguments, toMemberAssignments, toUserData
} = require('../../lib/internal/group/customAssignors')

/** @param {{ version?: number, subscription?: string[], userData?: any }} [protocol] */
const encoded = ({ version = 0, subscription = ['t'], userData } = {}) =>
  encodeSubscription({ version, subscription, userData })

const request = () => ({
  assignor: 'mine',
  topics: /** @type {Array<[string, number[]]>} */ ([['t', [10, 2, 0]], ['u', [0]]]),
  members: [
    { id: 'a', metadata: encoded({ userData: { weight: 2 } }).toString('hex') },
    { id: 'b', metadata: encoded({ version: 3, subscription: ['t', 'u'] }).toString('hex') }
  ]
})

describe('A custom assignor', () => {
  it('is one that is not kafka-node\'s, whatever its name', () => {
    assert.equal(isCustom({ ...builtIn.range }), false)
    assert.equal(isCustom({ name: 'range', assign () {} }), true)
    assert.equal(isCustom({ name: 'toString', assign () {} }), true)
    const mine = { name: 'mine', assign () {}, version: 1, subscription: ['t'], userData: 'x' }
    assert.deepEqual(subscriptionMetadata([{ ...builtIn.roundrobin, subscription: ['t'] }, mine]),
      [{ assignor: 1, metadata: encodeSubscription(mine) }])
  })

  it('tell the leader their version, topics and user data, and the leader reads the same', () => {
    const told = { version: 7, subscription: ['t', 'tópico'], userData: { zone: 'é', list: [1] } }
    assert.deepEqual(decodeSubscription(encoded(told)), told)
    for (const userData of [undefined, null, 0, '', () => {}]) {
      assert.equal(decodeSubscription(encoded({ userData })).userData, undefined)
    }
    // the wire form of kafka-node: no user data is null, and nothing follows
    assert.equal(encoded().toString('hex'), '0000' + '00000001' + '0001' + '74' + 'ffffffff')
  })

  it('get partitions as strings in the order of their numbers, and members as they described themselves', () => {
    assert.deepEqual(toAssignArguments(request()), {
      topicPartitions: { t: ['0', '2', '10'], u: ['0'] },
      members: [
        { subscription: ['t'], version: 0, userData: { weight: 2 }, id: 'a' },
        { subscription: ['t', 'u'], version: 3, userData: undefined, id: 'b' }
      ]
    })
  })

  it('may assign with strings or numbers, several times the same, and nothing at all', () => {
    const assignments = toMemberAssignments(request(), [
      { memberId: 'a', topicPartitions: { t: ['0', 2, '0'], u: [], gone: [] }, version: 0, userData: { rank: 1 } },
      { memberId: 'b', topicPartitions: { u: ['0'] }, version: 0 },
      { memberId: 'b', topicPartitions: { t: [10] }, version: 0 }
    ])
    assert.deepEqual(assignments, [
      { memberId: 'a', partitions: [['t', [0, 2]]], userData: '{"rank":1}' },
      { memberId: 'b', partitions: [['t', [10]]], userData: null }
    ])
    for (const nothing of [undefined, null, []]) assert.deepEqual(toMemberAssignments(request(), nothing), [])
  })

  it('are told what is wrong with an assignment', () => {
    /** @type {Array<[any, RegExp]>} */
    const refused = [
      ['all', /with "all"; it must be an array/],
      [{ a: ['0'] }, /with an object; it must be an array/],
      [[null], /with null as the assignment of a member/],
      [[{ topicPartitions: {} }], /with memberId undefined, which is not in the group/],
      [[{ memberId: 'c', topicPartitions: {} }], /with memberId "c", which is not in the group/],
      [[{ memberId: 'a' }], /with topicPartitions undefined for member a/],
      [[{ memberId: 'a', topicPartitions: { t: '0' } }], /with "0" for topic t; it must be an array/],
      [[{ memberId: 'a', topicPartitions: { v: ['0'] } }], /with topic v, which does not exist/],
      [[{ memberId: 'a', topicPartitions: { t: ['1'] } }], /with partition "1" of topic t, which does not exist/],
      [[{ memberId: 'a', topicPartitions: { t: [''] } }], /with partition "" of topic t/],
      [[{ memberId: 'a', topicPartitions: { t: [1.5] } }], /with partition 1.5 of topic t/],
      [[{ memberId: 'a', topicPartitions: { t: [{}] } }], /with partition an object of topic t/]
    ]
    for (const [assignment, message] of refused) {
      assert.throws(() => toMemberAssignments(request(), assignment), (/** @type {Error} */ error) =>
        error.message.startsWith('protocol mine: assign called back ') && message.test(error.message), String(message))
    }
  })

  it('pass on the leader\'s user data', () => {
    assert.deepEqual(toUserData('{"rank":1}'), { rank: 1 })
    assert.equal(toUserData(null), undefined)
    assert.equal(toUserData('{'), 'JSON Parse error')
  })
})
