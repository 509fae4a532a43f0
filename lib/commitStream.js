'use strict'

const { Transform } = require('stream')
const { callbackOf } = require('./internal/arguments')
const { emitAll } = require('./internal/emitAll')
const { hidePrivate } = require('./internal/redact')
const { valueOf } = require('../core/keyed')
const { callAll } = require('../core/scheduling/callAll')
const { clearInterval, setInterval } = require('../core/scheduling/timers')

const DEFAULTS = {
  autoCommit: true,
  autoCommitIntervalMs: 5000,
  autoCommitMsgCount: 100,
  passthrough: false
}

/**
 * Commits the offsets of the messages that are written to it, every so many messages and every so often. The messages
 * are passed on only if somebody reads this stream, so that it can be the end of a pipe.
 *
 * @typedef {{ topic: string, partition: number, offset: number, metadata: string }} Position `offset` is the next one
 * @typedef {import('./internal/commitResult').CommitCallback} Callback
 * @typedef {import('./internal/messageEmitter').Message} Message
 * @typedef {string | import('../index').OffsetFetchRequest} Topic a name, or what is completed to a position
 */
class CommitStream extends Transform {
  /**
   * @param {InstanceType<typeof import('./kafkaClient')>} client
   * @param {Topic[]} topics `{ topic, partition = 0, offset = 0 }` or a topic's name; no others are committed
   * @param {string} groupId under which the offsets are kept
   * @param {import('../index').CommitStreamOptions | null} [options] completed in place
   * @param {(commits: Position[], callback: Callback) => void} [send] how a ConsumerStream commits; by default the
   *   client does
   */
  constructor (client, topics, groupId, options, send) {
    options = options || {}
    super({ objectMode: true, highWaterMark: options.highWaterMark })
    const { defaults } = require('./internal/options')
    this.options = defaults(options, DEFAULTS)
    this.client = client
    this.groupId = groupId
    this.topicPartionOffsets = this.buildTopicData(topics.map(topic =>
      typeof topic === 'object' ? Object.assign({}, topic) : topic))
    this.committing = false
    this.autoCommit = options.autoCommit
    this.autoCommitMsgCount = options.autoCommitMsgCount
    this.autoCommitIntervalMs = options.autoCommitIntervalMs
    this.messageCount = 0
    /** @type {NodeJS.Timeout | null} */
    this.autoCommitIntervalTimer = null
    this._send = send || ((commits, callback) => client.sendOffsetCommitV2Request(groupId, -1, '', commits, callback))
    hidePrivate(this)
    if (this.autoCommit && this.autoCommitIntervalMs) {
      this.autoCommitIntervalTimer = setInterval(() => this.commit(), this.autoCommitIntervalMs)
    }
  }

  /**
   * Somebody reads this stream: from now on messages are passed on.
   *
   * @param {string | symbol} event
   * @param {(...values: any[]) => void} listener
   */
  on (event, listener) {
    if (event === 'data' || event === 'readable') this.options.passthrough = true
    return super.on(event, listener)
  }

  /**
   * @template {NodeJS.WritableStream} T
   * @param {T} destination
   * @param {{ end?: boolean }} [options]
   * @returns {T}
   */
  pipe (destination, options) {
    this.options.passthrough = true
    return super.pipe(destination, options)
  }

  /**
   * @param {Message} message
   * @param {string} encoding
   * @param {(err?: Error | null, message?: Message) => void} done
   */
  _transform (message, encoding, done) {
    this.updateOffsets({ [message.topic]: { [message.partition]: message.offset } })
    this.messageCount++
    const pass = () => {
      if (this.options.passthrough) done(null, message)
      else done()
    }
    if (!this.autoCommit || this.messageCount !== this.autoCommitMsgCount) return pass()
    this.messageCount = 0
    this.commit(pass)
  }

  /**
   * @param {Topic[]} topics
   * @returns {Position[]}
   */
  buildTopicData (topics) {
    return topics.map(topic => {
      const position = /** @type {Position} */ (typeof topic === 'object' ? topic : { topic })
      position.partition = position.partition || 0
      position.offset = position.offset || 0
      position.metadata = 'm'
      return position
    })
  }

  /**
   * @param {Record<string, Record<string, number>>} topics the last offset seen, by topic and partition
   * @param {boolean} [initial] true: it is the next offset instead
   */
  updateOffsets (topics, initial) {
    for (const position of this.topicPartionOffsets) {
      const partitions = valueOf(topics, position.topic)
      const offset = partitions && partitions[position.partition]
      if (offset === undefined) continue
      const known = Math.max(0, offset)
      position.offset = initial ? known : known + 1
    }
  }

  /** Stops the timed commits, which keep the process alive. */
  clearInterval () {
    if (this.autoCommitIntervalTimer) clearInterval(this.autoCommitIntervalTimer)
    this.autoCommitIntervalTimer = null
  }

  /**
   * Commits the offsets after the messages that have passed, even if they have not changed.
   *
   * @param {Callback} [callback] result: `{ topic: { partition, errorCode } }`, or a text that says why nothing was
   *   committed
   */
  commit (callback) {
    callback = callbackOf(callback)
    if (this.committing) {
      callback(null, 'Commit in progress')
      return
    }
    const commits = this.topicPartionOffsets
      .filter(({ offset }) => offset !== 0)
      .map(position => Object.assign({}, position))
    if (commits.length === 0) {
      callback(null, 'Nothing to be committed')
      return
    }
    this.committing = true
    this._send(commits, (error, result) => {
      callAll([
        () => emitAll(this, 'commitComplete', { group: this.groupId, commits }),
        () => {
          this.committing = false
          callback(error, result)
        }
      ])
    })
  }

  /**
   * @param {Error | null} error
   * @param {(err?: Error | null) => void} done
   */
  _destroy (error, done) {
    this.clearInterval()
    done(error)
  }
}

module.exports = CommitStream
