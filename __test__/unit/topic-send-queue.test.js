'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { SendLines } = require('../../core/producer/topicSendQueue')

/** @returns {{ lines: SendLines, ran: string[], enter: (name: string, topics: string[]) => void,
 *   finish: (name: string) => void }} */
function recorded () {
  const lines = new SendLines()
  /** @type {string[]} */
  const ran = []
  /** @type {Map<string, () => void>} */
  const ends = new Map()
  return {
    lines,
    ran,
    enter: (name, topics) => lines.enter(topics, (finished) => {
      ran.push(name)
      ends.set(name, finished)
    }),
    finish: (name) => /** @type {() => void} */ (ends.get(name))()
  }
}

test('sends to the same topic wait for each other, others do not', () => {
  const { lines, ran, enter, finish } = recorded()
  enter('a1', ['a'])
  enter('a2', ['a'])
  enter('b1', ['b'])
  assert.deepEqual(ran, ['a1', 'b1'])
  assert.ok(lines.has('a') && lines.has('b') && !lines.has('c'))
  finish('b1')
  assert.ok(!lines.has('b'))
  finish('a1')
  assert.deepEqual(ran, ['a1', 'b1', 'a2'])
  finish('a2')
  assert.ok(!lines.has('a'))
})

test('a send to several topics waits until it is first in all their lines', () => {
  const { ran, enter, finish } = recorded()
  enter('a', ['a'])
  enter('b', ['b'])
  enter('ab', ['a', 'b'])
  enter('later', ['b'])
  finish('a')
  assert.deepEqual(ran, ['a', 'b'])
  finish('b')
  assert.deepEqual(ran, ['a', 'b', 'ab'])
  finish('ab')
  assert.deepEqual(ran, ['a', 'b', 'ab', 'later'])
})

test('thousands that finish at once do not exhaust the stack', () => {
  const lines = new SendLines()
  let release = () => {}
  let count = 0
  lines.enter(['t'], (finished) => { release = finished })
  for (let i = 0; i < 50000; i++) {
    lines.enter(['t'], (finished) => {
      count++
      finished()
    })
  }
  release()
  assert.equal(count, 50000)
})
