'use strict'

// Runs as a separate process and owns every process of one broker. Its only link to the process that started the
// broker is the IPC channel: when that closes, for whatever reason, SIGKILL included, everything ends.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')

/** @type {Map<string, { pid: number, exited: Promise<void>, running: boolean }>} */
const children = new Map()
/** @type {string[]} */
const folders = []
/** @type {string[][]} */
const finalCommands = []

/** @param {object} message which interests nobody once the channel is closed */
function tell (message) {
  if (process.connected) process.send?.(message, () => {})
}

/** @param {{ op: string, [key: string]: any }} request */
async function handle (request) {
  if (request.op === 'folder') return void folders.push(request.path)
  if (request.op === 'finally') return void finalCommands.push(request.command)
  if (request.op === 'spawn') return start(request)
  if (request.op === 'signal') return signal(request.name, request.signal)
  if (request.op === 'exited') return void await children.get(request.name)?.exited
  if (request.op === 'finish') return finish()
  throw new Error(`unknown operation ${request.op}`)
}

/** @param {{ [key: string]: any }} request */
async function start ({ name, command, args, log }) {
  const out = fs.openSync(log, 'a')
  // A process group of its own: Ctrl-C in the terminal must not reach the broker; signals must reach all children.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', out, out] })
  fs.closeSync(out)
  await new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(undefined))
    child.once('error', reject)
  })
  const entry = {
    pid: /** @type {number} */ (child.pid),
    running: true,
    exited: new Promise((/** @type {(value: void) => void} */ resolve) => child.once('exit', () => {
      entry.running = false
      tell({ event: 'exit', name })
      resolve()
    }))
  }
  children.set(name, entry)
  return entry.pid
}

/**
 * @param {string} name
 * @param {NodeJS.Signals} which
 * @returns {boolean} false when it is not running
 */
function signal (name, which) {
  const child = children.get(name)
  if (!child || !child.running) return false
  process.kill(-child.pid, which)
  return true
}

/** The data is thrown away, so there is no point in a clean shutdown. */
async function finish () {
  for (const name of children.keys()) signal(name, 'SIGKILL')
  await Promise.all([...children.values()].map((child) => child.exited))
  for (const [command, ...args] of finalCommands.splice(0)) spawnSync(command, args, { stdio: 'ignore' })
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

function finishAndExit () {
  finish().finally(() => process.exit(0))
}

process.on('message', (/** @type {{ id: number, op: string }} */ request) => {
  handle(request).then(
    (value) => tell({ id: request.id, value }),
    (error) => tell({ id: request.id, error: error.message })
  )
})
process.on('disconnect', finishAndExit)
process.on('SIGTERM', finishAndExit)
process.on('SIGINT', () => {})
