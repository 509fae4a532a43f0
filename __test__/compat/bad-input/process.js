'use strict'

// The process in which the cases of one side run:
//   node process.js '{"folder":"...","brokers":"...","topic":"...","other":"...","tag":"...","deadline":5000}'
// It is told which arguments to try, one message each, and answers with what came of every value.

const path = require('node:path')
const { AsyncLocalStorage } = require('node:async_hooks')
const { ARGUMENTS } = require('./arguments')
const { Case } = require('./case')
const { VALUES } = require('./values')

const { folder, brokers, topic, other, tag, deadline } = JSON.parse(process.argv[2])

/** How long to wait for further consequences of a case once it has shown something, ms. */
const AFTERMATH = 20

/** @typedef {{ case: Case | null, index: number }} Lane the values of one argument, one after another */

/** @type {AsyncLocalStorage<Lane>} whose code is running, even when it throws where nobody catches */
const lanes = new AsyncLocalStorage()
/** @type {Set<Lane>} */
const running = new Set()

const load = (file = '') => require(path.join(folder, file))

/** @param {{ index: number, values: string[] }} which */
async function runLane ({ index, values }) {
  /** @type {Lane} */
  const lane = { case: null, index }
  running.add(lane)
  await lanes.run(lane, async () => {
    /** @type {{ object: any, cleanups?: (() => any)[] }} */
    const kept = { object: null }
    const discard = () => {
      for (const cleanup of kept.cleanups || []) {
        try { cleanup() } catch { /* broken by what it was given */ }
      }
      kept.object = null
      kept.cleanups = []
    }
    for (const value of values) {
      const at = Object.keys(VALUES).indexOf(value)
      const x = new Case({ load, brokers, topic, other, tag: `${tag}-${index}-${at}`, kept })
      lane.case = x
      process.send?.({ index, value, begins: true })
      let timer
      const late = new Promise((resolve) => { timer = setTimeout(resolve, deadline) })
      const work = (async () => ARGUMENTS[index].run(x, VALUES[value]()))()
      work.catch((error) => x.note('throws', error))
      await Promise.race([x.finished, late])
      clearTimeout(timer)
      await new Promise((resolve) => setTimeout(resolve, AFTERMATH))
      process.send?.({ index, value, outcome: x.outcome || 'silent', later: x.later })
      const isBroken = !x.outcome || /^(crashes|emits)/.test(x.outcome)
      x.end()
      if (isBroken) discard()
    }
    lane.case = null
    discard()
  })
  running.delete(lane)
  process.send?.({ index, ended: true })
}

/** @param {any} error */
function uncaught (error) {
  const lane = lanes.getStore() || (running.size === 1 ? [...running][0] : undefined)
  if (lane && lane.case) lane.case.note('crashes', error)
  else process.send?.({ stray: error && error.stack || String(error) })
}
process.on('uncaughtException', uncaught)
process.on('unhandledRejection', uncaught)

process.on('message', runLane)
setInterval(() => process.send?.({ beat: true }), 1000).unref()
load()
process.send?.({ ready: true })
