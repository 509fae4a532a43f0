'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const ROUNDS = process.env.ROUNDS || '10'
const WORKERS = '4'
const program = path.join(__dirname, 'programs', 'workers.js')

suite('worker threads with producers and consumers, terminated under traffic', () => {
  let broker

  before(async () => { broker = await startDevBroker({ port: 0, topics: ['main', 'workers', 'alone'], quiet: true }) })
  after(() => broker.stop())

  it('cost the main thread nothing, and leave no thread behind', { timeout: 60000 }, async () => {
    const end = await run(program, {
      args: ['main', 'workers', ROUNDS, WORKERS], env: { KAFKA_BROKERS: broker.brokers }, deadline: 120000
    })
    assert.deepEqual([end.code, end.signal], [0, null], describe(end))
    assert.equal(end.lines.filter(line => line.startsWith('round')).length, Number(ROUNDS))
    assert.deepEqual(end.lines.filter(line => line.startsWith('error')), [])
    assert.deepEqual(end.lines.filter(line => !/^(round|sent|waited)/.test(line)),
      ['threads as before', 'in order true', 'threads gone'])
  })

  it('may be the only ones that load the package', { timeout: 60000 }, async () => {
    const end = await run(program, {
      args: ['', 'alone', ROUNDS, WORKERS, '50', 'alone'], env: { KAFKA_BROKERS: broker.brokers }, deadline: 120000
    })
    assert.deepEqual([end.code, end.signal], [0, null], describe(end))
    assert.equal(end.lines[end.lines.length - 1], 'threads gone')
  })
})
