'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const ROUNDS = 5
const program = path.join(__dirname, 'programs', 'assigning.js')

suite('an assignment protocol that does not call back', () => {
  let broker

  before(async () => { broker = await startDevBroker({ port: 0, topics: ['assigning'], quiet: true }) })
  after(() => broker.stop())

  it('does not outlive its worker thread, nor disturb another of its name', { timeout: 60000 }, async () => {
    const end = await run(program, {
      args: ['workers', 'assigning', String(ROUNDS)], env: { KAFKA_BROKERS: broker.brokers }, deadline: 60000
    })
    assert.deepEqual([end.code, end.signal], [0, null], describe(end))
    const terminated = Array.from({ length: ROUNDS }, () => 'terminated')
    assert.deepEqual(end.lines, [...terminated, 'threads as before', 'owned 1', 'threads gone'])
  })

  it('does not hold up process.exit()', { timeout: 60000 }, async () => {
    const end = await run(program, { args: ['exit', 'assigning'], env: { KAFKA_BROKERS: broker.brokers } })
    assert.deepEqual([end.code, end.signal, end.lines], [0, null, ['asked']], describe(end))
  })
})
