'use strict'

const fs = require('node:fs')

/**
 * Writes an event and returns when the system has it: it arrives even if the next thing that happens is a SIGKILL.
 *
 * @param {string} event
 * @param {...any} args
 */
function say (event, ...args) {
  const line = Buffer.from(`${JSON.stringify([event, ...args])}\n`)
  for (let at = 0; at < line.length;) {
    try {
      at += fs.writeSync(1, line, at)
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error
    }
  }
}

/** What the test asks this program to do. */
const config = JSON.parse(process.argv[2])

module.exports = { say, config }
