'use strict'

// Two members share a topic. When the second one joins, the first goes on with the partitions that it keeps: a
// cooperative rebalance takes only what moves. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/kafkajs/cooperative-group.js

const { Kafka, PartitionAssigners, logLevel } = require('kafkajs')

const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',')
const topic = `orders-${Date.now().toString(36)}`
const PARTITIONS = 6

const kafka = new Kafka({ clientId: 'cooperative-group', brokers, logLevel: logLevel.ERROR })

/** Joins the group, and says what it is given and what is taken from it. */
async function join (name, changed) {
  const own = new Set()
  const consumer = kafka.consumer({
    groupId: `shop-${topic}`,
    partitionAssigners: [PartitionAssigners.cooperativeSticky],
    // waited for: a revocation is the time to finish what belongs to the partitions, and to commit
    onRebalance: async ({ type, partitions, commitOffsets }) => {
      const numbers = partitions.flatMap((of) => of.partitions)
      if (type === 'revoke') await commitOffsets()
      for (const number of numbers) type === 'assign' ? own.add(number) : own.delete(number)
      if (numbers.length > 0) console.log(`${name}: ${type} ${numbers.join(', ')}, has ${own.size}`)
      changed()
    }
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic] })
  await consumer.run({ eachMessage: async () => {} })
  return { consumer, own }
}

async function main () {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] })
  await admin.disconnect()

  let first = null
  let second = null
  let shared = null
  const isShared = new Promise((resolve) => { shared = resolve })
  const changed = () => {
    if (first && second && first.own.size === PARTITIONS / 2 && second.own.size === PARTITIONS / 2) shared()
  }
  first = await join('first', changed)
  second = await join('second', changed)
  changed()
  await isShared
  console.log(`both have ${PARTITIONS / 2} of ${PARTITIONS} partitions`)
  await second.consumer.disconnect()
  await first.consumer.disconnect()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
