'use strict'

const assert = require('node:assert/strict')
const { beforeEach, mock, test } = require('node:test')
const { setImmediate: turn } = require('node:timers/promises')
const { DeliveryReports } = require('../../core/handles/producerHandle')

let time = 0

beforeEach(() => {
  // the clock stands still unless a test moves it: how much is done at once depends on it
  mock.method(performance, 'now', () => time)
})

/** Blocks the event loop for longer than a turn's time budget. */
function work () {
  time += 6
}

/**
 * @param {(id: number) => void} [handler]
 */
function setUp (handler = () => {}) {
  /** @type {number[]} */
  const completed = []
  const reports = new DeliveryReports((numbers, at) => {
    reports.at = at + 1
    completed.push(numbers[at])
    handler(numbers[at])
  })
  return { reports, completed }
}

/** @param {number} from @param {number} to */
const range = (from, to) => Float64Array.from({ length: to - from }, (_, i) => from + i)

test('reports are completed at once while the turn lasts', () => {
  const { reports, completed } = setUp()
  reports.add(range(0, 3))
  reports.takeFrom(() => range(3, 5))
  reports.takeFrom(() => null)
  assert.deepEqual(completed, [0, 1, 2, 3, 4])
  assert.equal(reports.areWaiting, false)
})

test('slow callbacks leave the rest to the next turns, in order', async () => {
  const { reports, completed } = setUp(work)
  reports.add(range(0, 20))
  reports.add(range(20, 22))
  reports.takeFrom(() => range(22, 24))
  assert.ok(completed.length < 20)
  assert.equal(reports.areWaiting, true)
  while (reports.areWaiting) await turn()
  assert.deepEqual(completed, [...range(0, 24)])
})

test('the source is asked only when its turn has come', async () => {
  const { reports, completed } = setUp(work)
  let asked = 0
  reports.add(range(0, 20))
  reports.takeFrom(() => {
    asked++
    return range(20, 21)
  })
  assert.equal(asked, 0)
  while (reports.areWaiting) await turn()
  assert.equal(asked, 1)
  assert.equal(completed.length, 21)
})

test('a callback that throws costs no other send its report', async () => {
  const { reports, completed } = setUp((id) => { if (id === 1) throw new Error('thrown by a callback') })
  assert.throws(() => reports.add(range(0, 4)), /thrown by a callback/)
  assert.deepEqual(completed, [0, 1])
  while (reports.areWaiting) await turn()
  assert.deepEqual(completed, [0, 1, 2, 3])
})
