'use strict'

// Reads a topic with a loop, then counts in a second loop over batches. What a loop was broken off at comes again.
// Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/kafkajs/async-iterator.js

const { Kafka, Partitioners, logLevel } = require('kafkajs')

const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',')
const topic = `steps-${Date.now().toString(36)}`
const COUNT = 10

const kafka = new Kafka({ clientId: 'async-iterator', brokers, logLevel: logLevel.ERROR })

async function fill () {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
  await admin.disconnect()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic, messages: Array.from({ length: COUNT }, (_, i) => ({ value: `step ${i + 1}` })) })
  await producer.disconnect()
}

async function main () {
  await fill()
  const consumer = kafka.consumer({ groupId: `walker-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })

  // a message is done when the loop asks for the next one, and committed soon after
  for await (const { message } of consumer.messages()) {
    if (String(message.value) === 'step 4') break // not done: it comes again
    console.log(`done: ${message.value}`)
  }

  // `break` has left the group, not disconnected: the consumer may run again
  let left = COUNT - 3
  for await (const { batch } of consumer.batches()) {
    console.log(`${batch.messages.length} at once, the first is ${batch.messages[0].value}`)
    left -= batch.messages.length
    if (left <= 0) break
  }
  await consumer.disconnect()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
