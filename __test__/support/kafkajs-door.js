'use strict'

// What tests of the second door share: a Kafka of ours or of the original on one broker, and what their calls come to.

const ours = require('../../kafkajs')

/** @typedef {typeof ours} Library ours, or the original: the tests of both are held to our typings */

const theirs = /** @type {Library} */ (/** @type {unknown} */ (require('kafkajs')))

/** Short pauses, since the broker is on this machine. */
const FAST_RETRY = { retries: 2, initialRetryTime: 30, factor: 0, multiplier: 1 }

/** Clients of one test; they are disconnected when it ends. */
class Clients {
  /**
   * @param {import('node:test').TestContext} context
   * @param {string} brokers
   * @param {Library} [library]
   */
  constructor (context, brokers, library = ours) {
    this.context = context
    this.brokers = brokers
    this.library = library
  }

  /** @param {Partial<import('../../kafkajs').KafkaConfig>} [options] */
  kafka (options) {
    const { Kafka, logLevel } = this.library
    return new Kafka({
      brokers: this.brokers.split(','), clientId: 'test', logLevel: logLevel.NOTHING, retry: FAST_RETRY, ...options
    })
  }

  /**
   * @param {import('../../kafkajs').ProducerConfig} [options]
   * @param {import('../../kafkajs').Kafka} [kafka]
   */
  producer (options, kafka = this.kafka()) {
    const { DefaultPartitioner } = this.library.Partitioners
    const producer = kafka.producer({ createPartitioner: DefaultPartitioner, ...options })
    this.context.after(() => producer.disconnect())
    return producer
  }

  /**
   * @param {import('../../kafkajs').ProducerConfig} [options]
   * @param {import('../../kafkajs').Kafka} [kafka]
   */
  async connected (options, kafka) {
    const producer = this.producer(options, kafka)
    await producer.connect()
    return producer
  }
}

/**
 * @param {any} error
 * @returns {object | null} what programs look at
 */
function seen (error) {
  if (!error) return null
  const { name, message, retriable, type, code, cause } = error
  return { name, message, retriable, type, code, cause: seen(cause) }
}

/**
 * @param {() => Promise<any>} call
 * @returns {Promise<object>} its value, or what is seen of its error
 */
async function outcome (call) {
  try {
    return { value: await call() }
  } catch (error) {
    return { error: seen(error) }
  }
}

module.exports = { Clients, FAST_RETRY, ours, outcome, seen, theirs }
