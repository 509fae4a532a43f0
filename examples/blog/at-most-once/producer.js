'use strict'

const { KafkaClient, Producer } = require('kafka-node')

const client = new KafkaClient({ kafkaHost: process.env.KAFKA_BROKERS || '127.0.0.1:9092' })
const producer = new Producer(client)

/** Sends one message as soon as the producer is ready. */
function sendMessage () {
  producer.on('ready', () => {
    producer.send([{ topic: 'test', messages: 'hi', partition: 0 }], (err, offsets) => {
      if (err) throw err
      console.log('sent', JSON.stringify(offsets))
    })
  })
  producer.on('error', (err) => {
    throw err
  })
}

module.exports = sendMessage
