'use strict'

const { section } = require('../support/section')

/** A log creator that collects, and what it has collected. */
function collector () {
  /** @type {any[]} */
  const entries = []
  /** @type {any[]} */
  const levels = []
  const logCreator = (level) => {
    levels.push(level)
    return (entry) => { entries.push(entry) }
  }
  return { entries, levels, logCreator }
}

/** @param {any} entry @returns {any} without its time */
const timeless = ({ log: { timestamp, ...log }, ...entry }) => ({ ...entry, log })

module.exports = section('Logger', (scenario) => {
  scenario('entries', { contract: '2.5' }, (t) => {
    const { entries, levels, logCreator } = collector()
    const kafka = t.client({ logLevel: 5, logCreator })
    const logger = kafka.logger()
    t.log('created with', levels)
    t.log('keys', Object.keys(logger))
    for (const level of ['info', 'error', 'warn', 'debug']) logger[level](`a ${level}`, { extra: 1 })
    logger.info('plain')
    logger.info('wins', { message: 'of the extra', logger: 'own', timestamp: 'then' })
    logger.namespace('Name').info('in a namespace')
    logger.namespace('Outer').namespace('Inner').info('does not nest')
    for (const entry of entries) t.log('entries', timeless(entry))
    t.log('time', entries.map(({ log: { timestamp } }) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(timestamp)),
      Object.keys(entries[0]), Object.keys(entries[0].log))
  })

  for (const logLevel of [0, 1, 2, 4, 5, undefined]) {
    scenario(`level ${logLevel}`, { contract: '2.5' }, (t) => {
      const { entries, levels, logCreator } = collector()
      const logger = t.client({ logLevel, logCreator }).logger()
      for (const level of ['info', 'error', 'warn', 'debug']) logger[level](level)
      t.log('created with', levels)
      t.log('written', entries.map(({ label, level }) => [label, level]))
    })
  }

  scenario('one level for all loggers of a Kafka', { contract: '2.5 (Q10)' }, (t) => {
    const { entries, logCreator } = collector()
    const kafka = t.client({ logLevel: 1, logCreator })
    const consumer = t.consumer({}, kafka)
    const producer = t.producer({}, kafka)
    consumer.logger().info('not yet')
    consumer.logger().setLogLevel(4)
    for (const logger of [kafka.logger(), consumer.logger(), producer.logger(), t.admin(kafka).logger()]) {
      logger.info('now')
      logger.debug('not now')
    }
    kafka.logger().namespace('Own', 1).info('a namespace with a level of its own')
    kafka.logger().namespace('Own', 5).debug('another one')
    t.log('entries', entries.map(({ namespace, log: { message } }) => [namespace, message]))
  })

  scenario('the level of the environment', { contract: '2.5', isolated: true }, (t) => {
    process.env.KAFKAJS_LOG_LEVEL = 'eRRor'
    const { entries, levels, logCreator } = collector()
    const kafka = t.client({ logLevel: 5, logCreator })
    const producer = t.producer({}, kafka)
    for (const logger of [kafka.logger(), producer.logger()]) {
      logger.info('no')
      logger.error('yes')
    }
    producer.logger().setLogLevel(5)
    for (const logger of [kafka.logger(), producer.logger()]) logger.debug('later')
    t.log('created with', levels)
    t.log('entries', entries.map(({ namespace, log: { message } }) => [namespace, message]))
  })

  scenario('the default prints lines of JSON', { contract: '2.5' }, (t) => {
    /** @type {any[]} */
    const lines = []
    const names = /** @type {const} */ (['info', 'error', 'warn', 'log'])
    const kept = names.map((name) => console[name])
    for (const name of names) console[name] = (line) => { lines.push([name, line]) }
    const logger = t.client({ logLevel: 5 }).logger()
    for (const level of ['info', 'error', 'warn', 'debug']) {
      logger.namespace('Space')[level]('text', { a: 1, b: [2], text: 'ü"' })
      logger[level]('text')
    }
    for (const [i, name] of names.entries()) console[name] = kept[i]
    for (const [name, line] of lines) t.log('lines', name, line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, '<time>'))
  })

  scenario('the warning about partitioners, once for a process', { contract: '2.5 (Q11)', isolated: true }, (t) => {
    const { entries, logCreator } = collector()
    const kafka = t.client({ logLevel: 4, logCreator })
    const { DefaultPartitioner } = t.kafkajs.Partitioners
    kafka.producer({ createPartitioner: DefaultPartitioner })
    t.log('with one', entries.map(timeless))
    kafka.producer()
    kafka.producer()
    t.client({ logLevel: 4, logCreator }).producer()
    t.log('without', entries.length, entries.map(({ namespace, label }) => [namespace, label]),
      entries.map(({ log: { message } }) => message.slice(0, 43)))
  })

  scenario('the warning can be silenced', { contract: '2.5 (Q11)', isolated: true }, (t) => {
    process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
    const { entries, logCreator } = collector()
    t.client({ logLevel: 4, logCreator }).producer()
    t.log('entries', entries)
  })

  scenario('a finite number of retries for an idempotent producer', { contract: '3.1' }, (t) => {
    const { entries, logCreator } = collector()
    t.producer({ idempotent: true, retry: { retries: 3 } }, t.client({ logLevel: 4, logCreator }))
    for (const entry of entries) t.log('entries', timeless(entry))
  })

  /** The lines that log pipelines look for. */
  const WANTED = ['Starting', 'Stopped', 'Consumer has joined the group', 'Error when calling eachMessage',
    'Pausing fetching from 1 topics', 'Resuming fetching from 1 topics', 'Crash: ', 'Restarting the consumer in',
    'consumer#run was called, but the consumer is already running']

  /** @param {any[]} entries */
  const wanted = (entries) => entries
    .filter(({ log: { message } }) => WANTED.some((begin) => message.startsWith(begin)))
    .map(({ namespace, label, log: { timestamp, logger, stack, message, duration, retryTime, ...extra } }) =>
      ({ namespace, label, message, extra }))

  scenario('the life of a consumer', { contract: '2.5, 4.7' }, async (t) => {
    const { entries, logCreator } = collector()
    const topic = await t.topic()
    const consumer = t.consumer({}, t.client({ logLevel: 4, logCreator }))
    await t.start(consumer, topic, { eachMessage: async () => {} })
    await consumer.run({ eachMessage: async () => {} })
    consumer.pause([{ topic }])
    consumer.resume([{ topic, partitions: [0] }])
    await consumer.stop()
    await consumer.disconnect()
    for (const line of wanted(entries)) t.log('lines', line)
  })

  scenario('a handler that throws, until the consumer crashes', { contract: '2.5, 4.8' }, async (t) => {
    const { entries, logCreator } = collector()
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'a' }])
    const kafka = t.client({ logLevel: 4, logCreator })
    const retry = { retries: 1, initialRetryTime: 50, factor: 0, multiplier: 1, restartOnFailure: async () => false }
    const consumer = t.consumer({ retry }, kafka)
    const crash = t.nextEvent(consumer, 'CRASH')
    await t.start(consumer, topic, { eachMessage: async () => { throw new Error('own') } })
    await crash
    for (const line of wanted(entries)) t.log('lines', line)
  })
})
