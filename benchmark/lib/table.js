'use strict'

/**
 * What is shown of a work's result, and how it is labelled.
 *
 * @typedef {object} Column
 * @property {string} key of the measurement
 * @property {string} title
 * @property {(value: number) => string} show
 */

const count = (/** @type {number} */ value) => value >= 1e6
  ? `${(value / 1e6).toFixed(2)} M`
  : value >= 1000 ? `${Math.round(value / 1000)} k` : String(Math.round(value))
const fixed = (/** @type {number} */ digits) => (/** @type {number} */ value) => value.toFixed(digits)
const precise = (/** @type {number} */ value) => value >= 100 ? value.toFixed(0) : value.toFixed(2)

/** @type {Record<string, Column>} */
const COLUMNS = {
  recordsPerSecond: { key: 'recordsPerSecond', title: 'records/s', show: count },
  cpu: { key: 'cpuMicrosPerRecord', title: 'CPU per record, µs', show: precise },
  delay: { key: 'loopDelayP99Ms', title: 'loop delay p99, ms', show: fixed(1) },
  rss: { key: 'peakRssMb', title: 'peak RSS, MB', show: fixed(0) },
  p50: { key: 'p50Ms', title: 'p50, ms', show: fixed(2) },
  p99: { key: 'p99Ms', title: 'p99, ms', show: fixed(2) },
  p999: { key: 'p999Ms', title: 'p99.9, ms', show: fixed(2) }
}

const THROUGHPUT = [COLUMNS.recordsPerSecond, COLUMNS.cpu, COLUMNS.delay, COLUMNS.rss]
const LATENCY = [COLUMNS.p50, COLUMNS.p99, COLUMNS.p999, COLUMNS.cpu, COLUMNS.rss]

/** @type {Record<import('./tasks').Job['task'], Column[]>} the first one is what charts show */
const BY_TASK = {
  consume: THROUGHPUT,
  produce: THROUGHPUT,
  latency: LATENCY,
  endToEnd: LATENCY,
  slow: [
    { key: 'rssAboveIdleMb', title: 'peak RSS above idle, MB', show: fixed(0) },
    COLUMNS.recordsPerSecond,
    { ...COLUMNS.delay },
    { key: 'rebalances', title: 'rebalances', show: fixed(0) }
  ],
  many: [
    { key: 'clients', title: 'clients', show: fixed(0) },
    { key: 'threadsPerClient', title: 'threads each', show: fixed(1) },
    { key: 'filesPerClient', title: 'open files each', show: fixed(1) },
    { key: 'rssPerClientMb', title: 'RSS each, MB', show: fixed(1) },
    { key: 'idleCpuPercent', title: 'idle CPU of all, % of a core', show: fixed(1) },
    { key: 'connectSeconds', title: 'all connected, s', show: fixed(1) }
  ],
  transactions: [
    { key: 'transactionsPerSecond', title: 'transactions/s', show: count },
    COLUMNS.p50,
    COLUMNS.p99,
    { ...COLUMNS.cpu, title: 'CPU per transaction, µs' },
    COLUMNS.rss
  ],
  join: [
    { key: 'keptGapMs', title: 'longest gap of a kept partition, ms', show: fixed(0) },
    { key: 'movedGapMs', title: 'of a moved one, ms', show: fixed(0) },
    { key: 'quietGapMs', title: 'without a rebalance, ms', show: fixed(0) },
    { key: 'kept', title: 'partitions kept', show: fixed(0) },
    { key: 'repeated', title: 'records read twice', show: fixed(0) },
    { key: 'lost', title: 'lost', show: fixed(0) }
  ],
  start: [
    { key: 'requireMs', title: 'require, ms', show: fixed(1) },
    { key: 'firstRecordMs', title: 'first message, ms', show: fixed(0) },
    { key: 'afterAssignmentMs', title: 'after the assignment, ms', show: fixed(0) },
    { key: 'closeMs', title: 'close, ms', show: fixed(0) }
  ]
}

/**
 * @param {import('./results').WorkResult} work
 * @returns {string[][]} cells; the first row is the header
 */
function cells (work) {
  const columns = BY_TASK[work.task]
  const rows = work.rows.map((row) => {
    const median = row.median
    if (!median) return [row.title, row.error || 'no result', ...columns.slice(1).map(() => '')]
    const shown = columns.map(({ key, show }) => typeof median[key] === 'number' ? show(median[key]) : '–')
    return [`${row.title}${row.partial ? ' (not all)' : ''}`, ...shown]
  })
  return [['client', ...columns.map(({ title }) => title)], ...rows]
}

/** @param {import('./results').WorkResult} work */
function textTable (work) {
  const rows = cells(work)
  const width = (/** @type {number} */ column) => Math.max(...rows.map((row, index) => {
    return column === 1 && index > 0 && !work.rows[index - 1].median ? 0 : row[column].length
  }))
  const widths = rows[0].map((_, column) => width(column))
  const lines = rows.map((row) => row.map((cell, column) => {
    return column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
  }).join('  ').trimEnd())
  return [work.title, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** @param {import('./results').WorkResult} work */
function markdownTable (work) {
  const [header, ...rows] = cells(work).map((row) => row.map((cell) => cell.replace(/\|/g, '\\|')))
  const line = (/** @type {string[]} */ row) => `| ${row.join(' | ')} |`
  return [line(header), line(header.map((_, column) => column === 0 ? '---' : '---:')), ...rows.map(line)].join('\n')
}

module.exports = { BY_TASK, textTable, markdownTable }
