// A typed producer and consumer group. Ends by itself.
//
//   npm install -D typescript @types/node
//   npx tsc --outDir build examples/typescript.ts && KAFKA_BROKERS=127.0.0.1:9092 node build/typescript.js

import { ConsumerGroup, ConsumerGroupOptions, KafkaClient, Message, Producer, ProduceRequest } from 'kafka-node'

interface Reading {
  sensor: string
  celsius: number
}

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const run = Date.now().toString(36)
const topic = `readings-${run}`
const readings: Reading[] = [{ sensor: 'cellar', celsius: 11 }, { sensor: 'attic', celsius: 28 }]

const client = new KafkaClient({ kafkaHost })
const producer = new Producer(client)

producer.on('error', fail) // the client's errors, too
producer.on('ready', () => {
  client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }], (err: Error | null, failed) => {
    if (err) return fail(err)
    for (const { error } of failed) return fail(new Error(error))
    const payload: ProduceRequest = { topic, messages: readings.map((reading) => JSON.stringify(reading)) }
    producer.send([payload], (err: Error | null, offsets: Record<string, Record<number, number>>) => {
      if (err) return fail(err)
      console.log(`written from offset ${offsets[topic][0]} on`)
      readAll()
    })
  })
})

function readAll (): void {
  const options: ConsumerGroupOptions = { kafkaHost, groupId: `display-${run}`, fromOffset: 'earliest' }
  const group = new ConsumerGroup(options, topic)
  let count = 0
  group.on('error', fail)
  group.on('message', (message: Message) => {
    const { sensor, celsius }: Reading = JSON.parse(String(message.value))
    console.log(`${message.partition}/${message.offset}: ${sensor} has ${celsius} °C`)
    if (++count === readings.length) group.close(true, () => client.close())
  })
}

function fail (err: Error): void {
  console.error(err)
  process.exit(1)
}
