'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')

const { section } = require('../support/section')

/** @param {import('../support/trace').Trace} t @param {string} topic @param {string} [track] */
async function showLog (t, topic, track = 'log') {
  for (const { partition, offset, key, value, timestamp } of await t.records(topic)) {
    t.log(track, { partition, offset, key, value, timestamp })
  }
}

/**
 * Waits until the logs of topics hold this many records.
 *
 * @param {import('../support/trace').Trace} t
 * @param {string[]} topics
 * @param {number} count
 */
async function written (t, topics, count) {
  for (let i = 0; i < 100; i++) {
    const records = (await Promise.all(topics.map((topic) => t.records(topic)))).flat()
    if (records.length >= count) return records
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`the logs do not hold ${count} records`)
}

/** @param {import('../support/trace').Trace} t @param {any} producer @param {string} track @param {any[]} payloads */
const send = (t, producer, track, payloads) => t.call(track, (cb) => producer.send(payloads, cb))

const CLASSES = ['Producer', 'HighLevelProducer']

module.exports = section('Producer', (scenario) => {
  // ---- construction ----

  for (const name of CLASSES) {
    scenario(`${name}: options and fields`, { contract: '4.1' }, (t) => {
      const client = t.client({ autoConnect: false })
      for (const options of [undefined, null, {}, { requireAcks: 0 }, { requireAcks: -1, ackTimeoutMs: 5 },
        { partitionerType: 0 }, { partitionerType: 1 }, { partitionerType: 2 }, { partitionerType: 3 },
        { partitionerType: '3' }, { partitionerType: 99 }, { partitionerType: 'keyed' }, { partitionerType: null }]) {
        const producer = t.attempt('made', () => new t.kafka[name](client, options))
        const { ready, requireAcks, ackTimeoutMs, partitioner } = producer
        t.log('fields', options, { ready, requireAcks, ackTimeoutMs })
        t.log('fields', producer.client === client, partitioner.constructor.name)
      }
    })

    scenario(`${name}: what the constructor refuses`, { contract: '4.1' }, (t) => {
      const client = t.client({ autoConnect: false })
      const custom = () => 0
      t.attempt('type without function', () => new t.kafka[name](client, { partitionerType: 4 }))
      t.attempt('function without type', () => new t.kafka[name](client, {}, custom))
      t.attempt('function with another type', () => new t.kafka[name](client, { partitionerType: 3 }, custom))
      t.attempt('type as a string', () => new t.kafka[name](client, { partitionerType: '4' }, custom))
      t.attempt('both', () => new t.kafka[name](client, { partitionerType: 4 }, custom))
      t.attempt('odd acks', () => new t.kafka[name](client, { requireAcks: 7, ackTimeoutMs: 'x' }))
      let thrown = false
      try { new t.kafka[name]() } catch (error) { thrown = error instanceof TypeError }
      t.log('no client', thrown)
    })

    scenario(`${name}: ready comes once, after the client's`, { contract: '4.2' }, async (t) => {
      const client = t.client()
      client.on('ready', () => t.line('events', 'client ready'))
      const producer = t.watch('events', new t.kafka[name](client), ['ready', 'error'])
      t.log('before', producer.ready)
      await t.event(producer)
      t.log('after', producer.ready)
      client.emit('ready')
    })

    scenario(`${name} on a client that is already ready`, {
      contract: '4.2 (Q01)',
      meant: { 'ready event': { id: 'D02', original: ['never called'], ours: ['came'] } }
    }, async (t) => {
      const client = await t.readyClient()
      const producer = new t.kafka[name](client)
      t.log('at once', producer.ready)
      const came = new Promise((resolve) => producer.on('ready', resolve))
      await t.within('ready event', came.then(() => t.line('ready event', 'came')), 2000)
    })
  }

  scenario('every client error comes to the producer', { contract: '4.2' }, async (t) => {
    const client = t.client({ autoConnect: false })
    client.on('error', () => t.line('errors', 'client'))
    for (const label of ['first', 'second']) {
      new t.kafka.Producer(client).on('error', (/** @type {Error} */ error) => t.log('errors', label, error))
    }
    client.emit('error', new Error('something'))
  })

  scenario('requireAcks that is null', {
    contract: '4.1',
    meant: { acks: { id: 'D100', original: ['null'], ours: ['1'] } }
  }, (t) => {
    const { requireAcks } = new t.kafka.Producer(t.client({ autoConnect: false }), { requireAcks: null })
    t.line('acks', String(requireAcks))
  })

  scenario('an invalid timestamp', {
    contract: '4.3',
    meant: {
      'odd times': { id: 'D101', original: ['sent', 'sent'], ours: ['InvalidConfigError', 'InvalidConfigError'] }
    }
  }, async (t) => {
    const topic = await t.topic(1)
    const producer = await t.readyProducer()
    for (const timestamp of [Infinity, 1.5]) {
      t.line('odd times', await new Promise((resolve) => {
        try {
          producer.send([{ topic, messages: 'm', timestamp }], (/** @type {Error | null} */ error) =>
            resolve(error ? error.message : 'sent'))
        } catch (error) {
          resolve(/** @type {Error} */ (error).name)
        }
      }))
    }
  })

  // ---- values ----

  scenario('every form of payload', { contract: '4.3' }, async (t) => {
    const topic = await t.topic(2)
    const producer = await t.readyProducer()
    const { KeyedMessage } = t.kafka
    await send(t, producer, 'one value', [{ topic, messages: 'one' }])
    await send(t, producer, 'an array', [{ topic, messages: ['two', 'three'] }])
    await send(t, producer, 'a key', [{ topic, messages: ['four', 'five'], key: 'k' }])
    await send(t, producer, 'a partition', [{ topic, messages: 'six', partition: 1 }])
    await send(t, producer, 'a KeyedMessage', [{ topic, messages: new KeyedMessage('mk', 'seven'), key: 'other' }])
    await send(t, producer, 'mixed', [{ topic, messages: ['eight', new KeyedMessage('mk', 'nine'), 'ten'], key: 'pk' }])
    await send(t, producer, 'several payloads', [
      { topic, messages: 'p0-a', partition: 0 }, { topic, messages: ['p1-a', 'p1-b'], partition: 1 },
      { topic, messages: 'p0-b', partition: 0 }
    ])
    await send(t, producer, 'no messages field', [{ topic }])
    await send(t, producer, 'no messages', [{ topic, messages: [] }])
    await send(t, producer, 'no messages and others', [
      { topic, messages: [] }, { topic, messages: 'eleven', partition: 1 }
    ])
    await send(t, producer, 'no payloads', [])
    await showLog(t, topic)
  })

  /** @type {any[]} */
  const VALUES = [
    'text', 'ünï-日本-😀', '\ud83d', '', null, undefined, 0, 1, -1.5, NaN, true, false, 12345678901234567890n,
    Buffer.from([0, 255, 10]), Buffer.alloc(0), new Uint8Array([1, 2]), { a: 1 }, [1, 2], new Date(0),
    { toString: () => 'own text' }, Symbol.iterator.toString()
  ]
  scenario('every kind of value', { contract: '4.3 value mapping' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    for (const value of VALUES) await send(t, producer, 'sent', [{ topic, messages: [value] }])
    await showLog(t, topic)
  })

  scenario('every kind of key', { contract: '4.3 value mapping' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    for (const key of VALUES) await send(t, producer, 'sent', [{ topic, messages: 'v', key }])
    for (const key of VALUES) {
      await send(t, producer, 'sent keyed', [{ topic, messages: new t.kafka.KeyedMessage(key, 'v') }])
    }
    await showLog(t, topic)
  })

  scenario('timestamps', { contract: '4.3 timestamp' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    for (const timestamp of [1500000000000, 0, undefined, null, 1]) {
      await send(t, producer, 'sent', [{ topic, messages: ['a', 'b'], timestamp }])
    }
    const keyed = new t.kafka.KeyedMessage('k', 'v')
    keyed.timestamp = 1600000000000
    await send(t, producer, 'keyed', [{ topic, messages: keyed, timestamp: 1500000000000 }])
    await showLog(t, topic)
  })

  scenario('a KeyedMessage', { contract: '5 KeyedMessage' }, (t) => {
    const { KeyedMessage } = t.kafka
    t.log('made', new KeyedMessage('k', 'v'), Object.keys(new KeyedMessage()))
    t.log('made', new KeyedMessage())
  })

  scenario('payloads are completed in place, which pins the partition of one sent again', {
    contract: '4.3 (Q15)'
  }, async (t) => {
    const topic = await t.topic(3)
    const producer = await t.readyProducer({ partitionerType: 2 })
    const payload = { topic, messages: ['a'] }
    await send(t, producer, 'first', [{ topic, messages: 'before' }])
    await send(t, producer, 'first', [payload])
    t.log('payload', payload)
    await send(t, producer, 'again', [payload])
    await send(t, producer, 'fresh', [{ topic, messages: ['a'] }])
    const full = { topic, messages: ['x'], key: 'k', partition: 2, attributes: 1, timestamp: 1500000000000 }
    await send(t, producer, 'full', [full])
    t.log('payload', full)
  })

  scenario('partition in the payload is taken as it is', { contract: '4.3 partition' }, async (t) => {
    const topic = await t.topic(2)
    const producer = await t.readyProducer({ partitionerType: 3 })
    await send(t, producer, 'a number', [{ topic, messages: 'a', key: 'a', partition: 0 }])
    await send(t, producer, 'text', [{ topic, messages: 'b', partition: '1' }])
    await send(t, producer, 'null', [{ topic, messages: 'c', partition: null }])
    await send(t, producer, 'not there', [{ topic, messages: 'd', partition: 9 }])
    await send(t, producer, 'negative', [{ topic, messages: 'e', partition: -1 }])
    await showLog(t, topic)
  })

  scenario('topics whose name and partition run together stay apart', {
    contract: '4.3 (Q13)',
    meant: {
      sent: {
        id: 'D06',
        original: ["(null, { '<topic1>1': { 0: 0 } })"],
        ours: ["(null, { '<topic1>1': { 0: 0 }, '<topic1>': { 10: 0 } })"]
      },
      'log of the long': { id: 'D06', original: ["'for the long'", "'for the short'"], ours: ["'for the long'"] },
      'log of the short': { id: 'D06', original: [], ours: ["'for the short'"] }
    }
  }, async (t) => {
    const short = t.name()
    const { createTopic } = require('../../support/kafka')
    const long = `${short}1`
    await createTopic(t.brokers, short, 11)
    await createTopic(t.brokers, long, 1)
    const producer = await t.readyProducer()
    await send(t, producer, 'sent', [{ topic: long, messages: 'for the long', partition: 0 },
      { topic: short, messages: 'for the short', partition: 10 }])
    for (const { value } of await t.records(long)) t.log('log of the long', String(value))
    for (const { value } of await t.records(short)) t.log('log of the short', String(value))
  })

  scenario('attributes choose the codec', { contract: '4.3 attributes' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await send(t, producer, 'none', [{ topic, messages: ['a', 'b'], attributes: 0 }])
    await send(t, producer, 'gzip', [{ topic, messages: ['c', 'd'], key: 'k', attributes: 1 }])
    await send(t, producer, 'gzip with a time', [{ topic, messages: ['e'], attributes: 1, timestamp: 1500000000000 }])
    await send(t, producer, 'gzip and null', [{ topic, messages: [null, ''], attributes: 1 }])
    await showLog(t, topic)
  })

  scenario('snappy', {
    contract: '4.4 snappy',
    meant: {
      snappy: {
        id: 'D09',
        original: ["throws [Error 'Snappy codec is not installed']"],
        ours: ["(null, { '<topic1>': { 0: 0 } })"]
      },
      log: { id: 'D09', original: [], ours: [/value: <Buffer 61>/, /value: <Buffer 62>/] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await send(t, producer, 'snappy', [{ topic, messages: ['a', 'b'], attributes: 2 }])
    await showLog(t, topic)
  })

  scenario('attributes that differ within one partition', {
    contract: '4.3 (Q14)',
    meant: {
      text: {
        id: 'D07',
        original: [/assert\(request\.attributes === p\.attributes\)/],
        ours: ["'attributes of the messages for <topic1>/0 must be the same'"]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    try {
      const payloads = [{ topic, messages: 'a', attributes: 0 }, { topic, messages: 'b', attributes: 1 }]
      producer.send(payloads, () => t.line('mixed', 'called'))
    } catch (error) {
      const { name, code, message } = /** @type {any} */ (error)
      t.log('mixed', name, code)
      t.log('text', message)
    }
  })

  scenario('payloads must be an array', {
    contract: '4.3',
    meant: {
      thrown: {
        id: 'D51',
        original: Array(5).fill(/forEach/),
        ours: ['an object', 'a string', 'undefined', 'null', 'a number'].map((kind) =>
          `throws [TypeError 'payloads must be an array, not ${kind}' { code: 'ERR_INVALID_ARG_TYPE' }]`)
      }
    }
  }, async (t) => {
    const producer = await t.readyProducer()
    for (const payloads of [{ topic: 't', messages: 'm' }, 'text', undefined, null, 5]) {
      t.attempt('thrown', () => producer.send(payloads, () => t.line('called', 'never')))
    }
  })

  // ---- partitioners ----

  /** @type {[string, string, any, any[]][]} */
  const PARTITIONERS = [
    ['Producer', 'by default', undefined, ['a', 'b', 'key', '', undefined]],
    ['HighLevelProducer', 'by default', undefined, ['a', 'b', 'key', '', undefined]],
    ['Producer', 'cyclic', { partitionerType: 2 }, ['a', 'a', 'a', 'a', 'a']],
    ['Producer', 'keyed', { partitionerType: 3 }, ['a', 'b', 'key', 'user-42', '', undefined, null, 0, 42,
      Buffer.from('key'), Buffer.from('fffe', 'hex'), '日本語', '😀']],
    ['HighLevelProducer', 'keyed', { partitionerType: 3 }, ['a', 'b', 'key', 'user-42', '', undefined]]
  ]
  for (const [name, how, options, keys] of PARTITIONERS) {
    scenario(`${name} ${how}: the partition of each record`, { contract: '5' }, async (t) => {
      const topic = await t.topic(5)
      const client = t.client()
      const producer = new t.kafka[name](client, options)
      await t.event(producer)
      for (const key of keys) await send(t, producer, 'sent', [{ topic, key, messages: [String(key)] }])
      await send(t, producer, 'two payloads', [
        { topic, key: keys[0], messages: ['x', 'y'] }, { topic, key: keys[1], messages: 'z' }
      ])
      await showLog(t, topic)
    })
  }

  scenario('the key of a KeyedMessage is not seen by the partitioner', { contract: '4.3 (Q12)' }, async (t) => {
    const topic = await t.topic(4)
    const producer = await t.readyProducer({ partitionerType: 3 })
    for (const key of ['a', 'b', 'key', 'user-42']) {
      await send(t, producer, 'sent', [{ topic, messages: new t.kafka.KeyedMessage(key, 'v') }])
    }
    await showLog(t, topic)
  })

  scenario('a custom partitioner gets the partitions and the key, once a payload', { contract: '5' }, async (t) => {
    const topic = await t.topic(3)
    const client = await t.readyClient()
    const producer = new t.kafka.Producer(client, { partitionerType: 4 }, (/** @type {any[]} */ ...args) => {
      t.log('called with', args)
      return args[0].length > 0 ? args[0][args[0].length - 1] : 0
    })
    await t.call('known', (cb) => client.refreshMetadata([topic], cb))
    await send(t, producer, 'sent', [{ topic, key: 'k', messages: ['a', 'b'] }, { topic, messages: 'c' }])
    await showLog(t, topic)
  })

  scenario('one producer\'s cyclic counter runs over all topics', { contract: '5' }, async (t) => {
    const [a, b] = [await t.topic(3), await t.topic(3)]
    const producer = await t.readyProducer({ partitionerType: 2 })
    for (const topic of [a, b, a, b, a]) await send(t, producer, 'sent', [{ topic, messages: 'v' }])
  })

  // ---- results ----

  for (const requireAcks of [1, -1, 0]) {
    scenario(`the result with requireAcks ${requireAcks}`, { contract: '4.4' }, async (t) => {
      const [a, b] = [await t.topic(2), await t.topic(1)]
      const producer = await t.readyProducer({ requireAcks })
      await t.call('known', (cb) => producer.client.refreshMetadata([a, b], cb))
      await send(t, producer, 'first', [{ topic: a, messages: ['1', '2', '3'] }])
      const payloads = [{ topic: a, messages: ['4', '5'] }, { topic: b, messages: '6' },
        { topic: a, messages: '7', partition: 1 }]
      const [error, result] = await new Promise((resolve) =>
        producer.send(payloads, (/** @type {any[]} */ ...args) => resolve(args)))
      // The topics come in the order of the broker's answer.
      t.log('several', error, Object.entries(result).sort())
      await send(t, producer, 'nothing', [])
      await written(t, [a, b], 7)
      await showLog(t, a)
      await showLog(t, b)
    })
  }

  scenario('sends keep their order, and each callback comes once', { contract: '4.3' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await send(t, producer, 'first', [{ topic, messages: 'first' }])
    const callbacks = Array.from({ length: 100 }, (_, i) => {
      const callback = t.callback('callbacks')
      producer.send([{ topic, messages: `m${i}` }], callback)
      return callback.called
    })
    await Promise.all(callbacks)
    t.log('values', (await t.records(topic)).map(({ value }) => String(value)))
  })

  scenario('a send of nothing', {
    contract: '4.4',
    meant: {
      order: {
        id: 'D25',
        original: ['before', 'callback (null, {})', 'after'],
        ours: ['before', 'after', 'callback (null, {})']
      }
    }
  }, async (t) => {
    const producer = await t.readyProducer()
    const callback = t.callback('callback', { on: 'order' })
    t.line('order', 'before')
    producer.send([], callback)
    t.line('order', 'after')
    await callback.called
  })

  scenario('the callback is not called before send returns', { contract: '4.3' }, async (t) => {
    const topic = await t.topic()
    for (const requireAcks of [1, 0]) {
      const producer = await t.readyProducer({ requireAcks })
      await t.call('known', (cb) => producer.client.refreshMetadata([topic], cb))
      for (const [label, payloads] of Object.entries({ records: [{ topic, messages: 'a' }] })) {
        const track = `${label}, acks ${requireAcks}`
        const callback = t.callback('callback', { on: track })
        t.line(track, 'before')
        producer.send(payloads, callback)
        t.line(track, 'after')
        await callback.called
      }
    }
  })

  // ---- errors ----

  scenario('a message that is too large', { contract: '4.4' }, async (t) => {
    const topic = await t.topic(2, { 'max.message.bytes': 1000 })
    const producer = await t.readyProducer()
    const [error] = await send(t, producer, 'too large', [{ topic, messages: 'x'.repeat(5000) }])
    t.log('error', error && Object.keys(error), error && error.errorCode)
    await send(t, producer, 'with another partition', [
      { topic, messages: 'x'.repeat(5000) }, { topic, messages: 'small', partition: 1 }
    ])
    await send(t, producer, 'afterwards', [{ topic, messages: 'small' }])
    await showLog(t, topic)
  })

  scenario('a topic with an illegal name', { contract: '4.3' }, async (t) => {
    const producer = await t.readyProducer()
    await send(t, producer, 'illegal', [{ topic: 'a b', messages: 'x' }])
  })

  scenario('a topic that the broker creates', { contract: '4.3' }, async (t) => {
    const topic = t.name('created')
    const producer = await t.readyProducer()
    await send(t, producer, 'created', [{ topic, messages: 'x' }])
    await send(t, producer, 'again', [{ topic, messages: 'y' }])
    await showLog(t, topic)
  })

  scenario('a topic that the broker creates, with the keyed partitioner', {
    contract: '4.3 (Q16)',
    meant: {
      first: {
        id: 'D08',
        original: ['([BrokerNotAvailableError ... (message enumerable)])'], ours: ["(null, { '<created1>': { 0: 0 } })"]
      },
      payload: { id: 'D08', original: [/partition: undefined/], ours: [/partition: 0/] },
      'the same again': {
        id: 'D08',
        original: ['([BrokerNotAvailableError ... (message enumerable)])'], ours: ["(null, { '<created1>': { 0: 1 } })"]
      },
      'a fresh one': {
        id: 'D08', original: ["(null, { '<created1>': { 0: 0 } })"], ours: ["(null, { '<created1>': { 0: 2 } })"]
      }
    }
  }, async (t) => {
    const topic = t.name('created')
    const producer = await t.readyProducer({ partitionerType: 3 })
    const payload = { topic, key: 'k', messages: 'x' }
    await send(t, producer, 'first', [payload])
    t.log('payload', payload)
    await send(t, producer, 'the same again', [payload])
    await send(t, producer, 'a fresh one', [{ topic, key: 'k', messages: 'y' }])
  })

  scenario('minimum in-sync replicas not met', { contract: '4.4' }, async (t) => {
    const topic = await t.topic(1, { 'min.insync.replicas': 2 })
    const producer = await t.readyProducer({ requireAcks: -1 }, { requestTimeout: 5000 })
    await send(t, producer, 'refused', [{ topic, messages: 'x' }])
    const other = await t.readyProducer({ requireAcks: 1 })
    await send(t, other, 'acks 1 does not ask for them', [{ topic, messages: 'x' }])
  })

  scenario('a broker that cannot be reached', { contract: '4.3' }, async (t) => {
    const client = t.client({ kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 0 } })
    client.on('error', () => {})
    const producer = new t.kafka.Producer(client)
    t.watch('producer', producer, ['ready', 'error'])
    const callback = t.callback('sent')
    producer.send([{ topic: 'some', messages: 'x', partition: 0 }], callback)
    await t.soon(callback.called, 'callback')
    // The original looks for 8.4 s.
    await send(t, producer, 'later', [{ topic: 'some', messages: 'x', partition: 0 }])
  })

  // ---- before ready, after close ----

  for (const [how, options, fields] of /** @type {[string, any, any][]} */ ([
    ['an explicit partition', undefined, { partition: 0 }], ['the default partitioner', undefined, {}],
    ['the cyclic partitioner', { partitionerType: 2 }, {}]])) {
    scenario(`send before ready, with ${how}`, { contract: '4.3 before ready' }, async (t) => {
      const topic = await t.topic(3)
      const producer = new t.kafka.Producer(t.client(), options)
      await send(t, producer, 'sent', [{ topic, messages: 'x', ...fields }])
      await showLog(t, topic)
    })
  }

  scenario('send before ready, with the keyed partitioner', {
    contract: '4.3 (Q16)',
    meant: {
      sent: {
        id: 'D08',
        original: ['([BrokerNotAvailableError ... (message enumerable)])'], ours: ["(null, { '<topic1>': { 1: 0 } })"]
      },
      log: { id: 'D08', original: [], ours: [/^{ partition: 1, offset: 0/] }
    }
  }, async (t) => {
    const topic = await t.topic(3)
    const producer = new t.kafka.Producer(t.client(), { partitionerType: 3 })
    await send(t, producer, 'sent', [{ topic, messages: 'x', key: 'user-42' }])
    await showLog(t, topic)
  })

  scenario('send on a client that never connects', { contract: '4.3 before ready' }, async (t) => {
    const producer = new t.kafka.Producer(t.client({ autoConnect: false }))
    await send(t, producer, 'sent', [{ topic: 'some', messages: 'x' }])
  })

  scenario('send after close', { contract: '4.3 after close' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await send(t, producer, 'before', [{ topic, messages: 'x' }])
    await t.call('closed', (cb) => producer.close(cb))
    const [error] = await send(t, producer, 'after', [{ topic, messages: 'y' }])
    t.log('class', error instanceof t.require('lib/errors').BrokerNotAvailableError)
    await showLog(t, topic)
  })

  scenario('sends in flight when the producer closes', {
    contract: '4.5 (Q10)',
    meant: {
      callbacks: {
        id: 'D05',
        original: Array(20).fill('([BrokerNotAvailableError ... (message enumerable)])'),
        ours: Array.from({ length: 20 }, (_, i) => `(null, { '<topic1>': { 0: ${i + 1} } })`)
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await send(t, producer, 'first', [{ topic, messages: 'first' }])
    const sends = Array.from({ length: 20 }, (_, i) => {
      const callback = t.callback('callbacks')
      producer.send([{ topic, messages: `m${i}` }], callback)
      return callback.called
    })
    const closed = t.callback('closed')
    producer.close(closed)
    await closed.called
    await t.within('callbacks', Promise.all(sends), 3000)
  })

  scenario('send without a callback', {
    contract: '2.3 (Q02)',
    isolated: true,
    meant: { uncaught: { id: 'D03', original: ["[TypeError 'callback is not a function']"], ours: [] } }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    t.attempt('sent', () => producer.send([{ topic, messages: 'x' }]))
    const records = await written(t, [topic], 1)
    await new Promise((resolve) => setImmediate(resolve))
    await t.call('closed', (cb) => producer.close(cb))
    t.log('log', records.map(({ value }) => String(value)))
  })

  // ---- other methods ----

  scenario('createTopics of a producer', { contract: '4.5' }, async (t) => {
    const waiting = new t.kafka.Producer(t.client({ autoConnect: false }))
    await t.call('not ready', (cb) => waiting.createTopics(['a'], true, cb))
    const producer = await t.readyProducer()
    await t.call('two arguments', (cb) => producer.createTopics([t.name('created')], cb))
    await t.call('three arguments', (cb) => producer.createTopics([t.name('created')], true, cb))
    await t.call('async false', (cb) => producer.createTopics([t.name('created')], false, cb))
    t.attempt('illegal name', () => producer.createTopics(['a b'], false, () => {}))
  })

  scenario('createTopics with two arguments before ready', {
    contract: '4.5 (Q02)',
    meant: {
      'two arguments': {
        id: 'D03',
        original: ["throws [TypeError 'cb is not a function']"],
        ours: ["([Error 'Producer not ready!'])", 'returns undefined']
      }
    }
  }, (t) => {
    const producer = new t.kafka.Producer(t.client({ autoConnect: false }))
    t.attempt('two arguments', () => producer.createTopics(['a'], t.callback('two arguments')))
  })

  scenario('close closes the shared client', { contract: '2.6 (Q05)' }, async (t) => {
    const topic = await t.topic()
    const client = t.client()
    const [one, two] = [new t.kafka.Producer(client), new t.kafka.HighLevelProducer(client)]
    await t.event(two)
    await send(t, one, 'one', [{ topic, messages: 'x' }])
    await send(t, two, 'two', [{ topic, messages: 'y' }])
    await t.call('closed', (cb) => one.close(cb))
    t.log('closing', client.closing)
    await send(t, two, 'afterwards', [{ topic, messages: 'z' }])
    await t.call('closed again', (cb) => two.close(cb))
    t.attempt('without callback', () => one.close())
  })

  scenario('Q17: a refusal that has no name of its own', {
    contract: '4.4 (Q17)', meant: { refused: { id: 'D54', original: ["''"], ours: [/^'\w+'$/] } }
  }, async (t) => {
    const topic = await t.topic(1, { 'message.timestamp.before.max.ms': 1000 })
    const producer = await t.readyProducer()
    const [error] = await new Promise((resolve) => producer.send(
      [{ topic, messages: 'old', timestamp: 1500000000000 }], (/** @type {any[]} */ ...args) => resolve(args)))
    t.log('refused', error.message)
    t.log('error', error.name, Object.keys(error))
  })

  scenario('noAckBatchOptions collect what is sent without acks', { contract: '4.6' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer({ requireAcks: 0 }, {
      noAckBatchOptions: { noAckBatchSize: 1000000, noAckBatchAge: 200 }
    })
    await t.call('known', (cb) => producer.client.refreshMetadata([topic], cb))
    for (let i = 0; i < 3; i++) await send(t, producer, 'sent', [{ topic, messages: `m${i}` }])
    await written(t, [topic], 3)
    t.log('log', (await t.records(topic)).map(({ value }) => String(value)))
  })

  scenario('an error when it looks at the cluster after brokersChanged', { contract: '4.2' }, async (t) => {
    const producer = await t.readyProducer()
    const looked = new Promise((resolve) => {
      producer.client.refreshMetadata = (/** @type {any} */ topics, /** @type {any} */ callback) => {
        t.log('asked for', Array.isArray(topics))
        callback(new Error('cannot look'))
        resolve(undefined)
      }
    })
    producer.on('error', (/** @type {Error} */ error) => t.log('errors', error))
    producer.client.emit('brokersChanged')
    await t.soon(looked, 'the look')
  })

  scenario('callbacks run in the async context of their send', {
    contract: '4.2',
    meant: { request: { id: 'D160', original: ['undefined', 'undefined'], ours: ["'one 0'", "'one 1'"] } }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await t.call('known', (cb) => producer.client.refreshMetadata([topic], cb))
    const requests = new AsyncLocalStorage()
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve) => requests.run(`one ${i}`, () =>
        producer.send([{ topic, messages: 'a', partition: 0 }], () => {
          t.log('request', requests.getStore())
          resolve(undefined)
        })))
    }
  })

  scenario('a payload whose partition is undefined', {
    contract: '4.3 send',
    meant: {
      sent: {
        id: 'D102',
        original: [/^\(\[BrokerNotAvailableError/],
        ours: ["(null, { '<topic1>': { 0: 0 } })"]
      },
      log: { id: 'D102', original: ['[]'], ours: ['[<Buffer 6d>]'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    const payload = { topic, messages: 'm', partition: undefined }
    const sent = t.callback('sent')
    t.guard('send', () => producer.send([payload], sent))
    await t.within('sent', sent.called, 3000)
    t.log('log', (await t.records(topic)).map(({ value }) => value))
  })
})
