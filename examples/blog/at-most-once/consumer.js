'use strict'

// A member of group `ExampleTestGroup`: each partition of topic `test` goes to one member only.

const { ConsumerGroup } = require('kafka-node')

function startConsumer () {
  const consumer = new ConsumerGroup({
    kafkaHost: process.env.KAFKA_BROKERS || '127.0.0.1:9092',
    groupId: 'ExampleTestGroup',
    protocol: ['roundrobin']
  }, 'test')

  consumer.on('message', (message) => {
    console.log(message)
    try {
      handle(message)
    } catch (err) {
      console.error(`handler failed, leaving the group: ${err.message}`)
      consumer.close(() => console.error('closed'))
    }
  })
  consumer.on('error', (err) => console.error(err))
  return consumer
}

// Put your own work here. POISON makes it fail, to show that a failing handler closes the consumer.
function handle (message) {
  if (process.env.POISON && message.value === process.env.POISON) throw new Error(`cannot handle '${message.value}'`)
}

module.exports = startConsumer
