'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { ConsumerGroup, Consumer, KafkaClient, Producer } = require('../..')
const { settingsFor } = require('../../core/config/librdkafkaOptions')
const { librdkafkaSettings } = require('../../lib/internal/options')

const invalid = (/** @type {RegExp} */ message) => ({ name: 'InvalidConfigError', message })
const client = (/** @type {any} */ librdkafka) => new KafkaClient({ autoConnect: false, librdkafka })

describe('the option librdkafka', () => {
  it('takes strings, numbers and booleans, as librdkafka reads them', () => {
    const option = { 'isolation.level': 'read_committed', 'linger.ms': 5, 'check.crcs': true, debug: undefined }
    assert.deepEqual(librdkafkaSettings(option, '*'), [
      { name: 'isolation.level', value: 'read_committed', scope: 'C' },
      { name: 'linger.ms', value: '5', scope: 'P' },
      { name: 'check.crcs', value: 'true', scope: 'C' }
    ])
    assert.deepEqual(librdkafkaSettings(undefined, '*'), [])
  })

  it('of a client is for every handle: each takes what applies to it', () => {
    const settings = librdkafkaSettings({ 'linger.ms': 5, 'client.rack': 'a', 'check.crcs': true }, '*')
    assert.deepEqual(settingsFor(settings, 'P'), [['linger.ms', '5'], ['client.rack', 'a']])
    assert.deepEqual(settingsFor(settings, 'C'), [['client.rack', 'a'], ['check.crcs', 'true']])
  })

  it('is refused if it is not an object', () => {
    for (const option of ['linger.ms=5', 5, true, ['linger.ms']]) {
      assert.throws(() => client(option), invalid(/^librdkafka must be an object/))
    }
  })

  it('refuses names that librdkafka does not know', () => {
    assert.throws(() => client({ 'linger.s': 5 }), invalid(/^librdkafka: linger\.s is no property of librdkafka \d/))
  })

  it('refuses values that librdkafka does not accept, and says why', () => {
    assert.throws(() => client({ 'linger.ms': 'soon' }), invalid(/^librdkafka: linger\.ms cannot be used: Invalid/))
    assert.throws(() => client({ 'linger.ms': -1 }), invalid(/outside allowed range/))
    assert.throws(() => client({ 'isolation.level': 'any' }), invalid(/Invalid value "any"/))
    for (const value of [null, {}, [], () => {}, Symbol('s')]) {
      assert.throws(() => client({ 'linger.ms': value }), invalid(/^librdkafka: linger\.ms must be a string, a number/))
    }
  })

  const owned = {
    'bootstrap.servers': /use the option kafkaHost/,
    'metadata.broker.list': /use the option kafkaHost/,
    acks: /use the option requireAcks/,
    'request.required.acks': /use the option requireAcks/,
    'compression.type': /use the attributes of a payload/,
    'delivery.timeout.ms': /use the option requestTimeout/,
    'max.partition.fetch.bytes': /use the option fetchMaxBytes/,
    'enable.auto.commit': /use the option autoCommit/,
    'enable.auto.offset.store': /kafka-node-native needs it as it is/,
    'security.protocol': /use the options sslOptions and sasl/,
    'sasl.password': /use the option sasl/,
    'sasl.mechanisms': /use the option sasl/,
    'ssl.key.password': /use sslOptions/,
    'ssl.ca.location': /use sslOptions/,
    'enable.ssl.certificate.verification': /use sslOptions\.rejectUnauthorized/,
    rebalance_cb: /a C function or structure, not text/,
    opaque: /a C function or structure, not text/,
    'test.mock.num.brokers': /dev-broker/
  }
  for (const [name, reason] of Object.entries(owned)) {
    it(`refuses ${name}, which is ours`, () => {
      assert.throws(() => client({ [name]: 'marker' }), (/** @type {Error} */ error) => {
        assert.equal(error.name, 'InvalidConfigError')
        assert.match(error.message, new RegExp(`^librdkafka: ${name} cannot be set: `))
        assert.match(error.message, reason)
        assert.doesNotMatch(error.stack, /marker/)
        return true
      })
    })
  }

  it('of a producer and of consumers is refused where it has no effect', () => {
    const shared = client()
    const inert = invalid(/^librdkafka: .* is a property of (producers|consumers): it would have no effect here/)
    assert.throws(() => new Producer(shared, { librdkafka: { 'isolation.level': 'read_committed' } }), inert)
    assert.throws(() => new Consumer(shared, [{ topic: 't' }], { librdkafka: { 'linger.ms': 5 } }), inert)
    const options = { groupId: 'g', autoConnect: false, librdkafka: { 'linger.ms': 5 } }
    assert.throws(() => new ConsumerGroup(options, 't'), inert)
    assert.ok(new Producer(shared, { librdkafka: { 'linger.ms': 5, 'client.rack': 'a' } }))
  })
})
