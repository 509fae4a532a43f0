'use strict'

// Runs the command `kafka-node-native` as users do: in pipes, and in a terminal.

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

const CLI = path.join(__dirname, '..', '..', 'bin', 'kafka-node-native.js')

/** Runs its arguments in a pseudo-terminal, whose other end are its own standard input and output. */
const TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'

/** Without what the command reads. */
const { KAFKA_BROKERS, KAFKA_CONFIG, KAFKA_SASL_PASSWORD, ...ENVIRONMENT } = process.env

/**
 * @typedef {{ stdout: string, stderr: string }} Printed
 * @typedef {Printed & { code: number | null, signal: string | null }} Outcome
 */

class Running {
  /** @param {import('node:child_process').ChildProcessWithoutNullStreams} child */
  constructor (child) {
    this.child = child
    /** @type {Printed} */
    this.printed = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text) => { this.printed.stdout += text })
    child.stderr.setEncoding('utf8').on('data', (text) => { this.printed.stderr += text })
    child.stdin.on('error', () => {})
    this.isClosed = false
    /** @type {Promise<Outcome>} */
    this.closed = once(child, 'close').then(([code, signal]) => {
      this.isClosed = true
      return { ...this.printed, code, signal }
    })
  }

  /**
   * @param {RegExp} text
   * @param {'stdout' | 'stderr'} [stream]
   * @returns {Promise<void>} resolved once it has been printed
   */
  async until (text, stream = 'stdout') {
    while (!text.test(this.printed[stream])) {
      if (this.isClosed) throw new Error(`ended without ${text}:\n${this.printed.stdout}\n${this.printed.stderr}`)
      await Promise.race([once(this.child[stream], 'data'), this.closed])
    }
  }

  /** @param {string} keys `\x03` is Ctrl-C */
  type (keys) {
    this.child.stdin.write(keys)
  }
}

/**
 * @param {string[]} args
 * @param {{ env?: Record<string, string> }} [options]
 */
function start (args, { env = {} } = {}) {
  return new Running(spawn(process.execPath, [CLI, ...args], { env: { ...ENVIRONMENT, ...env } }))
}

/**
 * @param {string[]} args
 * @param {{ input?: string | Buffer, env?: Record<string, string> }} [options] `input`: what is piped into it
 * @returns {Promise<Outcome>}
 */
function run (args, { input = '', env } = {}) {
  const running = start(args, { env })
  running.child.stdin.end(input)
  return running.closed
}

/**
 * @param {string[]} args
 * @returns {Promise<any>} what it prints as JSON
 */
async function json (args) {
  const { code, stdout, stderr } = await run([...args, '--json'])
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`)
  return JSON.parse(stdout)
}

/** Why there are no terminals here, or false. */
const noTerminal = spawnSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode']).status === 0
  ? false
  : 'needs python3, 3.9 or newer, for its module pty'

/**
 * In a terminal, which shows both outputs, and what is typed.
 *
 * @param {string[]} args
 */
function startInTerminal (args) {
  const command = ['-c', TERMINAL, process.execPath, CLI, ...args]
  return new Running(spawn('python3', command, { env: { ...ENVIRONMENT, TERM: 'xterm' } }))
}

module.exports = { CLI, json, noTerminal, run, start, startInTerminal }
