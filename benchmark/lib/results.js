'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { WORKS } = require('./works')

/**
 * @typedef {Record<string, any>} Measurement what one process printed
 *
 * @typedef {object} Row
 * @property {string} client
 * @property {string} title
 * @property {'message' | 'batch'} mode
 * @property {string} command of one measurement
 * @property {Measurement[]} rounds
 * @property {Record<string, number> | null} median of each figure over the rounds; null when none succeeded
 * @property {boolean} partial whether the time ended before the work
 * @property {string | null} error
 *
 * @typedef {object} WorkResult
 * @property {string} id
 * @property {string} title
 * @property {import('./tasks').Job['task']} task
 * @property {Record<string, unknown>} job
 * @property {string} date
 * @property {number} rounds
 * @property {Row[]} rows
 *
 * @typedef {object} ClientSummary
 * @property {string} id
 * @property {string} title
 * @property {string} [version]
 * @property {string} [runtime]
 * @property {{consume: string, produce: string}} settings
 * @property {string} [error] why it was not measured
 *
 * @typedef {object} Results
 * @property {string} date
 * @property {ReturnType<typeof describeMachine>} machine
 * @property {string} kafka its version
 * @property {ClientSummary[]} clients
 * @property {WorkResult[]} works
 */

const folder = path.join(__dirname, '..', 'results')

/** @param {number[]} values */
function medianOf (values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * @param {Measurement[]} rounds
 * @returns {Record<string, number> | null}
 */
function medians (rounds) {
  const good = rounds.filter((round) => !round.error)
  if (good.length === 0) return null
  const keys = Object.keys(good[0]).filter((key) => good.every((round) => typeof round[key] === 'number'))
  return Object.fromEntries(keys.map((key) => [key, medianOf(good.map((round) => round[key]))]))
}

function describeMachine () {
  const first = (/** @type {string} */ command, /** @type {string[]} */ args) => {
    try {
      return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim().split('\n')[0]
    } catch {
      return 'unknown'
    }
  }
  const commit = first('git', ['-C', __dirname, 'describe', '--always', '--dirty'])
  return {
    cpu: os.cpus()[0].model.trim(),
    cores: os.cpus().length,
    memoryGb: Math.round(os.totalmem() / 1024 ** 3),
    system: `${os.type()} ${os.release().split('.').slice(0, 2).join('.')} ${os.arch()}`,
    loadBefore: os.loadavg()[0],
    harness: `Node ${process.version}`,
    java: first('java', ['--version']),
    commit
  }
}

/** @param {Results} results @returns {string} the file */
function save (results) {
  const file = path.join(folder, `${results.date.slice(0, 10)}-${results.kafka}.json`)
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`)
  return file
}

/**
 * A partial run replaces whole works in the day's results: rows of one table were always measured side by side.
 *
 * @param {Results} results
 * @returns {Results}
 */
function mergeWithToday (results) {
  const file = path.join(folder, `${results.date.slice(0, 10)}-${results.kafka}.json`)
  if (!fs.existsSync(file)) return results
  /** @type {Results} */
  const before = JSON.parse(fs.readFileSync(file, 'utf8'))
  const order = WORKS.map(({ id }) => id)
  const works = [...results.works, ...before.works.filter(({ id }) => !results.works.some((work) => work.id === id))]
    .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  const clients = [
    ...results.clients, ...before.clients.filter(({ id }) => !results.clients.some((client) => client.id === id))
  ]
  return { ...results, clients, works }
}

/** @returns {Results[]} the newest of each version of Kafka, newest Kafka first */
function loadNewest () {
  if (!fs.existsSync(folder)) return []
  /** @type {Map<string, Results>} */
  const newest = new Map()
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
    const results = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'))
    newest.set(results.kafka, results)
  }
  const byVersion = (/** @type {Results} */ a, /** @type {Results} */ b) => {
    return b.kafka.localeCompare(a.kafka, 'en', { numeric: true })
  }
  return [...newest.values()].sort(byVersion)
}

module.exports = { folder, medianOf, medians, describeMachine, save, mergeWithToday, loadNewest }
