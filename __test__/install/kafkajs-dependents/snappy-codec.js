'use strict'

// A package with a codec, set as KafkaJS wants it: nothing breaks, and records are compressed with and without it.

const assert = require('node:assert/strict')
const { CompressionCodecs, CompressionTypes } = require('kafkajs')
const SnappyCodec = require('kafkajs-snappy')
const { createTopics, main, newKafka, uniqueName, until } = require('./support')

main(async () => {
  CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec
  const topic = uniqueName('snappy')
  await createTopics(topic)
  const kafka = newKafka()
  const producer = kafka.producer()
  await producer.connect()
  const value = 'x'.repeat(1000)
  const kinds = [CompressionTypes.Snappy, CompressionTypes.GZIP, CompressionTypes.None]
  for (const compression of kinds) await producer.send({ topic, compression, messages: [{ value }] })
  const consumer = kafka.consumer({ groupId: topic })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const got = []
  await consumer.run({ eachMessage: async ({ message }) => { got.push(String(message.value)) } })
  await until(() => got.length === kinds.length, 'what was compressed')
  assert.deepEqual(got, kinds.map(() => value))
  await consumer.disconnect()
  await producer.disconnect()
})
