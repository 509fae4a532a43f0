'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')

const { ALLOWED } = require('../consistency/allowed')
const { CONFIGURATIONS } = require('../consistency/configurations')
const { KINDS } = require('../consistency/kinds')

const PAPER = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'reliability.md'), 'utf8')

describe('what configurations of the consistency tests may show', () => {
  it('is said of each of them, and of nothing else', () => {
    assert.deepEqual([...ALLOWED.keys()], CONFIGURATIONS.map(({ name }) => name))
    for (const allowed of ALLOWED.values()) {
      for (const [kind, reason] of allowed) assert.ok(kind in KINDS && reason !== '', kind)
    }
  })

  it('is in docs/reliability.md, with the reasons, and so is what each anomaly is', () => {
    const reasons = [...ALLOWED.values()].flatMap((allowed) => [...allowed])
    const rows = [
      ...Object.entries(KINDS).map(([kind, what]) => `| ${kind} | ${what} |`),
      ...reasons.map(([kind, reason]) => `| ${kind} | ${reason} |`),
      ...CONFIGURATIONS.map(({ name }) => `| \`${name}\` | `)
    ]
    assert.deepEqual(rows.filter((row) => !PAPER.includes(row)), [])
  })
})
