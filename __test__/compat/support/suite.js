'use strict'

const assert = require('node:assert')
const path = require('node:path')
const { after, before, test } = require('node:test')

const { brokers, releaseAll } = require('../../support/kafka')
const { compare, explain } = require('./compare')
const { readDifferences } = require('./differences')
const { runSide } = require('./sides')

/**
 * One test per scenario: it passes when kafka-node and ours did the same, except for the differences that are listed.
 *
 * @param {string} name of a file in scenarios/
 */
function compareSection (name) {
  const file = path.join(__dirname, '..', 'scenarios', `${name}.js`)
  /** @type {import('./section').Section} */
  const { title, scenarios } = require(file)
  const differences = readDifferences()
  /** @type {Promise<import('./sides').Outcome>[]} */
  let originals = []
  /** @type {Promise<import('./sides').Outcome>[]} */
  let ours = []
  before(async () => {
    const address = await brokers('3.9')
    originals = runSide({ side: 'original', file, brokers: address })
    ours = runSide({ side: 'ours', file, brokers: address })
  })
  after(releaseAll)
  for (const [index, scenario] of scenarios.entries()) {
    test(`${title} (${scenario.contract}): ${scenario.title}`, async () => {
      const [original, own] = await Promise.all([originals[index], ours[index]])
      for (const [side, { failure, output }] of Object.entries({ 'kafka-node': original, ours: own })) {
        assert.ok(!failure, `the run of ${side} broke off:\n${failure}\n${output}`)
      }
      const wrong = compare(scenario, original, own, differences).filter(({ verdict }) => verdict === 'different')
      assert.ok(wrong.length === 0, `\n${wrong.map((row) => explain(row)).join('\n')}`)
    })
  }
}

module.exports = { compareSection }
