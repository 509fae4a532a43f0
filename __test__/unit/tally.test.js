'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { describe, it } = require('node:test')

const { root } = require('../../scripts/lib/paths')
const { Tally } = require('../../scripts/lib/tally')

/**
 * @param {Record<string, 'passed' | 'failed' | 'skipped'>} results by test, of which the first letter is the file
 * @returns {Tally}
 */
function tallyOf (results) {
  const tally = new Tally()
  for (const [name, result] of Object.entries(results)) {
    const base = { name, file: path.join(root, name[0]), nesting: 0, suite: false }
    if (result === 'passed') tally.add({ ...base, type: 'passed' })
    if (result === 'skipped') tally.add({ ...base, type: 'passed', skip: 'why' })
    if (result === 'failed') tally.add({ ...base, type: 'failed', error: { text: 'broke' } })
  }
  return tally
}

/** @param {Tally} tally */
const counts = ({ passed, failures, skipped, unsteady }) =>
  [passed, ...[failures, skipped, unsteady].map((list) => list.map(({ name }) => name).join())]

describe('the count of tests', () => {
  it('is by test, with those that failed and that were left out by name', () => {
    assert.deepEqual(counts(tallyOf({ a1: 'passed', a2: 'failed', b1: 'skipped', b2: 'passed' })), [2, 'a2', 'b1', ''])
  })

  it('takes a second run of a file instead of the first, and keeps what failed once apart', () => {
    const tally = tallyOf({ a1: 'passed', a2: 'failed', a3: 'failed', b1: 'passed', b2: 'skipped' })
    tally.replace(['a'], tallyOf({ a1: 'passed', a2: 'passed', a3: 'failed' }))
    assert.deepEqual(counts(tally), [3, 'a3', 'b2', 'a2'])
  })

  it('believes a failure that only the second run shows, and one of no file that ran again', () => {
    const tally = tallyOf({ a1: 'failed', a2: 'passed', b1: 'failed' })
    tally.failures.push({ name: 'the tests end every process that they start', file: '', text: '' })
    tally.replace(['a'], tallyOf({ a1: 'passed', a2: 'failed' }))
    assert.deepEqual(counts(tally), [1, 'b1,the tests end every process that they start,a2', '', 'a1'])
  })

  it('lays the processes that a file left when it was ended to that file', () => {
    const left = { name: 'the tests end every process that they start', file: '', text: '' }
    const ended = () => {
      const tally = tallyOf({ a1: 'passed', b1: 'passed' })
      tally.failures.push({ name: '(the whole file)', file: 'a', text: 'timed out' }, left)
      return tally
    }
    const [once, again] = [ended(), ended()]
    once.replace(['a'], tallyOf({ a1: 'passed' }))
    assert.deepEqual(counts(once), [2, '', '', `(the whole file),${left.name}`])
    again.replace(['a'], ended())
    assert.deepEqual(counts(again), [2, `(the whole file),${left.name}`, '', ''])
  })
})
