'use strict'

const { RecordFlow } = require('./recordFlow')
const { CODE, toError } = require('./nativeErrors')
const { errorName } = require('./errorCodes')

/** `done` comes at least this often when nothing arrives, ms; kafka-node's own pace is its longest fetch. */
const LEAST_IDLE_MS = 50

/**
 * What `Consumer` and `ConsumerGroup` have in common: the flow of records, commits, and the heartbeat of `done` events
 * that kafka-node shows when nothing arrives.
 *
 * @typedef {{ topic: string, partition: number, offset: number, maxBytes?: number, metadata: string }} Payload a
 *   partition with its position
 */
class ConsumerCore {
  /**
   * @param {any} consumer
   * @param {{ timestamps: boolean, encodings: () => { value: string, key: string }, payloads: () => Payload[],
   *   progressed: () => void, autoCommit: () => void }} owner `progressed` is called when positions have moved, and
   *   `autoCommit` whenever an automatic commit may be due
   */
  constructor (consumer, owner) {
    this.consumer = consumer
    this.owner = owner
    /** @type {import('./native').ConsumerHandle | null} */
    this.handle = null
    this.sequence = 0
    this.closing = false
    /** @type {NodeJS.Timeout | null} */
    this.idleTimer = null
    this.busy = false
    this.flow = new RecordFlow(consumer, {
      encodings: owner.encodings,
      timestamps: owner.timestamps,
      maxRecords: () => consumer.options.maxTickMessages || 1000,
      progress: progress => this.moveTo(progress)
    })
    this.records = (/** @type {any} */ views) => this.flow.add(views)
    this.idle = this.idle.bind(this)
  }

  /** @param {import('./native').ConsumerHandle} handle */
  use (handle) {
    this.handle = handle
    this.flow.handle = handle
  }

  /** @param {{ id: number, name: string }} event */
  learnTopic ({ id, name }) {
    this.flow.topics[id] = name
  }

  /**
   * Moves the positions behind what a slice has emitted.
   *
   * @param {import('./recordFlow').Progress} progress
   */
  moveTo (progress) {
    this.busy = true
    let moved = false
    for (const payload of this.owner.payloads()) {
      const partitions = progress[payload.topic]
      const last = partitions === undefined ? undefined : partitions[payload.partition]
      // a seek from within the slice stands
      if (last === undefined || this.flow.isSought(payload.topic, payload.partition)) continue
      payload.offset = last + 1
      moved = true
    }
    if (moved) this.owner.progressed()
    this.owner.autoCommit()
  }

  // ---- idle ----

  startIdling () {
    if (this.idleTimer === null && !this.closing) this.scheduleIdle()
  }

  scheduleIdle () {
    const { options } = this.consumer
    // nobody listens: only automatic commits are left to look after
    const pace = this.consumer.listenerCount('done') > 0
      ? Math.max(LEAST_IDLE_MS, options.fetchMaxWaitMs)
      : Math.max(LEAST_IDLE_MS, Math.min(1000, options.autoCommitIntervalMs))
    this.idleTimer = setTimeout(this.idle, pace)
  }

  idle () {
    this.idleTimer = null
    // the client may have been closed without its consumer
    if (this.closing || this.consumer.client.closing) return
    this.scheduleIdle()
    const { consumer, flow } = this
    const wasBusy = this.busy
    this.busy = false
    if (wasBusy || flow.queue.length > 0 || !consumer.ready || consumer.paused || flow.held) return
    this.owner.autoCommit()
    if (consumer.listenerCount('done') === 0) return
    consumer.emit('processingfetch')
    consumer.emit('done', flow.idleProgress([...new Set(this.owner.payloads().map(({ topic }) => topic))]))
  }

  stop () {
    this.closing = true
    if (this.idleTimer) clearTimeout(this.idleTimer)
    this.idleTimer = null
    this.flow.stop()
  }

  // ---- positions ----

  /**
   * Continues a partition at another offset.
   *
   * @param {string} topic
   * @param {number} partition
   * @param {number} offset
   */
  seek (topic, partition, offset) {
    if (!this.handle) return
    const sequence = ++this.sequence
    this.flow.seek(topic, partition, sequence)
    this.handle.command({ type: 'seek', topic, partition, offset, sequence })
  }

  /**
   * @param {Array<{ topic: string, partition: number, offset: number, metadata?: string }>} partitions
   * @param {(err: Error | null, result?: any) => void} callback
   */
  commit (partitions, callback) {
    const { handle, consumer } = this
    if (!handle || partitions.length === 0) return callback(null, 'Nothing to be committed')
    const list = partitions.map(({ topic, partition, offset, metadata }) =>
      ({ topic, partition: Number(partition), offset, metadata: metadata === undefined ? 'm' : metadata }))
    handle.commit(list, ({ error, partitions: answers }) => {
      // a broker's refusal is part of the result, as with kafka-node
      if (error && error.code < 0) return callback(toError(error, consumer.client.options.requestTimeout))
      /** @type {Record<string, { partition: number, errorCode: number }>} */
      const result = {}
      for (const answer of answers) {
        result[answer.topic] = { partition: answer.partition, errorCode: answer.error || (error ? error.code : 0) }
      }
      callback(null, result)
    })
  }
}

/**
 * @param {{ error: import('./nativeErrors').NativeError, topic: string | null, partition: number | null }} event
 * @returns {any} an Error with `topic` and `partition`
 */
function partitionError ({ error, topic, partition }) {
  const code = error.code === CODE.OFFSET_OUT_OF_RANGE ? 1 : error.code
  const name = code > 0 ? errorName(code) : error.message
  return Object.assign(new Error(name), { topic, partition })
}

module.exports = { ConsumerCore, partitionError }
