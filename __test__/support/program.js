'use strict'

const { spawn } = require('node:child_process')

// Programs under test: scripts in separate processes, because what is tested is how a process lives and ends.

/** More than anything that ends by itself may take. */
const DEADLINE_MS = 20000

/**
 * @typedef {object} End
 * @property {number | null} code exit code; null when a signal ended it
 * @property {string | null} signal
 * @property {boolean} late whether it was still running at the deadline and was killed
 * @property {string[]} lines what it wrote to stdout
 * @property {string} stderr
 */

/** A running program. */
class Program {
  /**
   * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable,
   *   import('node:stream').Readable>} child
   * @param {number} deadline ms
   */
  constructor (child, deadline) {
    this.child = child
    /** @type {string[]} */
    this.lines = []
    this.stderr = ''
    /** @type {Set<(line: string) => void>} */
    this.waiting = new Set()
    let late = false
    let rest = ''
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, deadline)
    child.stdout.setEncoding('utf8').on('data', text => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() || ''
      for (const line of lines) {
        this.lines.push(line)
        for (const look of [...this.waiting]) look(line)
      }
    })
    child.stderr.setEncoding('utf8').on('data', text => { this.stderr += text })
    /** @type {Promise<End>} */
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => {
        clearTimeout(timer)
        if (rest) this.lines.push(rest)
        resolve({ code, signal, late, lines: this.lines, stderr: this.stderr })
      })
    })
  }

  /**
   * @param {string} start
   * @returns {Promise<string>} the first line that starts like this; rejects if the program ends without one
   */
  line (start) {
    const there = this.lines.find(line => line.startsWith(start))
    if (there !== undefined) return Promise.resolve(there)
    return new Promise((resolve, reject) => {
      const look = (/** @type {string} */ line) => {
        if (!line.startsWith(start)) return
        this.waiting.delete(look)
        resolve(line)
      }
      this.waiting.add(look)
      this.ended.then(end => reject(new Error(`ended without a line "${start}": ${describe(end)}`)), reject)
    })
  }

  /** @param {NodeJS.Signals} signal */
  kill (signal) {
    this.child.kill(signal)
  }
}

/**
 * Starts a program.
 *
 * @param {string} file
 * @param {{ args?: string[], env?: Record<string, string>, node?: string, nodeArgs?: string[], cwd?: string,
 *   deadline?: number }} [options] `node`: path of the runtime; `deadline`: ms until it is killed, default 20 s
 * @returns {Program}
 */
function start (file, options = {}) {
  const { args = [], env = {}, node = process.execPath, nodeArgs = [], cwd, deadline = DEADLINE_MS } = options
  const child = spawn(node, [...nodeArgs, file, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  return new Program(child, deadline)
}

/**
 * Runs a program to its end.
 *
 * @param {string} file
 * @param {Parameters<typeof start>[1]} [options]
 * @returns {Promise<End>}
 */
function run (file, options) {
  return start(file, options).ended
}

/**
 * @param {End} end
 * @returns {string} all that is known, for the message of an assertion
 */
function describe ({ code, signal, late, lines, stderr }) {
  const how = late ? 'still running at the deadline' : signal ? `signal ${signal}` : `exit code ${code}`
  return `${how}\n${lines.slice(-30).join('\n')}\n${stderr}`
}

module.exports = { start, run, describe }
