'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { Consumer, ConsumerGroup, KafkaClient } = require('../..')
const { groupOptions, isIncremental } = require('../../lib/internal/group/options')
const { consumerOptions } = require('../../lib/internal/options')

const invalid = (/** @type {RegExp} */ message) => ({ name: 'InvalidConfigError', message })
const custom = { name: 'sticky', version: 0, assign: () => {} }

/** @param {object} options */
const group = (options) => new ConsumerGroup({ autoConnect: false, groupId: 'g', ...options }, 'topic')

/** @param {any} options of a group @returns {any} as the native side reads them */
const native = (options) => {
  const { protocols, options: complete } = group(options)
  return groupOptions(complete, protocols, options.heartbeatInterval)
}

describe('the options of a group', () => {
  it('cross as the native side reads them', () => {
    assert.deepEqual(native({ groupInstanceId: 'pod-3', protocol: ['range', custom] }), {
      groupProtocol: 'classic',
      assignors: [{ name: 'range', custom: false }, { name: 'sticky', custom: true }],
      sessionTimeout: 30000,
      heartbeatInterval: 3000,
      metadataInterval: 30000,
      instanceId: 'pod-3',
      remoteAssignor: null
    })
    const { groupProtocol, assignors, instanceId, remoteAssignor } = native({
      groupProtocol: 'consumer', groupRemoteAssignor: 'uniform', groupInstanceId: null
    })
    assert.deepEqual([groupProtocol, assignors, instanceId, remoteAssignor], ['consumer', [], null, 'uniform'])
  })

  it('may be used again, as they are completed in place', () => {
    const options = { autoConnect: false, groupId: 'g', groupProtocol: /** @type {const} */ ('consumer') }
    assert.doesNotThrow(() => [new ConsumerGroup(options, 't'), new ConsumerGroup(options, 't')])
  })

  it('cooperative-sticky is not mixed with others, in which it would not be cooperative', () => {
    for (const protocol of ['cooperative-sticky', ['cooperative-sticky']]) {
      const { options, protocols } = group({ protocol })
      assert.equal(isIncremental(options, protocols), true)
      assert.deepEqual(native({ protocol }).assignors, [{ name: 'cooperative-sticky', custom: false }])
    }
    const mixed = invalid(/^protocol must not mix 'cooperative-sticky' with others/)
    assert.throws(() => group({ protocol: ['cooperative-sticky', 'range'] }), mixed)
    assert.throws(() => group({ protocol: [custom, 'cooperative-sticky'] }), mixed)
    assert.throws(() => group({ protocol: ['sticky'] }), { message: 'Unknown built in assignment protocol sticky' })
  })

  it('a broker that assigns does not ask a protocol of the user\'s own', () => {
    assert.throws(() => group({ groupProtocol: 'consumer', protocol: [custom] }),
      invalid(/^protocol sticky cannot be used with groupProtocol 'consumer': .* groupRemoteAssignor/))
    for (const protocol of ['range', ['roundrobin', 'range'], ['cooperative-sticky']]) {
      assert.deepEqual(native({ groupProtocol: 'consumer', protocol }).assignors, [])
    }
  })

  it('are refused by name when they are no good', () => {
    for (const groupProtocol of ['', 'Consumer', null, 5, Symbol('s'), {}]) {
      assert.throws(() => group({ groupProtocol }), invalid(/^groupProtocol .* is illegal, must be 'classic' or, with/))
    }
    for (const name of ['groupInstanceId', 'groupRemoteAssignor']) {
      for (const value of ['', 5, true, Symbol('s'), {}, ['a']]) {
        assert.throws(() => group({ groupProtocol: 'consumer', [name]: value }),
          invalid(new RegExp(`^${name} .*is illegal, must be a string that is not empty$`)))
      }
      assert.throws(() => group({ groupProtocol: 'consumer', [name]: 'a\0b' }), invalid(new RegExp(`^${name} .*NUL`)))
    }
    assert.throws(() => group({ groupRemoteAssignor: 'uniform' }),
      invalid(/^groupRemoteAssignor needs groupProtocol 'consumer'$/))
  })

  it('isolationLevel is one of two', () => {
    const common = { fetchMaxWaitMs: 100, fetchMinBytes: 1, fetchMaxBytes: 1048576 }
    const isHidden = (/** @type {any} */ isolationLevel) =>
      consumerOptions(/** @type {any} */ ({ librdkafka: [] }), { ...common, isolationLevel }, null).readCommitted
    assert.deepEqual([undefined, 'read_uncommitted', 'read_committed'].map(isHidden), [false, false, true])
    const client = new KafkaClient({ autoConnect: false })
    for (const isolationLevel of /** @type {any[]} */ (['', 'READ_COMMITTED', null, 1, Symbol('s'), {}])) {
      const refused = invalid(/^isolationLevel .*is illegal, must be 'read_uncommitted' or 'read_committed'$/)
      assert.throws(() => group({ isolationLevel }), refused)
      assert.throws(() => new Consumer(client, [{ topic: 't' }], { isolationLevel }), refused)
    }
  })
})
