'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { root } = require('../../scripts/lib/paths')
const { drawCharts } = require('./charts')
const { goalsTable } = require('./goals')
const { folder, loadNewest } = require('./results')
const { markdownTable } = require('./table')

const document = path.join(root, 'docs', 'performance.md')
const BEGIN = '<!-- results: written by `npm run bench`, do not edit by hand -->'
const END = '<!-- end of results -->'

/** @param {import('./results').Results} results @param {{name: string, title: string}[]} charts */
function section (results, charts) {
  const { machine, kafka, clients, works } = results
  const clientRows = clients.map(({ title, version, runtime, settings, error }) => {
    const cells = [title, version || '', runtime || '', settings.consume, settings.produce, error || '']
    return `| ${cells.map((cell) => String(cell).replace(/\|/g, '\\|')).join(' | ')} |`
  })
  const images = charts.map(({ name, title }) => `![${title}](../benchmark/results/${name}.svg)`)
  const goals = goalsTable(works)
  return [
    `### Kafka ${kafka}, ${results.date.slice(0, 10)}`,
    `${machine.cpu}, ${machine.cores} cores shared with the broker, ${machine.memoryGb} GB, ${machine.system}; ` +
      `${machine.java}; load before the start ${Number(machine.loadBefore).toFixed(1)}; commit ${machine.commit}.`,
    ...(images.length > 0 ? [images.join('\n\n')] : []),
    ...(goals ? [`**The second door beside the others**: ratios of its figures to theirs\n\n${goals}`] : []),
    ...works.map((work) => `**${work.title}** (\`${work.id}\`, median of ${work.rounds})\n\n${markdownTable(work)}`),
    ['**Clients and their settings**', '',
      '| client | version | runs on | consuming | producing | not measured because |',
      '| --- | --- | --- | --- | --- | --- |', ...clientRows].join('\n')
  ].join('\n\n')
}

/**
 * Draws the charts of the newest Kafka's results, and writes all newest results into the documentation.
 *
 * @returns {string[]} the files that were written
 */
function render () {
  const all = loadNewest()
  if (all.length === 0) return []
  const charts = drawCharts(all[0])
  const written = charts.map(({ name, svg }) => {
    const file = path.join(folder, `${name}.svg`)
    fs.writeFileSync(file, svg)
    return file
  })
  const text = fs.readFileSync(document, 'utf8')
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`${document} has lost the lines that enclose the results`)
  const body = all.map((results, index) => section(results, index === 0 ? charts : [])).join('\n\n')
  fs.writeFileSync(document, `${text.slice(0, from)}${BEGIN}\n\n${body}\n\n${text.slice(to)}`)
  return [...written, document]
}

module.exports = { render }
