'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { medianOf } = require('./results')

const file = path.join(__dirname, '..', 'baseline.json')
const ALLOWED_LOSS = 0.15

/**
 * Ours relative to raw librdkafka, which a slow or fast machine affects just the same.
 *
 * @typedef {{recordsPerSecond: number, cpu: number}} Ratios records/s of ours by raw's, and CPU per record likewise:
 *   the first should be large, the second small
 */

/**
 * The ratio of each round, whose two measurements are closest together in time, then the median of these.
 *
 * @param {import('./results').WorkResult[]} works
 * @returns {Record<string, Ratios>} by work; what only one of the two has done is left out
 */
function ratiosOf (works) {
  /** @type {Record<string, Ratios>} */
  const result = {}
  for (const { id, rows } of works) {
    const rounds = (/** @type {string} */ client) => rows.find((row) => row.client === client)?.rounds || []
    const [ours, raw] = [rounds('ours'), rounds('raw')]
    const pairs = ours.map((mine, round) => [mine, raw[round]])
      .filter(([mine, ceiling]) => mine?.recordsPerSecond && ceiling?.recordsPerSecond)
    if (pairs.length === 0) continue
    const median = (/** @type {string} */ key) => {
      return Number(medianOf(pairs.map(([mine, ceiling]) => mine[key] / ceiling[key])).toFixed(3))
    }
    result[id] = { recordsPerSecond: median('recordsPerSecond'), cpu: median('cpuMicrosPerRecord') }
  }
  return result
}

/** Sizes and Kafka's version affect the ratios, so each combination has its own. */
/** @param {{quick: boolean, kafka: string}} run */
const keyOf = ({ quick, kafka }) => `${quick ? 'quick' : 'full'}-${kafka}`

const readAll = () => fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {}

/**
 * @param {{quick: boolean, kafka: string}} run
 * @param {Record<string, Ratios>} ratios
 */
function saveBaseline (run, ratios) {
  const all = readAll()
  const key = keyOf(run)
  fs.writeFileSync(file, `${JSON.stringify({ ...all, [key]: { ...all[key], ...ratios } }, null, 2)}\n`)
  return file
}

/**
 * @param {{quick: boolean, kafka: string}} run
 * @param {Record<string, Ratios>} ratios
 * @returns {{lines: string[], failed: boolean}}
 */
function check (run, ratios) {
  const committed = readAll()[keyOf(run)]
  if (!committed) {
    return {
      failed: true,
      lines: [`There is no baseline for ${keyOf(run)}: write one on a quiet machine with --save-baseline`]
    }
  }
  let failed = false
  const lines = Object.entries(committed).flatMap(([id, before]) => {
    const now = ratios[id]
    if (!now) return []
    const speedLoss = 1 - now.recordsPerSecond / before.recordsPerSecond
    const cpuLoss = now.cpu / before.cpu - 1
    const lost = speedLoss > ALLOWED_LOSS || cpuLoss > ALLOWED_LOSS
    failed = failed || lost
    return [`${lost ? 'FAIL' : 'ok  '} ${id}: records/s ${now.recordsPerSecond} of raw (baseline ` +
      `${before.recordsPerSecond}), CPU ${now.cpu} of raw (baseline ${before.cpu})`]
  })
  if (lines.length === 0) return { failed: true, lines: ['No work of the baseline was measured by both ours and raw'] }
  return { failed, lines }
}

module.exports = { ratiosOf, saveBaseline, check }
