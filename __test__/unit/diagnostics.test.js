'use strict'

const assert = require('node:assert/strict')
const { AsyncLocalStorage } = require('node:async_hooks')
const { spawnSync } = require('node:child_process')
const { channel, tracingChannel } = require('node:diagnostics_channel')
const path = require('node:path')
const { describe, it } = require('node:test')

const { HandleDiagnostics, SeenSend, isSendSeen, processTrace, traceHandler } = require('../../core/diagnostics')
const { ProducerHandle } = require('../../core/handles')
const { describeRanges } = require('../../core/wire/records')
const { recordBatch } = require('../support/record-batch')

const root = path.join(__dirname, '..', '..')

/**
 * What is published on a channel during a call.
 *
 * @param {string} name without what all have in common
 * @param {() => void} call
 * @returns {any[]}
 */
function published (name, call) {
  const messages = []
  const listener = message => messages.push(message)
  const observed = channel(`kafka-node-native:${name}`)
  observed.subscribe(listener)
  try {
    call()
  } finally {
    observed.unsubscribe(listener)
  }
  return messages
}

/**
 * Names of the events of the tracing channel of handlers, as they come.
 *
 * @param {import('node:test').TestContext} context
 */
function traced (context) {
  const events = []
  const trace = tracingChannel('kafka-node-native:process')
  const listeners = /** @type {any} */ ({})
  for (const name of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) listeners[name] = () => events.push(name)
  trace.subscribe(listeners)
  context.after(() => trace.unsubscribe(listeners))
  return events
}

/**
 * What a program writes in a process of its own, in which some modules are others.
 *
 * @param {string} text returns the module of this `name`, or nothing
 * @param {string} program
 */
function withModule (text, program) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `
    const Module = require('module')
    const real = require('diagnostics_channel')
    const load = Module._load
    Module._load = function (name, ...rest) {
      ${text}
      return load.call(this, name, ...rest)
    }
    ${program}`], { cwd: root, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

const LOOK = `
  const own = require('./core/diagnostics')
  const before = [own.isSendSeen(), own.batches.hasSubscribers, own.sendTrace.hasSubscribers]
  const end = own.subscribe('kafka-node-native:send', () => {})
  real.channel('tracing:kafka-node-native:send:asyncEnd').subscribe(() => {})
  const after = [own.isSendSeen(), own.batches.hasSubscribers, own.sendTrace.hasSubscribers]
  end()
  require('./index'); require('./kafkajs'); require('./metrics'); require('./opentelemetry')
  console.log(JSON.stringify({ before, after, last: own.isSendSeen() }))`

describe('diagnostics', () => {
  it('in a Node without the module: nothing, and nothing fails', () => {
    const missing = `
      if (name === 'diagnostics_channel') throw new Error('Cannot find module')
      if (name === 'module') return Object.assign(() => {}, Module, { builtinModules: ['fs'] })`
    assert.deepEqual(withModule(missing, LOOK),
      { before: [false, false, false], after: [false, false, false], last: false })
  })

  it('in a Node without tracing channels: the other channels', () => {
    assert.deepEqual(withModule('if (name === "diagnostics_channel") return { channel: real.channel }', LOOK),
      { before: [false, false, false], after: [true, false, false], last: false })
  })

  it('in a Node whose tracing channels do not tell whether somebody listens, each of their channels is asked', () => {
    const older = `if (name === 'diagnostics_channel') return {
      channel: real.channel,
      tracingChannel: name => Object.fromEntries(['start', 'end', 'asyncStart', 'asyncEnd', 'error']
        .map(event => [event, real.channel('tracing:' + name + ':' + event)]))
    }`
    assert.deepEqual(withModule(older, LOOK),
      { before: [false, false, false], after: [true, false, true], last: false })
  })

  it('a send and its delivery', () => {
    const others = { key: 'k', keys: null, timestamps: null, headers: null }
    const records = count => ({ values: new Array(count).fill('v'), ...others })
    const batches = [
      { topic: '__proto__', partition: 2, records: records(3) }, { topic: 'b', partition: 0, records: records(1) }
    ]
    /** @type {SeenSend} */
    let send
    assert.equal(isSendSeen(), false)
    const [sent] = published('send', () => {
      assert.equal(isSendSeen(), true)
      send = new SeenSend('c', batches, 99)
    })
    assert.deepEqual(sent, {
      clientId: 'c',
      id: send.id,
      count: 4,
      bytes: 99,
      partitions: [{ topic: '__proto__', partition: 2, count: 3 }, { topic: 'b', partition: 0, count: 1 }]
    })
    const [{ duration, ...delivery }] = published('delivery', () =>
      send.delivered(Float64Array.from([-9, 5, 0, -9, 10]), 1))
    assert.ok(duration >= 0 && duration < 60000)
    const error = delivery.partitions[1].error
    assert.deepEqual([error.name, error.code, error.retriable, error.fatal],
      ['MSG_SIZE_TOO_LARGE', 10, false, false])
    assert.deepEqual(delivery, {
      clientId: 'c',
      id: send.id,
      count: 4,
      error,
      partitions: [
        { topic: '__proto__', partition: 2, count: 3, offset: 5, error: null },
        { topic: 'b', partition: 0, count: 1, offset: -1, error }
      ]
    })
    const [failed] = published('delivery', () => send.failedWithoutReport())
    assert.deepEqual([failed.error.name, failed.partitions.map(({ offset }) => offset)], ['_DESTROY', [-1, -1]])
    assert.deepEqual(published('delivery', () => new SeenSend('c', batches, 99)), [])
  })

  it('a send for which there is no room, and those that are left when a handle closes', async () => {
    const batches = [{ topic: 't', partition: 0, records: /** @type {any} */ ({ values: ['v', 'w'] }) }]
    const calls = []
    const send = name => ({
      batches,
      outcome: { done: () => calls.push(`${name} done`), failedWithoutReport: () => calls.push(`${name} failed`) },
      seen: { delivered: (...args) => calls.push(args), failedWithoutReport: () => calls.push(`${name} told`) }
    })
    const handle = /** @type {any} */ (Object.assign(Object.create(ProducerHandle.prototype), {
      held: { sends: 1, records: 1, bytes: 1 },
      limits: { records: 1, bytes: 1 },
      sends: [send('one'), null, send('two'), { ...send('three'), seen: null }],
      freeIds: [],
      order: null,
      whenClosed: null,
      reports: { areWaiting: false },
      requests: { close: () => [] },
      diagnostics: { closed: () => calls.push('closed') }
    }))
    assert.equal(handle.hold({ id: 0, batches, bytes: Buffer.alloc(1), records: 2 }), false)
    await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(calls.splice(0), [[Float64Array.from([-1, -184]), 0], 'one done'])
    handle.closed()
    assert.deepEqual(calls, ['two told', 'closed', 'two failed', 'three failed'])
  })

  it('the ranges of a record batch', () => {
    const record = (topicId, partition, offset, highWatermark) =>
      ({ topicId, partition, offset, highWatermark, key: 'key', value: 'value' })
    const batch = recordBatch([record(1, 0, 7, 12), record(1, 0, 9, 12), record(0, 3, 2, 3)])
    assert.deepEqual(describeRanges(batch), [
      { topicId: 1, partition: 0, firstOffset: 7, lastOffset: 9, count: 2, highWatermark: 12 },
      { topicId: 0, partition: 3, firstOffset: 2, lastOffset: 2, count: 1, highWatermark: 3 }
    ])
    const handle = new HandleDiagnostics({ clientId: 'c', groupId: 'g' })
    handle.heard({ type: 'topic', id: 0, name: 'constructor' })
    handle.heard({ type: 'topic', id: 1, name: 't' })
    const told = published('batch', () => handle.received(describeRanges(batch)))
    assert.deepEqual(told.map(({ clientId, groupId, topic }) => [clientId, groupId, topic]),
      [['c', 'g', 't'], ['c', 'g', 'constructor']])
  })

  it('a connection whenever it changes, and its end with the handle', () => {
    const handle = new HandleDiagnostics({ clientId: 'c' })
    const tell = (state, id = 1, host = 'h') => handle.heard({ type: 'broker', id, host, port: 9092, state })
    const seen = published('connection', () => {
      for (const state of ['TRY_CONNECT', 'CONNECT', 'DOWN', 'TRY_CONNECT', 'DOWN', 'UP', 'UP', 'DOWN', 'DOWN', 'UP']) {
        tell(state)
      }
      tell('DOWN', -1, '')
      tell('DOWN', 2)
      handle.closed()
      // librdkafka's client ends later
      tell('DOWN')
    })
    const message = (state, brokerId = 1) => ({ clientId: 'c', groupId: null, state, brokerId, host: 'h', port: 9092 })
    assert.deepEqual(seen, [message('down'), message('up'), message('down'), message('up'), message('down', 2),
      message('down')])
  })

  it('a commit with what became of each partition', () => {
    const handle = new HandleDiagnostics({ clientId: 'c', groupId: 'g' })
    handle.memberId = 'm'
    const asked = [{ topic: 't', partition: 0, offset: 5, metadata: 'secret' }, { topic: 't', partition: 1, offset: 6 }]
    const answered = (answer) => {
      const answers = []
      const [message] = published('commit', () => handle.committing(asked, given => answers.push(given))(answer))
      assert.deepEqual(answers, [answer])
      assert.ok(!JSON.stringify(message).includes('secret'))
      return message
    }
    const partition = (partition, error) => ({ topic: 't', partition, offset: -1001, metadata: null, error })
    const refused = answered({
      error: { code: 12, name: 'OFFSET_METADATA_TOO_LARGE', message: 'm', retriable: false, fatal: false },
      partitions: [partition(0, 0), partition(1, 12)]
    })
    assert.deepEqual(refused.partitions.map(({ offset, error }) => [offset, error && error.code]), [[5, null], [6, 12]])
    assert.deepEqual([refused.clientId, refused.groupId, refused.memberId, refused.error.code], ['c', 'g', 'm', 12])
    const lost = answered({
      error: { code: -195, name: '_TRANSPORT', message: 'm', retriable: true, fatal: false }, partitions: []
    })
    assert.deepEqual([lost.error.name, lost.error.retriable, lost.partitions.map(({ error }) => error.name)],
      ['_TRANSPORT', true, ['_TRANSPORT', '_TRANSPORT']])
  })

  it('a handler that returns, one that throws, and promises', async context => {
    const events = traced(context)
    const contextOf = () => /** @type {any} */ ({ topic: 't' })
    assert.equal(traceHandler(contextOf(), () => 7), 7)
    assert.deepEqual(events.splice(0), ['start', 'end'])

    const reason = new Error('no')
    const failing = contextOf()
    assert.throws(() => traceHandler(failing, () => { throw reason }), reason)
    assert.deepEqual([events.splice(0), failing.error], [['start', 'error', 'end'], reason])

    assert.equal(await traceHandler(contextOf(), async () => 8), 8)
    assert.deepEqual(events.splice(0), ['start', 'end', 'asyncStart', 'asyncEnd'])

    await assert.rejects(traceHandler(contextOf(), () => Promise.reject(reason)), reason)
    assert.deepEqual(events.splice(0), ['start', 'end', 'error', 'asyncStart', 'asyncEnd'])

    // a query builder's
    let calls = 0
    const lazy = { then: (resolve) => { calls++; setImmediate(resolve, 9) } }
    assert.equal(await traceHandler(contextOf(), () => lazy), 9)
    assert.deepEqual([events.splice(0), calls], [['start', 'end', 'asyncStart', 'asyncEnd'], 1])
  })

  it('a handler runs with what a store is bound to', context => {
    const storage = new AsyncLocalStorage()
    const start = channel('tracing:kafka-node-native:process:start')
    start.bindStore(storage, message => /** @type {any} */ (message).topic)
    context.after(() => start.unbindStore(storage))
    assert.equal(processTrace.hasSubscribers, true)
    assert.equal(traceHandler(/** @type {any} */ ({ topic: 't' }), () => storage.getStore()), 't')
  })
})
