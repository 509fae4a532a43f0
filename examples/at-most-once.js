'use strict'

// At most once: the commit first, then the work. If a worker fails in between, nobody handles that message again.
// The first worker here fails before its work; another takes over. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/at-most-once.js

const { ConsumerGroupStream, KafkaClient, Producer } = require('kafka-node')

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const run = Date.now().toString(36)
const topic = `invitations-${run}`
const COUNT = 10
const FAILS_AT = 5

async function main () {
  await sendInvitations()
  const mailed = []
  await work('first worker', mailed, FAILS_AT).catch((err) => console.log(err.message))
  await work('second worker', mailed)
  const missing = Array.from({ length: COUNT }, (_, i) => i + 1).filter((number) => !mailed.includes(number))
  console.log(`${mailed.length} of ${COUNT} invitations were mailed, none twice; missing: ${missing}`)
  if (new Set(mailed).size !== mailed.length) throw new Error('an invitation was mailed twice')
}

async function work (name, mailed, failsAt) {
  // A stream is read message by message, so there is never more than one in progress.
  const stream = new ConsumerGroupStream({
    kafkaHost,
    groupId: `mailing-${run}`,
    fromOffset: 'earliest',
    autoCommit: false
  }, topic)
  for await (const message of stream) {
    const number = Number(message.value)
    // true: at once, not with the next automatic commit
    await new Promise((resolve, reject) => stream.commit(message, true, (err) => { err ? reject(err) : resolve() }))
    if (number === failsAt) {
      await close(stream)
      throw new Error(`${name} failed before it had mailed invitation ${number}, after the commit`)
    }
    mailed.push(number)
    console.log(`${name} committed and mailed invitation ${number}`)
    if (number === COUNT) break
  }
  await close(stream)
}

function close (stream) {
  return new Promise((resolve) => stream.close(resolve))
}

async function sendInvitations () {
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
