'use strict'

// A producer and consumers through the API that KAFKA_DOOR names, for programs that do the same with both.

const path = require('path')
const { root, kafkaHost, door } = require('./common')

/**
 * @typedef {object} Sender
 * @property {() => boolean} isReady
 * @property {(values: string[], key: string | null, then: (error: Error | null) => void) => void} send
 * @property {(then: () => void) => void} close
 *
 * @typedef {object} Receiver
 * @property {() => boolean} isReady it will get what is sent from now on
 * @property {(then: () => void) => void} close
 */

const ignore = () => {}

const KAFKA_NODE = {
  /** @returns {Sender} */
  producer (topic, failed = ignore) {
    const kafka = require(root)
    const producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost }))
    producer.on('error', failed)
    return {
      isReady: () => producer.ready,
      send (messages, key, then) {
        producer.send([Object.assign({ topic, messages }, key === null ? {} : { key })], then)
      },
      close: then => producer.close(then)
    }
  },

  /** @returns {Receiver} of what is sent from now on */
  consumer (topic, received, failed = ignore) {
    const kafka = require(root)
    const consumer = new kafka.Consumer(new kafka.KafkaClient({ kafkaHost }), [{ topic }], { autoCommit: false })
    return listening(consumer, received, failed)
  },

  /** @returns {Receiver} of all there is, with frequent commits */
  member (topic, groupId, received, failed = ignore) {
    const { ConsumerGroup } = require(root)
    const options = { kafkaHost, groupId, fromOffset: 'earliest', autoCommitIntervalMs: 20 }
    return listening(new ConsumerGroup(options, [topic]), received, failed)
  }
}

/** @returns {Receiver} */
function listening (consumer, received, failed) {
  consumer.on('error', failed)
  consumer.on('message', ({ value }) => received(value))
  return { isReady: () => consumer.ready, close: then => consumer.close(then) }
}

const KAFKAJS = {
  /** @returns {Sender} */
  producer (topic, failed = ignore) {
    const producer = client().producer({ createPartitioner: kafkajs().Partitioners.DefaultPartitioner })
    let isReady = false
    producer.connect().then(() => { isReady = true }, failed)
    return {
      isReady: () => isReady,
      send (values, key, then) {
        producer.send({ topic, messages: values.map(value => ({ key, value })) }).then(() => then(null), then)
      },
      close: then => { producer.disconnect().then(then, failed) }
    }
  },

  /** @returns {Receiver} the only member of a group */
  consumer (topic, received, failed = ignore) {
    const groupId = ['alone', process.pid, Date.now(), Math.random()].join('-')
    return joining(client().consumer({ groupId }), topic, { autoCommit: false }, received, failed)
  },

  /** @returns {Receiver} */
  member (topic, groupId, received, failed = ignore) {
    return joining(client().consumer({ groupId }), topic, { autoCommitInterval: 20 }, received, failed)
  }
}

function kafkajs () {
  return require(path.join(root, 'kafkajs'))
}

function client () {
  const { Kafka, logLevel } = kafkajs()
  return new Kafka({ brokers: [kafkaHost], logLevel: logLevel.NOTHING })
}

/** @returns {Receiver} */
function joining (consumer, topic, options, received, failed) {
  let isReady = false
  consumer.on(consumer.events.GROUP_JOIN, () => { isReady = true })
  consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error))
  const run = async () => {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run(Object.assign({
      eachMessage: async ({ message }) => received(String(message.value))
    }, options))
  }
  run().catch(failed)
  return { isReady: () => isReady, close: then => { consumer.disconnect().then(then, failed) } }
}

module.exports = door === 'kafkajs' ? KAFKAJS : KAFKA_NODE
