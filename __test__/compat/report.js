'use strict'

// Prints what kafka-node and ours did, side by side:
//   node __test__/compat/report.js                     everything
//   node __test__/compat/report.js producer consumer   these sections
//   node __test__/compat/report.js --different         only where they differ without being meant to
//   node __test__/compat/report.js --grep=close        only scenarios with this in their titles

const fs = require('node:fs')
const path = require('node:path')

const { brokers, releaseAll } = require('../support/kafka')
const { compare, explain } = require('./support/compare')
const { readDifferences } = require('./support/differences')
const { runSide } = require('./support/sides')

const SCENARIOS = path.join(__dirname, 'scenarios')
const WIDTH = 60
const HEAD = '| Contract | Scenario | What | kafka-node | kafka-node-native | Verdict |\n|---|---|---|---|---|---|'

/** @param {string[]} lines */
function brief (lines) {
  const text = lines.join(' / ').replace(/\|/g, '\\|') || '(nothing)'
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 3)}...` : text
}

async function main () {
  const args = process.argv.slice(2)
  const onlyDifferent = args.includes('--different')
  const grep = (args.find((arg) => arg.startsWith('--grep=')) || '').slice('--grep='.length)
  const wanted = args.filter((arg) => !arg.startsWith('--'))
  const names = fs.readdirSync(SCENARIOS).map((file) => path.basename(file, '.js')).sort()
  const differences = readDifferences()
  const address = await brokers('3.9')
  const totals = { same: 0, meant: 0, different: 0 }
  for (const name of names.filter((each) => wanted.length === 0 || wanted.includes(each))) {
    const file = path.join(SCENARIOS, `${name}.js`)
    /** @type {import('./support/section').Section} */
    const { title, scenarios } = require(file)
    const sides = /** @type {const} */ (['original', 'ours'])
      .map((side) => runSide({ side, file, brokers: address, grep }))
    if (!onlyDifferent) console.log(`\n## ${title}\n\n${HEAD}`)
    for (const [index, scenario] of scenarios.entries()) {
      if (!scenario.title.includes(grep)) continue
      const [original, ours] = await Promise.all(sides.map((outcomes) => outcomes[index].catch((error) =>
        ({ tracks: new Map(), failure: error.message, output: '' }))))
      const failure = [original.failure && `kafka-node: ${original.failure}`, ours.failure && `ours: ${ours.failure}`]
        .filter(Boolean)
      if (failure.length > 0) {
        totals.different++
        console.log(`\n${title}: ${scenario.title}: broke off: ${failure.join('\n')}`)
      }
      for (const row of compare(scenario, original, ours, differences)) {
        totals[row.verdict]++
        if (onlyDifferent) {
          if (row.verdict !== 'different') continue
          console.log(`\n${title} (${scenario.contract}): ${scenario.title}\n${explain(row)}`)
          continue
        }
        console.log(`| ${[scenario.contract, scenario.title, row.track, brief(row.original), brief(row.ours),
          row.id ? `${row.verdict} (${row.id})` : row.verdict].join(' | ')} |`)
      }
    }
  }
  await releaseAll()
  console.log(`\n${totals.same} same, ${totals.meant} meant, ${totals.different} different`)
  if (totals.different > 0) process.exitCode = 1
}

main()
