'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { channel, tracingChannel } = require('node:diagnostics_channel')
const { describe, it } = require('node:test')
const api = require('@opentelemetry/api')
const conventions = require('@opentelemetry/semantic-conventions/incubating')

const { hook } = require('../../core/hook')
const { AddedHeaders } = require('../../core/wire/addedHeaders')
const { packHeaders } = require('../../core/wire/sends')
const { createErrorFromCode } = require('../../kafkajs/protocolErrors')
const { KafkaJSNumberOfRetriesExceeded, KafkaJSRequestTimeoutError } = require('../../kafkajs/errors')
const { brokerError } = require('../../lib/internal/nativeErrors')
const { BROKER_COUNTERS, GAUGES } = require('../../metrics/statistics')
const { register } = require('../../opentelemetry')
const attributes = require('../../opentelemetry/attributes')
const { getter } = require('../../opentelemetry/carried')
const { NAMES } = require('../../opentelemetry/statistics')

const CONTEXT = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }

/** A header that says which send a record comes from. */
const ofSend = spanId => ({ headers: { 'span-id': spanId } })

/**
 * An API that remembers what is made with it.
 *
 * @param {object} [parts] in the place of its own
 */
function recorded (parts = {}) {
  const spans = []
  const records = []
  const told = []
  const instrument = name => {
    const remember = value => records.push([name, value])
    return { add: remember, record: remember }
  }
  const gauges = { callbacks: 0 }
  const meter = {
    createCounter: instrument,
    createHistogram: instrument,
    createObservableGauge: () => ({
      addCallback () { gauges.callbacks++ },
      removeCallback () { gauges.callbacks-- }
    })
  }
  const tracer = {
    startSpan (name, options, parent) {
      const span = {
        name,
        ...options,
        parent: api.trace.getSpanContext(parent),
        ended: 0,
        setAttribute (key, value) { this.attributes[key] = value },
        setStatus (status) { this.status = status },
        end () { this.ended++ },
        spanContext: () => CONTEXT
      }
      spans.push(span)
      return span
    }
  }
  const mine = {
    ...api,
    trace: {
      getTracer: () => tracer,
      deleteSpan: context => api.trace.deleteSpan(context),
      getSpanContext: context => api.trace.getSpanContext(context),
      setSpan: (context, span) => api.trace.setSpan(context, span)
    },
    metrics: { getMeter: () => meter },
    diag: { error: (_text, error) => told.push(error.message) },
    propagation: {
      inject: (_context, carrier, setter) => setter.set(carrier, 'own', 'context'),
      extract (context, carrier, { get }) {
        const spanId = get(carrier, 'span-id')
        return spanId === undefined ? context : api.trace.setSpanContext(context, { ...CONTEXT, spanId })
      }
    },
    ...parts
  }
  return { api: /** @type {any} */ (mine), gauges, meter, records, spans, told, tracer }
}

/** What is registered for one test. */
function registered (context, parts = {}) {
  const made = recorded(parts)
  const unregister = register(made.api)
  context.after(unregister)
  return { ...made, own: hook.current, unregister }
}

const work = (values = {}) => ({
  clientId: 'c', groupId: 'g', topic: 't', partition: 0, offset: 5, messages: [{}], encoding: 'utf8', ...values
})

const records = (headers, count = 2) => ({
  values: new Array(count).fill('v'), key: null, keys: null, timestamps: null, headers
})

/** The names and values of packed headers. */
function unpacked (packed) {
  const list = []
  let at = 0
  const text = () => {
    const length = packed.readInt32LE(at)
    at += 4 + Math.max(0, length)
    return length < 0 ? null : packed.toString('utf8', at - length, at)
  }
  while (at < packed.length) list.push([text(), text()])
  return list
}

describe('headers that a send gives its records', () => {
  it('are shared by records that have none', () => {
    const added = new AddedHeaders(new Map([['a', '1'], ['ü', '']]))
    const given = records(null, 3)
    added.addTo(given)
    assert.deepEqual(unpacked(given.headers[0]), [['a', '1'], ['ü', '']])
    assert.equal(new Set(given.headers).size, 1)
  })

  it('come after the record\'s own, in the place of those of the same names', () => {
    const own = packHeaders([['a', 'old'], ['b', null], ['aa', 'kept'], ['a', null], ['__proto__', '']])
    const only = packHeaders([['a', 'old']])
    const given = records([own, null, own, only], 4)
    new AddedHeaders(new Map([['a', 'new']])).addTo(given)
    const whole = [['b', null], ['aa', 'kept'], ['__proto__', ''], ['a', 'new']]
    assert.deepEqual(given.headers.map(unpacked), [whole, [['a', 'new']], whole, [['a', 'new']]])
    assert.equal(given.headers[0], given.headers[2])
    assert.deepEqual(unpacked(own).length, 5)
  })

  it('may be none: then nothing changes', () => {
    const given = records(null)
    new AddedHeaders(new Map()).addTo(given)
    assert.equal(given.headers, null)
  })
})

describe('headers as a propagator reads them', () => {
  const of = (headers, encoding = 'utf8') => ({ headers, encoding })

  it('are own properties, of several the last, in any encoding', () => {
    assert.equal(getter.get(of({ a: 'x' }), 'a'), 'x')
    assert.equal(getter.get(of({ a: [Buffer.from('x'), Buffer.from('y')] }, 'buffer'), 'a'), 'y')
    assert.equal(getter.get(of({ a: '7879' }, 'hex'), 'a'), 'xy')
    assert.equal(getter.get(of({ a: 'x' }, 'latin1'), 'a'), 'x')
    assert.equal(getter.get(of({ a: null }), 'a'), undefined)
    assert.equal(getter.get(of({}), 'toString'), undefined)
    assert.equal(getter.get(of(undefined), 'a'), undefined)
    assert.deepEqual([getter.keys(of({ a: 'x' })), getter.keys(of(undefined))], [['a'], []])
  })
})

describe('names', () => {
  it('are those of the conventions', () => {
    const { ATTR_MESSAGING_OPERATION_NAME: name, ATTR_MESSAGING_OPERATION_TYPE: type } = conventions
    assert.deepEqual(attributes.SEND, {
      [conventions.ATTR_MESSAGING_SYSTEM_NAME]: conventions.MESSAGING_SYSTEM_NAME_VALUE_KAFKA,
      [conventions.ATTR_MESSAGING_SYSTEM]: conventions.MESSAGING_SYSTEM_VALUE_KAFKA,
      [name]: 'send',
      [type]: conventions.MESSAGING_OPERATION_TYPE_VALUE_SEND
    })
    assert.equal(attributes.PROCESS[type], conventions.MESSAGING_OPERATION_TYPE_VALUE_PROCESS)
    assert.equal(attributes.RECEIVE[type], conventions.MESSAGING_OPERATION_TYPE_VALUE_RECEIVE)
    assert.equal(attributes.COMMIT[type], conventions.MESSAGING_OPERATION_TYPE_VALUE_SETTLE)
    assert.deepEqual([
      attributes.CLIENT_ID, attributes.COUNT, attributes.DESTINATION, attributes.ERROR_TYPE, attributes.GROUP,
      attributes.OFFSET, attributes.PARTITION, attributes.SERVER_ADDRESS, attributes.SERVER_PORT
    ], [
      conventions.ATTR_MESSAGING_CLIENT_ID, conventions.ATTR_MESSAGING_BATCH_MESSAGE_COUNT,
      conventions.ATTR_MESSAGING_DESTINATION_NAME, conventions.ATTR_ERROR_TYPE,
      conventions.ATTR_MESSAGING_CONSUMER_GROUP_NAME, conventions.ATTR_KAFKA_OFFSET,
      conventions.ATTR_MESSAGING_DESTINATION_PARTITION_ID, conventions.ATTR_SERVER_ADDRESS,
      conventions.ATTR_SERVER_PORT
    ])
    const source = fs.readFileSync(path.join(__dirname, '../../opentelemetry.js'), 'utf8')
    for (const metric of [
      conventions.METRIC_MESSAGING_CLIENT_CONSUMED_MESSAGES, conventions.METRIC_MESSAGING_CLIENT_OPERATION_DURATION,
      conventions.METRIC_MESSAGING_CLIENT_SENT_MESSAGES, conventions.METRIC_MESSAGING_PROCESS_DURATION
    ]) assert.ok(source.includes(`'${metric}'`), metric)
  })

  it('of statistics are there for each that is made of them', () => {
    const made = [...BROKER_COUNTERS.map(([name]) => name), ...GAUGES.map(({ name }) => name)]
    assert.deepEqual([...NAMES.keys()].sort(), made.sort())
    const docs = fs.readFileSync(path.join(__dirname, '../../docs/observability.md'), 'utf8')
    assert.deepEqual([...NAMES.values()].map(([name]) => name).filter(name => !docs.includes(`\`${name}\``)), [])
  })

  it('of errors are librdkafka\'s or classes, never texts', () => {
    const { errorClass, sendErrorType } = attributes
    const refused = createErrorFromCode(10)
    assert.equal(sendErrorType(brokerError(10)), 'MSG_SIZE_TOO_LARGE')
    assert.equal(sendErrorType(new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 1, retryTime: 1 })),
      'MSG_SIZE_TOO_LARGE')
    const late = new KafkaJSRequestTimeoutError('late')
    assert.equal(sendErrorType(new KafkaJSNumberOfRetriesExceeded(late, { retryCount: 1, retryTime: 1 })),
      'KafkaJSRequestTimeoutError')
    const round = /** @type {any} */ (new TypeError('a'))
    round.cause = round
    assert.equal(sendErrorType(round), 'TypeError')
    assert.equal(sendErrorType('a text'), '_OTHER')
    assert.equal(errorClass(Object.assign(new Error('a'), { name: 'a text' })), '_OTHER')
    assert.equal(errorClass(undefined), '_OTHER')
  })
})

describe('a hook', () => {
  it('is null until something is registered, and afterwards', context => {
    assert.equal(hook.current, null)
    const { gauges, unregister } = registered(context)
    assert.notEqual(hook.current, null)
    assert.equal(gauges.callbacks, GAUGES.length)
    const channels = ['delivery', 'batch', 'commit', 'statistics'].map(name => channel(`kafka-node-native:${name}`))
    assert.ok(channels.every(({ hasSubscribers }) => hasSubscribers))
    unregister()
    assert.equal(hook.current, null)
    assert.equal(gauges.callbacks, 0)
    assert.ok(!channels.some(({ hasSubscribers }) => hasSubscribers))
    assert.equal(tracingChannel('kafka-node-native:send').start.hasSubscribers, false)
  })

  it('leaves what a handler returns and throws as it is, and calls it once', async context => {
    const { own, records, spans } = registered(context)
    const failure = new RangeError('a text')
    let calls = 0
    const handle = call => own.handle(work(), () => {
      calls++
      return call()
    })
    assert.equal(handle(() => 7), 7)
    assert.throws(() => handle(() => { throw failure }), error => error === failure)
    const nothing = undefined
    assert.throws(() => handle(() => { throw nothing }), error => error === nothing)
    assert.equal(await handle(async () => 8), 8)
    await assert.rejects(handle(() => Promise.reject(failure)), error => error === failure)
    let then = 0
    const thenable = { then: resolve => { then++; resolve(9) } }
    assert.equal(await handle(() => thenable), 9)
    assert.deepEqual([calls, then], [6, 1])
    assert.deepEqual(spans.map(({ attributes, ended, status }) => [attributes['error.type'], ended, status]), [
      [undefined, 1, undefined], ['RangeError', 1, { code: 2 }], ['_OTHER', 1, { code: 2 }],
      [undefined, 1, undefined], ['RangeError', 1, { code: 2 }], [undefined, 1, undefined]
    ])
    assert.equal(records.filter(([name]) => name === 'messaging.process.duration').length, 6)
  })

  it('ends a span when the promise settles, not before', async context => {
    const { own, spans } = registered(context)
    /** @type {(value?: any) => void} */
    let settle
    const result = own.handle(work(), () => new Promise(resolve => { settle = resolve }))
    assert.equal(spans[0].ended, 0)
    settle()
    await result
    assert.equal(spans[0].ended, 1)
  })

  it('links a batch to each send once, and to 128 at most', context => {
    const { own, spans } = registered(context)
    const id = number => String(number).padStart(16, '3')
    const messages = [ofSend(id(1)), {}, ofSend(id(2)), ofSend(id(1)), { headers: undefined }, ofSend('no id')]
    own.handle(work({ offset: null, messages }), () => {})
    assert.deepEqual(spans[0].links.map(({ context: { spanId } }) => spanId), [id(1), id(2)])
    assert.deepEqual([spans[0].parent, spans[0].attributes['messaging.batch.message_count']], [undefined, 6])
    const many = Array.from({ length: 500 }, (_, i) => ofSend(id(i)))
    own.handle(work({ offset: null, messages: many }), () => {})
    assert.equal(spans[1].links.length, 128)
    own.handle(work({ messages: [ofSend(id(7))] }), () => {})
    assert.deepEqual([spans[2].parent.spanId, spans[2].links], [id(7), undefined])
  })

  it('settles a send once, and gives its batches the same headers', context => {
    const { own, records: measured, spans } = registered(context)
    const sending = own.send('c', () => [{ topic: 't', count: 3 }])
    const batches = [0, 1].map(partition => ({ topic: 't', partition, records: records(null) }))
    sending.chosen(batches)
    assert.equal(batches[0].records.headers[0], batches[1].records.headers[1])
    assert.equal(spans[0].attributes['messaging.destination.partition.id'], undefined)
    sending.settled(null)
    sending.settled(new Error('late'))
    assert.deepEqual([spans[0].ended, spans[0].status], [1, undefined])
    assert.deepEqual(measured.map(([name]) => name), ['messaging.client.operation.duration'])
  })

  it('has no say in a batch that goes on after the end, and ends the spans of sends that do', context => {
    const { own, spans, unregister } = registered(context)
    const sending = own.send('c', () => [{ topic: 't', count: 1 }])
    unregister()
    assert.equal(own.handle(work(), () => 7), 7)
    sending.settled(null)
    assert.deepEqual(spans.map(({ name, ended }) => [name, ended]), [['send t', 1]])
  })

  const fail = name => () => { throw new Error(name) }

  it('lets nothing of the user\'s throw', async context => {
    const { api, own, meter, spans, told, tracer, unregister } = registered(context)
    const record = spans.push.bind(spans)
    const failing = { setAttribute: fail('setAttribute'), setStatus: fail('setStatus'), end: fail('end') }
    tracer.startSpan = () => {
      record(failing)
      return failing
    }
    api.propagation = { inject: fail('inject'), extract: fail('extract') }
    let calls = 0
    api.context = { active: () => api.ROOT_CONTEXT, with: fail('with') }
    const call = () => { calls++ }
    own.handle(work({ messages: [ofSend('x')] }), call)
    // after the call, too
    api.context.with = (_context, make) => {
      make()
      throw new Error('with')
    }
    own.handle(work(), call)
    await own.handle(work(), async () => call())
    tracer.startSpan = fail('startSpan')
    own.handle(work(), call)
    assert.equal(calls, 4)

    own.send('c', fail('describe')).settled(null)
    own.send('c', () => [{ topic: 't', count: 1 }]).chosen([])
    tracer.startSpan = () => failing
    const sending = own.send('c', () => [{ topic: 't', count: 1 }])
    const batch = { topic: 't', partition: 0, records: records(null) }
    sending.chosen([batch])
    assert.equal(batch.records.headers, null)
    sending.settled(new Proxy(new Error('a'), { get: fail('get') }))
    assert.deepEqual([...new Set(told)].sort(),
      ['describe', 'end', 'extract', 'get', 'inject', 'setAttribute', 'startSpan', 'with'])

    meter.createCounter = fail('createCounter')
    unregister()
    assert.throws(() => register(api), /createCounter/)
    assert.equal(hook.current, null)
  })

  it('needs no logger', context => {
    const { own } = registered(context, { diag: undefined, propagation: { extract: fail('extract') } })
    assert.equal(own.handle(work({ messages: [ofSend('x')] }), () => 7), 7)
  })
})
