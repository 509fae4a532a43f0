#!/usr/bin/env node
'use strict'

const fs = require('fs')
const { startDevBroker, DEFAULT_PORT } = require('../lib/devBroker')

const HELP = `Usage: kafka-node-native dev-broker [--port N] [--topic name[:partitions]]...

Starts an in-memory Kafka broker on 127.0.0.1, for development and tests only.

  --port N                   port to listen on; 0 takes any free one (default ${DEFAULT_PORT})
  --topic name[:partitions]  create this topic at once, with one partition unless given; may be repeated
  --help                     show this text
`

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

class UsageError extends Error {}

/**
 * @param {string[]} args
 * @returns {{ help: true } | { help: false, port: number, topics: string[] }}
 */
function parseArguments (args) {
  if (args.includes('--help') || args.includes('-h')) return { help: true }
  const [command, ...rest] = args
  if (command === undefined) throw new UsageError('a command is missing')
  if (command !== 'dev-broker') throw new UsageError(`there is no command "${command}"`)

  let port = DEFAULT_PORT
  const topics = []
  while (rest.length > 0) {
    const argument = String(rest.shift())
    const equals = argument.indexOf('=')
    const name = equals === -1 ? argument : argument.slice(0, equals)
    if (name !== '--port' && name !== '--topic') throw new UsageError(`there is no option "${argument}"`)
    const value = equals === -1 ? rest.shift() : argument.slice(equals + 1)
    if (value === undefined || value === '') throw new UsageError(`${name} needs a value`)
    if (name === '--topic') topics.push(value)
    else if (/^\d+$/.test(value)) port = Number(value)
    else throw new UsageError(`--port needs a number, got "${value}"`)
  }
  return { help: false, port, topics }
}

/** @param {() => void} end called once the program that started this one is gone */
function watchParent (end) {
  if (process.connected) process.on('disconnect', end)
  const stdin = fs.fstatSync(0)
  // Only a pipe tells of a parent's end. A terminal does not, and /dev/null, which background jobs get, is at its end
  // from the start.
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on('end', end).resume()
}

/** @param {{ port: number, topics: string[] }} options */
async function runDevBroker ({ port, topics }) {
  const broker = await startDevBroker({ port, topics, quiet: true })
  broker.ref()
  broker.on('log', ({ text }) => console.error(text))
  broker.on('exit', error => {
    if (error !== null) console.error(error.message)
    process.exit(error === null ? 0 : EXIT_FAILURE)
  })

  const end = () => { broker.stop() }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  watchParent(end)

  console.log(broker.notice)
  const created = topics.length > 0 ? `, topics ${topics.join(', ')}` : ''
  console.log(`Listening on ${broker.brokers}${created}. Ctrl-C ends it.`)
}

async function main () {
  try {
    const options = parseArguments(process.argv.slice(2))
    if (options.help) process.stdout.write(HELP)
    else await runDevBroker(options)
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`kafka-node-native: ${error.message}\n\n${HELP}`)
      process.exitCode = EXIT_USAGE
    } else {
      console.error(`kafka-node-native: ${/** @type {Error} */ (error).message}`)
      process.exitCode = EXIT_FAILURE
    }
  }
}

main()
