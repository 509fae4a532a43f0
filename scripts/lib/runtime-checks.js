'use strict'

// What must work on every runtime and platform, as programs in processes of their own.

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

/** @typedef {{ node: string, nodeArgs: string[], env: Record<string, string>, topic: string }} Context */

/** @type {Record<string, (context: Context) => Promise<void>>} */
const RUNTIME_CHECKS = {
  async article ({ node, nodeArgs, env }) {
    const application = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-nodes-'))
    const options = { node, nodeArgs, env, cwd: application, deadline: 30000 }
    try {
      fs.mkdirSync(path.join(application, 'node_modules'))
      fs.symlinkSync(root, path.join(application, 'node_modules', 'kafka-node'), 'junction')
      fs.cpSync(path.join(root, 'examples', 'blog'), application, { recursive: true })
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
      fs.rmSync(application, { recursive: true, force: true })
    }
  },
  async produce ({ node, nodeArgs, env, topic }) {
    check(await run(program('produce.js'), { node, nodeArgs, env, args: [topic, RECORDS] }), 0, [`sent ${RECORDS}`])
  },
  async consume ({ node, nodeArgs, env, topic }) {
    check(await run(program('consume.js'), { node, nodeArgs, env, args: [topic, RECORDS] }), 0, [`received ${RECORDS}`])
  },
  async close ({ node, nodeArgs, env, topic }) {
    for (const name of ['Producer', 'Consumer', 'ConsumerGroup']) {
      for (const state of ['connected', 'just made', 'broker absent', 'backing off']) {
        const args = [name, topic, state, '1']
        check(await run(program('close.js'), { node, nodeArgs, env, args, deadline: 8000 }), CLOSE_CODE, ['closed 1'])
      }
    }
  },
  async exit ({ node, nodeArgs, env, topic }) {
    for (let i = 0; i < EXITS; i++) {
      const args = [`${topic}-exit-${i}`, String(EXIT_CODE), '200', 'first']
      check(await run(program('exit-in-traffic.js'), { node, nodeArgs, env, args }), EXIT_CODE)
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
 * @param {{node: string, nodeArgs?: string[], env?: Record<string, string>}} runtime
 * @returns {Promise<Map<string, Error | null>>} by the check's name, in order; null when it has passed
 */
async function runChecks (checks, { node, nodeArgs = [], env = {} }) {
  // a topic for each exit: the groups of earlier rounds do not know yet that their members are gone
  const exits = Array.from({ length: EXITS }, (_, i) => `${TOPIC}-exit-${i}`)
  const topics = ['test', TOPIC, `${TOPIC}-workers`, `${TOPIC}-codecs`, ...exits]
  const broker = await startDevBroker({ port: 0, topics, quiet: true })
  /** @type {Map<string, Error | null>} */
  const results = new Map()
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check({ node, nodeArgs, env: { ...env, KAFKA_BROKERS: broker.brokers }, topic: TOPIC })
      results.set(name, null)
    } catch (error) {
      results.set(name, /** @type {Error} */ (error))
    }
  }
  await broker.stop()
  return results
}

module.exports = { RUNTIME_CHECKS, runChecks, check, program }
