'use strict'

const { AdoptableEmitter, callable } = require('./internal/callable')
const { emitAll } = require('./internal/emitAll')
const { callbackOf, checkArray, checkClient, checkObject } = require('./internal/arguments')
const { isForeign } = require('./internal/foreignClient')
const { listOf } = require('../core/keyed')

/** As times in a look-up of offsets */
const LATEST = -1
const EARLIEST = -2

/** Kafka's code for it. */
const UNKNOWN_TOPIC_OR_PARTITION = 3

/**
 * Offsets of partitions and of groups. Calls before `ready` wait for it.
 *
 * @typedef {import('./internal/requests/payloads').Payload} Payload
 * @typedef {import('./internal/requests/payloads').Offsets} Offsets
 * @typedef {import('./internal/requests/partitionOffsets').FoundOffsets} FoundOffsets
 * @typedef {(err: Error | null, offsets?: Offsets) => void} OffsetsCallback
 */
class Offset extends AdoptableEmitter {
  /** @param {InstanceType<typeof import('./kafkaClient')>} client */
  constructor (client) {
    super()
    checkClient(client)
    this.client = client
    this.ready = client.ready
    client.on('ready', () => {
      this.ready = true
      emitAll(this, 'ready')
    })
    client.once('connect', () => emitAll(this, 'connect'))
    client.on('error', (/** @type {Error} */ error) => emitAll(this, 'error', error))
  }

  /**
   * @param {(err: Error) => void} callback
   * @param {() => void} call
   */
  _onceReady (callback, call) {
    if (isForeign(this.client)) this.once('ready', call)
    else this.client._onceReady(callback, call)
  }

  /**
   * @param {Payload[]} payloads `{ topic, partition = 0, time = now, maxNum = 1 }`, completed in place; `time` in ms,
   *   -1 is the end of the log and -2 its start
   * @param {(err: Error | null, offsets?: FoundOffsets) => void} [callback] the newest first
   */
  fetch (payloads, callback) {
    callback = callbackOf(callback)
    if (!this.ready) {
      this._onceReady(callback, () => this.fetch(payloads, callback))
      return
    }
    this.client.sendOffsetRequest(this.buildPayloads(payloads), callback)
  }

  /**
   * @param {Payload[]} payloads
   * @returns {Payload[]} the same objects, complete
   */
  buildPayloads (payloads) {
    checkArray('payloads', payloads)
    return payloads.map(payload => {
      payload.partition = payload.partition || 0
      payload.time = payload.time || Date.now()
      payload.maxNum = payload.maxNum || 1
      payload.metadata = 'm'
      return payload
    })
  }

  /**
   * @param {import('../index').OffsetFetchRequest[]} payloads
   * @returns {Record<string, number[]>} partitions by topic
   */
  buildOffsetFetchV1Payloads (payloads) {
    /** @type {Record<string, number[]>} */
    const partitions = {}
    for (const payload of payloads) checkObject('each of payloads', payload)
    for (const { topic, partition } of payloads) listOf(partitions, topic).push(partition || 0)
    return partitions
  }

  /**
   * Commits offsets for a group that has no active members.
   *
   * @param {string} groupId
   * @param {Payload[]} payloads `{ topic, partition = 0, offset }`, completed in place; `offset` is that of the message
   *   to read next
   * @param {import('./internal/commitResult').CommitCallback} [callback] what the broker refuses is in the result and
   *   not in `err`
   */
  commit (groupId, payloads, callback) {
    callback = callbackOf(callback)
    if (!this.ready) {
      this._onceReady(callback, () => this.commit(groupId, payloads, callback))
      return
    }
    this.client.sendOffsetCommitRequest(groupId, this.buildPayloads(payloads), callback)
  }

  /**
   * @param {string} groupId
   * @param {import('../index').OffsetFetchRequest[]} payloads `{ topic, partition = 0 }`
   * @param {OffsetsCallback} [callback] -1 where nothing is committed
   */
  fetchCommits (groupId, payloads, callback) {
    callback = callbackOf(callback)
    if (!this.ready) {
      this._onceReady(callback, () => this.fetchCommits(groupId, payloads, callback))
      return
    }
    this.client.sendOffsetFetchV1Request(groupId, this.buildOffsetFetchV1Payloads(payloads), callback)
  }

  /**
   * The ends of all partitions' logs.
   *
   * @param {string[] | null} topics null and []: all of the cluster
   * @param {OffsetsCallback} [callback] without topics that do not exist
   */
  fetchLatestOffsets (topics, callback) {
    callback = callbackOf(callback)
    this._fetchAll(topics, LATEST, callback)
  }

  /**
   * The starts of all partitions' logs.
   *
   * @param {string[] | null} topics null and []: all of the cluster
   * @param {OffsetsCallback} [callback] as for `fetchLatestOffsets`
   */
  fetchEarliestOffsets (topics, callback) {
    callback = callbackOf(callback)
    this._fetchAll(topics, EARLIEST, callback)
  }

  /**
   * @param {string[] | null} topics
   * @param {number} time
   * @param {OffsetsCallback} callback
   */
  _fetchAll (topics, time, callback) {
    if (topics !== null && !Array.isArray(topics)) throw new TypeError('topics must be an array of topic names')
    if (!this.ready) {
      this._onceReady(callback, () => this._fetchAll(topics, time, callback))
      return
    }
    const { named } = require('./internal/nativeErrors')
    const { errorData } = require('../core/errors')
    this.client.loadMetadataForTopics(topics, (err, result) => {
      if (err) return callback(err)
      const { metadata } = result[1]
      const payloads = Object.keys(metadata).flatMap(topic =>
        Object.keys(metadata[topic]).map(partition => ({ topic, partition: Number(partition), time })))
      if (payloads.length === 0) {
        return callback(named('Topic(s) does not exist', errorData(UNKNOWN_TOPIC_OR_PARTITION)))
      }
      this.fetch(payloads, (failure, /** @type {any} one offset takes the place of each list */ offsets) => {
        if (failure) return callback(failure)
        for (const partitions of Object.values(offsets)) {
          for (const id of Object.keys(partitions)) partitions[id] = partitions[id][0]
        }
        callback(null, offsets)
      })
    })
  }
}

// the same function under both names, as with kafka-node
Offset.prototype.fetchCommitsV1 = Offset.prototype.fetchCommits

module.exports = callable(Offset)
