'use strict'

const { callable } = require('./internal/callable')
const { checkArray, checkClient, checkEncoding, numberOf, optionsOf, wrongType } = require('./internal/arguments')
const Consumer = require('./consumer')
const { hidePrivate } = require('./internal/redact')
const { MessageStream } = require('./internal/messageStream')
const { clearTimeout } = require('../core/scheduling/timers')

const DEFAULTS = {
  groupId: 'kafka-node-group',
  autoCommit: true,
  autoCommitMsgCount: 100,
  autoCommitIntervalMs: 5000,
  fetchMaxWaitMs: 100,
  fetchMinBytes: 1,
  fetchMaxBytes: 1024 * 1024,
  bufferRefetchThreshold: 10,
  fromOffset: false,
  encoding: 'utf8'
}

const DEFAULT_HIGH_WATER_MARK = 100

/**
 * The messages of fixed partitions as a stream. It commits nothing by itself: pipe it into `createCommitStream()`.
 *
 * @typedef {import('./internal/consumerCore').Payload} Payload
 * @typedef {string | import('../index').OffsetFetchRequest} Topic a name, or what is completed to a payload
 */
class ConsumerStream extends MessageStream {
  /**
   * @param {InstanceType<typeof import('./kafkaClient')>} client
   * @param {Topic[]} topics `{ topic, partition = 0, offset = 0 }` or a topic's name; completed in place
   * @param {import('../index').ConsumerStreamOptions & { objectMode?: boolean }} options completed in place
   */
  constructor (client, topics, options) {
    if (!options) throw wrongType('options', 'an object', options)
    optionsOf(options)
    options.objectMode = true
    options.highWaterMark = options.highWaterMark || DEFAULT_HIGH_WATER_MARK
    // Readable would treat `encoding` as its own and decode messages
    super(Object.assign({}, options, { encoding: undefined }))
    if (isEmpty(topics)) throw new Error('You must specify topics to subscribe to.')
    checkClient(client)
    checkArray('topics', topics)
    checkEncoding('encoding', options.encoding)
    this.highWaterMark = options.highWaterMark
    this.fetchCount = 0
    this.client = client
    const { defaults } = require('./internal/options')
    this.options = defaults(options, DEFAULTS)
    this.ready = false
    this.payloads = this.buildPayloads(topics)
    this.encoding = this.options.encoding
    this.close = this.close.bind(this)
    this._consumer = new StreamConsumer(client, this)
    hidePrivate(this)
    for (const event of ['error', 'offsetOutOfRange']) {
      this._consumer.on(event, error => this.emit(event, error))
    }
    this._follow(this._consumer)
    this._consumer.begin(this.payloads)
  }

  /**
   * @param {Topic[]} topics
   * @returns {Payload[]} the same objects, complete
   */
  buildPayloads (topics) {
    return topics.map(topic => {
      const payload = /** @type {Payload} */ (typeof topic === 'object' ? topic : { topic })
      payload.partition = numberOf(payload.partition || 0)
      payload.offset = numberOf(payload.offset || 0)
      payload.maxBytes = this.options.fetchMaxBytes
      payload.metadata = 'm'
      return payload
    })
  }

  /** The partitions are being read. */
  _started () {
    this.ready = true
    this.emit('readable')
  }

  /**
   * @param {import('./internal/messageEmitter').Message} message
   * @returns {boolean}
   */
  _emitMessage (message) {
    let heard
    try {
      this.emit('message', message)
    } finally {
      heard = super._emitMessage(message)
    }
    return heard
  }

  /**
   * A stream to pipe this one into, which commits the offsets of what passes through.
   *
   * @param {import('../index').CommitStreamOptions} [options] completed with this stream's own
   */
  createCommitStream (options) {
    const CommitStream = require('./commitStream')
    const { defaults } = require('./internal/options')
    const own = defaults(optionsOf(options), this.options)
    return new CommitStream(this.client, this.payloads, this.options.groupId, own,
      (commits, callback) => this._consumer._core.commit(commits, callback))
  }

  /**
   * Closes the client. The stream does not end.
   *
   * @param {boolean | ((err: Error | null) => void)} [force] has no effect
   * @param {(err: Error | null) => void} [callback]
   */
  close (force, callback) {
    this.ready = false
    this._consumer.close(false, typeof force === 'function' ? force : callback)
  }

  /**
   * Stops reading. The client, which was given to the stream, stays open.
   *
   * @param {Error | null} error
   * @param {(err?: Error | null) => void} done
   */
  _destroy (error, done) {
    this.ready = false
    // there is none if the list of topics was refused
    if (this._consumer) this._consumer.end()
    done(error)
  }
}

/** The Consumer behind a ConsumerStream. */
class StreamConsumer extends Consumer {
  /**
   * @param {InstanceType<typeof import('./kafkaClient')>} client
   * @param {ConsumerStream} stream
   */
  constructor (client, stream) {
    const {
      groupId, fetchMaxWaitMs, fetchMinBytes, fetchMaxBytes, fromOffset, isolationLevel, librdkafka
    } = stream.options
    super(client, [], {
      // kafka-node's stream does not validate the group's name
      groupId: '',
      autoCommit: false,
      fetchMaxWaitMs,
      fetchMinBytes,
      fetchMaxBytes,
      fromOffset,
      isolationLevel,
      librdkafka,
      // always, whatever the encoding of values
      keyEncoding: 'buffer'
    })
    this.options.groupId = groupId
    // read anew for every slice, since it may be changed on the stream
    Object.defineProperty(this, 'encoding', { get: () => stream.options.encoding })
    this._stream = stream
    hidePrivate(this)
  }

  /** @param {Payload[]} payloads */
  begin (payloads) {
    this.payloads = payloads
    if (this.client.ready) this.init()
  }

  _start () {
    if (this._core.closing) return
    super._start()
    this._stream._started()
  }

  end () {
    const core = this._core
    core.stop()
    if (core.handle) core.handle.command({ type: 'setAssignment', partitions: [] })
    for (const timer of this._outOfRange.values()) clearTimeout(timer)
  }
}

/** @param {Topic[] | string | null} topics */
function isEmpty (topics) {
  return topics === null || !['object', 'string'].includes(typeof topics) || Object.keys(topics).length === 0
}

module.exports = callable(ConsumerStream)
