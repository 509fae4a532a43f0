'use strict'

// What goes wrong, and when: planned from the seed, carried out one step after the other in each of two lanes, one for
// clients and one for brokers.

const { setTimeout: delay } = require('node:timers/promises')

const { Random } = require('../support/random')

/**
 * @typedef {object} Step
 * @property {number} wait ms after the one before
 * @property {'kill' | 'pause' | 'reset' | 'kill broker' | 'pause broker' | 'cut broker'} kind
 * @property {number} target which client or broker, modulo how many there are
 * @property {number} lasts ms
 */

/** @type {Step['kind'][][]} */
const LANES = [['kill', 'pause', 'kill', 'pause', 'reset'], ['kill broker', 'pause broker', 'cut broker']]
/** The shortest and the longest wait between two steps, ms. */
const WAIT_MS = [200, 2500]
/** The same of what a step lasts: most are within a session, some are not. */
const SHORT_MS = [200, 2500]
const LONG_MS = [5000, 10000]
const LONG = 0.25

/** @param {Random} random @param {number[]} range @returns {number} */
function between (random, [from, to]) {
  return from + random.below(to - from)
}

/**
 * Each kind of a lane once in any order, then again.
 *
 * @param {number} seed
 * @param {number} seconds
 * @returns {Step[][]} by lane; they begin within this time
 */
function plan (seed, seconds) {
  return LANES.map((kinds, lane) => {
    const random = Random.named(seed, `nemesis ${lane}`)
    /** @type {Step[]} */
    const steps = []
    /** @type {Step['kind'][]} */
    let bag = []
    for (let time = 0; ;) {
      if (bag.length === 0) bag = [...kinds]
      const [kind] = bag.splice(random.below(bag.length), 1)
      const [wait, target] = [between(random, WAIT_MS), random.below(1000)]
      const lasts = between(random, random.chance(LONG) ? LONG_MS : SHORT_MS)
      time += wait
      if (time >= seconds * 1000) return steps
      steps.push({ wait, kind, target, lasts })
      time += lasts
    }
  })
}

/**
 * Carries out a lane until the time is over. Whatever was stopped, cut or down goes on again before this resolves.
 *
 * @param {Step[]} steps
 * @param {object} options
 * @param {(step: Step, rest: (ms: number) => Promise<unknown>) => Promise<string>} options.act says what it did
 * @param {AbortSignal} options.over
 * @param {(text: string) => void} options.saw
 */
async function carryOut (steps, { act, over, saw }) {
  const rest = (/** @type {number} */ ms) => delay(ms, undefined, { signal: over }).catch(() => {})
  for (const step of steps) {
    await rest(step.wait)
    if (over.aborted) return
    saw(await act(step, rest))
  }
}

module.exports = { carryOut, plan }
