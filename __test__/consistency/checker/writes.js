'use strict'

// What became of what producers wrote.

const { getOrMake } = require('./model')

/** @typedef {import('./model').Model} Model */
/** @typedef {import('./model').Write} Write */
/** @typedef {(kind: import('../kinds').Kind, example: string) => void} Report */

/** @param {Write} write @returns {string} for examples */
function nameOf ({ value, partition, send: { process, transaction } }) {
  return `${value} of ${process}${transaction ? `, transaction ${transaction.name}` : ''} in partition ${partition}`
}

/**
 * Where each value was read, and what was read at each place.
 *
 * @param {Model} model @param {Report} report
 */
function checkPlaces (model, report) {
  /** @type {Map<string, string>} */
  const values = new Map()
  /** @type {Map<string, Set<string>>} */
  const places = new Map()
  /** @type {Set<string>} */
  const differing = new Set()
  for (const [partition, offset, value] of model.reads()) {
    const place = `${partition}/${offset}`
    const before = getOrMake(values, place, () => value)
    if (before !== value && !differing.has(`${place} ${value}`)) {
      differing.add(`${place} ${value}`)
      report('inconsistent offset', `${before} and ${value} at ${place}`)
    }
    getOrMake(places, value, () => new Set()).add(place)
  }
  for (const [value, found] of places) {
    const write = model.writes.get(value)
    if (!write) report('unknown value', `${value} at ${[...found].join(', ')}`)
    else if (found.size > 1) {
      const kind = isBesideFailure(model, write) ? 'duplicate beside a failed send' : 'duplicate'
      report(kind, `${nameOf(write)} at ${[...found].join(', ')}`)
    }
  }
  for (const write of model.writes.values()) {
    if (write.told === null) continue
    const told = `${write.partition}/${write.told}`
    const found = places.get(write.value)
    const other = values.get(told)
    if (found && !found.has(told)) {
      report('misplaced acknowledgement', `${nameOf(write)}: told ${told}, at ${[...found].join(', ')}`)
    } else if (!found && other !== undefined) {
      report('reassigned offset', `${nameOf(write)}: told ${told}, where ${other} is`)
    }
  }
}

/**
 * Whether a send of the same process whose outcome nobody knows was under way at the same time.
 *
 * @param {Model} model @param {Write} write
 */
function isBesideFailure (model, { send }) {
  for (const other of model.sends.values()) {
    if (other.process !== send.process || other.outcome === 'ok') continue
    if (other.invoked <= send.answered && send.invoked <= other.answered) return true
  }
  return false
}

/**
 * Acknowledged, and not there.
 *
 * @param {Model} model @param {Report} report
 */
function checkLosses (model, report) {
  const { log } = model
  /** @type {Map<number, number>} by partition */
  const highest = new Map()
  /** @type {Set<string>} */
  const seen = new Set()
  for (const [partition, offset, value] of model.reads()) {
    highest.set(partition, Math.max(offset, highest.get(partition) ?? -1))
    if (!log) seen.add(value)
  }
  // the last reader saw everything; what it does not see is lost even if somebody has read it before
  for (const entries of log || []) {
    for (const { value, isVisible } of entries || []) {
      const write = model.writes.get(value)
      if (isVisible || !write || write.send.transaction === null) seen.add(value)
    }
  }
  for (const write of model.writes.values()) {
    if (!model.isAcknowledged(write) || seen.has(write.value)) continue
    const isBelow = write.told !== null && write.told < (highest.get(write.partition) ?? -1)
    if (isBelow) report('lost write', `${nameOf(write)}, acknowledged at ${write.told}`)
    // without a last read it may still be on its way to its readers
    else if (log) report('unseen', `${nameOf(write)}, acknowledged${write.told === null ? '' : ` at ${write.told}`}`)
  }
}

/**
 * The order of the sends of one process, and what it was told.
 *
 * @param {Model} model @param {Report} report
 */
function checkOrder (model, report) {
  /** @type {Map<string, { write: Write, offset: number }>} */
  const last = new Map()
  const others = otherWrites(model)
  for (const send of model.sends.values()) {
    if (send.outcome !== 'ok') continue
    for (const write of send.writes) {
      if (write.told === null) continue
      const lane = `${send.process}/${write.partition}`
      const before = last.get(lane)
      const isSame = before && send.transaction !== null && before.write.send.transaction === send.transaction
      if (before && before.offset >= write.told) {
        report(isSame ? 'internal non-monotonic send' : 'external non-monotonic send',
          `${nameOf(before.write)} at ${before.offset}, then ${write.value} at ${write.told}`)
      } else if (before && isSame) {
        const between = others(write.partition, before.offset + 1, write.told, send.process)
        if (between !== undefined) {
          report('skipped send', `${nameOf(before.write)} at ${before.offset}, then ${write.value} at ${write.told}, ` +
            `around ${between}`)
        }
      }
      last.set(lane, { write, offset: write.told })
    }
  }
}

/**
 * @param {Model} model
 * @returns {(partition: number, from: number, to: number, process: string) => string | undefined} a value that another
 *   process wrote there
 */
function otherWrites (model) {
  /** @type {Map<string, Write>} */
  const at = new Map()
  for (const [partition, offset, value] of model.reads()) {
    const write = model.writes.get(value)
    if (write) at.set(`${partition}/${offset}`, write)
  }
  return (partition, from, to, process) => {
    for (let offset = from; offset < to; offset++) {
      const write = at.get(`${partition}/${offset}`)
      if (write && write.send.process !== process) return write.value
    }
    return undefined
  }
}

/**
 * The order in the logs: of acknowledged records of one process, and of transactions.
 *
 * @param {Model} model @param {Report} report
 */
function checkLogOrder (model, report) {
  /** @type {Map<string, Write>} the latest of a process by partition, repetitions aside */
  const latest = new Map()
  /** @type {Set<string>} */
  const seen = new Set()
  /** @type {Map<string, Set<string>>} which transactions follow which */
  const follows = new Map()
  for (const partition of (model.log || []).keys()) {
    /** @type {string | null} */
    let before = null
    for (const { value } of (model.log || [])[partition] || []) {
      const write = model.writes.get(value)
      if (!write || seen.has(value)) continue
      seen.add(value)
      const { process, outcome, transaction } = write.send
      if (transaction && transaction.outcome !== 'aborted') {
        if (before !== null && before !== transaction.name) {
          getOrMake(follows, before, () => new Set()).add(transaction.name)
        }
        before = transaction.name
      }
      // the place of what has no answer among others is not promised
      if (outcome !== 'ok') continue
      const lane = `${process}/${partition}`
      const last = latest.get(lane)
      if (!last || last.order < write.order) latest.set(lane, write)
      else if (transaction && last.send.transaction === transaction) {
        report('write cycle in a transaction', `${nameOf(last)} before ${value}`)
      } else report('reordered send', `${nameOf(last)} before ${value}`)
    }
  }
  for (const cycle of cycles(follows)) {
    report('write cycle across transactions', cycle.length > 4
      ? `${cycle.length} transactions, such as ${cycle.slice(0, 4).join(', ')}`
      : cycle.join(', '))
  }
}

/**
 * Sets of more than one node from each of which the others can be reached (Tarjan's algorithm, without recursion: a
 * history has many transactions).
 *
 * @param {Map<string, Set<string>>} follows
 * @returns {string[][]}
 */
function cycles (follows) {
  /** @type {Map<string, { index: number, low: number, isOpen: boolean }>} */
  const marks = new Map()
  /** @type {string[]} */
  const open = []
  /** @type {string[][]} */
  const found = []
  const enter = (/** @type {string} */ node) => {
    marks.set(node, { index: marks.size, low: marks.size, isOpen: true })
    open.push(node)
    return { node, next: [...follows.get(node) || []] }
  }
  for (const start of follows.keys()) {
    if (marks.has(start)) continue
    const path = [enter(start)]
    while (path.length > 0) {
      const { node, next } = path[path.length - 1]
      const mark = /** @type {{ index: number, low: number, isOpen: boolean }} */ (marks.get(node))
      const child = next.pop()
      if (child !== undefined) {
        const known = marks.get(child)
        if (!known) path.push(enter(child))
        else if (known.isOpen) mark.low = Math.min(mark.low, known.index)
        continue
      }
      path.pop()
      const parent = path.length > 0 ? marks.get(path[path.length - 1].node) : undefined
      if (parent) parent.low = Math.min(parent.low, mark.low)
      if (mark.low !== mark.index) continue
      const members = open.splice(open.indexOf(node))
      for (const member of members) Object.assign(marks.get(member) || {}, { isOpen: false })
      if (members.length > 1) found.push(members)
    }
  }
  return found
}

/** @param {Model} model @param {Report} report */
function checkWrites (model, report) {
  checkPlaces(model, report)
  checkLosses(model, report)
  checkOrder(model, report)
  checkLogOrder(model, report)
}

module.exports = { checkWrites, nameOf }
