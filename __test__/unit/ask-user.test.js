'use strict'

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { askUser } = require('../../lib/internal/group/askUser')

/** What a rebalance gets from this `onRebalance`. */
const answerTo = (onRebalance) => new Promise(resolve => askUser(onRebalance, true, resolve))

describe('a user is asked before a rebalance', () => {
  it('and answers with a callback or a promise', async () => {
    const failure = new Error('not now')
    assert.equal(await answerTo((isMember, callback) => callback(isMember ? undefined : failure)), null)
    assert.equal(await answerTo((_, callback) => callback(failure)), failure)
    assert.equal(await answerTo(async () => {}), null)
    assert.equal(await answerTo(() => Promise.reject(failure)), failure)
  })

  it('whatever is thrown or rejected with is a no, also what is no error', async () => {
    for (const value of [undefined, null, '', 0, false]) {
      assert.match(String(await answerTo(() => { throw value })), /onRebalance failed/)
      assert.match(String(await answerTo(() => Promise.reject(value))), /onRebalance was rejected/)
    }
  })

  it('counts once, and what is thrown after the answer is not swallowed', async (context) => {
    const uncaught = new Promise(resolve => process.setUncaughtExceptionCaptureCallback(resolve))
    context.after(() => process.setUncaughtExceptionCaptureCallback(null))
    const answers = []
    const late = new Error('late')
    askUser((_, callback) => {
      callback(null)
      callback(new Error('again'))
      throw late
    }, true, error => answers.push(error))
    assert.deepEqual(answers, [null])
    assert.equal(await uncaught, late)
    assert.deepEqual(answers, [null])
  })
})
