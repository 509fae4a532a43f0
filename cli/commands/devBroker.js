'use strict'

const fs = require('fs')
const { InvalidArgumentError } = require('commander')
const { EXIT } = require('../failures')
const { many } = require('../arguments')
const { onInterrupt } = require('../interruption')
const { Output } = require('../output')
const { setInterval } = require('../../core/scheduling/timers')

const DEFAULT_PORT = 9092

/** @param {string} text */
function port (text) {
  if (text === '') throw new InvalidArgumentError('It needs a value.')
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`It needs a number, got "${text}".`)
  return Number(text)
}

/** @param {() => void} end called once the program that started this one is gone */
function watchParent (end) {
  // npx does not pass on signals, and leaves its program behind when it is killed.
  const parent = process.ppid
  setInterval(() => { if (process.ppid !== parent) end() }, 1000).unref()
  if (process.connected) process.on('disconnect', end)
  const stdin = fs.fstatSync(0)
  // Only a pipe shows a parent's end. A terminal does not, and /dev/null, which background jobs get, is at its end from
  // the start.
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on('end', end).resume()
}

/** @param {{ port: number, topic?: string[], json?: boolean }} options */
async function runDevBroker ({ port, topic: topics = [], json }) {
  const { startDevBroker } = require('../../dev-broker/broker')
  const output = new Output({ json })
  const broker = await startDevBroker({ port, topics, quiet: true })
  broker.ref()
  broker.on('log', ({ text }) => output.note(text))
  broker.on('exit', error => {
    if (error !== null) output.note(error.message)
    process.exit(error === null ? EXIT.ok : EXIT.failure)
  })

  const end = () => { broker.stop() }
  onInterrupt(end)
  watchParent(end)

  if (json) return output.line(JSON.stringify({ brokers: broker.brokers, topics }))
  output.line(broker.notice)
  const created = topics.length > 0 ? `, topics ${topics.join(', ')}` : ''
  output.line(`Listening on ${broker.brokers}${created}. Ctrl-C ends it.`)
}

/** @param {import('commander').Command} program */
module.exports = program => {
  program.command('dev-broker')
    .summary('start an in-memory Kafka broker, for development and tests')
    .description('Starts an in-memory Kafka broker on 127.0.0.1, for development and tests only.')
    .option('--port <n>', 'port to listen on; 0 takes any free one', port, DEFAULT_PORT)
    .option('--topic <name[:partitions]>',
      'create this topic at once, with one partition unless given; may be repeated', many)
    .option('--json', 'print the address as JSON')
    .addHelpText('after', `
Examples:
  kafka-node-native dev-broker --topic orders:3 --topic payments
  kafka-node-native dev-broker --port 0 --json`)
    .action(runDevBroker)
}
