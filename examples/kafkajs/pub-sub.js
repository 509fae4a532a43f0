'use strict'

// A producer sends to a topic, and two consumer groups get everything. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/kafkajs/pub-sub.js

const { Kafka, Partitioners, logLevel } = require('kafkajs')

const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',')
const topic = `news-${Date.now().toString(36)}`
const COUNT = 5

const kafka = new Kafka({ clientId: 'pub-sub', brokers, logLevel: logLevel.ERROR })

/** Resolves when the group has read all. Each group has its own place in the topic. */
async function subscribe (groupId) {
  const consumer = kafka.consumer({ groupId: `${groupId}-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  let count = 0
  await new Promise((resolve) => consumer.run({
    eachMessage: async ({ partition, message }) => {
      console.log(`${groupId} got ${message.value} from ${partition}/${message.offset}`)
      if (++count === COUNT) resolve()
    }
  }))
  await consumer.disconnect()
}

async function main () {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] })
  await admin.disconnect()

  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  for (let i = 1; i <= COUNT; i++) {
    // the same key always goes to the same partition
    const messages = [{ key: `author-${i % 2}`, value: `headline ${i}`, headers: { language: 'en' } }]
    const [{ partition, baseOffset }] = await producer.send({ topic, messages })
    console.log(`headline ${i} was written to ${partition}/${baseOffset}`)
  }
  await producer.disconnect()

  await Promise.all([subscribe('mail'), subscribe('archive')])
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
