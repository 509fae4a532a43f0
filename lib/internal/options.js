'use strict'

const { checkNoNul, textOf } = require('./arguments')
const { InvalidConfigError } = require('./errors')
const { ConfigError } = require('../../core/errors')
const librdkafkaOptions = require('../../core/config/librdkafkaOptions')
const getLogger = require('../logging')
const ownedProperties = require('./ownedProperties')
const { tlsOptions } = require('../../core/config/tlsOptions')

const { settingsFor } = librdkafkaOptions
const logger = getLogger('kafka-node:KafkaClient')

/**
 * Users' options as the native side reads them (`src/config/mod.rs`, which says what each means to librdkafka).
 */

/** Records and bytes a producer holds by default before sends wait. */
const QUEUE_MESSAGES = 500000
const QUEUE_BYTES = 256 * 1024 * 1024
/** kafka-node's, ms */
const CONNECT_TIMEOUT = 10000
/** The most KiB that a consumer fetches ahead. */
const FETCH_QUEUE_KBYTES = 16 * 1024
/** kafka-node's third of the session would let a rebalance take 10 s. */
const HEARTBEAT_INTERVAL = 3000

/** Hides records of transactions that are open or were aborted. */
const READ_COMMITTED = 'read_committed'

const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']

/**
 * @template T
 * @template D
 * @typedef {T & Required<Pick<T, keyof T & keyof D>>} Completed
 */

/**
 * Completes `target` in place with what it lacks, at every depth.
 *
 * @template {object} T
 * @template {object} D
 * @overload
 * @param {T} target
 * @param {D} defaults
 * @returns {Completed<T, D>} target
 */
/**
 * @param {Record<string, unknown>} target
 * @param {Record<string, unknown>} defaults
 */
function defaultsDeep (target, defaults) {
  for (const name of Object.keys(defaults)) {
    const value = defaults[name]
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
    if (target[name] === undefined) target[name] = isObject ? defaultsDeep({}, value) : value
    else if (isObject && target[name] !== null && typeof target[name] === 'object') defaultsDeep(target[name], value)
  }
  return target
}

/**
 * Completes `target` in place with what it lacks; nested values are taken as they are.
 *
 * @template {object} T
 * @template {object} D
 * @overload
 * @param {T} target
 * @param {D} defaults
 * @returns {Completed<T, D>} target
 */
/**
 * @param {Record<string, unknown>} target
 * @param {Record<string, unknown>} defaults
 */
function defaults (target, defaults) {
  for (const name of Object.keys(defaults)) if (target[name] === undefined) target[name] = defaults[name]
  return target
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 * @returns {number}
 */
function wholeNumber (name, value, least = 0) {
  const number = typeof value === 'symbol' ? NaN : Number(value)
  if (!Number.isFinite(number) || number < least) {
    throw new InvalidConfigError(`${name} ${textOf(value)} is illegal, must be a number of at least ${least}`)
  }
  return Math.min(Math.floor(number), 0x7fffffff)
}

/**
 * @param {unknown} value
 * @param {number} fallback
 */
function orElse (value, fallback) {
  return value === undefined ? fallback : value
}

/**
 * Runs a check of a configuration; what it refuses becomes kafka-node's error.
 *
 * @template T
 * @param {() => T} check
 * @returns {T}
 * @throws {InvalidConfigError}
 */
function inOurWords (check) {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const failure = new InvalidConfigError(error.message)
    const { code } = /** @type {{ code?: string }} */ (error)
    if (code) Object.defineProperty(failure, 'code', { value: code, configurable: true })
    throw failure
  }
}

/**
 * @typedef {import('../../core/config/librdkafkaOptions').Setting} Setting
 *
 * @typedef {{ ssl?: boolean | Record<string, unknown> }} Ssl true is turned into an object
 * @typedef {Omit<import('../../index').KafkaClientOptions, 'ssl'> & Ssl} UserOptions of a KafkaClient
 * @typedef {Omit<import('../../index').ConsumerGroupOptions, 'ssl'> & Ssl} MemberOptions of a ConsumerGroup
 * @typedef {Omit<import('../../index').ConsumerOptions, 'fromOffset'>} ReaderOptions what Consumer and ConsumerGroup
 *   have in common
 */

/**
 * Checks the option `librdkafka` of a client (`*`), producer (`P`) or consumer (`C`).
 *
 * @param {Record<string, unknown> | null | undefined} option names and values: strings, numbers, booleans
 * @param {'*' | 'P' | 'C'} scope
 * @returns {Setting[]}
 * @throws {InvalidConfigError} naming the property; values that may be secret are not shown
 */
function librdkafkaSettings (option, scope) {
  for (const name of Object.keys(option || {})) {
    checkNoNul(`librdkafka['${name}']`, /** @type {Record<string, unknown>} */ (option)[name])
  }
  return inOurWords(() => librdkafkaOptions.librdkafkaSettings(option, scope, ownedProperties))
}

/** @param {import('../../index').SslOptions} options */
function sslOptions (options) {
  const warn = (/** @type {string} */ reason) => logger.warn('Ignoring NODE_EXTRA_CA_CERTS: %s', reason)
  return inOurWords(() => tlsOptions(options, 'sslOptions', warn))
}

/**
 * @param {{ options: UserOptions & { kafkaHost: string }, clientId: string }} client
 * @returns {import('../../core/handles/events').ClientOptions & { librdkafka: Setting[] }}
 */
function clientOptions ({ options, clientId }) {
  checkNoNul('kafkaHost', options.kafkaHost)
  if (options.sslOptions) checkNoNul('sslOptions.passphrase', options.sslOptions.passphrase)
  const { requestTimeout } = options
  return {
    brokers: options.kafkaHost,
    clientId,
    // none and 0 leave no time to connect
    connectTimeout: wholeNumber('connectTimeout', options.connectTimeout || 0) || CONNECT_TIMEOUT,
    requestTimeout: requestTimeout ? wholeNumber('requestTimeout', requestTimeout) : null,
    idleConnection: wholeNumber('idleConnection', options.idleConnection),
    statisticsInterval: wholeNumber('statisticsInterval', options.statisticsInterval || 0),
    ssl: options.sslOptions ? sslOptions(options.sslOptions) : null,
    sasl: options.sasl ? saslOptions(options.sasl) : null,
    // for all kinds of handles: each takes what applies to it
    librdkafka: librdkafkaSettings(options.librdkafka, '*')
  }
}

/**
 * @param {{ mechanism?: unknown, oauthBearerProvider?: unknown, username?: unknown, password?: unknown }} sasl
 */
function saslOptions ({ mechanism, oauthBearerProvider, username, password }) {
  const name = String(mechanism).toUpperCase()
  if (!SASL_MECHANISMS.includes(name)) {
    throw new InvalidConfigError(`sasl.mechanism ${textOf(mechanism)} is not supported; use one of ` +
      SASL_MECHANISMS.map(known => known.toLowerCase()).join(', '))
  }
  if (name === 'OAUTHBEARER') {
    if (typeof oauthBearerProvider !== 'function') {
      throw new InvalidConfigError('sasl.oauthBearerProvider must be a function that gives { value, lifetime }, or a ' +
        'promise of it')
    }
    // tokens come when they are asked for
    return { mechanism: name, username: '', password: '' }
  }
  return { mechanism: name, username: saslText('username', username), password: saslText('password', password) }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function saslText (name, value) {
  // numbers become text, as they did in kafka-node's token
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text === '') {
    throw new InvalidConfigError(`sasl.${name} must be a string that is not empty`)
  }
  checkNoNul(`sasl.${name}`, text)
  return text
}

/**
 * @param {unknown} value of the option `isolationLevel`
 * @throws {InvalidConfigError}
 */
function checkIsolationLevel (value) {
  if (value === undefined || value === 'read_uncommitted' || value === READ_COMMITTED) return
  throw new InvalidConfigError(`isolationLevel ${textOf(value)} is illegal, must be 'read_uncommitted' or ` +
    `'${READ_COMMITTED}'`)
}

/**
 * @typedef {{ bytes: number, age: number }} NoAckBatch sends without acknowledgement wait until there are more `bytes`,
 *   or until `age` ms have passed without another
 *
 * @param {import('../../index').AckBatchOptions | null | undefined | false} options
 * @returns {NoAckBatch | null} null: they go out at once, as with kafka-node unless both are set
 */
function noAckBatch (options) {
  if (options === undefined || options === null || options === false) return null
  if (typeof options !== 'object') {
    throw new InvalidConfigError(
      `noAckBatchOptions ${textOf(options)} is illegal, must be { noAckBatchSize, noAckBatchAge }`)
  }
  /** @type {(name: keyof import('../../index').AckBatchOptions) => number | null} */
  const number = name => {
    const value = options[name]
    return value === undefined || value === null ? null : wholeNumber(`noAckBatchOptions.${name}`, value)
  }
  const bytes = number('noAckBatchSize')
  const age = number('noAckBatchAge')
  if (bytes !== null && age !== null) return { bytes, age }
  logger.warn('noAckBatchOptions has no effect without both noAckBatchSize and noAckBatchAge')
  return null
}

/**
 * @typedef {object} ProducerSettings
 * @property {number} acks
 * @property {number} [ackTimeout] ms, when the user has set it
 * @property {string} [codec]
 * @property {number} [queueMaxMessages]
 * @property {number} [queueMaxBytes]
 * @property {Setting[]} [librdkafka] on top of the client's
 *
 * @param {ReturnType<typeof clientOptions>} client
 * @param {ProducerSettings} settings
 * @returns {import('../../core/protocol').ProducerOptions}
 */
function producerOptions (client, settings) {
  const { acks, ackTimeout, codec = 'none', queueMaxMessages, queueMaxBytes, librdkafka = [] } = settings
  const bytes = wholeNumber('queueMaxBytes', orElse(queueMaxBytes, QUEUE_BYTES), 1024)
  return {
    ...client,
    acks,
    ackTimeout: ackTimeout === undefined ? null : wholeNumber('ackTimeoutMs', ackTimeout),
    codec,
    queueMessages: wholeNumber('queueMaxMessages', orElse(queueMaxMessages, QUEUE_MESSAGES), 1),
    queueKbytes: Math.ceil(bytes / 1024),
    librdkafka: settingsFor([...client.librdkafka, ...librdkafka], 'P')
  }
}

/**
 * @param {ReturnType<typeof clientOptions>} client
 * @param {ReaderOptions} options of a Consumer or ConsumerGroup
 * @param {import('../../core/protocol').GroupOptions | null} group
 * @returns {import('../../core/protocol').ConsumerOptions}
 */
function consumerOptions (client, options, group) {
  return {
    ...client,
    // librdkafka wants one even for a consumer that only keeps offsets under it
    groupId: String(options.groupId || '') || 'kafka-node-group',
    fetchMaxWait: wholeNumber('fetchMaxWaitMs', options.fetchMaxWaitMs),
    fetchMinBytes: wholeNumber('fetchMinBytes', options.fetchMinBytes),
    fetchMaxBytes: wholeNumber('fetchMaxBytes', options.fetchMaxBytes, 1),
    queueKbytes: FETCH_QUEUE_KBYTES,
    readCommitted: options.isolationLevel === READ_COMMITTED,
    librdkafka: settingsFor([...client.librdkafka, ...librdkafkaSettings(options.librdkafka, 'C')], 'C'),
    group
  }
}

module.exports = {
  HEARTBEAT_INTERVAL,
  checkIsolationLevel,
  clientOptions,
  consumerOptions,
  defaults,
  defaultsDeep,
  inOurWords,
  librdkafkaSettings,
  noAckBatch,
  producerOptions,
  wholeNumber
}
