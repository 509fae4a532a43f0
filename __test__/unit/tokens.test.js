'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { toToken } = require('../../core/cluster/tokens')

/** @param {object} claims */
const jwt = claims => ['{"alg":"none"}', JSON.stringify(claims), ''].map(part => Buffer.from(part).toString('base64'))
  .map(part => part.replace(/=+$/, '').replace(/\+/g, '-').replace(/\//g, '_')).join('.')

/** @param {any} given @returns {any} */
const tokenOf = given => toToken(given, 'nobody')

describe('tokens', () => {
  const soon = Math.floor(Date.now() / 1000) + 100

  it('live as long as a JSON Web Token says, for whom it says', () => {
    const token = tokenOf({ value: jwt({ exp: soon, sub: 'alice' }), extensions: { traceId: 'x' } })
    assert.equal(token.expiresAt, soon * 1000)
    assert.equal(token.principal, 'alice')
    assert.deepEqual(token.extensions, [['traceId', 'x']])
  })

  it('live as long as the signature of an Amazon MSK token', () => {
    const url = 'https://kafka.eu-west-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Date=20260102T030405Z' +
      '&X-Amz-Expires=900&X-Amz-Signature=0'
    assert.equal(tokenOf({ value: Buffer.from(url).toString('base64') }).expiresAt, Date.UTC(2026, 0, 2, 3, 19, 5))
  })

  it('live as long as the provider says, as a time or a duration', () => {
    const value = jwt({ exp: soon, sub: 'alice' })
    const until = Date.now() + 7000
    const told = tokenOf({ value, lifetime: until, principalName: 'bob' })
    assert.deepEqual([told.expiresAt, told.principal], [until, 'bob'])
    const { expiresAt } = tokenOf({ value: 'opaque', lifetime: 60000 })
    assert.ok(Math.abs(expiresAt - Date.now() - 60000) < 5000)
  })

  it('are asked for again in five minutes when nothing tells', () => {
    for (const value of ['opaque', 'a.b.c', jwt({})]) {
      const { expiresAt, principal } = tokenOf({ value })
      assert.ok(Math.abs(expiresAt - Date.now() - 300000) < 5000)
      assert.equal(principal, 'nobody')
    }
  })

  it('need a value', () => {
    for (const given of [undefined, null, {}, { value: '' }, { value: 3 }]) {
      assert.equal(toToken(given, 'nobody'), null)
    }
  })
})
