'use strict'

// Prints every message of topic `test`, partition 0, from the first one on.

const { KafkaClient, Consumer } = require('kafka-node')

const client = new KafkaClient({ kafkaHost: process.env.KAFKA_BROKERS || '127.0.0.1:9092' })
const consumer = new Consumer(client, [{ topic: 'test' }], { autoCommit: false })

consumer.on('message', (message) => console.log(message))
consumer.on('error', (err) => console.error(err))
