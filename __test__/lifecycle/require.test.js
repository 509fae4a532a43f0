'use strict'

const { after, before, describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { startDevBroker } = require('../../dev-broker')
const { run, describe } = require('../support/program')

const programOf = (/** @type {string} */ name) => path.join(__dirname, 'programs', `${name}.js`)

/** Node's own modules that take long to load, and that no program needs before it has a client. */
const HEAVY = [
  'assert', 'child_process', 'crypto', 'dns', 'http', 'https', 'inspector', 'net', 'perf_hooks', 'readline', 'tls',
  'tty', 'worker_threads', 'zlib'
]

/**
 * What `require()` may load, which every program waits for: how many files, and none whose path begins like these.
 * Before a change raises a number, ask whether each program needs the new file.
 */
const DOORS = {
  'index.js': {
    most: 32,
    without: [
      'core/cluster/', 'core/config/', 'core/consumer/', 'core/diagnostics', 'core/group/', 'core/handles/',
      'core/hook', 'core/producer/', 'core/wire/', 'lib/assignment/', 'lib/commitStream', 'lib/errors/',
      'lib/internal/client/', 'lib/internal/consumerCore', 'lib/internal/group/', 'lib/internal/nativeErrors',
      'lib/internal/options', 'lib/internal/requests/', 'lib/utils', 'node_modules/', 'opentelemetry'
    ],
    modules: HEAVY
  },
  'kafkajs.js': {
    most: 77,
    without: ['core/consumer/recordPump', 'lib/', 'node_modules/', 'opentelemetry'],
    modules: HEAVY.filter(name => name !== 'perf_hooks')
  },
  // of neither API, and what they are made with is given to them
  'metrics.js': {
    most: 10,
    without: ['core/handles/', 'kafkajs', 'lib/', 'node_modules/', 'opentelemetry'],
    modules: HEAVY.filter(name => name !== 'perf_hooks')
  },
  'opentelemetry.js': {
    most: 19,
    without: ['core/handles/', 'kafkajs', 'lib/', 'node_modules/'],
    modules: HEAVY.filter(name => name !== 'perf_hooks')
  }
}

suite('require()', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  it('starts no thread, opens no file and holds no handle', { timeout: 60000 }, async () => {
    const end = await run(programOf('require'))
    assert.deepEqual([end.code, end.signal], [0, null], describe(end))
    const { before, after } = JSON.parse(end.lines[0])
    assert.deepEqual(after, before)
  })
})

suite('what require() loads', () => {
  for (const [door, { most, without, modules: heavy }] of Object.entries(DOORS)) {
    it(`is little of ${door}`, { timeout: 60000 }, async () => {
      const end = await run(programOf('loaded'), { args: [door] })
      assert.deepEqual([end.code, end.signal], [0, null], describe(end))
      const { files, modules } = JSON.parse(end.lines[0])
      assert.deepEqual(files.filter((/** @type {string} */ file) => without.some(path => file.startsWith(path))), [])
      assert.deepEqual(modules.filter((/** @type {string} */ name) => heavy.includes(name)), [])
      assert.ok(files.includes(door) && files.length <= most, `${files.length} files: ${files.join(' ')}`)
    })
  }
})

suite('what clients are made of', () => {
  /** @type {Awaited<ReturnType<typeof startDevBroker>>} */
  let broker

  before(async () => { broker = await startDevBroker({ port: 0, topics: ['late'], quiet: true }) })
  after(() => broker.stop())

  it('is loaded when they are constructed, and nothing after that', { timeout: 60000 }, async () => {
    const end = await run(programOf('late'), { env: { KAFKA_BROKERS: broker.brokers } })
    assert.deepEqual([end.code, end.signal], [0, null], describe(end))
    // the logger, as ever, with its first line
    const ofLogger = /^node_modules\/(debug|ms)\//
    assert.deepEqual(JSON.parse(end.lines[0]).filter((/** @type {string} */ file) => !ofLogger.test(file)), [])
  })
})
