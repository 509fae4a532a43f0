'use strict'

// Spans and metrics of clients of both doors, with OpenTelemetry's real SDK.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')

const { hook } = require('../../core/hook')
const { Partitioners } = require('../../kafkajs')
const { register } = require('../../opentelemetry')
const { Watched } = require('../support/diagnostics')
const { Opened, call, collect, newTopic, startWatched, uniqueName } = require('../support/embedded')
const { Clients, gate } = require('../support/kafkajs-clients')
const { requireKafkajsNative } = require('../support/kafkajs-native')
const { Telemetry, api } = require('../support/telemetry')

/** What no span and no metric may have. */
const PRIVATE = ['a private key', 'a private value', 'a private header', 'a private text']

const SYSTEM = { 'messaging.system.name': 'kafka', 'messaging.system': 'kafka' }
const SEND = { ...SYSTEM, 'messaging.operation.name': 'send', 'messaging.operation.type': 'send' }
const PROCESS = { ...SYSTEM, 'messaging.operation.name': 'process', 'messaging.operation.type': 'process' }

const { SpanKind, SpanStatusCode } = api

/** Whose child a span is. */
const parentOf = span => span.parentSpanContext && span.parentSpanContext.spanId
const idOf = span => span.spanContext().spanId
const traceOf = span => span.spanContext().traceId

/** Text of the last header of a name. */
const textOf = header => String(Array.isArray(header) ? header[header.length - 1] : header)

describe('OpenTelemetry', { timeout: 120000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  const topicOf = (partitions = 1) => newTopic(broker, partitions)

  /**
   * Producers and consumers, the same for each door.
   *
   * @type {Record<string, (context: import('node:test').TestContext, clientId?: string) => {
   *   send: (messages: string[], topic: string, headers?: any) => Promise<unknown>,
   *   read: (topic: string, groupId: string, handler: (message: any) => any) => Promise<void> }>}
   */
  const DOORS = {
    kafkajs (context, clientId = uniqueName('client')) {
      const clients = new Clients(context, broker, { clientId })
      return {
        send: (messages, topic, headers = undefined) =>
          clients.send(topic, messages.map(value => ({ key: PRIVATE[0], value, headers }))),
        async read (topic, groupId, handler) {
          const consumer = clients.consumer({ groupId })
          await consumer.subscribe({ topic, fromBeginning: true })
          await consumer.run({ eachMessage: async ({ message }) => handler(message) })
        }
      }
    },
    'kafka-node' (context, clientId = uniqueName('client')) {
      const opened = new Opened(context, broker)
      /** @type {Promise<any>} */
      let producer
      return {
        async send (messages, topic, headers) {
          if (!producer) producer = opened.producer({}, { client: opened.client({ clientId }) })
          await call(await producer, 'send', [{ topic, messages, key: PRIVATE[0], partition: 0, headers }])
        },
        async read (topic, groupId, handler) {
          opened.group(topic, { clientId, id: clientId, groupId }).on('message', handler)
        }
      }
    }
  }

  for (const from of Object.keys(DOORS)) {
    for (const to of Object.keys(DOORS)) {
      it(`one trace from a send of ${from} to a handler of ${to}`, async context => {
        const telemetry = new Telemetry(context)
        const [clientId, groupId, topic] = [uniqueName('client'), uniqueName('group'), await topicOf()]
        await telemetry.within('shop', () => DOORS[from](context, clientId).send(['a', PRIVATE[1]], topic))
        const seen = []
        const { open, opened: read } = gate()
        await DOORS[to](context, clientId).read(topic, groupId, message => {
          telemetry.tracer.startSpan('own').end()
          seen.push(message)
          if (seen.length === 2) open()
        })
        await read
        const [send] = await telemetry.spans(`send ${topic}`)
        const processed = await telemetry.spans(`process ${topic}`, 2)
        const [shop] = await telemetry.spans('shop')
        const own = await telemetry.spans('own', 2)

        assert.deepEqual([send.kind, traceOf(send), parentOf(send), send.status],
          [SpanKind.PRODUCER, traceOf(shop), idOf(shop), { code: SpanStatusCode.UNSET }])
        const destination = { 'messaging.destination.name': topic, 'messaging.destination.partition.id': '0' }
        assert.deepEqual(send.attributes,
          { ...SEND, ...destination, 'messaging.client.id': clientId, 'messaging.batch.message_count': 2 })
        processed.forEach((span, offset) => {
          assert.deepEqual([span.kind, traceOf(span), parentOf(span), span.status],
            [SpanKind.CONSUMER, traceOf(shop), idOf(send), { code: SpanStatusCode.UNSET }])
          assert.equal(span.parentSpanContext.isRemote, true)
          assert.deepEqual(span.attributes, {
            ...PROCESS,
            ...destination,
            'messaging.client.id': clientId,
            'messaging.consumer.group.name': groupId,
            'kafka.offset': offset
          })
          assert.deepEqual([traceOf(own[offset]), parentOf(own[offset])], [traceOf(shop), idOf(span)])
        })
        for (const { headers } of seen) {
          assert.deepEqual(Object.keys(headers), ['traceparent'])
          assert.equal(textOf(headers.traceparent), `00-${traceOf(send)}-${idOf(send)}-01`)
        }
        const text = await telemetry.text()
        assert.deepEqual(PRIVATE.filter(secret => text.includes(secret)), [])
      })
    }

    it(`records of ${from} keep their headers, and lose an older context`, async context => {
      const telemetry = new Telemetry(context)
      const topic = await topicOf()
      const headers = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, name: PRIVATE[2], list: ['1', '2'] }
      const given = JSON.stringify(headers)
      await DOORS[from](context).send(['a'], topic, headers)
      assert.equal(JSON.stringify(headers), given)
      const { open, opened: read } = gate()
      await DOORS.kafkajs(context).read(topic, uniqueName('group'), open)
      const { headers: got } = await read
      const [send] = await telemetry.spans(`send ${topic}`)
      assert.deepEqual([textOf(got.traceparent), String(got.name), got.list.map(String)],
        [`00-${traceOf(send)}-${idOf(send)}-01`, PRIVATE[2], ['1', '2']])
      assert.ok(!Array.isArray(got.traceparent))
      assert.ok(!(await telemetry.text()).includes(PRIVATE[2]))
    })

    it(`records of ${from} get no headers if they are not to, nor after the end`, async context => {
      const topic = await topicOf()
      const { send } = DOORS[from](context)
      const telemetry = new Telemetry(context, { inject: false })
      await send(['a'], topic)
      await telemetry.spans(`send ${topic}`)
      telemetry.unregister()
      await send(['b'], topic)
      const again = new Telemetry(context)
      await send(['c'], topic)
      await again.spans(`send ${topic}`)
      const seen = []
      const { open, opened: read } = gate()
      await DOORS.kafkajs(context).read(topic, uniqueName('group'), ({ headers }) => {
        seen.push(Object.keys(headers))
        if (seen.length === 3) open()
      })
      await read
      assert.deepEqual(seen, [[], [], ['traceparent']])
      assert.equal(telemetry.ended.all.length, 1)
      assert.deepEqual(await telemetry.points('messaging.client.sent.messages', {}).then(points =>
        points.map(({ value }) => value)), [1])
    })

    it(`a send of ${from} that fails says what the broker has said, without its text`, async context => {
      const telemetry = new Telemetry(context)
      const topic = await topicOf()
      const { send } = DOORS[from](context)
      await send(['a'], topic)
      await broker.pushErrors('Produce', [10])
      // one record: of several the broker is asked again for each
      await assert.rejects(send(['b'], topic))
      const [good, bad] = await telemetry.spans(`send ${topic}`, 2)
      assert.deepEqual([good.status.code, bad.status], [SpanStatusCode.UNSET, { code: SpanStatusCode.ERROR }])
      assert.equal(bad.attributes['error.type'], 'MSG_SIZE_TOO_LARGE')
      assert.deepEqual(bad.events, [])
      const of = { ...SEND, 'messaging.destination.name': topic }
      const sent = await telemetry.points('messaging.client.sent.messages', of)
      assert.deepEqual(sent.map(({ attributes, value }) => [attributes['error.type'], value]),
        [[undefined, 1], ['MSG_SIZE_TOO_LARGE', 1]])
      const durations = await telemetry.points('messaging.client.operation.duration', of)
      assert.deepEqual(durations.map(({ attributes, value }) => [attributes['error.type'], value.count]),
        [[undefined, 1], ['MSG_SIZE_TOO_LARGE', 1]])
      assert.ok(durations.every(({ value: { sum } }) => sum > 0 && sum < 60))
    })
  }

  describe('of KafkaJS\'s door', () => {
    it('a batch is linked to each send that it comes from, and active in its handler', async context => {
      const telemetry = new Telemetry(context)
      const topic = await topicOf()
      const clients = new Clients(context, broker)
      for (const values of [['a', 'b'], ['c']]) await clients.send(topic, values)
      telemetry.unregister()
      await clients.send(topic, ['d'])
      const read = new Telemetry(context)
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      const { open, opened: done } = gate()
      const counts = []
      await consumer.run({
        eachBatch: async ({ batch }) => {
          await null
          read.tracer.startSpan('own').end()
          counts.push(batch.messages.length)
          if (batch.lastOffset() === '3') open()
        }
      })
      await done
      const sends = await telemetry.spans(`send ${topic}`, 2)
      const batches = await read.spans(`process ${topic}`, counts.length)
      const own = await read.spans('own', counts.length)
      assert.deepEqual(batches.map(({ attributes }) => attributes['messaging.batch.message_count']), counts)
      assert.ok(batches.every(span => parentOf(span) === undefined && span.attributes['kafka.offset'] === undefined))
      assert.deepEqual(own.map(parentOf), batches.map(idOf))
      // the broker may have handed out the records in several batches
      const links = batches.flatMap(span => span.links.map(({ context: { spanId } }) => spanId))
      assert.deepEqual([...new Set(links)], sends.map(idOf))
      assert.ok(batches.every(span => span.links.length <= 2))
    })

    it('a handler that fails: its class, not its text; and the record comes again', async context => {
      const telemetry = new Telemetry(context)
      const topic = await topicOf()
      const clients = new Clients(context, broker)
      await clients.send(topic, [PRIVATE[1]])
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      let calls = 0
      await consumer.run({
        eachMessage: async ({ message }) => {
          if (++calls === 1) throw Object.assign(new Error(String(message.value)), { name: 'CardDeclined' })
        }
      })
      const [failed, done] = await telemetry.spans(`process ${topic}`, 2)
      assert.deepEqual([failed.attributes['error.type'], failed.status, failed.events],
        ['CardDeclined', { code: SpanStatusCode.ERROR }, []])
      assert.deepEqual([done.attributes['error.type'], done.status.code], [undefined, SpanStatusCode.UNSET])
      const durations = await telemetry.points('messaging.process.duration',
        { ...PROCESS, 'messaging.destination.name': topic })
      assert.deepEqual(durations.map(({ attributes, value }) => [attributes['error.type'], value.count]),
        [['CardDeclined', 1], [undefined, 1]])
      assert.ok(!(await telemetry.text()).includes('private'))
    })

    it('several topics are no destination, and each is counted', async context => {
      const telemetry = new Telemetry(context)
      const topics = [await topicOf(), await topicOf()]
      const clientId = uniqueName('client')
      const { kafka } = new Clients(context, broker, { clientId })
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
      context.after(() => producer.disconnect())
      await producer.connect()
      await producer.sendBatch({
        topicMessages: topics.map(topic => ({ topic, messages: [{ value: 'a' }, { value: 'b' }] }))
      })
      const [span] = await telemetry.spans('send')
      const client = { 'messaging.client.id': clientId }
      assert.deepEqual(span.attributes, { ...SEND, ...client, 'messaging.batch.message_count': 4 })
      for (const topic of topics) {
        const of = { ...SEND, 'messaging.destination.name': topic }
        assert.equal(await telemetry.value('messaging.client.sent.messages', of), 2)
      }
    })

    it('a send that cannot be handed over, and one whose arguments are none', async context => {
      const telemetry = new Telemetry(context)
      const topic = await topicOf()
      const clients = new Clients(context, broker)
      await clients.send(topic, ['a'])
      const messages = [{ value: /** @type {any} */ (1), partition: 0 }]
      await assert.rejects(clients.producer.send({ topic, messages }))
      await assert.rejects(clients.producer.send({ topic: '', messages: [] }))
      const [, failed] = await telemetry.spans(`send ${topic}`, 2)
      assert.equal(failed.attributes['error.type'], 'ERR_INVALID_ARG_TYPE')
      assert.equal(telemetry.ended.all.length, 2)
    })

    it('stops from within a handler, and loops over messages end a span with each step', async context => {
      const telemetry = new Telemetry(context)
      const topic = await topicOf()
      const clients = new Clients(context, broker)
      await clients.send(topic, ['a', 'b'])
      const [send] = await telemetry.spans(`send ${topic}`)
      const consumer = clients.consumer()
      await consumer.subscribe({ topic, fromBeginning: true })
      const { open, opened: stopped } = gate()
      await consumer.run({
        eachMessage: async () => {
          await null
          await consumer.stop()
          open()
        }
      })
      await stopped
      const other = clients.consumer()
      await other.subscribe({ topic, fromBeginning: true })
      const seen = []
      for await (const { message } of other.messages()) if (seen.push(message.offset) === 2) break
      const processed = await telemetry.spans(`process ${topic}`, 3)
      assert.ok(processed.every(span => parentOf(span) === idOf(send)))
    })
  })

  describe('of kafka-node\'s door', () => {
    it('several topics are no destination; a closed client fails the span as it fails the send', async context => {
      const telemetry = new Telemetry(context)
      const opened = new Opened(context, broker)
      const topics = [await topicOf(), await topicOf()]
      const clientId = uniqueName('client')
      const producer = await opened.producer({}, { client: opened.client({ clientId }) })
      const payloads = topics.map(topic => ({ topic, messages: 'a' }))
      await call(producer, 'send', payloads)
      const [span] = await telemetry.spans('send')
      const client = { 'messaging.client.id': clientId }
      assert.deepEqual(span.attributes, { ...SEND, ...client, 'messaging.batch.message_count': 2 })
      assert.throws(() => producer.send([{ topic: topics[0], messages: 'a', attributes: 17.5 }], () => {}))
      await call(producer, 'close')
      await assert.rejects(call(producer, 'send', payloads))
      const [, closed] = await telemetry.spans('send', 2)
      const [refused] = await telemetry.spans(`send ${topics[0]}`)
      assert.deepEqual([closed, refused].map(({ attributes }) => attributes['error.type']),
        ['BrokerNotAvailableError', 'InvalidConfigError'])
    })

    it('headers are read in any encoding, and the callback of a send has its caller\'s context', async context => {
      const telemetry = new Telemetry(context)
      const opened = new Opened(context, broker)
      const topic = await topicOf()
      const producer = await opened.producer()
      await telemetry.within('shop', shop => new Promise((resolve, reject) =>
        producer.send([{ topic, messages: 'a' }], error => {
          if (error) return reject(error)
          assert.equal(api.trace.getActiveSpan(), shop)
          resolve()
        })))
      const [send] = await telemetry.spans(`send ${topic}`)
      for (const encoding of /** @type {const} */ (['buffer', 'hex'])) {
        const group = opened.group(topic, { encoding })
        await collect(group).take(1)
      }
      const processed = await telemetry.spans(`process ${topic}`, 2)
      assert.deepEqual(processed.map(parentOf), [idOf(send), idOf(send)])
    })
  })

  it('metrics of what has arrived, of commits and of librdkafka\'s statistics', async context => {
    const telemetry = new Telemetry(context)
    const [clientId, groupId, topic] = [uniqueName('client'), uniqueName('group'), await topicOf()]
    const clients = new Clients(context, broker, { clientId, statisticsInterval: 100 })
    const watched = new Watched(context, clientId, ['commit', 'statistics'])
    await clients.send(topic, ['a', 'b', 'c'])
    const consumer = clients.consumer({ groupId })
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ eachMessage: async () => {} })
    await watched.first('commit', ({ partitions }) => partitions.some(({ offset }) => offset === 3))
    await watched.first('statistics', ({ groupId: id, statistics: { topics } }) => id === groupId &&
      topics[topic] !== undefined && topics[topic].partitions[0].consumer_lag === 0)
    await watched.first('statistics', ({ groupId: id }) => id === null)

    const group = { 'messaging.consumer.group.name': groupId }
    const destination = { 'messaging.destination.name': topic }
    assert.equal(await telemetry.value('messaging.client.consumed.messages', {
      ...SYSTEM, ...group, ...destination, 'messaging.operation.name': 'poll', 'messaging.operation.type': 'receive'
    }), 3)
    const commits = await telemetry.value('messaging.client.operation.duration', {
      ...SYSTEM, ...group, ...destination, 'messaging.operation.name': 'commit', 'messaging.operation.type': 'settle'
    })
    assert.ok(commits.count >= 1)
    const client = { 'messaging.client.id': clientId }
    const partition = { ...client, ...group, ...destination, 'messaging.destination.partition.id': '0' }
    assert.equal(await telemetry.value('kafka.consumer.lag', partition), 0)
    assert.equal(await telemetry.value('kafka.consumer.position_lag', partition), 0)
    assert.equal(await telemetry.value('kafka.consumer.queue.messages', { ...client, ...group }), 0)
    assert.equal(await telemetry.value('kafka.producer.queue.messages', client), 0)
    const [host, port] = broker.brokers.split(':')
    const server = { ...client, 'server.address': host, 'server.port': Number(port) }
    assert.ok(await telemetry.value('kafka.broker.requests', server) > 3)
    assert.equal(await telemetry.value('kafka.broker.request.retries', server), 0)
    assert.equal(await telemetry.value('kafka.broker.throttle', server), 0)
    const latency = await telemetry.points('kafka.broker.request.latency', server)
    for (const { attributes, value } of latency) {
      assert.ok(['0.5', '0.99'].includes(attributes['kafka.quantile']) && value > 0)
    }
    assert.ok(await telemetry.value('kafka.broker.connections', { ...server, 'kafka.state': 'up' }) >= 2)
  })

  it('whatever of the user\'s throws, sends and handlers go on, and it is told', async context => {
    const told = []
    const fail = name => () => { throw new Error(name) }
    const failing = {
      diag: { ...api.diag, error: (_text, error) => told.push(error.message) },
      propagation: { inject: fail('inject'), extract: fail('extract') },
      context: { active: () => api.context.active(), with: fail('with') }
    }
    const telemetry = new Telemetry(context, {}, /** @type {any} */ (failing))
    telemetry.processor.onEnd = fail('end')
    const [topic, groupId] = [await topicOf(), uniqueName('group')]
    for (const [name, door] of Object.entries(DOORS)) {
      const { read, send } = door(context)
      await send([name], topic, { some: 'header' })
      const { open, opened: handled } = gate()
      await read(topic, `${groupId}-${name}`, open)
      assert.equal(String((await handled).value), 'kafkajs')
    }
    assert.deepEqual([...new Set(told)].sort(), ['end', 'extract', 'inject', 'with'])
  })

  it('no span at all if the tracer throws', async context => {
    const told = []
    const telemetry = new Telemetry(context, {}, /** @type {any} */ ({
      diag: { ...api.diag, error: (_text, error) => told.push(error.message) },
      context: { ...api.context, active () { throw new Error('active') } }
    }))
    const topic = await topicOf()
    for (const door of Object.values(DOORS)) {
      const { read, send } = door(context)
      await send(['a'], topic)
      const { open, opened: handled } = gate()
      await read(topic, uniqueName('group'), open)
      await handled
    }
    assert.ok(told.length >= 4 && told.every(text => text === 'active'))
    assert.equal(telemetry.ended.all.length, 0)
  })

  describe('not registered, costs a look', () => {
    /**
     * Counts how often clients look whether somebody has hooked in.
     *
     * @param {import('node:test').TestContext} context
     */
    function countLooks (context) {
      const looks = { count: 0 }
      Object.defineProperty(hook, 'current', {
        get () {
          looks.count++
          return null
        },
        configurable: true
      })
      context.after(() => Object.defineProperty(hook, 'current', { value: null, writable: true }))
      return looks
    }

    const values = Array.from({ length: 1000 }, (_, i) => String(i))

    it('for each send and each batch of KafkaJS\'s door', async context => {
      const topic = await topicOf()
      const clients = new Clients(context, broker)
      await clients.send(topic, ['first'])
      const looks = countLooks(context)
      await clients.send(topic, values)
      assert.equal(looks.count, 1)
      looks.count = 0
      const consumer = clients.consumer()
      let batches = 0
      consumer.on(consumer.events.START_BATCH_PROCESS, () => { batches++ })
      await consumer.subscribe({ topic, fromBeginning: true })
      const { open, opened: read } = gate()
      await consumer.run({ eachMessage: async ({ message }) => { if (message.offset === '1000') open() } })
      await read
      assert.ok(batches > 0 && batches < 100, `${batches}`)
      assert.equal(looks.count, batches)
    })

    it('for each send and each slice of kafka-node\'s door', async context => {
      const topic = await topicOf()
      const opened = new Opened(context, broker)
      const producer = await opened.producer()
      await call(producer, 'send', [{ topic, messages: 'first' }])
      const looks = countLooks(context)
      await call(producer, 'send', [{ topic, messages: values }])
      assert.equal(looks.count, 1)
      looks.count = 0
      const group = opened.group(topic)
      let slices = 0
      group.on('processingfetch', () => { slices++ })
      await collect(group).take(1001)
      assert.ok(slices > 0 && slices < 200, `${slices}`)
      // a fetch that brings nothing is announced, too
      assert.ok(looks.count <= slices, `${looks.count} looks, ${slices} slices`)
    })
  })

  it('is registered once, and takes the API itself', context => {
    const telemetry = new Telemetry(context)
    assert.throws(() => register(api), /registered already/)
    telemetry.unregister()
    const end = register(api)
    telemetry.unregister()
    assert.throws(() => register(api), /registered already/)
    end()
    end()
    assert.throws(() => register(undefined), /@opentelemetry\/api/)
    assert.throws(() => register(/** @type {any} */ (api.trace)), /@opentelemetry\/api/)
    assert.equal(requireKafkajsNative('opentelemetry').register, register)
  })
})
