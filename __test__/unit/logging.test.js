'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const path = require('node:path')

const root = path.join(__dirname, '../..')

/** Runs a script with the package's modules, which keep their loggers for as long as the process lives. */
function run (script, env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: root, encoding: 'utf8', env: { PATH: process.env.PATH, ...env }
  })
  assert.equal(status, 0, stderr)
  return { stdout, stderr }
}

test('kafka-node/logging has setLoggerProvider and nothing else', () => {
  assert.deepEqual(require('../../logging'), { setLoggerProvider: require('../../lib/logging').setLoggerProvider })
})

test('loggers made after setLoggerProvider come from that provider', () => {
  const { stdout } = run(`
    const calls = []
    require('./logging').setLoggerProvider(name => ({ debug: (...args) => calls.push([name, ...args]) }))
    require('./lib/logging')('kafka-node:Test').debug('a %s', 'b')
    console.log(JSON.stringify(calls))`)
  assert.deepEqual(JSON.parse(stdout), [['kafka-node:Test', 'a %s', 'b']])
})

test('loggers made before keep their provider', () => {
  const { stderr } = run(`
    const logger = require('./lib/logging')('kafka-node:Test')
    require('./logging').setLoggerProvider(() => { throw new Error('must not be asked') })
    logger.info('kept')`, { DEBUG: 'kafka-node:*' })
  assert.match(stderr, /kafka-node:Test kept/)
})

test('half of noAckBatchOptions gives a warning', () => {
  const { stderr } = run(`
    const { KafkaClient } = require('.')
    new KafkaClient({ autoConnect: false, noAckBatchOptions: { noAckBatchSize: 1000 } })`, { DEBUG: 'kafka-node:*' })
  assert.match(stderr, /noAckBatchOptions has no effect without both noAckBatchSize and noAckBatchAge/)
})

test('all levels go to debug, with its formats', () => {
  const script = `
    const logger = require('./lib/logging')('kafka-node:Test')
    for (const level of ['debug', 'info', 'warn', 'error']) logger[level]('%s %j', level, { a: 1 })`
  const { stdout, stderr } = run(script, { DEBUG: 'kafka-node:*' })
  assert.equal(stdout, '')
  for (const level of ['debug', 'info', 'warn', 'error']) assert.ok(stderr.includes(`kafka-node:Test ${level} {"a":1}`))
  assert.deepEqual(run(script), { stdout: '', stderr: '' })
})

test('debug is loaded with the first line logged, not before', () => {
  const { stdout } = run(`
    const loaded = () => require.resolve('debug') in require.cache
    const logger = require('./lib/logging')('kafka-node:Test')
    const before = loaded()
    logger.debug('line')
    console.log(before, loaded())`)
  assert.equal(stdout, 'false true\n')
})
