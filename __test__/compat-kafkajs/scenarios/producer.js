'use strict'

const { section } = require('../support/section')

/** @param {any[]} result of `send` @returns {any[]} without the start of the log, which librdkafka does not report */
const results = (result) => result.map(({ logStartOffset, ...entry }) => entry)
  .sort((a, b) => a.topicName < b.topicName ? -1 : a.topicName > b.topicName ? 1 : a.partition - b.partition)

/**
 * A Kafka that is patient: a broker's first transaction waits for a topic of its own.
 *
 * @param {import('../support/trace').Trace} t
 */
const patient = (t) => t.client({ retry: { initialRetryTime: 200, factor: 0, multiplier: 1, retries: 100 } })

/** @param {import('../support/trace').Trace} t @param {string} topic */
async function showLog (t, topic, track = 'log') {
  for (const { timestamp, ...record } of await t.written(topic)) t.log(track, record)
}

module.exports = section('Producer', (scenario) => {
  scenario('what the factory refuses, and isIdempotent', { contract: '3.1' }, (t) => {
    const kafka = t.client()
    for (const options of [{}, { idempotent: true }, { idempotent: false }, { transactionalId: 'x' },
      { idempotent: true, retry: { retries: 0 } }, { idempotent: false, retry: { retries: 0 } }]) {
      t.attempt('isIdempotent', () => t.producer(options, kafka).isIdempotent())
    }
  })

  scenario('what a send comes to', {
    contract: '3.3',
    meant: { logStartOffset: { id: 'L03', original: ["'0'"], ours: ["'-1'"] } }
  }, async (t) => {
    const topic = await t.topic(3)
    const producer = await t.connectedProducer()
    const messages = [0, 1, 2, 0].map((partition, i) => ({ value: `v${i}`, partition }))
    const result = await t.outcome('sent', () => producer.send({ topic, messages }), results)
    t.log('keys', Object.keys(result[0]))
    t.log('logStartOffset', result[0].logStartOffset)
    await t.outcome('sent', () => producer.send({ topic, messages }), results)
    await t.outcome('nothing', () => producer.send({ topic, messages: [] }))
    await t.outcome('acks 0', () => producer.send({ topic, messages, acks: 0 }))
    await t.outcome('acks 1', () => producer.send({ topic, messages: [{ value: 'v', partition: 1 }], acks: 1 }),
      (sent) => Object.keys(sent[0]))
  })

  scenario('a topic that stamps its records', {
    contract: '3.3, 11',
    meant: { logAppendTime: { id: 'L03', original: ["'the log\\'s'"], ours: ["'-1'"] } }
  }, async (t) => {
    const topic = await t.topic(1, { 'message.timestamp.type': 'LogAppendTime' })
    const producer = await t.connectedProducer()
    const [{ logAppendTime }] = await producer.send({ topic, messages: [{ value: 'v', timestamp: '1000' }] })
    const [{ timestamp }] = await t.written(topic)
    t.log('type', typeof logAppendTime)
    t.log('logAppendTime', Number(logAppendTime) === timestamp ? 'the log\'s' : logAppendTime)
  })

  scenario('what messages may hold', { contract: '3.2' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    const messages = [
      { value: 'text é 日本' }, { value: Buffer.from('bytes') }, { value: null }, { value: '' },
      { key: 'key', value: 'v' }, { key: Buffer.from('key'), value: 'v' }, { key: '', value: 'v' },
      { key: null, value: 'v' }, { key: undefined, value: 'v' },
      { value: 'v', headers: {} }, { value: 'v', headers: { a: 'x', b: Buffer.from('y'), c: '' } },
      { value: 'v', headers: { list: ['1', Buffer.from('2'), '1'], none: [] } },
      { value: 'v', headers: { z: '1', a: '2' } },
      { value: 'v', partition: null }, { value: 'v', partition: undefined }, { value: 'v', partition: '0' }
    ]
    const copy = JSON.stringify(messages)
    await t.outcome('sent', () => producer.send({ topic, messages: /** @type {any[]} */ (messages) }), results)
    t.log('not written to', JSON.stringify(messages) === copy)
    await showLog(t, topic)
  })

  scenario('timestamps', { contract: '3.2' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    for (const timestamp of ['1700000000000', /** @type {any} */ (1700000000001), undefined]) {
      await producer.send({ topic, messages: [{ value: String(timestamp), timestamp }] })
    }
    for (const { timestamp, value } of await t.written(topic)) t.log('log', { value, timestamp })
    await t.outcome('not a number', () => producer.send({ topic, messages: [{ value: 'v', timestamp: 'abc' }] }))
    await t.outcome('empty', () => producer.send({ topic, messages: [{ value: 'v', timestamp: '' }] }))
  })

  scenario('values that are refused with an error of JavaScript', { contract: '3.2 (Q19)' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    const outline = async (/** @type {string} */ track, message) => {
      const error = await producer.send({ topic, messages: [message] }).then(() => null, (e) => e)
      t.log(track, error && error.name, error && error.code)
    }
    for (const bad of [5, true, {}, [], 10n, new Date(0)]) {
      await outline('value', { value: bad })
      await outline('key', { value: 'v', key: bad })
    }
    await outline('header', { value: 'v', headers: { a: 5 } })
    await outline('headers', { value: 'v', headers: null })
    await showLog(t, topic)
  })

  scenario('headers without a value', {
    contract: '3.2 (Q16)',
    meant: {
      null: { id: 'Q16', original: [/^rejects \[TypeError /], ours: ['resolves 1'] },
      undefined: { id: 'Q16', original: [/^rejects \[TypeError /], ours: ['resolves 1'] },
      log: { id: 'Q16', original: [], ours: [/headers: \[\['a', null\]\]/, /headers: \[\['b', 'x'\]\]/] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    for (const headers of [{ a: null }, { a: undefined, b: 'x' }]) {
      await t.outcome(String(headers.a), () => producer.send({ topic, messages: [{ value: 'v', headers }] }),
        (sent) => sent.length)
    }
    await showLog(t, topic)
  })

  scenario('typed arrays', {
    contract: '3.2 (Q18)',
    meant: { log: { id: 'Q18', original: 'varies', ours: ["'abc'"] } }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    const value = /** @type {any} */ (new Uint8Array([97, 98, 99]))
    await producer.send({ topic, messages: [{ value }] }).catch(() => {})
    for (const { value } of await t.written(topic)) t.log('log', value)
  })

  scenario('arguments that are refused', { contract: '3.2' }, async (t) => {
    const producer = await t.connectedProducer()
    const sends = [{}, { topic: '' }, { topic: null, messages: [] }, { topic: 't' }, { topic: 't', messages: null },
      { topic: 't', messages: [{ key: 'a' }] }, { topic: 't', messages: [{ value: undefined }] },
      { topic: 't', messages: [{ value: 'a' }, { headers: { a: 'b' } }] }]
    for (const options of sends) await t.outcome('send', () => producer.send(/** @type {any} */ (options)))
    const batches = [{}, { topicMessages: [] }, { topicMessages: [{ topic: 't', messages: [] }, { messages: [] }] },
      { topicMessages: [{ topic: 't', messages: undefined }] }]
    for (const options of batches) await t.outcome('sendBatch', () => producer.sendBatch(/** @type {any} */ (options)))
    const idempotent = await t.connectedProducer({ idempotent: true })
    for (const acks of [0, 1]) {
      await t.outcome('idempotent', () => idempotent.send({ topic: 't', messages: [{ value: 'v' }], acks }))
    }
  })

  scenario('connection states', {
    contract: '3.2 (Q30)',
    meant: { 'connected again': { id: 'Q30', original: 'varies', ours: [/^resolves .* baseOffset: '1'/] } }
  }, async (t) => {
    const topic = await t.topic()
    const producer = t.producer()
    const send = () => producer.send({ topic, messages: [{ value: 'v' }] })
    await t.outcome('never connected', send)
    await producer.connect()
    await t.outcome('connected', send, results)
    await producer.disconnect()
    await t.outcome('disconnected', send)
    await producer.connect()
    await t.outcome('connected again', send, results)
    const disconnected = producer.disconnect()
    await t.outcome('disconnecting', send)
    await disconnected
  })

  scenario('sendBatch', { contract: '3.2, 3.3' }, async (t) => {
    const [one, two] = [await t.topic(2), await t.topic(1)]
    const producer = await t.connectedProducer()
    await t.outcome('sent', () => producer.sendBatch({
      topicMessages: [
        { topic: one, messages: [{ value: '1', partition: 0 }, { value: '2', partition: 1 }] },
        { topic: two, messages: [{ value: '3' }] },
        { topic: one, messages: [{ value: '4', partition: 0 }] },
        { topic: two, messages: [] }
      ]
    }), results)
    await showLog(t, one, 'first topic')
    await showLog(t, two, 'second topic')
  })

  scenario('an unknown topic that is not to be created', { contract: '3.4 (Q23)' }, async (t) => {
    const [good, missing] = [await t.topic(), t.name('missing')]
    const producer = await t.connectedProducer({ allowAutoTopicCreation: false })
    await t.outcome('missing', () => producer.send({ topic: missing, messages: [{ value: 'v' }] }))
    await t.outcome('good', () => producer.send({ topic: good, messages: [{ value: 'v' }] }), results)
  })

  scenario('a topic that is created', { contract: '3.1' }, async (t) => {
    const topic = t.name('created')
    const producer = await t.connectedProducer({}, patient(t))
    await t.outcome('created', () => producer.send({ topic, messages: [{ value: 'v', partition: 0 }] }), results)
  })

  scenario('a name that no topic can have', { contract: '3.4' }, async (t) => {
    const producer = await t.connectedProducer()
    await t.outcome('bad name', () => producer.send({ topic: 'not allowed!', messages: [{ value: 'v' }] }))
  })

  scenario('a message that is too large', { contract: '3.4' }, async (t) => {
    const topic = await t.topic(1, { 'max.message.bytes': 1000 })
    const producer = await t.connectedProducer()
    await t.outcome('large', () => producer.send({ topic, messages: [{ value: 'v'.repeat(3000) }] }))
    await t.outcome('small', () => producer.send({ topic, messages: [{ value: 'v' }] }), results)
  })

  scenario('too few replicas', { contract: '3.4' }, async (t) => {
    const topic = await t.topic(1, { 'min.insync.replicas': 2 })
    const producer = await t.connectedProducer()
    await t.outcome('acks -1', () => producer.send({ topic, messages: [{ value: 'v' }] }), results)
    await t.outcome('acks 1', () => producer.send({ topic, messages: [{ value: 'v' }], acks: 1 }),
      ([{ errorCode }]) => errorCode)
  })

  scenario('a number of acks that Kafka does not know', { contract: '3.2 (Q21)' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    await t.outcome('acks 2', () => producer.send({ topic, messages: [{ value: 'v' }], acks: 2 }))
  })

  scenario('a partition that does not exist', {
    contract: '3.4 (Q12)',
    meant: {
      sent: {
        id: 'Q12',
        original: ['resolves []'],
        ours: [/^rejects \[KafkaJSNumberOfRetriesExceeded .*UNKNOWN_TOPIC_OR_PARTITION/]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    await t.outcome('sent', () => producer.send({ topic, messages: [{ value: 'v', partition: 7 }] }))
  })

  scenario('compression', {
    contract: '3.4 (Q25, Q26)',
    meant: {
      'other codecs': {
        id: 'Q26',
        original: [2, 3, 4].map(() => /^rejects \[KafkaJSNotImplemented /),
        ours: ['resolves 0', 'resolves 0', 'resolves 0']
      },
      'unknown codec': { id: 'Q25', original: [/^rejects \[TypeError /], ours: [/^rejects \[KafkaJSNotImplemented /] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    const send = (/** @type {string} */ track, /** @type {number} */ compression) => t.outcome(track, () =>
      producer.send({ topic, messages: [{ value: 'v'.repeat(1000) }], compression }), ([{ errorCode }]) => errorCode)
    await send('gzip', 1)
    for (const compression of [2, 3, 4]) await send('other codecs', compression)
    await send('unknown codec', 77)
  })

  scenario('the order of sends that are not awaited', {
    contract: '3.2 (Q14)',
    meant: { log: { id: 'Q14', original: 'varies', ours: ["'0,1,2,3,4,5,6,7,8,9'"] } }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    await producer.send({ topic, messages: [] })
    await Promise.all(Array.from({ length: 10 }, (_, i) => producer.send({ topic, messages: [{ value: `${i}` }] })))
    t.log('log', (await t.written(topic)).map(({ value }) => value).join())
  })

  scenario('methods need no this', { contract: '1.2' }, async (t) => {
    const topic = await t.topic()
    const { connect, send, disconnect } = t.producer()
    await connect()
    await t.outcome('sent', () => send({ topic, messages: [{ value: 'v' }] }), results)
    await t.outcome('ended', () => disconnect())
  })

  // ---- transactions ----

  scenario('a transaction\'s life', { contract: '3.6' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer({
      transactionalId: t.name('id'), idempotent: true, maxInFlightRequests: 1
    }, patient(t))
    for (const end of ['commit', 'abort']) {
      const transaction = await producer.transaction()
      t.log('keys', Object.keys(transaction))
      t.log('active', transaction.isActive())
      await t.outcome('second', () => producer.transaction())
      await t.outcome('sent', () => transaction.send({ topic, messages: [{ value: end }] }),
        ([entry]) => entry.errorCode)
      await t.outcome('sent', () => transaction.sendBatch({ topicMessages: [{ topic, messages: [{ value: end }] }] }),
        ([entry]) => entry.errorCode)
      await t.outcome('ended', () => transaction[end]())
      t.log('active', transaction.isActive())
      for (const method of ['send', 'sendBatch', 'sendOffsets', 'commit', 'abort']) {
        await t.outcome('after its end', () => transaction[method]({}))
      }
    }
    const empty = await producer.transaction()
    await t.outcome('empty', () => empty.commit())
  })

  scenario('offsets in a transaction', { contract: '3.6 (Q34)' }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    const producer = await t.connectedProducer({ transactionalId: t.name('id') }, patient(t))
    const topics = [{ topic, partitions: [{ partition: 0, offset: '7' }] }]
    const aborted = await producer.transaction()
    // @ts-expect-error: without a group, on purpose
    await t.outcome('no group', () => aborted.sendOffsets({ topics }))
    // @ts-expect-error: without topics, on purpose
    await t.outcome('no topics', () => aborted.sendOffsets({ consumerGroupId: group }))
    await t.outcome('given', () => aborted.sendOffsets({ consumerGroupId: group, topics }))
    await aborted.abort()
    t.log('committed', Object.values(await t.committed(group, topic)).map(({ offset }) => offset))
    const committed = await producer.transaction()
    await committed.sendOffsets({ consumerGroupId: group, topics })
    await committed.commit()
    await t.untilCommitted(group, topic, 7)
    t.log('committed', Object.values(await t.committed(group, topic)).map(({ offset }) => offset))
  })

  scenario('offsets before the first send of a transaction, which is compressed', { contract: '3.6' }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    const producer = await t.connectedProducer({ transactionalId: t.name('id'), idempotent: true }, patient(t))
    for (const [number, compression] of [0, 1, 0, 1].entries()) {
      const transaction = await producer.transaction()
      const topics = [{ topic, partitions: [{ partition: 0, offset: String(number + 1) }] }]
      // @ts-expect-error: without a value, on purpose
      await t.outcome('refused', () => transaction.send({ topic, messages: [{}] }))
      await t.outcome('given', () => transaction.sendOffsets({ consumerGroupId: group, topics }))
      await t.outcome('sent', () => transaction.send({ topic, messages: [{ value: 'v', partition: 0 }], compression }),
        results)
      await t.outcome('ended', () => transaction.commit())
      await t.untilCommitted(group, topic, number + 1)
    }
  })

  scenario('a transaction without an id', { contract: '3.6' }, async (t) => {
    const producer = await t.connectedProducer()
    await t.outcome('transaction', () => producer.transaction())
  })

  scenario('a producer that another one has taken over from', { contract: '3.6' }, async (t) => {
    const [topic, transactionalId] = [await t.topic(), t.name('id')]
    const first = await t.connectedProducer({ transactionalId, idempotent: true }, patient(t))
    const transaction = await first.transaction()
    await transaction.send({ topic, messages: [{ value: 'a' }] })
    const second = await t.connectedProducer({ transactionalId, idempotent: true }, patient(t))
    const next = await second.transaction()
    await next.send({ topic, messages: [{ value: 'b' }] })
    await next.commit()
    /** @type {any} */
    const error = await transaction.commit().catch((caught) => caught)
    t.log('fenced', error.name, error.retriable)
  })
})
