'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')

const { describe, start } = require('../support/program')

// Clients under attack, each in a process of its own, and what always has to hold of them.

const PROGRAM = path.join(__dirname, 'programs', 'client.js')
/** Far more than anything here takes; a client that is still there has hung. */
const DEADLINE_MS = 30000
/** What a client may grow by, whatever it is sent. */
const MAX_GROWTH_MIB = 150

/** @type {('kafka-node' | 'kafkajs')[]} */
const DOORS = ['kafka-node', 'kafkajs']

class Client {
  /**
   * @param {import('node:test').TestContext} context
   * @param {Partial<import('./programs/client').Config>} config
   * @param {number} [deadline] ms until it is killed
   */
  constructor (context, config, deadline = DEADLINE_MS) {
    this.program = start(PROGRAM, { args: [JSON.stringify({ topic: 't', ...config })], deadline })
    context.after(() => {
      this.program.kill('SIGKILL')
      return this.program.ended
    })
  }

  /** @returns {any[][]} everything it has told */
  get events () { return this.program.lines.map((line) => JSON.parse(line)) }

  /** @param {string} name @returns {any[]} what came with each of these events */
  all (name) { return this.events.filter((event) => event[0] === name).map((event) => event.slice(1)) }

  /**
   * Waits for what it tells; rejects when the client ends without it, as it does after its deadline.
   *
   * @param {(client: this) => unknown} check
   * @param {string} what
   * @returns {Promise<void>}
   */
  until (check, what) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!check(this)) return
        this.program.waiting.delete(look)
        resolve()
      }
      this.program.waiting.add(look)
      this.program.ended.then((end) => reject(new Error(`no ${what}: ${describe(end)}`)), reject)
      look()
    })
  }

  /** @param {string[]} values of records that have to come, whatever else does */
  receives (values) {
    return this.until(() => values.every((value) => this.values.includes(value)), `records ${values}`)
  }

  get values () { return this.all('message').map(([{ value }]) => value) }

  /** Errors of any kind that the user is told: of an event, or of a call. */
  get errors () { return [...this.all('error').map(([error]) => error), ...this.failures] }

  get failures () { return this.all('failed').map(([, error]) => error) }

  /** Waits for an error and holds it to be one that a program can tell from others. */
  async fails () {
    await this.until(() => this.errors.length > 0, 'error')
    this.checkErrors()
  }

  checkErrors () {
    for (const { isError, name, code, errorCode, message } of this.errors) {
      const typed = isError && (name !== 'Error' || code !== undefined || errorCode !== undefined)
      assert.ok(typed, `neither a class of its own nor a code: ${name}: ${message}`)
    }
  }

  /** Closes it: that is called back, every native thread ends, then the process, and it never took much memory. */
  async end (maxGrowth = MAX_GROWTH_MIB) {
    this.program.kill('SIGTERM')
    const end = await this.program.ended
    assert.deepEqual([end.code, end.signal, end.late], [0, null, false], describe(end))
    assert.equal(this.all('closed').length, 1, describe(end))
    const [[{ grownMiB }]] = this.all('ended')
    assert.ok(grownMiB < maxGrowth, `grew by ${grownMiB} MiB`)
  }
}

module.exports = { Client, DOORS }
