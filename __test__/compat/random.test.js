'use strict'

const assert = require('node:assert')
const path = require('node:path')
const { after, test } = require('node:test')

const { brokers, releaseAll } = require('../support/kafka')
const { showRow } = require('./random/compare')
const { readDifferences } = require('./support/differences')
const { foldersOf } = require('./random/folders')
const { generate, printProgram } = require('./random/generate')
const { runGenerated } = require('./random/run')

/** Other seeds, and more programs: `npm run compat:random`. */
const SEED = 1

after(releaseAll)

/** @param {string} door @param {number} count @returns {Promise<string>} what differs and is not meant */
async function defects (door, count) {
  const doorFile = path.join(__dirname, 'random', 'doors', `${door}.js`)
  const setting = { doorFile, brokers: await brokers('3.9'), folders: await foldersOf(door) }
  const results = await runGenerated(setting, { seed: SEED, count })
  return results.flatMap(({ program, rows }) => {
    const wrong = rows.filter(({ id }) => id === undefined)
    return wrong.length > 0 ? [printProgram(program), ...wrong.map(showRow)] : []
  }).join('\n')
}

test('thirty random programs do the same with kafka-node and with ours, but for what is listed', async () => {
  assert.equal(await defects('kafka-node', 30), '')
})

test('random programs of KafkaJS do the same twice', async () => {
  assert.equal(await defects('kafkajs', 6), '')
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
