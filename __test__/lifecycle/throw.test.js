'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const { randomUUID } = require('node:crypto')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const kafka = require('../..')
const { run, describe } = require('../support/program')

const program = path.join(__dirname, 'programs', 'throw.js')

suite('a handler that throws', () => {
  let broker
  let env

  before(async () => {
    broker = await startDevBroker({ port: 0, quiet: true })
    env = { KAFKA_BROKERS: broker.brokers }
  })
  after(() => broker.stop())

  /** A topic of one partition with these values in it. */
  async function topicWith (values) {
    const topic = `throw-${randomUUID()}`
    await broker.createTopic(topic)
    if (values.length === 0) return topic
    const producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost: broker.brokers }))
    await new Promise((resolve, reject) => {
      producer.on('error', reject)
      producer.send([{ topic, messages: values }], error => {
        if (error) reject(error)
        else producer.close(() => resolve(undefined))
      })
    })
    return topic
  }

  for (const name of ['Consumer', 'ConsumerGroup']) {
    it(`of a ${name} ends the process like any error: code 1 and a stack that names the handler`,
      { timeout: 60000 }, async () => {
        const end = await run(program, { args: [name, await topicWith(['good', 'bad', 'last']), 'unhandled'], env })
        assert.deepEqual([end.code, end.signal], [1, null], describe(end))
        assert.deepEqual(end.lines, ['message good', 'message bad'])
        assert.match(end.stderr, /TypeError: thrown by the user\n\s+at .*throw\.js/)
      })

    it(`of a ${name} reaches uncaughtException as the very same object, and the next record arrives`,
      { timeout: 60000 }, async () => {
        const end = await run(program, { args: [name, await topicWith(['good', 'bad', 'last']), 'handled'], env })
        assert.deepEqual([end.code, end.signal], [0, null], describe(end))
        assert.deepEqual(end.lines,
          ['message good', 'message bad', 'caught the same object', 'message last', 'closed'])
      })
  }

  it('of send costs no other send its callback', { timeout: 60000 }, async () => {
    const end = await run(program, { args: ['send', await topicWith([]), 'handled'], env })
    assert.deepEqual([end.code, end.signal], [0, null], describe(end))
    assert.deepEqual(end.lines, [
      'callback 1', 'callback 2', 'caught the same object', 'callback 3', 'callback 4', 'caught the same object',
      'callback 5', 'closed'
    ])
  })

  it('of send ends the process with code 1 when nobody handles it', { timeout: 60000 }, async () => {
    const end = await run(program, { args: ['send', await topicWith([]), 'unhandled'], env })
    assert.deepEqual([end.code, end.signal], [1, null], describe(end))
    assert.match(end.stderr, /TypeError: thrown by the user\n\s+at .*throw\.js/)
  })

  const others = path.join(__dirname, 'programs', 'throwing-callbacks.js')
  /** What the others still hear, in any order. */
  const heard = {
    'waiting send': ['closed', 'second send: BrokerNotAvailableError', 'uncaught: thrown'],
    'ready listener': [
      'admin ready', 'closed', 'metadata: null', 'offset ready', 'producer ready', 'uncaught: thrown'
    ],
    'close listener': ['closed', 'second listener', 'uncaught: thrown'],
    'pending request': ['closed', 'second request', 'uncaught: thrown'],
    'close callback': ['closed', 'uncaught: thrown']
  }
  for (const [place, lines] of Object.entries(heard)) {
    it(`(${place}) keeps no other from being called, and the process ends`, { timeout: 60000 }, async () => {
      const end = await run(others, { args: [place], env })
      assert.deepEqual([end.code, end.signal], [0, null], describe(end))
      assert.deepEqual(end.lines.sort(), lines)
    })
  }

  const listeners = path.join(__dirname, 'programs', 'throwing-listeners.js')
  const aMember = ['closed: null', 'connect', 'rebalanced', 'uncaught: thrown']
  /** What consumers and the others still hear, in any order. */
  const consumed = {
    rebalancing: [...aMember, 'second listener to rebalancing'],
    connect: [...aMember, 'second listener to connect'],
    rebalanced: [...aMember, 'second listener to rebalanced'],
    processingfetch: [...aMember, 'second listener to processingfetch'],
    done: [...aMember, 'second listener to done'],
    onRebalance: ['closed: null', 'error: thrown'],
    'rebalancing of a member': ['closed: null', 'rebalanced', 'topics changed: null', 'uncaught: thrown'],
    offsetOutOfRange: ['closed: null', 'second listener to offsetOutOfRange', 'uncaught: thrown'],
    'error and offsetOutOfRange': ['closed: null', 'error: OFFSET', 'offsetOutOfRange', 'uncaught: thrown'],
    message: ['closed: null', 'uncaught: thrown'],
    commitComplete: ['closed: null', 'first commit: null', 'second commit: null 0', 'uncaught: thrown'],
    'close of a stream': ['close', 'closed: null', 'uncaught: thrown']
  }
  for (const [place, lines] of Object.entries(consumed)) {
    it(`(${place}) costs a consumer nothing else, and nobody else a call`, { timeout: 60000 }, async () => {
      const topic = await topicWith(['a', 'b', 'c'])
      const end = await run(listeners, { args: [place, topic], env })
      assert.deepEqual([end.code, end.signal], [0, null], describe(end))
      const said = end.lines.map(line => line.replace(/^error: Offset out of range.*/, 'error: OFFSET'))
      assert.deepEqual(said.sort(), lines.sort())
    })
  }
})
