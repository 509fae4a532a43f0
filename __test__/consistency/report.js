'use strict'

// What became of a run, for programs and for people.

const fs = require('node:fs')
const path = require('node:path')

const { ALLOWED } = require('./allowed')
const { check } = require('./checker')
const { readHistory } = require('./history')

/**
 * @typedef {object} Result
 * @property {string} configuration
 * @property {number} seed
 * @property {number} seconds
 * @property {Map<string, number>} counts of operations
 * @property {(import('./checker').Anomaly & { reason: string | null })[]} anomalies `reason`: why it is allowed; null:
 *   it is not
 * @property {string[]} problems what went wrong in the run itself, such as a process that crashed
 * @property {string[]} faults
 * @property {string | null} folder where the histories are; null when they have not been kept
 */

/**
 * @param {string} folder with the histories and `run.json`
 * @returns {Result}
 */
function judge (folder) {
  const about = JSON.parse(fs.readFileSync(path.join(folder, 'run.json'), 'utf8'))
  const history = readHistory(folder)
  return { ...about, counts: countsOf(history), anomalies: withReasons(about.configuration, check(history)), folder }
}

/**
 * @param {string} configuration
 * @param {import('./checker').Anomaly[]} anomalies
 */
function withReasons (configuration, anomalies) {
  const allowed = ALLOWED.get(configuration)
  return anomalies.map((anomaly) => ({ ...anomaly, reason: allowed?.get(anomaly.kind) ?? null }))
}

/** @param {import('./checker').Operation[]} history @returns {Map<string, number>} */
function countsOf (history) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  const add = (/** @type {string} */ what, /** @type {number} */ count) =>
    counts.set(what, (counts.get(what) ?? 0) + count)
  add('processes', new Set(history.map(({ process }) => process)).size - 1)
  for (const { f, type, writes, records } of history) {
    if (f === 'send' && type === 'invoke') {
      add('sends', 1)
      add('records sent', (writes || []).length)
    } else if (f === 'send' && type !== 'ok') add('sends failed', 1)
    else if (f === 'poll') add('records polled', (records || []).length)
    else if (f === 'begin' && type === 'ok') add('transactions', 1)
    else if (f === 'commit-txn' && type === 'ok') add('transactions committed', 1)
    else if (f === 'assign') add('assignments', 1)
    else if (f === 'seek' && type === 'ok') add('seeks', 1)
    else if (f === 'pause') add('pauses', 1)
    else if (f === 'commit' && type === 'ok') add('commits', 1)
    else if (f === 'leave' && type === 'ok') add('leaves', 1)
    else if (f === 'handle') add('handlers failed', 1)
    else if (f === 'log') add('records in the log', (records || []).length)
  }
  return counts
}

/** @param {Result} result @returns {boolean} */
function isFailed ({ anomalies, problems }) {
  return problems.length > 0 || anomalies.some(({ reason }) => reason === null)
}

/** @param {Result} result @returns {string} for people */
function report (result) {
  const { configuration, seed, seconds, counts, anomalies, problems, folder } = result
  const lines = [`${configuration}, seed ${seed}, ${seconds} s: ${isFailed(result) ? 'FAILED' : 'held'}`]
  lines.push(`  ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`)
  for (const { kind, count, examples, reason } of anomalies) {
    if (reason !== null) lines.push(`  allowed: ${count} ${kind} (${reason})`)
    else lines.push(`  FORBIDDEN: ${count} ${kind}`, ...examples.map((example) => `    ${example}`))
  }
  lines.push(...problems.map((problem) => `  PROBLEM: ${problem}`))
  if (folder !== null) lines.push(`  the histories are kept in ${folder}`)
  return lines.join('\n')
}

module.exports = { isFailed, judge, report }
