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
const SILENCE = 20000

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
 * @param {number} [options.lanes] arguments at a time: kafka-node mostly keeps silent until the deadline
 * @param {Map<string, Outcome>} [options.outcomes] to be filled
 * @returns {Promise<{ outcomes: Map<string, Outcome>, strays: string[] }>} outcomes by label; strays: exceptions that
 *   nobody caught and that cannot be told from which case they came
 */
async function runCases ({ side, brokers, deadline, only = () => true, lanes: most = 8,
  outcomes = new Map() }) {
  const folder = side === 'original' ? await originalFolder() : ROOT
  const tag = `bad-${crypto.randomBytes(4).toString('hex')}${side[1]}`
  const [topic, other] = await Promise.all(['topic', 'other'].map((name) => createTopic(brokers, `${tag}-${name}`)))
  await produceRaw(brokers, topic, [{ value: 'one' }])
  const values = Object.keys(VALUES)
  /** @type {string[]} */
  const strays = []
  let lanes = ARGUMENTS.map((argument, index) => ({ index, from: 0 }))
    .filter(({ index }) => only(label(ARGUMENTS[index], '')))
  let concurrency = most

  while (lanes.length > 0) {
    /** @type {Map<number, number>} the value at which each argument is */
    const running = new Map()
    const child = fork(path.join(__dirname, 'process.js'), [
      JSON.stringify({ folder, brokers, topic, other, tag: `${tag}${lanes.length}`, deadline })
    ], { execArgv: ['--no-deprecation', '--no-warnings'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let errors = ''
    let isBlocked = false
    child.stderr?.on('data', (chunk) => { errors = (errors + chunk).slice(-2000) })
    const more = () => {
      while (running.size < concurrency) {
        const lane = lanes.shift()
        if (!lane) break
        running.set(lane.index, lane.from)
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
    child.on('message', (/** @type {any} */ { index, at, begins, outcome, later, ended, ready, stray }) => {
      alive()
      if (begins) running.set(index, at)
      if (stray) strays.push(`${[...running].map(([i, v]) => label(ARGUMENTS[i], values[v])).join('; ')}: ${stray}`)
      if (outcome) outcomes.set(label(ARGUMENTS[index], values[at]), { outcome, later })
      if (ended) running.delete(index)
      if (ended || ready) more()
    })
    alive()
    await new Promise((resolve) => child.on('exit', resolve))
    clearTimeout(silence)
    if (running.size === 0) continue
    // One of these values did it: which one, shows when each runs alone.
    const left = [...running].map(([index, from]) => ({ index, from }))
    if (running.size > 1) {
      lanes = [...left, ...lanes]
      concurrency = 1
      continue
    }
    const [{ index, from }] = left
    const outcome = isBlocked ? 'blocks' : `ends the process: ${errors}`
    outcomes.set(label(ARGUMENTS[index], values[from]), { outcome, later: [] })
    if (from + 1 < values.length) lanes = [{ index, from: from + 1 }, ...lanes]
    concurrency = most
  }
  return { outcomes, strays }
}

/** @param {import('./arguments').Argument} argument @param {string} value */
function label ({ of, name }, value) {
  return `${of} ${name} = ${value}`
}

module.exports = { label, runCases }
