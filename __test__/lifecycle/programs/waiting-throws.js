'use strict'

// A send that waits for the connection, whose callback throws, must not keep the client from closing.

const { KafkaClient, Producer } = require('../../..')

process.on('uncaughtException', ({ message }) => console.log(`uncaught ${message}`))

const client = new KafkaClient({ kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 100, minTimeout: 100 } })
const producer = new Producer(client)
producer.send([{ topic: 'a', messages: ['1'] }], () => { throw new Error('first') })
producer.send([{ topic: 'b', messages: ['1'] }], error => console.log(`second ${error.name}`))
setTimeout(() => client.close(() => console.log('closed')), 300)
