'use strict'

// The second door's producer on the embedded broker; where the answers are to be the same, beside kafkajs's own.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')

const { startWatched, uniqueName } = require('../support/embedded')
const { readAll } = require('../support/log-reader')
const { Clients, ours, outcome, theirs } = require('../support/kafkajs-door')

const { CompressionCodecs, CompressionTypes } = ours

const text = (/** @type {any} */ bytes) => bytes === null ? null : String(bytes)
const numbered = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => ({ value: String(i) }))

describe('a producer of the second door', { timeout: 120000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  /** @param {string} name @param {number} [partitions] */
  const newTopic = async (name, partitions = 1) => {
    const topic = uniqueName(name)
    await broker.createTopic(topic, partitions)
    return topic
  }

  const values = async topic => (await readAll(broker.brokers, topic)).map(({ value }) => text(value))

  it('emits its events with each call, and can be connected again', async context => {
    const producer = new Clients(context, broker.brokers).producer()
    const types = []
    for (const event of [producer.events.CONNECT, producer.events.DISCONNECT]) {
      producer.on(event, ({ type, payload }) => types.push([type, payload]))
    }
    assert.equal(await producer.connect(), undefined)
    await producer.connect()
    assert.equal(await producer.disconnect(), undefined)
    await producer.disconnect()
    await producer.connect()
    await producer.send({ topic: uniqueName('again'), messages: [{ value: 'v' }] })
    assert.deepEqual(types.map(([type]) => type),
      ['connect', 'connect', 'disconnect', 'disconnect', 'connect'].map(name => `producer.${name}`))
    assert.ok(types.every(([, payload]) => payload === undefined))
  })

  it('can be connected while it disconnects', async context => {
    const producer = await new Clients(context, broker.brokers).connected()
    const disconnecting = producer.disconnect()
    await producer.connect()
    await disconnecting
    const [{ errorCode }] = await producer.send({ topic: uniqueName('race'), messages: [{ value: 'v' }] })
    assert.equal(errorCode, 0)
  })

  it('tells where each partition was written, in the shape of kafkajs', async context => {
    const topic = await newTopic('result', 3)
    const producer = await new Clients(context, broker.brokers).connected()
    const messages = [2, 0, 2].map(partition => ({ value: 'v', partition }))
    const written = { errorCode: 0, logAppendTime: '-1', logStartOffset: '-1', topicName: topic }
    assert.deepEqual(await producer.send({ topic, messages }), [
      { ...written, partition: 0, baseOffset: '0' }, { ...written, partition: 2, baseOffset: '0' }])
    assert.deepEqual(await producer.send({ topic, messages: [{ value: 'w', partition: /** @type {any} */ ('2') }] }), [
      { ...written, partition: 2, baseOffset: '2' }])
  })

  it('merges the entries of one topic in order', async context => {
    const [a, b] = [await newTopic('merge'), await newTopic('merge')]
    const producer = await new Clients(context, broker.brokers).connected()
    const topicMessages = [
      { topic: b, messages: [{ value: '1' }] }, { topic: a, messages: [{ value: '2' }] },
      { topic: b, messages: [{ value: '3' }] }]
    const before = JSON.stringify(topicMessages)
    const result = await producer.sendBatch({ topicMessages })
    assert.deepEqual(result.map(({ topicName }) => topicName), [b, a])
    assert.equal(JSON.stringify(topicMessages), before)
    assert.deepEqual(await values(b), ['1', '3'])
  })

  it('writes keys, values, headers and times as they are given', async context => {
    const topic = await newTopic('records')
    const producer = await new Clients(context, broker.brokers).connected()
    const bytes = Buffer.from([0, 255, 128])
    const { buffer } = new Uint8Array([1, 2, 3])
    await producer.send({
      topic,
      messages: [
        { value: 'ä', key: 'ö', timestamp: '1700000000000' },
        { value: bytes, key: bytes, timestamp: /** @type {any} */ (1700000000001) },
        { value: null, key: '' },
        { value: '' },
        { value: /** @type {any} */ (new Uint8Array(buffer)), key: /** @type {any} */ (buffer) },
        {
          value: 'h',
          headers: {
            a: 'text', b: bytes, c: ['1', Buffer.from('2')], d: '', e: [], f: null, g: undefined, constructor: 'x'
          }
        }
      ]
    })
    const records = await readAll(broker.brokers, topic)
    assert.deepEqual(records.map(({ key, value }) => [key, value].map(bytes => bytes && bytes.toString('hex'))), [
      [Buffer.from('ö').toString('hex'), Buffer.from('ä').toString('hex')], ['00ff80', '00ff80'], ['', null],
      [null, ''], ['010203', '010203'], [null, '68']])
    assert.deepEqual(records.slice(0, 2).map(({ timestamp }) => String(timestamp)), ['1700000000000', '1700000000001'])
    assert.ok(Math.abs(Number(records[2].timestamp) - Date.now()) < 60000)
    const headers = records[5].headers.map(([name, value]) => [name, value && value.toString('latin1')])
    assert.deepEqual(headers, [['a', 'text'], ['b', '\u0000ÿ\u0080'], ['c', '1'], ['c', '2'], ['d', ''], ['f', null],
      ['constructor', 'x']])
  })

  for (const library of [ours, theirs]) {
    const name = library === ours ? 'ours' : 'kafkajs'
    it(`rejects what cannot be sent (${name})`, async context => {
      const topic = await newTopic('refused')
      const clients = new Clients(context, broker.brokers, library)
      const producer = clients.producer()
      const idempotent = clients.producer({ idempotent: true })
      const send = (/** @type {any} */ args) => outcome(() => producer.send(args))
      assert.deepEqual(await send({ topic, messages: [{ value: 'v' }] }),
        { error: { name: 'KafkaJSError', message: 'The producer is disconnected', retriable: true,
          type: undefined, code: undefined, cause: null } })
      await producer.connect()
      await idempotent.connect()
      const errors = []
      for (const args of [
        {}, { topic: '' }, { topic }, { topic, messages: [{ key: 'a' }] }, { topic, messages: 3 },
        { topic, messages: [{ value: 1 }] }, { topic, messages: [{ value: 'v', key: {} }] },
        { topic, messages: [{ value: true }] }, { topic, messages: [{ value: 'v', headers: { a: 1 } }] },
        { topic, messages: [{ value: 'v', headers: null }] }, { topic, messages: [{ value: 'v', timestamp: 'abc' }] },
        { topic, messages: [{ value: 'v', timestamp: '' }] }
      ]) errors.push((await send(args)).error)
      errors.push((await outcome(() => idempotent.send({ topic, messages: [{ value: 'v' }], acks: 1 }))).error)
      assert.deepEqual(errors.map(({ name, message }) => `${name}: ${message}`), [
        'KafkaJSNonRetriableError: Invalid topic',
        'KafkaJSNonRetriableError: Invalid topic',
        `KafkaJSNonRetriableError: Invalid messages array [undefined] for topic "${topic}"`,
        `KafkaJSNonRetriableError: Invalid message without value for topic "${topic}": {"key":"a"}`,
        'TypeError: messages.find is not a function',
        'TypeError: The "string" argument must be of type string or an instance of Buffer or ArrayBuffer. Received ' +
          'type number (1)',
        'TypeError: The "string" argument must be of type string or an instance of Buffer or ArrayBuffer. Received ' +
          'an instance of Object',
        'TypeError: The "string" argument must be of type string or an instance of Buffer or ArrayBuffer. Received ' +
          'type boolean (true)',
        'TypeError: The "string" argument must be of type string or an instance of Buffer or ArrayBuffer. Received ' +
          'type number (1)',
        'TypeError: Cannot convert undefined or null to object',
        'SyntaxError: Cannot convert abc to a BigInt',
        'Error: empty string',
        'KafkaJSNonRetriableError: Not requiring ack for all messages invalidates the idempotent producer\'s EoS ' +
          'guarantees'
      ])
      assert.deepEqual(await values(topic), [])
      const disconnecting = producer.disconnect()
      assert.equal((await send({ topic, messages: [{ value: 'v' }] })).error.message,
        'The producer is disconnecting; therefore, it can\'t safely accept messages anymore')
      await disconnecting
    })

    it(`resolves with nothing for nothing (${name})`, async context => {
      const producer = await new Clients(context, broker.brokers, library).connected()
      assert.deepEqual(await producer.sendBatch({}), [])
      assert.deepEqual(await producer.sendBatch({ topicMessages: [] }), [])
      assert.deepEqual(await producer.send({ topic: uniqueName('nothing'), messages: [] }), [])
      assert.deepEqual(await producer.send({ topic: uniqueName('acks'), messages: [{ value: 'v' }], acks: 0 }), [])
    })

    it(`calls a partitioner for each message, with the partitions (${name})`, async context => {
      const topic = await newTopic('custom', 3)
      const calls = []
      const createPartitioner = () => args => calls.push(args) % 3
      const producer = await new Clients(context, broker.brokers, library).connected({ createPartitioner })
      const messages = [{ value: 'a' }, { value: 'b', partition: 0 }, { value: 'c' }]
      const result = await producer.send({ topic, messages })
      assert.deepEqual(result.map(({ partition }) => partition).sort(), [0, 1, 2])
      assert.deepEqual(calls.map(({ topic, message }) => [topic, message]), messages.map(message => [topic, message]))
      const [{ partitionMetadata }] = calls
      assert.deepEqual(partitionMetadata.map(({ partitionId }) => partitionId).sort(), [0, 1, 2])
      assert.deepEqual(Object.keys(partitionMetadata[0]).sort(),
        ['isr', 'leader', 'offlineReplicas', 'partitionErrorCode', 'partitionId', 'replicas'])
    })
  }

  it('keeps the order of calls that are not awaited, with all acks, codecs and times', async context => {
    const topic = await newTopic('order')
    const producer = await new Clients(context, broker.brokers).connected()
    const sends = []
    for (let i = 0; i < 60; i++) {
      sends.push(producer.send({
        topic, messages: [{ value: String(i) }], acks: [-1, 1][i % 2], compression: [0, 1, 4][Math.trunc(i / 5) % 3]
      }))
    }
    await Promise.all(sends)
    assert.deepEqual(await values(topic), numbered(60).map(({ value }) => value))
  })

  it('does not wait for a topic when it sends to another', async context => {
    const known = await newTopic('known')
    const producer = await new Clients(context, broker.brokers).connected()
    await producer.send({ topic: known, messages: [{ value: '0' }] })
    const unknown = uniqueName('unknown')
    await broker.topicError(unknown, 3)
    const failing = outcome(() => producer.send({ topic: unknown, messages: [{ value: 'v' }] }))
    await producer.send({ topic: known, messages: [{ value: '1' }] })
    const { error } = await failing
    assert.deepEqual([error.name, error.message, error.cause.name, error.cause.type], [
      'KafkaJSNumberOfRetriesExceeded', 'This server does not host this topic-partition', 'KafkaJSProtocolError',
      'UNKNOWN_TOPIC_OR_PARTITION'])
    await producer.send({ topic: known, messages: [{ value: '2' }] })
    assert.deepEqual(await values(known), ['0', '1', '2'])
  })

  it('tells of a topic that may not be used at once', async context => {
    const topic = uniqueName('secret')
    await broker.topicError(topic, 29)
    const producer = await new Clients(context, broker.brokers).connected()
    const { error } = await outcome(() => producer.send({ topic, messages: [{ value: 'v' }] }))
    assert.deepEqual([error.name, error.retriable, error.cause.type],
      ['KafkaJSNonRetriableError', false, 'TOPIC_AUTHORIZATION_FAILED'])
  })

  it('writes nothing of a send with a partition that does not exist', async context => {
    const topic = await newTopic('partitions', 2)
    const producer = await new Clients(context, broker.brokers).connected()
    for (const partition of [2, -1, 1.5, /** @type {any} */ ('x')]) {
      const messages = [{ value: 'v', partition: 0 }, { value: 'v', partition }]
      const { error } = await outcome(() => producer.send({ topic, messages }))
      assert.deepEqual([error.name, error.cause.type], ['KafkaJSNumberOfRetriesExceeded', 'UNKNOWN_TOPIC_OR_PARTITION'])
    }
    const [{ baseOffset }] = await producer.send({ topic, messages: [{ value: 'v', partition: 0 }] })
    assert.equal(baseOffset, '0')
  })

  it('retries what may pass, and gives each code its error', async context => {
    const topic = await newTopic('codes')
    const producer = await new Clients(context, broker.brokers).connected()
    const send = () => outcome(() => producer.send({ topic, messages: [{ value: 'v' }], acks: 1 }))
    await broker.pushErrors('Produce', [19, 7])
    assert.equal((await send()).value[0].baseOffset, '0')
    await broker.pushErrors('Produce', [19, 19, 19])
    const exhausted = (await send()).error
    assert.deepEqual([exhausted.name, exhausted.cause.type],
      ['KafkaJSNumberOfRetriesExceeded', 'NOT_ENOUGH_REPLICAS'])
    await broker.pushErrors('Produce', [10])
    const tooLarge = (await send()).error
    assert.deepEqual([tooLarge.name, tooLarge.type, tooLarge.code, tooLarge.retriable],
      ['KafkaJSProtocolError', 'MESSAGE_TOO_LARGE', 10, false])
    assert.equal((await send()).value[0].errorCode, 0)
  })

  it('tells what ended a handle, and sends through another one', async context => {
    const topic = await newTopic('fatal')
    const lines = []
    const clients = new Clients(context, broker.brokers)
    let failed = () => {}
    const told = new Promise(resolve => { failed = () => resolve(undefined) })
    const logCreator = () => ({ namespace, log }) => {
      if (namespace === 'Producer' && lines.push(log.message)) failed()
    }
    const kafka = clients.kafka({ logCreator, logLevel: ours.logLevel.ERROR })
    // more than one, so that a handle that was made at once would fail as well
    await broker.pushErrors('InitProducerId', [31, 31, 31])
    const producer = await clients.connected({}, kafka)
    await told
    assert.deepEqual(lines, ['Cluster authorization failed'])
    const types = []
    for (;;) {
      const { error } = await outcome(() => producer.send({ topic, messages: [{ value: 'v' }] }))
      if (!error) break
      types.push(error.type || error.message)
    }
    // how many sends a handle fails with it is a matter of time: none, if it was told of before the first
    assert.deepEqual(types, types.map(() => 'CLUSTER_AUTHORIZATION_FAILED'))
    assert.equal((await producer.send({ topic, messages: [{ value: 'v' }] }))[0].baseOffset, '1')
  })

  it('has all codecs built in, and does not call those of others', async context => {
    const { GZIP, LZ4, None, Snappy, ZSTD } = CompressionTypes
    const before = CompressionCodecs[Snappy]
    context.after(() => { CompressionCodecs[Snappy] = before })
    CompressionCodecs[Snappy] = () => { throw new Error('not to be called') }
    const topic = await newTopic('codecs')
    const producer = await new Clients(context, broker.brokers).connected()
    for (const compression of [None, GZIP, Snappy, LZ4, ZSTD]) {
      await producer.send({ topic, messages: [{ value: 'v'.repeat(1000) }], compression })
    }
    assert.equal((await producer.send({ topic, messages: [{ value: 'v' }] }))[0].baseOffset, '5')
    const compression = /** @type {any} */ (9)
    const { error } = await outcome(() => producer.send({ topic, messages: [{ value: 'v' }], compression }))
    assert.equal(error.name, 'KafkaJSNotImplemented')
  })

  it('refuses a further combination of acks, timeout and compression, by name', async context => {
    const topic = await newTopic('combinations')
    const producer = await new Clients(context, broker.brokers).connected()
    const send = timeout => outcome(() => producer.send({ topic, messages: [{ value: 'v' }], timeout }))
    const outcomes = []
    for (let i = 0; i < 9; i++) outcomes.push(await send(1000 + i))
    assert.equal(outcomes.filter(({ value }) => value).length, 7)
    assert.match(outcomes[8].error.message, /combinations of acks, timeout and compression/)
  })

  it('delivers what was sent before it disconnects', async context => {
    const topic = await newTopic('flush')
    const producer = await new Clients(context, broker.brokers).connected()
    const sends = numbered(50).map(message => producer.send({ topic, messages: [message] }))
    await producer.disconnect()
    assert.equal((await Promise.all(sends)).length, 50)
    assert.equal((await values(topic)).length, 50)
  })

  it('writes a send of many messages to many partitions once each', async context => {
    const topic = await newTopic('many', 40)
    const producer = await new Clients(context, broker.brokers).connected()
    const result = await producer.send({ topic, messages: numbered(20000) })
    assert.equal(result.length, 40)
    assert.deepEqual(result.map(({ partition }) => partition), [...result.keys()])
    const written = await values(topic)
    assert.equal(written.length, 20000)
    assert.equal(new Set(written).size, 20000)
  })

  it('tells of requests while somebody listens', async context => {
    const producer = await new Clients(context, broker.brokers).connected()
    const topic = await newTopic('requests')
    const seen = []
    let told = () => {}
    const remove = producer.on(producer.events.REQUEST, ({ type, payload }) => {
      seen.push({ type, payload })
      if (payload.apiName === 'Produce') told()
    })
    const produced = new Promise(resolve => { told = () => resolve(undefined) })
    await producer.send({ topic, messages: [{ value: 'v' }] })
    await produced
    remove()
    const { type, payload } = seen.find(({ payload }) => payload.apiName === 'Produce')
    assert.equal(type, 'producer.network.request')
    assert.deepEqual(Object.keys(payload).sort(), ['apiKey', 'apiName', 'apiVersion', 'broker', 'clientId',
      'correlationId', 'createdAt', 'duration', 'pendingDuration', 'sentAt', 'size'])
    assert.deepEqual([payload.apiKey, payload.broker, payload.clientId], [0, broker.brokers, 'test'])
  })

  it('has the cluster\'s id where tracing agents look for it', async context => {
    /** @type {any} */
    let cluster
    const { Client, FACTORIES } = require('../../kafkajs/kafka')
    class Traced extends Client {
      get [FACTORIES] () {
        const { createProducer, ...others } = super[FACTORIES]
        return { ...others, createProducer: params => createProducer(({ cluster } = params) && params) }
      }
    }
    const clients = new Clients(context, broker.brokers, { ...ours, Kafka: /** @type {any} */ (Traced) })
    const producer = await clients.connected()
    await cluster.refreshMetadataIfNecessary()
    assert.equal(typeof cluster.brokerPool.metadata.clusterId, 'string')
    assert.equal(typeof cluster.brokerPool.versions[0].maxVersion, 'number')
    await producer.disconnect()
  })
})

describe('a producer of the second door, while its broker is away', { timeout: 120000 }, () => {
  it('is told why it cannot connect, as with kafkajs', async context => {
    for (const library of [ours, theirs]) {
      const producer = new Clients(context, '127.0.0.1:1', library).producer()
      const { error } = await outcome(() => producer.connect())
      assert.deepEqual(error, {
        name: 'KafkaJSNumberOfRetriesExceeded',
        message: 'Connection error: connect ECONNREFUSED 127.0.0.1:1',
        retriable: false,
        type: undefined,
        code: undefined,
        cause: {
          name: 'KafkaJSConnectionError',
          message: 'Connection error: connect ECONNREFUSED 127.0.0.1:1',
          retriable: true,
          type: undefined,
          code: 'ECONNREFUSED',
          cause: null
        }
      })
    }
  })

  it('says what is wrong with its brokers, as kafkajs does', async context => {
    /** @type {any[]} */
    const cases = [undefined, null, [], [null], [''], () => null, () => { throw new Error('x') }, 'localhost:9092',
      ['localhost']]
    for (const brokers of cases) {
      const results = []
      for (const library of [ours, theirs]) {
        const clients = new Clients(context, '', library)
        const producer = clients.producer({}, clients.kafka({ brokers }))
        results.push((await outcome(() => producer.connect())).error)
      }
      assert.deepEqual(results[0], results[1])
    }
  })

  it('asks a function for its brokers, and takes them from a promise', async context => {
    const broker = await startWatched()
    context.after(() => broker.stop())
    let calls = 0
    const clients = new Clients(context, '')
    const producer = clients.producer({}, clients.kafka({ brokers: async () => ++calls && [broker.brokers] }))
    await producer.connect()
    assert.equal(calls, 1)
  })

  it('asks a function for its brokers again when none can be reached', async context => {
    const [first, second] = [await startWatched(), await startWatched()]
    context.after(() => Promise.all([first.stop(), second.stop()]))
    let current = first
    const clients = new Clients(context, '')
    const producer = clients.producer({}, clients.kafka({ brokers: async () => [current.brokers] }))
    await producer.connect()
    const topic = uniqueName('moved')
    await second.createTopic(topic, 1)
    current = second
    await first.setDown()
    const [{ topicName, errorCode }] = await producer.send({ topic, messages: [{ value: 'v' }] })
    assert.deepEqual([topicName, errorCode], [topic, 0])
  })

  it('delivers when the broker is back, and fails what was too long under way', async context => {
    const broker = await startWatched()
    context.after(() => broker.stop())
    const topic = uniqueName('outage')
    await broker.createTopic(topic, 1)
    const clients = new Clients(context, broker.brokers)
    const producer = await clients.connected({}, clients.kafka({ requestTimeout: 4000 }))
    await producer.send({ topic, messages: [{ value: '0' }] })
    await broker.setDown()
    const late = producer.send({ topic, messages: [{ value: '1' }] })
    await broker.setUp()
    assert.equal((await late)[0].baseOffset, '1')
    await broker.setDown()
    const { error } = await outcome(() => producer.send({ topic, messages: [{ value: '2' }] }))
    assert.deepEqual([error.name, error.cause.name, error.cause.code],
      ['KafkaJSNonRetriableError', 'KafkaJSConnectionError', 'ECONNREFUSED'])
    assert.match(error.message, /^Connection error: connect ECONNREFUSED 127\.0\.0\.1:\d+$/)
  })

  it('ends with its process when it is not connected, and when it has been disconnected', async context => {
    const { spawn } = require('node:child_process')
    const broker = await startWatched()
    context.after(() => broker.stop())
    const program = `
      const { Kafka, Partitioners: { DefaultPartitioner } } = require('./kafkajs')
      const producer = new Kafka({ brokers: ['${broker.brokers}'] }).producer({ createPartitioner: DefaultPartitioner })
      producer.connect().then(() => producer.send({ topic: 'ends', messages: [{ value: 'v' }] }))
        .then(() => producer.disconnect())`
    const child = spawn(process.execPath, ['-e', program], { cwd: require('node:path').join(__dirname, '..', '..') })
    const [code] = await once(child, 'exit')
    assert.equal(code, 0)
  })
})
