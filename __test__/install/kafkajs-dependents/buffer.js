'use strict'

// Messages that are collected and sent together.

const assert = require('node:assert/strict')
const { KafkajsBuffer } = require('kafkajs-buffer')
const { createTopics, main, newKafka, uniqueName, until } = require('./support')

main(async () => {
  const topic = uniqueName('buffered')
  await createTopics(topic)
  const kafka = newKafka()
  const producer = kafka.producer()
  await producer.connect()
  const buffer = new KafkajsBuffer(producer)
  for (let i = 0; i < 5; i++) buffer.push({ topic, messages: [{ key: `k${i}`, value: `v${i}` }] })
  await buffer.flush()
  const admin = kafka.admin()
  await until(async () => (await admin.fetchTopicOffsets(topic))[0].high === '5', 'five messages')
  assert.equal((await admin.fetchTopicOffsets(topic))[0].low, '0')
  await admin.disconnect()
  await producer.disconnect()
})
