'use strict'

/** @type {import('../lib/adapter').Adapt} */
function adapt ({ KafkaConsumer, Producer }) {
  const connect = (/** @type {any} */ client) => new Promise((resolve, reject) => {
    client.connect({}, (/** @type {any} */ error) => error ? reject(error) : resolve(undefined))
  })
  const closer = (/** @type {any} */ client) => () => new Promise((resolve) => client.disconnect(resolve))
  return {
    async consumer ({ brokers, topic, groupId, fromBeginning, mode, as, each, onAssigned, onError }) {
      const consumer = new KafkaConsumer({
        'metadata.broker.list': brokers, 'group.id': groupId, rebalance_cb: true
      }, { 'auto.offset.reset': fromBeginning ? 'earliest' : 'latest' })
      consumer.on('event.error', onError)
      // -175: partitions were assigned
      consumer.on('rebalance', (/** @type {any} */ { code }) => { if (code === -175) onAssigned() })
      await connect(consumer)
      consumer.subscribe([topic])
      const one = as === 'buffer'
        ? (/** @type {any} */ message) => each(message.value)
        : (/** @type {any} */ message) => each(message.value.toString())
      if (mode === 'message') {
        consumer.on('data', one)
        consumer.consume()
      } else {
        consumer.setDefaultConsumeTimeout(10)
        let open = true
        const next = () => consumer.consume(1000, (/** @type {any} */ error, /** @type {any[]} */ messages) => {
          if (error) return onError(error)
          for (const message of messages) one(message)
          if (open) setImmediate(next)
        })
        next()
        return { close: () => { open = false; return closer(consumer)() } }
      }
      return { close: closer(consumer) }
    },

    async producer ({ brokers, topic, acks, codec }) {
      const producer = new Producer({
        'metadata.broker.list': brokers, dr_cb: true, 'compression.codec': codec
      }, { 'request.required.acks': acks })
      await connect(producer)
      producer.setPollInterval(1)
      producer.on('delivery-report', (/** @type {any} */ error, /** @type {any} */ { opaque }) => {
        if (error) opaque.error = error
        if (--opaque.left === 0) opaque.done(opaque.error)
      })
      return {
        send (partition, values, done) {
          const send = { left: values.length, done, error: undefined }
          for (const value of values) producer.produce(topic, partition, Buffer.from(value), null, null, send)
        },
        close: closer(producer)
      }
    }
  }
}

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'node-rdkafka',
  title: 'node-rdkafka',
  kind: 'peer',
  package: 'node-rdkafka',
  range: '^3.6.1',
  scripts: ['node-rdkafka'],
  node: 24,
  modes: { message: 'on(\'data\')', batch: 'consume(1000)' },
  settings: {
    consume: 'defaults (enable.auto.commit every 5 s), consume timeout 10 ms with consume(1000)',
    produce: 'defaults (linger.ms 5), dr_cb, setPollInterval(1)'
  },
  adapt
}
