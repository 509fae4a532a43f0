'use strict'

// Reads orders, writes an invoice for each, and commits both the invoice and the place in the orders with one
// transaction: each order gets one invoice, whatever breaks. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/kafkajs/transactions.js

const { Kafka, Partitioners, logLevel } = require('kafkajs')

const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',')
const run = Date.now().toString(36)
const [orders, invoices] = [`orders-${run}`, `invoices-${run}`]
const groupId = `billing-${run}`
const COUNT = 10

const kafka = new Kafka({ clientId: 'transactions', brokers, logLevel: logLevel.ERROR })

async function placeOrders () {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: orders, numPartitions: 1 }, { topic: invoices, numPartitions: 1 }] })
  await admin.disconnect()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = Array.from({ length: COUNT }, (_, i) => ({ value: `order ${i + 1}` }))
  await producer.send({ topic: orders, messages })
  await producer.disconnect()
}

async function bill () {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    // one for each instance of a service: a second one with the same id takes over from the first
    transactionalId: `billing-${run}-0`
  })
  const consumer = kafka.consumer({ groupId })
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topics: [orders], fromBeginning: true })
  let done = 0
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({
      autoCommit: false, // the transaction does it
      eachMessage: async ({ topic, partition, message }) => {
        const transaction = await producer.transaction()
        try {
          await transaction.send({ topic: invoices, messages: [{ value: `invoice for ${message.value}` }] })
          const next = String(Number(message.offset) + 1)
          await transaction.sendOffsets({
            consumerGroupId: groupId,
            topics: [{ topic, partitions: [{ partition, offset: next }] }]
          })
          await transaction.commit()
        } catch (error) {
          // nothing of it is seen by readers, and the order is read again
          if (transaction.isActive()) await transaction.abort()
          throw error
        }
        if (++done === COUNT) resolve()
      }
    })
  })
  await consumer.disconnect()
  await producer.disconnect()
}

async function countInvoices () {
  // readers see what was committed, unless they ask for more with readUncommitted: true
  const reader = kafka.consumer({ groupId: `reader-${run}` })
  await reader.connect()
  await reader.subscribe({ topics: [invoices], fromBeginning: true })
  const seen = []
  await new Promise((resolve) => reader.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value))
      if (seen.length === COUNT) resolve()
    }
  }))
  await reader.disconnect()
  return new Set(seen).size
}

async function main () {
  await placeOrders()
  await bill()
  console.log(`${COUNT} orders, ${await countInvoices()} invoices`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
