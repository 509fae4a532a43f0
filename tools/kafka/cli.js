#!/usr/bin/env node
'use strict'

const { spawn } = require('node:child_process')

const { startKafka } = require('./index')
const { USAGE, parseArguments } = require('./args')
const running = require('./running')
const { createTopics, metadata, parseAddress, withConnection } = require('./wire')
const { waitUntilReady } = require('./ready')

const TOPIC_ALREADY_EXISTS = 36

/**
 * @param {string} brokers
 * @param {{ name: string, partitions: number }[]} topics
 */
async function makeTopics (brokers, topics) {
  if (topics.length === 0) return
  const address = parseAddress(brokers)
  const { brokers: nodes, controllerId } = await withConnection(address, (connection) => metadata(connection))
  const controller = nodes.find((node) => node.id === controllerId) || address
  const results = await withConnection({ ...controller, timeout: 30000 }, (c) => createTopics(c, topics))
  for (const { name, error, message } of results) {
    if (error !== 0 && error !== TOPIC_ALREADY_EXISTS) {
      throw new Error(`Topic ${name} could not be created: ${message || `error ${error}`}`)
    }
  }
  const names = topics.map((topic) => topic.name)
  await waitUntilReady({ ...address, topics: names, timeout: 30000, alive: () => true })
}

/** @param {import('./args').Arguments} args */
async function start ({ version, port, topics }) {
  let stop = () => {}
  const asked = new Promise((resolve) => { stop = () => resolve(undefined) })
  // Installed at once, so that the broker can be interrupted while it starts.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, stop)

  const starting = startKafka({ version, port, log: (line) => console.error(line) })
  const kafka = await Promise.race([starting, asked])
  if (!kafka) {
    await starting.then((late) => late.stop(), () => {})
    return
  }
  let forget = () => {}
  try {
    await makeTopics(kafka.brokers, topics)
    if (!kafka.external) forget = await running.announce(kafka, stop)
    console.log(`Kafka ${kafka.version} on ${kafka.brokers}`)
    if (process.send) {
      process.send({ brokers: kafka.brokers, version: kafka.version })
      process.disconnect()
    } else {
      console.log('Ctrl-C ends it and removes its data')
    }
    const keepAlive = setInterval(() => {}, 2 ** 30)
    await asked
    clearInterval(keepAlive)
  } finally {
    await kafka.stop()
    forget()
  }
}

/** @param {string[]} argv */
async function startDetached (argv) {
  const args = argv.filter((argument) => argument !== '--detach')
  const child = spawn(process.execPath, [__filename, ...args], {
    detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc']
  })
  const complaints = /** @type {import('node:stream').Readable} */ (child.stderr)
  // Its errors are passed on until it is ready; after that nobody is left to read them.
  complaints.pipe(process.stderr)
  const ready = await new Promise((resolve) => {
    child.once('message', resolve)
    child.once('exit', () => resolve(null))
  })
  complaints.unpipe()
  if (!ready) {
    process.exitCode = 1
    return
  }
  console.log(`Kafka ${ready.version} on ${ready.brokers} (stop it with: node tools/kafka/cli.js stop)`)
  complaints.destroy()
  child.unref()
}

/** @param {number | undefined} port */
async function stopRunning (port) {
  const entries = (await running.list()).filter(({ brokers }) => !port || brokers.endsWith(`:${port}`))
  if (entries.length === 0) console.log('Nothing is running')
  for (const entry of entries) {
    await running.stop(entry)
    console.log(`Stopped Kafka ${entry.version} on ${entry.brokers}`)
  }
}

async function status () {
  const entries = await running.list()
  if (entries.length === 0) console.log('Nothing is running')
  for (const { version, brokers, pid } of entries) console.log(`Kafka ${version} on ${brokers} (process ${pid})`)
}

/** @param {string[]} argv */
async function main (argv) {
  const args = parseArguments(argv)
  if (args.command === 'help') console.log(USAGE)
  else if (args.command === 'status') await status()
  else if (args.command === 'stop') await stopRunning(args.port)
  else if (args.detach && !process.env.KAFKA_BROKERS) await startDetached(argv)
  else await start(args)
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message)
  process.exitCode = 1
  if (process.connected) process.disconnect()
})
