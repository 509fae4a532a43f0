'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const program = path.join(__dirname, 'programs', 'forgotten.js')

suite('objects that are no longer referenced', () => {
  let broker

  before(async () => { broker = await startDevBroker({ port: 0, topics: ['forgotten'], quiet: true }) })
  after(() => broker.stop())

  it('keep running until they are closed, like a socket: garbage collection neither ends nor breaks them',
    { timeout: 60000 }, async () => {
      const end = await run(program, {
        args: ['forgotten'], nodeArgs: ['--expose-gc'], env: { KAFKA_BROKERS: broker.brokers }, deadline: 60000
      })
      assert.deepEqual([end.code, end.signal], [0, null], describe(end))
      assert.deepEqual(end.lines, ['still receiving', 'threads true'])
    })
})
