'use strict'

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')

const SCENARIOS = path.join(__dirname, 'scenarios')
const LAYERS = ['unit', 'embedded', 'lifecycle', 'integration'].map((layer) => path.join(__dirname, '..', layer))

/** The quirks of kafka-node are numbered from Q01; each is kept or mended, and something shows which. */
const COUNT = 57

/** Titles as the report and the test runner print them. */
function titles () {
  const ofScenarios = fs.readdirSync(SCENARIOS).flatMap((file) =>
    require(path.join(SCENARIOS, file)).scenarios
      .map((/** @type {any} */ { contract, title }) => `${contract}: ${title}`))
  // What no scenario can show, a test in another layer does.
  const ofTests = LAYERS.flatMap((layer) => fs.readdirSync(layer).filter((file) => file.endsWith('.test.js'))
    .flatMap((file) => [...fs.readFileSync(path.join(layer, file), 'utf8').matchAll(/^\s*test\((['"`])(.+?)\1,/gm)]
      .map(([, , title]) => title)))
  return [...ofScenarios, ...ofTests]
}

test('every quirk of kafka-node is named by the test that shows it', () => {
  const named = new Set(titles().flatMap((title) => title.match(/\bQ\d\d\b/g) || []))
  const all = Array.from({ length: COUNT }, (_, i) => `Q${String(i + 1).padStart(2, '0')}`)
  assert.deepEqual(all.filter((quirk) => !named.has(quirk)), [])
})
