'use strict'

const { EventEmitter } = require('node:events')
const { section } = require('../support/section')

/**
 * What unit tests pass as a client: an event emitter whose functions record how they are called.
 *
 * @param {import('../support/trace').Trace} t
 * @param {{ ready?: boolean, answers?: Record<string, any[]> }} [options] answers: what the last argument of a
 *   function, its callback, is called with
 * @returns {any}
 */
function standIn (t, { ready = false, answers = {} } = {}) {
  const client = Object.assign(new EventEmitter(), { ready, topicMetadata: {} })
  for (const [name, answer] of Object.entries(answers)) {
    Object.assign(client, {
      [name]: (/** @type {any[]} */ ...args) => {
        // consumers and callbacks are shown as what they are, not with everything in them
        // and kafka-node's structs have no class's name
        t.log(name, args.map((arg) => arg instanceof EventEmitter ? 'the emitter' : JSON.stringify(arg)))
        const callback = args[args.length - 1]
        if (typeof callback === 'function') setImmediate(callback, ...answer)
      }
    })
  }
  return client
}

module.exports = section('Clients that unit tests make', (scenario) => {
  scenario('an event emitter is enough for a constructor', { contract: '4.1, 7.1' }, (t) => {
    for (const ready of [false, undefined]) {
      t.attempt('Producer', () => new t.kafka.Producer(standIn(t, { ready })))
      t.attempt('HighLevelProducer', () => new t.kafka.HighLevelProducer(standIn(t, { ready }), { requireAcks: -1 }))
      t.attempt('Offset', () => new t.kafka.Offset(standIn(t, { ready })))
      t.attempt('Consumer', () => new t.kafka.Consumer(standIn(t, { ready }), [{ topic: 't' }], { groupId: 'g' }))
    }
  })

  scenario('errors in the options come first', { contract: '4.1, 7.1' }, (t) => {
    for (const groupId of ['a b', 'ü', 'a/b', 'x:y']) {
      t.attempt('groupId', () => new t.kafka.Consumer(standIn(t), [{ topic: 't' }], { groupId }))
    }
    t.attempt('no topics', () => new t.kafka.Consumer(standIn(t), null, {}))
    t.attempt('no topics', () => new t.kafka.Consumer(undefined, undefined))
    t.attempt('partition', () => new t.kafka.Consumer(undefined, [{ topic: 't', partition: '0' }]))
    for (const Producer of [t.kafka.Producer, t.kafka.HighLevelProducer]) {
      t.attempt('custom', () => new Producer(undefined, { partitionerType: 4 }))
      t.attempt('custom', () => new Producer(undefined, {}, () => 0))
      t.attempt('custom', () => new Producer(standIn(t), { partitionerType: 4 }))
    }
  })

  scenario('a producer follows it, and sends through it', { contract: '4.2' }, async (t) => {
    const client = standIn(t, {
      answers: { sendProduceRequest: [null, { t: { 0: 7 } }], refreshMetadata: [new Error('boo')], close: [null] }
    })
    const producer = new t.kafka.Producer(client, { requireAcks: -1, ackTimeoutMs: 50 })
    t.watch('producer', producer, ['ready', 'error'])
    client.ready = true
    client.emit('ready')
    t.log('ready', producer.ready)
    client.topicMetadata = { t: { 0: { partition: 0 }, 1: { partition: 1 } } }
    client.emit('brokersChanged')
    client.emit('error', new Error('of the client'))
    const keyed = Object.assign(new t.kafka.KeyedMessage('k', 'v'), { timestamp: 3 })
    await t.call('send', (/** @type {any} */ callback) => producer.send([
      { topic: 't', messages: ['a', 'b'], key: 'k', timestamp: 1 },
      { topic: 't', messages: 'c', partition: 1, attributes: 2, timestamp: 2 },
      { topic: 't', messages: keyed }
    ], callback))
    await t.call('close', (/** @type {any} */ callback) => producer.close(callback))
  })

  scenario('a consumer asks it for offsets and messages', { contract: '7.2' }, async (t) => {
    const client = standIn(t, {
      answers: {
        topicExists: [null], sendOffsetFetchRequest: [null, { t: { 0: 5, 1: -1 } }], sendFetchRequest: [],
        sendOffsetCommitRequest: [null, { t: { partition: 0, errorCode: 0 } }], addTopics: [null, ['u']], close: [null],
        removeTopicMetadata: [null, 1], refreshMetadata: [null]
      }
    })
    const consumer = new t.kafka.Consumer(client, [{ topic: 't' }, { topic: 't', partition: 1 }], { groupId: 'g' })
    t.watch('consumer', consumer, ['message', 'error'])
    client.ready = true
    client.emit('ready')
    await t.until(() => t.tracks.has('sendFetchRequest'), 'the first fetch')
    t.log('payloads', consumer.payloads)
    consumer.emit('message', { topic: 't', value: 'v', offset: 5, partition: 0 })
    consumer.emit('done', { t: { 0: 5 } })
    t.log('payloads', consumer.payloads)
    await t.until(() => (t.tracks.get('sendFetchRequest') || []).length === 2, 'the second fetch')
    consumer.pauseTopics(['t'])
    t.log('paused', consumer.payloads.length, consumer.pausedPayloads.length)
    consumer.resumeTopics([{ topic: 't', partition: 0 }])
    t.log('resumed', consumer.payloads.length, consumer.pausedPayloads.length)
    consumer.setOffset('t', 0, 3)
    t.log('moved', consumer.payloads[0].offset)
    await t.call('commit', (/** @type {any} */ callback) => consumer.commit(true, callback))
    await t.call('addTopics', (/** @type {any} */ callback) => consumer.addTopics(['u'], callback, true))
    await t.call('removeTopics', (/** @type {any} */ callback) => consumer.removeTopics('u', callback))
    client.emit('error', new Error('of the client'))
    await t.call('close', (/** @type {any} */ callback) => consumer.close(callback))
  })

  scenario('anything but an emitter is refused', {
    contract: '4.1, 7.1',
    meant: {
      none: {
        id: 'D51',
        original: 'varies',
        ours: Array(12).fill(/throws \[TypeError 'client must be a KafkaClient, not .*ERR_INVALID_ARG_TYPE/)
      }
    }
  }, (t) => {
    for (const client of [undefined, null, {}, { kafkaHost: 'localhost:9092' }]) {
      t.attempt('none', () => new t.kafka.Producer(client))
      t.attempt('none', () => new t.kafka.Consumer(client, [{ topic: 't' }], {}))
      t.attempt('none', () => new t.kafka.Offset(client))
    }
  })
})
