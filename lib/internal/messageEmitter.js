'use strict'

const { processTrace, traceSync } = require('../../core/diagnostics')
const { hook } = require('../../core/hook')
const { recordOf } = require('../../core/keyed')
const { emitAll } = require('./emitAll')

/**
 * What kafka-node's consumers turn records into: `processingfetch`, a `message` event for each record, `done`.
 *
 * @typedef {import('../../core/consumer/recordPump').RecordSink} RecordSink
 * @typedef {import('../../core/consumer/recordPump').PartitionProgress} PartitionProgress
 * @typedef {Record<string, Record<string, number>>} Progress by topic: the last offset of each partition whose handlers
 *   have returned, and `highWaterOffset`
 *
 * @typedef {{ topic: string, value: string | Buffer | null, offset: number, partition: number, highWaterOffset: number,
 *   key: string | Buffer | null, timestamp?: Date, headers?: import('../../core/wire/records').Headers }} Message
 * @typedef {{ emit: (event: 'message', message: Message) => boolean }} MessageTarget
 *
 * @implements {RecordSink}
 */
class MessageEmitter {
  /**
   * @param {import('events').EventEmitter & { paused?: boolean, options: object }} consumer emits the events; `paused`
   *   and `options.maxTickMessages` are read with every slice
   * @param {object} owner
   * @param {() => { value: string, key: string }} owner.encodings
   * @param {() => { clientId: string, groupId: string | null }} owner.identity what traces tell of the consumer
   * @param {boolean} owner.timestamps whether messages get a `timestamp`
   * @param {(progress: Progress) => void} owner.progressed called after each slice, before `done`
   * @param {import('../../core/consumer/positions').Positions} [positions] of the pump
   */
  constructor (consumer, owner, positions) {
    this.consumer = consumer
    this.owner = owner
    this.positions = /** @type {import('../../core/consumer/positions').Positions} */ (positions)
    /** @type {Map<string, number>} by topic, that of the partition read last */
    this.highWatermarks = new Map()
    /** @type {Progress} */
    this.progress = {}
    /** whether somebody traces the slice */
    this.isTraced = false
    /** @type {MessageTarget} what the slice's messages are emitted on: the consumer, unless somebody has hooked in */
    this.target = consumer
  }

  isPaused () {
    return !!this.consumer.paused
  }

  maxRecords () {
    const { maxTickMessages } = /** @type {{ maxTickMessages: number }} */ (this.consumer.options)
    return maxTickMessages >= 1 ? Math.floor(maxTickMessages) : 1000
  }

  begin () {
    this.isTraced = processTrace.hasSubscribers
    emitAll(this.consumer, 'processingfetch')
    const encodings = this.owner.encodings()
    this.target = hook.current === null ? this.consumer : this.hooked(hook.current, encodings.value)
    return encodings
  }

  /**
   * @param {import('../../core/hook').Hook} current
   * @param {string} encoding
   * @returns {MessageTarget}
   */
  hooked (current, encoding) {
    const { consumer } = this
    const common = { ...this.owner.identity(), encoding }
    return {
      emit (event, message) {
        const { topic, partition, offset } = message
        return current.handle({ ...common, topic, partition, offset, messages: [message] },
          () => consumer.emit(event, message))
      }
    }
  }

  /** @param {import('../../core/consumer/recordPump').Slice} slice */
  take (slice) {
    if (this.isTraced) this.emitTraced(slice)
    else this.emitMessages(slice)
  }

  /** @param {import('../../core/consumer/recordPump').Slice} slice */
  emitTraced (slice) {
    const { reader, topic, partition, cursor } = slice
    const { clientId, groupId } = this.owner.identity()
    const firstOffset = reader.offset(cursor)
    /** @type {import('../../diagnostics').ProcessContext} */
    const context = {
      clientId, groupId, handler: 'message', topic, partition, firstOffset, lastOffset: firstOffset, count: 0
    }
    traceSync(processTrace, context, () => {
      try {
        this.emitMessages(slice)
      } finally {
        context.count = slice.cursor - cursor
        if (context.count > 0) context.lastOffset = reader.offset(slice.cursor - 1)
      }
    })
  }

  /** @param {import('../../core/consumer/recordPump').Slice} slice */
  emitMessages (slice) {
    const { positions, target } = this
    const { reader, topic, partition, end } = slice
    const { keys, values, headers, hasHeaders } = reader
    const { timestamps } = this.owner
    const { version } = positions
    const highWaterOffset = Math.max(0, reader.highWatermark)
    this.highWatermarks.set(topic, highWaterOffset)
    while (slice.cursor < end) {
      const i = slice.cursor++
      const offset = reader.offset(i)
      /** @type {Message} */
      let message
      const time = timestamps ? reader.timestamp(i) : 0
      if (time > 0) {
        message = {
          topic, value: values[i], offset, partition, highWaterOffset, key: keys[i], timestamp: new Date(time)
        }
      } else {
        message = { topic, value: values[i], offset, partition, highWaterOffset, key: keys[i] }
      }
      if (hasHeaders && headers[i] !== null) message.headers = headers[i]
      target.emit('message', message)
      // not before: a record whose handler throws has not been handled, and no commit may claim that it was
      slice.handled = offset
      if (positions.version !== version || (--slice.untilLook === 0 && slice.isSpent())) return
    }
  }

  /** @param {PartitionProgress[]} progress */
  progressed (progress) {
    /** @type {Progress} */
    const topics = {}
    for (const { topic, partition, offset } of progress) recordOf(topics, topic)[partition] = offset
    for (const topic of Object.keys(topics)) topics[topic].highWaterOffset = this.highWatermarks.get(topic) || 0
    this.progress = topics
    this.owner.progressed(topics)
  }

  end () {
    emitAll(this.consumer, 'done', this.progress)
  }

  /**
   * What an empty fetch reports.
   *
   * @param {string[]} topics
   * @returns {Progress}
   */
  idleProgress (topics) {
    /** @type {Progress} */
    const progress = {}
    for (const topic of topics) recordOf(progress, topic).highWaterOffset = this.highWatermarks.get(topic) || 0
    return progress
  }
}

module.exports = { MessageEmitter }
