'use strict'

const { after, before, beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { setTimeout: delay } = require('node:timers/promises')
const { Admin, KafkaClient, Offset } = require('../..')
const { FAST_RETRY, Opened, call, next, record, sendAll, startWatched, uniqueName } = require('../support/embedded')
const { stopProcess } = require('../../tools/kafka/stopped')

const EVENTS = ['connect', 'ready', 'close', 'error', 'socket_error', 'reconnect', 'brokersChanged']

describe('KafkaClient', { timeout: 60000 }, () => {
  let broker
  let opened

  before(async () => { broker = await startWatched({ topics: ['one', 'three:3'] }) })
  after(() => broker.stop())
  beforeEach((context) => { opened = new Opened(context, broker) })

  describe('connecting', () => {
    it('starts by itself: connect, then ready, with the metadata of all topics', async () => {
      const client = opened.client()
      const events = record(client, EVENTS)
      assert.equal(client.connecting, true)
      assert.equal(client.ready, false)
      await next(client, 'ready')
      assert.deepEqual(events, ['connect', 'ready'])
      assert.equal(client.ready, true)
      assert.equal(client.connecting, false)
      const [[id, node]] = Object.entries(client.brokerMetadata)
      assert.deepEqual(node, { nodeId: Number(id), host: '127.0.0.1', port: broker.port })
      assert.deepEqual(client.topicMetadata.three[2],
        { topic: 'three', partition: 2, leader: node.nodeId, replicas: [node.nodeId], isr: [node.nodeId] })
      assert.deepEqual(Object.keys(client.topicMetadata.one), ['0'])
      assert.deepEqual(Object.keys(client.clusterMetadata), ['controllerId'])
    })

    it('waits for connect() with autoConnect: false', async () => {
      const client = opened.client({ autoConnect: false })
      assert.equal(client.connecting, false)
      client.connect()
      assert.equal(client.connecting, true)
      client.connect()
      await next(client, 'ready')
    })

    it('keeps the options object and completes it with the defaults', () => {
      const options = { kafkaHost: broker.brokers, autoConnect: false, connectRetryOptions: { retries: 1 } }
      const client = opened.closeAtEnd(new KafkaClient(options))
      assert.equal(client.options, options)
      assert.equal(options.requestTimeout, 30000)
      assert.deepEqual(options.connectRetryOptions,
        { retries: 1, factor: 2, minTimeout: 1000, maxTimeout: 60000, randomize: true })
      assert.equal(client.clientId, 'kafka-node-client')
    })

    it('refuses a host without a port at once', () => {
      assert.throws(() => new KafkaClient({ kafkaHost: 'localhost' }),
        { name: 'RangeError', code: 'ERR_SOCKET_BAD_PORT' })
      assert.throws(() => new KafkaClient({ clientId: 'my app' }), { name: 'InvalidConfigError' })
    })

    it('reports the system\'s own error once, after the last attempt; then connect() may be called again', async () => {
      await broker.setDown()
      try {
        const client = opened.client()
        const events = record(client, EVENTS)
        const error = await next(client, 'error')
        const { code, syscall, address, port } = error
        assert.deepEqual({ code, syscall, address, port },
          { code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: broker.port })
        assert.equal(client.connecting, false)
        assert.deepEqual(events, ['error'])
        await broker.setUp()
        client.connect()
        await next(client, 'ready')
      } finally {
        await broker.setUp()
      }
    })

    it('is ready when the broker comes up between two attempts', async () => {
      await broker.setDown()
      const client = opened.client({ connectRetryOptions: { ...FAST_RETRY, retries: 1000 } })
      const events = record(client, ['error'])
      const ready = next(client, 'ready')
      await broker.setUp()
      await ready
      assert.deepEqual(events, [])
    })

    it('does not wait for the next attempt when the broker comes up', async () => {
      await broker.setDown()
      const client = opened.client({
        connectTimeout: 100, connectRetryOptions: { retries: 2, minTimeout: 3600000, maxTimeout: 3600000 }
      })
      try {
        // its first attempt has failed, and its metadata request is abandoned
        while (client._connector.isAsking || client._connector.attempt || !client._primary) await delay(10)
      } finally {
        await broker.setUp()
      }
      await next(client, 'ready')
    })

    it('gives up an attempt after connectTimeout', async () => {
      await broker.setRtt(2000)
      try {
        const client = opened.client({ connectTimeout: 100, connectRetryOptions: { ...FAST_RETRY, retries: 0 } })
        const error = await next(client, 'error')
        assert.equal(error.name, 'TimeoutError')
        assert.equal(error.message, 'Connection timeout of 100ms exceeded')
      } finally {
        await broker.setRtt(0)
      }
    })
  })

  describe('an outage', () => {
    it('shows as close, error and socket_error, and ends with reconnect', async () => {
      const client = opened.client()
      await next(client, 'ready')
      const events = record(client, EVENTS)
      const nested = next(client, 'error')
      const socketError = next(client, 'socket_error', ({ code }) => code === 'ECONNREFUSED')
      const closed = next(client, 'close')
      await broker.setDown()
      try {
        await closed
        const error = await nested
        assert.equal(error.name, 'NestedError')
        assert.equal(error.message, 'refreshBrokerMetadata failed')
        assert.equal(error.nested.message, 'Unable to find available brokers to try')
        assert.equal((await socketError).port, broker.port)
        assert.equal(client.ready, true)
      } finally {
        const back = next(client, 'reconnect')
        await broker.setUp()
        await back
      }
      assert.deepEqual(events.filter((name) => name === 'error'), ['error'])
      assert.equal(events.includes('ready'), false)
      assert.ok(events.lastIndexOf('connect') < events.indexOf('reconnect'))
    })
  })

  describe('metadata', () => {
    it('of named topics, of all, and of a topic that does not exist', async () => {
      const client = opened.client()
      await next(client, 'ready')
      const [brokers, { metadata, clusterMetadata }] = await call(client, 'loadMetadataForTopics', ['three'])
      assert.equal(Object.values(brokers)[0].port, broker.port)
      assert.deepEqual(Object.keys(metadata), ['three'])
      assert.deepEqual(Object.keys(clusterMetadata), ['controllerId'])
      for (const all of [[], null]) {
        const [, answer] = await call(client, 'loadMetadataForTopics', all)
        assert.ok('one' in answer.metadata && 'three' in answer.metadata)
      }
    })

    // A process that stands still answers nothing.
    const skip = process.platform === 'win32' && 'Windows has no SIGSTOP'
    const silent = 'ends with a TimeoutError while the broker is silent, even after its connection was given up'
    it(silent, { skip }, async () => {
      const frozen = await startWatched()
      const client = opened.client({ kafkaHost: frozen.brokers, requestTimeout: 1000 })
      client.on('error', () => {})
      const refused = next(client, 'socket_error', ({ code }) => code === 'ECONNREFUSED')
      await next(client, 'ready')
      await stopProcess(frozen.pid)
      try {
        for (let i = 0; i < 3; i++) {
          await assert.rejects(call(client, 'loadMetadataForTopics', ['topic']),
            { name: 'TimeoutError', message: 'Request timed out after 1000ms' })
        }
      } finally {
        process.kill(frozen.pid, 'SIGCONT')
        await frozen.stop()
      }
      await refused
      await assert.rejects(call(client, 'loadMetadataForTopics', ['topic']), { name: 'BrokerNotAvailableError' })
    })

    it('is refused before the connection is up', async () => {
      const client = opened.client({ autoConnect: false })
      await assert.rejects(call(client, 'loadMetadataForTopics', ['one']),
        { name: 'BrokerNotAvailableError', message: 'Broker not available (loadMetadataForTopics)' })
    })

    it('reports which topics do not exist', async () => {
      const client = opened.client()
      await next(client, 'ready')
      const missing = uniqueName('missing')
      assert.equal(await call(client, 'topicExists', ['one']), undefined)
      await assert.rejects(call(client, 'topicExists', ['one', missing]),
        { name: 'TopicsNotExistError', topics: [missing], message: `The topic(s) ${missing} do not exist` })
    })

    it('is adopted by refreshMetadata and forgotten by removeTopicMetadata', async () => {
      const client = opened.client()
      await next(client, 'ready')
      const topic = uniqueName('later')
      await broker.createTopic(topic, 2)
      assert.equal(client.topicMetadata[topic], undefined)
      await call(client, 'refreshMetadata', [topic])
      assert.deepEqual(Object.keys(client.topicMetadata[topic]), ['0', '1'])
      assert.equal(await call(client, 'removeTopicMetadata', [topic]), 1)
      assert.equal(client.topicMetadata[topic], undefined)
    })
  })

  describe('createTopics', () => {
    it('creates what is described and lists what failed', async () => {
      const client = opened.client()
      await next(client, 'ready')
      const topic = uniqueName('described')
      assert.deepEqual(await call(client, 'createTopics', [{ topic, partitions: 3, replicationFactor: 1 }]), [])
      const failed = await call(client, 'createTopics', [{ topic, partitions: 3, replicationFactor: 1 }])
      assert.deepEqual(failed.map((failure) => failure.topic), [topic])
      assert.match(failed[0].error, /exists/i)
      const [, { metadata }] = await call(client, 'loadMetadataForTopics', [topic])
      assert.equal(Object.keys(metadata[topic]).length, 3)
    })

    it('lets the broker create topics given by name', async () => {
      const client = opened.client()
      await next(client, 'ready')
      const topic = uniqueName('named')
      assert.deepEqual(await call(client, 'createTopics', [topic], true), [topic])
      await assert.rejects(call(client, 'createTopics', ['a/b'], true), { name: 'InvalidConfigError' })
      assert.throws(() => client.createTopics(['a/b'], false, () => {}), { name: 'InvalidConfigError' })
    })
  })

  describe('close', () => {
    it('calls back with null each time; the client stays as it was, and connect() does nothing', async () => {
      const client = opened.client()
      await next(client, 'ready')
      const events = record(client, EVENTS)
      const first = new Promise((resolve) => client.close((...args) => resolve(args)))
      const second = new Promise((resolve) => client.close((...args) => resolve(args)))
      assert.deepEqual(await first, [null])
      assert.deepEqual(await second, [null])
      await call(client, 'close')
      assert.equal(client.ready, true)
      assert.equal(client.closing, true)
      assert.ok(events.includes('close'))
      assert.equal(events.includes('error'), false)
      client.connect()
      await call(client, 'close')
      await assert.rejects(call(client, 'loadMetadataForTopics', ['one']), { name: 'BrokerNotAvailableError' })
    })

    it('works before the first connection, and while connecting', async () => {
      const idle = opened.client({ autoConnect: false })
      await call(idle, 'close')
      const busy = opened.client()
      busy.on('ready', () => assert.fail('ready after close'))
      await call(busy, 'close')
    })

    it('ends calls of Offset and Admin that wait for the connection', async () => {
      const client = opened.client({ autoConnect: false })
      const [offset, admin] = [new Offset(client), new Admin(client)]
      const waiting = [
        call(offset, 'fetchLatestOffsets', ['one']), call(offset, 'fetchCommits', 'g', [{ topic: 'one' }]),
        call(admin, 'listTopics')
      ].map((promise) => assert.rejects(promise, { name: 'BrokerNotAvailableError' }))
      await call(client, 'close')
      await Promise.all(waiting)
      await assert.rejects(call(admin, 'listGroups'), { name: 'BrokerNotAvailableError' })
    })

    it('ends requests that are in flight', async () => {
      const client = opened.client()
      await next(client, 'ready')
      await broker.setRtt(60000)
      try {
        const request = assert.rejects(call(client, 'loadMetadataForTopics', ['one']),
          { name: 'BrokerNotAvailableError' })
        await call(client, 'close')
        await request
      } finally {
        await broker.setRtt(0)
      }
    })
  })

  it('emits librdkafka\'s statistics when an interval is set', async () => {
    const client = opened.client({ statisticsInterval: 50 })
    const statistics = await next(client, 'statistics')
    assert.equal(statistics.client_id, 'kafka-node-client')
    assert.equal(typeof statistics.brokers, 'object')
  })

  it('is shared by producers, each with its own ready event', async () => {
    const client = opened.client()
    const [first, second] = await Promise.all([opened.producer({}, { client }), opened.producer({}, { client })])
    const late = await opened.producer({}, { client })
    for (const producer of [first, second, late]) assert.equal(producer.ready, true)
    const topic = uniqueName('shared')
    await broker.createTopic(topic)
    assert.deepEqual(await sendAll(first, topic, ['a']), { [topic]: { 0: 0 } })
    assert.deepEqual(await sendAll(second, topic, ['b']), { [topic]: { 0: 1 } })
  })
})
