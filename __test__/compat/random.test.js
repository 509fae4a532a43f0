'use strict'

const assert = require('node:assert')
const path = require('node:path')
const { after, test } = require('node:test')

const { brokers, releaseAll } = require('../support/kafka')
const { showRow } = require('./random/compare')
const { readDifferences } = require('./support/differences')
const { foldersOf } = require('./random/folders')
const { generate, printProgram } = require('./random/generate')
const { runGenerated, shrink } = require('./random/run')

/** Other seeds, and more programs: `npm run compat:random`. */
const SEED = 1

after(releaseAll)

test('thirty random programs do the same with kafka-node and with ours, except for what is listed', async () => {
  const doorFile = path.join(__dirname, 'random', 'doors', 'kafka-node.js')
  const setting = { doorFile, brokers: await brokers('3.9'), folders: await foldersOf('kafka-node') }
  const results = await runGenerated(setting, { seed: SEED, count: 30 })
  const defects = results.flatMap(({ program, rows }) => {
    const wrong = rows.filter(({ id }) => id === undefined)
    return wrong.length > 0 ? [printProgram(program), ...wrong.map(showRow)] : []
  })
  assert.equal(defects.join('\n'), '')
})

test('a difference is found, and shown by the shortest program', async () => {
  const doorFile = path.join(__dirname, 'random', 'doors', 'artificial.js')
  const folders = { original: 'right', ours: 'wrong' }
  const setting = { doorFile, brokers: await brokers('3.9'), folders, attempts: 1 }
  const [found] = await runGenerated(setting, { seed: SEED, count: 1 })
  assert.ok(found.program.steps.length > 4, printProgram(found.program))
  const { program, rows } = await shrink(setting, found)
  const calls = program.steps.map((step) => step.do === 'call' ? step.method : step.do)
  assert.deepEqual(calls, ['new', 'turn', 'add', 'read'])
  assert.deepEqual(rows.map(({ kind }) => kind), ['counter.read'])
  assert.match(showRow(rows[0]), /the original:\n +calls back \(null, \d\)\n +ours:\n +calls back \(null, 0\)/)
})

test('a seed always makes the same program', () => {
  const door = require('./random/doors/kafka-node')
  for (let seed = 0; seed < 50; seed++) assert.deepEqual(generate(door, seed), generate(door, seed))
  assert.notDeepEqual(generate(door, 1).steps, generate(door, 2).steps)
})

test('a difference that a program may show is listed', () => {
  const differences = readDifferences()
  const { meant } = require('./random/doors/kafka-node')
  assert.deepEqual(meant.map(({ id }) => id).filter((id) => !differences.has(id)), [])
})
