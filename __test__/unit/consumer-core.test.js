'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { ConsumerCore } = require('../../lib/consumerCore')

/** A consumer that reads one partition in which nothing arrives. */
function idleConsumer () {
  const consumer = Object.assign(new EventEmitter(), {
    ready: true, paused: false, client: { closing: false }, options: { fetchMaxWaitMs: 100, autoCommitIntervalMs: 5000 }
  })
  const payloads = [{ topic: 't', partition: 0, offset: 0, metadata: 'm' }]
  const core = new ConsumerCore(consumer, {
    timestamps: false,
    encodings: () => ({ value: 'utf8', key: 'utf8' }),
    payloads: () => payloads,
    active: () => payloads,
    progressed: () => {},
    autoCommit: () => {}
  })
  return { consumer, core }
}

test('the first listener to done hears it after fetchMaxWaitMs, however late it comes', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { consumer, core } = idleConsumer()
  core.startIdling()
  t.mock.timers.tick(1500)
  let count = 0
  consumer.on('done', () => count++)
  t.mock.timers.tick(99)
  assert.equal(count, 0)
  t.mock.timers.tick(1)
  assert.equal(count, 1)
  // a second one does not hold it up
  t.mock.timers.tick(60)
  consumer.on('done', () => {})
  t.mock.timers.tick(40)
  assert.equal(count, 2)
  core.stop()
})
