'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root, cacheDir, cargoTargetDir } = require('../../scripts/lib/paths')
const { cargoEnv, hostTriple, claimTargetDir } = require('../../scripts/lib/addon')
const { run } = require('./child')

/** A peer that is compiled takes minutes; one that takes longer than this is stuck. */
const INSTALL_DEADLINE_MS = 25 * 60 * 1000

const folder = path.join(cacheDir, 'benchmark')

/** @param {string} file */
const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'))

/**
 * Installs packages into a folder of their own, unless they are already there. A failure is remembered, so that not
 * every run tries again to compile a peer that cannot be compiled here.
 *
 * @param {object} options
 * @param {string} options.name of the folder
 * @param {Record<string, string>} options.dependencies name to range
 * @param {string[]} [options.scripts] packages whose install script npm may run
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {boolean} [options.retry] retry what failed before
 * @param {(line: string) => void} options.log
 * @returns {Promise<string>} the folder
 * @throws {Error} with the end of npm's output
 */
async function install ({ name, dependencies, scripts = [], env = process.env, retry = false, log }) {
  const directory = path.join(folder, name)
  const stamp = path.join(directory, 'installed.json')
  const allowScripts = Object.fromEntries(scripts.map((script) => [script, true]))
  const manifest = { private: true, dependencies, allowScripts }
  if (fs.existsSync(stamp)) {
    const before = readJson(stamp)
    if (JSON.stringify(before.manifest) === JSON.stringify(manifest)) {
      if (!before.error) return directory
      if (!retry) throw new Error(`${before.error} (of an earlier run; --reinstall tries again)`)
    }
  }
  log(`Installing ${Object.entries(dependencies).map((entry) => entry.join('@')).join(', ')}`)
  fs.rmSync(directory, { recursive: true, force: true })
  fs.mkdirSync(directory, { recursive: true })
  fs.writeFileSync(path.join(directory, 'package.json'), JSON.stringify(manifest, null, 2))
  const args = ['install', '--no-audit', '--no-fund', '--foreground-scripts', '--loglevel', 'error']
  const result = await run('npm', args, { cwd: directory, env, deadlineMs: INSTALL_DEADLINE_MS })
  const missing = Object.keys(dependencies).filter((dependency) => {
    return !fs.existsSync(path.join(directory, 'node_modules', dependency, 'package.json'))
  })
  const error = result.code === 0 && missing.length === 0
    ? null
    : `npm install failed: ${result.reason || summary(result.stdout + result.stderr)}`
  fs.writeFileSync(stamp, JSON.stringify({ manifest, error }))
  if (error) {
    fs.writeFileSync(path.join(directory, 'install.log'), result.stdout + result.stderr)
    throw new Error(error)
  }
  return directory
}

/**
 * The line of a long output that says what went wrong.
 *
 * @param {string} output
 */
function summary (output) {
  const lines = output.split('\n').map((line) => line.trim()).filter(Boolean)
  const telling = lines.find((line) => /^ERROR: |could not resolve|fatal error/i.test(line)) ||
    lines.find((line) => /\berror:|\bERR!|not found/i.test(line))
  return (telling || lines[lines.length - 1] || 'no output').slice(0, 200)
}

/**
 * A Node of this major version: the running one if it fits, otherwise the binary from npm.
 *
 * @param {number} major
 * @param {(line: string) => void} log
 * @returns {Promise<{executable: string, version: string, prefix: string}>} `prefix` has the headers in `include/node`
 */
async function installNode (major, log) {
  const name = `node-${process.platform}-${process.arch}`
  const running = () => ({
    executable: process.execPath,
    version: process.version,
    prefix: path.resolve(path.dirname(fs.realpathSync(process.execPath)), '..')
  })
  if (process.versions.node.startsWith(`${major}.`)) return running()
  const directory = await install({ name: `node-${major}`, dependencies: { [name]: `^${major}.0.0` }, log })
  const prefix = path.join(directory, 'node_modules', name)
  const executable = path.join(prefix, 'bin', 'node')
  const { stdout, error } = spawnSync(executable, ['--version'], { encoding: 'utf8' })
  if (error) throw new Error(`${name}@${major} does not run here: ${error.message}`)
  return { executable, version: stdout.trim(), prefix }
}

/**
 * What a client needs in order to run.
 *
 * @typedef {object} Installed
 * @property {string} version
 * @property {string} runtime such as `Node v24.1.0`; empty for a program of its own
 * @property {string[]} command the program and its first arguments; the measurement's description follows
 * @property {{from: string, name: string} | null} library the module that the client file loads, and from where
 */

/**
 * @param {import('./clients').Client} client
 * @param {object} options
 * @param {boolean} options.retry
 * @param {number} [options.node] instead of the client's own
 * @param {(line: string) => void} options.log
 * @returns {Promise<Installed>}
 */
async function installClient (client, { retry, node: major = client.node, log }) {
  if (client.kind === 'native') return installRaw(log)
  const node = await installNode(major, log)
  const measure = path.join(__dirname, '..', 'measure.js')
  const result = { runtime: `Node ${node.version}`, command: [node.executable, measure] }
  if (client.kind === 'own') {
    const library = { from: path.join(root, 'package.json'), name: client.door || './index.js' }
    return { ...result, version: readJson(path.join(root, 'package.json')).version, library }
  }
  const env = { ...process.env, ...buildEnvironment(node) }
  const name = String(client.package)
  const directory = await install({
    name: `${client.id}-node-${major}`,
    dependencies: { [name]: String(client.range), ...client.extra },
    scripts: client.scripts,
    env,
    retry,
    log
  })
  const { version } = readJson(path.join(directory, 'node_modules', name, 'package.json'))
  const library = { from: path.join(directory, 'package.json'), name }
  return { ...result, version: version.replace(/^v/, ''), library }
}

/**
 * Native peers are compiled for the Node that runs them, against the headers that came with it. One job at a time:
 * it is done only once, and this may be somebody's desktop machine.
 *
 * @param {{executable: string, prefix: string}} node
 */
function buildEnvironment (node) {
  const headers = path.join(node.prefix, 'include', 'node')
  return {
    PATH: `${path.dirname(node.executable)}${path.delimiter}${process.env.PATH}`,
    JOBS: process.env.JOBS || '1',
    MAKEFLAGS: process.env.MAKEFLAGS || '-j1',
    ...(fs.existsSync(headers) ? { npm_config_nodedir: node.prefix } : {})
  }
}

/**
 * @param {(line: string) => void} log
 * @returns {Promise<Installed>}
 */
async function installRaw (log) {
  const prebuilt = process.env.BENCHMARK_RAW
  const command = prebuilt || await buildRaw(log)
  const lock = fs.readFileSync(path.join(root, 'Cargo.lock'), 'utf8')
  const locked = /name = "rdkafka-sys"\nversion = "[^+"]*\+([^"]*)"/.exec(lock)
  return { version: locked ? locked[1] : 'unknown', runtime: '', command: [command], library: null }
}

/** @param {(line: string) => void} log */
async function buildRaw (log) {
  const target = hostTriple()
  log('Building the raw librdkafka program')
  claimTargetDir()
  const args = ['build', '--release', '--locked', '--example', 'raw', '--target', target]
  const result = await run('cargo', args, { cwd: root, env: cargoEnv(), deadlineMs: INSTALL_DEADLINE_MS })
  if (result.code !== 0) throw new Error(`cargo build --example raw failed: ${result.reason || summary(result.stderr)}`)
  return path.join(cargoTargetDir, target, 'release', 'examples', 'raw')
}

module.exports = { installClient }
