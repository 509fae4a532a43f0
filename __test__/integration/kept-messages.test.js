'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')

const { KafkaClient, Producer } = require('../..')
const kafka = require('../support/kafka')
const { run, describe: story } = require('../support/program')

/** 5000000 for a longer run. */
const MESSAGES = Number(process.env.MESSAGES || 1000000)
const VALUE_BYTES = 100
/** The most values that are decoded, and kept alive, together. */
const CHUNK = 64
/** How much V8's heap and librdkafka's buffers grow when nothing is kept. Kept batches would take gigabytes. */
const SLACK = 48 * 1024 * 1024

describe('messages that the user keeps', { timeout: 240000 }, () => {
  let address = ''
  let topic = ''

  before(async () => {
    address = await kafka.brokers('4')
    topic = await kafka.createTopic(address, kafka.uniqueName('kept'))
    const producer = new Producer(new KafkaClient({ kafkaHost: address }))
    const messages = Array.from({ length: 1000 }, (_, i) => String(i).padEnd(VALUE_BYTES, 'x'))
    let left = MESSAGES / messages.length
    await new Promise((resolve, reject) => {
      const next = () => {
        if (left === 0) return
        const isLast = --left === 0
        producer.send([{ topic, messages }], (error) => {
          if (error) reject(error)
          else if (isLast) producer.close(() => resolve(undefined))
          else next()
        })
      }
      producer.on('error', reject)
      producer.on('ready', () => { for (let i = 0; i < 16; i++) next() })
    })
  })
  after(() => kafka.releaseAll())

  it('do not keep their batches alive', async () => {
    const end = await run(path.join(__dirname, 'programs', 'keep.js'), {
      args: [address, topic, String(MESSAGES)], nodeArgs: ['--expose-gc', '--max-semi-space-size=1'], deadline: 200000
    })
    assert.deepEqual([end.code, end.signal, end.lines.length], [0, null, 1], story(end))
    const { kept, bytes, grown } = JSON.parse(end.lines[0])
    assert.equal(kept, (MESSAGES - 100000) / 1000)
    assert.ok(grown < CHUNK * bytes + SLACK, `kept ${kept} messages of ${bytes} bytes in all: grew by ${grown} bytes`)
  })
})
