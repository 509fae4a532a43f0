'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { format } = require('node:util')
const { after, it } = require('node:test')

/** @type {string[]} */
const lines = []
const log = (/** @type {any[]} */ ...args) => lines.push(format(...args))
// before anything else is loaded
require('../../logging').setLoggerProvider(() => ({ debug: log, info: log, warn: log, error: log }))

const { Consumer, KafkaClient } = require('../..')
const kafka = require('../support/kafka')

after(() => kafka.releaseAll())

for (const version of /** @type {const} */ (['4', '3.9'])) {
  it(`a consumer on a client that is ready does not wait for librdkafka to find its topic, Kafka ${version}`,
    { timeout: 60000 }, async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('first'))
      await kafka.produceRaw(address, topic, [{ value: 'one' }])
      // whether the timer fires first is a matter of chance
      for (let round = 0; round < 5; round++) {
        const client = new KafkaClient({ kafkaHost: address })
        await once(client, 'ready')
        const consumer = new Consumer(client, [{ topic }],
          /** @type {any} */ ({ groupId: kafka.uniqueName('group'), librdkafka: { debug: 'metadata' } }))
        await once(consumer, 'message')
        await /** @type {Promise<void>} */ (new Promise((resolve) => client.close(resolve)))
      }
      assert.ok(lines.some((line) => line.includes('===== Received metadata')))
      // what its timer does once a second for topics that nobody has asked about
      assert.deepEqual(lines.filter((line) => line.includes('refresh unavailable topics')), [])
    })
}
