'use strict'

// The clients of the programs through kafka-node's API. Configurations are in its words, for both doors.

const { Consumer, ConsumerGroup, KafkaClient, Producer } = require('../../../..')

/**
 * @param {any} config
 * @param {import('./index').ProducerEvents} on
 * @returns {import('./index').OpenProducer}
 */
function openProducer ({ client: clientOptions, producer: options }, on) {
  const client = new KafkaClient(clientOptions)
  const producer = /** @type {any} */ (new Producer(client, options))
  producer.on('ready', on.ready)
  producer.on('error', (/** @type {any} */ error) => on.error(error))
  client.on('error', (/** @type {any} */ error) => on.error(error, 'client error'))
  return {
    send (topic, partition, value, done) {
      producer.send([{ topic, partition, messages: value }], (/** @type {any} */ error, /** @type {any} */ result) =>
        done(error, error ? undefined : result[topic] && result[topic][partition]))
    },
    close: (done) => producer.close(done)
  }
}

/**
 * @param {any} config
 * @param {import('./index').ReaderEvents} on
 * @returns {import('./index').OpenReader}
 */
function openConsumer ({ client, options, topic, partitions }, on) {
  const payloads = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }))
  const consumer = /** @type {any} */ (new Consumer(new KafkaClient(client), payloads,
    { fromOffset: true, autoCommit: false, ...options }))
  return listen(consumer, on)
}

/**
 * @param {any} config
 * @param {import('./index').ReaderEvents} on
 * @returns {import('./index').OpenReader}
 */
function openMember ({ options, topics }, on) {
  const group = /** @type {any} */ (new ConsumerGroup(options, topics))
  group.on('connect', () => on.said('connect'))
  group.on('rebalancing', () => on.said('rebalancing'))
  group.on('rebalanced', () => {
    const places = group.topicPayloads.map((/** @type {any} */ { topic, partition }) => [topic, partition])
    on.said('rebalanced', places)
    on.joined(group.memberId)
  })
  return listen(group, on)
}

/**
 * @param {any} consumer
 * @param {import('./index').ReaderEvents} on
 * @returns {import('./index').OpenReader}
 */
function listen (consumer, on) {
  consumer.on('error', (/** @type {any} */ error) => on.error(error))
  consumer.on('offsetOutOfRange', (/** @type {any} */ error) => on.error(error, 'offsetOutOfRange'))
  consumer.on('message', on.message)
  return {
    pause: () => consumer.pause(),
    resume: () => consumer.resume(),
    close: (force, done) => consumer.close(force, done)
  }
}

module.exports = { openProducer, openConsumer, openMember }
