'use strict'

/**
 * The adapter for kafka-node's API, which two of the clients have. The original runs with exactly the same calls.
 *
 * @param {any} library
 * @returns {import('./adapter').Adapter}
 */
module.exports = function adapt ({ Consumer, ConsumerGroup, KafkaClient, Producer }) {
  const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

  /** @param {any} emitter @param {(callback: Function) => void} close */
  const closer = (emitter, close) => () => new Promise((resolve) => {
    emitter.removeAllListeners('error')
    emitter.on('error', () => {})
    close(resolve)
  })

  return {
    async consumer ({ brokers, topic, partitions, groupId, fromBeginning, api, as, each, onAssigned, onError }) {
      const encoding = as === 'buffer' ? 'buffer' : 'utf8'
      if (api === 'Consumer') {
        const client = new KafkaClient({ kafkaHost: brokers })
        const payloads = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
        const consumer = new Consumer(client, payloads, { groupId, encoding })
        consumer.on('error', onError)
        consumer.on('message', (/** @type {any} */ message) => each(message.value))
        return { close: closer(consumer, (done) => consumer.close(done)) }
      }
      const group = new ConsumerGroup({
        kafkaHost: brokers, groupId, fromOffset: fromBeginning ? 'earliest' : 'latest', encoding
      }, topic)
      group.on('error', onError)
      group.on('rebalanced', onAssigned)
      group.on('message', (/** @type {any} */ message) => each(message.value))
      return { close: closer(group, (done) => group.close(done)) }
    },

    producer ({ brokers, topic, acks, codec }) {
      const client = new KafkaClient({ kafkaHost: brokers })
      const producer = new Producer(client, { requireAcks: acks })
      const attributes = codecs.indexOf(codec)
      return new Promise((resolve, reject) => {
        producer.on('error', reject)
        producer.on('ready', () => client.refreshMetadata([topic], (/** @type {any} */ error) => {
          if (error) return reject(error)
          resolve({
            send (partition, values, done) {
              producer.send([{ topic, partition, messages: values, attributes }], done)
            },
            close: closer(producer, (done) => producer.close(done))
          })
        }))
      })
    }
  }
}
