'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const { randomUUID } = require('node:crypto')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const CLASSES = ['KafkaClient', 'Producer', 'HighLevelProducer', 'Consumer', 'ConsumerGroup']
const STATES = ['connected', 'just made', 'connecting', 'never connected', 'broker absent', 'backing off', 'given up']
const EXIT_CODE = 7
/** The longest that a process may outlive its last close(). */
const DEADLINE_MS = 6000

const program = name => path.join(__dirname, 'programs', name)

suite('the life of a process', () => {
  let broker
  let env

  before(async () => {
    broker = await startDevBroker({ port: 0, quiet: true })
    env = { KAFKA_BROKERS: broker.brokers }
  })
  after(() => broker.stop())

  /** A topic, and with it a group, that no other test uses. */
  async function newTopic () {
    const topic = `life-${randomUUID()}`
    await broker.createTopic(topic)
    return topic
  }

  for (const name of CLASSES) {
    it(`a connected ${name} keeps the process alive until it is closed`, { timeout: 60000 }, async () => {
      const end = await run(program('stay.js'), { args: [name, await newTopic()], env, deadline: DEADLINE_MS + 1500 })
      assert.deepEqual([end.code, end.signal], [0, null], describe(end))
      assert.deepEqual(end.lines, ['ready', 'alive', 'closed', 'exit'])
    })

    for (const state of STATES) {
      it(`after close() of a ${name} (${state}) the process ends by itself, with its own exit code`,
        { timeout: 60000 }, async () => {
          const end = await run(program('close.js'), {
            args: [name, await newTopic(), state, '1'], env, deadline: DEADLINE_MS
          })
          assert.deepEqual([end.code, end.signal], [EXIT_CODE, null], describe(end))
          assert.deepEqual(end.lines, ['closed 1'])
        })
    }

    it(`close() of a ${name} may be called again, before and after its callback`, { timeout: 60000 }, async () => {
      const end = await run(program('close.js'), {
        args: [name, await newTopic(), 'connected', '2'], env, deadline: DEADLINE_MS
      })
      assert.deepEqual([end.code, end.signal], [EXIT_CODE, null], describe(end))
      assert.deepEqual(end.lines, ['closed 1', 'closed 2', 'closed again'])
    })

    it(`close() of a ${name} leaves no native thread behind`, { timeout: 60000 }, async () => {
      for (const state of ['connected', 'broker absent']) {
        const end = await run(program('close.js'), {
          args: [name, await newTopic(), state, '1', 'threads'], env, deadline: DEADLINE_MS
        })
        assert.deepEqual([end.code, end.signal], [EXIT_CODE, null], describe(end))
        assert.deepEqual(end.lines, ['closed 1', 'threads gone'])
      }
    })
  }

  for (const name of ['Consumer', 'ConsumerGroup']) {
    for (const death of ['killed', 'stopped', 'killed while committing']) {
      it(`close(true) of a ${name} whose only broker is gone (${death}) leaves no native thread behind`,
        { timeout: 60000 }, async () => {
          const end = await run(program('dead.js'), { args: [name, death], env, deadline: 15000 })
          assert.deepEqual([end.code, end.signal], [0, null], describe(end))
          const reported = death === 'killed while committing' ? ['committed TimeoutError'] : []
          assert.deepEqual(end.lines, [...reported, 'closed TimeoutError', 'threads gone in time'])
        })
    }
    it(`close() of a ${name}'s client whose only broker is gone leaves no native thread behind`,
      { timeout: 60000 }, async () => {
        const args = [name, 'killed while committing', 'client']
        const end = await run(program('dead.js'), { args, env, deadline: 15000 })
        assert.deepEqual([end.code, end.signal], [0, null], describe(end))
        assert.deepEqual(end.lines, ['committed TimeoutError', 'closed ', 'threads gone in time'])
      })
  }

  for (const [code, name] of [[25, 'UNKNOWN_MEMBER_ID'], [22, 'ILLEGAL_GENERATION']]) {
    for (const moment of ['rebalancing', 'onRebalance', 'unseen']) {
      it(`close() of a member that was expelled (${name}, ${moment}) leaves no native thread behind`,
        { timeout: 60000 }, async () => {
          const end = await run(program('lost.js'), { args: [moment, String(code)], env, deadline: 15000 })
          assert.deepEqual([end.code, end.signal], [0, null], describe(end))
          assert.deepEqual(end.lines, ['closed', 'threads gone in time'])
        })
    }
  }
})
