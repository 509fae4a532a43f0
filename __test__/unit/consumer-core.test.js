'use strict'

const { mock, test } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')

// before it is loaded, since it keeps the timers that it finds at that time
mock.timers.enable({ apis: ['setTimeout'] })
const { ConsumerCore } = require('../../lib/internal/consumerCore')

/** A consumer of one partition to which nothing is written. */
function idleConsumer () {
  const consumer = Object.assign(new EventEmitter(), {
    ready: true, paused: false, client: { closing: false }, options: { fetchMaxWaitMs: 100, autoCommitIntervalMs: 5000 }
  })
  const payloads = [{ topic: 't', partition: 0, offset: 0, metadata: 'm' }]
  const core = new ConsumerCore(/** @type {any} */ (consumer), {
    timestamps: false,
    encodings: () => ({ value: 'utf8', key: 'utf8' }),
    payloads: () => payloads,
    active: () => payloads,
    progressed: () => {},
    autoCommit: () => {}
  })
  return { consumer, core }
}

test('the first listener for done is called after fetchMaxWaitMs, however late it is added', () => {
  const { consumer, core } = idleConsumer()
  core.startIdling()
  mock.timers.tick(1500)
  let count = 0
  consumer.on('done', () => count++)
  mock.timers.tick(99)
  assert.equal(count, 0)
  mock.timers.tick(1)
  assert.equal(count, 1)
  // a second one does not hold it up
  mock.timers.tick(60)
  consumer.on('done', () => {})
  mock.timers.tick(40)
  assert.equal(count, 2)
  core.stop()
})

/** What `commitAndLeave` does with a commit that `answer` answers, or not. */
function leaving () {
  const { core } = idleConsumer()
  /** @type {{ answer?: (error: Error | null) => void, left?: () => void, results: any[] }} */
  const seen = { results: [] }
  core.commitAndLeave(
    callback => { seen.answer = callback },
    left => { seen.left = left },
    error => seen.results.push(error && error.message))
  return seen
}

test('the last commit comes before leaving, and its error is reported once everything is closed', () => {
  const seen = leaving()
  assert.equal(seen.left, undefined)
  seen.answer(new Error('refused'))
  assert.deepEqual(seen.results, [])
  seen.left()
  assert.deepEqual(seen.results, ['refused'])
})

test('a last commit without an answer does not keep a consumer from closing', () => {
  const seen = leaving()
  mock.timers.tick(1000)
  seen.left()
  assert.deepEqual(seen.results, ['The offsets were not committed: no answer within 1000ms'])
})

test('if a last commit is answered while the rest is closing, only a success counts', () => {
  const [late, failed] = [leaving(), leaving()]
  mock.timers.tick(1000)
  late.answer(null)
  late.left()
  failed.answer(new Error('closed meanwhile'))
  failed.left()
  assert.deepEqual(late.results, [null])
  assert.deepEqual(failed.results, ['The offsets were not committed: no answer within 1000ms'])
})
