'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const { randomUUID } = require('node:crypto')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const kafka = require('../..')
const { start, describe } = require('../support/program')

const TIMES = 5
const program = path.join(__dirname, 'programs', 'service.js')

suite('a service that closes its consumer, then its producer, on SIGTERM', () => {
  let broker
  let producer

  before(async () => {
    broker = await startDevBroker({ port: 0, quiet: true })
    producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost: broker.brokers }))
    await new Promise(resolve => producer.once('ready', resolve))
  })
  after(async () => {
    await new Promise(resolve => producer.close(resolve))
    await broker.stop()
  })

  it(`ends by itself with exit code 0, and everything it took is answered (${TIMES} times)`,
    { timeout: 60000 }, async () => {
      for (let i = 0; i < TIMES; i++) {
        const [requests, answers] = [`requests-${randomUUID()}`, `answers-${randomUUID()}`]
        await broker.createTopic(requests)
        await broker.createTopic(answers)
        let asking = true
        const ask = () => {
          if (asking) producer.send([{ topic: requests, messages: ['a', 'b', 'c'] }], () => setImmediate(ask))
        }
        ask()
        const service = start(program, { args: [requests, answers], env: { KAFKA_BROKERS: broker.brokers } })
        await service.line('answering')
        service.kill('SIGTERM')
        const end = await service.ended
        asking = false
        assert.deepEqual([end.code, end.signal, end.late], [0, null, false], describe(end))
        assert.deepEqual(end.lines, ['answering', 'everything answered'])
      }
    })
})
