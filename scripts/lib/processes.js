'use strict'

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')

/** Environment variable that marks the processes of one run, including those that left its process group. */
const RUN_MARKER = 'KAFKA_NODE_NATIVE_RUN'

const windows = process.platform === 'win32'

/**
 * Kills every process of a group that was started with `detached: true`; no error if none is left.
 *
 * @param {number | undefined} pid
 * @param {NodeJS.Signals} [signal]
 */
function killGroup (pid, signal = 'SIGKILL') {
  if (!pid) return
  try {
    if (windows) spawnSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' })
    else process.kill(-pid, signal)
  } catch (err) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (err)
    if (code !== 'ESRCH' && code !== 'EPERM') throw err
  }
}

/**
 * Kills one process; no error if it is already gone.
 *
 * @param {number} pid
 */
function killProcess (pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (err) {
    if (/** @type {NodeJS.ErrnoException} */ (err).code !== 'ESRCH') throw err
  }
}

/**
 * Processes that carry a run's marker in their environment. Linux only: elsewhere the list is empty.
 *
 * @param {string} marker
 * @returns {{pid: number, command: string}[]}
 */
function processesOfRun (marker) {
  if (process.platform !== 'linux') return []
  const found = []
  for (const entry of fs.readdirSync('/proc')) {
    const pid = Number(entry)
    if (!pid || pid === process.pid) continue
    try {
      const environment = fs.readFileSync(`/proc/${pid}/environ`, 'latin1')
      if (!environment.split('\0').includes(`${RUN_MARKER}=${marker}`)) continue
      if (/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))) continue
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
      found.push({ pid, command })
    } catch {
      // The process has gone between listing and reading, or is not ours to read.
    }
  }
  return found
}

/**
 * Calls `onLine` for each line of a readable stream; resolves when the stream has ended.
 *
 * @param {NodeJS.ReadableStream} stream
 * @param {(line: string) => void} onLine
 */
async function eachLine (stream, onLine) {
  for await (const line of readline.createInterface({ input: stream, crlfDelay: Infinity })) onLine(line)
}

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, shell?: boolean, onLine?: (line: string) => void,
 *   onStart?: (child: import('node:child_process').ChildProcess) => void, detached?: boolean}} [options]
 * @returns {Promise<{code: number | null, signal: string | null, output: string}>} stdout and stderr in one string
 */
async function run (command, args, { onLine, onStart, ...options } = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  /** @type {string[]} */
  const lines = []
  /** @param {string} line */
  const collect = (line) => {
    lines.push(line)
    if (onLine) onLine(line)
  }
  if (onStart) onStart(child)
  /** @type {Promise<{code: number | null, signal: string | null}>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  // A grandchild may hold the pipes open after the command has exited, so only the exit counts.
  const drained = Promise.all([eachLine(child.stdout, collect), eachLine(child.stderr, collect)])
  const { code, signal } = await ended
  const patience = new Promise((resolve) => setTimeout(resolve, 2000).unref())
  await Promise.race([drained, patience])
  child.stdout.destroy()
  child.stderr.destroy()
  return { code, signal, output: lines.join('\n') }
}

/**
 * The first line that a command prints, or null if it does not exist or fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{shell?: boolean, cwd?: string}} [options]
 */
function versionOf (command, args, options = {}) {
  const result = spawnSync(command, args, { ...options, encoding: 'utf8' })
  if (result.error || result.status !== 0) return null
  return `${result.stdout}\n${result.stderr}`.trim().split('\n')[0] || command
}

/** How to start npm: through the running npm's own script if there is one, since npm.cmd needs a shell. */
function npmCommand () {
  const script = process.env.npm_execpath
  if (script && /npm-cli\.js$/.test(script)) return { command: process.execPath, args: [script], shell: false }
  const bin = path.dirname(process.execPath)
  for (const modules of [path.join(bin, 'node_modules'), path.join(bin, '..', 'lib', 'node_modules')]) {
    const bundled = path.join(modules, 'npm', 'bin', 'npm-cli.js')
    if (fs.existsSync(bundled)) return { command: process.execPath, args: [bundled], shell: false }
  }
  return { command: 'npm', args: [], shell: windows }
}

/** The registry that npm is set up with. */
function configuredRegistry () {
  const npm = npmCommand()
  // Elsewhere than in a package, whose own configuration would count.
  const options = { shell: npm.shell, cwd: os.tmpdir() }
  const args = [...npm.args, 'config', 'get', 'registry']
  const { stdout } = spawnSync(npm.command, args, { ...options, encoding: 'utf8' })
  return stdout.trim()
}

module.exports = {
  RUN_MARKER, killGroup, killProcess, processesOfRun, eachLine, run, versionOf, npmCommand, configuredRegistry
}
