'use strict'

const { KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSSASLAuthenticationError } = require('./errors')
const { ConfigError } = require('../core/errors')
const { checkTlsNames, tlsOptions } = require('../core/config/tlsOptions')

/**
 * KafkaJS's options as what the native side reads (`ClientOptions` of src/config/mod.rs).
 *
 * What librdkafka cannot do is refused when the option is given; everything else is looked at when a client connects,
 * as with KafkaJS.
 *
 * @typedef {object} KafkaOptions
 * @property {unknown} brokers
 * @property {unknown} [ssl]
 * @property {Sasl | null} [sasl]
 * @property {unknown} [clientId]
 * @property {unknown} [connectionTimeout]
 * @property {unknown} [authenticationTimeout]
 * @property {unknown} [reauthenticationThreshold]
 * @property {unknown} [requestTimeout]
 * @property {unknown} [enforceRequestTimeout]
 * @property {import('./retry').GivenRetry} [retry]
 * @property {unknown} [socketFactory]
 * @property {unknown} [statisticsInterval]
 *
 * @typedef {object} Sasl
 * @property {string} mechanism
 * @property {unknown} [username]
 * @property {unknown} [password]
 * @property {unknown} [authorizationIdentity]
 * @property {unknown} [authenticationProvider]
 * @property {() => Promise<import('../core/cluster/tokens').GivenToken>} [oauthBearerProvider] unchecked
 *
 * @typedef {Sasl & Required<Pick<Sasl, 'oauthBearerProvider'>>} TokenSasl
 *
 * @typedef {object} More
 * @property {number | null} requestTimeout
 * @property {Array<[string, string]>} librdkafka
 * @typedef {import('../core/handles/events').ClientOptions & More} ClientOptions
 */

const CONNECTION_TIMEOUT = 1000
const AUTHENTICATION_TIMEOUT = 10000
const REQUEST_TIMEOUT = 30000

const MECHANISMS = new Set(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'])

/**
 * Refuses what cannot be done, by name.
 *
 * @param {KafkaOptions} options
 * @throws {KafkaJSNonRetriableError}
 */
function refuse ({ sasl, socketFactory, ssl }) {
  if (socketFactory !== undefined && socketFactory !== null) {
    throw new KafkaJSNonRetriableError('socketFactory is not supported: connections are made natively. Leave it out; ' +
      'for a proxy, have the brokers advertise its addresses')
  }
  if (ssl !== null && typeof ssl === 'object') {
    try {
      checkTlsNames(ssl, 'ssl')
    } catch (error) {
      throw new KafkaJSNonRetriableError(error)
    }
  }
  if (!sasl || typeof sasl.mechanism !== 'string') return
  if (sasl.authenticationProvider) {
    throw new KafkaJSNonRetriableError('sasl.authenticationProvider is not supported: the mechanisms are ' +
      'plain, scram-sha-256, scram-sha-512 and oauthbearer, whose oauthBearerProvider may get its token anywhere')
  }
  const mechanism = sasl.mechanism.toUpperCase()
  if (sasl.authorizationIdentity && mechanism !== 'AWS' && sasl.authorizationIdentity !== sasl.username) {
    throw new KafkaJSNonRetriableError('sasl.authorizationIdentity is not supported: librdkafka authenticates as the ' +
      'user whose credentials it has. Leave it out')
  }
  if (MECHANISMS.has(mechanism)) return
  throw new KafkaJSNonRetriableError(mechanism === 'AWS'
    ? 'sasl.mechanism aws is not supported: for Amazon MSK use oauthbearer, with an oauthBearerProvider that signs ' +
      'the token (aws-msk-iam-sasl-signer-js)'
    : `sasl.mechanism ${sasl.mechanism} is not supported: use plain, scram-sha-256, scram-sha-512 or oauthbearer`)
}

/**
 * @param {unknown} brokers the option
 * @returns {Promise<string[]>} `host:port`, IPv6 addresses in brackets
 * @throws {KafkaJSNonRetriableError | KafkaJSConnectionError}
 */
async function brokerList (brokers) {
  let list = brokers
  if (typeof brokers === 'function') {
    try {
      list = await brokers()
    } catch (error) {
      const { message, stack } = /** @type {Error} */ (error)
      const failure = new KafkaJSConnectionError(`Failed to connect: "config.brokers" threw: ${message}`)
      failure.stack = `${failure.name}\n  Caused by: ${stack}`
      throw failure
    }
  }
  if (!list) throw new KafkaJSNonRetriableError('Failed to connect: brokers should not be null')
  if (!Array.isArray(list)) throw badPort({ host: String(list).slice(1, 2), port: NaN })
  if (list.length === 0) throw new KafkaJSNonRetriableError('Failed to connect: brokers array is empty')
  for (const [i, broker] of list.entries()) {
    if (typeof broker === 'string' && broker !== '') continue
    throw new KafkaJSNonRetriableError(`Failed to connect: broker at index ${i} is invalid "${typeof broker}"`)
  }
  const parsed = list.flatMap(broker => broker.split(',')).map(address)
  // as long as one is good, it will do
  const usable = parsed.filter(({ port }) => Number.isInteger(port) && port >= 0 && port < 65536)
  if (usable.length === 0) throw badPort(parsed[0])
  return usable.map(({ host, port }) => `${host}:${port}`)
}

/**
 * @param {string} broker
 * @returns {{ host: string, port: number }}
 */
function address (broker) {
  const text = broker.trim()
  const colon = text.lastIndexOf(':')
  const port = colon < 0 ? NaN : Number(text.slice(colon + 1) || NaN)
  const host = colon < 0 ? text : text.slice(0, colon)
  return { host: host.includes(':') && !host.startsWith('[') ? `[${host}]` : host, port }
}

/** @param {{ host: string, port: number }} address */
function badPort ({ host, port }) {
  const message = `Failed to connect: Port should be >= 0 and < 65536. Received type number (${port}).`
  return new KafkaJSConnectionError(message, { broker: `${host}:${port}` })
}

/**
 * @param {Sasl} sasl the option, read anew each time a client connects; it is never written to
 * @returns {import('../core/protocol').SaslOptions}
 */
function saslOptions (sasl) {
  const mechanism = sasl.mechanism.toUpperCase()
  if (mechanism === 'OAUTHBEARER') {
    if (!sasl.oauthBearerProvider) {
      throw new KafkaJSSASLAuthenticationError('SASL OAUTHBEARER: Missing OAuth bearer token provider')
    }
    return { mechanism, username: '', password: '' }
  }
  const { username, password } = sasl
  if (!username || !password) {
    throw new KafkaJSSASLAuthenticationError(mechanism === 'PLAIN'
      ? 'SASL Plain: Invalid username or password'
      : `SASL SCRAM SHA${mechanism.slice(-3)} authentication: Invalid username or password`)
  }
  return { mechanism, username: String(username), password: String(password) }
}

/**
 * @param {unknown} value
 * @param {number} fallback
 * @returns {number} ms
 */
function milliseconds (value, fallback) {
  const number = Number(value)
  return value === undefined || value === null || !(number >= 0) ? fallback : Math.min(Math.floor(number), 0x7fffffff)
}

/**
 * @param {KafkaOptions} options
 * @param {{ allowAutoTopicCreation: boolean, warn: (message: string) => void }} client
 * @returns {Promise<ClientOptions>}
 * @throws KafkaJS's errors: those that are retriable may pass
 */
async function clientOptions (options, { allowAutoTopicCreation, warn }) {
  const { authenticationTimeout, clientId = 'kafkajs', connectionTimeout, enforceRequestTimeout, sasl, ssl } = options
  const brokers = await brokerList(options.brokers)
  const connect = milliseconds(connectionTimeout, CONNECTION_TIMEOUT)
  const authenticate = sasl ? milliseconds(authenticationTimeout, AUTHENTICATION_TIMEOUT) : 0
  const requestTimeout = milliseconds(options.requestTimeout, REQUEST_TIMEOUT)
  return {
    brokers: brokers.join(','),
    clientId: clientId === null ? '' : String(clientId),
    connectTimeout: connect + authenticate,
    requestTimeout: enforceRequestTimeout === false ? null : requestTimeout,
    // the broker closes what is idle
    idleConnection: 0,
    statisticsInterval: milliseconds(options.statisticsInterval, 0),
    allowAutoTopicCreation,
    ssl: ssl ? tls(ssl === true ? {} : ssl, warn) : null,
    sasl: sasl ? saslOptions(sasl) : null,
    librdkafka: []
  }
}

/**
 * @param {unknown} ssl
 * @param {(message: string) => void} warn
 */
function tls (ssl, warn) {
  try {
    return tlsOptions(typeof ssl === 'object' ? ssl : {}, 'ssl',
      reason => warn(`Ignoring NODE_EXTRA_CA_CERTS: ${reason}`))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new KafkaJSNonRetriableError(error)
  }
}

module.exports = { brokerList, clientOptions, milliseconds, refuse }
