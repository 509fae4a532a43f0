'use strict'

const childProcess = require('child_process')
const EventEmitter = require('events')
const path = require('path')
const { clearTimeout, setTimeout } = require('../core/scheduling/timers')

const HOST = '127.0.0.1'
const DEFAULT_PORT = 9092
const DEFAULT_RETENTION_BYTES = 64 * 1024 * 1024
const MAX_PARTITIONS = 10000
const MAX_DELAY_MS = 2 ** 31 - 1
const LEGAL_TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/

/** How long a broker may take to end before it is killed. */
const STOP_TIMEOUT_MS = 2000

/** What is kept of the child's standard error, to say why it died. */
const STDERR_KEPT = 4096

/** API names of the Kafka protocol that the broker answers, with their keys. */
const API_KEYS = Object.freeze({
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  ApiVersions: 18,
  CreateTopics: 19,
  InitProducerId: 22,
  OffsetForLeaderEpoch: 23,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28
})

const NOTICE = [
  'kafka-node-native embedded broker: for development and tests only.',
  'It is a single broker that keeps everything in memory: by default the newest 64 MiB of each partition.',
  'It has no admin API except creating topics, no listing of groups, no look-up of offsets by time, no TLS or SASL;',
  'read_committed sees aborted transactions, and the original kafka-node cannot connect to it.'
].join('\n')

/**
 * @typedef {{ name: string, partitions: number }} TopicSpec
 * @typedef {{ port?: number, topics?: Array<string | { name: string, partitions?: number }>, retentionBytes?: number,
 *   quiet?: boolean }} DevBrokerOptions
 * @typedef {{ resolve: (value: any) => void, reject: (error: Error) => void }} Waiting
 */

/**
 * A running embedded broker. Events: `exit` once when it has ended, with an error unless `stop()` or a signal asked for
 * it; `log` with `{ level, text }` for each line that librdkafka logs inside it (syslog levels, warnings and worse).
 */
class DevBroker extends EventEmitter {
  /** @param {childProcess.ChildProcess} child */
  constructor (child) {
    super()
    /** `host:port`, for `kafkaHost`. */
    this.brokers = ''
    this.port = 0
    this.pid = child.pid
    /** Why the broker died; null while it runs, and if it was asked to stop.
     * @type {Error | null} */
    this.error = null
    this.notice = NOTICE
    this._child = child
    this._stopping = false
    this._exited = false
    this._stderr = ''
    this._nextId = 0
    /** @type {Map<number, Waiting>} */
    this._waiting = new Map()
    // Counts the user's `ref()` and each pending wait; at zero the child does not keep this process alive.
    this._refs = 0
    this._userRef = false

    child.on('message', message => this._receive(message))
    child.on('error', error => this._end(error))
    child.on('close', (code, signal) => this._end(code === 0 ? null : this._describeExit(code, signal)))
    const { stdout, stderr } = /** @type {childProcess.ChildProcessWithoutNullStreams} */ (child)
    stdout.resume()
    stderr.setEncoding('utf8').on('data', text => {
      this._stderr = (this._stderr + text).slice(-STDERR_KEPT)
    })
    this._setRef(false)
  }

  /**
   * Creates a topic. Rejects if it already exists.
   * @param {string} name
   * @param {number} [partitions] default 1
   * @returns {Promise<void>}
   */
  async createTopic (name, partitions = 1) {
    const topic = checkTopic({ name, partitions })
    await this._request('createTopic', topic.name, topic.partitions)
  }

  /**
   * Closes the port and every connection, like a broker that is down; records, groups and commits are kept.
   * @returns {Promise<void>}
   */
  async setDown () {
    await this._request('setDown')
  }

  /**
   * Listens again after `setDown()`, on the same port.
   * @returns {Promise<void>}
   */
  async setUp () {
    await this._request('setUp')
  }

  /**
   * Delays every answer.
   * @param {number} milliseconds 0 ends the delay
   * @returns {Promise<void>}
   */
  async setRtt (milliseconds) {
    await this._request('setRtt', checkInteger('setRtt: milliseconds', milliseconds, 0, MAX_DELAY_MS))
  }

  /**
   * Answers the next `codes.length` requests of one API with these error codes, one each.
   * @param {string | number} api name or key in the Kafka protocol, e.g. `'Produce'` or 0
   * @param {number[]} codes Kafka's error codes; 0 lets a request pass, -195 closes the connection
   * @returns {Promise<void>}
   */
  async pushErrors (api, codes) {
    await this._request('pushErrors', checkApi(api), codes.map(code => checkCode('pushErrors: error code', code)))
  }

  /**
   * Answers every request about a topic with this error code, until code 0 is set. Creates a topic that does not exist.
   * @param {string} name
   * @param {number} code one of Kafka's error codes
   * @returns {Promise<void>}
   */
  async topicError (name, code) {
    await this._request('topicError', checkTopic({ name, partitions: 1 }).name, checkCode('topicError: code', code))
  }

  /**
   * Ends the broker; everything in it is lost. May be called again.
   * @returns {Promise<void>} resolves when its process is gone
   */
  stop () {
    if (this._exited) return Promise.resolve()
    return new Promise(resolve => {
      this._hold()
      this.once('exit', () => resolve())
      if (this._stopping) return
      this._stopping = true
      const timer = setTimeout(() => this._child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      this.once('exit', () => clearTimeout(timer))
      // Not `disconnect()`: Node emits no `close` for a child whose channel was closed from this side.
      this._child.kill('SIGTERM')
    })
  }

  /** Keeps this process alive for as long as the broker runs. */
  ref () {
    if (!this._userRef) {
      this._userRef = true
      this._hold()
    }
    return this
  }

  /** Undoes `ref()`: the broker no longer keeps this process alive, which is the default. */
  unref () {
    if (this._userRef) {
      this._userRef = false
      this._release()
    }
    return this
  }

  /**
   * @param {string} command
   * @param {unknown[]} args
   * @returns {Promise<any>}
   */
  _request (command, ...args) {
    if (this._exited || this._stopping) return Promise.reject(this.error || stopped())
    const id = this._nextId++
    this._hold()
    return new Promise((resolve, reject) => {
      this._waiting.set(id, { resolve, reject })
      // A child that has died takes no messages; its exit settles this request.
      this._child.send({ id, command, args }, () => {})
    })
  }

  /** @param {any} message */
  _receive (message) {
    if (message.log) {
      this.emit('log', message.log)
      return
    }
    const waiting = this._waiting.get(message.id)
    if (!waiting) return
    this._waiting.delete(message.id)
    this._release()
    if (message.error) {
      waiting.reject(Object.assign(new Error(message.error.message), { code: message.error.code }))
    } else {
      waiting.resolve(message.result)
    }
  }

  /**
   * @param {number | null} code
   * @param {string | null} signal
   */
  _describeExit (code, signal) {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`
    const said = this._stderr.trim()
    const error = new Error(`The embedded broker ended unexpectedly (${how})${said ? `: ${said}` : ''}`)
    return Object.assign(error, { code: 'ERR_DEV_BROKER_EXIT', exitCode: code, signal })
  }

  /** @param {Error | null} error */
  _end (error) {
    if (this._exited) return
    this._exited = true
    this.error = this._stopping ? null : error
    for (const { reject } of this._waiting.values()) reject(this.error || stopped())
    this._waiting.clear()
    this.emit('exit', this.error)
  }

  _hold () {
    if (this._refs++ === 0) this._setRef(true)
  }

  _release () {
    if (--this._refs === 0) this._setRef(false)
  }

  /** @param {boolean} on */
  _setRef (on) {
    const { stdout, stderr } = this._child
    for (const handle of /** @type {any[]} */ ([this._child, this._child.channel, stdout, stderr])) {
      // A channel or pipe that has closed is null or has no handle left.
      if (handle && handle.ref) handle[on ? 'ref' : 'unref']()
    }
  }
}

/**
 * Starts the embedded broker: librdkafka's mock cluster in a child process, in memory, on 127.0.0.1.
 * For development and tests only; says so once per process as a warning, unless `quiet`.
 *
 * The broker ends with `stop()`, and with this process, however that ends. It never keeps this process alive,
 * except while one of its promises is pending or after `ref()`.
 *
 * @param {DevBrokerOptions} [options]
 *   `port`: default 9092, 0 for any free port; `topics`: what to create at once, as `'name'`, `'name:partitions'` or
 *   `{ name, partitions }`; `retentionBytes`: limit of each partition, default 64 MiB; `quiet`: no warning.
 * @returns {Promise<DevBroker>} rejects with code `EADDRINUSE` when the port is taken
 */
async function startDevBroker (options = {}) {
  const port = checkInteger('port', options.port === undefined ? DEFAULT_PORT : options.port, 0, 65535)
  const topics = (options.topics || []).map(topic => checkTopic(parseTopic(topic)))
  const retentionBytes = checkInteger(
    'retentionBytes',
    options.retentionBytes === undefined ? DEFAULT_RETENTION_BYTES : options.retentionBytes,
    1,
    Number.MAX_SAFE_INTEGER
  )

  const broker = new DevBroker(spawn())
  try {
    const started = await broker._request('start', { port, topics, retentionBytes })
    broker.port = started.port
    broker.brokers = `${HOST}:${started.port}`
  } catch (error) {
    await broker.stop()
    throw error
  }
  if (!options.quiet) warnOnce()
  return broker
}

function spawn () {
  // NODE_OPTIONS and this process's own flags (--inspect, --require, ...) are meant for the user's program.
  const env = Object.assign({}, process.env)
  delete env.NODE_OPTIONS
  return childProcess.fork(path.join(__dirname, 'process.js'), [], {
    env,
    execArgv: loaderArguments(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
}

/** Under Yarn's Plug'n'Play no package is found without its loader, which comes in NODE_OPTIONS or by --require. */
function loaderArguments () {
  if (!process.versions.pnp) return []
  return ['--require', require.resolve('pnpapi')]
}

let warned = false

function warnOnce () {
  if (warned) return
  warned = true
  process.emitWarning(NOTICE, 'DevBrokerWarning')
}

/**
 * @param {string | { name: string, partitions?: number }} topic
 * @returns {TopicSpec}
 */
function parseTopic (topic) {
  if (typeof topic !== 'string') return Object.assign({ partitions: 1 }, topic)
  const colon = topic.lastIndexOf(':')
  if (colon === -1) return { name: topic, partitions: 1 }
  const count = topic.slice(colon + 1)
  return { name: topic.slice(0, colon), partitions: /^\d+$/.test(count) ? Number(count) : NaN }
}

/**
 * @param {TopicSpec} topic
 * @returns {TopicSpec}
 */
function checkTopic (topic) {
  const { name, partitions } = topic
  if (typeof name !== 'string' || !LEGAL_TOPIC_NAME.test(name) || name === '.' || name === '..') {
    throw invalid(`"${name}" is no topic name: use 1 to 249 of the characters a-z A-Z 0-9 . _ -`)
  }
  checkInteger(`topic ${name}: the number of partitions`, partitions, 1, MAX_PARTITIONS)
  return { name, partitions }
}

/** @param {string | number} api */
function checkApi (api) {
  if (typeof api === 'number') return checkCode('pushErrors: API key', api)
  const key = /** @type {Record<string, number>} */ (API_KEYS)[api]
  if (key === undefined) throw invalid(`"${api}" is no API of this broker: use ${Object.keys(API_KEYS).join(', ')}`)
  return key
}

/**
 * @param {string} what
 * @param {number} code
 */
function checkCode (what, code) {
  return checkInteger(what, code, -32768, 32767)
}

/**
 * @param {string} what
 * @param {number} value
 * @param {number} min
 * @param {number} max
 */
function checkInteger (what, value, min, max) {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid(`${what} must be an integer from ${min} to ${max}, got ${String(value)}`)
  }
  return value
}

function stopped () {
  return Object.assign(new Error('The embedded broker has stopped'), { code: 'ERR_DEV_BROKER_STOPPED' })
}

/** @param {string} message */
function invalid (message) {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' })
}

module.exports = { startDevBroker, DevBroker, DEFAULT_PORT, NOTICE }
