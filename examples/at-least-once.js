'use strict'

// At least once: the work first, then the commit. A worker that fails in between repeats a message, but loses none.
// The first worker here fails in the middle of its work; another takes over. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/at-least-once.js

const { ConsumerGroupStream, KafkaClient, Producer } = require('kafka-node')

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const run = Date.now().toString(36)
const topic = `payments-${run}`
const COUNT = 10
const FAILS_AT = 5

async function main () {
  await sendPayments()
  const booked = []
  await work('first worker', booked, FAILS_AT).catch((err) => console.log(err.message))
  await work('second worker', booked)
  const twice = booked.filter((value, i) => booked.indexOf(value) !== i)
  console.log(`${new Set(booked).size} of ${COUNT} payments were booked, ${twice.length} of them twice: ${twice}`)
  if (new Set(booked).size !== COUNT) throw new Error('a payment was lost')
}

async function work (name, booked, failsAt) {
  // A stream is read message by message, so there is never more than one in progress.
  const stream = new ConsumerGroupStream({
    kafkaHost,
    groupId: `bookkeeping-${run}`,
    fromOffset: 'earliest',
    autoCommit: false
  }, topic)
  for await (const message of stream) {
    const number = Number(message.value)
    booked.push(number)
    if (number === failsAt) {
      await close(stream)
      throw new Error(`${name} failed after it had booked payment ${number}, before the commit`)
    }
    // true: at once, not with the next automatic commit
    await new Promise((resolve, reject) => stream.commit(message, true, (err) => { err ? reject(err) : resolve() }))
    console.log(`${name} booked and committed payment ${number}`)
    if (number === COUNT) break
  }
  await close(stream)
}

function close (stream) {
  return new Promise((resolve) => stream.close(resolve))
}

async function sendPayments () {
  const client = new KafkaClient({ kafkaHost })
  const producer = new Producer(client)
  await new Promise((resolve, reject) => {
    producer.once('error', reject) // the client's errors, too
    producer.once('ready', resolve)
  })
  const messages = Array.from({ length: COUNT }, (_, i) => String(i + 1))
  await new Promise((resolve, reject) => {
    client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }], (err, failed) => {
      if (err || failed.length) return reject(err || new Error(failed[0].error))
      producer.send([{ topic, messages }], (err) => { err ? reject(err) : resolve() })
    })
  })
  await new Promise((resolve) => client.close(resolve))
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
