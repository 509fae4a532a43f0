'use strict'

// KafkaJS's API, as KafkaJS and this package's second door have it.

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

/**
 * @param {any} producer with a transactional id
 * @param {string} topic
 */
async function transactionsOf (producer, topic) {
  await producer.connect()
  return {
    async commit (/** @type {any[]} */ messages) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages })
      await transaction.commit()
    },
    close: () => producer.disconnect()
  }
}

/** @type {import('../lib/adapter').Adapt} */
function adapt ({ CompressionTypes, Kafka, PartitionAssigners, logLevel }) {
  const kafkaOf = (/** @type {string} */ brokers) => new Kafka({
    brokers: brokers.split(','), logLevel: logLevel.NOTHING
  })
  return {
    async consumer ({ brokers, topic, groupId, fromBeginning, mode, as, protocol, each, onAssigned, onError }) {
      const partitionAssigners = protocol && { partitionAssigners: [PartitionAssigners.cooperativeSticky] }
      const consumer = kafkaOf(brokers).consumer({ groupId, ...partitionAssigners })
      consumer.on(consumer.events.GROUP_JOIN, onAssigned)
      consumer.on(consumer.events.CRASH, (/** @type {any} */ { payload }) => onError(payload.error))
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning })
      const handlers = {
        message: {
          eachMessage: as === 'buffer'
            ? async (/** @type {any} */ { message }) => each(message.value)
            : async (/** @type {any} */ { message }) => each(message.value.toString())
        },
        batch: {
          eachBatch: as === 'buffer'
            ? async (/** @type {any} */ { batch }) => {
              for (const message of batch.messages) each(message.value)
            }
            : async (/** @type {any} */ { batch }) => {
              for (const message of batch.messages) each(message.value.toString())
            }
        }
      }
      await consumer.run({ autoCommitInterval: 5000, ...handlers[mode] })
      return { close: () => consumer.disconnect() }
    },

    async producer ({ brokers, topic, acks, codec }) {
      const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
      const producer = kafkaOf(brokers).producer({ allowAutoTopicCreation: false })
      await producer.connect()
      return {
        send (partition, values, done) {
          const messages = values.map((value) => ({ value, partition }))
          producer.send({ topic, acks, compression, messages }).then(() => done(), done)
        },
        close: () => producer.disconnect()
      }
    },

    async transactions ({ brokers, topic, transactionalId }) {
      // KafkaJS's documentation asks for these two with transactions
      const producer = kafkaOf(brokers).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
      return transactionsOf(producer, topic)
    }
  }
}

module.exports = { adapt, transactionsOf }
