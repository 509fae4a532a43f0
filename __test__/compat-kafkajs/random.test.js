'use strict'

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { after, test } = require('node:test')

const { brokers, releaseAll } = require('../support/kafka')
const { showRow } = require('../compat/random/compare')
const { foldersOf } = require('../compat/random/folders')
const { generate, printProgram } = require('../compat/random/generate')
const { runGenerated } = require('../compat/random/run')
const door = require('../compat/random/doors/kafkajs')

/** Other seeds, and more programs: `npm run compat:random -- --door kafkajs`. */
const SEED = 1
const PROGRAMS = 30

after(releaseAll)

test('thirty random programs do the same with kafkajs and with ours, except for what is listed', async () => {
  const doorFile = require.resolve('../compat/random/doors/kafkajs')
  const setting = { doorFile, brokers: await brokers('3.9'), folders: await foldersOf('kafkajs') }
  const results = await runGenerated(setting, { seed: SEED, count: PROGRAMS })
  const defects = results.flatMap(({ program, rows }) => {
    const wrong = rows.filter(({ id }) => id === undefined)
    return wrong.length > 0 ? [printProgram(program), ...wrong.map(showRow)] : []
  })
  assert.equal(defects.join('\n'), '')
})

test('programs are about all clients, and a seed always makes the same', () => {
  const programs = Array.from({ length: PROGRAMS }, (_, i) => generate(door, SEED + i))
  assert.deepEqual(new Set(programs.map(({ cast }) => cast)), new Set(door.casts.map(({ name }) => name)))
  assert.deepEqual(programs, Array.from({ length: PROGRAMS }, (_, i) => generate(door, SEED + i)))
})

test('a difference that a program may show is listed', () => {
  const paper = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'differences-kafkajs.md'), 'utf8')
  const listed = new Set([...paper.matchAll(/^### (K\d+) /gm)].map(([, id]) => id))
  assert.deepEqual(door.meant.map(({ id }) => id).filter((id) => !listed.has(id)), [])
})
