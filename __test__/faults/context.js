'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')

const kafka = require('../support/kafka')
const { readCommitted, readLog } = require('./log')
const { Workload } = require('./workload')

/** @typedef {import('./checker').Violation} Violation */

/** What a scenario's `run` gets. */
class Context {
  /**
   * @param {object} options
   * @param {'4' | '3.9'} options.version
   * @param {'kafka-node' | 'kafkajs'} options.door
   * @param {boolean} options.quick
   * @param {any} options.kafka a `Kafka` or a `Cluster` of tools/kafka, as the scenario's `nodes` asks; null for none
   * @param {string} options.folder for the files of this row; it is removed when the row passes
   * @param {(line: string) => void} options.log
   */
  constructor ({ version, door, quick, kafka, folder, log }) {
    /** '4' or '3.9' */
    this.version = version
    /** Whose API the programs use: each gets it as `door`. */
    this.door = door
    /** Whether the short version runs: less of everything, so that all rows together take some minutes. */
    this.quick = quick
    /** The running broker (`kill`, `pause`, `resume`, `terminate`, `restart`) or cluster (`nodes[i].kill` ...). */
    this.kafka = kafka
    this.folder = folder
    this.log = log
    /** @type {string[]} */
    this.notes = []
    /** @type {string[]} */
    this.failures = []
    /** @type {Workload[]} */
    this.workloads = []
  }

  /** @returns {string} `host:port`, with commas between several */
  get brokers () {
    return this.kafka.brokers
  }

  /**
   * @param {number} ms a limit of the table
   * @returns {number} as it is, or longer in the short version: other load on the machine must not fail the build
   */
  limit (ms) {
    return this.quick ? 3 * ms : ms
  }

  /** @param {number} ms */
  delay (ms) {
    return delay(ms)
  }

  /**
   * @param {string} prefix
   * @returns {string} a unique name, for topics and groups
   */
  uniqueName (prefix) {
    return `${prefix}-${crypto.randomBytes(6).toString('hex')}`
  }

  /**
   * Creates a topic, on every node of a cluster, and waits until it has its leaders.
   *
   * @param {string} prefix of its name
   * @param {number} [partitions]
   * @param {Record<string, string | number>} [config] such as `{ 'min.insync.replicas': 2 }`
   * @returns {Promise<string>} its name
   */
  createTopic (prefix, partitions = 1, config = {}) {
    return kafka.createTopic(this.brokers, this.uniqueName(prefix), partitions, config)
  }

  /**
   * Starts a program as its own process; it is ended with the row at the latest.
   *
   * @param {string} program a file's name in the folder of programs, without `.js`, or a path
   * @param {object} config what it gets, as JSON
   * @param {{ nodeArgs?: string[], env?: Record<string, string> }} [options]
   * @returns {Workload}
   */
  start (program, config, options) {
    const file = path.isAbsolute(program) ? program : path.join(__dirname, 'programs', `${program}.js`)
    const name = `${this.workloads.length + 1}-${path.basename(file, '.js')}`
    const workload = new Workload({
      file, config: { door: this.door, ...config }, folder: this.folder, name, ...options
    })
    this.workloads.push(workload)
    return workload
  }

  /**
   * What is in a topic's log.
   *
   * @param {string} topic
   * @returns {Promise<import('./log').Entry[]>} by partition and offset
   */
  readLog (topic) {
    return readLog({ brokers: this.brokers, version: this.version, topic, quick: this.quick })
  }

  /**
   * What a reader of committed transactions sees of a topic. It waits for those that are open.
   *
   * @param {string} topic
   * @param {number} partitions
   * @returns {Promise<string[]>} the values
   */
  readCommitted (topic, partitions) {
    return readCommitted({ brokers: this.brokers, version: this.version, topic, partitions, quick: this.quick })
  }

  /**
   * What a group has committed for a topic.
   *
   * @param {string} groupId
   * @param {string} topic
   * @returns {Promise<{ topic: string, partition: number, offset: number }[]>}
   */
  async committed (groupId, topic) {
    const found = await kafka.committed(this.brokers, groupId, topic)
    return Object.entries(found).map(([partition, { offset }]) => ({ topic, partition: Number(partition), offset }))
  }

  /** @param {string} text goes into the row, under "seen" */
  saw (text) {
    this.notes.push(text)
    this.log(`    ${text}`)
  }

  /** @param {string} text what does not hold: the row fails, but continues */
  fail (text) {
    this.failures.push(text)
    this.log(`    FAILED: ${text}`)
  }

  /** @param {boolean} ok @param {string} text what does not hold if it is false */
  expect (ok, text) {
    if (!ok) this.fail(text)
  }

  /**
   * Fails the row for each violation that the checker has found.
   *
   * @param {Violation[]} violations
   * @param {string} [whose] for the text
   */
  expectNone (violations, whose = '') {
    for (const { kind, count, examples } of violations) {
      this.fail(`${whose && `${whose}: `}${count} ${kind} (${examples.join('; ')})`)
    }
  }

  /** Ends what still runs. */
  async end () {
    await Promise.all(this.workloads.map((workload) => workload.kill('SIGKILL')))
    if (this.failures.length === 0) fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

module.exports = { Context }
