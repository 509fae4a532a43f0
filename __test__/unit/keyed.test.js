'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')

const { listOf, recordOf, setValue, valueOf } = require('../../core/keyed')
const { decodeAssignment } = require('../../core/group/memberMetadata')
const range = require('../../lib/assignment/range')
const roundrobin = require('../../lib/assignment/roundrobin')
const { createTopicPartitionList, groupPartitionsByTopic } = require('../../lib/utils')
const { NAMES, checkPrototype } = require('../support/inherited-names')

for (const name of NAMES) {
  test(`${name} is a key like any other`, () => {
    const object = /** @type {any} */ ({})
    assert.equal(valueOf(object, name), undefined)
    recordOf(object, name)[0] = 5
    recordOf(object, name)[1] = 6
    assert.deepEqual(valueOf(object, name), { 0: 5, 1: 6 })
    assert.deepEqual(Object.keys(object), [name])
    setValue(object, name, 7)
    assert.equal(valueOf(object, name), 7)
    const lists = /** @type {any} */ ({})
    listOf(lists, name).push(1)
    listOf(lists, name).push(2)
    assert.deepEqual(Object.entries(lists), [[name, [1, 2]]])
    assert.equal(Object.getPrototypeOf(lists), Object.prototype)
    checkPrototype()
  })

  test(`a foreign member that owns the topic ${name} is shown with it`, () => {
    const topic = Buffer.from(name)
    const bytes = Buffer.alloc(2 + 4 + 2 + topic.length + 4 + 4 + 4)
    let at = bytes.writeInt32BE(1, 2)
    at = bytes.writeInt16BE(topic.length, at)
    at += topic.copy(bytes, at)
    at = bytes.writeInt32BE(1, at)
    at = bytes.writeInt32BE(3, at)
    bytes.writeInt32BE(-1, at)
    assert.deepEqual(Object.entries(decodeAssignment(bytes).partitions), [[name, [3]]])
    checkPrototype()
  })

  test(`the assignors share out the topic ${name}`, () => {
    const topics = Object.fromEntries([[name, ['0', '1']]])
    const members = ['a', 'b'].map((id) => ({ id, subscription: [name] }))
    for (const { assign } of [range, roundrobin]) {
      assign(topics, members, (error, assignment) => {
        assert.equal(error, null)
        assert.deepEqual(assignment.map(({ topicPartitions }) => Object.entries(topicPartitions)
          .map(([topic, ids]) => [topic, ids.map(Number)])), [[[name, [0]]], [[name, [1]]]])
      })
    }
    assert.deepEqual(groupPartitionsByTopic(createTopicPartitionList(topics)), topics)
    checkPrototype()
  })
}
