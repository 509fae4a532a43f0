'use strict'

// One measurement in a process of its own: `node measure.js JOB`, JOB as JSON. Prints a line of JSON; the last one
// counts.

const { execFileSync } = require('node:child_process')
const { createRequire } = require('node:module')
const path = require('node:path')
const { medianOf } = require('./lib/results')
const tasks = require('./lib/tasks')

const CLOSE_TIMEOUT_MS = 3000
/** Processes that load a library: single ones differ by half. */
const LOADS = 21

/** @param {Record<string, unknown>} result */
const print = (result) => new Promise((resolve) => process.stdout.write(`${JSON.stringify(result)}\n`, resolve))

/**
 * @param {{from: string, name: string}} library
 * @returns {number} how long `require` takes in a new process, ms
 */
function medianLoadMs ({ from, name }) {
  const program = path.join(__dirname, 'load.js')
  const times = Array.from({ length: LOADS }, () => Number(execFileSync(process.execPath, [program, from, name])))
  return medianOf(times)
}

async function main () {
  /** @type {import('./lib/tasks').Job} */
  const job = JSON.parse(process.argv[2])
  const { adapt } = require(`./clients/${job.client}.js`)
  const load = createRequire(job.library.from)
  const loading = job.task === 'start' ? { requireMs: medianLoadMs(job.library) } : {}
  const library = load(job.library.name)
  const { result, close } = await tasks[job.task](adapt(library), job)
  const whole = { ...loading, ...result }
  await print(whole)
  measured = true
  // Only one task measures how a client closes, and then prints a second line; the result is valid without it.
  setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS)
  const closing = process.hrtime.bigint()
  await close()
  const closeMs = Number(process.hrtime.bigint() - closing) / 1e6
  if (job.task === 'start') await print({ ...whole, closeMs: Number(closeMs.toFixed(3)) })
}

let measured = false

main().catch((error) => measured ? undefined : print({ error: String(error?.message || error).slice(0, 300) }))
  .then(() => process.exit(0))
