'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const TIMES = Number(process.env.TIMES || 30)
const program = path.join(__dirname, 'programs', 'exit-in-traffic.js')

suite('process.exit() with records in flight', () => {
  let broker

  before(async () => { broker = await startDevBroker({ port: 0, quiet: true }) })
  after(() => broker.stop())

  for (const from of ['start', 'first']) {
    const moment = from === 'start' ? 'while everything connects' : 'in the middle of traffic'
    it(`keeps the exit code and does not end by a signal, ${moment} (${TIMES} times)`, { timeout: 60000 }, async () => {
      for (let i = 0; i < TIMES; i++) {
        // a new topic, and so a group without stale members
        const topic = `exit-${from}-${i}`
        await broker.createTopic(topic, 2)
        const code = 1 + i % 100
        const end = await run(program, {
          args: [topic, String(code), '300', from],
          env: { KAFKA_BROKERS: broker.brokers }
        })
        assert.deepEqual([end.code, end.signal, end.late], [code, null, false], `run ${i}: ${describe(end)}`)
      }
    })
  }
})
