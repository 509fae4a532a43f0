'use strict'

const {
  callbackOf, checkArray, checkedCallback, checkClient, checkNoNul, kindOf, optionsOf, textOf
} = require('./internal/arguments')
const { AdoptableEmitter, callable } = require('./internal/callable')
const { isForeign, produce } = require('./internal/foreignClient')
const getLogger = require('./logging')
const { BrokerNotAvailableError, InvalidConfigError } = require('./internal/errors')
const { hidePrivate } = require('./internal/redact')
const { appendRecords, recordsOf } = require('./internal/produceBatches')

const {
  CustomPartitioner, CyclicPartitioner, DefaultPartitioner, KeyedPartitioner, RandomPartitioner
} = require('./partitioner')
const { recordOf, valueOf } = require('../core/keyed')
const { assert, lazy } = require('../core/lazy')
const { PendingCall, inCurrentContext } = require('../core/scheduling/asyncContext')
const { setImmediate } = require('../core/scheduling/timers')

const logger = getLogger('kafka-node:BaseProducer')

/** What producers are made of, loaded with the first one. */
const parts = lazy(() => ({
  ...require('./internal/nativeErrors'),
  ...require('./internal/options'),
  ...require('../core/diagnostics'),
  ...require('../core/errors'),
  ...require('../core/hook')
}))

const PARTITIONER_TYPES = {
  default: 0,
  random: 1,
  cyclic: 2,
  keyed: 3,
  custom: 4
}

/** @type {Record<number, new (getPartition: GetPartition) => import('../index').Partitioner>} */
const PARTITIONERS = {
  0: DefaultPartitioner,
  1: RandomPartitioner,
  2: CyclicPartitioner,
  3: KeyedPartitioner,
  4: CustomPartitioner
}

const DEFAULTS = {
  requireAcks: 1,
  ackTimeoutMs: 100
}

/** By `attributes`: kafka-node's 0 to 2, and two that Kafka gained later. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const noop = () => {}
const hasOwn = Object.prototype.hasOwnProperty

/**
 * What `Producer` and `HighLevelProducer` have in common.
 *
 * @typedef {import('../core/wire/sends').Records} Records
 * @typedef {import('../core/handles/producerHandle').ProduceBatch} SentBatch
 * @typedef {import('../index').CustomPartitioner} GetPartition
 * @typedef {import('../core/handles/index').ProducerHandle} ProducerHandle
 * @typedef {import('../core/hook').Sending} Sending
 * @typedef {import('./internal/requests/topics').CreateTopicsCallback} CreateTopicsCallback
 * @typedef {import('./internal/produceBatches').Payload} Payload
 * @typedef {import('./internal/produceBatches').ChosenPayload} ChosenPayload
 * @typedef {import('./internal/produceBatches').ProduceCallback} ProduceCallback
 * @typedef {{ topic: string, partition: number, attributes?: number, codec: string, records: Records }} ProduceBatch
 *   the records of one send for one partition
 */
class BaseProducer extends AdoptableEmitter {
  /**
   * @param {InstanceType<typeof import('./kafkaClient')>} client which several producers may share
   * @param {import('../index').ProducerOptions | null | undefined} options
   * @param {number} defaultPartitionerType
   * @param {GetPartition} [customPartitioner] `(partitions, key) => partition`, with partitioner type custom
   */
  constructor (client, options, defaultPartitionerType, customPartitioner) {
    super()
    const { librdkafkaSettings } = parts()
    options = optionsOf(options)
    this.ready = false
    this.client = client
    // null says no more than undefined: it must not be taken for 0, which acknowledges nothing
    this.requireAcks = isNone(options.requireAcks) ? DEFAULTS.requireAcks : options.requireAcks
    this.ackTimeoutMs = options.ackTimeoutMs === undefined ? DEFAULTS.ackTimeoutMs : options.ackTimeoutMs
    const { partitionerType } = options
    if (customPartitioner !== undefined && partitionerType !== PARTITIONER_TYPES.custom) {
      throw new Error('Partitioner Type must be custom if providing a customPartitioner.')
    }
    if (customPartitioner === undefined && partitionerType === PARTITIONER_TYPES.custom) {
      throw new Error('No customer partitioner defined')
    }
    const Partitioner = valueOf(PARTITIONERS, /** @type {number} */ (partitionerType)) ||
      PARTITIONERS[defaultPartitionerType]
    this.partitioner = new Partitioner(/** @type {GetPartition} */ (customPartitioner))
    this._settings = {
      // kafka-node's default is a limit for the broker. librdkafka would take it as a reason to retry, so only
      // one that the user has set counts.
      ackTimeout: options.ackTimeoutMs,
      queueMaxMessages: options.queueMaxMessages,
      queueMaxBytes: options.queueMaxBytes,
      librdkafka: librdkafkaSettings(options.librdkafka, 'P')
    }
    checkClient(client)
    this._isForeign = isForeign(client)
    /** @type {Map<number, Map<string, ProducerHandle>>} those of the client that it has used, by acks and codec */
    this._handles = new Map()
    hidePrivate(this)
    this.connect()
  }

  /** Follows the client's events; called by the constructor. */
  connect () {
    const { client } = this
    this.ready = client.ready
    if (this.ready) {
      // the client is already ready: let the caller attach listeners first
      setImmediate(() => this.emit('ready'))
    } else if (!this._isForeign) {
      client._claimPrimary({ open: () => client._producer({ acks: acks(this.requireAcks), ...this._settings }) })
    }
    client.on('ready', () => {
      if (this.ready) return
      this.ready = true
      this.emit('ready')
    })
    client.on('brokersChanged', () => {
      client.refreshMetadata(Object.keys(client.topicMetadata), error => {
        if (error) this.emit('error', error)
      })
    })
    client.on('error', (/** @type {Error} */ error) => this.emit('error', error))
    client.on('close', noop)
  }

  /**
   * Sends messages.
   *
   * @param {Payload[]} payloads `partition` and `attributes` are filled in
   * @param {ProduceCallback} [callback] result: the offset of the first record, as
   *   `{ topic: { partition: offset } }`
   * @throws {TypeError | InvalidConfigError} if a payload is none
   */
  send (payloads, callback) {
    if (this._isForeign) {
      this.buildPayloads(payloads, this.client.topicMetadata)
      return produce(this, /** @type {ChosenPayload[]} */ (payloads), callback)
    }
    callback = checkedCallback(callback)
    checkArray('payloads', payloads)
    const { hook, sendTrace } = parts()
    if (hook.current !== null) this._sendHooked(hook.current, payloads, callback)
    else if (sendTrace.hasSubscribers) this._sendTraced(payloads, callback, null)
    else this._send(payloads, callback, null)
  }

  /**
   * @param {import('../core/hook').Hook} current
   * @param {Payload[]} payloads
   * @param {ProduceCallback} callback
   */
  _sendHooked (current, payloads, callback) {
    const sending = current.send(this.client.clientId, () => payloads.map(describePayload))
    /** @type {ProduceCallback} */
    const done = (...args) => {
      sending.settled(args[0] || null)
      callback(...args)
    }
    try {
      if (parts().sendTrace.hasSubscribers) this._sendTraced(payloads, done, sending)
      else this._send(payloads, done, sending)
    } catch (error) {
      sending.settled(error)
      throw error
    }
  }

  /**
   * @param {Payload[]} payloads
   * @param {ProduceCallback} callback
   * @param {Sending | null} sending
   */
  _sendTraced (payloads, callback, sending) {
    const { sendTrace, traceEnd, traceSync } = parts()
    const context = { clientId: this.client.clientId, topics: payloads.map(describePayload) }
    traceSync(sendTrace, context, () => this._send(payloads, (...args) => {
      const [error] = args
      traceEnd(sendTrace, context, error ? { error } : null, () => callback(...args))
    }, sending))
  }

  /**
   * @param {Payload[]} payloads
   * @param {ProduceCallback} callback
   * @param {Sending | null} sending of somebody who has hooked in
   */
  _send (payloads, callback, sending) {
    const { client } = this
    const { queue } = client._sends
    let isPartitionKnown = true
    let isFree = !client.closing
    // Loops instead of callbacks here and below: every send comes this way, many of them before V8 has compiled it.
    for (let i = 0; i < payloads.length; i++) {
      const { topic } = payloads[i]
      if (typeof topic !== 'string') throw new TypeError(`topic of a payload must be a string, not ${kindOf(topic)}`)
      if (this._needsMetadata(payloads[i])) isPartitionKnown = false
      if (queue.has(topic)) isFree = false
    }
    // chosen now if they can be: the caller's objects show them
    const batches = isPartitionKnown ? this.buildPayloads(payloads, client.topicMetadata) : null
    // an empty send needs no connection, and succeeds also on a closed client
    if ((isFree || payloads.length === 0) && batches !== null && areKnown(client, batches)) {
      this._produce(batches, callback, sending)
      return
    }
    // a topic that is known has none
    for (const { topic } of payloads) checkNoNul('topic of a payload', topic)
    const list = [...new Set(payloads.map(payload => payload.topic))]
    const done = inCurrentContext(callback)
    queue.enter(list, finished => this._learn(list, batches, error => {
      try {
        if (error === null) error = this._produceLearned(batches, payloads, done, sending)
        if (error !== null) {
          parts().sendFailed(client.clientId, list, error)
          done(error)
        }
      } finally {
        // even if the callback throws: later sends must go on
        finished()
      }
    }))
  }

  /**
   * @param {ProduceBatch[] | null} batches
   * @param {Payload[]} payloads
   * @param {ProduceCallback} callback called when it returns null
   * @param {Sending | null} sending
   * @returns {Error | null}
   */
  _produceLearned (batches, payloads, callback, sending) {
    const { client } = this
    // closed in the meantime: the handles accept nothing more
    if (client.closing) return new BrokerNotAvailableError('Broker not available (sendRequest)')
    try {
      const chosen = batches || this.buildPayloads(payloads, client.topicMetadata)
      if (!areKnown(client, chosen)) {
        return new BrokerNotAvailableError('Could not find the leader')
      }
      this._produce(chosen, callback, sending)
      return null
    } catch (failure) {
      // too late to throw to the caller of `send`
      return /** @type {Error} */ (failure)
    }
  }

  /**
   * @param {Payload} payload
   * @returns {boolean} its partition cannot be chosen until its topic's partitions are known
   */
  _needsMetadata (payload) {
    if (hasOwn.call(payload, 'partition') && payload.partition !== undefined) return false
    if (valueOf(this.client.topicMetadata, payload.topic) !== undefined) return false
    return !(this.partitioner instanceof DefaultPartitioner || this.partitioner instanceof CyclicPartitioner)
  }

  /**
   * Chooses partitions and gathers the messages for each, in order.
   *
   * @param {Payload[]} payloads
   * @param {Record<string, Record<string, { partition: number }>>} topicMetadata
   * @returns {ProduceBatch[]}
   */
  buildPayloads (payloads, topicMetadata) {
    /** @type {ProduceBatch[]} */
    const batches = []
    for (let i = 0; i < payloads.length; i++) {
      const payload = payloads[i]
      const { topic, key } = payload
      if (!hasOwn.call(payload, 'partition') || payload.partition === undefined) {
        const partitions = valueOf(topicMetadata, topic)
        payload.partition = this.partitioner.getPartition(
          partitions === undefined ? [] : Object.keys(partitions).map(id => partitions[id].partition), key)
      }
      if (!hasOwn.call(payload, 'attributes')) payload.attributes = 0
      const { partition, attributes } = payload
      const records = recordsOf(payload)
      const batch = batchOf(batches, topic, partition)
      if (batch === undefined) {
        batches.push({ topic, partition, attributes, codec: codecOf(attributes), records })
      } else {
        assert(batch.attributes === attributes, `attributes of the messages for ${topic}/${partition} must be the same`)
        appendRecords(batch.records, records)
      }
    }
    return batches
  }

  /**
   * Waits for the connection and the topics' metadata, unless the partitions of `batches` can do without.
   *
   * @param {string[]} topics
   * @param {ProduceBatch[] | null} batches
   * @param {(err: Error | null) => void} callback
   */
  _learn (topics, batches, callback) {
    const { client } = this
    client._whenReady(error => {
      if (error) return callback(error)
      const unknown = topics.filter(topic => valueOf(client.topicMetadata, topic) === undefined)
      const isEnough = unknown.length === 0 && (batches === null || areKnown(client, batches))
      if (isEnough) return callback(null)
      // a known topic with an unknown partition is worth one look, too: partitions can be added
      client._learnTopics(unknown.length > 0 ? unknown : topics, callback)
    })
  }

  /**
   * @param {number} requireAcks
   * @param {string} codec
   * @returns {ProducerHandle}
   */
  _handle (requireAcks, codec) {
    let byCodec = this._handles.get(requireAcks)
    if (byCodec === undefined) this._handles.set(requireAcks, byCodec = new Map())
    let handle = byCodec.get(codec)
    if (handle === undefined) {
      handle = this.client._producer({ acks: requireAcks, codec, ...this._settings })
      byCodec.set(codec, handle)
    }
    return handle
  }

  /**
   * Hands the records over; by now everything about their topics is known.
   *
   * @param {ProduceBatch[]} batches
   * @param {ProduceCallback} callback
   * @param {Sending | null} sending
   */
  _produce (batches, callback, sending) {
    if (sending !== null) sending.chosen(batches)
    const requireAcks = acks(this.requireAcks)
    const outcome = new SendOutcome(batches, this.client, requireAcks === 0, callback)
    let areFilled = true
    let areAlike = true
    for (let i = 0; i < batches.length; i++) {
      if (!hasRecords(batches[i])) areFilled = false
      if (batches[i].codec !== batches[0].codec) areAlike = false
    }
    // like kafka-node's empty message sets: they succeed and write nothing
    const filled = areFilled ? batches : batches.filter(hasRecords)
    if (filled.length === 0) {
      outcome.waiting = 1
      setImmediate(() => outcome.complete())
      return
    }
    const { order } = this.client._sends
    if (areAlike) {
      order.send(this._handle(requireAcks, filled[0].codec), filled, outcome)
    } else {
      const codecs = [...new Set(filled.map(({ codec }) => codec))]
      order.sendParts(codecs.map(codec => ({
        handle: this._handle(requireAcks, codec),
        batches: filled.filter(batch => batch.codec === codec)
      })), outcome)
    }
    if (requireAcks === 0 && this.client._noAckBatch !== null) outcome.handedOver()
  }

  /**
   * As `KafkaClient.createTopics`.
   *
   * @param {Array<string | import('../index').CreateTopicRequest>} topics
   * @param {boolean | CreateTopicsCallback} [isAsync]
   * @param {CreateTopicsCallback} [callback]
   */
  createTopics (topics, isAsync, callback) {
    if (!this.ready) {
      const done = typeof isAsync === 'function' && callback === undefined ? isAsync : callbackOf(callback)
      done(new Error('Producer not ready!'))
      return
    }
    this.client.createTopics(topics, isAsync, callback)
  }

  /**
   * Closes the client, and with it everything else that shares it. Sends in flight are delivered first.
   *
   * @param {(err: null) => void} [callback]
   */
  close (callback) {
    this.client.close(callback)
  }
}

/**
 * @param {unknown} requireAcks
 * @returns {-1 | 0 | 1}
 */
function acks (requireAcks) {
  // values that are not numbers become 0 too easily: '', false, []
  const isNumber = typeof requireAcks === 'number' || (typeof requireAcks === 'string' && requireAcks.trim() !== '')
  const number = isNumber ? Number(requireAcks) : NaN
  if (number === 0 || number === 1 || number === -1) return number
  throw new InvalidConfigError(
    `requireAcks ${textOf(requireAcks)} is illegal, must be 0 (none), 1 (leader) or -1 (all in-sync replicas)`)
}

/** @param {Payload} payload of a send, unchecked */
function describePayload ({ topic, messages }) {
  return { topic: String(topic), count: Array.isArray(messages) ? messages.length : 1 }
}

/** @param {unknown} value */
function isNone (value) {
  return value === undefined || value === null
}

/**
 * @param {InstanceType<typeof import('./kafkaClient')>} client
 * @param {ProduceBatch[]} batches
 */
function areKnown ({ topicMetadata }, batches) {
  for (let i = 0; i < batches.length; i++) {
    const partitions = valueOf(topicMetadata, batches[i].topic)
    if (partitions === undefined || partitions[batches[i].partition] === undefined) return false
  }
  return true
}

/**
 * @param {ProduceBatch[]} batches
 * @param {string} topic
 * @param {unknown} partition
 */
function batchOf (batches, topic, partition) {
  for (let i = 0; i < batches.length; i++) {
    if (batches[i].topic === topic && batches[i].partition === partition) return batches[i]
  }
  return undefined
}

/**
 * @param {unknown} attributes the codec is in the last three bits, as in Kafka's records; if missing, none
 * @returns {string}
 */
function codecOf (attributes) {
  const number = attributes ? Number(attributes) : 0
  const codec = Number.isInteger(number) && number >= 0 ? CODECS[number & 7] : undefined
  if (codec === undefined) {
    throw new InvalidConfigError(`attributes ${textOf(attributes)} is illegal, must be one of ${
      CODECS.map((name, number) => `${number} (${name})`).join(', ')}`)
  }
  return codec
}

/** @param {SentBatch} batch */
function hasRecords ({ records }) {
  return records.values.length > 0
}

/** Combines the delivery reports of one `send`, which may have several parts. */
class SendOutcome extends PendingCall {
  /**
   * @param {SentBatch[]} batches
   * @param {InstanceType<typeof import('./kafkaClient')>} client
   * @param {boolean} isUnacknowledged a report only says that it has left
   * @param {ProduceCallback} callback
   */
  constructor (batches, client, isUnacknowledged, callback) {
    super()
    /** parts that are not complete */
    this.waiting = 0
    this.batches = batches
    this.client = client
    this.isUnacknowledged = isUnacknowledged
    this.callback = callback
    /** @type {Error | null} */
    this.error = null
    /** @type {Record<string, Record<string, number>>} */
    this.result = {}
  }

  /**
   * @param {SentBatch[]} batches of a part
   * @param {Float64Array} reports
   * @param {number} at
   */
  done (batches, reports, at) {
    for (let i = 0; i < batches.length; i++) {
      const code = reports[at + 2 * i + 1]
      if (code === 0) this.written(batches[i], reports[at + 2 * i])
      else this.failed(code, batches[i])
    }
    this.complete()
  }

  /** The callback does not wait for the batch that the send is in. */
  handedOver () {
    const { callback } = this
    setImmediate(() => this.callBack(callback, null, { result: 'no ack' }))
    this.callback = (/** @type {Error | null} */ error) => {
      if (error) logger.warn('a send without acknowledgement failed', error)
    }
  }

  /** The handle closed before a part was complete. */
  failedWithoutReport () {
    this.error = new BrokerNotAvailableError('Broker not available (socket closed)')
    this.complete()
  }

  /**
   * @param {SentBatch} batch
   * @param {number} offset of its first record
   */
  written ({ topic, partition }, offset) {
    recordOf(this.result, topic)[partition] = Math.max(0, offset)
  }

  /**
   * @param {number} code
   * @param {SentBatch} group
   */
  failed (code, { topic, partition }) {
    const { brokerError, errorData } = parts()
    this.error = code > 0 ? brokerError(code) : this.client._sendError(errorData(code), topic, partition)
    // not leader, unknown topic or partition: what we know about the cluster is out of date
    if (code === 6 || code === 3) this.client.emit('brokersChanged')
  }

  complete () {
    if (--this.waiting > 0) return
    if (this.error) return this.callBack(this.callback, this.error)
    if (this.isUnacknowledged && this.batches.length > 0) {
      return this.callBack(this.callback, null, { result: 'no ack' })
    }
    for (let i = 0; i < this.batches.length; i++) if (!hasRecords(this.batches[i])) this.written(this.batches[i], 0)
    this.callBack(this.callback, null, this.result)
  }
}

BaseProducer.PARTITIONER_TYPES = PARTITIONER_TYPES
module.exports = callable(BaseProducer)
