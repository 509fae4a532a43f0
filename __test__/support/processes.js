'use strict'

const { spawn } = require('node:child_process')
const path = require('node:path')

// Programs that a test runs as separate processes. They write one line per event, as a JSON array: its name, then
// what belongs to it. A line is written before the program continues, so a killed program has reported what it did.

const PROGRAMS = path.join(__dirname, '..', 'integration', 'programs')
/** Far more than anything here takes: a test that waits this long has found a defect. */
const PATIENCE_MS = 60000

/** @type {Set<Program>} */
const running = new Set()

/** @typedef {[name: string, ...args: any[]]} ProgramEvent */

class Program {
  /**
   * @param {string} name of a file in the folder of programs, without `.js`
   * @param {object} config what the program gets, as JSON
   */
  constructor (name, config) {
    this.name = name
    /** @type {ProgramEvent[]} everything it has said so far */
    this.events = []
    this.errorOutput = ''
    /** @type {Set<() => void>} */
    this.watchers = new Set()
    /** @type {{ code: number | null, signal: string | null } | null} */
    this.end = null
    const file = path.join(PROGRAMS, `${name}.js`)
    this.child = spawn(process.execPath, [file, JSON.stringify(config)], { stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(this)
    let rest = ''
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = /** @type {string} */ (lines.pop())
      for (const line of lines) this.events.push(JSON.parse(line))
      this.look()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text) => { this.errorOutput += text })
    /** Resolves when the process has ended and everything it said has been read. */
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        running.delete(this)
        this.end = { code, signal }
        this.look()
        resolve(this.end)
      })
    })
  }

  look () {
    for (const watcher of [...this.watchers]) watcher()
  }

  /**
   * Waits for an event: one that has already happened, or the next.
   *
   * @param {string | ((event: ProgramEvent) => boolean)} wanted a name, or a test that is called once for each event
   * @param {string} [what] for the failure's text
   * @returns {Promise<ProgramEvent>}
   */
  see (wanted, what = `event ${wanted}`) {
    const test = typeof wanted === 'string' ? (/** @type {ProgramEvent} */ event) => event[0] === wanted : wanted
    let next = 0
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail('nothing more came'), PATIENCE_MS)
      const settle = () => {
        clearTimeout(timer)
        this.watchers.delete(watcher)
      }
      const fail = (/** @type {string} */ why) => {
        settle()
        const last = this.events.slice(-5).map((event) => JSON.stringify(event)).join(' ')
        reject(new Error(`${this.name} did not show ${what}: ${why}. The last it said: ${last} ${this.errorOutput}`))
      }
      const watcher = () => {
        while (next < this.events.length) {
          const event = this.events[next++]
          if (!test(event)) continue
          settle()
          resolve(event)
          return
        }
        if (this.end) fail(`it ended with ${JSON.stringify(this.end)}`)
      }
      this.watchers.add(watcher)
      watcher()
    })
  }

  /** @param {string} name @returns {ProgramEvent[]} */
  all (name) {
    return this.events.filter((event) => event[0] === name)
  }

  /** @param {NodeJS.Signals} signal */
  kill (signal) {
    this.child.kill(signal)
    return this.ended
  }
}

/**
 * @param {string} name
 * @param {object} config
 */
function start (name, config) {
  return new Program(name, config)
}

/** Ends whatever a test left running. Call it in an `afterEach` hook. */
async function endAll () {
  await Promise.all([...running].map((program) => program.kill('SIGKILL')))
}

module.exports = { Program, start, endAll }
