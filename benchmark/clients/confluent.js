'use strict'

const { transactionsOf } = require('../lib/kafkaJsApi')

/** @type {import('../lib/adapter').Adapt} */
function adapt ({ KafkaJS: { CompressionTypes, Kafka, PartitionAssigners, logLevel } }) {
  const kafkaOf = (/** @type {string} */ brokers) => new Kafka({
    kafkaJS: { brokers: brokers.split(','), logLevel: logLevel.NOTHING }
  })
  return {
    async consumer ({ brokers, topic, groupId, fromBeginning, mode, as, protocol, each, onAssigned }) {
      const partitionAssigners = protocol && { partitionAssigners: [PartitionAssigners.cooperativeSticky] }
      const consumer = kafkaOf(brokers).consumer({
        kafkaJS: { groupId, fromBeginning, autoCommitInterval: 5000, ...partitionAssigners },
        // -175: partitions were assigned
        rebalance_cb: (/** @type {any} */ { code }) => { if (code === -175) onAssigned() }
      })
      await consumer.connect()
      await consumer.subscribe({ topic })
      const read = as === 'buffer'
        ? (/** @type {any} */ message) => each(message.value)
        : (/** @type {any} */ message) => each(message.value.toString())
      const eachMessage = async (/** @type {any} */ { message }) => read(message)
      const eachBatch = async (/** @type {any} */ { batch }) => {
        for (const message of batch.messages) read(message)
      }
      await consumer.run(mode === 'message' ? { eachMessage } : { eachBatch })
      return { close: () => consumer.disconnect() }
    },

    async producer ({ brokers, topic, acks, codec }) {
      const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
      const producer = kafkaOf(brokers).producer({ kafkaJS: { acks, compression } })
      await producer.connect()
      return {
        send (partition, values, done) {
          producer.send({ topic, messages: values.map((value) => ({ value, partition })) }).then(() => done(), done)
        },
        close: () => producer.disconnect()
      }
    },

    async transactions ({ brokers, topic, transactionalId }) {
      const producer = kafkaOf(brokers).producer({ kafkaJS: { transactionalId } })
      return transactionsOf(producer, topic)
    }
  }
}

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'confluent',
  title: '@confluentinc/kafka-javascript',
  kind: 'peer',
  package: '@confluentinc/kafka-javascript',
  range: '^1.10.1',
  scripts: ['@confluentinc/kafka-javascript'],
  node: 24,
  has: ['transactions', 'cooperative'],
  modes: { message: 'eachMessage', batch: 'eachBatch' },
  settings: { consume: 'defaults, autoCommitInterval 5000', produce: 'defaults' },
  adapt
}
