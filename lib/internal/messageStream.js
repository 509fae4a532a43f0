'use strict'

const { AdoptableReadable, callable } = require('./callable')

/** Why a stream pauses its pump: the reader takes no more. */
const BACK_PRESSURE = 'back pressure'

/**
 * What `ConsumerStream` and `ConsumerGroupStream` have in common: the path from a consumer's records to a
 * Readable, with its back pressure.
 *
 * A message goes straight to the reader as long as it takes more. When it does not, the pump is paused, and only
 * what is left of the current slice waits in `messageBuffer`. So a stream holds `highWaterMark` messages and one slice
 * at most; what the native side fetches ahead is bounded on its own.
 *
 * @typedef {import('./messageEmitter').Message} Message
 */
class MessageStream extends AdoptableReadable {
  /** @param {import('stream').ReadableOptions} options */
  constructor (options) {
    super(options)
    /** @type {Message[]} */
    this.messageBuffer = []
    this._reading = false
    /** @type {import('../../core/consumer/recordPump').RecordPump | null} */
    this._pump = null
    /** how many messages have left the stream's buffer */
    this._passed = 0
    /** messages that leave it before this many have must no longer reach the reader */
    this._obsoleteUntil = 0
    /** @type {Map<string, number>} the same for single partitions */
    this._repositionedUntil = new Map()
    this._isObsolete = false
  }

  /**
   * @param {InstanceType<typeof import('../consumer')> | InstanceType<typeof import('../consumerGroup')>} consumer of
   *   the stream's own
   */
  _follow (consumer) {
    this._pump = consumer._core.pump
    consumer._core.pump.pause(BACK_PRESSURE)
    consumer._core.repositioned = (topic, partition) => {
      this._dropPartition(topic, partition)
    }
    consumer.on('message', (/** @type {Message} */ message) => this._take(message))
  }

  /** @param {Message} message */
  _take (message) {
    if (!this._reading) {
      this.messageBuffer.push(message)
    } else if (!this.push(message)) {
      this._reading = false
      if (this._pump) this._pump.pause(BACK_PRESSURE)
    }
  }

  _read () {
    this._reading = true
    this.transmitMessages()
  }

  /** Hands over what is buffered as long as the reader takes it, then lets the pump resume. */
  transmitMessages () {
    const { messageBuffer } = this
    while (this._reading && messageBuffer.length > 0) this._reading = this.push(messageBuffer.shift())
    if (this._reading && this._pump) this._pump.unpause(BACK_PRESSURE)
  }

  /** Drops messages that the reader has not seen yet. */
  _dropBuffered () {
    this.messageBuffer.length = 0
    // Readable offers no way to empty its buffer, so they are dropped on their way out
    this._obsoleteUntil = this._passed + this.readableLength
    this._repositionedUntil.clear()
  }

  /**
   * The partition continues elsewhere: drops its messages that the reader has not seen yet.
   *
   * @param {string} topic
   * @param {number} partition
   */
  _dropPartition (topic, partition) {
    const { messageBuffer } = this
    // in place: `transmitMessages` may be at work on it
    let kept = 0
    for (const message of messageBuffer) {
      if (message.topic !== topic || message.partition !== partition) messageBuffer[kept++] = message
    }
    messageBuffer.length = kept
    this._repositionedUntil.set(`${topic}/${partition}`, this._passed + this.readableLength)
  }

  /**
   * @param {Message} message that leaves the buffer
   * @returns {boolean} whether it must not reach the reader
   */
  _isDropped (message) {
    const index = this._passed++
    if (index < this._obsoleteUntil) return true
    if (this._repositionedUntil.size === 0) return false
    const key = `${message.topic}/${message.partition}`
    const until = this._repositionedUntil.get(key)
    if (until === undefined) return false
    if (index < until) return true
    this._repositionedUntil.delete(key)
    return false
  }

  /**
   * @param {number} [size]
   * @returns {Message | null}
   */
  read (size) {
    let message
    do {
      this._isObsolete = false
      message = super.read(size)
    } while (message !== null && this._isObsolete)
    return message
  }

  /**
   * Every message passes through here on its way to the reader, including `read()` and asynchronous iteration.
   *
   * @param {string | symbol} event
   * @param {...unknown} values
   * @returns {boolean}
   */
  emit (event, ...values) {
    if (event !== 'data') return super.emit(event, ...values)
    const [message] = /** @type {Message[]} */ (values)
    this._isObsolete = this._isDropped(message)
    return this._isObsolete ? false : this._emitMessage(message)
  }

  /**
   * @param {Message} message
   * @returns {boolean}
   */
  _emitMessage (message) {
    return super.emit('data', message)
  }
}

module.exports = { MessageStream: callable(MessageStream) }
