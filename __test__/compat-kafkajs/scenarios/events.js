'use strict'

const { section } = require('../support/section')

const THREE = ['a', 'b', 'c'].map((value) => ({ value, partition: 0 }))

/** The shape of a value: types in the place of what differs from run to run. */
function shape (value) {
  if (value === null || typeof value !== 'object') return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typeof inner]))
}

module.exports = section('Instrumentation events', (scenario) => {
  scenario('names', { contract: '6' }, (t) => {
    const clients = { producer: t.producer(), consumer: t.consumer(), admin: t.admin() }
    for (const [kind, client] of Object.entries(clients)) {
      t.log(kind, client.events)
      const on = /** @type {any} */ (client.on)
      for (const name of ['nonsense', undefined, 'CONNECT', 'connect']) t.attempt(kind, () => on(name, () => {}))
    }
  })

  scenario('what an event is, and how a listener goes', { contract: '6 (Q29)' }, async (t) => {
    const clients = { producer: t.producer(), consumer: t.consumer(), admin: t.admin() }
    for (const [kind, client] of Object.entries(clients)) {
      /** @type {any[]} */
      const all = []
      // the three take different names
      const on = /** @type {any} */ (client.on)
      const remove = on(client.events.CONNECT, (event) => { all.push(event) })
      const other = on(client.events.CONNECT, (event) => { all.push(event) })
      await client.connect()
      t.log(kind, typeof remove, all.length, all[0] === all[1], Object.keys(all[0]), shape(all[0]))
      remove()
      other()
      await client.connect()
      t.log(kind, all.length)
    }
  })

  scenario('ids go up', { contract: '6' }, async (t) => {
    const admin = t.admin()
    /** @type {number[]} what the typings call strings, with KafkaJS too */
    const ids = []
    admin.on(admin.events.CONNECT, ({ id }) => { ids.push(Number(id)) })
    for (let i = 0; i < 3; i++) await admin.connect()
    t.log('ids', ids[1] > ids[0], ids[2] > ids[1])
  })

  scenario('a listener that rejects', { contract: '6' }, async (t) => {
    /** @type {any[]} */
    const entries = []
    const kafka = t.client({ logLevel: 5, logCreator: () => (entry) => { entries.push(entry) } })
    const admin = t.admin(kafka)
    admin.on(admin.events.CONNECT, async () => { throw new Error('own') })
    await t.outcome('connected', () => admin.connect())
    const found = () => entries.filter(({ log }) => /listener/.test(log.message))
    await t.until(() => found().length > 0, 'the line')
    for (const { namespace, label, log } of found()) t.log('lines', namespace, label, log.message, log.eventName)
  })

  scenario('a listener that throws', {
    contract: '6 (Q72)',
    meant: { connected: { id: 'Q72', original: [/^rejects \[Error 'own'/], ours: ['resolves undefined'] } }
  }, async (t) => {
    const admin = t.admin()
    admin.on(admin.events.CONNECT, () => { throw new Error('own') })
    await t.outcome('connected', () => admin.connect())
  })

  scenario('a consumer\'s normal life', { contract: '6' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, THREE)
    const consumer = t.consumer()
    t.events('events', consumer, ['CONNECT', 'GROUP_JOIN', 'START_BATCH_PROCESS', 'END_BATCH_PROCESS', 'COMMIT_OFFSETS',
      'STOP', 'DISCONNECT', 'CRASH', 'REBALANCING'], (payload) => payload && Object.keys(payload))
    const committed = t.nextEvent(consumer, 'COMMIT_OFFSETS')
    await t.start(consumer, topic, { eachMessage: async () => {} })
    await committed
    await consumer.disconnect()
  })

  scenario('GROUP_JOIN', { contract: '6' }, async (t) => {
    const topic = await t.topic(3)
    const { payload } = await t.start(t.consumer(), topic, { eachMessage: async () => {} })
    const { duration, ...rest } = payload
    t.log('payload', rest)
    t.log('types', Object.keys(payload), typeof duration, payload.leaderId === payload.memberId)
  })

  scenario('batches', { contract: '6' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, THREE)
    const consumer = t.consumer()
    t.events('events', consumer, ['START_BATCH_PROCESS', 'END_BATCH_PROCESS'],
      ({ duration, ...payload }) => ({ ...payload, duration: typeof duration }))
    await t.start(consumer, topic, { eachMessage: async () => {} })
    await t.seen('events', /end_batch_process/)
  })

  scenario('a batch that is not finished', { contract: '6' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, THREE)
    const consumer = t.consumer()
    t.events('events', consumer, ['START_BATCH_PROCESS', 'END_BATCH_PROCESS'], ({ firstOffset }) => firstOffset)
    let failed = false
    await t.start(consumer, topic, {
      eachMessage: async () => {
        if (failed) return
        failed = true
        throw new Error('own')
      }
    })
    await t.seen('events', /end_batch_process/)
  })

  scenario('COMMIT_OFFSETS', {
    contract: '6 (Q57)',
    meant: {
      types: {
        id: 'Q57', original: ["'string' 'string'", "'number' 'object'"],
        ours: ["'number' 'string'", "'number' 'string'"]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, THREE)
    const consumer = t.consumer()
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
      const { topics: [{ topic: name, partitions: [{ partition, offset, ...more }] }], ...rest } = payload
      t.log('events', Object.keys(rest), rest.groupId, typeof rest.groupGenerationId, name, Number(partition),
        String(offset), more)
      t.log('types', typeof partition, typeof offset)
    })
    await t.start(consumer, topic, { eachMessage: async () => {} })
    await t.seen('types', '')
    await consumer.commitOffsets([{ topic, partition: 0, offset: '1', metadata: 'note' }])
    await t.seen('types', '', 2)
  })

  scenario('HEARTBEAT and fetches', { contract: '6' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer()
    const events = ['HEARTBEAT', 'FETCH_START', 'FETCH'].map((name) => t.nextEvent(consumer, name))
    await t.start(consumer, topic, { eachMessage: async () => {} })
    for (const event of events) {
      const { type, payload } = await event
      t.log(type, shape(payload))
    }
  })

  scenario('a crash', { contract: '6, 4.8' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, THREE)
    const consumer = t.consumer()
    t.events('events', consumer, ['STOP', 'DISCONNECT', 'CRASH'])
    const crash = t.nextEvent(consumer, 'CRASH')
    await t.start(consumer, topic, { eachMessage: async () => { throw new TypeError('a bug') } })
    await crash
  })

  scenario('requests', { contract: '6' }, async (t) => {
    const topic = await t.topic()
    const producer = t.producer()
    const admin = t.admin()
    /** @type {Record<string, any>} the two take different names */
    const seen = { Produce: producer, Metadata: admin }
    const answered = Object.entries(seen).map(([api, client]) => new Promise((resolve) => {
      client.on(client.events.REQUEST, (event) => {
        if (event.payload.apiName === api) resolve(event)
      })
    }))
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'v' }] })
    await admin.connect()
    await admin.fetchTopicMetadata({ topics: [topic] })
    for (const promise of answered) {
      const { type, payload } = await t.soon(promise, 'the event')
      const { broker, clientId, apiName, apiKey } = payload
      t.log(type, { broker, clientId, apiName, apiKey }, shape(payload))
    }
  })

  scenario('a producer\'s life', { contract: '6' }, async (t) => {
    const topic = await t.topic()
    const producer = t.producer({ idempotent: true })
    t.events('events', producer, ['CONNECT', 'DISCONNECT'])
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'v' }] })
    await producer.disconnect()
    await producer.disconnect()
  })
})
