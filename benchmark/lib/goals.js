'use strict'

const { medianOf } = require('./results')

/**
 * A figure of the second door, and what it is to be beside other clients.
 *
 * @typedef {object} Figure
 * @property {string} title
 * @property {string} work
 * @property {string} key of its measurements
 * @property {'message' | 'batch'} [mode] default: message
 * @property {Record<string, {least?: number, most?: number}>} [goals] by client: ours divided by theirs
 * @property {number} [most] a goal for the figure itself
 */

const DOOR = 'ours-kafkajs'
const OTHERS = { kafkajs: 'KafkaJS', confluent: 'Confluent', platformatic: 'Platformatic', raw: 'librdkafka' }

/** @type {Figure[]} */
const FIGURES = [
  {
    title: '`eachMessage`, records/s',
    work: 'consume/string',
    key: 'recordsPerSecond',
    goals: { kafkajs: { least: 4 } }
  },
  {
    title: '`eachMessage`, CPU per record',
    work: 'consume/string',
    key: 'cpuMicrosPerRecord',
    goals: { kafkajs: { most: 1 / 3 } }
  },
  {
    title: '`eachBatch`, records/s',
    work: 'consume/string',
    mode: 'batch',
    key: 'recordsPerSecond',
    goals: { kafkajs: { least: 3 }, raw: { least: 0.6 } }
  },
  {
    title: '`eachBatch`, CPU per record',
    work: 'consume/string',
    mode: 'batch',
    key: 'cpuMicrosPerRecord',
    goals: { kafkajs: { most: 1 / 3 } }
  },
  {
    title: '`send` of 100 messages, records/s',
    work: 'produce/100b',
    key: 'recordsPerSecond',
    goals: { kafkajs: { least: 5 } }
  },
  {
    title: '`send` of 100 messages, CPU per record',
    work: 'produce/100b',
    key: 'cpuMicrosPerRecord',
    goals: { kafkajs: { most: 1 / 3 } }
  },
  {
    title: '`send` of one message, records/s',
    work: 'single/100b',
    key: 'recordsPerSecond',
    goals: { kafkajs: { least: 4 } }
  },
  {
    title: '`send` of one message, CPU per record',
    work: 'single/100b',
    key: 'cpuMicrosPerRecord',
    goals: { kafkajs: { most: 1 / 3 } }
  },
  {
    title: 'transactions/s',
    work: 'transactions/10',
    key: 'transactionsPerSecond',
    goals: { kafkajs: { least: 1 }, platformatic: { least: 1 } }
  },
  {
    title: 'longest gap of a kept partition when a member joins, cooperative-sticky, ms',
    work: 'join/cooperative',
    key: 'keptGapMs',
    most: 200
  },
  {
    title: 'longest gap of a kept partition when a member joins, as by default, ms',
    work: 'join/eager',
    key: 'keptGapMs'
  }
]

/**
 * @param {import('./results').WorkResult} work
 * @param {string} client
 * @param {'message' | 'batch'} mode
 */
function rowOf ({ rows }, client, mode) {
  const all = rows.filter((row) => row.client === client)
  // a client with only one way to consume is measured by that
  return all.find((row) => row.mode === mode) || all[0]
}

/**
 * The ratio of each round, whose measurements are closest together in time, then the median of these.
 *
 * @param {import('./results').Row} ours
 * @param {import('./results').Row | undefined} theirs
 * @param {string} key
 */
function ratioOf (ours, theirs, key) {
  const ratios = ours.rounds.flatMap((mine, round) => {
    const other = theirs?.rounds[round]
    return mine[key] > 0 && other?.[key] > 0 ? [mine[key] / other?.[key]] : []
  })
  return ratios.length > 0 ? medianOf(ratios) : null
}

const short = (/** @type {number} */ value) => value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)))
const count = (/** @type {number} */ value) => value >= 1e6
  ? `${(value / 1e6).toFixed(2)} M`
  : value >= 1e4 ? `${Math.round(value / 1e3)} k` : short(value)

/** @param {{least?: number, most?: number}} goal */
const wordsOf = ({ least, most }) => least !== undefined ? `≥ ${short(least)}` : `≤ ${short(Number(most))}`

/** @param {number} value @param {{least?: number, most?: number}} goal */
const isMet = (value, { least = -Infinity, most = Infinity }) => value >= least && value <= most

/**
 * The second door's figures divided by those of the other clients, and whether they are what they should be.
 *
 * @param {import('./results').WorkResult[]} works
 * @returns {string | null} Markdown; null when no such work was measured
 */
function goalsTable (works) {
  const lines = FIGURES.flatMap(({ title, work: id, key, mode = 'message', goals = {}, most }) => {
    const work = works.find((candidate) => candidate.id === id)
    const ours = work && rowOf(work, DOOR, mode)
    if (!work || !ours?.median) return []
    /** @type {string[]} */
    const wanted = []
    let isEveryGoalMet = true
    const check = (/** @type {string} */ words, /** @type {boolean} */ met) => {
      wanted.push(words)
      isEveryGoalMet = isEveryGoalMet && met
    }
    const ratios = Object.entries(OTHERS).map(([client, name]) => {
      const ratio = ratioOf(ours, rowOf(work, client, mode), key)
      const goal = goals[client]
      if (goal && ratio !== null) check(`${wordsOf(goal)} of ${name}`, isMet(ratio, goal))
      return ratio === null ? '–' : short(ratio)
    })
    const value = ours.median[key]
    if (most !== undefined) check(`${wordsOf({ most })}`, isMet(value, { most }))
    const verdict = wanted.length === 0 ? '' : `${wanted.join(', ')}: ${isEveryGoalMet ? 'met' : '**missed**'}`
    return [[title, count(value), ...ratios, verdict]]
  })
  if (lines.length === 0) return null
  const head = ['figure', 'kafka-node-native', ...Object.values(OTHERS).map((name) => `of ${name}`), 'goal']
  const rule = head.map((_, column) => column === 0 || column === head.length - 1 ? '---' : '---:')
  return [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

module.exports = { goalsTable }
