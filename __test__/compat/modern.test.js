'use strict'

// What holds on the Kafka that kafka-node can talk to also holds on Kafka 4, which it cannot: every scenario again,
// with ours on both brokers, and the traces compared.

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, test } = require('node:test')

const { brokers, releaseAll } = require('../support/kafka')
const { compareVersions, explain } = require('./support/compare')
const { runSide } = require('./support/sides')

const FOLDER = path.join(__dirname, 'scenarios')
/** How many sections run at a time: they mostly wait. */
const CONCURRENCY = 3

/** @typedef {import('./support/sides').Outcome} Outcome */
/**
 * @typedef {object} Run
 * @property {string} file
 * @property {import('./support/section').Section} section
 * @property {Promise<[Promise<Outcome>[], Promise<Outcome>[]]>} outcomes on Kafka 3.9 and on Kafka 4, by scenario
 * @property {(outcomes: [Promise<Outcome>[], Promise<Outcome>[]]) => void} begun
 */

/** @type {Run[]} */
const runs = fs.readdirSync(FOLDER).sort().map((name) => {
  const file = path.join(FOLDER, name)
  let begun = (/** @type {any} */ _outcomes) => {}
  /** @type {Run['outcomes']} */
  const outcomes = new Promise((resolve) => { begun = resolve })
  return { file, section: require(file), outcomes, begun }
})

/** @param {string[]} addresses of Kafka 3.9 and Kafka 4 */
async function runAll ([old, modern]) {
  const waiting = [...runs]
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const options = /** @type {const} */ ({ side: 'ours', file: run.file, modern: true })
      const onOld = runSide({ ...options, brokers: old })
      const onModern = runSide({ ...options, brokers: modern })
      run.begun([onOld, onModern])
      const { scenarios } = run.section
      await Promise.allSettled([...onOld, ...onModern].filter((_, i) => !scenarios[i % scenarios.length].notOnModern))
    }
  }))
}

before(async () => {
  runAll(await Promise.all([brokers('3.9'), brokers('4')]))
})

after(releaseAll)

for (const { section: { title, scenarios }, outcomes } of runs) {
  for (const [index, scenario] of scenarios.entries()) {
    if (scenario.notOnModern) continue
    test(`${title} (${scenario.contract}) on Kafka 4: ${scenario.title}`, async () => {
      const [old, modern] = await Promise.all((await outcomes).map((side) => side[index]))
      for (const [version, { failure, output }] of Object.entries({ 3.9: old, 4: modern })) {
        assert.ok(!failure, `the run on Kafka ${version} broke off:\n${failure}\n${output}`)
      }
      const wrong = compareVersions(scenario, old, modern).filter(({ verdict }) => verdict === 'different')
      assert.ok(wrong.length === 0, `\n${wrong.map((row) => explain(row, ['Kafka 3.9', 'Kafka 4'])).join('\n')}`)
    })
  }
}
