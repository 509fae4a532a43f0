'use strict'

// npm run compat:random -- [--programs 200] [--seed 1] [--door kafka-node] [--brokers host:port] [--attempts 3]
//   [--no-shrink] [--print]
// Runs random programs on the original and on ours, and shows what differs and is not listed as meant.

const path = require('node:path')
const { parseArgs } = require('node:util')

const { brokers, releaseAll } = require('../../support/kafka')
const { showRow } = require('./compare')
const { foldersOf } = require('./folders')
const { generate, printProgram } = require('./generate')
const { runGenerated, shrink } = require('./run')

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    door: { type: 'string', default: 'kafka-node' },
    brokers: { type: 'string' },
    attempts: { type: 'string', default: '3' },
    'no-shrink': { type: 'boolean', default: false },
    print: { type: 'boolean', default: false }
  }
})

async function main () {
  const doorFile = path.join(__dirname, 'doors', `${values.door}.js`)
  const seed = Number(values.seed)
  const count = Number(values.programs)
  if (values.print) {
    for (let i = 0; i < count; i++) console.log(printProgram(generate(require(doorFile), seed + i)))
    return
  }
  const address = values.brokers || await brokers('3.9')
  const folders = await foldersOf(values.door)
  const setting = { doorFile, folders, brokers: address, attempts: Number(values.attempts) }
  const results = await runGenerated(setting, { seed, count })
  /** @type {Map<string, typeof results>} by what differs */
  const defects = new Map()
  /** @type {Map<string, number>} */
  const meant = new Map()
  for (const result of results) {
    for (const { id } of result.rows) if (id) meant.set(id, (meant.get(id) || 0) + 1)
    const kinds = [...new Set(result.rows.filter(({ id }) => !id).map(({ kind }) => kind))].sort().join(', ')
    if (kinds) defects.set(kinds, [...defects.get(kinds) || [], result])
  }
  console.log(`${count} programs from seed ${seed} on; differences that are meant: ${
    [...meant].sort().map(([id, times]) => `${id} ${times}`).join(', ') || 'none'}`)
  for (const [kinds, [first, ...others]] of defects) {
    console.log(`\n${kinds} (${1 + others.length} programs: ${[first, ...others].map(({ program }) => program.seed)})`)
    const shortest = values['no-shrink'] ? first : await shrink(setting, first)
    console.log(`  ${printProgram(shortest.program)}`)
    for (const row of shortest.rows.filter(({ id }) => !id)) console.log(showRow(row))
  }
  process.exitCode = defects.size > 0 ? 1 : 0
}

main().finally(releaseAll)
