'use strict'

// What processes with transactions share: they write down each step, and do what docs/kafkajs.md says after an error.

const { setTimeout: delay } = require('node:timers/promises')

const { toMessages, toOffsets } = require('./doors/kafkajs')
const { config, noted, note } = require('./history')

const { topic } = config

const FENCED = 'INVALID_PRODUCER_EPOCH'
/** Another producer has taken over, or the broker has: only a new process may take over in turn. */
const EXIT_FENCED = 3
/** Nobody knows whether a commit was done: who goes on from what is committed has to begin anew. */
const EXIT_UNKNOWN = 4
/** After an error, while a broker is away. */
const PAUSE_MS = 200

let sends = 0

/** One transaction after another. */
class Transactions {
  /** @param {import('../../../kafkajs').Producer} producer */
  constructor (producer) {
    this.producer = producer
    this.txn = -1
    /** @type {import('../../../kafkajs').Transaction | null} */
    this.transaction = null
  }

  async begin () {
    const txn = ++this.txn
    this.transaction = await noted('begin', { txn }, () => this.producer.transaction())
  }

  /** @returns {import('../../../kafkajs').Transaction} */
  get current () {
    return /** @type {import('../../../kafkajs').Transaction} */ (this.transaction)
  }

  /** @param {[partition: number, value: string][]} writes */
  send (writes) {
    return noted('send', { send: sends++, txn: this.txn, writes },
      () => this.current.send(toMessages(topic, writes)), (results) => ({ offsets: toOffsets(results) }))
  }

  /**
   * @param {any} consumer
   * @param {[partition: number, offset: number][]} inputs of one partition, in order
   */
  sendOffsets (consumer, inputs) {
    const [partition, offset] = inputs[inputs.length - 1]
    const topics = [{ topic, partitions: [{ partition, offset: String(offset + 1) }] }]
    return noted('inputs', { txn: this.txn, inputs }, () => this.current.sendOffsets({ consumer, topics }))
  }

  commit () {
    // with `abortable` the records cannot have been committed
    return noted('commit-txn', { txn: this.txn }, () => this.current.commit(), undefined,
      ({ abortable }) => abortable === true ? 'fail' : 'info')
  }

  abort () {
    return noted('abort-txn', { txn: this.txn }, () => this.current.abort())
  }

  /**
   * What to do after an error. A process that has to begin anew ends here.
   *
   * @param {any} error
   * @param {{ isCommitting?: boolean, endsWhenUnknown?: boolean }} [options]
   */
  async failed (error, { isCommitting = false, endsWhenUnknown = false } = {}) {
    for (let again = error; ;) {
      if (again.fatal && again.type === FENCED) end(EXIT_FENCED)
      if (isCommitting && !again.abortable && endsWhenUnknown) end(EXIT_UNKNOWN)
      await delay(PAUSE_MS)
      if (!this.transaction || !this.transaction.isActive()) return
      try {
        await this.abort()
        return
      } catch (/** @type {any} */ next) {
        again = next
      }
    }
  }
}

/** @param {number} code */
function end (code) {
  note('ended', 'info', { code })
  process.exit(code)
}

module.exports = { Transactions }
