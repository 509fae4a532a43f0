'use strict'

const { checkProperty, librdkafkaProperties, librdkafkaVersion } = require('../addon')
const InvalidConfigError = require('../../lib/errors/InvalidConfigError')

/**
 * The option `librdkafka`: properties of librdkafka's own, for what no option of kafka-node chooses.
 */

const BY_US = 'kafka-node-native needs it as it is'

/**
 * Properties that are not the user's to set: each with the option to use instead, or the reason. It does not matter
 * which of several names is here: librdkafka's own list tells the others.
 *
 * @type {Record<string, string>}
 */
const OWNED = {
  'bootstrap.servers': 'use the option kafkaHost',
  'client.id': 'use the option clientId',
  'security.protocol': 'use the options sslOptions and sasl',
  'socket.timeout.ms': 'use the option requestTimeout',
  'message.timeout.ms': 'use the option requestTimeout',
  'request.timeout.ms': 'use the option ackTimeoutMs',
  'socket.connection.setup.timeout.ms': 'use the option connectTimeout',
  'connections.max.idle.ms': 'use the option idleConnection',
  'statistics.interval.ms': 'use the option statisticsInterval',
  acks: 'use the option requireAcks',
  'enable.idempotence': 'use the option requireAcks: -1 is idempotent',
  'compression.codec': 'use the attributes of a payload',
  'queue.buffering.max.messages': 'use the option queueMaxMessages',
  'queue.buffering.max.kbytes': 'use the option queueMaxBytes',
  partitioner: 'use the option partitionerType',
  'group.id': 'use the option groupId',
  'partition.assignment.strategy': 'use the option protocol',
  'session.timeout.ms': 'use the option sessionTimeout',
  'heartbeat.interval.ms': 'use the option heartbeatInterval',
  'topic.metadata.refresh.interval.ms': 'use the option topicPartitionCheckInterval of a ConsumerGroup',
  'enable.auto.commit': 'use the option autoCommit',
  'auto.commit.interval.ms': 'use the option autoCommitIntervalMs',
  'auto.offset.reset': 'use the options fromOffset and outOfRangeOffset',
  'fetch.wait.max.ms': 'use the option fetchMaxWaitMs',
  'fetch.min.bytes': 'use the option fetchMinBytes',
  'fetch.message.max.bytes': 'use the option fetchMaxBytes',
  'enable.ssl.certificate.verification': 'use sslOptions.rejectUnauthorized',
  'ssl.endpoint.identification.algorithm': 'use sslOptions.rejectUnauthorized',
  'ssl.cipher.suites': 'use sslOptions.ciphers',
  'enable.auto.offset.store': BY_US,
  'enable.partition.eof': BY_US,
  'delivery.report.only.error': BY_US,
  'produce.offset.report': BY_US,
  'queuing.strategy': BY_US,
  'log.queue': BY_US,
  enabled_events: BY_US,
  'sticky.partitioning.linger.ms': 'partitions are chosen before librdkafka sees a message',
  'transactional.id': 'there are no transactions in kafka-node\'s API',
  'group.protocol': 'only the classic protocol is supported',
  'group.protocol.type': BY_US,
  'group.remote.assignor': 'only the classic protocol is supported',
  'plugin.library.paths': 'plug-ins are not supported',
  interceptors: 'interceptors are not supported'
}

/** The same by how names begin. */
const OWNED_FAMILIES = [
  {
    begin: /^sasl\.|^enable\.sasl\.|^oauth/,
    why: 'use the option sasl; its mechanisms are plain, scram-sha-256 and scram-sha-512'
  },
  {
    begin: /^ssl[._](ca|certificate|key|keystore|engine)/,
    why: 'use sslOptions: ca, cert, key, pfx and passphrase, with the content of files'
  },
  { begin: /^test\./, why: 'for development there is kafka-node-native/dev-broker' },
  { begin: /^(auto\.commit\.enable|offset\.store\.)/, why: BY_US },
  { begin: /_cb$|^opaque$|^default_topic_conf$/, why: 'it is no text, but a function or a structure of C' }
]

/**
 * @typedef {{ name: string, scope: '*' | 'P' | 'C', alias: string | null }} Property
 * @typedef {{ name: string, value: string, scope: '*' | 'P' | 'C' }} Setting
 */

/** @type {Map<string, Property> | null} */
let known = null

/** librdkafka's own list, asked for when it is first needed. */
function properties () {
  if (known === null) {
    /** @type {Property[]} */
    const list = JSON.parse(librdkafkaProperties())
    known = new Map(list.map(property => [property.name, property]))
  }
  return known
}

/**
 * @param {string} name
 * @returns {string} the one of its names that librdkafka takes for its own
 */
function mainName (name) {
  const property = properties().get(name)
  return (property && property.alias) || name
}

/** @param {string} name */
function whyOwned (name) {
  const family = OWNED_FAMILIES.find(({ begin }) => begin.test(name))
  if (family) return family.why
  const owned = Object.keys(OWNED).find(other => mainName(other) === mainName(name))
  return owned === undefined ? null : OWNED[owned]
}

/**
 * Checks the option `librdkafka` of a client (`*`), producer (`P`) or consumer (`C`).
 *
 * @param {any} option an object of names and values: strings, numbers, booleans
 * @param {'*' | 'P' | 'C'} scope
 * @returns {Setting[]}
 * @throws {InvalidConfigError} naming the property; values that may be secret are not shown
 */
function librdkafkaSettings (option, scope) {
  if (option === undefined || option === null) return []
  if (typeof option !== 'object' || Array.isArray(option)) {
    throw new InvalidConfigError('librdkafka must be an object of librdkafka\'s properties and their values, such as ' +
      '{ \'isolation.level\': \'read_committed\' }')
  }
  return Object.keys(option).filter(name => option[name] !== undefined)
    .map(name => setting(name, option[name], scope))
}

/**
 * @param {string} name
 * @param {any} value
 * @param {'*' | 'P' | 'C'} scope
 * @returns {Setting}
 */
function setting (name, value, scope) {
  const property = properties().get(name)
  const why = whyOwned(name)
  if (why) throw new InvalidConfigError(`librdkafka: ${name} cannot be set: ${why}`)
  if (!property) {
    throw new InvalidConfigError(`librdkafka: ${name} is no property of librdkafka ${librdkafkaVersion()}. ` +
      'Its CONFIGURATION.md lists them')
  }
  if (scope !== '*' && property.scope !== '*' && property.scope !== scope) {
    const others = scope === 'P' ? 'consumers' : 'producers'
    throw new InvalidConfigError(`librdkafka: ${name} is a property of ${others}: it would have no effect here`)
  }
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw new InvalidConfigError(`librdkafka: ${name} must be a string, a number or a boolean, not ` +
      (value === null ? 'null' : typeof value))
  }
  const reason = checkProperty(name, String(value))
  if (reason !== null) {
    const shown = /password|secret|token|key/.test(name) ? 'librdkafka does not take its value' : reason
    throw new InvalidConfigError(`librdkafka: ${name} cannot be used: ${shown}`)
  }
  return { name, value: String(value), scope: property.scope }
}

/**
 * @param {Setting[]} settings
 * @param {'P' | 'C'} kind of handle
 * @returns {Array<[string, string]>} those that mean something to it
 */
function settingsFor (settings, kind) {
  return settings.filter(({ scope }) => scope === '*' || scope === kind).map(({ name, value }) => [name, value])
}

module.exports = { librdkafkaSettings, settingsFor }
