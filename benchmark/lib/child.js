'use strict'

const { spawn } = require('node:child_process')
const { killGroup } = require('../../scripts/lib/processes')

/**
 * Runs a program to its end, or to its deadline.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} options
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {number} options.deadlineMs after this the program and everything it started are killed
 * @returns {Promise<{code: number | null, reason: string | null, stdout: string, stderr: string}>} `reason` says in
 *   words why it failed; null if it did not, or if only its own output can tell
 */
function run (command, args, { cwd, env, deadlineMs }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    /** @type {string | null} */
    let reason = null
    const deadline = setTimeout(() => {
      reason = `no result within ${Math.round(deadlineMs / 1000)} s`
      killGroup(child.pid)
    }, deadlineMs)
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name].setEncoding('utf8')
      child[name].on('data', (text) => { output[name] = (output[name] + text).slice(-1_000_000) })
    }
    const forget = () => process.off('exit', kill)
    const kill = () => killGroup(child.pid)
    process.on('exit', kill)
    child.on('error', (error) => {
      clearTimeout(deadline)
      forget()
      resolve({ code: null, reason: error.message, ...output })
    })
    child.on('close', (code, signal) => {
      clearTimeout(deadline)
      forget()
      if (signal && !reason) reason = `ended by ${signal}`
      resolve({ code, reason, ...output })
    })
  })
}

module.exports = { run }
