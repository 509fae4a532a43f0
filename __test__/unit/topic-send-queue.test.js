'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { TopicSendQueue } = require('../../core/producer/sendOrder')

/** @returns {{ queue: TopicSendQueue, ran: string[], enter: (name: string, topics: string[]) => void,
 *   finish: (name: string) => void }} */
function recorded () {
  const queue = new TopicSendQueue()
  /** @type {string[]} */
  const ran = []
  /** @type {Map<string, () => void>} */
  const ends = new Map()
  return {
    queue,
    ran,
    enter: (name, topics) => queue.enter(topics, (finished) => {
      ran.push(name)
      ends.set(name, finished)
    }),
    finish: (name) => /** @type {() => void} */ (ends.get(name))()
  }
}

test('sends to the same topic wait for each other, others do not', () => {
  const { queue, ran, enter, finish } = recorded()
  enter('a1', ['a'])
  enter('a2', ['a'])
  enter('b1', ['b'])
  assert.deepEqual(ran, ['a1', 'b1'])
  assert.ok(queue.has('a') && queue.has('b') && !queue.has('c'))
  finish('b1')
  assert.ok(!queue.has('b'))
  finish('a1')
  assert.deepEqual(ran, ['a1', 'b1', 'a2'])
  finish('a2')
  assert.ok(!queue.has('a'))
})

test('a send to several topics waits until it is first in the queue of each', () => {
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
  const queue = new TopicSendQueue()
  let release = () => {}
  let count = 0
  queue.enter(['t'], (finished) => { release = finished })
  for (let i = 0; i < 50000; i++) {
    queue.enter(['t'], (finished) => {
      count++
      finished()
    })
  }
  release()
  assert.equal(count, 50000)
})

test('a callback that throws does not affect the sends behind it', async () => {
  const queue = new TopicSendQueue()
  /** @type {string[]} */
  const ran = []
  let release = () => {}
  queue.enter(['t'], (finished) => { release = finished })
  queue.enter(['t'], (finished) => {
    finished()
    throw new Error('thrown by a callback')
  })
  queue.enter(['t'], (finished) => {
    ran.push('behind')
    finished()
  })
  assert.throws(release, /thrown by a callback/)
  await new Promise(setImmediate)
  assert.deepEqual(ran, ['behind'])
  assert.ok(!queue.has('t'))
})
