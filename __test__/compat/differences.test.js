'use strict'

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')

const { missingParts, readDifferences } = require('./support/differences')

const folder = path.join(__dirname, 'scenarios')
const sections = fs.readdirSync(folder).map((file) => require(path.join(folder, file)))
const differences = readDifferences()

test('every difference is fully described: what, why, and what to do', () => {
  assert.ok(differences.size > 0)
  for (const difference of differences.values()) assert.deepEqual(missingParts(difference), [], difference.id)
})

test('every difference is shown by a scenario', () => {
  const shown = new Set(sections.flatMap(({ scenarios }) => scenarios)
    .flatMap(({ meant }) => Object.values(meant)).map(({ id }) => id))
  assert.deepEqual([...differences.keys()].filter((id) => !shown.has(id)), [])
  assert.deepEqual([...shown].filter((id) => !differences.has(id)), [])
})

test('every section is run by a test file of the same name', () => {
  for (const file of fs.readdirSync(folder)) {
    assert.ok(fs.existsSync(path.join(__dirname, file.replace(/\.js$/, '.test.js'))), file)
  }
})
