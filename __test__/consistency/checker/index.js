'use strict'

// Finds anomalies in a history. Pure: a history in, anomalies out.

const { checkGroups } = require('./groups')
const { Model } = require('./model')
const { checkReads } = require('./reads')
const { checkWrites } = require('./writes')

const EXAMPLES = 5

/**
 * @typedef {import('./model').Operation} Operation
 * @typedef {{ kind: import('../kinds').Kind, count: number, examples: string[] }} Anomaly
 */

/**
 * @param {Operation[]} history of all processes, in any order
 * @returns {Anomaly[]} by kind
 */
function check (history) {
  /** @type {Map<string, Anomaly>} */
  const found = new Map()
  const report = (/** @type {import('../kinds').Kind} */ kind, /** @type {string} */ example) => {
    const anomaly = found.get(kind) || { kind, count: 0, examples: [] }
    found.set(kind, anomaly)
    anomaly.count++
    if (anomaly.examples.length < EXAMPLES) anomaly.examples.push(example)
  }
  const model = new Model(history)
  checkWrites(model, report)
  checkReads(model, report)
  checkGroups(model, report)
  return [...found.values()]
}

module.exports = { check }
