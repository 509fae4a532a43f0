'use strict'

const { createTopic, produceRaw, readAll, committed } = require('../../support/kafka')
const { Writer, parseAddress, withConnection } = require('../../../tools/kafka/wire')
const { show, showArguments } = require('./show')

const STEP_TIMEOUT = 40000

/** Events whose number means nothing: it depends on how many fetches or connections there were. */
const BATCH_EVENTS = new Set(['processingfetch', 'done'])

/**
 * What one side did in one scenario: lines of text on named tracks. Lines of one track keep their order; the order
 * between tracks is not compared.
 */
class Trace {
  /** @param {{ module: (path?: string) => any, brokers: string, side: string, tag: string }} options */
  constructor ({ module, brokers, side, tag }) {
    this.require = module
    this.brokers = brokers
    /** `original` or `ours`: for what cannot be asked in the same way, never for what the client does. */
    this.side = side
    this.tag = tag
    /** @type {Map<string, string[]>} */
    this.tracks = new Map()
    /** @type {Map<string, string>} */
    this.names = new Map()
    /** @type {(() => any)[]} */
    this.cleanups = []
    /** @type {(() => void)[]} */
    this.flushes = []
    /** @type {Set<() => void>} */
    this.waiting = new Set()
    this.ended = false
  }

  get kafka () {
    return this.require()
  }

  // ---- recording ----

  /** @param {string} track @param {string} line */
  line (track, line) {
    if (this.ended) return
    const lines = this.tracks.get(track) || []
    this.tracks.set(track, lines)
    lines.push(this.anonymous(line))
    for (const wake of this.waiting) wake()
  }

  /** @param {string} line */
  anonymous (line) {
    for (const [name, label] of this.names) line = line.split(name).join(label)
    const { port } = parseAddress(this.brokers)
    return line.split(this.brokers).join('<broker>').replace(new RegExp(`(port: )${port}\\b`, 'gi'), '$1<port>')
  }

  /** @param {string} track @param {...any} values */
  log (track, ...values) {
    this.line(track, values.map((value) => show(value)).join(' '))
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
    let result
    try {
      result = call()
    } catch (error) {
      this.line(track, `throws ${show(error)}`)
      return undefined
    }
    const plain = result === null || typeof result !== 'object' || result.constructor === Object
    this.line(track, plain ? `returns ${show(result)}` : `returns a ${/** @type {any} */ (result).constructor.name}`)
    return result
  }

  /**
   * A callback that records its arguments, even if it is called again.
   *
   * @param {string} track
   * @param {{ on?: string }} [options] `on`: an emitter's track, to record the order among its events
   * @returns {((...args: any[]) => void) & { called: Promise<any[]> }}
   */
  callback (track, { on } = {}) {
    let resolve = (/** @type {any[]} */ _args) => {}
    const called = new Promise((_resolve) => { resolve = _resolve })
    const callback = (/** @type {any[]} */ ...args) => {
      if (on) this.line(on, `${track} ${showArguments(args)}`)
      else this.line(track, showArguments(args))
      resolve(args)
    }
    return Object.assign(callback, { called })
  }

  /**
   * Calls with a callback, records and waits for its arguments.
   *
   * @param {string} track
   * @param {(callback: (...args: any[]) => void) => void} call
   * @returns {Promise<any[]>}
   */
  async call (track, call) {
    const callback = this.callback(track)
    const thrown = await this.guard(track, () => call(callback))
    return thrown ? [] : this.soon(callback.called, `the callback of '${track}'`)
  }

  /** @param {string} track @param {() => void} call @returns {boolean} whether it threw */
  guard (track, call) {
    try {
      call()
      return false
    } catch (error) {
      this.line(track, `throws ${show(error)}`)
      return true
    }
  }

  /**
   * Whether a promise was settled within this time, for callbacks that may never come.
   *
   * @param {string} track
   * @param {Promise<any>} promise
   * @param {number} ms
   */
  async within (track, promise, ms) {
    let timer
    const late = new Promise((resolve) => { timer = setTimeout(resolve, ms, false) })
    if (!await Promise.race([promise.then(() => true), late])) this.line(track, 'never called')
    clearTimeout(timer)
  }

  /**
   * Records an emitter's events in their order. Batches of a consumer are joined: what is left is one
   * `processingfetch` before its messages and one `done` after them, however many fetches there were.
   *
   * @template {import('node:events').EventEmitter & { client?: { closing?: boolean } }} T
   * @param {string} track
   * @param {T} emitter
   * @param {string[]} events
   * @param {{ quiet?: boolean, show?: (event: string, args: any[]) => string }} [options] `quiet`: a repeated event is
   *   recorded once
   * @returns {T}
   */
  watch (track, emitter, events, options = {}) {
    const describe = options.show || ((_event, args) => showArguments(args))
    const seen = new Set()
    let open = false
    let doneOfBatch = ''
    /** @type {any} */
    let progress = {}
    const closeBatch = () => {
      if (doneOfBatch) this.line(track, doneOfBatch)
      doneOfBatch = ''
      progress = {}
      open = false
    }
    for (const event of events) {
      emitter.on(event, (/** @type {any[]} */ ...args) => {
        if (BATCH_EVENTS.has(event)) {
          if (event === 'processingfetch' || !open) return
          // The last of several batches tells everything, once the earlier ones are merged into it.
          for (const [topic, partitions] of Object.entries(args[0])) Object.assign(progress[topic] ||= {}, partitions)
          doneOfBatch = `done ${showArguments([progress])}`
          for (const wake of this.waiting) wake()
          return
        }
        if (event === 'message' && events.includes('processingfetch')) {
          if (!open) this.line(track, 'processingfetch ()')
          open = true
          doneOfBatch = ''
        } else if (open) {
          closeBatch()
        }
        if (event === 'error' && emitter.client && emitter.client.closing) return
        if (options.quiet && seen.has(event)) return
        seen.add(event)
        this.line(track, `${event} ${describe(event, args)}`)
      })
    }
    this.flushes.push(closeBatch)
    return emitter
  }

  /** @param {string} track @param {string | RegExp} wanted @returns {number} how many lines match */
  count (track, wanted) {
    return (this.tracks.get(track) || []).filter((line) =>
      typeof wanted === 'string' ? line.startsWith(wanted) : wanted.test(line)).length
  }

  /**
   * Waits for lines on a track.
   *
   * @param {string} track
   * @param {string | RegExp} wanted the beginning of a line
   * @param {number} [count]
   * @param {number} [ms]
   * @returns {Promise<boolean>} false: they did not come, and the trace says so
   */
  seen (track, wanted, count = 1, ms = STEP_TIMEOUT) {
    return this.until(() => this.count(track, wanted) >= count, `${count} times '${wanted}' on '${track}'`, ms)
  }

  /**
   * @param {() => boolean} condition looked at whenever something is recorded
   * @param {string} what
   * @param {number} [ms]
   * @returns {Promise<boolean>}
   */
  until (condition, what, ms = STEP_TIMEOUT) {
    return new Promise((resolve) => {
      const poll = setInterval(() => look(), 25)
      const timer = setTimeout(() => finish(false), ms)
      const finish = (/** @type {boolean} */ came) => {
        this.waiting.delete(look)
        clearInterval(poll)
        clearTimeout(timer)
        if (!came) this.line('waited in vain', what)
        resolve(came)
      }
      const look = () => { if (condition()) finish(true) }
      this.waiting.add(look)
      look()
    })
  }

  /** @template T @param {Promise<T>} promise @param {string} what @returns {Promise<T>} */
  async soon (promise, what) {
    let timer
    const late = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${what} did not come`)), STEP_TIMEOUT)
    })
    try {
      return await /** @type {Promise<T>} */ (Promise.race([promise, late]))
    } finally {
      clearTimeout(timer)
    }
  }

  // ---- the world around ----

  /**
   * @param {string} [label]
   * @returns {string} a name for a topic or group that nobody else has; traces show the label
   */
  name (label = 'topic') {
    const known = [...this.names].filter(([, other]) => other.replace(/\d+>$/, '>') === `<${label}>`).length
    const name = `compat-${this.tag}-${label}${known + 1}`
    this.names.set(name, `<${label}${known + 1}>`)
    return name
  }

  /** @param {number} [partitions] @param {Record<string, string | number>} [config] @returns {Promise<string>} */
  topic (partitions = 1, config = {}) {
    return createTopic(this.brokers, this.name(), partitions, config)
  }

  /** @param {string} topic @param {import('kafkajs').Message[]} records */
  produce (topic, records) {
    return produceRaw(this.brokers, topic, records)
  }

  /** @param {string} topic @returns {Promise<import('../../support/log-reader').LogRecord[]>} */
  records (topic) {
    return readAll(this.brokers, topic)
  }

  /**
   * What a group has committed to Kafka, offsets with metadata.
   *
   * @param {string} group
   * @param {string} topic
   */
  committed (group, topic) {
    return committed(this.brokers, group, topic)
  }

  /**
   * What was committed with version 0 of the request, which brokers keep in ZooKeeper: kafka-node's Consumer does this.
   *
   * @param {string} group
   * @param {string} topic
   * @param {number[]} partitions
   */
  zookeeperCommitted (group, topic, partitions) {
    return withConnection(parseAddress(this.brokers), async (connection) => {
      const body = new Writer().string(group)
      body.int32(1).string(topic).array(partitions, (partition) => body.int32(partition))
      const reader = await connection.request(9, 0, body)
      /** @type {Record<number, { offset: number, metadata: string | null }>} */
      const found = {}
      reader.array(() => {
        reader.string()
        reader.array(() => {
          const partition = reader.int32()
          const offset = Number(reader.int64())
          const metadata = reader.string()
          reader.int16()
          if (offset >= 0) found[partition] = { offset, metadata }
        })
      })
      return found
    })
  }

  // ---- the client under test ----

  /** @param {any} [options] @returns {any} a KafkaClient on the broker; closed at the end */
  client (options = {}) {
    const client = new this.kafka.KafkaClient({ kafkaHost: this.brokers, ...options })
    return this.closing(client)
  }

  /** @template T @param {T} closable closed at the end @returns {T} */
  closing (closable) {
    this.cleanups.push(() => new Promise((resolve) => {
      /** @type {any} */ (closable).close(resolve)
      setTimeout(resolve, 5000).unref()
    }))
    return closable
  }

  /** @param {any} emitter @param {string} [event] @returns {Promise<any[]>} */
  event (emitter, event = 'ready') {
    return this.soon(new Promise((resolve) => emitter.once(event, (/** @type {any[]} */ ...args) => resolve(args))),
      `the event '${event}'`)
  }

  /** @param {any} [options] @returns {Promise<any>} */
  async readyClient (options) {
    const client = this.client(options)
    client.on('error', () => {})
    await this.event(client)
    return client
  }

  /** @param {any} [options] @param {any} [clientOptions] @returns {Promise<any>} a Producer that is ready */
  async readyProducer (options, clientOptions) {
    const producer = new this.kafka.Producer(this.client(clientOptions), options)
    await this.event(producer)
    return producer
  }

  /**
   * Records errors that nobody in the scenario listens for. Those of a closing client are left out: whether kafka-node
   * has any depends on the state of its last fetch.
   *
   * @template {import('node:events').EventEmitter} T
   * @param {T} emitter
   * @returns {T}
   */
  guarded (emitter) {
    emitter.on('error', (/** @type {Error} */ error) => {
      if (emitter.listenerCount('error') > 1 || /** @type {any} */ (emitter).client.closing) return
      this.line('stray errors', show(error))
    })
    return emitter
  }

  /** @param {any[]} args the constructor's @returns {any} a Consumer */
  consumer (...args) {
    return this.guarded(new this.kafka.Consumer(...args))
  }

  /**
   * @param {any} options
   * @param {string | string[]} topics
   * @returns {any} a ConsumerGroup on the broker; closed at the end
   */
  group (options, topics) {
    return this.closing(this.guarded(new this.kafka.ConsumerGroup({ kafkaHost: this.brokers, ...options }, topics)))
  }

  async finish () {
    for (const flush of this.flushes) flush()
    // What happens while closing belongs to no scenario.
    this.ended = true
    for (const cleanup of this.cleanups.reverse()) await cleanup()
  }
}

module.exports = { Trace }
