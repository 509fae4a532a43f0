'use strict'

// What a history says, sorted by what the checks ask: sends, transactions, logs and polls.

/**
 * What a process wrote down, before it went on. By `f`, and what belongs to it:
 *
 * - open (info): group, isolation; of a member
 * - send (invoke): send, its number; txn, of its transaction; writes
 * - send (ok): send; offsets, of the first write in each partition
 * - send (fail, info): send; nothing was written, or nobody knows
 * - begin, commit-txn, abort-txn (invoke, ok, fail, info): txn
 * - inputs (invoke, ok, fail, info): txn; inputs, the places of the records that it has processed, with their commit
 * - assign, revoke (info): partitions
 * - poll (ok): records that are handed to the application
 * - done (ok): partition, offset; the application has finished everything up to it
 * - handle (fail): partition, offset; the handler failed there, so that it comes again
 * - seek (invoke, ok): partition, offset
 * - pause, resume (ok): partitions
 * - commit (invoke, ok, info): offsets
 * - committed (ok): group; offsets, what an independent client was told
 * - log (ok): records, with whether read_committed shows them; at the end, by an independent reader
 *
 * @typedef {object} Operation
 * @property {number} at µs on one clock for all processes
 * @property {string} process a name for each process that there has ever been
 * @property {string} f
 * @property {'invoke' | 'ok' | 'fail' | 'info'} type
 * @property {number} [send]
 * @property {number} [txn]
 * @property {[partition: number, value: string][]} [writes]
 * @property {[partition: number, offset: number][]} [offsets]
 * @property {[partition: number, offset: number][]} [inputs]
 * @property {any[][]} [records]
 * @property {number[]} [partitions]
 * @property {number} [partition]
 * @property {number} [offset]
 * @property {string} [group]
 * @property {'read_committed' | 'read_uncommitted'} [isolation]
 *
 * @typedef {object} Write
 * @property {number} partition
 * @property {string} value
 * @property {number} order among the writes of its process
 * @property {number | null} told the offset that its acknowledgement named
 * @property {Send} send
 *
 * @typedef {object} Send
 * @property {string} process
 * @property {number} invoked µs
 * @property {number} answered µs; Infinity without an answer
 * @property {'ok' | 'fail' | 'info'} outcome
 * @property {Transaction | null} transaction
 * @property {Write[]} writes
 *
 * @typedef {object} Transaction
 * @property {string} name
 * @property {string} process
 * @property {'committed' | 'aborted' | 'unknown'} outcome
 * @property {number} commitInvoked µs; Infinity if it never was
 * @property {Write[]} writes
 * @property {[number, number][]} inputs
 *
 * @typedef {object} LogEntry
 * @property {number} offset
 * @property {string} value
 * @property {boolean} isVisible to read_committed
 */

/** How a call ended, if at all. @typedef {{ invoked: number, type: Operation['type'] | null }} Call */

/** @param {Map<string, any>} map @param {string} key @param {() => any} make */
function getOrMake (map, key, make) {
  let found = map.get(key)
  if (found === undefined) map.set(key, found = make())
  return found
}

class Model {
  /** @param {Operation[]} history in any order */
  constructor (history) {
    /** by time; the order within a process is kept */
    this.history = [...history].sort((a, b) => a.at - b.at)
    /** @type {Map<string, Send>} by process and number */
    this.sends = new Map()
    /** @type {Map<string, Transaction>} by process and number */
    this.transactions = new Map()
    /** @type {Map<string, Write>} by value */
    this.writes = new Map()
    /** @type {Map<string, 'read_committed' | 'read_uncommitted'>} by process */
    this.isolations = new Map()
    /** @type {Map<string, string>} the group of each member, by process */
    this.groups = new Map()
    /** @type {LogEntry[][] | null} by partition; null if nobody read everything at the end */
    this.log = null
    /** @type {Map<string, number[]>} */
    this.visibleOffsets = new Map()
    this.readSends()
    this.readTransactions()
    this.readLog()
  }

  readSends () {
    let order = 0
    for (const { at, process, f, type, send: number, txn, writes, offsets, group, isolation } of this.history) {
      if (f === 'open' && group) {
        this.groups.set(process, group)
        this.isolations.set(process, isolation || 'read_committed')
      }
      if (f !== 'send') continue
      const key = `${process}#${number}`
      if (type === 'invoke') {
        const transaction = txn === undefined ? null : this.transaction(process, txn)
        /** @type {Send} */
        const send = { process, invoked: at, answered: Infinity, outcome: 'info', transaction, writes: [] }
        send.writes = (writes || []).map(([partition, value]) =>
          ({ partition, value, order: order++, told: null, send }))
        for (const write of send.writes) this.writes.set(write.value, write)
        if (transaction) transaction.writes.push(...send.writes)
        this.sends.set(key, send)
        continue
      }
      const send = this.sends.get(key)
      if (!send) continue
      send.answered = at
      send.outcome = type
      for (const [partition, offset] of offsets || []) {
        const first = send.writes.find((write) => write.partition === partition)
        if (first) first.told = offset
      }
    }
  }

  /** @param {string} process @param {number} txn @returns {Transaction} */
  transaction (process, txn) {
    const name = `${process}#${txn}`
    return getOrMake(this.transactions, name, () =>
      ({ name, process, outcome: 'aborted', commitInvoked: Infinity, writes: [], inputs: [] }))
  }

  readTransactions () {
    /** @type {Map<string, { commit: Operation['type'] | null, abort: Operation['type'] | null }>} */
    const calls = new Map()
    for (const { at, process, f, type, txn, inputs } of this.history) {
      if (txn === undefined) continue
      const transaction = this.transaction(process, txn)
      const call = getOrMake(calls, transaction.name, () => ({ commit: null, abort: null }))
      if (f === 'inputs' && type === 'invoke') transaction.inputs.push(...(inputs || []))
      if (f === 'commit-txn') {
        call.commit = type
        if (type === 'invoke') transaction.commitInvoked = at
      }
      if (f === 'abort-txn') call.abort = type
    }
    for (const [name, { commit }] of calls) {
      // what was never told to commit is not committed, however it ended
      const outcome = commit === null || commit === 'fail' ? 'aborted' : commit === 'ok' ? 'committed' : 'unknown'
      Object.assign(this.transactions.get(name), { outcome })
    }
  }

  readLog () {
    for (const { f, records } of this.history) {
      if (f !== 'log') continue
      /** @type {LogEntry[][]} */
      const log = []
      for (const [partition, offset, value, isVisible] of records || []) {
        (log[partition] ||= []).push({ offset, value, isVisible })
      }
      for (const entries of log) if (entries) entries.sort((a, b) => a.offset - b.offset)
      this.log = log
    }
  }

  /**
   * What a reader can see of a partition in the end: according to the independent reader, or else to all polls.
   *
   * @param {'read_committed' | 'read_uncommitted'} isolation
   * @param {number} partition
   * @returns {number[]} offsets, in order
   */
  visible (isolation, partition) {
    return getOrMake(this.visibleOffsets, `${isolation}/${partition}`, () => {
      if (this.log) {
        return (this.log[partition] || []).filter(({ isVisible }) => isVisible || isolation === 'read_uncommitted')
          .map(({ offset }) => offset)
      }
      const seen = new Set(this.polls().filter(([place]) => place === partition).map(([, offset]) => offset))
      return [...seen].sort((a, b) => a - b)
    })
  }

  /** @returns {any[][]} the records of all polls */
  polls () {
    return this.history.filter(({ f }) => f === 'poll').flatMap(({ records }) => records || [])
  }

  /**
   * Everything that has been read: in polls, and at the end.
   *
   * @returns {[partition: number, offset: number, value: string][]}
   */
  reads () {
    const atEnd = (this.log || []).flatMap((entries, partition) =>
      (entries || []).map(({ offset, value }) => [partition, offset, value]))
    return /** @type {any[]} */ ([...this.polls(), ...atEnd])
  }

  /** @param {Write} write @returns {boolean} whether its producer may rely on it */
  isAcknowledged ({ send }) {
    return send.outcome === 'ok' && (send.transaction === null || send.transaction.outcome === 'committed')
  }

  /** @param {Write} write @returns {boolean} whether nobody may ever see it as committed */
  isRefused ({ send }) {
    return send.outcome === 'fail' || (send.transaction !== null && send.transaction.outcome === 'aborted')
  }
}

/**
 * @param {number[]} offsets in order
 * @param {number} from
 * @returns {number} the index of the first that is not below `from`
 */
function lowerBound (offsets, from) {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (offsets[middle] < from) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * @param {number[]} offsets in order
 * @param {number} from
 * @param {number} to
 * @returns {number | undefined} the first that is at least `from` and below `to`
 */
function firstBetween (offsets, from, to) {
  const found = offsets[lowerBound(offsets, from)]
  return found !== undefined && found < to ? found : undefined
}

module.exports = { Model, firstBetween, getOrMake }
