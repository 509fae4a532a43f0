'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { root } = require('./paths')
const { RUN_MARKER, killGroup, killProcess, processesOfRun, run } = require('./processes')
const { Tally } = require('./tally')

const REPORTER = path.join(__dirname, 'test-reporter.js')
const GRACE_MS = 10000

/**
 * The test files of a layer's folder, or those of them whose path contains the filter.
 *
 * @param {string} folder
 * @param {string} [filter]
 */
function testFiles (folder, filter) {
  const base = path.join(root, '__test__', folder)
  if (!fs.existsSync(base)) return []
  return fs.readdirSync(base, { recursive: true })
    .map(String)
    .filter((name) => /\.test\.[cm]?js$/.test(name) && !name.split(path.sep).includes('node_modules'))
    .map((name) => path.join(base, name))
    .filter((file) => !filter || path.relative(base, file).includes(filter))
    .sort()
}

/**
 * Kills whatever the layer's tests left running, and names it.
 *
 * @param {string} marker
 */
async function endLeftovers (marker) {
  const deadline = Date.now() + GRACE_MS
  let left = processesOfRun(marker)
  while (left.length && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    left = processesOfRun(marker)
  }
  for (const { pid } of left) killProcess(pid)
  return left
}

/**
 * Runs a layer's test files with `node --test` in a process group of their own.
 *
 * @param {{files: string[], concurrency: number, fileMinutes: number, nodeArgs?: string[], env: NodeJS.ProcessEnv,
 *   onStart: (stop: () => void) => void, onProgress: (finished: number) => void}} options
 * @returns {Promise<Tally>}
 */
async function runNodeLayer ({ files, concurrency, fileMinutes, nodeArgs = [], env, onStart, onProgress }) {
  const tally = new Tally()
  const marker = `${process.pid}-${Date.now()}`
  /** @type {string[]} */
  const noise = []
  const args = [
    // Node 20 applies this timeout to a whole file, so it bounds a file that hangs, not a slow test.
    ...nodeArgs, '--test', `--test-concurrency=${concurrency}`, `--test-timeout=${fileMinutes * 60000}`,
    `--test-reporter=${REPORTER}`, '--test-reporter-destination=stdout', ...files
  ]
  /** @type {number | undefined} */
  let pid
  const result = await run(process.execPath, args, {
    cwd: root,
    env: { ...env, [RUN_MARKER]: marker },
    detached: true,
    onStart (child) {
      pid = child.pid
      onStart(() => {
        killGroup(pid)
        for (const left of processesOfRun(marker)) killProcess(left.pid)
      })
    },
    onLine (line) {
      let event
      try {
        event = JSON.parse(line)
      } catch {
        noise.push(line)
        return
      }
      tally.add(event)
      onProgress(tally.passed + tally.failures.length)
    }
  })
  const left = await endLeftovers(marker)
  killGroup(pid)
  if (left.length) {
    tally.failures.push({
      name: 'the tests end every process that they start',
      file: '',
      text: `still running after the tests:\n${left.map((stray) => `  ${stray.pid} ${stray.command}`).join('\n')}`
    })
  }
  if (result.code !== 0 && tally.failures.length === 0) {
    tally.failures.push({
      name: 'node --test',
      file: '',
      text: `ended with ${result.signal || `exit code ${result.code}`} and no failing test:\n${noise.join('\n')}`
    })
  }
  return tally
}

module.exports = { testFiles, runNodeLayer }
