'use strict'

// Logs through winston into a topic. It was written for kafka-node 0.2.

const assert = require('node:assert/strict')
const { bringBackClient, brokers, createTopic, main, readTopic, uniqueName } = require('./support')

bringBackClient()
// The transport's own, an old one.
const winston = require(require.resolve('winston', { paths: [require.resolve('winston-kafka-transport')] }))
const KafkaLogger = require('winston-kafka-transport')

main(async () => {
  const topic = await createTopic(uniqueName('winston'))
  const logger = new winston.Logger({
    transports: [new KafkaLogger({ connectionString: brokers, topic, meta: { service: 'shop' } })]
  })
  // The transport drops what is logged before it is connected, and does not say when it is.
  const logging = setInterval(() => logger.info('order placed', { id: 42 }), 50)
  const [message] = await readTopic(topic, 1)
  clearInterval(logging)
  const entry = JSON.parse(message.value)
  assert.deepEqual([entry.level, entry.msg, entry.meta], ['info', 'order placed', { id: 42, service: 'shop' }])
  console.log(`logged ${message.value}`)
})
