'use strict'

const { refuse } = require('./clientConfig')
const { Cluster } = require('./cluster')
const { GroupMembers } = require('./groupMembers')
const { InstrumentationEmitter } = require('./instrumentation')
const { LEVELS, consoleLogCreator, createLogger } = require('./logger')
const createAdmin = require('./admin')
const createConsumer = require('./consumer')
const createProducer = require('./producer')

/**
 * Where a class of clients has the functions that make producers, consumers and admins: a subclass may have others.
 */
const FACTORIES = Symbol('factories')

/**
 * @typedef {object} LoggerConfig
 * @property {import('./logger').LogCreator} [logCreator]
 * @property {number} [logLevel]
 * @typedef {import('./clientConfig').KafkaOptions & LoggerConfig} ClientConfig
 *
 * @typedef {object} State
 * @property {import('./clientConfig').KafkaOptions} config
 * @property {import('./logger').Logger} logger
 * @property {GroupMembers} members
 */

/**
 * What a client was made of. Not in the client itself, whose secrets would be shown with it.
 *
 * @type {WeakMap<object, State>}
 */
const states = new WeakMap()

const MIGRATION_GUIDE = 'https://kafka.js.org/docs/migration-guide-v2.0.0#producer-new-default-partitioner'

let hasWarned = false

/** @param {import('./logger').Logger} logger */
function warnOfPartitioner (logger) {
  if (hasWarned) return
  hasWarned = true
  if (process.env.KAFKAJS_NO_PARTITIONER_WARNING !== undefined) return
  logger.warn('KafkaJS v2.0.0 switched default partitioner. Programs that came from an older version and need the ' +
    'partitions that it chose make their producers with "createPartitioner: Partitioners.LegacyPartitioner": see ' +
    `${MIGRATION_GUIDE}. Where there is nothing to do, set KAFKAJS_NO_PARTITIONER_WARNING=1`)
}

/** A Kafka cluster to be connected to. The name is KafkaJS's own, which agents look for. */
class Client {
  /** @param {ClientConfig} options */
  constructor (options) {
    const { logCreator = consoleLogCreator, logLevel = LEVELS.INFO, ...config } = own(options)
    refuse(config)
    states.set(this, { config, logger: createLogger({ level: logLevel, logCreator }), members: new GroupMembers() })
  }

  /** @param {import('../kafkajs').ProducerConfig} [options] */
  producer (options = {}) {
    const { allowAutoTopicCreation, createPartitioner, maxInFlightRequests, metadataMaxAge, retry, ...others } = options
    if (createPartitioner === undefined || createPartitioner === null) warnOfPartitioner(stateOf(this).logger)
    return this[FACTORIES].createProducer({
      ...others,
      createPartitioner,
      ...clientParams(this, { allowAutoTopicCreation, maxInFlightRequests, metadataMaxAge, retry })
    })
  }

  /** @param {import('../kafkajs').AdminConfig} [options] */
  admin ({ retry } = {}) {
    return this[FACTORIES].createAdmin(clientParams(this, { allowAutoTopicCreation: false, retry }))
  }

  /** @param {import('./consumer').ConsumerOptions} options */
  consumer (options) {
    const {
      allowAutoTopicCreation, maxInFlightRequests, metadataMaxAge, readUncommitted, retry = { retries: 5 }, ...others
    } = options || /** @type {import('./consumer').ConsumerOptions} */ ({})
    return this[FACTORIES].createConsumer({
      ...others,
      metadataMaxAge,
      isolationLevel: readUncommitted ? 0 : 1,
      ...clientParams(this, { allowAutoTopicCreation, maxInFlightRequests, metadataMaxAge, retry })
    })
  }

  logger () {
    return stateOf(this).logger
  }

  get [FACTORIES] () {
    return { createAdmin, createConsumer, createProducer }
  }
}

/** @param {ClientConfig} options as the user gave them */
function own (options) {
  if (options === undefined || options === null) throw new TypeError('new Kafka() needs a configuration: { brokers }')
  return { ...options }
}

/** @param {object} kafka */
function stateOf (kafka) {
  const state = states.get(kafka)
  if (state === undefined) throw new TypeError('This is no instance of Kafka')
  return state
}

/**
 * What every kind of client is made of, besides its own options.
 *
 * @param {object} kafka
 * @param {object} options of the client
 * @param {boolean} [options.allowAutoTopicCreation]
 * @param {number} [options.maxInFlightRequests]
 * @param {number} [options.metadataMaxAge]
 * @param {import('./retry').GivenRetry} [options.retry]
 */
function clientParams (kafka, { retry, ...options }) {
  const { config, logger, members } = stateOf(kafka)
  const instrumentationEmitter = new InstrumentationEmitter()
  return {
    cluster: new Cluster({ ...options, config, logger, retry: config.retry, instrumentationEmitter }),
    instrumentationEmitter,
    logger,
    members,
    retry: { ...config.retry, ...retry }
  }
}

module.exports = { Client, FACTORIES, clientParams, stateOf }
