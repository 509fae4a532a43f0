'use strict'

const { fork } = require('node:child_process')
const path = require('node:path')

/**
 * This side of the supervisor (see supervisor.js): starts it, and asks it to start, signal and end processes. It
 * keeps this process alive only while a request is open, so that a test that forgets to stop its broker still ends.
 */
class Supervised {
  constructor () {
    this.child = fork(path.join(__dirname, 'supervisor.js'), [], {
      detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc']
    })
    this.ended = false
    /** @type {Set<string>} */
    this.running = new Set()
    /** @type {Map<string, number>} */
    this.pids = new Map()
    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    this.pending = new Map()
    this.lastId = 0
    this.exit = new Promise((/** @type {(value: void) => void} */ resolve) => {
      this.child.once('exit', () => {
        this.lost()
        resolve()
      })
    })
    this.child.on('error', () => {})
    this.child.on('message', (/** @type {any} */ message) => this.receive(message))
    this.unrefWhenIdle()
  }

  /** @param {{ id?: number, value?: any, error?: string, event?: string, name?: string }} message */
  receive (message) {
    if (message.event === 'exit') return void this.running.delete(String(message.name))
    const request = this.pending.get(Number(message.id))
    if (!request) return
    this.pending.delete(Number(message.id))
    this.unrefWhenIdle()
    if (message.error !== undefined) request.reject(new Error(message.error))
    else request.resolve(message.value)
  }

  /** Somebody has killed the supervisor itself: we still have to end what it started. */
  lost () {
    this.ended = true
    for (const name of this.running) {
      try {
        process.kill(-Number(this.pids.get(name)), 'SIGKILL')
      } catch {
        // Ended together with the supervisor.
      }
    }
    this.running.clear()
    for (const { reject } of this.pending.values()) reject(new Error('The supervisor of the Kafka processes has ended'))
    this.pending.clear()
  }

  /** @returns {number[]} */
  runningPids () {
    return [...this.running].map((name) => this.pids.get(name)).filter((pid) => pid !== undefined)
  }

  unrefWhenIdle () {
    if (this.pending.size > 0) return
    this.child.unref()
    this.child.channel?.unref()
  }

  /**
   * @param {string} op
   * @param {object} [fields]
   * @returns {Promise<any>}
   */
  ask (op, fields) {
    if (this.ended) return Promise.reject(new Error('The Kafka processes have been stopped'))
    const id = ++this.lastId
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject })
      this.child.ref()
      this.child.channel?.ref()
      this.child.send({ id, op, ...fields })
    })
  }

  /**
   * @param {string} name
   * @param {string} command
   * @param {string[]} args
   * @param {string} log the file that its output is appended to
   */
  async spawn (name, command, args, log) {
    this.running.add(name)
    try {
      this.pids.set(name, await this.ask('spawn', { name, command, args, log }))
    } catch (error) {
      this.running.delete(name)
      throw error
    }
  }

  /**
   * @param {string} name
   * @param {NodeJS.Signals} signal
   * @returns {Promise<boolean>} false when it is not running
   */
  signal (name, signal) {
    return this.ask('signal', { name, signal })
  }

  /** @param {string} name */
  exited (name) {
    return this.ask('exited', { name })
  }

  async finish () {
    if (this.ended) return
    await this.ask('finish')
    this.child.ref()
    if (this.child.connected) this.child.disconnect()
    await this.exit
  }
}

module.exports = { Supervised }
