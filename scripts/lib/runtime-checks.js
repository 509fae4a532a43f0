'use strict'

// What must work on every runtime and platform, as programs in separate processes.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { root } = require('./paths')
const { startDevBroker } = require('../../dev-broker')
const { start, run, describe } = require('../../__test__/support/program')

const RECORDS = '20000'
const EXITS = 10
const EXIT_CODE = 7
const CLOSE_CODE = 7

/** @param {string} name */
const program = name => path.join(root, '__test__', 'lifecycle', 'programs', name)

/**
 * @param {import('../../__test__/support/program').End} end
 * @param {number} code
 * @param {string[]} [lines] what it must have printed
 */
function check (end, code, lines) {
  if (end.code !== code || end.late || (lines && lines.join('\n') !== end.lines.join('\n'))) {
    throw new Error(`${lines ? lines.join(', ') : `exit code ${code}`} expected, got: ${describe(end)}`)
  }
}

/**
 * @typedef {object} Context
 * @property {string} node
 * @property {string[]} nodeArgs
 * @property {Record<string, string>} env
 * @property {string} topic
 * @property {number} slowness how many times longer than usual everything may take
 * @property {string} [application] a folder where the package is installed as `kafka-node`; default: one of its own,
 *   with this checkout
 */

/** @type {Record<string, (context: Context) => Promise<void>>} */
const RUNTIME_CHECKS = {
  async article ({ node, nodeArgs, env, slowness, application }) {
    const folder = fs.mkdtempSync(path.join(application || os.tmpdir(), 'kafka-node-native-article-'))
    const options = { node, nodeArgs, env, cwd: folder, deadline: 30000 * slowness }
    try {
      if (!application) {
        fs.mkdirSync(path.join(folder, 'node_modules'))
        fs.symlinkSync(root, path.join(folder, 'node_modules', 'kafka-node'), 'junction')
      }
      fs.cpSync(path.join(root, 'examples', 'blog'), folder, { recursive: true })
      const consumer = start('consumer.js', options)
      const producer = start('producer.js', options)
      try {
        await producer.line('sent')
        await consumer.line('{')
      } finally {
        for (const { child, ended } of [consumer, producer]) {
          child.kill('SIGKILL')
          await ended
        }
      }
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
  },
  async produce ({ node, nodeArgs, env, topic, slowness }) {
    const options = { node, nodeArgs, env, args: [topic, RECORDS], deadline: 20000 * slowness }
    check(await run(program('produce.js'), options), 0, [`sent ${RECORDS}`])
  },
  async consume ({ node, nodeArgs, env, topic, slowness }) {
    const options = { node, nodeArgs, env, args: [topic, RECORDS], deadline: 20000 * slowness }
    check(await run(program('consume.js'), options), 0, [`received ${RECORDS}`])
  },
  async close ({ node, nodeArgs, env, topic, slowness }) {
    for (const name of ['Producer', 'Consumer', 'ConsumerGroup']) {
      for (const state of ['connected', 'just made', 'broker absent', 'backing off']) {
        const args = [name, topic, state, '1']
        const options = { node, nodeArgs, env, args, deadline: 8000 * slowness }
        check(await run(program('close.js'), options), CLOSE_CODE, ['closed 1'])
      }
    }
  },
  async exit ({ node, nodeArgs, env, topic, slowness }) {
    for (let i = 0; i < EXITS; i++) {
      const args = [`${topic}-exit-${i}`, String(EXIT_CODE), '200', 'first']
      const options = { node, nodeArgs, env, args, deadline: 20000 * slowness }
      check(await run(program('exit-in-traffic.js'), options), EXIT_CODE)
    }
  },
  async workers ({ node, nodeArgs, env, topic }) {
    const args = ['', `${topic}-workers`, '3', '4', '50', 'alone']
    const end = await run(program('workers.js'), { node, nodeArgs, env, args, deadline: 60000 })
    check(end, 0, ['round 0', 'round 1', 'round 2', 'threads gone'])
  }
}

/** The topics that the checks use. */
const TOPIC = 'nodes'

/**
 * Runs checks on an embedded broker of their own.
 *
 * @param {Record<string, (context: Context) => Promise<void>>} checks
 * @param {{node: string, nodeArgs?: string[], env?: Record<string, string>, slowness?: number,
 *   onCheck?: (name: string) => void}} runtime `onCheck`: called before each check
 * @returns {Promise<Map<string, Error | null>>} by the check's name, in order; null when it has passed
 */
async function runChecks (checks, { node, nodeArgs = [], env = {}, slowness = 1, onCheck = () => {} }) {
  // a topic for each exit: the groups of earlier rounds do not know yet that their members are gone
  const exits = Array.from({ length: EXITS }, (_, i) => `${TOPIC}-exit-${i}`)
  const topics = ['test', TOPIC, `${TOPIC}-workers`, `${TOPIC}-codecs`, ...exits]
  const broker = await startDevBroker({ port: 0, topics, quiet: true })
  /** @type {Map<string, Error | null>} */
  const results = new Map()
  for (const [name, check] of Object.entries(checks)) {
    onCheck(name)
    try {
      await check({ node, nodeArgs, env: { ...env, KAFKA_BROKERS: broker.brokers }, topic: TOPIC, slowness })
      results.set(name, null)
    } catch (error) {
      results.set(name, /** @type {Error} */ (error))
    }
  }
  await broker.stop()
  return results
}

module.exports = { RUNTIME_CHECKS, runChecks, check, program }
