'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const { randomUUID } = require('node:crypto')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const program = path.join(__dirname, 'programs', 'panic.js')

// That a producer's thread does the same is shown in src/producer/mod.rs.
suite('a native thread that panics', () => {
  let broker
  before(async () => { broker = await startDevBroker({ port: 0, quiet: true }) })
  after(() => broker.stop())

  for (const name of ['Consumer', 'ConsumerGroup']) {
    it(`of a ${name} is told as an error; what waits is answered, close works, and the process goes on`,
      { timeout: 60000 }, async () => {
        const topic = `panic-${randomUUID()}`
        await broker.createTopic(topic)
        const env = { KAFKA_BROKERS: broker.brokers, RUST_BACKTRACE: '0' }
        const end = await run(program, { args: [name, topic], env })
        assert.deepEqual([end.code, end.signal], [0, null], describe(end))
        assert.deepEqual(end.lines, [
          "error the consumer's thread failed; its handle is closed, make a new one",
          'committed while it ends BrokerNotAvailableError',
          'committed afterwards BrokerNotAvailableError',
          'closed BrokerNotAvailableError',
          'sent true',
          'threads gone'
        ])
        assert.match(end.stderr, /panicked at .*src.consumer.commands\.rs/)
      })
  }
})
