'use strict'

// The process in which one side runs: the original, or ours.
//   node side.js '{"side":"original","folder":"...","file":"...","brokers":"...","tag":"...","wanted":[0,1]}'

const path = require('node:path')
const { show } = require('./show')

// `wanted`: these scenarios, several at a time. `only`: this one, after which the process is left to end by itself.
// `traces`: the file of the class that records.
const { side, folder, file, brokers, tag, traces, only, wanted } = JSON.parse(process.argv[2])

/** How many scenarios run at a time: most of them only wait. */
const CONCURRENCY = 6

/** @type {typeof import('./trace')} */
const { Trace } = require(traces)
/** @type {import('./section').Section} */
const { scenarios } = require(file)
/** @type {Map<number, any>} */
const running = new Map()

/** @param {string} [file] @returns {any} */
const load = (file = '') => require(path.join(folder, file))

/** @param {number} index */
async function runScenario (index) {
  const scenario = scenarios[index]
  const trace = new Trace({ module: load, brokers, side, tag: `${tag}-${index}` })
  running.set(index, trace)
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${scenario.timeout} ms`)), scenario.timeout)
  })
  const run = (async () => {
    await scenario.run(trace)
    await trace.finish()
  })()
  /** @type {string | null} */
  let failure = null
  await Promise.race([run, late]).catch((error) => { failure = error.stack })
  clearTimeout(timer)
  if (failure) await Promise.race([trace.finish(), new Promise((resolve) => setTimeout(resolve, 6000))])
  running.delete(index)
  await new Promise((resolve) => {
    process.send?.({ index, tracks: [...trace.tracks], failure }, undefined, undefined, resolve)
  })
}

process.on('uncaughtException', (error) => {
  if (only !== undefined) {
    running.get(only)?.line('uncaught', show(error))
    return
  }
  const titles = [...running.keys()].map((index) => scenarios[index].title)
  const crash = `${error.stack}\n  while running: ${titles.join('; ')}`
  process.send?.({ crash }, undefined, undefined, () => process.exit(1))
})

// Whoever started this process sees whether its event loop still turns.
const beat = setInterval(() => {
  if (process.connected) process.send?.({ running: [...running.keys()].map((index) => scenarios[index].title) })
}, 1000)
beat.unref()

async function main () {
  if (only !== undefined) {
    await runScenario(only)
    // The end of this process is part of what is compared.
    process.disconnect()
    return
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    for (let index = wanted.shift(); index !== undefined; index = wanted.shift()) await runScenario(index)
  }))
  process.exit(0)
}

main()
