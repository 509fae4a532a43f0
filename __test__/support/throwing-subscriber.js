'use strict'

// A program whose subscribers of all diagnostics channels throw, and what its clients come to: brokers, topic.

const { channel, tracingChannel } = require('node:diagnostics_channel')
const { Kafka, logLevel, Partitioners } = require('../../kafkajs')
const kafka = require('../..')

const [brokers, topic] = process.argv.slice(2)
const uncaught = new Set()
const others = new Set()
process.on('uncaughtException', error => uncaught.add(error.message))

for (const name of ['send', 'delivery', 'batch', 'commit', 'rebalance', 'connection']) {
  channel(`kafka-node-native:${name}`).subscribe(() => { throw new Error(name) })
  channel(`kafka-node-native:${name}`).subscribe(() => others.add(name))
}
for (const [name, told] of [['send', 'trace'], ['process', 'process']]) {
  const fail = () => { throw new Error(told) }
  const listen = () => others.add(told)
  const trace = tracingChannel(`kafka-node-native:${name}`)
  for (const listener of [fail, listen]) {
    trace.subscribe({ start: listener, end: listener, asyncStart: listener, asyncEnd: listener, error: listener })
  }
}

async function main () {
  const results = []
  const library = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const producer = library.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const [{ baseOffset }] = await producer.send({ topic, messages: [{ value: 'a' }] })
  results.push(baseOffset)
  await producer.disconnect()

  const client = new kafka.KafkaClient({ kafkaHost: brokers })
  const other = new kafka.Producer(client)
  await new Promise(resolve => other.once('ready', resolve))
  results.push(await new Promise((resolve, reject) => other.send([{ topic, messages: 'b' }], (error, result) =>
    error ? reject(error) : resolve(String(result[topic][0])))))
  await new Promise(resolve => client.close(() => resolve(null)))

  const consumer = library.consumer({ groupId: `of-${topic}`, maxWaitTimeInMs: 100 })
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise(resolve => consumer.run({
    eachMessage: async ({ message }) => {
      results.push(String(message.value))
      if (message.offset === '1') resolve()
    }
  }))
  await consumer.disconnect()
  console.log(JSON.stringify({ uncaught: [...uncaught].sort(), others: [...others].sort(), results }))
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
