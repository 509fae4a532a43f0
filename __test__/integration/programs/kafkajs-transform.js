'use strict'

// Copies a topic's records to another one in transactions, with their offsets; ends when the group has committed all.

const { setTimeout: delay } = require('node:timers/promises')

const { Kafka, Partitioners: { DefaultPartitioner }, logLevel } = require('../../../kafkajs')

async function main () {
  const [address, from, to, groupId, transactionalId, count] = process.argv.slice(2)
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.ERROR })
  const producer = kafka.producer({ transactionalId, createPartitioner: DefaultPartitioner })
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500 })
  const admin = kafka.admin()
  await Promise.all([producer.connect(), consumer.connect(), admin.connect()])

  const isDone = async () => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [from] })
    return partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) >= Number(count)
  }

  await consumer.subscribe({ topic: from, fromBeginning: true })
  consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error))
  let begun = 0
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { topic, partition, messages }, heartbeat }) => {
      // a few at a time, so that there are many transactions
      for (let i = 0; i < messages.length; i += 20) {
        const some = messages.slice(i, i + 20)
        const transaction = await producer.transaction()
        try {
          await transaction.send({ topic: to, messages: some.map(({ key, value }) => ({ key, value })) })
          console.log(`began ${++begun}`)
          const offset = String(Number(some[some.length - 1].offset) + 1)
          await transaction.sendOffsets({ consumer, topics: [{ topic, partitions: [{ partition, offset }] }] })
          await transaction.commit()
        } catch (error) {
          if (transaction.isActive()) await transaction.abort()
          throw error
        }
        await heartbeat()
      }
    }
  })
  // the offsets of a transaction are there a moment after its commit
  while (!await isDone()) await delay(100)
  await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()])
}

/** @param {Error} error */
function fail (error) {
  console.error(error)
  process.exit(1)
}

main().catch(fail)
