'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { KafkaClient, Producer } = require('../..')

// Test frameworks replace modules and stub classes; the scenarios of compat/foreign-clients have plain emitters.

test('a ConsumerGroup takes the class that a test puts in place of KafkaClient', () => {
  const [file, clientFile] = ['consumerGroup', 'kafkaClient'].map((name) => require.resolve(`../../lib/${name}`))
  const saved = [file, clientFile].map((name) => /** @type {const} */ ([name, require.cache[name]]))
  class FakeClient extends EventEmitter {
    /** @param {any} callback */
    close (callback) { setImmediate(callback) }
  }
  try {
    delete require.cache[file]
    Object.assign(/** @type {any} */ (require.cache[clientFile]), { exports: FakeClient })
    const ConsumerGroup = require(file)
    const group = new ConsumerGroup({ connectOnReady: false, groupId: 'g' }, 'topic')
    assert.ok(group.client instanceof FakeClient)
    const errors = /** @type {any[]} */ ([])
    group.on('error', (/** @type {any} */ error) => errors.push(error.message))
    group.client.emit('error', new Error('boo'))
    assert.deepEqual(errors, ['boo'])
    return new Promise((resolve) => group.close(resolve))
  } finally {
    for (const [name, module] of saved) require.cache[name] = module
    Object.assign(/** @type {any} */ (require.cache[clientFile]), { exports: KafkaClient })
  }
})

test('a producer takes a KafkaClient whose constructor never ran', () => {
  const sent = /** @type {any[]} */ ([])
  const client = Object.create(KafkaClient.prototype, {
    ready: { value: true },
    on: { value: () => {} },
    sendProduceRequest: { value: (/** @type {any[]} */ ...args) => sent.push(args) },
    topicMetadata: { value: {} }
  })
  new Producer(client).send([{ topic: 't', messages: 'm' }], () => {})
  assert.equal(sent.length, 1)
  const [[[{ topic, partition, messages }], requireAcks, ackTimeoutMs]] = sent
  assert.deepEqual([topic, partition, messages[0].value, requireAcks, ackTimeoutMs], ['t', 0, 'm', 1, 100])
})
