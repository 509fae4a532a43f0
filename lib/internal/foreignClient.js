'use strict'

/**
 * Clients that are not `KafkaClient`s: the event emitters with a few functions that unit tests give to consumers and
 * producers. What is built on one calls the functions of the client that kafka-node calls, with the same arguments.
 */

const { KeyedMessage, Message, ProduceRequest } = require('../protocol')
const { setImmediate, setTimeout } = require('../../core/scheduling/timers')

/** How often a call that waits for such a client looks whether it is ready, ms. */
const READY_CHECK_INTERVAL = 100

/**
 * @param {any} client
 * @returns {boolean} whether it has no connections of ours. What a test makes of the class without its constructor
 *   (`sinon.createStubInstance`) has none, either
 */
function isForeign (client) {
  return typeof client._native !== 'function'
}

/**
 * @param {import('events').EventEmitter & Record<string, any>} emitter built on a client that is not ours
 * @param {() => void} call made once `emitter` is ready
 */
function onceReady (emitter, call) {
  if (emitter.ready) return call()
  setTimeout(() => onceReady(emitter, call), READY_CHECK_INTERVAL)
}

/**
 * The rest of `Consumer`'s constructor: the client brings the messages, and asks for more with `done`.
 *
 * @param {any} consumer
 */
function follow (consumer) {
  const { client } = consumer
  client.on('brokersChanged', () => {
    const topics = consumer.payloads.map((/** @type {any} */ { topic }) => topic)
    client.refreshMetadata(topics, (/** @type {Error | undefined} */ error) => {
      if (error) consumer.emit('error', error)
      else fetch(consumer)
    })
  })
  consumer.on('done', (/** @type {any} */ topics) => {
    for (const payload of consumer.payloads) {
      const partitions = topics[payload.topic]
      const last = partitions && partitions[payload.partition]
      if (last !== undefined) payload.offset = Math.max(0, last) + 1
    }
    if (consumer.options.autoCommit) consumer.commit(false, () => {})
    setImmediate(() => fetch(consumer))
  })
}

/** @param {any} consumer */
function fetch (consumer) {
  if (!consumer.ready || consumer.paused) return
  const { fetchMaxWaitMs, fetchMinBytes } = consumer.options
  consumer.client.sendFetchRequest(consumer, consumer.payloads, fetchMaxWaitMs, fetchMinBytes)
}

/**
 * @param {any} producer
 * @param {any[]} payloads whose partitions are chosen
 * @param {any} callback
 */
function produce (producer, payloads, callback) {
  /** @type {any[]} one for each partition */
  const requests = []
  for (const { topic, partition, attributes, key, timestamp, messages } of payloads) {
    let request = requests.find(other => other.topic === topic && other.partition === partition)
    if (request === undefined) requests.push(request = new ProduceRequest(topic, partition, [], attributes))
    for (const message of Array.isArray(messages) ? messages : [messages]) {
      request.messages.push(message instanceof KeyedMessage
        ? message
        : new Message(0, 0, key, message, timestamp || Date.now()))
    }
  }
  producer.client.sendProduceRequest(requests, producer.requireAcks, producer.ackTimeoutMs, callback)
}

module.exports = { fetch, follow, isForeign, onceReady, produce }
