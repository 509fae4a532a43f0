'use strict'

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { once, EventEmitter } = require('node:events')

const { TopicLookup } = require('../../core/cluster/topicLookup')

/** @param {number[]} [pauses] */
function lookupWith (pauses = [1, 1]) {
  const asked = new EventEmitter()
  const lookup = new TopicLookup({
    ask: (topics, answer) => asked.emit('request', topics, answer),
    pauses,
    isOver: () => false
  })
  return { asked, lookup }
}

const known = () => null

describe('a look-up of topics', () => {
  it('asks once for all that is wanted in a tick', async () => {
    const { asked, lookup } = lookupWith()
    const told = []
    for (let i = 0; i < 400; i++) lookup.learn([`topic-${i}`], error => told.push(error))
    const [topics, answer] = await once(asked, 'request')
    assert.equal(topics.length, 400)
    answer(known)
    assert.deepEqual(told, new Array(400).fill(null))
  })

  it('asks with the next request for what has come in the meantime, and for nothing twice', async () => {
    const { asked, lookup } = lookupWith()
    const told = []
    lookup.learn(['a'], () => told.push('a'))
    const [, answer] = await once(asked, 'request')
    lookup.learn(['b'], () => told.push('b'))
    lookup.learn(['c', 'a'], () => told.push('c and a'))
    const next = once(asked, 'request')
    answer(known)
    assert.deepEqual(told, ['a'])
    const [topics, answerNext] = await next
    assert.deepEqual(topics, ['b', 'c'])
    answerNext(known)
    assert.deepEqual(told, ['a', 'b', 'c and a'])
  })

  it('asks again for those that fail; a topic that stays unknown fails only those who want it', async () => {
    const { asked, lookup } = lookupWith()
    const told = []
    lookup.learn(['good'], error => told.push(['good', error]))
    lookup.learn(['good', 'bad'], error => told.push(['both', error]))
    const requests = []
    asked.on('request', (topics, answer) => {
      requests.push(topics)
      answer(topic => topic === 'bad' ? 'unknown' : null)
    })
    while (told.length < 2) await once(asked, 'request')
    assert.deepEqual(told, [['good', null], ['both', 'unknown']])
    assert.deepEqual(requests, [['good', 'bad'], ['bad'], ['bad']])
  })

  it('treats names that objects inherit as ordinary names', async () => {
    const { asked, lookup } = lookupWith()
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const told = []
    for (const name of names) lookup.learn([name], error => told.push([name, error]))
    const [topics, answer] = await once(asked, 'request')
    assert.deepEqual(topics, names)
    answer(known)
    assert.deepEqual(told, names.map(name => [name, null]))
  })

  it('carries on when a callback throws', async () => {
    const { asked, lookup } = lookupWith()
    const told = []
    lookup.learn(['a'], () => { throw new Error('thrown') })
    lookup.learn(['a'], () => told.push('second'))
    const [, answer] = await once(asked, 'request')
    assert.throws(() => answer(known), /thrown/)
    await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(told, ['second'])
    lookup.learn(['a'], () => told.push('third'))
    const [, again] = await once(asked, 'request')
    again(known)
    assert.deepEqual(told, ['second', 'third'])
  })

  it('asks again for those topics only for which that is of use', async () => {
    const { asked, lookup } = lookupWith()
    const told = []
    lookup.learn(['a'], error => told.push(['a', error]))
    lookup.learn(['b'], error => told.push(['b', error]))
    const [, answer] = await once(asked, 'request')
    const again = once(asked, 'request')
    answer(topic => `${topic} failed`, topic => topic === 'a')
    assert.deepEqual(told, [['a', 'a failed']])
    const [topics, answerAgain] = await again
    assert.deepEqual(topics, ['b'])
    answerAgain(known)
    assert.deepEqual(told[1], ['b', null])
  })

  it('asks at once, without the pause, when it is hurried', async () => {
    const { asked, lookup } = lookupWith([0x7fffffff])
    const told = []
    lookup.learn(['a'], error => told.push(error))
    const [, answer] = await once(asked, 'request')
    const again = once(asked, 'request')
    answer(() => 'not yet')
    lookup.hurry()
    const [topics, answerAgain] = await again
    assert.deepEqual(topics, ['a'])
    answerAgain(known)
    assert.deepEqual(told, [null])
  })
})
