'use strict'

// The producer and consumer of Fluid Framework's ordering service, which it uses with kafka-node.

const assert = require('node:assert/strict')
const { KafkaNodeConsumer, KafkaNodeProducer } = require('@fluidframework/server-services-ordering-kafkanode')
const { KafkaClient, Offset } = require('kafka-node')
const { brokers, main, once, uniqueName } = require('./support')

main(async () => {
  const topic = uniqueName('rawdeltas')
  const groupId = uniqueName('deli')
  const options = () => ({ kafkaHost: brokers })
  const producer = new KafkaNodeProducer(options(), 'alfred', topic, 2, 1)
  await once(producer, 'connected') // it has created the topic then
  const consumer = new KafkaNodeConsumer(options(), 'deli', groupId, topic, undefined, 2, 1)
  const errors = []
  for (const each of [producer, consumer]) each.on('error', (error) => errors.push(error))
  const partitions = await once(consumer, 'rebalanced')
  assert.deepEqual(partitions.map(({ partition, offset }) => [partition, offset]), [[0, 0], [1, 0]])

  const data = once(consumer, 'data')
  await producer.send([{ op: 'insert' }, { op: 'remove' }], 'tenant', 'document')
  const message = await data
  const { contents, documentId } = JSON.parse(message.value)
  assert.deepEqual([contents, documentId, message.key], [[{ op: 'insert' }, { op: 'remove' }], 'document', 'document'])

  await consumer.commitCheckpoint(message.partition, message)
  await consumer.pause()
  await consumer.resume()
  await consumer.close()
  await producer.close()
  const client = new KafkaClient(options())
  const commits = await new Promise((resolve, reject) => {
    new Offset(client).fetchCommits(groupId, [{ topic, partition: message.partition }],
      (err, found) => { err ? reject(err) : resolve(found) })
  })
  assert.deepEqual(commits, { [topic]: { [message.partition]: 1 } })
  assert.deepEqual(errors, [])
  client.close()
  console.log(`checkpoint 1 of partition ${message.partition} after ${contents.length} operations of one batch`)
})
