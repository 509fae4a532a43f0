'use strict'

const { AdoptableReadable, callable } = require('./callable')

/**
 * What `ConsumerStream` and `ConsumerGroupStream` have in common: the way from a consumer's flow of records to a
 * Readable, with its back pressure.
 *
 * A message goes straight to the reader as long as the reader takes more. When it does not, the flow is held, and only
 * what is left of the current slice waits in `messageBuffer`. So a stream holds `highWaterMark` messages and one slice
 * at most; what the native side fetches ahead is bounded on its own.
 */
class MessageStream extends AdoptableReadable {
  /** @param {any} options of Readable */
  constructor (options) {
    super(options)
    /** @type {any[]} */
    this.messageBuffer = []
    this._reading = false
    /** @type {import('./recordFlow').RecordFlow | null} */
    this._flow = null
    /** how many messages, from the next one on, must not reach the reader any more */
    this._void = 0
  }

  /** @param {any} consumer a Consumer or ConsumerGroup of the stream's own */
  _follow (consumer) {
    this._flow = consumer._core.flow
    consumer._core.flow.hold()
    consumer.on('message', (/** @type {any} */ message) => this._take(message))
  }

  /** @param {any} message */
  _take (message) {
    if (!this._reading) {
      this.messageBuffer.push(message)
    } else if (!this.push(message)) {
      this._reading = false
      if (this._flow) this._flow.hold()
    }
  }

  _read () {
    this._reading = true
    this.transmitMessages()
  }

  /** Hands over what is buffered as long as the reader takes it, then lets the flow go on. */
  transmitMessages () {
    const { messageBuffer } = this
    while (this._reading && messageBuffer.length > 0) this._reading = this.push(messageBuffer.shift())
    if (this._reading && this._flow) this._flow.unhold()
  }

  /** Messages that the reader has not seen yet will not be seen. */
  _dropBuffered () {
    this.messageBuffer.length = 0
    // Readable gives no way to empty its buffer: they are dropped on their way out
    this._void = this.readableLength
  }

  /**
   * @param {number} [size]
   * @returns {any} a message, or null
   */
  read (size) {
    let before
    let message
    do {
      before = this._void
      message = super.read(size)
    } while (message !== null && this._void < before)
    return message
  }

  /**
   * Every message passes here on its way to the reader, also in `read()` and asynchronous iteration.
   *
   * @param {string | symbol} event
   * @param {...any} values
   * @returns {boolean}
   */
  emit (event, ...values) {
    if (event !== 'data') return super.emit(event, ...values)
    if (this._void > 0) {
      this._void--
      return false
    }
    return this._emitMessage(values[0])
  }

  /**
   * @param {any} message
   * @returns {boolean}
   */
  _emitMessage (message) {
    return super.emit('data', message)
  }
}

module.exports = { MessageStream: callable(MessageStream) }
