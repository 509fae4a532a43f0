'use strict'

// Runs the four scripts of a folder in an application, on a broker at 127.0.0.1:9092, and prints what it saw as JSON.
// A process of its own, so that package.test.js can put it into a private network namespace.
//
//   node run-scripts.js '{"application": DIR, "broker": "embedded" | "4" | "3.9", "scripts": [DIR, ...]}'

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const PORT = 9092
const DEADLINE_MS = 90000
const RETRY_MS = 3000

/** A script as a process in the application, with everything it prints. */
class Script {
  constructor (cwd, args) {
    this.name = args.join(' ')
    this.output = ''
    this.waiting = new Set()
    this.child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout.setEncoding('utf8').on('data', (text) => this.add(text))
    this.child.stderr.setEncoding('utf8').on('data', (text) => this.add(text))
    this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => {
      this.exit = { code, signal }
      this.add(this.stopped ? '' : `(ended by itself: ${signal || `exit code ${code}`})\n`)
      resolve(this.exit)
    }))
  }

  add (text) {
    this.output += text
    for (const check of this.waiting) check()
  }

  /** Resolves with whether the pattern was printed before the deadline or the end of the script. */
  prints (pattern, timeout) {
    return new Promise((resolve) => {
      const check = () => {
        const found = pattern.test(this.output)
        if (!found && !this.exit) return
        clearTimeout(timer)
        this.waiting.delete(check)
        resolve(found)
      }
      const timer = setTimeout(() => {
        this.waiting.delete(check)
        resolve(false)
      }, timeout)
      this.waiting.add(check)
      check()
    })
  }

  async stop () {
    this.stopped = true
    this.child.kill('SIGKILL')
    await this.ended
  }
}

async function startBroker (application, broker) {
  if (broker === 'embedded') {
    const { startDevBroker } = require(path.join(application, 'node_modules', 'kafka-node', 'dev-broker.js'))
    return startDevBroker({ port: PORT, topics: ['test:1'] })
  }
  const { startKafka } = require('../../tools/kafka')
  const kafka = await startKafka({ version: broker, port: PORT })
  // Kafka creates a topic only when somebody asks for it, and a Consumer does not.
  const create = new Script(application, ['-e', `
    const client = new (require('kafka-node').KafkaClient)({ kafkaHost: '127.0.0.1:${PORT}' })
    client.on('ready', () => {
      client.createTopics([{ topic: 'test', partitions: 1, replicationFactor: 1 }], (err, failed) => {
        if (err || failed && failed.length) throw err || new Error(failed[0].error)
        client.close(() => console.log('created'))
      })
    })`])
  const created = await create.prints(/created/, DEADLINE_MS)
  await create.stop()
  if (created) return kafka
  await kafka.stop()
  throw new Error(`topic test could not be created:\n${create.output}`)
}

const SENT = /success send message|^sent /m
const MESSAGE = /topic: 'test'[\s\S]*value: 'hi'/

/** consumer.js prints what producer.js sends. */
async function runPair (folder) {
  const consumer = new Script(folder, ['consumer.js'])
  const producer = new Script(folder, ['producer.js'])
  const sent = await producer.prints(SENT, DEADLINE_MS)
  const received = await consumer.prints(MESSAGE, DEADLINE_MS)
  await Promise.all([consumer.stop(), producer.stop()])
  return { sent, received, consumer: consumer.output, producer: producer.output }
}

/**
 * A new group starts at the end of the topic and the script does not say when it has joined, so messages are sent
 * until one arrives.
 */
async function runGroup (folder) {
  const consumer = new Script(folder, ['-e', 'require("./at-most-once/consumer.js")()'])
  const deadline = Date.now() + DEADLINE_MS
  let sent = false
  let received = false
  let output = ''
  while (!received && Date.now() < deadline && !consumer.exit) {
    const producer = new Script(folder, ['-e', 'require("./at-most-once/producer.js")()'])
    sent = await producer.prints(SENT, DEADLINE_MS)
    received = sent && await consumer.prints(MESSAGE, RETRY_MS)
    await producer.stop()
    output = producer.output
    if (!sent) break
  }
  await consumer.stop()
  return { sent, received, consumer: consumer.output, producer: output }
}

async function main () {
  const { application, broker, scripts } = JSON.parse(process.argv[2])
  const results = {}
  for (const source of scripts) {
    // Inside the application, so that the scripts find its node_modules and nothing else.
    const folder = fs.mkdtempSync(path.join(application, 'scripts-'))
    fs.cpSync(source, folder, { recursive: true })
    // A broker for each, since members that are killed stay in their group until their session ends.
    const running = await startBroker(application, broker)
    try {
      results[source] = { pair: await runPair(folder), group: await runGroup(folder) }
    } finally {
      await running.stop()
    }
  }
  process.stdout.write(`${JSON.stringify(results)}\n`)
}

main().then(() => process.exit(0), (err) => {
  console.error(err)
  process.exit(1)
})
