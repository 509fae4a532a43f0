'use strict'

const fs = require('fs')
const path = require('path')

// For programs under test, too, which run on Node 14.

const POLL_MS = 5
const POLLS = 1000

/** @param {string} task its folder in /proc */
function isStopped (task) {
  try {
    // The state follows the name, which is in parentheses.
    return /\) [TtZX] /.test(fs.readFileSync(path.join(task, 'stat'), 'utf8'))
  } catch {
    return true
  }
}

/**
 * Waits until every thread of a process that was sent SIGSTOP has stopped: `kill` returns earlier, and a broker's
 * threads may still answer. It waits only where there is /proc.
 *
 * @param {number} pid
 */
async function untilStopped (pid) {
  const tasks = `/proc/${pid}/task`
  if (!fs.existsSync(tasks)) return
  const haveStopped = () => fs.readdirSync(tasks).every(task => isStopped(path.join(tasks, task)))
  for (let i = 0; i < POLLS && !haveStopped(); i++) {
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

/**
 * Sends SIGSTOP; resolves when the process stands still.
 *
 * @param {number} pid
 */
function stopProcess (pid) {
  process.kill(pid, 'SIGSTOP')
  return untilStopped(pid)
}

module.exports = { stopProcess, untilStopped }
