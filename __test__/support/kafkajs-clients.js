'use strict'

// What the tests of the second door share: clients that are disconnected when their test ends, and waits for records.

const { Kafka, logLevel } = require('../../kafkajs')
const { uniqueName } = require('./embedded')

/** Short pauses between attempts, as the broker is on this machine. */
const FAST_RETRY = { initialRetryTime: 20, multiplier: 1, factor: 0, retries: 3 }

/**
 * @typedef {import('../../kafkajs').KafkaConfig} KafkaConfig
 * @typedef {import('../../kafkajs').ConsumerConfig} ConsumerConfig
 * @typedef {import('../../kafkajs').ConsumerRunConfig} ConsumerRunConfig
 * @typedef {import('../../kafkajs').Message} Message
 */

/** Opens things on one broker for one test, and disconnects them when it ends. */
class Clients {
  /**
   * @param {import('node:test').TestContext} context
   * @param {{ brokers: string }} broker
   * @param {Partial<KafkaConfig>} [options]
   */
  constructor (context, broker, options = {}) {
    this.context = context
    this.broker = broker
    /** @type {import('../../kafkajs').LogEntry[]} */
    this.logs = []
    this.kafka = new Kafka({
      clientId: 'second-door',
      brokers: broker.brokers.split(','),
      logLevel: logLevel.DEBUG,
      logCreator: () => (entry) => this.logs.push(entry),
      retry: FAST_RETRY,
      ...options
    })
  }

  /** @param {Partial<ConsumerConfig>} [options] */
  consumer (options = {}) {
    const consumer = this.kafka.consumer({
      groupId: uniqueName('group'),
      sessionTimeout: 6000,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
      retry: FAST_RETRY,
      ...options
    })
    this.context.after(() => consumer.disconnect())
    return consumer
  }

  /**
   * Sends values to one partition.
   *
   * @param {string} topic
   * @param {(Message['value'] | Message)[]} values
   * @param {number} [partition]
   */
  async send (topic, values, partition = 0) {
    if (!this.producer) {
      this.producer = this.kafka.producer()
      this.context.after(() => this.producer.disconnect())
      await this.producer.connect()
    }
    const isMessage = (value) => typeof value === 'object' && value !== null && !Buffer.isBuffer(value)
    const messages = values.map((value) => /** @type {Message} */ (isMessage(value)
      ? { partition, .../** @type {Message} */ (value) }
      : { value, partition }))
    await this.producer.send({ topic, messages })
  }
}

/** Collects things; `take(n)` resolves with the first `n` of them. */
class Collected {
  constructor () {
    this.all = []
    this.waiting = new Set()
  }

  add (thing) {
    this.all.push(thing)
    for (const wait of this.waiting) wait()
  }

  async take (count) {
    await this.until(() => this.all.length >= count)
    return this.all.slice(0, count)
  }

  /** @param {(all: any[]) => boolean} check @returns {Promise<void>} */
  until (check) {
    return new Promise((resolve) => {
      const wait = () => {
        if (!check(this.all)) return
        this.waiting.delete(wait)
        resolve()
      }
      this.waiting.add(wait)
      wait()
    })
  }
}

/**
 * What clients call their events, and what comes with them; by default anything.
 *
 * @typedef {object} Events
 * @property {import('../../kafkajs').ConsumerGroupJoinEvent} GROUP_JOIN
 * @property {import('../../kafkajs').ConsumerCrashEvent} CRASH
 * @property {import('../../kafkajs').ConsumerCommitOffsetsEvent} COMMIT_OFFSETS
 * @property {import('../../kafkajs').ConsumerFetchEvent} FETCH
 */

/**
 * The next event of this name.
 *
 * @template {{ events: object, on: (name: any, listener: (event: any) => void) => () => void }} Client
 * @template {keyof Client['events']} Name
 * @param {Client} client
 * @param {Name} name
 * @param {(event: Name extends keyof Events ? Events[Name] : any) => boolean} [accept]
 * @returns {Promise<Name extends keyof Events ? Events[Name] : any>}
 */
function nextEvent (client, name, accept = () => true) {
  return new Promise((resolve) => {
    const remove = client.on(client.events[name], (event) => {
      if (!accept(event)) return
      remove()
      resolve(event)
    })
  })
}

/** Something to wait for: `open()` lets everybody through. */
function gate () {
  /** @type {(value?: any) => void} */
  let open
  const opened = new Promise((resolve) => { open = resolve })
  return { open, opened }
}

module.exports = { Clients, Collected, FAST_RETRY, gate, nextEvent }
