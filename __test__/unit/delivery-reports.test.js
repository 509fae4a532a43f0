'use strict'

const assert = require('node:assert/strict')
const { beforeEach, mock, test } = require('node:test')
const { setImmediate: turn } = require('node:timers/promises')
const { DeliveryReports } = require('../../core/handles/deliveryReports')

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
  const settled = []
  const receipts = new DeliveryReports((numbers, at) => {
    receipts.at = at + 1
    settled.push(numbers[at])
    handler(numbers[at])
  })
  return { receipts, settled }
}

/** @param {number} from @param {number} to */
const range = (from, to) => Float64Array.from({ length: to - from }, (_, i) => from + i)

test('receipts are settled at once while the turn lasts', () => {
  const { receipts, settled } = setUp()
  receipts.add(range(0, 3))
  receipts.takeFrom(() => range(3, 5))
  receipts.takeFrom(() => null)
  assert.deepEqual(settled, [0, 1, 2, 3, 4])
  assert.equal(receipts.areWaiting, false)
})

test('slow callbacks leave the rest to the next turns, in order', async () => {
  const { receipts, settled } = setUp(work)
  receipts.add(range(0, 20))
  receipts.add(range(20, 22))
  receipts.takeFrom(() => range(22, 24))
  assert.ok(settled.length < 20)
  assert.equal(receipts.areWaiting, true)
  while (receipts.areWaiting) await turn()
  assert.deepEqual(settled, [...range(0, 24)])
})

test('what is taken from the source is asked for when its turn has come', async () => {
  const { receipts, settled } = setUp(work)
  let asked = 0
  receipts.add(range(0, 20))
  receipts.takeFrom(() => {
    asked++
    return range(20, 21)
  })
  assert.equal(asked, 0)
  while (receipts.areWaiting) await turn()
  assert.equal(asked, 1)
  assert.equal(settled.length, 21)
})

test('a callback that throws costs no other its receipt', async () => {
  const { receipts, settled } = setUp((id) => { if (id === 1) throw new Error('thrown by a callback') })
  assert.throws(() => receipts.add(range(0, 4)), /thrown by a callback/)
  assert.deepEqual(settled, [0, 1])
  while (receipts.areWaiting) await turn()
  assert.deepEqual(settled, [0, 1, 2, 3])
})
