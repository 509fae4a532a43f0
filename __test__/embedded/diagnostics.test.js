'use strict'

// What diagnostics channels tell of clients of both doors, and that nothing is made when nobody listens.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { channel } = require('node:diagnostics_channel')
const path = require('node:path')

const { HandleDiagnostics } = require('../../core/diagnostics')
const kafka = require('../..')
const { CHANNELS, PREFIX, TRACE_EVENTS, Watched, trace } = require('../support/diagnostics')
const { Opened, call, collect, newTopic, next, startWatched, uniqueName } = require('../support/embedded')
const { Clients, gate } = require('../support/kafkajs-clients')
const program = require('../support/program')
const { SaslBroker } = require('../support/sasl-broker')

/** What no message may have. */
const PRIVATE = ['a private key', 'a private value', 'a private header']
const RECORD = { key: PRIVATE[0], value: PRIVATE[1], headers: { name: PRIVATE[2] } }

/** @param {Watched} watched */
function assertPrivate (watched) {
  const text = JSON.stringify(watched.collected.all)
  assert.ok(text.length > 100)
  assert.deepEqual(PRIVATE.filter(secret => text.includes(secret)), [])
}

describe('diagnostics channels', { timeout: 120000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker
  /** @type {string} */
  let host
  /** @type {number} */
  let port

  before(async () => {
    broker = await startWatched()
    const [name, number] = broker.brokers.split(':')
    host = name
    port = Number(number)
  })
  after(() => broker.stop())

  const topicOf = (partitions = 1) => newTopic(broker, partitions)

  /**
   * What all of it looks like, whichever door the client is of.
   *
   * @param {Watched} watched of a client that has sent one record, and of a member that has read and committed it
   * @param {{ clientId: string, groupId: string, topic: string }} names
   */
  async function assertMessages (watched, { clientId, groupId, topic }) {
    const { id, bytes, ...send } = await watched.first('send')
    assert.ok(bytes > PRIVATE.join('').length && bytes < 200, `${bytes}`)
    assert.deepEqual(send, { clientId, count: 1, partitions: [{ topic, partition: 0, count: 1 }] })
    const { duration, ...delivery } = await watched.first('delivery')
    assert.ok(duration > 0 && duration < 60000)
    assert.deepEqual(delivery, {
      clientId, id, count: 1, error: null, partitions: [{ topic, partition: 0, count: 1, offset: 0, error: null }]
    })

    const { memberId, generationId, ...assigned } = await watched.first('rebalance')
    assert.ok(memberId !== '' && generationId > 0)
    assert.deepEqual(assigned, {
      clientId, groupId, type: 'assigned', incremental: false, lost: false, partitions: [{ topic, partition: 0 }]
    })
    assert.deepEqual(await watched.first('batch'), {
      clientId, groupId, topic, partition: 0, firstOffset: 0, lastOffset: 0, count: 1, highWatermark: 1
    })
    const { duration: commitTime, ...commit } = await watched.first('commit')
    assert.ok(commitTime > 0 && commitTime < 60000)
    assert.deepEqual(commit, {
      clientId, groupId, memberId, error: null, partitions: [{ topic, partition: 0, offset: 1, error: null }]
    })

    const connected = { clientId, state: 'up', brokerId: 1, host, port }
    assert.deepEqual(await watched.first('connection', each => each.groupId === null && each.brokerId === 1),
      { ...connected, groupId: null })
    assert.deepEqual(await watched.first('connection', each => each.groupId === groupId && each.brokerId === 1),
      { ...connected, groupId })
    assert.deepEqual(watched.of('error'), [])
    assertPrivate(watched)
  }

  describe('of kafka-node\'s door', () => {
    /** @param {import('node:test').TestContext} context */
    function names (context) {
      const clientId = uniqueName('client')
      return { opened: new Opened(context, broker), clientId, watched: new Watched(context, clientId) }
    }

    it('a send, its delivery, the record, its commit, the group and the connections', async context => {
      const { opened, clientId, watched } = names(context)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      const producer = await opened.producer({}, { client: opened.client({ clientId }) })
      const { key, value, headers } = RECORD
      await call(producer, 'send', [{ topic, messages: [value], key, headers }])
      const group = opened.group(topic, { id: clientId, clientId, groupId, autoCommit: false })
      await collect(group).take(1)
      await call(group, 'commit', true)
      await assertMessages(watched, { clientId, groupId, topic })
      await new Promise(resolve => group.close(resolve))
      await watched.first('connection', ({ state, groupId: id, brokerId }) =>
        state === 'down' && id === groupId && brokerId === 1)
    })

    it('a send that fails, and one that cannot be handed over', async context => {
      const { opened, clientId, watched } = names(context)
      const topic = await topicOf()
      const producer = await opened.producer({}, { client: opened.client({ clientId }) })
      await call(producer, 'send', [{ topic, messages: 'v' }])
      await broker.pushErrors('Produce', [10])
      await assert.rejects(call(producer, 'send', [{ topic, messages: 'v' }]))
      const failed = await watched.first('delivery', ({ error }) => error !== null)
      assert.deepEqual([failed.error.name, failed.error.code, failed.partitions[0].offset],
        ['MSG_SIZE_TOO_LARGE', 10, -1])

      await call(producer, 'close')
      await assert.rejects(call(producer, 'send', [{ topic, messages: 'v' }]))
      const { error, ...rest } = await watched.first('error', ({ operation }) => operation === 'send')
      assert.deepEqual(rest, { clientId, groupId: null, operation: 'send', topics: [topic], partition: null })
      assert.match(error.name, /BrokerNotAvailable/)
      assert.equal(watched.of('send').length, 2)
    })

    it('a send in parts, and one without acknowledgement', async context => {
      const { opened, clientId, watched } = names(context)
      const topic = await topicOf(2)
      const client = opened.client({ clientId })
      const producer = await opened.producer({}, { client })
      await call(producer, 'send', [
        { topic, partition: 0, messages: 'v' }, { topic, partition: 1, attributes: 1, messages: ['v', 'w'] }
      ])
      const of = name => watched.of(name).map(({ count, partitions: [{ partition }] }) => [partition, count])
      assert.deepEqual([of('send'), of('delivery').sort()], [[[0, 1], [1, 2]], [[0, 1], [1, 2]]])
      assert.deepEqual(watched.of('delivery').map(({ id }) => id).sort(), watched.of('send').map(({ id }) => id).sort())
      const other = await opened.producer({ requireAcks: 0 }, { client })
      await call(other, 'send', [{ topic, partition: 0, messages: ['v', 'w', 'x'] }])
      const { error, partitions } = await watched.first('delivery', ({ count }) => count === 3)
      assert.deepEqual([error, partitions], [null, [{ topic, partition: 0, count: 3, offset: -1, error: null }]])
    })

    it('a commit without membership, and one that is refused', async context => {
      const { opened, clientId, watched } = names(context)
      const topic = await topicOf()
      const client = opened.client({ clientId })
      await next(client, 'ready')
      const groupId = uniqueName('group')
      await call(client, 'sendOffsetCommitRequest', groupId, [{ topic, partition: 0, offset: 3, metadata: PRIVATE[1] }])
      const { duration, ...commit } = await watched.first('commit')
      assert.ok(duration > 0)
      assert.deepEqual(commit, {
        clientId, groupId, memberId: '', error: null, partitions: [{ topic, partition: 0, offset: 3, error: null }]
      })
      const group = opened.group(topic, { clientId, id: clientId, groupId, autoCommit: false })
      await next(group, 'connect')
      await broker.pushErrors('OffsetCommit', [30])
      await call(group, 'sendOffsetCommitRequest', [{ topic, partition: 0, offset: 4, metadata: PRIVATE[1] }])
      const refused = await watched.first('commit', each => each.partitions[0].offset === 4)
      assert.equal(refused.memberId, group.memberId)
      assert.deepEqual([refused.error.name, refused.error.code], ['GROUP_AUTHORIZATION_FAILED', 30])
      assert.deepEqual(refused.partitions[0].error, refused.error)
      assertPrivate(watched)
    })

    it('statistics, parsed once', async context => {
      const { opened, clientId, watched } = names(context)
      const client = opened.client({ clientId, statisticsInterval: 100 })
      const emitted = await next(client, 'statistics')
      const message = await watched.first('statistics')
      assert.deepEqual([message.groupId, message.interval, message.statistics.client_id], [null, 100, clientId])
      assert.equal(message.statistics, emitted)
    })

    it('traces a send until its callback, which runs in the trace\'s context', async context => {
      const { opened, clientId } = names(context)
      const topic = await topicOf()
      const producer = await opened.producer({}, { client: opened.client({ clientId }) })
      const storage = new AsyncLocalStorage()
      const start = channel(`tracing:${PREFIX}send:start`)
      start.bindStore(storage, message => message)
      context.after(() => start.unbindStore(storage))
      const events = trace(context, 'send', clientId)
      const inCallback = await new Promise(resolve =>
        producer.send([{ topic, messages: ['a', 'b'] }, { topic, messages: 'c' }], () => resolve(storage.getStore())))
      await events.take(4)
      assert.deepEqual(events.all.map(({ event }) => event), ['start', 'end', 'asyncStart', 'asyncEnd'])
      const { message } = events.all[0]
      assert.deepEqual(message, { clientId, topics: [{ topic, count: 2 }, { topic, count: 1 }] })
      assert.ok(events.all.every(each => each.message === message))
      assert.equal(inCallback, message)

      // attributes that are none: an error at the call
      events.all.length = 0
      assert.throws(() => producer.send([{ topic, messages: 'a', attributes: 17.5 }], () => {}))
      assert.deepEqual(events.all.map(({ event }) => event), ['start', 'error', 'end'])

      events.all.length = 0
      await call(producer, 'close')
      const reason = await new Promise(resolve => producer.send([{ topic, messages: 'a' }], resolve))
      await events.take(5)
      assert.deepEqual(events.all.map(({ event }) => event), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
      assert.equal(events.all[2].error, reason)
    })

    it('traces the listeners of a few records at a time', async context => {
      const { opened, clientId } = names(context)
      const topic = await topicOf()
      const producer = await opened.producer()
      await call(producer, 'send', [{ topic, messages: ['a', 'b', 'c'] }])
      const events = trace(context, 'process', clientId)
      const group = opened.group(topic, { clientId, id: clientId })
      const { groupId } = group.options
      let during = null
      group.on('message', () => { during = events.all.at(-1).event })
      await collect(group).take(3)
      const ended = all => all.filter(({ event }) => event === 'end').reduce((sum, { count }) => sum + count, 0)
      await events.until(all => ended(all) === 3)
      assert.equal(during, 'start')
      assert.deepEqual([...new Set(events.all.map(({ event }) => event))], ['start', 'end'])
      const { firstOffset, lastOffset, count, ...rest } = events.all.at(-1).message
      assert.deepEqual(rest, { clientId, groupId, handler: 'message', topic, partition: 0 })
      assert.deepEqual([firstOffset + count - 1, lastOffset], [2, 2])
    })
  })

  describe('of KafkaJS\'s door', () => {
    /** @param {import('node:test').TestContext} context @param {object} [options] */
    function names (context, options = {}) {
      const clientId = uniqueName('client')
      const clients = new Clients(context, broker, { clientId, ...options })
      return { clients, clientId, watched: new Watched(context, clientId) }
    }

    it('a send, its delivery, the record, its commit, the group and the connections', async context => {
      const { clients, clientId, watched } = names(context)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      await clients.send(topic, [RECORD])
      const consumer = clients.consumer({ groupId })
      await consumer.subscribe({ topic, fromBeginning: true })
      const { open, opened } = gate()
      await consumer.run({ eachMessage: async ({ message }) => open(message) })
      await opened
      await assertMessages(watched, { clientId, groupId, topic })
      await consumer.disconnect()
      await watched.first('connection', ({ state, groupId: id, brokerId }) =>
        state === 'down' && id === groupId && brokerId === 1)
    })

    it('a send that fails, and one that cannot be handed over', async context => {
      const { clients, clientId, watched } = names(context)
      const topic = await topicOf()
      await clients.send(topic, ['v'])
      await broker.pushErrors('Produce', [10])
      await assert.rejects(clients.send(topic, ['v']))
      const failed = await watched.first('delivery', ({ error }) => error !== null)
      assert.deepEqual([failed.error.name, failed.partitions.length], ['MSG_SIZE_TOO_LARGE', 1])
      await assert.rejects(clients.send(topic, ['v'], 99))
      const { error, ...rest } = await watched.first('error', ({ operation }) => operation === 'send')
      assert.deepEqual(rest, { clientId, groupId: null, operation: 'send', topics: [topic], partition: null })
      assert.equal(error.name, 'KafkaJSNumberOfRetriesExceeded')
      assert.equal(watched.of('send').length, 2)
    })

    it('a commit in a transaction', async context => {
      const { clients, clientId, watched } = names(context)
      const topic = await topicOf()
      const groupId = uniqueName('group')
      const producer = clients.kafka.producer({ transactionalId: uniqueName('id') })
      context.after(() => producer.disconnect())
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [RECORD] })
      await transaction.sendOffsets({
        consumerGroupId: groupId, topics: [{ topic, partitions: [{ partition: 0, offset: '5' }] }]
      })
      await transaction.commit()
      const { duration, ...commit } = await watched.first('commit')
      assert.ok(duration > 0)
      assert.deepEqual(commit, {
        clientId, groupId, memberId: '', error: null, partitions: [{ topic, partition: 0, offset: 5, error: null }]
      })
      assertPrivate(watched)
    })

    it('statistics, with the option statisticsInterval', async context => {
      const { clients, clientId, watched } = names(context, { statisticsInterval: 100 })
      await clients.send(await topicOf(), ['v'])
      const { statistics, ...rest } = await watched.first('statistics')
      assert.deepEqual(rest, { clientId, groupId: null, interval: 100 })
      assert.equal(statistics.client_id, clientId)
    })

    it('partitions that the group takes back', async context => {
      const { clients, watched } = names(context)
      const topic = await topicOf(2)
      const groupId = uniqueName('group')
      for (const count of [2, 1]) {
        const consumer = clients.consumer({ groupId })
        await consumer.subscribe({ topic })
        await consumer.run({ eachMessage: async () => {} })
        await watched.first('rebalance', ({ type, partitions }) => type === 'assigned' && partitions.length === count)
      }
      const revoked = await watched.first('rebalance', ({ type }) => type === 'revoked')
      const { memberId, generationId } = await watched.first('rebalance')
      assert.deepEqual(revoked.partitions.map(({ partition }) => partition).sort(), [0, 1])
      assert.deepEqual([revoked.memberId, revoked.generationId, revoked.lost], [memberId, generationId, false])
    })

    it('traces a send until its promise', async context => {
      const { clients, clientId } = names(context)
      const topic = await topicOf()
      await clients.send(topic, ['v'])
      const events = trace(context, 'send', clientId)
      await clients.send(topic, [RECORD, RECORD])
      assert.deepEqual(events.all.map(({ event }) => event), ['start', 'end', 'asyncStart', 'asyncEnd'])
      assert.deepEqual(events.all[0].message, { clientId, topics: [{ topic, count: 2 }] })
      events.all.length = 0
      const reason = await clients.send(topic, ['v'], 99).then(() => null, error => error)
      assert.deepEqual(events.all.map(({ event }) => event), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
      assert.equal(events.all[2].error, reason)
    })

    it('traces eachMessage for each record, eachBatch for each batch', async context => {
      const { clients, clientId } = names(context)
      const topic = await topicOf()
      await clients.send(topic, ['a', 'b'])
      const events = trace(context, 'process', clientId)
      const reason = new Error('not this time')
      for (const handler of /** @type {const} */ (['eachMessage', 'eachBatch'])) {
        events.all.length = 0
        const consumer = clients.consumer()
        await consumer.subscribe({ topic, fromBeginning: true })
        const before = events.all.length
        const { open, opened } = gate()
        let failed = false
        await consumer.run({
          [handler]: async ({ message, batch }) => {
            if (!failed) {
              failed = true
              throw reason
            }
            if ((message || batch.messages.at(-1)).offset === '1') open()
          }
        })
        await opened
        const isOver = all => all.at(-1).event === 'asyncEnd' && all.at(-1).lastOffset === 1 && !all.at(-1).error
        await events.until(all => all.length > before && isOver(all))
        await consumer.disconnect()
        const first = events.all[0].message
        assert.deepEqual(events.all.slice(0, 5).map(({ event }) => event),
          ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
        assert.equal(first.error, reason)
        assert.deepEqual([first.handler, first.topic, first.partition, first.firstOffset], [handler, topic, 0, 0])
        assert.equal(events.all.filter(({ event, error }) => event === 'asyncEnd' && !error)
          .reduce((sum, { count }) => sum + count, 0), 2)
        assert.equal(first.count === 1, handler === 'eachMessage' || first.lastOffset === 0)
      }
    })

    it('a handler that is traced may stop its consumer, and wait for that', async context => {
      const { clients, clientId } = names(context)
      const topic = await topicOf()
      await clients.send(topic, ['a'])
      const events = trace(context, 'process', clientId)
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      const { open, opened } = gate()
      await consumer.run({
        eachMessage: async () => {
          await new Promise(resolve => setImmediate(resolve))
          await consumer.stop()
          open()
        }
      })
      await opened
      assert.equal(events.all[0].event, 'start')
    })

    it('an error names no secret', async context => {
      const secret = 'a.secret.token'
      const sasl = new SaslBroker(() => false)
      const clientId = uniqueName('client')
      const watched = new Watched(context, clientId)
      const address = await sasl.start()
      context.after(() => sasl.stop())
      const client = new kafka.KafkaClient({
        kafkaHost: address,
        clientId,
        sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: secret, lifetime: 60000 }) }
      })
      context.after(() => call(client, 'close'))
      client.on('error', () => {})
      const { error, ...rest } = await watched.first('error', ({ error: { name } }) => name === '_AUTHENTICATION')
      assert.ok(sasl.messages.some(message => message.includes(secret)))
      assert.deepEqual(rest, { clientId, groupId: null, operation: null, topics: [], partition: null })
      assert.ok(!JSON.stringify(watched.collected.all).includes(secret))
    })
  })

  describe('without a subscriber', () => {
    it('no object is made, and nothing is published', async context => {
      const clientId = uniqueName('client')
      let published = 0
      const observed = [...CHANNELS.map(name => channel(PREFIX + name)), ...['send', 'process'].flatMap(name =>
        TRACE_EVENTS.map(event => channel(`tracing:${PREFIX}${name}:${event}`)))]
      for (const each of observed) {
        each.publish = () => { published++ }
        each.runStores = /** @type {any} */ ((_, run) => {
          published++
          return run()
        })
      }
      /** What makes objects, and how often it was called. */
      const made = { received: 0, committing: 0, asking: 0, rebalanced: 0 }
      const { prototype } = HandleDiagnostics
      const originals = Object.keys(made).map(name => /** @type {const} */ ([name, prototype[name]]))
      for (const [name, original] of originals) {
        prototype[name] = function (...args) {
          made[name]++
          return original.apply(this, args)
        }
      }
      const restore = () => {
        for (const [name, original] of originals) prototype[name] = original
        for (const each of observed) {
          delete each.publish
          delete each.runStores
        }
      }
      context.after(restore)

      const topic = await topicOf()
      const opened = new Opened(context, broker)
      const clients = new Clients(context, broker, { clientId })
      const work = async () => {
        const producer = await opened.producer({}, { client: opened.client({ clientId }) })
        for (let i = 0; i < 5; i++) await call(producer, 'send', [{ topic, messages: ['v', 'w'] }])
        await clients.send(topic, ['v'])
        const group = opened.group(topic, { clientId, id: clientId, autoCommit: false })
        await collect(group).take(11)
        await call(group, 'commit', true)
        const consumer = clients.consumer()
        await consumer.subscribe({ topic, fromBeginning: true })
        const { open, opened: read } = gate()
        await consumer.run({ eachMessage: async ({ message }) => { if (message.offset === '10') open() } })
        await read
        await consumer.disconnect()
      }
      const lastId = async () => {
        const watched = new Watched(context, clientId, ['delivery'])
        await clients.send(topic, ['v'])
        const { id } = await watched.first('delivery')
        watched.end()
        return id
      }

      await work()
      assert.deepEqual(made, { received: 0, committing: 0, asking: 0, rebalanced: 0 })
      assert.equal(published, 0)
      restore()
      // ids are given to sends that somebody is told of
      const first = await lastId()
      for (let i = 0; i < 5; i++) await clients.send(topic, ['v'])
      assert.equal(await lastId(), first + 1)
    })

    it('with one they are made in these places', async context => {
      const clientId = uniqueName('client')
      const made = new Set()
      const { prototype } = HandleDiagnostics
      for (const name of ['received', 'committing', 'asking', 'rebalanced']) {
        const original = prototype[name]
        prototype[name] = function (...args) {
          made.add(name)
          return original.apply(this, args)
        }
        context.after(() => { prototype[name] = original })
      }
      const watched = new Watched(context, clientId)
      const clients = new Clients(context, broker, { clientId })
      const topic = await topicOf()
      await clients.send(topic, ['v'])
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ eachMessage: async () => {} })
      await watched.first('commit')
      assert.deepEqual([...made].sort(), ['asking', 'committing', 'rebalanced', 'received'])
    })
  })

  it('a subscriber that throws costs neither the caller nor other subscribers anything', async () => {
    const end = await program.run(path.join(__dirname, '..', 'support', 'throwing-subscriber.js'),
      { args: [broker.brokers, await topicOf()], deadline: 40000 })
    assert.equal(end.code, 0, program.describe(end))
    assert.deepEqual(JSON.parse(end.lines.at(-1)), {
      // of the process, by Node
      uncaught: ['batch', 'commit', 'connection', 'delivery', 'process', 'rebalance', 'send', 'trace'],
      others: ['batch', 'commit', 'connection', 'delivery', 'process', 'rebalance', 'send', 'trace'],
      results: ['0', '1', 'a', 'b']
    })
  })
})
