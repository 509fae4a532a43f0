'use strict'

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')

/** Far above what anything here takes. */
const PATIENCE_MS = 60000
const POLL_MS = 10

/**
 * One line that a program has written: the time in ms, the event's name, and what belongs to it.
 *
 * @typedef {[time: number, name: string, ...args: any[]]} Event
 */

/** A program that runs as a process of its own and writes one line for each event into a file. */
class Workload {
  /**
   * @param {object} options
   * @param {string} options.file the program
   * @param {object} options.config
   * @param {string} options.folder where its files go
   * @param {string} options.name for its files
   * @param {string[]} [options.nodeArgs]
   * @param {Record<string, string>} [options.env]
   */
  constructor ({ file, config, folder, name, nodeArgs = [], env = {} }) {
    this.name = name
    this.eventsFile = path.join(folder, `${this.name}.events`)
    this.outputFile = path.join(folder, `${this.name}.output`)
    /** @type {Event[]} what has been read so far; `read()` brings it up to date */
    this.events = []
    this.rest = ''
    this.position = 0
    /** @type {{ code: number | null, signal: string | null, time: number } | null} */
    this.exit = null
    fs.writeFileSync(this.eventsFile, '')
    const output = fs.openSync(this.outputFile, 'w')
    this.child = spawn(process.execPath, [...nodeArgs, file, JSON.stringify(config)], {
      env: { ...process.env, ...env, FAULTS_EVENTS: this.eventsFile }, stdio: ['ignore', output, output]
    })
    fs.closeSync(output)
    /** Resolves with how it ended: `{ code, signal, time }`. */
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        this.exit = { code, signal, time: Date.now() }
        resolve(this.exit)
      })
    })
  }

  get pid () {
    return Number(this.child.pid)
  }

  /** @returns {Event[]} everything that it has written */
  read () {
    const file = fs.openSync(this.eventsFile, 'r')
    try {
      const size = fs.fstatSync(file).size - this.position
      if (size > 0) {
        const bytes = Buffer.alloc(size)
        fs.readSync(file, bytes, 0, size, this.position)
        this.position += size
        const lines = (this.rest + bytes.toString('latin1')).split('\n')
        // a line that is still being written
        this.rest = String(lines.pop())
        for (const line of lines) this.events.push(JSON.parse(Buffer.from(line, 'latin1').toString()))
      }
    } finally {
      fs.closeSync(file)
    }
    return this.events
  }

  /** @param {string} name @returns {Event[]} the events of a name */
  all (name) {
    return this.read().filter((event) => event[1] === name)
  }

  /** @returns {string} what it wrote to stdout and stderr */
  output () {
    return fs.readFileSync(this.outputFile, 'utf8')
  }

  /**
   * Waits for an event: one that has already happened, or the next.
   *
   * @param {string | ((event: Event) => boolean)} wanted a name, or a test that is called once for each event
   * @param {{ timeout?: number, what?: string, after?: number }} [options] `timeout` in ms, default a minute;
   *   `after`: events of this time or later only
   * @returns {Promise<Event>}
   * @throws {Error} when it does not come, or the process has ended without it
   */
  async see (wanted, { timeout = PATIENCE_MS, what = `event ${wanted}`, after = 0 } = {}) {
    const deadline = Date.now() + timeout
    let next = 0
    for (;;) {
      const hasEnded = this.exit !== null
      const events = this.read()
      for (; next < events.length; next++) {
        const event = events[next]
        if (event[0] < after) continue
        if (typeof wanted === 'string' ? event[1] === wanted : wanted(event)) return event
      }
      const why = hasEnded ? `it ended with ${JSON.stringify(this.exit)}` : 'nothing more came'
      if (hasEnded || Date.now() > deadline) {
        const last = events.slice(-5).map((event) => JSON.stringify(event)).join(' ')
        throw new Error(`${this.name} did not show ${what}: ${why}. The last: ${last} ${this.output().slice(-2000)}`)
      }
      await delay(POLL_MS)
    }
  }

  /**
   * @param {NodeJS.Signals} signal
   * @returns {Promise<{ code: number | null, signal: string | null, time: number }>} when it has ended
   */
  async kill (signal) {
    if (!this.exit) this.child.kill(signal)
    return this.ended
  }

  /**
   * Asks it to end with SIGTERM and waits for it.
   *
   * @param {number} [timeout] ms until it is killed
   * @returns {Promise<{ code: number | null, signal: string | null, time: number }>}
   */
  async finish (timeout = PATIENCE_MS) {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeout)
    try {
      return await this.kill('SIGTERM')
    } finally {
      clearTimeout(timer)
    }
  }
}

module.exports = { Workload }
