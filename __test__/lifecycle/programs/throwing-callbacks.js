'use strict'

// A callback or listener that throws keeps no other from being called. Argument: where it throws.

const { Admin, KafkaClient, Offset, Producer } = require('../../..')

process.on('uncaughtException', ({ message }) => console.log(`uncaught: ${message}`))

const thrower = () => { throw new Error('thrown') }
const brokers = process.env.KAFKA_BROKERS

const places = {
  /** A send waits for a connection that never comes; its callback throws while the client closes. */
  'waiting send' () {
    const client = new KafkaClient({ kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 100 } })
    const producer = new Producer(client)
    producer.send([{ topic: 'a', messages: ['1'] }], thrower)
    producer.send([{ topic: 'b', messages: ['1'] }], ({ name }) => console.log(`second send: ${name}`))
    setImmediate(() => client.close(() => console.log('closed')))
  },

  /** The first listener to `ready` throws: what is built on the client becomes ready all the same. */
  'ready listener' () {
    const client = new KafkaClient({ kafkaHost: brokers })
    client.on('ready', thrower)
    const parts = { producer: new Producer(client), admin: new Admin(client), offset: new Offset(client) }
    let left = 4
    const heard = text => {
      console.log(text)
      if (--left === 0) client.close(() => console.log('closed'))
    }
    for (const [name, part] of Object.entries(parts)) part.on('ready', () => heard(`${name} ready`))
    client.loadMetadataForTopics([], error => heard(`metadata: ${error}`))
  },

  /** The first listener to `close` throws. */
  'close listener' () {
    const client = new KafkaClient({ kafkaHost: brokers })
    client.on('close', thrower)
    client.on('close', () => console.log('second listener'))
    client.on('ready', () => client.close(() => console.log('closed')))
  },

  /** Requests without an answer end with the client; the callback of the first one throws. */
  'pending request' () {
    const client = new KafkaClient({ kafkaHost: brokers })
    client.on('ready', () => {
      client.loadMetadataForTopics([], thrower)
      client.loadMetadataForTopics([], () => console.log('second request'))
      client.close(() => console.log('closed'))
    })
  },

  /** Of two callbacks of `close`, the first throws. */
  'close callback' () {
    const client = new KafkaClient({ kafkaHost: brokers })
    client.on('ready', () => {
      client.close(thrower)
      client.close(() => console.log('closed'))
    })
  }
}

places[process.argv[2]]()
