'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { AssignerProtocol } = require('kafkajs')

const { decodeAssignment, decodeSubscription } = require('../../core/group/memberMetadata')
const { Writer } = require('../../tools/kafka/wire')

/** @param {string} text */
function bytes (text) {
  return [Buffer.byteLength(text), Buffer.from(text)]
}

/** @param {string | null} userData @param {string[]} [topics] */
function subscription (userData, topics = ['t']) {
  const body = new Writer().int16(0)
  body.array(topics, (topic) => body.string(topic))
  return withUserData(body, userData)
}

/** @param {string | null} userData */
function assignment (userData) {
  const body = new Writer().int16(0).int32(1).string('t')
  body.array([0, 1], (partition) => body.int32(partition))
  return withUserData(body, userData)
}

/** @param {Writer} body @param {string | null} userData */
function withUserData (body, userData) {
  if (userData === null) return body.int32(-1).toBuffer()
  const [size, data] = /** @type {[number, Buffer]} */ (bytes(userData))
  return Buffer.concat([body.int32(size).toBuffer(), data])
}

describe('what a member tells its group', () => {
  it('is the topics it subscribes to and its user data, which is JSON', () => {
    assert.deepEqual(decodeSubscription(subscription('{"weight":2}', ['t', 'tópico'])),
      { subscription: ['t', 'tópico'], version: 0, userData: { weight: 2 } })
  })

  it('has user data that is undefined when it is null or empty', () => {
    for (const absent of [null, '']) {
      assert.deepEqual(decodeSubscription(subscription(absent)),
        { subscription: ['t'], version: 0, userData: undefined })
    }
  })

  it('says so when the user data is not JSON', () => {
    assert.equal(decodeSubscription(subscription('\u0000\u0001')).userData, 'JSON parse error')
  })

  it('may be of a newer version that appends the partitions owned', () => {
    const newer = Buffer.concat([subscription(null), new Writer().int32(0).int32(7).int16(0).toBuffer()])
    newer.writeInt16BE(3, 0)
    assert.deepEqual(decodeSubscription(newer), { subscription: ['t'], version: 3, userData: undefined })
  })

  it('is empty while the group has not seen it', () => {
    assert.deepEqual(decodeSubscription(Buffer.alloc(0)), { subscription: [], version: null, userData: undefined })
  })

  it('reads what kafkajs writes', () => {
    const written = AssignerProtocol.MemberMetadata.encode(
      { version: 1, topics: ['a', 'b'], userData: Buffer.from('[1]') })
    assert.deepEqual(decodeSubscription(written), { subscription: ['a', 'b'], version: 1, userData: [1] })
  })
})

describe('what a member gets from its group', () => {
  it('is partitions by topic, and user data if there is any', () => {
    assert.deepEqual(decodeAssignment(assignment(null)), { partitions: { t: [0, 1] }, version: 0 })
    assert.deepEqual(decodeAssignment(assignment('"x"')), { partitions: { t: [0, 1] }, version: 0, userData: 'x' })
  })

  it('says so when the user data is not JSON', () => {
    assert.equal(decodeAssignment(assignment('no')).userData, 'JSON Parse error')
  })

  it('is nothing while the group rebalances', () => {
    assert.deepEqual(decodeAssignment(Buffer.alloc(0)), { partitions: {}, version: null })
  })

  it('reads what kafkajs writes', () => {
    const written = AssignerProtocol.MemberAssignment.encode(
      { version: 1, assignment: { a: [0, 2], b: [] }, userData: Buffer.alloc(0) })
    assert.deepEqual(decodeAssignment(written), { partitions: { a: [0, 2], b: [] }, version: 1 })
  })
})

describe('a message that is truncated or made up', () => {
  it('ends where its bytes end, however long it claims to be', () => {
    const huge = new Writer().int16(0).int32(0x7fffffff).toBuffer()
    assert.deepEqual(decodeSubscription(huge).subscription, [])
    assert.deepEqual(decodeAssignment(huge).partitions, {})
  })

  it('never throws, wherever it is cut', () => {
    const whole = [subscription('{"a":1}', ['one', 'two']), assignment('{"a":1}')]
    for (const message of whole) {
      for (let size = 0; size < message.length; size++) {
        const part = message.subarray(0, size)
        assert.ok(Array.isArray(decodeSubscription(part).subscription))
        assert.equal(typeof decodeAssignment(part).partitions, 'object')
      }
    }
  })
})
