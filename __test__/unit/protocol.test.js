'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const protocol = require('../../lib/protocol')
const { Message, KeyedMessage } = protocol

test('KeyedMessage has the time of its creation', t => {
  t.mock.method(Date, 'now', () => 1700000000000)
  assert.deepEqual(Object.entries(new KeyedMessage('key', 'value')), [
    ['magic', 0], ['attributes', 0], ['key', 'key'], ['value', 'value'], ['timestamp', 1700000000000]
  ])
})

test('KeyedMessage is not a Message', () => {
  assert.ok(!(new KeyedMessage('key', 'value') instanceof Message))
})

test('Message takes its fields in order', () => {
  assert.deepEqual({ ...new Message(1, 2, 'key', 'value', 3) },
    { magic: 1, attributes: 2, key: 'key', value: 'value', timestamp: 3 })
})

test('broker errors that have a class are listed by name', () => {
  for (const [name, Class] of Object.entries(protocol.GROUP_ERROR)) {
    assert.equal(Class.prototype.name, name)
    assert.ok(Object.values(protocol.ERROR_CODE).includes(name))
  }
})

test('lib/protocol/protocol_struct is the same module', () => {
  assert.equal(require('../../lib/protocol/protocol_struct'), protocol)
})
