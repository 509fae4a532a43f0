'use strict'

const crypto = require('node:crypto')
const path = require('node:path')
const { spawn } = require('node:child_process')
const { originalFolder } = require('./original')

const ROOT = path.join(__dirname, '..', '..', '..')
const SIDE = path.join(__dirname, 'side.js')
/** How long a process that has done its work may take to end by itself, ms. */
const EXIT_TIMEOUT = 10000
/** A process without a sign of life for this long has blocked its event loop, ms. */
const SILENCE_TIMEOUT = 20000

/**
 * A door of this package, beside what it replaces.
 *
 * @typedef {object} Door
 * @property {() => Promise<string>} original the folder from which the original is loaded
 * @property {string} ours the folder from which ours is loaded
 * @property {string} traces the file of the class that records
 */
/**
 * @typedef {object} Outcome
 * @property {Map<string, string[]>} tracks
 * @property {string | null} failure of the scenario itself
 * @property {string} output what the process printed
 */

/** @type {Door} */
const KAFKA_NODE = { original: originalFolder, ours: ROOT, traces: path.join(__dirname, 'trace.js') }

/**
 * Runs a section's scenarios on one side. Each outcome is a promise of its own.
 *
 * @param {object} options
 * @param {'original' | 'ours'} options.side
 * @param {string} options.file
 * @param {string} options.brokers
 * @param {string} [options.grep] only scenarios with this in their titles
 * @param {boolean} [options.modern] without scenarios that are left out on Kafka 4
 * @param {Door} [options.door] that of kafka-node
 * @returns {Promise<Outcome>[]} by scenario
 */
function runSide ({ side, file, brokers, grep = '', modern = false, door = KAFKA_NODE }) {
  /** @type {import('./section').Section} */
  const { scenarios } = require(file)
  const tag = `${crypto.randomBytes(4).toString('hex')}${side[1]}`
  /** @type {{ promise: Promise<Outcome>, resolve: (outcome: Outcome) => void, reject: (error: Error) => void }[]} */
  const outcomes = scenarios.map(() => {
    let resolve, reject
    const promise = new Promise((_resolve, _reject) => { resolve = _resolve; reject = _reject })
    promise.catch(() => {})
    return /** @type {any} */ ({ promise, resolve, reject })
  })
  run()
  return outcomes.map(({ promise }) => promise)

  async function run () {
    try {
      const folder = side === 'original' ? await door.original() : door.ours
      const options = { side, folder, file, brokers, tag, traces: door.traces }
      const wanted = scenarios.map((scenario, index) => ({ ...scenario, index }))
        .filter((scenario) => scenario.title.includes(grep) && !(modern && scenario.notOnModern))
      const together = wanted.filter(({ isolated }) => !isolated).map(({ index }) => index)
      await Promise.all([
        together.length > 0 && runTogether({ ...options, wanted: together }),
        (async () => {
          for (const { isolated, index } of wanted) if (isolated) await runAlone(options, index)
        })()
      ])
    } catch (error) {
      for (const { reject } of outcomes) reject(/** @type {Error} */ (error))
    }
  }

  /** @param {any} options */
  async function runTogether (options) {
    /** @type {string | null} */
    let crash = null
    const { ended, child, output } = start(options)
    const watched = watch(child)
    child.on('message', (/** @type {any} */ message) => {
      if (message.running) return
      if (message.crash) crash = message.crash
      else outcomes[message.index].resolve({ tracks: new Map(message.tracks), failure: message.failure, output: '' })
    })
    const status = await ended
    crash = crash || watched.blocked && `the event loop was blocked while running: ${watched.running.join('; ')}`
    const error = new Error(`${side}: ${crash || `the process ended (${status})`}\n${output()}`)
    for (const [index, { isolated }] of scenarios.entries()) if (!isolated) outcomes[index].reject(error)
  }

  /** @param {any} options @param {number} index */
  async function runAlone (options, index) {
    /** @type {any} */
    let message = null
    const { ended, child, output } = start({ ...options, only: index })
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    let alive = false
    const watched = watch(child)
    child.on('message', (/** @type {any} */ received) => {
      if (received.running) return
      watched.stop()
      message = received
      timer = setTimeout(() => {
        alive = true
        child.kill('SIGKILL')
      }, EXIT_TIMEOUT)
    })
    const status = await ended
    clearTimeout(timer)
    const tracks = new Map(message ? message.tracks : [])
    const end = status === 0 ? 'ends by itself' : `ends with ${status}`
    tracks.set('process', [watched.blocked ? 'blocks its event loop' : alive ? 'goes on' : end])
    outcomes[index].resolve({ tracks, failure: message && message.failure, output: output() })
  }
}

/**
 * Kills a process whose event loop no longer turns.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function watch (child) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const watched = {
    blocked: false,
    /** @type {string[]} */
    running: [],
    stop: () => clearTimeout(timer)
  }
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      watched.blocked = true
      child.kill('SIGKILL')
    }, SILENCE_TIMEOUT)
  }
  child.on('message', (/** @type {any} */ { running }) => {
    if (running) watched.running = running
    wait()
  })
  child.on('close', watched.stop)
  wait()
  return watched
}

/** @param {any} options */
function start (options) {
  // Paths, not the environment: DEBUG and the like of whoever runs the suite must not change what is recorded.
  const { DEBUG: _debug, ...env } = process.env
  const child = spawn(process.execPath, ['--no-deprecation', SIDE, JSON.stringify(options)], {
    env, stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => { output += chunk })
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(signal || code))
  })
  return { child, ended, output: () => output }
}

module.exports = { runSide }
