'use strict'

const { Writable } = require('stream')
const { callbackOf, optionsOf } = require('./internal/arguments')
const HighLevelProducer = require('./highLevelProducer')
const KafkaClient = require('./kafkaClient')
const { BrokerNotAvailableError } = require('./internal/errors')
const { hidePrivate } = require('./internal/redact')
const { setImmediate } = require('../core/scheduling/timers')

const DEFAULTS = {
  kafkaClient: {
    kafkaHost: '127.0.0.1:9092'
  },
  producer: {
    partitionerType: 3
  }
}

const DEFAULT_HIGH_WATER_MARK = 100

/**
 * A Writable that sends the payloads written to it. `end()` leaves its client open, `close()` closes it.
 *
 * @typedef {(err?: Error | null, result?: import('./internal/produceBatches').ProduceResult) => void} Callback
 * @typedef {import('../index').ProduceRequest} Payload
 */
class ProducerStream extends Writable {
  /**
   * @param {import('../index').ProducerStreamOptions} [options] completed in place
   */
  constructor (options) {
    options = optionsOf(options)
    super({ objectMode: true, decodeStrings: false, highWaterMark: options.highWaterMark || DEFAULT_HIGH_WATER_MARK })
    const { defaultsDeep } = require('./internal/options')
    defaultsDeep(options, DEFAULTS)
    optionsOf(options.kafkaClient, 'kafkaClient')
    const producer = optionsOf(options.producer, 'producer')
    this.client = new KafkaClient(options.kafkaClient)
    this.producer = new HighLevelProducer(this.client, producer, producer.customPartitioner)
    /** @type {Array<{ payloads: Payload[], callback: Callback }>} sends made before the producer was ready */
    this._waiting = []
    hidePrivate(this)
    this.producer.on('error', (/** @type {Error} */ error) => this.emit('error', error))
    this.producer.once('ready', () => {
      for (const { payloads, callback } of this._waiting.splice(0)) this._send(payloads, callback)
    })
  }

  /**
   * As `write`, but calls back with the result of the send.
   *
   * @param {Payload | Payload[]} payload as for `HighLevelProducer.send`
   * @param {Callback} [callback] result: the offset of the first record, as `{ topic: { partition: offset } }`
   */
  sendPayload (payload, callback) {
    callback = callbackOf(callback)
    const payloads = Array.isArray(payload) ? payload : [payload]
    if (this.producer.ready || this.client.closing) this.producer.send(payloads, callback)
    else this._waiting.push({ payloads, callback })
  }

  /**
   * Sends; errors about the payloads go to the callback, since the caller is no longer on the stack.
   *
   * @param {Payload | Payload[]} payloads
   * @param {Callback} callback
   */
  _send (payloads, callback) {
    try {
      this.sendPayload(payloads, callback)
    } catch (error) {
      callback(/** @type {Error} */ (error))
    }
  }

  /**
   * Closes the client. Sends in flight are delivered first; those that waited for the connection fail.
   *
   * @param {(err: null) => void} [callback]
   */
  close (callback) {
    this.producer.close(callback)
    for (const { callback: waiting } of this._waiting.splice(0)) {
      setImmediate(waiting, new BrokerNotAvailableError('Broker not available (socket closed)'))
    }
  }

  /**
   * @param {Payload | Payload[]} message
   * @param {string} encoding
   * @param {Callback} callback
   */
  _write (message, encoding, callback) {
    this._send(message, callback)
  }

  /**
   * What was written while a send was in flight goes out in one send.
   *
   * @param {Array<{ chunk: Payload | Payload[] }>} chunks
   * @param {Callback} callback
   */
  _writev (chunks, callback) {
    const sends = byAttributes(chunks)
    const next = (/** @type {Error | null | undefined} */ error) => {
      const payloads = error ? undefined : sends.shift()
      if (payloads === undefined) callback(error)
      else this._send(payloads, next)
    }
    next(null)
  }
}

/**
 * One send cannot compress messages for the same partition in two ways, and whether payloads meet in one is a matter of
 * timing: those that differ go one after another.
 *
 * @param {Array<{ chunk: Payload | Payload[] }>} chunks
 * @returns {Payload[][]} the payloads of each send
 */
function byAttributes (chunks) {
  /** @type {Payload[][]} */
  const sends = []
  /** @type {number | undefined} */
  let last
  for (const { chunk } of chunks) {
    const payloads = Array.isArray(chunk) ? chunk : [chunk]
    const attributes = payloads.length > 0 ? payloads[0].attributes || 0 : last
    if (sends.length === 0 || attributes !== last) sends.push([])
    for (const payload of payloads) sends[sends.length - 1].push(payload)
    last = attributes
  }
  return sends
}

module.exports = ProducerStream
