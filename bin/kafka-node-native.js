#!/usr/bin/env node
'use strict'

const fs = require('fs')
const path = require('path')
const { startDevBroker, DEFAULT_PORT } = require('../dev-broker/broker')
const { setInterval } = require('../core/scheduling/timers')

const HELP = `Usage: kafka-node-native dev-broker [--port N] [--topic name[:partitions]]...
       kafka-node-native move-offsets --kafka-host HOST --group NAME --topic NAME [--topic NAME]... [option]...

dev-broker starts an in-memory Kafka broker on 127.0.0.1, for development and tests only.

  --port N                   port to listen on; 0 takes any free one (default ${DEFAULT_PORT})
  --topic name[:partitions]  create this topic at once, with one partition unless given; may be repeated

move-offsets copies the offsets that a Consumer of kafka-node has committed to ZooKeeper to the same group in Kafka,
where kafka-node-native keeps them. Run it once, while the group is stopped and the brokers still have ZooKeeper.
It installs kafka-node@5.0.0 with npm into a temporary folder, to read the old offsets with it.

  --kafka-host HOST          the brokers, host:port[,host:port]...
  --group NAME               the groupId of the Consumer
  --topic NAME               a topic that it read; may be repeated
  --dry-run                  only show what would be moved
  --overwrite                also where the group already has a commit in Kafka
  --client-options FILE      .json or .js module with more options of KafkaClient, such as sslOptions and sasl
  --kafka-node FOLDER        read with this installed kafka-node 5 instead of installing one

  --help                     show this text
`

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

class UsageError extends Error {}

/**
 * By command and option: whether it is a flag, takes one value, or may be repeated.
 *
 * @type {Record<string, Record<string, 'flag' | 'one' | 'many'>>}
 */
const OPTIONS = {
  'dev-broker': { '--port': 'one', '--topic': 'many' },
  'move-offsets': {
    '--kafka-host': 'one',
    '--group': 'one',
    '--topic': 'many',
    '--dry-run': 'flag',
    '--overwrite': 'flag',
    '--client-options': 'one',
    '--kafka-node': 'one'
  }
}

/**
 * @param {string[]} args
 * @returns {{ command: string, values: Record<string, any> }} values by option: true, a string, or a list of strings;
 *   command `help` when it was asked for
 */
function parseArguments (args) {
  if (args.includes('--help') || args.includes('-h')) return { command: 'help', values: {} }
  const [command, ...rest] = args
  if (command === undefined) throw new UsageError('a command is missing')
  if (!Object.prototype.hasOwnProperty.call(OPTIONS, command)) {
    throw new UsageError(`there is no command "${command}"`)
  }
  const known = OPTIONS[command]
  /** @type {Record<string, any>} */
  const values = {}
  while (rest.length > 0) {
    const argument = String(rest.shift())
    const equals = argument.indexOf('=')
    const name = equals === -1 ? argument : argument.slice(0, equals)
    if (!Object.prototype.hasOwnProperty.call(known, name)) throw new UsageError(`there is no option "${argument}"`)
    if (known[name] === 'flag') {
      if (equals !== -1) throw new UsageError(`${name} takes no value`)
      values[name] = true
      continue
    }
    const value = equals === -1 ? rest.shift() : argument.slice(equals + 1)
    if (value === undefined || value === '') throw new UsageError(`${name} needs a value`)
    if (known[name] === 'many') (values[name] = values[name] || []).push(value)
    else values[name] = value
  }
  return { command, values }
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

/** @param {Record<string, any>} values */
async function runDevBroker (values) {
  const { '--port': port = String(DEFAULT_PORT), '--topic': topics = [] } = values
  if (!/^\d+$/.test(port)) throw new UsageError(`--port needs a number, got "${port}"`)
  const broker = await startDevBroker({ port: Number(port), topics, quiet: true })
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

/** @param {Record<string, any>} values */
async function runMoveOffsets (values) {
  for (const name of ['--kafka-host', '--group', '--topic']) {
    if (!values[name]) throw new UsageError(`move-offsets needs ${name}`)
  }
  const { '--dry-run': dryRun = false, '--client-options': file } = values
  const { moveOffsets } = require('../cli/moveOffsets')
  const results = await moveOffsets({
    kafkaHost: values['--kafka-host'],
    group: values['--group'],
    topics: values['--topic'],
    overwrite: values['--overwrite'],
    dryRun,
    clientOptions: file && require(path.resolve(file)),
    original: values['--kafka-node']
  })
  const outcomes = {
    moved: dryRun ? 'would be moved' : 'moved',
    kept: 'not moved, since Kafka has a commit (--overwrite replaces it)',
    none: 'nothing to move'
  }
  const show = (/** @type {number} */ offset) => offset < 0 ? 'none' : offset
  for (const { topic, partition, zookeeper, kafka, outcome } of results) {
    console.log(`${topic} ${partition}: ZooKeeper ${show(zookeeper)}, Kafka ${show(kafka)}: ${outcomes[outcome]}`)
  }
  if (results.every(({ outcome }) => outcome === 'none')) {
    throw new Error(`ZooKeeper has no offsets of group ${values['--group']} for these topics. Is the name right?`)
  }
}

async function main () {
  try {
    const { command, values } = parseArguments(process.argv.slice(2))
    if (command === 'help') process.stdout.write(HELP)
    else if (command === 'dev-broker') await runDevBroker(values)
    else await runMoveOffsets(values)
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
