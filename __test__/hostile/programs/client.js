'use strict'

// A client of either door against a hostile broker or network, in a process of its own: if it crashes, that is the
// failure of its case. One line per event, as a JSON array. SIGTERM closes the client; then no native thread may be
// left.
// argument: JSON of Config

/**
 * @typedef {object} Config
 * @property {'kafka-node' | 'kafkajs'} door
 * @property {string} brokers
 * @property {'read' | 'join' | 'write' | 'ask'} role
 * @property {string} topic
 * @property {number[]} [partitions] to read
 * @property {number} [offset] to read from
 * @property {string[]} [values] to write to partition 0, each with a send of its own
 * @property {number} [acks]
 * @property {object} [client] more options of the client, in the door's words
 * @property {object} [options] more options of the consumer or producer
 */

const { nativeThreads, root, say, when } = require('../../lifecycle/programs/common')

/** @type {Config} */
const config = JSON.parse(process.argv[2])
const tell = (/** @type {any[]} */ ...event) => say(JSON.stringify(event))

/** @param {any} error */
function seen (error) {
  const { name, message, code, errorCode, retriable, type } = error
  return { isError: error instanceof Error, name, message, code, errorCode, retriable, type }
}

/** @param {{ topic?: string, partition: number, offset: any, value: any, headers?: any }} message */
function tellMessage ({ topic = config.topic, partition, offset, value, headers = {} }) {
  const names = Object.keys(headers)
  tell('message', {
    topic,
    partition,
    offset: Number(offset),
    value: value && value.length > 100 ? { size: value.length } : value === null ? null : String(value),
    ...(names.length > 0 && {
      headers: names.length > 10 ? names.length : names.map((name) => [name, String(headers[name])])
    })
  })
}

const kafkaNode = () => {
  const kafka = require(root)
  const client = () => {
    const made = new kafka.KafkaClient({
      kafkaHost: config.brokers,
      connectTimeout: 2000,
      requestTimeout: 2000,
      connectRetryOptions: { retries: 2, factor: 1, minTimeout: 50, maxTimeout: 50, randomize: false },
      ...config.client
    })
    made.on('error', (error) => tell('error', seen(error)))
    return made
  }
  const listen = (/** @type {any} */ consumer) => {
    consumer.on('error', (/** @type {any} */ error) => tell('error', seen(error)))
    consumer.on('offsetOutOfRange', (/** @type {any} */ error) => tell('error', seen(error)))
    consumer.on('rebalanced', () => tell('joined'))
    consumer.on('message', tellMessage)
    return (/** @type {() => void} */ done) => consumer.close(done)
  }
  return {
    read () {
      const { partitions = [0], offset = 0, topic } = config
      return listen(new kafka.Consumer(client(), partitions.map((partition) => ({ topic, partition, offset })),
        { fromOffset: true, autoCommit: false, ...config.options }))
    },
    join () {
      return listen(new kafka.ConsumerGroup({
        kafkaHost: config.brokers,
        groupId: `hostile-${process.pid}`,
        fromOffset: 'earliest',
        requestTimeout: 2000,
        connectTimeout: 2000,
        ...config.client,
        ...config.options
      }, config.topic))
    },
    write () {
      const producer = new kafka.Producer(client(), { requireAcks: config.acks ?? 1, ...config.options })
      producer.on('error', (error) => tell('error', seen(error)))
      producer.on('ready', () => (config.values || []).forEach((value, number) =>
        producer.send([{ topic: config.topic, partition: 0, messages: value }], (error, result) =>
          error ? tell('failed', number, seen(error)) : tell('sent', number, JSON.stringify(result)))))
      return (/** @type {() => void} */ done) => producer.close(done)
    },
    ask () {
      const asking = client()
      const asked = (/** @type {string} */ what) => (/** @type {any} */ error, /** @type {any} */ result) =>
        error ? tell('failed', what, seen(error)) : tell('answer', what, result)
      asking.on('ready', () => {
        asking.loadMetadataForTopics([config.topic], asked('metadata'))
        new kafka.Offset(asking).fetchLatestOffsets([config.topic], asked('offsets'))
        new kafka.Admin(asking).listGroups(asked('groups'))
      })
      return (/** @type {() => void} */ done) => asking.close(done)
    }
  }
}

const kafkaJs = () => {
  const { Kafka, logLevel, Partitioners } = require(`${root}/kafkajs`)
  const kafka = new Kafka({
    brokers: config.brokers.split(','),
    connectionTimeout: 2000,
    requestTimeout: 2000,
    retry: { retries: 2, initialRetryTime: 50, factor: 0, multiplier: 1 },
    logLevel: logLevel.WARN,
    logCreator: () => ({ namespace, log }) => tell('logged', `${namespace}: ${log.message}`),
    ...config.client
  })
  const fail = (/** @type {any} */ error) => tell('error', seen(error))
  const join = () => {
    const consumer = kafka.consumer({ groupId: `hostile-${process.pid}`, maxWaitTimeInMs: 100, ...config.options })
    consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error))
    consumer.on(consumer.events.GROUP_JOIN, () => tell('joined'))
    const run = async () => {
      await consumer.connect()
      await consumer.subscribe({ topics: [config.topic], fromBeginning: true })
      await consumer.run({
        eachMessage: async ({ topic, partition, message }) => tellMessage({ topic, partition, ...message })
      })
    }
    run().catch(fail)
    return (/** @type {() => void} */ done) => consumer.disconnect().then(done, fail)
  }
  return {
    read: join,
    join,
    write () {
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...config.options })
      const send = async () => {
        await producer.connect()
        for (const [number, value] of (config.values || []).entries()) {
          producer.send({ topic: config.topic, acks: config.acks ?? 1, messages: [{ partition: 0, value }] }).then(
            (result) => tell('sent', number, JSON.stringify(result)),
            (error) => tell('failed', number, seen(error)))
        }
      }
      send().catch(fail)
      return (/** @type {() => void} */ done) => producer.disconnect().then(done, fail)
    },
    ask () {
      const admin = kafka.admin()
      const ask = (/** @type {string} */ what, /** @type {Promise<any>} */ asked) =>
        asked.then((result) => tell('answer', what, result), (error) => tell('failed', what, seen(error)))
      admin.connect().then(() => {
        ask('metadata', admin.fetchTopicMetadata({ topics: [config.topic] }))
        ask('offsets', admin.fetchTopicOffsets(config.topic))
        ask('groups', admin.listGroups())
      }, fail)
      return (/** @type {() => void} */ done) => admin.disconnect().then(done, fail)
    }
  }
}

const open = (config.door === 'kafkajs' ? kafkaJs : kafkaNode)()
const before = process.resourceUsage().maxRSS
process.on('uncaughtException', (error) => {
  tell('uncaught', seen(error), error.stack)
  process.exit(70)
})
const close = open[config.role]()
// keeps the process until it is told to end, as a service would be
const staying = setInterval(() => {}, 1000)
process.once('SIGTERM', () => close(() => {
  tell('closed')
  when(() => nativeThreads().length === 0, () => {
    tell('ended', { grownMiB: Math.round((process.resourceUsage().maxRSS - before) / 1024) })
    clearInterval(staying)
  })
}))
