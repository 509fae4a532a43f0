'use strict'

// What groups have committed and delivered.

const { firstBetween, getOrMake } = require('./model')

/** @typedef {import('./model').Model} Model */
/** @typedef {import('./writes').Report} Report */

/**
 * No commit is beyond what members have finished. Members that seek want to be there.
 *
 * @param {Model} model @param {Report} report
 */
function checkCommits (model, report) {
  /** @type {Map<string, number>} the next offset, by group and partition */
  const next = new Map()
  const finished = (/** @type {string} */ group, /** @type {number} */ partition, /** @type {number} */ offset) => {
    const lane = `${group}/${partition}`
    next.set(lane, Math.max(offset, next.get(lane) ?? 0))
  }
  const check = (/** @type {string} */ group, /** @type {string} */ who, /** @type {[number, number][]} */ offsets,
    /** @type {'read_committed' | 'read_uncommitted'} */ isolation) => {
    for (const [partition, offset] of offsets) {
      const reached = next.get(`${group}/${partition}`) ?? 0
      // there may be places without a record in between
      const missed = firstBetween(model.visible(isolation, partition), reached, offset)
      if (missed === undefined) continue
      report('committed ahead', `${who}: ${offset} for ${group} in partition ${partition}, finished up to ${reached}`)
    }
  }
  for (const { process, f, type, group: named, partition, offset, offsets = [] } of model.history) {
    const group = model.groups.get(process)
    if (f === 'committed' && named !== undefined) {
      const members = [...model.groups].filter(([, each]) => each === named).map(([each]) => model.isolations.get(each))
      check(named, process, offsets, members.includes('read_uncommitted') ? 'read_uncommitted' : 'read_committed')
    }
    if (group === undefined) continue
    if (f === 'done') finished(group, Number(partition), Number(offset) + 1)
    else if (f === 'seek' && type === 'invoke') finished(group, Number(partition), Number(offset))
    else if (f === 'commit' && type === 'ok') {
      check(group, process, offsets, model.isolations.get(process) || 'read_committed')
    }
  }
}

/**
 * At the end each group has been handed everything.
 *
 * @param {Model} model @param {Report} report
 */
function checkDelivered (model, report) {
  const { log } = model
  if (!log) return
  /** @type {Map<string, Set<string>>} by group */
  const handed = new Map()
  /** @type {Set<string>} */
  const uncommitted = new Set()
  for (const [process, group] of model.groups) {
    getOrMake(handed, group, () => new Set())
    if (model.isolations.get(process) === 'read_uncommitted') uncommitted.add(group)
  }
  for (const { process, f, records = [] } of model.history) {
    const group = model.groups.get(process)
    if (f !== 'poll' || group === undefined) continue
    const seen = /** @type {Set<string>} */ (handed.get(group))
    for (const [partition, offset] of records) seen.add(`${partition}/${offset}`)
  }
  for (const [group, seen] of handed) {
    log.forEach((entries, partition) => (entries || []).forEach(({ offset, value, isVisible }) => {
      if ((isVisible || uncommitted.has(group)) && !seen.has(`${partition}/${offset}`)) {
        report('undelivered', `${value} at ${partition}/${offset} to ${group}`)
      }
    }))
  }
}

/**
 * Each record is the input of at most one transaction that was committed.
 *
 * @param {Model} model @param {Report} report
 */
function checkInputs (model, report) {
  /** @type {Set<string>} */
  const visible = new Set()
  for (const entries of model.log || []) {
    for (const { value, isVisible } of entries || []) if (isVisible) visible.add(value)
  }
  /** @type {Map<string, string>} */
  const processed = new Map()
  for (const { name, outcome, inputs, process, writes } of model.transactions.values()) {
    const isCommitted = outcome === 'committed' ||
      (outcome === 'unknown' && writes.some(({ value }) => visible.has(value)))
    if (!isCommitted) continue
    for (const [partition, offset] of inputs) {
      const input = `${model.groups.get(process)}: ${partition}/${offset}`
      const before = processed.get(input)
      if (before !== undefined) report('doubly processed', `${input} by ${before} and ${name}`)
      processed.set(input, name)
    }
  }
}

/** @param {Model} model @param {Report} report */
function checkGroups (model, report) {
  checkCommits(model, report)
  checkDelivered(model, report)
  checkInputs(model, report)
}

module.exports = { checkGroups }
