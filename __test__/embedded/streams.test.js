'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')
const { Writable, addAbortSignal } = require('node:stream')
const { pipeline } = require('node:stream/promises')

const { startWatched } = require('../support/embedded')
const { until } = require('../support/emissions')
const ConsumerGroupStream = require('../../lib/consumerGroupStream')
const ConsumerStream = require('../../lib/consumerStream')
const KafkaClient = require('../../lib/kafkaClient')
const ProducerStream = require('../../lib/producerStream')
const { committed, produceRaw, readAll, uniqueName } = require('../support/kafka')

/** The most records in one slice of a consumer. */
const SLICE = 1000
const GROUP_AUTHORIZATION_FAILED = 30

let broker

before(async () => {
  broker = await startWatched()
})
after(() => broker.stop())

const values = (count, prefix = 'v') => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

/** Resolves with the arguments that a callback gets. */
const called = start => new Promise(resolve => start((...args) => resolve(args)))

async function topicWith (records, partitions = 1) {
  const topic = uniqueName('streams')
  await broker.createTopic(topic, partitions)
  if (records.length > 0) {
    await produceRaw(broker.brokers, topic, records.map(record => typeof record === 'string'
      ? { value: record }
      : record))
  }
  return topic
}

/** Reads `count` messages and leaves the stream open. */
async function take (stream, count) {
  const messages = []
  const iterator = stream.iterator({ destroyOnReturn: false })
  while (messages.length < count) messages.push((await iterator.next()).value)
  await iterator.return()
  return messages
}

/** Lets the event loop turn, so that anything that continues by itself does. */
async function turns (count) {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

describe('ProducerStream', { timeout: 60000 }, () => {
  const open = options => new ProducerStream({ kafkaClient: { kafkaHost: broker.brokers }, ...options })
  const close = stream => called(done => stream.close(done))
  const sent = async topic => (await readAll(broker.brokers, topic)).map(({ value }) => String(value))

  it('completes the options in place', async () => {
    const options = { kafkaClient: { kafkaHost: broker.brokers } }
    const stream = new ProducerStream(options)
    assert.deepEqual(options.producer, { partitionerType: 3 })
    assert.equal(stream.writableHighWaterMark, 100)
    assert.equal(stream.client.options, options.kafkaClient)
    await close(stream)
  })

  it('takes payloads and arrays of payloads, even while it is connecting or a send is in flight', async () => {
    const topic = await topicWith([])
    const stream = open()
    stream.write({ topic, messages: 'a' })
    stream.write([{ topic, messages: 'b' }, { topic, messages: ['c', 'd'] }])
    stream.write({ topic, messages: 'e' })
    assert.deepEqual(await called(done => stream.write([{ topic, messages: 'f' }], done)), [null])
    assert.deepEqual(await sent(topic), ['a', 'b', 'c', 'd', 'e', 'f'])
    await close(stream)
  })

  it('sends what has queued up in one send', async () => {
    const topic = await topicWith([])
    const stream = open()
    await once(stream.producer, 'ready')
    const sends = []
    const { send } = stream.producer
    stream.producer.send = function (payloads, callback) {
      sends.push(payloads.length)
      send.call(this, payloads, callback)
    }
    for (const value of values(5)) stream.write({ topic, messages: value })
    stream.end()
    await once(stream, 'finish')
    assert.deepEqual(sends, [1, 4])
    await close(stream)
  })

  it('sends queued payloads with different compression in the order in which they were written', async () => {
    const topic = await topicWith([])
    const stream = open()
    for (const [i, attributes] of [0, 1, 1, 0, 2].entries()) stream.write({ topic, messages: `v${i}`, attributes })
    stream.end()
    await once(stream, 'finish')
    assert.deepEqual(await sent(topic), values(5))
    await close(stream)
  })

  it('applies back pressure at its highWaterMark', async () => {
    const topic = await topicWith([])
    const stream = open({ highWaterMark: 3 })
    assert.deepEqual(values(3).map(value => stream.write({ topic, messages: value })), [true, true, false])
    await once(stream, 'drain')
    assert.deepEqual(await sent(topic), values(3))
    await close(stream)
  })

  it('is the end of a pipe', async () => {
    const topic = await topicWith([])
    const stream = open()
    await pipeline(values(500).map(value => ({ topic, messages: value })), stream)
    assert.deepEqual(await sent(topic), values(500))
    await called(done => stream.close(done))
  })

  it('sendPayload calls back with the offsets', async () => {
    const topic = await topicWith([])
    const stream = open()
    assert.deepEqual(await called(done => stream.sendPayload({ topic, messages: ['a', 'b'] }, done)),
      [null, { [topic]: { 0: 0 } }])
    assert.deepEqual(await called(done => stream.sendPayload([{ topic, messages: 'c' }], done)),
      [null, { [topic]: { 0: 2 } }])
    await close(stream)
  })

  it('is keyed: payloads without a key go to the second partition', async () => {
    const topic = await topicWith([], 3)
    const stream = open()
    assert.deepEqual(await called(done => stream.sendPayload({ topic, messages: 'a' }, done)),
      [null, { [topic]: { 1: 0 } }])
    await close(stream)
  })

  it('accepts a custom partitioner', async () => {
    const topic = await topicWith([], 3)
    const stream = open({ producer: { partitionerType: 4, customPartitioner: partitions => partitions[2] } })
    assert.deepEqual(await called(done => stream.sendPayload({ topic, messages: 'a' }, done)),
      [null, { [topic]: { 2: 0 } }])
    await close(stream)
  })

  it('is destroyed by a send that fails, for whatever reason', async () => {
    const topic = await topicWith([])
    for (const wrong of [{ topic, messages: 'a', attributes: 7 }, { topic, messages: 'a', partition: 7 }]) {
      const stream = open()
      const failed = once(stream, 'error')
      const closed = new Promise(resolve => stream.once('close', resolve))
      const [error] = await called(done => stream.write(wrong, done))
      assert.equal((await failed)[0], error)
      await closed
      assert.equal(stream.destroyed, true)
      assert.equal(stream.client.closing, false)
      await close(stream)
    }
  })

  it('end() leaves the client open', async () => {
    const topic = await topicWith([])
    const stream = open()
    stream.end({ topic, messages: 'last' })
    await once(stream, 'finish')
    assert.deepEqual(await called(done => stream.producer.send([{ topic, messages: 'later' }], done)),
      [null, { [topic]: { 0: 1 } }])
    await close(stream)
  })

  it('fails what is written but not sent when it is closed before it was connected', async () => {
    const stream = open()
    const failed = once(stream, 'error')
    const written = called(done => stream.write({ topic: 'any', messages: 'a' }, done))
    assert.deepEqual(await close(stream), [null])
    const [error] = await written
    assert.equal(error.name, 'BrokerNotAvailableError')
    assert.equal((await failed)[0], error)
  })
})

describe('ConsumerStream', { timeout: 60000 }, () => {
  const open = (topics, options = {}) =>
    new ConsumerStream(new KafkaClient({ kafkaHost: broker.brokers }), topics, options)
  const close = stream => called(done => stream.close(done))

  it('refuses arguments that it cannot work with', () => {
    const client = new KafkaClient({ kafkaHost: broker.brokers, autoConnect: false })
    assert.throws(() => new ConsumerStream(client, ['t'], /** @type {any} */ (undefined)), TypeError)
    for (const topics of /** @type {any[]} */ ([[], '', undefined, null])) {
      assert.throws(() => new ConsumerStream(client, topics, {}),
        { message: 'You must specify topics to subscribe to.' })
    }
  })

  it('completes options and topics in place', async () => {
    const topic = await topicWith([])
    const options = {}
    const element = { topic }
    const stream = open([element], options)
    assert.equal(stream.options, options)
    assert.equal(stream.payloads[0], element)
    assert.deepEqual(element, { topic, partition: 0, offset: 0, maxBytes: 1048576, metadata: 'm' })
    assert.equal(options.highWaterMark, 100)
    assert.equal(options.bufferRefetchThreshold, 10)
    await close(stream)
  })

  it('emits `message`, then `data`, for each message', async () => {
    const topic = await topicWith([{ key: 'k', value: 'v' }])
    const stream = open([topic])
    const events = []
    stream.on('message', message => events.push(['message', message]))
    const [message] = await new Promise(resolve => stream.on('data', (...args) => {
      events.push(['data', args[0]])
      resolve(args)
    }))
    assert.deepEqual(Object.entries(message), [
      ['topic', topic], ['value', 'v'], ['offset', 0], ['partition', 0], ['highWaterOffset', 1],
      ['key', Buffer.from('k')]
    ])
    assert.deepEqual(events, [['message', message], ['data', message]])
    await close(stream)
  })

  it('decodes values as `encoding` says, but never keys', async () => {
    const topic = await topicWith([{ key: 'k', value: 'é' }, { key: null, value: null }])
    for (const [encoding, value] of [['utf8', 'é'], ['latin1', 'Ã©'], ['buffer', Buffer.from('é')]]) {
      const stream = open([topic], { encoding })
      assert.deepEqual((await take(stream, 2)).map(message => [message.key, message.value]),
        [[Buffer.from('k'), value], [null, null]])
      await close(stream)
    }
  })

  it('starts at the offset of the element with `fromOffset`', async () => {
    const topic = await topicWith(values(5))
    const stream = open([{ topic, offset: 3 }], { fromOffset: true })
    assert.deepEqual((await take(stream, 2)).map(({ value }) => value), ['v3', 'v4'])
    await close(stream)
  })

  it('holds highWaterMark messages and one slice at most, and loses none', async () => {
    const topic = await topicWith(values(5000))
    const stream = open([topic], { highWaterMark: 5 })
    const messages = await take(stream, 1)
    await turns(50)
    const held = stream.readableLength + stream.messageBuffer.length
    assert.ok(held > 5 && held <= 5 + SLICE, `${held} messages are held`)
    for await (const message of stream) if (messages.push(message) === 5000) break
    assert.deepEqual(messages.map(({ value }) => value), values(5000))
    await close(stream)
  })

  it('waits for a slow destination', async () => {
    const topic = await topicWith(values(300))
    const stream = open([topic], { highWaterMark: 10 })
    const received = []
    await new Promise(resolve => stream.pipe(new Writable({
      objectMode: true,
      highWaterMark: 1,
      write ({ value }, _, callback) {
        if (received.push(value) === 300) resolve()
        setImmediate(callback)
      }
    })))
    assert.deepEqual(received, values(300))
    await close(stream)
  })

  it('reports topics that do not exist', async () => {
    const stream = open([uniqueName('missing')])
    const [error] = await once(stream, 'error')
    assert.equal(error.name, 'TopicsNotExistError')
    assert.equal(stream.destroyed, false)
    await close(stream)
  })

  it('reports offsets that are out of range', async () => {
    const topic = await topicWith(['v'])
    const stream = open([{ topic, offset: 100 }], { fromOffset: true })
    const [error] = await once(stream.resume(), 'offsetOutOfRange')
    assert.deepEqual([error.message, error.topic, error.partition], ['OffsetOutOfRange', topic, 0])
    await close(stream)
  })

  it('close() closes the client, with `force` too, and is bound', async () => {
    const topic = await topicWith(['v'])
    for (const args of [[], [true], [false]]) {
      const stream = open([topic])
      const { close } = stream
      stream.on('close', () => assert.fail('the stream itself stays'))
      await take(stream, 1)
      assert.deepEqual(await called(done => close(...args, done)), [null])
      assert.equal(stream.client.closing, true)
    }
  })

  it('destroy(err) emits the error and stops reading, but leaves the client open', async () => {
    const topic = await topicWith(['v'])
    const stream = open([topic])
    await take(stream, 1)
    const error = new Error('no more')
    const closed = new Promise(resolve => stream.once('close', resolve))
    const failed = once(stream, 'error')
    stream.destroy(error)
    assert.equal((await failed)[0], error)
    await closed
    assert.equal(stream.client.closing, false)
    assert.equal((await called(done => stream.client.topicExists([topic], done)))[0], null)
    await close(stream)
  })
})

describe('CommitStream', { timeout: 60000 }, () => {
  async function open (topic, options) {
    const groupId = uniqueName('group')
    const client = new KafkaClient({ kafkaHost: broker.brokers })
    const stream = new ConsumerStream(client, [topic], { groupId })
    const commits = stream.createCommitStream(options)
    return {
      stream,
      commits,
      committed: () => committed(broker.brokers, groupId, topic),
      close: async () => {
        commits.clearInterval()
        await called(done => stream.close(done))
      }
    }
  }

  it('commits the next offset after a number of messages', async () => {
    const topic = await topicWith(values(5))
    const { stream, commits, committed, close } = await open(topic, { autoCommitMsgCount: 4 })
    stream.pipe(commits)
    const [event] = await once(commits, 'commitComplete')
    assert.deepEqual(event, {
      group: commits.groupId,
      commits: [{ topic, partition: 0, offset: 4, maxBytes: 1048576, metadata: 'm' }]
    })
    assert.deepEqual(await committed(), { 0: { offset: 4, metadata: 'm' } })
    await close()
  })

  it('commits at an interval, even when nothing has changed', async () => {
    const topic = await topicWith(values(5))
    const { stream, commits, committed, close } = await open(topic, { autoCommitIntervalMs: 20 })
    stream.pipe(commits)
    await until(async () => (await once(commits, 'commitComplete'))[0].commits[0].offset === 5)
    const [{ commits: [again] }] = await once(commits, 'commitComplete')
    assert.equal(again.offset, 5)
    assert.equal((await committed())[0].offset, 5)
    await close()
  })

  it('commits on demand, once at a time', async () => {
    const topic = await topicWith(values(2))
    const { stream, commits, close } = await open(topic, { autoCommit: false })
    assert.deepEqual(await called(done => commits.commit(done)), [null, 'Nothing to be committed'])
    const [message] = await take(stream, 1)
    await called(done => commits.write(message, done))
    const first = called(done => commits.commit(done))
    assert.deepEqual(await called(done => commits.commit(done)), [null, 'Commit in progress'])
    assert.deepEqual(await first, [null, { [topic]: { partition: 0, errorCode: 0 } }])
    await close()
  })

  it('is where the next stream of the group starts', async () => {
    const topic = await topicWith(values(5))
    const { stream, commits, close } = await open(topic, { autoCommit: false })
    for (const message of await take(stream, 3)) await called(done => commits.write(message, done))
    await called(done => commits.commit(done))
    await close()
    const next = new ConsumerStream(new KafkaClient({ kafkaHost: broker.brokers }), [topic],
      { groupId: commits.groupId })
    assert.deepEqual((await take(next, 2)).map(({ value }) => value), ['v3', 'v4'])
    await called(done => next.close(done))
  })

  it('passes messages on once it has a reader', async () => {
    const topic = await topicWith(values(3))
    const { stream, commits, close } = await open(topic)
    assert.equal(commits.options.passthrough, false)
    const received = []
    stream.pipe(commits)
    await new Promise(resolve => {
      const end = new Writable({
        objectMode: true,
        write ({ value }, _, callback) {
          if (received.push(value) === 3) resolve()
          callback()
        }
      })
      assert.equal(commits.pipe(end), end)
    })
    assert.equal(commits.on('data', () => {}), commits)
    assert.deepEqual(received, values(3))
    await close()
  })

  it('without a reader takes any number of messages', async () => {
    const topic = await topicWith(values(1000))
    const { stream, commits, close } = await open(topic, { autoCommitMsgCount: 1000 })
    stream.pipe(commits)
    assert.equal((await once(commits, 'commitComplete'))[0].commits[0].offset, 1000)
    await close()
  })
})

describe('ConsumerGroupStream', { timeout: 60000 }, () => {
  const optionsOf = options => ({
    kafkaHost: broker.brokers, groupId: uniqueName('group'), fromOffset: 'earliest', ...options
  })
  const close = stream => called(done => stream.close(done))
  const commitOf = (stream, topic) => committed(broker.brokers, stream.consumerGroup.options.groupId, topic)

  it('needs options, and changes them: the inner group neither joins nor commits by itself', async () => {
    assert.throws(() => new ConsumerGroupStream(undefined, 't'), TypeError)
    const onRebalance = () => {}
    const options = optionsOf({ onRebalance })
    const stream = new ConsumerGroupStream(options, 't')
    assert.equal(stream.consumerGroup.options, options)
    assert.deepEqual([options.connectOnReady, options.autoCommit, stream.autoCommit], [false, false, true])
    assert.notEqual(options.onRebalance, onRebalance)
    assert.equal(stream.readableHighWaterMark, 100)
    await close(stream)
  })

  it('joins when it is first read from, once, even before the client is ready', async () => {
    const topic = await topicWith(['v'])
    const idle = new ConsumerGroupStream(optionsOf(), topic)
    await once(idle.client, 'ready')
    await new Promise(setImmediate)
    assert.equal(idle.consumerGroup.connecting, false)
    await close(idle)

    const stream = new ConsumerGroupStream(optionsOf(), topic)
    let rebalancing = 0
    stream.consumerGroup.on('rebalancing', () => rebalancing++)
    const connected = once(stream, 'connect')
    const [message] = await once(stream, 'data')
    await connected
    assert.equal(rebalancing, 1)
    assert.deepEqual(Object.keys(message),
      ['topic', 'value', 'offset', 'partition', 'highWaterOffset', 'key', 'timestamp'])
    await close(stream)
  })

  it('commits what was handed out: the first at once, the others with the next interval', async () => {
    const topic = await topicWith(values(3))
    const stream = new ConsumerGroupStream(optionsOf({ autoCommitIntervalMs: 100 }), topic)
    const requests = []
    const { sendOffsetCommitRequest } = stream.consumerGroup
    stream.consumerGroup.sendOffsetCommitRequest = function (commits, callback) {
      requests.push(commits)
      return sendOffsetCommitRequest.call(this, commits, callback)
    }
    await take(stream, 1)
    await until(() => requests.length === 1)
    assert.deepEqual(requests[0], [{ topic, partition: 0, offset: 1, metadata: 'm' }])
    await take(stream, 2)
    await until(async () => ((await commitOf(stream, topic))[0] || {}).offset === 3)
    assert.equal(requests.length, 2)
    await close(stream)
  })

  it('leaving a loop closes it without an error, and does not commit the message in progress', async () => {
    const topic = await topicWith(values(5))
    const stream = new ConsumerGroupStream(optionsOf(), topic)
    const errors = []
    stream.on('error', error => errors.push(error))
    const received = []
    for await (const { value } of stream) {
      if (received.push(value) === 4) break
      // what was read in an earlier turn of the event loop counts as handed out
      await new Promise(setImmediate)
    }
    await once(stream, 'close')
    assert.deepEqual(received, values(4))
    assert.deepEqual(errors, [])
    assert.equal(stream.consumerGroup.closed, true)
    assert.deepEqual(await commitOf(stream, topic), { 0: { offset: 3, metadata: 'm' } })
  })

  it('an AbortSignal destroys it with an error', async () => {
    const stream = new ConsumerGroupStream(optionsOf(), 't')
    const controller = new AbortController()
    addAbortSignal(controller.signal, stream)
    const failed = once(stream, 'error')
    controller.abort()
    assert.equal((await failed)[0].code, 'ABORT_ERR')
  })

  it('close() in a handler commits the messages before it, and hands out no more', async () => {
    const topic = await topicWith(values(5))
    const stream = new ConsumerGroupStream(optionsOf(), topic)
    const received = []
    const args = await new Promise(resolve => stream.on('data', ({ value }) => {
      received.push(value)
      if (value === 'v2') stream.close((...args) => resolve(args))
    }))
    assert.deepEqual(args, [null, [undefined, undefined]])
    assert.deepEqual(received, values(3))
    assert.deepEqual(await commitOf(stream, topic), { 0: { offset: 2, metadata: 'm' } })
  })

  it('close() commits what was handed out, emits `close` after the callback, and may be called again', async () => {
    const topic = await topicWith(values(5))
    const stream = new ConsumerGroupStream(optionsOf(), topic)
    const events = []
    stream.on('close', () => events.push('close'))
    const received = []
    stream.on('data', ({ value }) => received.push(value))
    await until(() => received.length === 5)
    await new Promise(setImmediate)
    assert.deepEqual(await called(done => stream.close((...args) => {
      events.push('callback')
      done(...args)
    })), [null, [undefined, undefined]])
    await until(() => events.length === 2)
    assert.deepEqual(events, ['callback', 'close'])
    assert.deepEqual(await close(stream), [null, [undefined, undefined]])
    assert.deepEqual(await commitOf(stream, topic), { 0: { offset: 5, metadata: 'm' } })
  })

  it('closes without ever having joined', async () => {
    assert.deepEqual(await close(new ConsumerGroupStream(optionsOf(), 't')), [null, [undefined, undefined]])
  })

  it('destroy(err) closes it and emits the error', async () => {
    const topic = await topicWith(['v'])
    const stream = new ConsumerGroupStream(optionsOf(), topic)
    await take(stream, 1)
    const error = new Error('no more')
    const closed = new Promise(resolve => stream.once('close', resolve))
    const failed = once(stream, 'error')
    stream.destroy(error)
    assert.equal((await failed)[0], error)
    await closed
    assert.equal(stream.consumerGroup.closed, true)
  })

  it('without autoCommit commits what it is given: the last call for a partition counts', async () => {
    const topic = await topicWith(values(5))
    const stream = new ConsumerGroupStream(optionsOf({ autoCommit: false, autoCommitIntervalMs: 100000 }), topic)
    const messages = await take(stream, 5)
    assert.deepEqual(await called(done => stream.commit(messages[3], true, done)), [null])
    assert.equal((await commitOf(stream, topic))[0].offset, 4)
    await called(done => stream.commit(messages[4], false, done))
    assert.equal((await commitOf(stream, topic))[0].offset, 5)
    assert.deepEqual(await called(done => stream.commit(messages[0], false, done)), [null])
    assert.equal((await commitOf(stream, topic))[0].offset, 5, 'it waits for the interval')
    assert.deepEqual(await called(done => stream.commit(null, true, done)), [null])
    assert.equal((await commitOf(stream, topic))[0].offset, 1, 'it may go back')
    assert.deepEqual(stream.commitQueue, { [topic]: {} })
    await close(stream)
  })

  it('commits no partition that it does not own', async () => {
    const topic = await topicWith(['v'])
    const stream = new ConsumerGroupStream(optionsOf({ autoCommit: false }), topic)
    await take(stream, 1)
    const message = { value: 'v', key: '', highWaterOffset: 4 }
    for (const place of [{ topic, partition: 7, offset: 3 }, { topic: 'other', partition: 0, offset: 3 }]) {
      assert.deepEqual(await called(done => stream.commit({ ...message, ...place }, true, done)), [null])
    }
    assert.deepEqual(await commitOf(stream, topic), { 0: { offset: 0, metadata: 'm' } })
    await close(stream)
  })

  it('retries a commit that the broker has refused with the next one', async () => {
    const topic = await topicWith(['v'])
    const stream = new ConsumerGroupStream(optionsOf({ autoCommit: false }), topic)
    const [message] = await take(stream, 1)
    // the offsets that a first member commits when it joins must not meet the error
    await until(async () => (await commitOf(stream, topic))[0] !== undefined)
    await broker.pushErrors('OffsetCommit', [GROUP_AUTHORIZATION_FAILED])
    assert.deepEqual(await called(done => stream.commit(message, true, done)), [null])
    assert.equal((await commitOf(stream, topic))[0].offset, 0)
    assert.deepEqual(await called(done => stream.commit(null, true, done)), [null])
    assert.equal((await commitOf(stream, topic))[0].offset, 1)
    await close(stream)
  })

  it('holds highWaterMark messages and one slice at most, and loses none', async () => {
    const topic = await topicWith(values(5000))
    const stream = new ConsumerGroupStream(optionsOf({ highWaterMark: 7 }), topic)
    const messages = await take(stream, 1)
    await turns(50)
    const held = stream.readableLength + stream.messageBuffer.length
    assert.ok(held > 7 && held <= 7 + SLICE, `${held} messages are held`)
    for await (const message of stream) if (messages.push(message) === 5000) break
    assert.deepEqual(messages.map(({ value }) => value), values(5000))
    await once(stream, 'close')
  })

  it('continues where setOffset of the inner group says, and leaves other partitions alone', async () => {
    const topic = await topicWith([0, 1].flatMap(partition => values(200).map(value => ({ value, partition }))), 2)
    const stream = new ConsumerGroupStream(optionsOf({ highWaterMark: 20 }), topic)
    /** @type {Record<number, number[]>} */
    const offsets = { 0: [], 1: [] }
    // reads until the stream holds messages of both partitions, and moves one while it does
    const iterator = stream.iterator({ destroyOnReturn: false })
    const read = async () => {
      const { partition, offset } = (await iterator.next()).value
      offsets[partition].push(offset)
    }
    await read()
    await until(() => stream.readableLength >= 20)
    stream.consumerGroup.setOffset(topic, 0, 150)
    const before = offsets[0].length
    while (offsets[1].length < 200 || offsets[0].length < before + 50) await read()
    assert.deepEqual(offsets[0].slice(before), Array.from({ length: 50 }, (_, i) => 150 + i))
    assert.deepEqual(offsets[1], Array.from({ length: 200 }, (_, i) => i))
    // back to one that is in the stream's own past, twice at once
    stream.consumerGroup.setOffset(topic, 0, 10)
    stream.consumerGroup.setOffset(topic, 0, 198)
    await read()
    await read()
    assert.deepEqual(offsets[0].slice(before + 50), [198, 199])
    await iterator.return()
    await close(stream)
  })

  it('leaves a pause of the inner group alone', async () => {
    const topic = await topicWith(values(10))
    const stream = new ConsumerGroupStream(optionsOf(), topic)
    await take(stream, 10)
    stream.consumerGroup.pause()
    await produceRaw(broker.brokers, topic, [{ value: 'later' }])
    const next = take(stream, 1)
    assert.equal(stream.consumerGroup.paused, true)
    stream.consumerGroup.resume()
    assert.equal((await next)[0].value, 'later')
    await close(stream)
  })
})
