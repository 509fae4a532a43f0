'use strict'

// For programs under test. They run on every Node from 14 on, on Bun and on Deno, hence the old-fashioned JavaScript.

const fs = require('fs')
const path = require('path')

/** The package under test. */
const root = path.join(__dirname, '..', '..', '..')
const kafkaHost = process.env.KAFKA_BROKERS
/** Whose API the programs use that can use either: `kafka-node` or `kafkajs`. */
const door = process.env.KAFKA_DOOR || 'kafka-node'

/** Written synchronously, so that nothing is lost if the process ends abruptly. */
function say (line) {
  fs.writeSync(1, line + '\n')
}

/** Names of the native threads that are ours or librdkafka's (Linux). */
function nativeThreads () {
  const names = []
  for (const task of fs.readdirSync('/proc/self/task')) {
    try {
      const name = fs.readFileSync('/proc/self/task/' + task + '/comm', 'utf8').trim()
      if (/^(kafka-|rdk:)/.test(name)) names.push(name)
    } catch {
      // gone between listing and reading
    }
  }
  return names.sort()
}

/** The targets of open file descriptors, without those that the listing itself needs. */
function descriptors () {
  const found = []
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      found.push(fs.readlinkSync('/proc/self/fd/' + fd))
    } catch {
      // the listing's own
    }
  }
  return found.sort()
}

/**
 * Polls until `check` is true.
 *
 * @param {() => boolean} check
 * @param {() => void} then
 */
function when (check, then) {
  if (check()) then()
  else setTimeout(when, 5, check, then)
}

/** Resident memory in MiB. */
function rss () {
  return process.memoryUsage().rss / 1024 / 1024
}

module.exports = { root, kafkaHost, door, say, nativeThreads, descriptors, when, rss }
