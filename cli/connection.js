'use strict'

const fs = require('fs')
const path = require('path')
const { Option } = require('commander')
const { integer, notEmpty } = require('./arguments')
const { UsageError } = require('./failures')

// The options by which each command finds its cluster, and the second door's client made of them.

/**
 * @typedef {object} ConnectionOptions
 * @property {string} [brokers]
 * @property {string} [config]
 * @property {boolean} [tls]
 * @property {string} [tlsCa]
 * @property {string} [tlsCert]
 * @property {string} [tlsKey]
 * @property {string} [tlsPassphrase]
 * @property {string} [saslMechanism]
 * @property {string} [saslUsername]
 * @property {string} [saslPassword]
 * @property {number} [timeout] ms
 * @property {boolean} [verbose]
 *
 * @typedef {import('../kafkajs').NativeAdmin} Admin
 * @typedef {import('../kafkajs').KafkaConfig & { brokers: string[] }} Config
 */

const PASSWORD_VARIABLE = 'KAFKA_SASL_PASSWORD'

/**
 * @param {import('commander').Command} command
 */
function addConnectionOptions (command) {
  return command
    .addOption(new Option('-b, --brokers <list>', 'brokers to begin with, host:port[,host:port]...')
      .env('KAFKA_BROKERS').argParser(notEmpty))
    .addOption(new Option('-c, --config <file>',
      'JSON file or JS module with options of the client, such as brokers, ssl and sasl').env('KAFKA_CONFIG')
      .argParser(notEmpty))
    .option('--tls', 'encrypt connections; the other --tls options imply it')
    .option('--tls-ca <file>', 'certificates of the authorities to trust, PEM', notEmpty)
    .option('--tls-cert <file>', "this client's certificate, PEM", notEmpty)
    .option('--tls-key <file>', "this client's key, PEM", notEmpty)
    .option('--tls-passphrase <source>', "the key's passphrase: env:NAME or file:PATH")
    .option('--sasl-mechanism <name>', 'plain, scram-sha-256 or scram-sha-512; oauthbearer needs a --config module')
    .option('--sasl-username <name>', 'who to log in as', notEmpty)
    .option('--sasl-password <source>',
      `the password: env:NAME or file:PATH, never the password itself (default: env:${PASSWORD_VARIABLE})`)
    .option('--timeout <ms>', 'for each request', integer({ min: 1, max: 2 ** 31 - 1 }))
    .option('--verbose', "show the client's log on the standard error")
}

/**
 * Other people see the arguments of a process, and shells keep them.
 *
 * @param {string} option
 * @param {string} source
 * @returns {string}
 */
function secretFrom (option, source) {
  const parsed = /^(env|file):(.+)$/.exec(source)
  // What was given may be the secret itself: it is not repeated.
  if (!parsed) {
    throw new UsageError(`${option} takes no secret, which other users of this machine could see: ` +
      'give env:NAME for an environment variable, or file:PATH for a file')
  }
  const [, kind, name] = parsed
  if (kind === 'file') return readFile(option, name).replace(/\r?\n$/, '')
  const value = process.env[name]
  if (!value) throw new UsageError(`${option}: there is no environment variable ${name}`)
  return value
}

/**
 * @param {string} option
 * @param {string} file
 */
function readFile (option, file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${option}: ${file} cannot be read (${/** @type {NodeJS.ErrnoException} */ (error).code})`)
  }
}

/**
 * @param {string} option
 * @param {string} file
 * @returns {Promise<Record<string, any>>}
 */
async function readConfig (option, file) {
  /** @type {any} */
  let config
  if (/\.json$/i.test(file)) {
    const text = readFile(option, file)
    try {
      config = JSON.parse(text)
    } catch {
      // The parser's own message quotes the file, and with it perhaps a password.
      throw new UsageError(`${option}: ${file} is not valid JSON`)
    }
  } else {
    try {
      const loaded = require(path.resolve(file))
      config = await (typeof loaded === 'function' ? loaded() : loaded.default || loaded)
    } catch (error) {
      const { code, name } = /** @type {any} */ (error)
      throw new UsageError(`${option}: ${file} cannot be loaded (${code || name}). It has to be JSON (.json) or a ` +
        'CommonJS module that exports the options, or a function that returns them')
    }
  }
  if (config === null || typeof config !== 'object' || Array.isArray(config)) {
    throw new UsageError(`${option}: ${file} has to hold an object with options of the client`)
  }
  return config
}

/**
 * @param {ConnectionOptions} options
 * @returns {Promise<Config>} options of `new Kafka`
 * @throws {UsageError}
 */
async function clientConfig (options) {
  const file = options.config ? await readConfig('--config', options.config) : {}
  const brokers = options.brokers || (typeof file.brokers === 'function' ? await file.brokers() : file.brokers)
  const list = (Array.isArray(brokers) ? brokers : String(brokers || '').split(',')).map(each => String(each).trim())
    .filter(each => each !== '')
  if (list.length === 0) {
    throw new UsageError('which brokers? Give --brokers host:port, or set KAFKA_BROKERS, or name them in --config')
  }
  for (const each of list) {
    const port = Number((/:(\d{1,5})$/.exec(each) || [])[1])
    if (!(port > 0 && port < 65536)) {
      throw new UsageError(`"${each}" is no broker: it needs a port, as in localhost:9092`)
    }
  }
  const config = {
    clientId: 'kafka-node-native-cli',
    // A person waits for the answer. Brokers far away take longer than KafkaJS's one second.
    connectionTimeout: 5000,
    retry: { initialRetryTime: 200, retries: 2 },
    ...file,
    brokers: list
  }
  if (options.timeout !== undefined) Object.assign(config, { requestTimeout: options.timeout })
  Object.assign(config, tlsConfig(options, file.ssl), saslConfig(options, file.sasl))
  return /** @type {any} */ (config)
}

/**
 * @param {ConnectionOptions} options
 * @param {any} given
 */
function tlsConfig (options, given) {
  const { tls, tlsCa, tlsCert, tlsKey, tlsPassphrase } = options
  if (!tls && ![tlsCa, tlsCert, tlsKey, tlsPassphrase].some(Boolean)) return {}
  const ssl = {
    ...given === true ? {} : given,
    ...tlsCa ? { ca: readFile('--tls-ca', tlsCa) } : {},
    ...tlsCert ? { cert: readFile('--tls-cert', tlsCert) } : {},
    ...tlsKey ? { key: readFile('--tls-key', tlsKey) } : {},
    ...tlsPassphrase ? { passphrase: secretFrom('--tls-passphrase', tlsPassphrase) } : {}
  }
  return { ssl: Object.keys(ssl).length > 0 ? ssl : true }
}

/**
 * @param {ConnectionOptions} options
 * @param {any} given
 */
function saslConfig (options, given) {
  const { saslMechanism, saslUsername, saslPassword } = options
  if (![saslMechanism, saslUsername, saslPassword].some(Boolean)) return {}
  const sasl = {
    mechanism: 'plain',
    ...given,
    ...saslMechanism ? { mechanism: saslMechanism.toLowerCase() } : {},
    ...saslUsername ? { username: saslUsername } : {}
  }
  if (sasl.mechanism === 'oauthbearer') {
    if (!sasl.oauthBearerProvider) {
      throw new UsageError('--sasl-mechanism oauthbearer needs a --config module with an oauthBearerProvider')
    }
    return { sasl }
  }
  if (!sasl.username) throw new UsageError('--sasl-username is missing')
  if (saslPassword) sasl.password = secretFrom('--sasl-password', saslPassword)
  else if (!sasl.password) sasl.password = secretFrom('--sasl-password', `env:${PASSWORD_VARIABLE}`)
  return { sasl }
}

/**
 * @param {Config} config
 * @param {{ verbose?: boolean }} options
 * @returns {import('../kafkajs').Kafka}
 * @throws {UsageError} for options that the client refuses
 */
function kafkaOf (config, { verbose = false }) {
  const { Kafka, logLevel } = require('../kafkajs')
  const level = verbose ? logLevel.DEBUG : logLevel.NOTHING
  const logCreator = () => (/** @type {import('../kafkajs').LogEntry} */ { namespace, label, log }) => {
    process.stderr.write(`${label} [${namespace}] ${log.message}\n`)
  }
  // The warning is for programs that come from KafkaJS 1.
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
  try {
    return new Kafka(/** @type {any} */ ({ ...config, logLevel: level, logCreator }))
  } catch (error) {
    throw new UsageError(`the options of the client: ${/** @type {Error} */ (error).message}`)
  }
}

/**
 * @param {ConnectionOptions} options
 * @returns {Promise<import('../kafkajs').Kafka>}
 */
async function connection (options) {
  return kafkaOf(await clientConfig(options), options)
}

/**
 * @template T
 * @param {import('../kafkajs').Kafka} kafka
 * @param {(admin: Admin) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withAdmin (kafka, use) {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

module.exports = { addConnectionOptions, clientConfig, connection, kafkaOf, withAdmin }
