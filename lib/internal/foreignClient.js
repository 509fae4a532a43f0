'use strict'

/**
 * Clients that are not `KafkaClient`s: the event emitters with a few functions that unit tests give to consumers and
 * producers. What is built on one calls the functions of the client that kafka-node calls, with the same arguments.
 */

const { KeyedMessage, Message, ProduceRequest } = require('../protocol/protocol_struct')
const { setImmediate, setTimeout } = require('../../core/scheduling/timers')

/** How often a call that waits for such a client checks whether it is ready, ms. */
const READY_CHECK_INTERVAL = 100

/**
 * @typedef {InstanceType<typeof import('../consumer')>} Consumer
 * @typedef {InstanceType<typeof import('../baseProducer')>} BaseProducer
 * @typedef {import('./produceBatches').ProduceCallback} ProduceCallback
 *
 * @typedef {object} Requests of kafka-node's client
 * @property {(consumer: Consumer, payloads: object[], maxWaitMs: number, minBytes: number) => void} sendFetchRequest
 * @property {(requests: object[], acks: number, timeoutMs: number, callback?: ProduceCallback) => void}
 *   sendProduceRequest
 *
 * @typedef {InstanceType<typeof import('../kafkaClient')> & Requests} ForeignClient
 */

/**
 * @param {object} client
 * @returns {boolean} whether it has no connections of ours. An instance that a test makes without the constructor
 *   (`sinon.createStubInstance`) has none, either
 */
function isForeign (client) {
  return typeof /** @type {{ _native?: unknown }} */ (client)._native !== 'function'
}

/**
 * @param {{ ready: boolean }} emitter built on a client that is not ours
 * @param {() => void} call made once `emitter` is ready
 */
function onceReady (emitter, call) {
  if (emitter.ready) return call()
  setTimeout(() => onceReady(emitter, call), READY_CHECK_INTERVAL)
}

/**
 * The rest of `Consumer`'s constructor: the client delivers the messages, and `done` asks for more.
 *
 * @param {Consumer} consumer
 */
function follow (consumer) {
  const { client } = consumer
  client.on('brokersChanged', () => {
    const topics = consumer.payloads.map(({ topic }) => topic)
    client.refreshMetadata(topics, error => {
      if (error) consumer.emit('error', error)
      else fetch(consumer)
    })
  })
  consumer.on('done', (/** @type {import('./messageEmitter').Progress} */ topics) => {
    for (const payload of consumer.payloads) {
      const partitions = topics[payload.topic]
      const last = partitions && partitions[payload.partition]
      if (last !== undefined) payload.offset = Math.max(0, last) + 1
    }
    if (consumer.options.autoCommit) consumer.commit(false, () => {})
    setImmediate(() => fetch(consumer))
  })
}

/** @param {Consumer} consumer */
function fetch (consumer) {
  if (!consumer.ready || consumer.paused) return
  const { fetchMaxWaitMs, fetchMinBytes } = consumer.options
  ;/** @type {ForeignClient} */ (consumer.client).sendFetchRequest(
    consumer, consumer.payloads, fetchMaxWaitMs, fetchMinBytes)
}

/**
 * @param {BaseProducer} producer
 * @param {import('./produceBatches').ChosenPayload[]} payloads
 * @param {ProduceCallback} [callback]
 */
function produce (producer, payloads, callback) {
  /** @type {Array<InstanceType<typeof ProduceRequest>>} one for each partition */
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
  ;/** @type {ForeignClient} */ (producer.client).sendProduceRequest(
    requests, producer.requireAcks, producer.ackTimeoutMs, callback)
}

module.exports = { fetch, follow, isForeign, onceReady, produce }
