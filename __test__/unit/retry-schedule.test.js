'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { RetrySchedule } = require('../../lib/internal/retrySchedule')

/** All pauses of a schedule; the last one is null. */
function pauses (options) {
  const schedule = new RetrySchedule(options)
  const list = []
  let pause
  do list.push(pause = schedule.next(new Error('failed')))
  while (pause !== null)
  return list
}

test('pauses grow by the factor, up to the longest', () => {
  assert.deepEqual(pauses({ retries: 5, factor: 2, minTimeout: 100, maxTimeout: 1000 }),
    [100, 200, 400, 800, 1000, null])
  assert.deepEqual(pauses({ retries: 0 }), [null])
})

test('without options there are ten more attempts, from 1 s on', () => {
  const list = pauses()
  assert.deepEqual(list.slice(0, 3), [1000, 2000, 4000])
  assert.equal(list.length, 11)
})

test('randomize makes each pause up to twice as long, and never a later one shorter', () => {
  const list = pauses({ retries: 6, factor: 1.2, minTimeout: 100, randomize: true }).slice(0, -1)
  assert.deepEqual(list, [...list].sort((a, b) => a - b))
  assert.ok(list[0] >= 100)
  assert.ok(list[5] <= Math.round(200 * Math.pow(1.2, 5)))
})

test('the main error is the most frequent one, the latest of equals', () => {
  const schedule = new RetrySchedule({ retries: 9 })
  const fail = (message) => {
    const error = new Error(message)
    schedule.next(error)
    return error
  }
  assert.equal(schedule.mainError(), null)
  const a = fail('a')
  assert.equal(schedule.mainError(), a)
  const b = fail('b')
  assert.equal(schedule.mainError(), b)
  const again = fail('a')
  assert.equal(schedule.mainError(), again)
  fail('b')
  fail('c')
  assert.equal(schedule.mainError().message, 'b')
})
