'use strict'

const crypto = require('node:crypto')
const path = require('node:path')
const { fork } = require('node:child_process')
const { createTopic, produceRaw } = require('../../support/kafka')
const { originalFolder } = require('../support/original')
const { ARGUMENTS } = require('./arguments')
const { VALUES } = require('./values')

const ROOT = path.join(__dirname, '..', '..', '..')
/** A process without a sign of life for this long has blocked its event loop, ms. */
const SILENCE = 8000

/** How many processes run at a time, each with one argument. */
const ALONE = 6

/** @typedef {{ index: number, values: string[] }} Lane values of one argument, one after another */
/**
 * @typedef {{ outcome: string, later: string[] }} Outcome `outcome` is `works: ...`, `throws: Name: message`,
 *   `calls back with: ...`, `emits: ...`, `crashes: ...`, `silent`, `ends the process: ...` or `blocks`
 */

/**
 * Runs every value in the place of every argument on one side.
 *
 * @param {object} options
 * @param {'original' | 'ours'} options.side
 * @param {string} options.brokers
 * @param {number} options.deadline ms for a case to show something
 * @param {(label: string) => boolean} [options.only]
 * @param {number} [options.lanes] arguments at a time: kafka-node is mostly silent until the deadline
 * @param {Map<string, Outcome>} [options.outcomes] to be filled
 * @returns {Promise<{ outcomes: Map<string, Outcome>, strays: string[] }>} outcomes by label; strays: exceptions that
 *   nobody caught and that cannot be traced to a case
 */
async function runCases ({ side, brokers, deadline, only = () => true, lanes: most = 8,
  outcomes = new Map() }) {
  const folder = side === 'original' ? await originalFolder() : ROOT
  const tag = `bad-${crypto.randomBytes(4).toString('hex')}${side[1]}`
  const [topic, other] = await Promise.all(['topic', 'other'].map((name) => createTopic(brokers, `${tag}-${name}`)))
  await produceRaw(brokers, topic, [{ value: 'one' }])
  /** @type {string[]} */
  const strays = []
  const world = { folder, brokers, topic, other, deadline }
  const all = ARGUMENTS.map((argument, index) => ({
    index, values: Object.keys(VALUES).filter((value) => only(label(argument, value)))
  })).filter(({ values }) => values.length > 0)

  /**
   * Runs lanes in one process until it ends.
   *
   * @param {Lane[]} lanes taken from the front
   * @param {number} concurrency
   * @returns {Promise<{ left: Lane[], end: string }>} the lanes that were running when the process ended, and how
   */
  async function runTogether (lanes, concurrency) {
    /** @type {Map<number, string[]>} the values of each argument that are not done */
    const running = new Map()
    const child = fork(path.join(__dirname, 'process.js'), [JSON.stringify({ ...world, tag: `${tag}${count++}` })], {
      execArgv: ['--no-deprecation', '--no-warnings'], stdio: ['ignore', 'ignore', 'pipe', 'ipc']
    })
    let errors = ''
    let isBlocked = false
    child.stderr?.on('data', (chunk) => { errors = (errors + chunk).slice(-2000) })
    const more = () => {
      while (running.size < concurrency) {
        const lane = lanes.shift()
        if (!lane) break
        running.set(lane.index, lane.values)
        child.send(lane)
      }
      if (running.size === 0) child.kill('SIGKILL')
    }
    /** @type {NodeJS.Timeout | undefined} */
    let silence
    const alive = () => {
      clearTimeout(silence)
      silence = setTimeout(() => {
        isBlocked = true
        child.kill('SIGKILL')
      }, SILENCE)
    }
    child.on('message', (/** @type {any} */ { index, value, begins, outcome, later, ended, ready, stray }) => {
      alive()
      if (begins) {
        const values = /** @type {string[]} */ (running.get(index))
        running.set(index, values.slice(values.indexOf(value)))
      }
      if (stray) strays.push(`${[...running].map(([i, [now]]) => label(ARGUMENTS[i], now)).join('; ')}: ${stray}`)
      if (outcome) outcomes.set(label(ARGUMENTS[index], value), { outcome, later })
      if (ended) running.delete(index)
      if (ended || ready) more()
    })
    alive()
    await new Promise((resolve) => child.on('exit', resolve))
    clearTimeout(silence)
    return {
      left: [...running].map(([index, values]) => ({ index, values })),
      end: isBlocked ? 'blocks' : `ends the process: ${errors}`
    }
  }

  /** @param {Lane} lane what ends its process is known then */
  async function runAlone (lane) {
    for (let next = [lane]; next.length > 0;) {
      const { left, end } = await runTogether(next, 1)
      next = []
      for (const { index, values } of left) {
        outcomes.set(label(ARGUMENTS[index], values[0]), { outcome: end, later: [] })
        if (values.length > 1) next = [{ index, values: values.slice(1) }]
      }
    }
  }

  let count = 0
  while (all.length > 0) {
    // One of those that are left when the process has ended is to blame.
    const { left } = await runTogether(all, most)
    await Promise.all(Array.from({ length: ALONE }, async () => {
      for (let lane = left.shift(); lane; lane = left.shift()) await runAlone(lane)
    }))
  }
  return { outcomes, strays }
}

/** @param {import('./arguments').Argument} argument @param {string} value */
function label ({ of, name }, value) {
  return `${of} ${name} = ${value}`
}

module.exports = { label, runCases }
