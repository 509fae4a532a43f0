'use strict'

const { section } = require('../support/section')

const quiet = { autoConnect: false }

module.exports = section('Rules that hold everywhere', (scenario) => {
  scenario('methods return nothing', { contract: '2.1' }, async (t) => {
    const topic = await t.topic()
    const client = await t.readyClient()
    const producer = new t.kafka.Producer(client)
    const offset = new t.kafka.Offset(client)
    const admin = new t.kafka.Admin(client)
    for (const [name, call] of /** @type {[string, (cb: any) => any][]} */ ([
      ['send', (cb) => producer.send([{ topic, messages: 'm' }], cb)],
      ['topicExists', (cb) => client.topicExists([topic], cb)],
      ['fetchLatestOffsets', (cb) => offset.fetchLatestOffsets([topic], cb)],
      ['listGroups', (cb) => admin.listGroups(cb)],
      ['close', (cb) => client.close(cb)]
    ])) {
      await new Promise((resolve) => t.attempt(name, () => call(resolve)))
    }
  })

  scenario('success passes null, except for refreshMetadata', { contract: '2.2' }, async (t) => {
    const topic = await t.topic()
    const client = await t.readyClient()
    await t.call('refreshMetadata', (cb) => client.refreshMetadata([topic], (/** @type {any[]} */ ...args) => cb(args)))
    await t.call('topicExists', (cb) => client.topicExists([topic], (/** @type {any[]} */ ...args) => cb(args)))
    await t.call('close', (cb) => client.close((/** @type {any[]} */ ...args) => cb(args)))
  })

  scenario('Q03: options and payloads of the caller are completed and kept', { contract: '2.4 (Q03)' }, async (t) => {
    const topic = await t.topic()
    const clientOptions = { kafkaHost: t.brokers }
    const client = t.client()
    const own = t.closing(new t.kafka.KafkaClient(clientOptions))
    t.log('KafkaClient', own.options === clientOptions, Object.keys(clientOptions).length > 1)
    const options = { groupId: t.name('group') }
    const element = { topic }
    const consumer = t.consumer(client, [element], options)
    t.log('Consumer', consumer.options === options, consumer.payloads[0] === element, element)
    await t.event(client)
    const payload = { topic, messages: ['m'] }
    const producer = new t.kafka.Producer(client)
    await t.call('sent', (cb) => producer.send([payload], cb))
    t.log('payload', payload)
    const question = { topic, time: -1 }
    await t.call('asked', (cb) => new t.kafka.Offset(client).fetch([question], cb))
    t.log('question', question)
  })

  scenario('an error of the client comes once to each object on it', { contract: '2.5' }, (t) => {
    const client = t.client(quiet)
    const { Producer, HighLevelProducer, Consumer, Offset, Admin } = t.kafka
    client.on('error', () => t.line('errors', 'client'))
    for (const [name, object] of Object.entries({
      Producer: new Producer(client),
      HighLevelProducer: new HighLevelProducer(client),
      Consumer: new Consumer(client, [], {}),
      Offset: new Offset(client),
      Admin: new Admin(client)
    })) object.on('error', (/** @type {Error} */ error) => t.log('errors', name, error))
    client.emit('error', new Error('something'))
  })

  scenario('an error that nobody listens for is thrown', { contract: '2.5' }, (t) => {
    const client = t.client(quiet)
    t.attempt('client', () => client.emit('error', new Error('something')))
    client.on('error', () => {})
    new t.kafka.Offset(client)
    t.attempt('an object on it', () => client.emit('error', new Error('something')))
  })

  scenario('Q06: an offset of -1 shows as 0, a time of -1 as none', { contract: '2.7 (Q06)' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await t.call('nothing sent', (cb) => producer.send([{ topic, messages: [] }], cb))
    await t.produce(topic, [{ value: 'no time', timestamp: '-1' }])
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    const [message] = await t.event(group, 'message')
    t.log('message', Object.keys(message), message.offset)
  })

  scenario('names may have letters, digits, dot, underscore and hyphen', { contract: '2.8' }, (t) => {
    for (const name of ['a', 'A.b_c-9', '', 'a b', 'a:b', 'a\n', 'ä', 'a/b', 'a\0']) {
      t.attempt(`clientId ${JSON.stringify(name)}`, () => new t.kafka.KafkaClient({ ...quiet, clientId: name }))
      t.attempt(`groupId ${JSON.stringify(name)}`, () =>
        new t.kafka.Consumer(t.client(quiet), [], { groupId: name }))
    }
  })

  scenario('each object adds a handful of listeners to its client', { contract: '2.9' }, (t) => {
    const { Producer, Consumer, Offset, Admin } = t.kafka
    const events = ['ready', 'error', 'close', 'connect', 'brokersChanged']
    /** @type {Record<string, [number, (client: any) => any]>} */
    const made = {
      Producer: [4, (client) => new Producer(client)],
      Consumer: [4, (client) => new Consumer(client, [], {})],
      Offset: [3, (client) => new Offset(client)],
      Admin: [3, (client) => new Admin(client)]
    }
    for (const [name, [limit, make]] of Object.entries(made)) {
      const client = t.client(quiet)
      make(client)
      t.log(name, events.reduce((sum, event) => sum + client.listenerCount(event), 0) <= limit)
    }
  })

  scenario('Q02: callbacks may be left out', {
    contract: '2.3 (Q02)',
    isolated: true,
    meant: {
      uncaught: {
        id: 'D03',
        original: [/is not a function'\]$/, /is not a function'\]$/],
        ours: []
      }
    }
  }, async (t) => {
    const client = new t.kafka.KafkaClient({ kafkaHost: t.brokers })
    await t.event(client)
    const offset = new t.kafka.Offset(client)
    const admin = new t.kafka.Admin(client)
    const topic = await t.topic()
    t.attempt('Offset', () => offset.fetch([{ topic, time: -1 }]))
    t.attempt('Admin', () => admin.listGroups())
    t.attempt('KafkaClient', () => client.topicExists([topic]))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await t.call('closed', (cb) => client.close(cb))
  })

  scenario('a callback that is not a function', {
    contract: '2.3',
    isolated: true,
    meant: {
      sent: {
        id: 'D50',
        original: ['returns undefined'],
        ours: ["throws [TypeError 'callback must be a function, not a string' { code: 'ERR_INVALID_ARG_TYPE' }]"]
      },
      uncaught: { id: 'D50', original: ["[TypeError 'callback is not a function']"], ours: [] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    t.attempt('sent', () => producer.send([{ topic, messages: 'm' }], 'text'))
    await new Promise((resolve) => setTimeout(resolve, 1000))
  })

  scenario('an argument of the wrong type is named', {
    contract: '2.4',
    meant: {
      kafkaHost: {
        id: 'D51',
        original: ["throws [TypeError 'hosts.split is not a function']"],
        ours: ["throws [TypeError 'kafkaHost must be a string, not a number' { code: 'ERR_INVALID_ARG_TYPE' }]"]
      }
    }
  }, (t) => {
    t.attempt('kafkaHost', () => new t.kafka.KafkaClient({ ...quiet, kafkaHost: 5 }))
  })
})
