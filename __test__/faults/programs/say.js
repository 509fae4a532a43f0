'use strict'

const fs = require('node:fs')

const file = fs.openSync(String(process.env.FAULTS_EVENTS), 'a')

/**
 * Writes an event and returns once the system has it, so that it survives even an immediate SIGKILL.
 * The line is a JSON array of the time in ms, the event's name and the arguments.
 *
 * @param {string} event
 * @param {...any} args
 */
function say (event, ...args) {
  const line = Buffer.from(`${JSON.stringify([Date.now(), event, ...args])}\n`)
  for (let at = 0; at < line.length;) at += fs.writeSync(file, line, at)
}

/**
 * Writes an error event with what a test wants to know about it.
 *
 * @param {any} error
 * @param {string} [event]
 */
function sayError (error, event = 'error') {
  const isError = error instanceof Error
  say(event, isError, isError ? error.name : typeof error, isError ? error.message : String(error), error && error.code)
}

/** What the test asks this program to do. */
const config = JSON.parse(process.argv[2] || '{}')

module.exports = { say, sayError, config }
