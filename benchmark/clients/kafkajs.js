'use strict'

/** @type {import('../lib/adapter').Adapt} */
function adapt ({ CompressionTypes, Kafka, logLevel }) {
  const kafkaOf = (/** @type {string} */ brokers) => new Kafka({
    brokers: brokers.split(','), logLevel: logLevel.NOTHING
  })
  return {
    async consumer ({ brokers, topic, groupId, fromBeginning, mode, as, each, onAssigned, onError }) {
      const consumer = kafkaOf(brokers).consumer({ groupId })
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
    }
  }
}

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'kafkajs',
  title: 'KafkaJS',
  kind: 'peer',
  package: 'kafkajs',
  range: '^2.2.4',
  node: 24,
  modes: { message: 'eachMessage', batch: 'eachBatch' },
  unable: { zstd: 'KafkaJS reads zstd only with a codec package of its own' },
  settings: { consume: 'defaults, autoCommitInterval 5000', produce: 'defaults, allowAutoTopicCreation false' },
  adapt
}
