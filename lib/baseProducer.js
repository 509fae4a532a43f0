'use strict'

const {
  callbackOf, checkArray, checkedCallback, checkClient, kindOf, optionsOf, textOf
} = require('./internal/arguments')
const assert = require('./internal/assert')
const { AdoptableEmitter, callable } = require('./internal/callable')
const { errorName } = require('./internal/errorCodes')
const { isForeign, produce } = require('./internal/foreignClient')
const getLogger = require('./logging')
const { BrokerNotAvailableError, InvalidConfigError } = require('./errors')
const { describeError } = require('../core/addon')
const { hidePrivate } = require('./internal/hidePrivate')
const { librdkafkaSettings } = require('./internal/options')
const { SendLines } = require('../core/producer/topicSendQueue')

const {
  CustomPartitioner, CyclicPartitioner, DefaultPartitioner, KeyedPartitioner, RandomPartitioner
} = require('./partitioner')
const { recordOf, valueOf } = require('../core/keyed')
const { PendingCall, inCurrentContext } = require('../core/scheduling/asyncContext')
const { setImmediate } = require('../core/scheduling/timers')

const logger = getLogger('kafka-node:BaseProducer')

const PARTITIONER_TYPES = {
  default: 0,
  random: 1,
  cyclic: 2,
  keyed: 3,
  custom: 4
}

/** @type {Record<number, new (partitioner?: any) => any>} */
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

/** By `attributes`: kafka-node's 0 to 2, and two that came to Kafka later. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const noop = () => {}
const hasOwn = Object.prototype.hasOwnProperty

/**
 * What `Producer` and `HighLevelProducer` have in common.
 *
 * @typedef {import('../core/wire/sends').Part} Part
 * @typedef {{ topic: string, partition: any, attributes: number, parts: Part[] }} Group the records of one send for one
 *   partition
 */
class BaseProducer extends AdoptableEmitter {
  /**
   * @param {any} client a KafkaClient, which several producers may share
   * @param {any} options `requireAcks`, `ackTimeoutMs`, `partitionerType`; `queueMaxMessages`, `queueMaxBytes`,
   *   `librdkafka`
   * @param {number} defaultPartitionerType
   * @param {Function} [customPartitioner] `(partitions, key) => partition`, with partitioner type custom
   */
  constructor (client, options, defaultPartitionerType, customPartitioner) {
    super()
    options = optionsOf(options)
    this.ready = false
    this.client = client
    this.requireAcks = options.requireAcks === undefined ? DEFAULTS.requireAcks : options.requireAcks
    this.ackTimeoutMs = options.ackTimeoutMs === undefined ? DEFAULTS.ackTimeoutMs : options.ackTimeoutMs
    const { partitionerType } = options
    if (customPartitioner !== undefined && partitionerType !== PARTITIONER_TYPES.custom) {
      throw new Error('Partitioner Type must be custom if providing a customPartitioner.')
    }
    if (customPartitioner === undefined && partitionerType === PARTITIONER_TYPES.custom) {
      throw new Error('No customer partitioner defined')
    }
    const Partitioner = valueOf(PARTITIONERS, partitionerType) || PARTITIONERS[defaultPartitionerType]
    this.partitioner = new Partitioner(customPartitioner)
    this._settings = {
      // kafka-node's default is a limit for the broker. To librdkafka it would be a reason to retry, so only the user's
      // own counts.
      ackTimeout: options.ackTimeoutMs,
      queueMaxMessages: options.queueMaxMessages,
      queueMaxBytes: options.queueMaxBytes,
      librdkafka: librdkafkaSettings(options.librdkafka, 'P')
    }
    checkClient(client)
    this._isForeign = isForeign(client)
    /** @type {Map<number, Map<string, any>>} the client's handles that this producer has used, by acks and codec */
    this._handles = new Map()
    this._lines = new SendLines()
    hidePrivate(this)
    this.connect()
  }

  /** Follows the client's events; called by the constructor. */
  connect () {
    const { client } = this
    this.ready = client.ready
    if (this.ready) {
      // a client that is ready already: let the caller listen first
      setImmediate(() => this.emit('ready'))
    } else if (!this._isForeign) {
      client._claimPrimary({ open: () => client._producer({ requireAcks: acks(this.requireAcks), ...this._settings }) })
    }
    client.on('ready', () => {
      if (this.ready) return
      this.ready = true
      this.emit('ready')
    })
    client.on('brokersChanged', () => {
      client.refreshMetadata(Object.keys(client.topicMetadata), (/** @type {Error | undefined} */ error) => {
        if (error) this.emit('error', error)
      })
    })
    client.on('error', (/** @type {Error} */ error) => this.emit('error', error))
    client.on('close', noop)
  }

  /**
   * Sends messages.
   *
   * @param {any[]} payloads `{ topic, messages, key?, partition?, attributes?, timestamp?, headers? }`; `partition` and
   *   `attributes` are filled in
   * @param {(err: Error | null, result?: any) => void} [callback] result: the offset of the first record, as
   *   `{ topic: { partition: offset } }`
   */
  send (payloads, callback) {
    if (this._isForeign) return produce(this, this.buildPayloads(payloads, this.client.topicMetadata), callback)
    callback = checkedCallback(callback)
    const { client } = this
    let isPartitionKnown = true
    let isFree = !client.closing
    checkArray('payloads', payloads)
    // Loops instead of callbacks here and below: every send comes this way, and many before V8 has compiled it.
    for (let i = 0; i < payloads.length; i++) {
      const { topic } = payloads[i]
      if (typeof topic !== 'string') throw new TypeError(`topic of a payload must be a string, not ${kindOf(topic)}`)
      if (this._needsMetadata(payloads[i])) isPartitionKnown = false
      if (this._lines.has(topic)) isFree = false
    }
    // chosen now if they can be: the caller's objects show them
    const groups = isPartitionKnown ? this.buildPayloads(payloads, client.topicMetadata) : null
    if (isFree && groups !== null && areKnown(client, groups)) {
      this._produce(groups, callback)
      return
    }
    const list = [...new Set(payloads.map(payload => payload.topic))]
    const done = inCurrentContext(callback)
    this._lines.enter(list, finished => this._learn(list, groups, error => {
      try {
        if (error === null) error = this._produceLearned(groups, payloads, done)
        if (error !== null) done(error)
      } finally {
        // also when the callback throws: later sends must go on
        finished()
      }
    }))
  }

  /**
   * @param {Group[] | null} groups
   * @param {any[]} payloads
   * @param {(err: Error | null, result?: any) => void} callback called when it returns null
   * @returns {Error | null}
   */
  _produceLearned (groups, payloads, callback) {
    const { client } = this
    // closed meanwhile: the handles take nothing any more
    if (client.closing) return new BrokerNotAvailableError('Broker not available (sendRequest)')
    try {
      const chosen = groups || this.buildPayloads(payloads, client.topicMetadata)
      if (!areKnown(client, chosen)) {
        return new BrokerNotAvailableError('Could not find the leader')
      }
      this._produce(chosen, callback)
      return null
    } catch (failure) {
      // too late to throw at the caller of `send`
      return /** @type {Error} */ (failure)
    }
  }

  /**
   * @param {any} payload
   * @returns {boolean} its partition cannot be chosen before its topic's partitions are known
   */
  _needsMetadata (payload) {
    if (hasOwn.call(payload, 'partition') && payload.partition !== undefined) return false
    if (valueOf(this.client.topicMetadata, payload.topic) !== undefined) return false
    return !(this.partitioner instanceof DefaultPartitioner || this.partitioner instanceof CyclicPartitioner)
  }

  /**
   * Chooses partitions and brings the messages for the same one together, in order.
   *
   * @param {any[]} payloads
   * @param {Record<string, Record<string, { partition: number }>>} topicMetadata
   * @returns {Group[]}
   */
  buildPayloads (payloads, topicMetadata) {
    /** @type {Group[]} */
    const groups = []
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
      const part = {
        messages: Array.isArray(payload.messages) ? payload.messages : [payload.messages],
        key,
        timestamp: payload.timestamp ? Number(payload.timestamp) : undefined,
        headers: payload.headers || undefined
      }
      const group = groupOf(groups, topic, partition)
      if (group === undefined) {
        groups.push({ topic, partition, attributes, parts: [part] })
      } else {
        assert(group.attributes === attributes, `attributes of the messages for ${topic}/${partition} must be the same`)
        group.parts.push(part)
      }
    }
    return groups
  }

  /**
   * Waits for the connection and the topics' metadata, as far as the partitions of `groups` do not do without.
   *
   * @param {string[]} topics
   * @param {Group[] | null} groups
   * @param {(err: Error | null) => void} callback
   */
  _learn (topics, groups, callback) {
    const { client } = this
    client._whenReady((/** @type {Error | null} */ error) => {
      if (error) return callback(error)
      const unknown = topics.filter(topic => valueOf(client.topicMetadata, topic) === undefined)
      const isEnough = unknown.length === 0 && (groups === null || areKnown(client, groups))
      if (isEnough) return callback(null)
      // known topics with an unknown partition are worth one look, too: partitions can be added
      client._learnTopics(unknown.length > 0 ? unknown : topics, callback)
    })
  }

  /**
   * @param {number} requireAcks
   * @param {string} codec
   * @returns {import('../core/handles/index').ProducerHandle}
   */
  _handle (requireAcks, codec) {
    let byCodec = this._handles.get(requireAcks)
    if (byCodec === undefined) this._handles.set(requireAcks, byCodec = new Map())
    let handle = byCodec.get(codec)
    if (handle === undefined) {
      handle = this.client._producer({ requireAcks, codec, ...this._settings })
      byCodec.set(codec, handle)
    }
    return handle
  }

  /**
   * Hands the records over; everything about their topics is known.
   *
   * @param {Group[]} groups
   * @param {(err: Error | null, result?: any) => void} callback
   */
  _produce (groups, callback) {
    const requireAcks = acks(this.requireAcks)
    const outcome = new SendOutcome(groups, this.client, requireAcks === 0, callback)
    let areFilled = true
    let areAlike = true
    for (let i = 0; i < groups.length; i++) {
      if (!hasMessages(groups[i])) areFilled = false
      if (groups[i].attributes !== groups[0].attributes) areAlike = false
    }
    // like kafka-node's empty message sets: they succeed and write nothing
    const filled = areFilled ? groups : groups.filter(hasMessages)
    if (filled.length === 0) {
      outcome.waiting = 1
      setImmediate(() => outcome.settle())
      return
    }
    if (areAlike) {
      const codec = codecOf(filled[0].attributes)
      outcome.waiting = 1
      this._handle(requireAcks, codec).send(filled, outcome)
    } else {
      const codecs = [...new Set(filled.map(({ attributes }) => codecOf(attributes)))]
      outcome.waiting = codecs.length
      for (const codec of codecs) {
        this._handle(requireAcks, codec).send(filled.filter(({ attributes }) => codecOf(attributes) === codec), outcome)
      }
    }
    if (requireAcks === 0 && this.client._noAckBatch !== null) outcome.handedOver()
  }

  /**
   * As `KafkaClient.createTopics`.
   *
   * @param {any[]} topics
   * @param {any} [isAsync]
   * @param {(err: Error | null, result?: any) => void} [callback]
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
 * @param {any} requireAcks
 * @returns {-1 | 0 | 1}
 */
function acks (requireAcks) {
  const number = typeof requireAcks === 'symbol' ? NaN : Number(requireAcks)
  if (number === 0 || number === 1 || number === -1) return number
  throw new InvalidConfigError(
    `requireAcks ${textOf(requireAcks)} is illegal, must be 0 (none), 1 (leader) or -1 (all in-sync replicas)`)
}

/**
 * @param {any} client
 * @param {Group[]} groups
 */
function areKnown ({ topicMetadata }, groups) {
  for (let i = 0; i < groups.length; i++) {
    const partitions = valueOf(topicMetadata, groups[i].topic)
    if (partitions === undefined || partitions[groups[i].partition] === undefined) return false
  }
  return true
}

/**
 * @param {Group[]} groups
 * @param {string} topic
 * @param {any} partition
 */
function groupOf (groups, topic, partition) {
  for (let i = 0; i < groups.length; i++) {
    if (groups[i].topic === topic && groups[i].partition === partition) return groups[i]
  }
  return undefined
}

/** @param {number} attributes */
function codecOf (attributes) {
  const codec = CODECS[attributes]
  if (codec === undefined) {
    throw new InvalidConfigError(`attributes ${textOf(attributes)} is illegal, must be one of ${
      CODECS.map((name, number) => `${number} (${name})`).join(', ')}`)
  }
  return codec
}

/** @param {Group} group */
function hasMessages ({ parts }) {
  for (let i = 0; i < parts.length; i++) if (parts[i].messages.length > 0) return true
  return false
}

/** Puts the receipts of one `send` together; several handles may have a part in it. */
class SendOutcome extends PendingCall {
  /**
   * @param {Group[]} groups
   * @param {any} client
   * @param {boolean} isUnacknowledged its receipt only says that it has left
   * @param {(err: Error | null, result?: any) => void} callback
   */
  constructor (groups, client, isUnacknowledged, callback) {
    super()
    /** number of handles */
    this.waiting = 0
    this.groups = groups
    this.client = client
    this.isUnacknowledged = isUnacknowledged
    this.callback = callback
    /** @type {Error | null} */
    this.error = null
    /** @type {Record<string, Record<string, number>>} */
    this.result = {}
  }

  /**
   * @param {Group[]} groups of one handle
   * @param {Float64Array} receipts
   * @param {number} at
   */
  done (groups, receipts, at) {
    for (let i = 0; i < groups.length; i++) {
      const code = receipts[at + 2 * i + 1]
      if (code === 0) this.written(groups[i], receipts[at + 2 * i])
      else this.failed(code, groups[i])
    }
    this.settle()
  }

  /** The callback does not wait for the batch that the send is in. */
  handedOver () {
    const { callback } = this
    setImmediate(() => this.callBack(callback, null, { result: 'no ack' }))
    this.callback = (/** @type {Error | null} */ error) => {
      if (error) logger.warn('a send without acknowledgement failed', error)
    }
  }

  /** The handle closed without a receipt. */
  abandoned () {
    this.error = new BrokerNotAvailableError('Broker not available (socket closed)')
    this.settle()
  }

  /**
   * @param {Group} group
   * @param {number} offset of its first record
   */
  written ({ topic, partition }, offset) {
    recordOf(this.result, topic)[partition] = Math.max(0, offset)
  }

  /**
   * @param {number} code
   * @param {Group} group
   */
  failed (code, { topic, partition }) {
    this.error = code > 0
      ? new Error(errorName(code))
      : this.client._sendError(JSON.parse(describeError(code)), topic, partition)
    // not leader, unknown topic or partition: what is known of the cluster is out of date
    if (code === 6 || code === 3) this.client.emit('brokersChanged')
  }

  settle () {
    if (--this.waiting > 0) return
    if (this.error) return this.callBack(this.callback, this.error)
    if (this.isUnacknowledged && this.groups.length > 0) return this.callBack(this.callback, null, { result: 'no ack' })
    for (let i = 0; i < this.groups.length; i++) if (!hasMessages(this.groups[i])) this.written(this.groups[i], 0)
    this.callBack(this.callback, null, this.result)
  }
}

BaseProducer.PARTITIONER_TYPES = PARTITIONER_TYPES
module.exports = callable(BaseProducer)
