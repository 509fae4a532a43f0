'use strict'

// What the tests on the embedded broker share: clients that are closed when their test ends, and waits for events.

const { randomUUID } = require('node:crypto')
const kafka = require('../..')
const { startDevBroker } = require('../../dev-broker')

/** Short pauses between attempts to connect, since the broker is on this machine. */
const FAST_RETRY = { retries: 2, factor: 1, minTimeout: 20, maxTimeout: 20, randomize: false }

const uniqueName = (prefix) => `${prefix}-${randomUUID()}`

/** Starts an embedded broker; if it ends by itself, the output of the test says why. */
async function startWatched (options = {}) {
  const broker = await startDevBroker({ port: 0, quiet: true, ...options })
  broker.on('exit', (error) => { if (error) console.error(error) })
  return broker
}

/** Calls a method that takes a callback last; resolves with the callback's result. */
function call (target, method, ...args) {
  return new Promise((resolve, reject) => {
    target[method](...args, (error, result) => error ? reject(error) : resolve(result))
  })
}

/**
 * Resolves with the first argument of the next such event. Unlike `events.once` it ignores `error` events.
 *
 * @param {import('node:events').EventEmitter} emitter
 * @param {string} event
 * @param {(argument: any) => boolean} [accept]
 * @returns {Promise<any>}
 */
function next (emitter, event, accept = () => true) {
  return new Promise((resolve) => {
    const listener = (argument) => {
      if (!accept(argument)) return
      emitter.removeListener(event, listener)
      resolve(argument)
    }
    emitter.on(event, listener)
  })
}

/** The names of these events, in the order in which they came. */
function record (emitter, names) {
  const seen = []
  for (const name of names) emitter.on(name, () => seen.push(name))
  return seen
}

/**
 * After its last member has left, a group of the embedded broker takes new ones only when that member's session timeout
 * is almost over. Short, but long enough for a busy machine.
 */
const SESSION_TIMEOUT = 3000

/** Opens things on one broker for one test, and closes them when it ends. */
class Opened {
  /**
   * @param {import('node:test').TestContext | import('node:test').SuiteContext} context of a test, or as a `beforeEach`
   *   hook gets it: declared as either, but always its test's
   * @param {{ brokers: string }} broker
   */
  constructor (context, broker) {
    this.context = /** @type {import('node:test').TestContext} */ (context)
    this.broker = broker
  }

  closeAtEnd (closable) {
    this.context.after(() => new Promise((resolve) => closable.close(resolve)))
    return closable
  }

  client (options = {}) {
    const settings = { kafkaHost: this.broker.brokers, connectRetryOptions: { ...FAST_RETRY }, ...options }
    return this.closeAtEnd(new kafka.KafkaClient(settings))
  }

  /** A ready producer. */
  async producer (options = {}, { client = this.client(), Producer = kafka.Producer } = {}) {
    const producer = new Producer(client, options)
    producer.on('error', () => {})
    await next(producer, 'ready')
    return producer
  }

  consumer (topics, options = {}, client = this.client()) {
    const consumer = new kafka.Consumer(client, topics, { groupId: uniqueName('fixed'), ...options })
    return this.closeAtEnd(consumer)
  }

  group (topics, options = {}) {
    const settings = {
      kafkaHost: this.broker.brokers,
      groupId: uniqueName('group'),
      fromOffset: /** @type {const} */ ('earliest'),
      sessionTimeout: SESSION_TIMEOUT,
      ...options
    }
    return this.closeAtEnd(new kafka.ConsumerGroup(settings, topics))
  }
}

/** Sends messages, one `send` for all of them, to partition 0 unless told otherwise. */
function sendAll (producer, topic, messages, partition = 0) {
  return call(producer, 'send', [{ topic, partition, messages }])
}

/** Collects messages; `take(n)` resolves with the first `n` of them. */
function collect (consumer) {
  const messages = []
  const waiting = []
  consumer.on('message', (message) => {
    messages.push(message)
    for (const wait of waiting.splice(0)) wait()
  })
  const take = async (count) => {
    while (messages.length < count) await new Promise((resolve) => waiting.push(resolve))
    return messages.slice(0, count)
  }
  return { messages, take }
}

const values = (messages) => messages.map(({ value }) => value)

const numbered = (count, from = 0) => Array.from({ length: count }, (_, i) => String(from + i))

/** A new topic. */
async function newTopic (broker, partitions = 1) {
  const topic = uniqueName('topic')
  await broker.createTopic(topic, partitions)
  return topic
}

/** A new topic with messages '0', '1', ... in each partition. */
async function filledTopic (broker, producer, count, partitions = 1) {
  const topic = await newTopic(broker, partitions)
  for (let partition = 0; partition < partitions; partition++) {
    await sendAll(producer, topic, numbered(count), partition)
  }
  return topic
}

module.exports = {
  FAST_RETRY, Opened, SESSION_TIMEOUT, call, collect, filledTopic, newTopic, next, numbered, record, sendAll,
  startWatched, uniqueName, values
}
