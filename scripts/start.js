'use strict'

// npm start: sets everything up and runs the blog's two scripts against the embedded broker,
// or against a real cluster with KAFKA_BROKERS=host:port.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { root } = require('./lib/paths')
const { eachLine } = require('./lib/processes')
const { setup, SetupError } = require('./setup')

const PORT = 9092
const TOPIC = 'test'
const PATIENCE_MS = 30000
// A topic on a real cluster may hold any number of messages; this many show what they look like.
const CONSUMER_LINES = 40

class StartError extends Error {}

/**
 * Resolves if nobody listens on the port.
 *
 * @param {number} port
 * @returns {Promise<void>}
 */
function assertPortFree (port) {
  return new Promise((resolve, reject) => {
    const probe = net.createServer()
    probe.once('error', (/** @type {NodeJS.ErrnoException} */ err) => {
      if (err.code !== 'EADDRINUSE') return reject(err)
      reject(new StartError(
        `Port ${port} is in use, so the embedded broker cannot start there. Stop what listens on it, or, if it is a ` +
        `Kafka broker, run the examples against it:\n  KAFKA_BROKERS=127.0.0.1:${port} npm start`))
    })
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()))
  })
}

/** An application folder with nothing but the examples and, as its `kafka-node`, this checkout. */
function makeApplication () {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-start-'))
  fs.mkdirSync(path.join(folder, 'node_modules'))
  // A junction needs no administrator rights on Windows; elsewhere the type is ignored.
  fs.symlinkSync(root, path.join(folder, 'node_modules', 'kafka-node'), 'junction')
  fs.cpSync(path.join(root, 'examples', 'blog'), folder, { recursive: true })
  return folder
}

/**
 * Creates the topic on a real cluster; one that already exists is fine.
 *
 * @param {string} kafkaHost
 */
function createTopic (kafkaHost) {
  const { KafkaClient } = require(root)
  return new Promise((resolve, reject) => {
    const client = new KafkaClient({ kafkaHost, connectTimeout: 10000 })
    const fail = (/** @type {Error} */ err) => client.close(() => reject(
      new StartError(`The cluster at ${kafkaHost} could not be used: ${err.message}`)))
    client.once('error', fail)
    client.once('ready', () => {
      const topics = [{ topic: TOPIC, partitions: 1, replicationFactor: 1 }]
      client.createTopics(topics, (/** @type {any} */ err, /** @type {{error: string}[]} */ failures = []) => {
        const real = failures.find(({ error }) => !/exist/i.test(error))
        if (err || real) return fail(err || new Error(real && real.error))
        client.close(resolve)
      })
    })
  })
}

/**
 * Starts one example as a separate process and shows what it prints, prefixing each line with its name.
 *
 * @param {string} application
 * @param {string} name
 * @param {string} kafkaHost
 * @param {{limit?: number, onLine: (line: string) => void}} options
 */
function runExample (application, name, kafkaHost, { limit = Infinity, onLine }) {
  const child = spawn(process.execPath, [`${name}.js`], {
    cwd: application,
    env: { ...process.env, KAFKA_BROKERS: kafkaHost },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let shown = 0
  const show = (/** @type {string} */ line) => {
    shown++
    if (shown <= limit) console.log(`[${name}] ${line}`)
    if (shown === limit + 1) console.log(`[${name}] ... (more of the same is not shown)`)
    onLine(line)
  }
  /** @type {Promise<{code: number | null, signal: string | null}>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  eachLine(child.stdout, show)
  eachLine(child.stderr, show)
  return {
    ended,
    stop () {
      child.kill('SIGKILL')
      return ended
    }
  }
}

/**
 * Runs both examples until the consumer has printed the message that the producer reported.
 *
 * @param {string} application
 * @param {string} kafkaHost
 */
async function runExamples (application, kafkaHost) {
  console.log(`Running examples/blog/consumer.js and examples/blog/producer.js on ${kafkaHost}.\n`)
  const seen = new Set()
  /** @type {number | null} */
  let sentAt = null
  let finish = () => {}
  const done = new Promise((resolve) => { finish = () => resolve(undefined) })
  const check = () => {
    if (sentAt !== null && seen.has(sentAt)) finish()
  }
  const consumer = runExample(application, 'consumer', kafkaHost, {
    limit: CONSUMER_LINES,
    onLine (line) {
      const offset = /\boffset: (\d+)/.exec(line)
      if (offset) seen.add(Number(offset[1]))
      check()
    }
  })
  const producer = runExample(application, 'producer', kafkaHost, {
    onLine (line) {
      const offset = /^sent .*"0":(\d+)/.exec(line)
      if (offset) sentAt = Number(offset[1])
      check()
    }
  })
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  /** @type {(name: string) => (end: {code: number | null, signal: string | null}) => never} */
  const failed = (name) => ({ code, signal }) => {
    throw new StartError(`${name}.js ended by itself: ${signal || `exit code ${code}`}, see its output above.`)
  }
  try {
    await Promise.race([
      done,
      consumer.ended.then(failed('consumer')),
      producer.ended.then(failed('producer')),
      new Promise((resolve, reject) => {
        const expire = () => reject(new StartError(sentAt === null
          ? `The producer reported no message within ${PATIENCE_MS / 1000} s.`
          : `The consumer did not print the producer's message, offset ${sentAt}, within ${PATIENCE_MS / 1000} s.`))
        timer = setTimeout(expire, PATIENCE_MS)
      })
    ])
  } finally {
    clearTimeout(timer)
    await Promise.allSettled([consumer.stop(), producer.stop()])
  }
}

async function main () {
  const cluster = process.env.KAFKA_BROKERS
  if (!cluster) await assertPortFree(PORT)
  await setup()
  let broker = null
  let application = null
  try {
    if (cluster) {
      await createTopic(cluster)
    } else {
      const { startDevBroker } = require(path.join(root, 'dev-broker.js'))
      broker = await startDevBroker({ port: PORT, topics: [`${TOPIC}:1`] })
      console.log(`The embedded broker (in memory, for development and tests only) listens on ${broker.brokers}.`)
    }
    application = makeApplication()
    await runExamples(application, cluster || broker.brokers)
  } finally {
    if (broker) await broker.stop()
    if (application) fs.rmSync(application, { recursive: true, force: true })
  }
  console.log('\nBoth scripts did their work through require(\'kafka-node\'), and were stopped.')
  console.log('Next: `npm test`, the other scripts in examples/, or your own service: ' +
    'npm install kafka-node@npm:kafka-node-native')
}

main().then(
  // A client that is still closing must not keep the command running.
  () => process.exit(0),
  (err) => {
    console.error(err instanceof StartError || err instanceof SetupError ? err.message : err)
    process.exit(1)
  }
)
