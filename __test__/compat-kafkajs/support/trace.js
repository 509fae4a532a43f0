'use strict'

const base = require('../../compat/support/trace')
const { groupMembers, waitForTopic, withAdmin } = require('../../support/kafka')
const { text } = require('./show')

// Ours loads the main package by its name, as if both were installed.
require('../../support/kafkajs-native')

/** Short pauses without jitter: the broker is on this machine, and what is compared must not depend on chance. */
const RETRY = { initialRetryTime: 50, factor: 0, multiplier: 1, retries: 3 }

/** Members' ids, as a broker makes them from client's ids. */
const MEMBER_ID = /\b[\w.-]+-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g

/**
 * Scenarios are held to our typings, which are those of KafkaJS and more.
 *
 * @typedef {typeof import('../../../kafkajs')} KafkaJS
 * @typedef {import('../../../kafkajs').Kafka} Kafka
 * @typedef {import('../../../kafkajs').Producer} Producer
 * @typedef {import('../../../kafkajs').NativeConsumer} Consumer
 * @typedef {import('../../../kafkajs').NativeAdmin} Admin
 */

/** What one side did in one scenario: kafkajs, or ours. */
class Trace extends base.Trace {
  /** @returns {KafkaJS} the main module: kafkajs, or ours */
  get kafkajs () {
    return this.require()
  }

  /** @param {string} line */
  anonymous (line) {
    return super.anonymous(line).replace(MEMBER_ID, '<member>')
  }

  /** @param {string} track @param {...any} values */
  log (track, ...values) {
    this.line(track, values.map(text).join(' '))
  }

  /**
   * What a call that may throw did.
   *
   * @template T
   * @param {string} track
   * @param {() => T} call
   * @returns {T | undefined}
   */
  attempt (track, call) {
    try {
      const result = call()
      this.line(track, `returns ${text(result)}`)
      return result
    } catch (error) {
      this.line(track, `throws ${text(error)}`)
      return undefined
    }
  }

  /**
   * Records what a call comes to.
   *
   * @template T
   * @param {string} track
   * @param {() => T | Promise<T>} call
   * @param {(value: T) => any} [normalise] before it is recorded
   * @returns {Promise<T | undefined>} undefined if it was rejected
   */
  async outcome (track, call, normalise = (value) => value) {
    /** @type {T | Promise<T>} */
    let promise
    try {
      promise = call()
    } catch (error) {
      this.line(track, `throws ${text(error)}`)
      return undefined
    }
    try {
      const value = await this.soon(Promise.resolve(promise), `the end of '${track}'`)
      this.line(track, `resolves ${text(normalise(value))}`)
      return value
    } catch (error) {
      this.line(track, `rejects ${text(error)}`)
      return undefined
    }
  }

  // ---- the client under test ----

  /** @param {Partial<import('../../../kafkajs').KafkaConfig>} [options] @returns {Kafka} on the broker, logs nothing */
  client (options = {}) {
    return new this.kafkajs.Kafka({
      brokers: [this.brokers], clientId: 'compat', logLevel: 0, retry: { ...RETRY }, ...options
    })
  }

  /** @template T @param {T} client disconnected at the end @returns {T} */
  closing (client) {
    const { disconnect } = /** @type {any} */ (client)
    this.cleanups.push(() => Promise.race([
      disconnect().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, 8000).unref())
    ]))
    return client
  }

  /** @param {import('../../../kafkajs').ProducerConfig} [options] @param {Kafka} [kafka] @returns {Producer} */
  producer (options = {}, kafka = this.client()) {
    const { DefaultPartitioner } = this.kafkajs.Partitioners
    return this.closing(kafka.producer({ createPartitioner: DefaultPartitioner, ...options }))
  }

  /** @param {import('../../../kafkajs').ProducerConfig} [options] @param {Kafka} [kafka] */
  async connectedProducer (options, kafka) {
    const producer = this.producer(options, kafka)
    await producer.connect()
    return producer
  }

  /**
   * @param {Partial<import('../../../kafkajs').ConsumerConfig>} [options]
   * @param {Kafka} [kafka]
   * @returns {Consumer} one that waits little, in a group of its own
   */
  consumer (options = {}, kafka = this.client()) {
    return this.closing(kafka.consumer({
      groupId: this.name('group'),
      sessionTimeout: 30000,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
      retry: { ...RETRY },
      ...options
    }))
  }

  /** @param {Kafka} [kafka] @returns {Admin} */
  admin (kafka = this.client()) {
    return this.closing(kafka.admin())
  }

  /** @param {Kafka} [kafka] */
  async connectedAdmin (kafka) {
    const admin = this.admin(kafka)
    await admin.connect()
    return admin
  }

  /**
   * Records a client's events on a track, in their order.
   *
   * @param {string} track
   * @param {any} client
   * @param {string[]} names such as `CONNECT`
   * @param {(payload: any, name: string) => any} [normalise] what of the payload is recorded
   */
  events (track, client, names, normalise = (payload) => payload) {
    for (const name of names) {
      client.on(client.events[name], (/** @type {any} */ { type, payload }) =>
        this.log(track, type, normalise(payload, name)))
    }
  }

  /** @param {any} client @param {string} name @returns {Promise<any>} the next event of this name */
  nextEvent (client, name) {
    const event = this.soon(new Promise((resolve) => {
      const remove = client.on(client.events[name], (/** @type {any} */ event) => {
        remove()
        resolve(event)
      })
    }), `the event ${name}`)
    // A scenario that has failed earlier does not wait for it any more.
    event.catch(() => {})
    return event
  }

  /**
   * Subscribes from the beginning and runs, and waits until the member has its partitions.
   *
   * @param {Consumer} consumer
   * @param {string | string[]} topics
   * @param {import('../../../kafkajs').ConsumerRunConfig} run
   * @returns {Promise<any>} the event GROUP_JOIN
   */
  async start (consumer, topics, run) {
    const joined = this.nextEvent(consumer, 'GROUP_JOIN')
    await consumer.connect()
    await consumer.subscribe({ topics: [topics].flat(), fromBeginning: true })
    await consumer.run(run)
    return joined
  }

  /**
   * Waits until a group has committed this offset in a partition.
   *
   * @param {string} group
   * @param {string} topic
   * @param {number} offset
   * @param {number} [partition]
   */
  async untilCommitted (group, topic, offset, partition = 0) {
    await this.eventually(async () => {
      const found = (await this.committed(group, topic))[partition]
      return found !== undefined && found.offset === offset
    }, `offset ${offset} committed`)
  }

  /** @param {() => Promise<boolean>} check @param {string} what */
  async eventually (check, what) {
    const deadline = Date.now() + 40000
    while (!await check()) {
      if (Date.now() > deadline) {
        this.line('waited in vain', what)
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** @param {string[]} names of topics that others make: until the broker knows them everywhere */
  async visible (...names) {
    for (const name of names) await waitForTopic(this.brokers, name)
  }

  /** @param {string} group */
  members (group) {
    return groupMembers(this.brokers, group)
  }

  /**
   * @template T
   * @param {(admin: import('kafkajs').Admin) => Promise<T>} use an admin that is not under test
   * @returns {Promise<T>}
   */
  administer (use) {
    return withAdmin(this.brokers, use)
  }

  /** @param {string} topic @returns {Promise<any[]>} its records, bytes as text */
  async written (topic) {
    const plain = (/** @type {Buffer | null} */ bytes) => bytes === null ? null : String(bytes)
    return (await this.records(topic)).map(({ partition, offset, key, value, timestamp, headers }) => ({
      partition, offset, key: plain(key), value: plain(value), timestamp,
      headers: headers.map(([name, bytes]) => [name, plain(bytes)])
    }))
  }
}

module.exports = { Trace, RETRY }
