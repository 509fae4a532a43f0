'use strict'

const { BY_TASK } = require('./table')

const WIDTH = 760
const LABEL_WIDTH = 270
const VALUE_WIDTH = 110
const BAR = 18
const GAP = 8
const TOP = 58

const escape = (/** @type {string} */ text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/**
 * Horizontal bars of one figure, best first. Colours follow the reader's light or dark theme.
 *
 * @param {object} chart
 * @param {string} chart.title
 * @param {string} chart.note such as the unit and the versions
 * @param {{label: string, value: number, shown: string, kind: 'own' | 'native' | 'peer'}[]} chart.bars
 * @returns {string} SVG
 */
function barChart ({ title, note, bars }) {
  const height = TOP + bars.length * (BAR + GAP) + GAP
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
  const rows = bars.map(({ label, value, shown, kind }, index) => {
    const y = TOP + index * (BAR + GAP)
    const length = Math.max(1, Math.round(value / most * room))
    const middle = y + BAR / 2
    return `  <text class="${kind}" x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${escape(label)}</text>
  <rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${length}" height="${BAR}" rx="2"/>
  <text class="value" x="${LABEL_WIDTH + length + 6}" y="${middle}">${escape(shown)}</text>`
  })
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escape(title)}">
  <style>
    text { font: 13px system-ui, "Segoe UI", Roboto, sans-serif; fill: #1f2328; dominant-baseline: central }
    .title { font-size: 16px; font-weight: 600 }
    .note { font-size: 12px; fill: #59636e }
    text.own { font-weight: 600 }
    rect.own { fill: #1a7f37 }
    rect.peer { fill: #8c959f }
    rect.native { fill: #0969da; fill-opacity: .45 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      rect.own { fill: #3fb950 }
      rect.peer { fill: #6e7681 }
      rect.native { fill: #58a6ff }
    }
  </style>
  <text class="title" x="12" y="20">${escape(title)}</text>
  <text class="note" x="12" y="41">${escape(note)}</text>
${rows.join('\n')}
</svg>
`
}

/** Figures for which lower is better. */
const LESS = new Set(['cpuMicrosPerRecord', 'p50Ms', 'p99Ms', 'rssAboveIdleMb', 'loopDelayP99Ms', 'requireMs'])

/** The charts: file name, work, figure (default: the first of its table), and the words above. */
const CHARTS = [
  { name: 'consume', work: 'consume/string', words: 'Consuming, records per second' },
  { name: 'consume-cpu', work: 'consume/string', key: 'cpuMicrosPerRecord', words: 'Consuming, CPU per record' },
  { name: 'consume-delay', work: 'consume/string', key: 'loopDelayP99Ms', words: 'Loop delay while consuming, p99' },
  { name: 'produce', work: 'produce/100b', words: 'Producing sends of 100 records, records per second' },
  { name: 'single', work: 'single/100b', words: 'Producing sends of one record, records per second' },
  { name: 'latency', work: 'latency/send', key: 'p99Ms', words: 'Latency of an awaited send, p99' },
  { name: 'end-to-end', work: 'latency/end-to-end', key: 'p99Ms', words: 'From send to handler, 1000 records/s, p99' },
  { name: 'slow', work: 'slow/5ms-per-100', words: 'Slow consumer, peak RSS above idle' },
  { name: 'start', work: 'start/first-message', words: 'Time that require() takes' }
]

const KINDS = /** @type {Record<string, 'own' | 'native'>} */ ({
  'ours': 'own', 'ours-kafkajs': 'own', 'raw': 'native'
})

const UNITS = /** @type {Record<string, string>} */ ({
  recordsPerSecond: 'records/s',
  cpuMicrosPerRecord: 'µs',
  loopDelayP99Ms: 'ms',
  p50Ms: 'ms',
  p99Ms: 'ms',
  rssAboveIdleMb: 'MB',
  requireMs: 'ms'
})

/**
 * @param {import('./results').Results} results
 * @returns {{name: string, title: string, svg: string}[]} of the works that were measured
 */
function drawCharts (results) {
  return CHARTS.flatMap(({ name, work: id, key, words }) => {
    const work = results.works.find((candidate) => candidate.id === id)
    if (!work) return []
    const columns = BY_TASK[work.task]
    const column = columns.find((candidate) => candidate.key === key) || columns[0]
    const less = LESS.has(column.key)
    const bars = work.rows.flatMap((row) => {
      const value = row.median && row.median[column.key]
      if (typeof value !== 'number') return []
      const kind = KINDS[row.client] || /** @type {const} */ ('peer')
      return [{ label: row.title, value, shown: `${column.show(value)} ${UNITS[column.key]}`, kind }]
    }).sort((a, b) => less ? a.value - b.value : b.value - a.value)
    if (bars.length === 0) return []
    const note = `${less ? 'Less' : 'More'} is better. Kafka ${results.kafka}, ${results.machine.cores} cores shared ` +
      `with the broker, ${work.date.slice(0, 10)}, median of ${work.rounds}.`
    return [{ name, title: words, svg: barChart({ title: words, note, bars }) }]
  })
}

module.exports = { barChart, drawCharts }
