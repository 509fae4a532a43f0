'use strict'

// Orders go through a pipe: read by a member of a group, converted, written to another topic. A slow step slows the
// reading down. Then a second kind of stream reads the results. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/streams.js

const { Transform } = require('stream')
const { KafkaClient, ConsumerGroupStream, ConsumerStream, ProducerStream } = require('kafka-node')

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const run = Date.now().toString(36)
const orders = `orders-${run}`
const invoices = `invoices-${run}`
const COUNT = 1000

function main () {
  const client = new KafkaClient({ kafkaHost })
  client.on('error', fail)
  client.once('ready', () => {
    client.createTopics([orders, invoices], (err) => {
      if (err) fail(err)
      client.close()
      writeOrders(() => convertOrders(readInvoices))
    })
  })
}

/** A ProducerStream takes the payloads that `send` takes, one or an array of them at a time. */
function writeOrders (done) {
  const producer = new ProducerStream({ kafkaClient: { kafkaHost } })
  producer.on('error', fail)
  for (let i = 1; i < COUNT; i++) {
    producer.write({ topic: orders, key: `customer-${i % 7}`, messages: JSON.stringify({ id: i, amount: i * 10 }) })
  }
  // in the last one's callback: end() alone would leave the connection open, close() closes it
  producer.end({ topic: orders, key: 'customer-0', messages: JSON.stringify({ id: COUNT, amount: 1 }) }, () => {
    console.log(`wrote ${COUNT} orders`)
    producer.close(done)
  })
}

function convertOrders (done) {
  const consumer = new ConsumerGroupStream({
    kafkaHost,
    groupId: `billing-${run}`,
    fromOffset: 'earliest',
    // the stream would commit what it hands out, which is too early here: see below
    autoCommit: false
  }, orders)
  const producer = new ProducerStream({ kafkaClient: { kafkaHost } })
  let written = 0

  const convert = new Transform({
    objectMode: true,
    transform (message, encoding, callback) {
      const { id, amount } = JSON.parse(message.value)
      const invoice = JSON.stringify({ order: id, total: amount * 1.2 })
      producer.sendPayload({ topic: invoices, key: message.key, messages: invoice }, (err) => {
        if (err) return callback(err)
        // at least once: an order is committed when its invoice has been written
        consumer.commit(message)
        callback()
        if (++written === COUNT) finish()
      })
    }
  })

  function finish () {
    console.log(`wrote ${COUNT} invoices`)
    consumer.commit(null, true, (err) => {
      if (err) fail(err)
      consumer.close(() => producer.close(done))
    })
  }

  for (const stream of [consumer, convert, producer]) stream.on('error', fail)
  consumer.pipe(convert)
}

/** A ConsumerStream reads fixed partitions; what passes through its commit stream is committed. */
function readInvoices () {
  const client = new KafkaClient({ kafkaHost })
  const consumer = new ConsumerStream(client, [invoices], { groupId: `audit-${run}` })
  const commits = consumer.createCommitStream({ autoCommitMsgCount: 100 })
  consumer.on('error', fail)
  let total = 0
  let count = 0
  consumer.pipe(commits).on('data', (message) => {
    total += JSON.parse(message.value).total
    if (++count < COUNT) return
    console.log(`read ${count} invoices over ${Math.round(total)}`)
    commits.clearInterval()
    commits.commit((err) => {
      if (err) fail(err)
      consumer.close(() => console.log('closed'))
    })
  })
}

function fail (err) {
  console.error(err)
  process.exit(1)
}

main()
