'use strict'

// Begins a transaction of the second door, sends in it, says so, and never ends it.

const { Kafka, Partitioners: { DefaultPartitioner } } = require('../../../kafkajs')

async function main () {
  const [address, topic, transactionalId] = process.argv.slice(2)
  const kafka = new Kafka({ brokers: [address] })
  const producer = kafka.producer({ transactionalId, createPartitioner: DefaultPartitioner })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ value: 'killed' }] })
  console.log('sent')
}

main()
