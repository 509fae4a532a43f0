'use strict'

// What readers were handed: in which order, without which gaps, and nothing that is not committed.

const { firstBetween, getOrMake } = require('./model')
const { nameOf } = require('./writes')

/** @typedef {import('./model').Model} Model */
/** @typedef {import('./model').Operation} Operation */
/** @typedef {import('./writes').Report} Report */

/**
 * Where a member is in a partition.
 *
 * @typedef {object} Position
 * @property {number | null} last the offset before the next one to come; null: only the group knows
 */

/** The state of one member. */
class Member {
  constructor () {
    /** @type {Map<number, Position> | null} what it owns; null: nobody has said so far */
    this.owned = null
    /** @type {Map<number, Position>} without a group */
    this.alone = new Map()
    /** @type {Set<string>} the transactions of which it was handed something */
    this.transactions = new Set()
  }

  /** @param {number} partition @returns {Position | undefined} undefined: not its own */
  at (partition) {
    if (this.owned) return this.owned.get(partition)
    return getOrMake(/** @type {Map<any, Position>} */ (this.alone), /** @type {any} */ (partition), () =>
      ({ last: null }))
  }
}

/** Follows all members through a history. */
class Readers {
  /** @param {Model} model @param {Report} report */
  constructor (model, report) {
    this.model = model
    this.report = report
    /** @type {Map<string, Member>} by process */
    this.members = new Map()
    /** @type {Map<string, number>} the highest offset that somebody was handed, by group and partition */
    this.handed = new Map()
  }

  run () {
    for (const operation of this.model.history) {
      const { process, f, type, partition, offset } = operation
      const member = getOrMake(this.members, process, () => new Member())
      if (f === 'assign') {
        member.owned ||= new Map()
        for (const each of operation.partitions || []) member.owned.set(each, { last: null })
      } else if (f === 'revoke') {
        member.owned ||= new Map()
        for (const each of operation.partitions || []) member.owned.delete(each)
      } else if (f === 'poll') this.poll(operation, member)
      else if (f === 'seek' && type === 'ok') this.moved(member, Number(partition), Number(offset))
      else if (f === 'handle' && type === 'fail') this.moved(member, Number(partition), Number(offset))
    }
  }

  /** @param {Member} member @param {number} partition @param {number} next the offset that may come next */
  moved (member, partition, next) {
    const position = member.at(partition)
    if (position) position.last = next - 1
  }

  /** @param {Operation} operation @param {Member} member */
  poll ({ at, process, records = [] }, member) {
    const { model, report } = this
    const isolation = model.isolations.get(process) || 'read_committed'
    /** @type {Set<number>} the partitions that this poll has brought something of */
    const begun = new Set()
    for (const [partition, offset, value] of records) {
      const text = `${process}: ${value} at ${partition}/${offset}`
      this.checkCommitted(value, at, isolation, text)
      const position = member.at(partition)
      if (!position) report('unowned poll', text)
      const last = position ? position.last : null
      const visible = model.visible(isolation, partition)
      const side = begun.has(partition) ? 'internal' : 'external'
      const group = `${model.groups.get(process) ?? process}/${partition}`
      if (last === null) this.afterAssignment(group, { visible, offset, text })
      else if (offset <= last) report(`${side} non-monotonic poll`, `${text} after ${last}`)
      else {
        const missed = firstBetween(visible, last + 1, offset)
        if (missed !== undefined) {
          report(`${side} skipped poll`, `${text} after ${last}, without ${missed}`)
          this.checkWhole(partition, missed, member, text)
        }
      }
      begun.add(partition)
      if (position) position.last = offset
      this.handed.set(group, Math.max(offset, this.handed.get(group) ?? -1))
      const write = model.writes.get(value)
      if (write && write.send.transaction) member.transactions.add(write.send.transaction.name)
    }
  }

  /**
   * The first poll of a partition since it was given to this member.
   *
   * @param {string} group with the partition
   * @param {{ visible: number[], offset: number, text: string }} poll
   */
  afterAssignment (group, { visible, offset, text }) {
    const highest = this.handed.get(group) ?? -1
    if (offset <= highest) {
      this.report('rewound poll', `${text}, though the group has been at ${highest}`)
      return
    }
    const missed = firstBetween(visible, highest + 1, offset)
    if (missed !== undefined) {
      this.report('external skipped poll', `${text}, the group was at ${highest}, without ${missed}`)
    }
  }

  /**
   * @param {string} value @param {number} at
   * @param {'read_committed' | 'read_uncommitted'} isolation
   * @param {string} text
   */
  checkCommitted (value, at, isolation, text) {
    const write = this.model.writes.get(value)
    if (!write) return
    const { outcome, transaction } = write.send
    if (outcome === 'fail' && transaction === null) this.report('aborted read', text)
    if (transaction === null || isolation === 'read_uncommitted') return
    if (this.model.isRefused(write)) this.report('aborted read', `${text}, of transaction ${transaction.name}`)
    else if (at < transaction.commitInvoked) {
      this.report('precommitted read', `${text}, before the commit of ${transaction.name}`)
    }
  }

  /**
   * A reader that was handed a part of a transaction must not pass over another part of it.
   *
   * @param {number} partition @param {number} offset that was passed over
   * @param {Member} member @param {string} text
   */
  checkWhole (partition, offset, member, text) {
    const entry = this.model.log && (this.model.log[partition] || []).find((each) => each.offset === offset)
    const write = entry && this.model.writes.get(entry.value)
    const transaction = write && write.send.transaction
    if (transaction && member.transactions.has(transaction.name)) {
      this.report('intermediate read', `${text}, without ${entry.value} of the same transaction ${transaction.name}`)
    }
  }
}

/**
 * What is visible at the end: all of a transaction or nothing, and nothing that was not committed.
 *
 * @param {Model} model @param {Report} report
 */
function checkEnd (model, report) {
  if (!model.log) return
  /** @type {Set<string>} */
  const visible = new Set()
  model.log.forEach((entries) => (entries || []).forEach(({ offset, value, isVisible }) => {
    if (!isVisible) return
    visible.add(value)
    const write = model.writes.get(value)
    if (write && model.isRefused(write)) report('aborted read', `${nameOf(write)} at the end, offset ${offset}`)
  }))
  for (const { name, writes } of model.transactions.values()) {
    const certain = writes.filter(({ send }) => send.outcome === 'ok')
    const seen = certain.filter(({ value }) => visible.has(value))
    if (seen.length > 0 && seen.length < certain.length) {
      report('intermediate read', `${seen.length} of ${certain.length} writes of ${name} at the end, without ` +
        certain.find(({ value }) => !visible.has(value))?.value)
    }
  }
}

/** @param {Model} model @param {Report} report */
function checkReads (model, report) {
  new Readers(model, report).run()
  checkEnd(model, report)
}

module.exports = { checkReads }
