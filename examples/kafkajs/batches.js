'use strict'

// Sends a thousand readings in batches, compressed, and reads them in batches. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/kafkajs/batches.js

const { CompressionTypes, Kafka, Partitioners, logLevel } = require('kafkajs')

const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',')
const topic = `readings-${Date.now().toString(36)}`
const BATCHES = 10
const PER_BATCH = 100

const kafka = new Kafka({ clientId: 'batches', brokers, logLevel: logLevel.ERROR })

async function main () {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] })
  await admin.disconnect()

  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const sends = []
  for (let batch = 0; batch < BATCHES; batch++) {
    const messages = Array.from({ length: PER_BATCH }, (_, i) => ({ key: `sensor-${i % 7}`, value: String(batch + i) }))
    // not awaited one by one: they are written in the order of the calls
    sends.push(producer.send({ topic, messages, compression: CompressionTypes.ZSTD }))
  }
  await Promise.all(sends)
  await producer.disconnect()

  const consumer = kafka.consumer({ groupId: `averages-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let count = 0
  let sum = 0
  await new Promise((resolve) => consumer.run({
    eachBatch: async ({ batch, heartbeat }) => {
      for (const { value } of batch.messages) sum += Number(value)
      count += batch.messages.length
      await heartbeat()
      if (count === BATCHES * PER_BATCH) resolve()
    }
  }))
  await consumer.disconnect()
  console.log(`the average of ${count} readings is ${sum / count}`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
