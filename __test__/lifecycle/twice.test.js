'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const program = path.join(__dirname, 'programs', 'twice.js')

suite('the package loaded twice in one process', () => {
  let broker

  before(async () => { broker = await startDevBroker({ port: 0, topics: ['cache', 'contexts'], quiet: true }) })
  after(() => broker.stop())

  for (const [way, title] of [['cache', 'after a reset of the module cache'], ['contexts', 'in two contexts']]) {
    it(`${title}, works in both copies`, { timeout: 60000 }, async () => {
      const end = await run(program, { args: [way, way], env: { KAFKA_BROKERS: broker.brokers } })
      assert.deepEqual([end.code, end.signal], [0, null], describe(end))
      assert.deepEqual([end.lines[0], ...end.lines.slice(1, 3).sort(), ...end.lines.slice(3)],
        ['copies differ true', 'got record of copy 0', 'got record of copy 1', 'got one more', 'threads gone'])
    })
  }
})
