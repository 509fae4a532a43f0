'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { inherits } = require('node:util')

const kafka = require('../..')
const { AdoptableObject, callable } = require('../../lib/internal/callable')

test('without new, every constructor says what to do', () => {
  const construct = { ...kafka }
  for (const name of ['KafkaClient', 'Producer', 'HighLevelProducer', 'Consumer', 'ConsumerStream', 'ConsumerGroup',
    'Offset', 'Admin', 'KeyedMessage', 'DefaultPartitioner', 'CustomPartitioner']) {
    // as a plain function, and as a method of something else
    for (const self of [undefined, construct]) {
      assert.throws(() => construct[name].call(self, {}), {
        name: 'TypeError',
        message: `${name} must be called with new, or on an object that inherits from it`
      })
    }
  }
  assert.deepEqual(Object.keys(construct), Object.keys(kafka))
})

test('a class keeps its name, length and statics, and objects under construction are not mixed up', () => {
  class Box extends AdoptableObject {
    /** @param {string} name @param {() => any} inner */
    constructor (name, inner) {
      super()
      this.name = name
      this.inner = inner()
    }

    static of (/** @type {string} */ name) { return new this(name, () => null) }
  }
  const Public = callable(Box)
  /** @type {any} */
  const Derived = /** @this {any} */ function Derived () { Public.apply(this, /** @type {any} */ (arguments)) }
  inherits(Derived, Public)
  /** @type {any} */
  const outer = new Derived('outer', () => new Derived('inner', () => Public.of('innermost')))
  assert.deepEqual([Public.name, Public.length, outer.name, outer.inner.name, outer.inner.inner.name],
    ['Box', 2, 'outer', 'inner', 'innermost'])
  assert.ok(outer instanceof Derived && outer.inner instanceof Derived && !(outer.inner.inner instanceof Derived))
  assert.equal(outer.inner.inner.constructor, Public)
})

test('a constructor that throws leaves nothing behind for the next', () => {
  /** @this {any} */
  function Derived () { kafka.Producer.apply(this, /** @type {any} */ (arguments)) }
  inherits(Derived, kafka.Producer)
  const client = new kafka.KafkaClient({ autoConnect: false })
  assert.throws(() => new Derived(client, { partitionerType: 4 }), { message: 'No customer partitioner defined' })
  const producer = new kafka.Producer(client)
  assert.ok(!(producer instanceof Derived))
})
