'use strict'

/** @type {import('../lib/adapter').Adapt} */
function adapt ({ Consumer, Producer, stringDeserializers, stringSerializers }) {
  let serial = 0
  const common = (/** @type {string} */ brokers) => ({
    clientId: `benchmark-${process.pid}-${++serial}`, bootstrapBrokers: brokers.split(',')
  })
  return {
    async consumer ({ brokers, topic, groupId, fromBeginning, as, each, onAssigned, onError }) {
      const consumer = new Consumer({
        ...common(brokers), groupId, ...(as === 'buffer' ? {} : { deserializers: stringDeserializers })
      })
      consumer.on('consumer:group:join', onAssigned)
      const stream = await consumer.consume({
        topics: [topic], mode: fromBeginning ? 'earliest' : 'latest', autocommit: 5000
      })
      stream.on('error', onError)
      stream.on('data', (/** @type {any} */ message) => each(message.value))
      return { close: () => consumer.close(true) }
    },

    async producer ({ brokers, topic, acks, codec }) {
      const producer = new Producer({
        ...common(brokers), serializers: stringSerializers, acks, compression: codec
      })
      return {
        send (partition, values, done) {
          producer.send({ messages: values.map((value) => ({ topic, partition, value })) }, done)
        },
        close: () => producer.close(true)
      }
    },

    async transactions ({ brokers, topic, transactionalId }) {
      const producer = new Producer({
        ...common(brokers), serializers: stringSerializers, transactionalId, idempotent: true
      })
      return {
        async commit (values) {
          const transaction = await producer.beginTransaction()
          await transaction.send({ messages: values.map((value) => ({ topic, ...value })) })
          await transaction.commit()
        },
        close: () => producer.close(true)
      }
    }
  }
}

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'platformatic',
  title: '@platformatic/kafka',
  kind: 'peer',
  package: '@platformatic/kafka',
  range: '^2.12.1',
  node: 24,
  has: ['transactions'],
  modes: { message: 'on(\'data\')' },
  settings: { consume: 'defaults, autocommit 5000', produce: 'defaults' },
  adapt
}
