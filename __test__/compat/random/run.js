'use strict'

const crypto = require('node:crypto')
const path = require('node:path')
const { spawn } = require('node:child_process')

const { kafkaJs } = require('../../support/kafka')
const { readAll } = require('../../support/log-reader')
const { isNow } = require('../support/show')
const { compareRuns, explainRows } = require('./compare')
const { generate } = require('./generate')

/** @typedef {import('./generate').Door} Door */
/** @typedef {import('./generate').Program} Program */
/** @typedef {import('./compare').Row} Row */
/**
 * @typedef {object} Setting
 * @property {string} doorFile
 * @property {string} brokers
 * @property {{ original: string, ours: string }} folders of the packages
 * @property {number} [attempts] of a program that shows a difference; 3 by default
 */
/** @typedef {{ program: Program, rows: Row[] }} Result `rows` are the differences, those that are meant included */

/** How long a process may take in total, and to end once it is done, ms. */
const LONGEST_RUN = 120000
const LONGEST_END = 15000
/** How many topics a broker is asked to create with one request. */
const TOPICS_AT_ONCE = 20
/** How many programs run at a time: most of them only wait. */
const CONCURRENCY = 12
/** A difference must show every time, with more and more patience: a busy machine is not a defect. */
const PATIENCE = [1, 2, 4]

/**
 * @template T, U
 * @param {T[]} list
 * @param {(element: T) => Promise<U>} use
 * @returns {Promise<U[]>}
 */
async function some (list, use) {
  const results = /** @type {U[]} */ (new Array(list.length))
  let next = 0
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    while (next < list.length) {
      const index = next++
      results[index] = await use(list[index])
    }
  }))
  return results
}

/** The topics of programs: made for many of them with one request, as that is what takes time. */
class Topics {
  /** @param {string} brokers @param {Door} door */
  constructor (brokers, door) {
    this.brokers = brokers
    this.door = door
    this.kafka = kafkaJs(brokers)
    /** @type {string[]} */
    this.made = []
  }

  /**
   * @param {number} count
   * @returns {Promise<Array<Record<string, string>>>} for each run the topics and other names that it may use
   */
  async make (count) {
    const runs = Array.from({ length: count }, () => {
      const tag = crypto.randomBytes(5).toString('hex')
      const names = Object.keys(this.door.topics).map((name) => [name, `random-${tag}-${name}`])
      return Object.fromEntries([...names, ['group', `random-${tag}-group`], ['new', `random-${tag}-new`]])
    })
    const topics = runs.flatMap((names) => Object.entries(this.door.topics)
      .map(([name, records]) => ({ topic: names[name], numPartitions: records.length })))
    const admin = this.kafka.admin()
    const producer = this.kafka.producer({ createPartitioner: () => ({ message }) => message.partition || 0 })
    await Promise.all([admin.connect(), producer.connect()])
    for (let at = 0; at < topics.length; at += TOPICS_AT_ONCE) {
      await admin.createTopics({ topics: topics.slice(at, at + TOPICS_AT_ONCE), waitForLeaders: true, timeout: 60000 })
    }
    this.made.push(...topics.map(({ topic }) => topic), ...runs.map((names) => names.new))
    const topicMessages = runs.flatMap((names) => Object.entries(this.door.topics).map(([name, records]) => ({
      topic: names[name],
      messages: records.flatMap((length, partition) => Array.from({ length }, (_, i) =>
        ({ partition, value: `${name}${partition}-${i}`, timestamp: '1600000000000' })))
    })))
    if (topicMessages.length > 0) await producer.sendBatch({ topicMessages, acks: -1 })
    await Promise.all([admin.disconnect(), producer.disconnect()])
    return runs
  }

  async remove () {
    const admin = this.kafka.admin()
    await admin.connect()
    const existing = new Set(await admin.listTopics())
    const topics = this.made.filter((topic) => existing.has(topic))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    await admin.disconnect()
  }
}

/**
 * @param {Setting} setting
 * @param {'original' | 'ours'} side
 * @param {Program} program
 * @param {Record<string, string>} names
 * @param {{ patience: number, counts: number[] }} options
 * @returns {Promise<import('./compare').Run>}
 */
function runProgram ({ doorFile, brokers, folders }, side, program, names, options) {
  const folder = folders[side]
  const task = { door: doorFile, folder, brokers, names, program, ...options }
  const child = spawn(process.execPath, [path.join(__dirname, 'process.js'), JSON.stringify(task)],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => { output = (output + text).slice(-4000) })
  }
  return new Promise((resolve) => {
    /** @type {any} */
    let told = null
    let end = 'by itself'
    const kill = (/** @type {string} */ why) => {
      end = why
      child.kill('SIGKILL')
    }
    let timer = setTimeout(kill, LONGEST_RUN, 'hangs')
    child.on('message', (message) => {
      told = message
      clearTimeout(timer)
      // whether it ends matters only for ours
      if (side === 'original') return child.kill('SIGKILL')
      timer = setTimeout(kill, LONGEST_END, `does not end within ${LONGEST_END} ms of its objects being closed`)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const isKilled = told && side === 'original'
      if (end === 'by itself' && code !== 0 && !isKilled) end = `ends with ${signal || code}: ${output}`
      const { tracks = [], settled = [], crashed = 0 } = told || {}
      resolve({ tracks: new Map(tracks), settled, crashed, end })
    })
  })
}

/**
 * What is in the topics at the end is part of what a program did.
 *
 * @param {Setting} setting
 * @param {Door} door
 * @param {Program} program
 * @param {Record<string, string>} names
 * @param {import('./compare').Run} run
 */
async function addLogs ({ brokers }, door, program, names, run) {
  const isScattered = door.scatters && door.scatters(program)
  for (const name of Object.keys(door.topics)) {
    for (const { partition, key, value, timestamp, headers } of await readAll(brokers, names[name])) {
      const label = `in the log ${name}${isScattered ? '' : `/${partition}`}`
      const time = isNow(timestamp) ? '' : ` at ${timestamp}`
      const line = [key, value, ...headers.map(([header, bytes]) => `${header}=${bytes}`)].join(' ') + time
      run.tracks.set(label, [...run.tracks.get(label) || [], line])
    }
    if (isScattered) run.tracks.get(`in the log ${name}`)?.sort()
  }
}

/**
 * @param {Setting} setting
 * @param {Door} door
 * @param {Program} program
 * @param {[Record<string, string>, Record<string, string>]} names of either side
 * @param {number} patience
 * @returns {Promise<Row[]>}
 */
async function runBoth (setting, door, program, names, patience) {
  const original = await runProgram(setting, 'original', program, names[0], { patience, counts: [] })
  const ours = await runProgram(setting, 'ours', program, names[1],
    { patience, counts: original.settled })
  await Promise.all([
    addLogs(setting, door, program, names[0], original), addLogs(setting, door, program, names[1], ours)
  ])
  return explainRows(compareRuns(original, ours), door, program)
}

/**
 * @param {Setting} setting
 * @param {Program[]} programs
 * @returns {Promise<Result[]>} the differences of each program that showed every time
 */
async function runPrograms (setting, programs) {
  /** @type {Door} */
  const door = require(setting.doorFile)
  const topics = new Topics(setting.brokers, door)
  const results = programs.map((program) => ({ program, rows: /** @type {Row[]} */ ([]) }))
  try {
    let left = results.map((_, index) => index)
    for (const [attempt, patience] of PATIENCE.slice(0, setting.attempts).entries()) {
      if (left.length === 0) break
      const names = await topics.make(2 * left.length)
      const rows = await some([...left.keys()], (at) =>
        runBoth(setting, door, programs[left[at]], [names[2 * at], names[2 * at + 1]], patience))
      for (const [at, index] of left.entries()) {
        const before = results[index].rows
        results[index].rows = attempt === 0 ? rows[at] : rows[at].filter(({ label }) =>
          before.some((row) => row.label === label))
      }
      left = left.filter((index) => results[index].rows.some(({ id }) => id === undefined))
    }
    return results
  } finally {
    await topics.remove()
  }
}

/**
 * @param {Setting} setting
 * @param {{ seed: number, count: number }} options
 * @returns {Promise<Result[]>}
 */
function runGenerated (setting, { seed, count }) {
  const door = require(setting.doorFile)
  return runPrograms(setting, Array.from({ length: count }, (_, i) => generate(door, seed + i)))
}

/**
 * Leaves out steps as long as the difference still shows.
 *
 * @param {Setting} setting
 * @param {Result} result
 * @returns {Promise<Result>} the shortest program that was found
 */
async function shrink (setting, result) {
  const kinds = new Set(result.rows.filter(({ id }) => id === undefined).map(({ kind }) => kind))
  const showsIt = (/** @type {Result} */ { rows }) => rows.some(({ id, kind }) => id === undefined && kinds.has(kind))
  for (let progress = true; progress;) {
    progress = false
    const { program } = result
    const shorter = program.steps.map((_, i) => ({ ...program, steps: program.steps.filter((_, at) => at !== i) }))
    // from the end: what comes last is rarely the cause
    const found = (await runPrograms(setting, shorter)).reverse().find(showsIt)
    if (found) {
      result = found
      progress = true
    }
  }
  return result
}

module.exports = { runGenerated, runPrograms, shrink }
