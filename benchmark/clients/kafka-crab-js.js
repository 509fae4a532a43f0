'use strict'

/** @type {import('../lib/adapter').Adapt} */
function adapt ({ KafkaClient }) {
  const clientOf = (/** @type {string} */ brokers) => new KafkaClient({ brokers, clientId: 'benchmark' })
  return {
    async consumer ({ brokers, topic, groupId, fromBeginning, mode, as, each, onAssigned, onError }) {
      const { consumer, stream } = clientOf(brokers).createWebStreamConsumer({
        groupId,
        enableAutoCommit: true,
        configuration: { 'auto.offset.reset': fromBeginning ? 'earliest' : 'latest' },
        ...(mode === 'batch' ? { batchSize: 4096, batchTimeout: 2 } : {})
      })
      consumer.onEvents((/** @type {any} */ error, /** @type {any} */ event) => {
        if (!error && event.name === 'PostRebalance' && event.payload.tpl.length > 0) onAssigned()
      })
      await consumer.subscribe(topic)
      const read = as === 'buffer'
        ? (/** @type {any} */ message) => each(message.payload)
        : (/** @type {any} */ message) => each(message.payload.toString())
      const loop = async () => {
        const reader = stream.getReader()
        for (;;) {
          const { value, done } = await reader.read()
          if (done) return
          if (mode === 'message') read(value)
          else for (const message of value) read(message)
        }
      }
      loop().catch(onError)
      return { close: () => consumer.disconnect() }
    },

    // It does not accept a partition: librdkafka chooses one for records without a key.
    async producer ({ brokers, topic, acks, codec }) {
      const producer = clientOf(brokers).createProducer({
        configuration: { acks: String(acks), 'compression.type': codec }
      })
      return {
        send (_partition, values, done) {
          const messages = values.map((value) => ({ payload: Buffer.from(value) }))
          producer.send({ topic, messages }).then(() => done(), done)
        },
        close: () => producer.flush()
      }
    }
  }
}

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'kafka-crab-js',
  title: 'kafka-crab-js',
  kind: 'peer',
  package: 'kafka-crab-js',
  range: '^5.0.0',
  node: 24,
  modes: { message: 'Web Stream', batch: 'Web Stream of batches' },
  unable: { zstd: 'kafka-crab-js is built without zstd' },
  settings: {
    consume: 'defaults (enable.auto.commit every 5 s); batches as in its own benchmark: batchSize 4096, batchTimeout 2',
    produce: 'defaults (autoFlush)'
  },
  adapt
}
