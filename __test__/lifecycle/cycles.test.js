'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const kafka = require('../..')
const { run, describe } = require('../support/program')

/** Admin is not among them: the embedded broker does not answer its requests. */
const CLASSES = [
  'KafkaClient', 'Producer', 'HighLevelProducer', 'ProducerStream', 'Consumer', 'ConsumerStream', 'ConsumerGroup',
  'ConsumerGroupStream', 'Offset'
]
const CYCLES = process.env.CYCLES || '100'
const WARM_UP = '50'
const MAX_GROWTH_MIB = 20
const program = path.join(__dirname, 'programs', 'cycles.js')

suite(`${CYCLES} times made, used and closed`, { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  let broker

  before(async () => {
    broker = await startDevBroker({ port: 0, topics: ['cycles'], quiet: true })
    const producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost: broker.brokers }))
    await new Promise((resolve, reject) => {
      producer.on('error', reject)
      producer.send([{ topic: 'cycles', messages: 'first' }], error => {
        if (error) reject(error)
        else producer.close(() => resolve(undefined))
      })
    })
  })
  after(() => broker.stop())

  for (const name of CLASSES) {
    it(`${name}: no thread, no descriptor and no more than ${MAX_GROWTH_MIB} MiB are left`,
      { timeout: 60000 }, async () => {
        const end = await run(program, {
          args: [name, 'cycles', CYCLES, WARM_UP],
        // a fixed size: what V8 reserves for the young generation would hide leaks
          nodeArgs: ['--expose-gc', '--max-semi-space-size=1'],
          env: { KAFKA_BROKERS: broker.brokers },
          deadline: 300000
        })
        assert.deepEqual([end.code, end.signal, end.lines.length], [0, null, 1], describe(end))
        const { before, after, grown } = JSON.parse(end.lines[0])
        assert.deepEqual(after.threads, [])
        assert.deepEqual(after.descriptors, before.descriptors)
        assert.ok(grown < MAX_GROWTH_MIB, `grew by ${grown.toFixed(1)} MiB`)
      })
  }
})
