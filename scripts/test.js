'use strict'

// npm test: sets everything up and runs every layer of tests, without those on demand.
//   npm test -- unit integration         these layers only
//   npm test -- integration/consumer  the files of a layer whose path contains `consumer`

const path = require('node:path')
const { root } = require('./lib/paths')
const { testFiles, runNodeLayer } = require('./lib/node-layer')
const { runRustLayer } = require('./lib/rust-layer')
const { setup, SetupError } = require('./setup')

/** @typedef {'4' | '3.9'} KafkaVersion */
/**
 * @typedef {object} Layer
 * @property {string} name of its folder in __test__
 * @property {number} [concurrency] test files at a time
 * @property {KafkaVersion[]} [kafka] real brokers that it needs
 * @property {boolean} [ownKafka] it starts its own real brokers, in order to break them
 * @property {number} [fileMinutes] after which a file that hangs is ended
 * @property {string[]} [nodeArgs]
 * @property {boolean} [onDemand] it runs only when it is named
 * @property {string} [filter] part of the paths of the files to run
 */

/**
 * In the order in which they run: fast ones first.
 * Two files at a time, on brokers that they share: on two cores, since most of their time is waiting.
 *
 * @type {Layer[]}
 */
const LAYERS = [
  { name: 'rust' },
  { name: 'unit', concurrency: 2 },
  { name: 'types', concurrency: 1 },
  { name: 'embedded', concurrency: 2 },
  { name: 'lifecycle', concurrency: 2, nodeArgs: ['--expose-gc'] },
  { name: 'hostile', concurrency: 2 },
  { name: 'faults', concurrency: 1, ownKafka: true, fileMinutes: 15 },
  { name: 'consistency', concurrency: 1, ownKafka: true },
  { name: 'integration', concurrency: 2, kafka: ['4', '3.9'] },
  { name: 'compat', concurrency: 1, kafka: ['4', '3.9'] },
  { name: 'compat-kafkajs', concurrency: 1, kafka: ['4', '3.9'] },
  { name: 'install', concurrency: 1, kafka: ['4', '3.9'] },
  { name: 'installers', concurrency: 1, onDemand: true, fileMinutes: 15 }
]

/**
 * The environment variable that names each shared broker to the tests.
 *
 * @type {Record<KafkaVersion, string>}
 */
const BROKER_VARIABLES = { 4: 'TEST_KAFKA_4', 3.9: 'TEST_KAFKA_39' }

const HEARTBEAT_MS = 60000

/** Several times what the longest file takes on two cores. */
const FILE_MINUTES = 8

/** In CI, this many failed files of a layer run once more: see CONTRIBUTING.md. More than that is no accident. */
const FILES_AGAIN = 3

const inCI = Boolean(process.env.CI) && process.env.CI !== 'false'

/**
 * What to stop when this process is told to stop.
 *
 * @type {Set<() => unknown>}
 */
const stops = new Set()

/** Whether this process was told to stop; then it prints nothing more. */
let interrupted = false

/**
 * @param {string[]} args
 * @returns {Layer[]}
 */
function chooseLayers (args) {
  if (args.length === 0) return LAYERS.filter(({ onDemand }) => !onDemand)
  return args.map((arg) => {
    const wanted = arg.replace(/^__test__\//, '')
    const [name, ...rest] = wanted.split('/')
    const layer = LAYERS.find((candidate) => candidate.name === name)
    if (!layer) {
      const known = LAYERS.map((candidate) => candidate.name).join(', ')
      throw new SetupError(`There is no layer '${name}'. The layers are: ${known}.`)
    }
    return { ...layer, filter: rest.join('/') || undefined }
  })
}

/** @param {Layer} layer */
function needsKafka ({ kafka, ownKafka }) {
  return Boolean(kafka || ownKafka)
}

/** @typedef {{passed: number, failed: number, skipped: number}} Counts */

/** The brokers that the chosen layers share, started once and on first use. */
class SharedBrokers {
  constructor () {
    /** @type {Map<string, ReturnType<SharedBrokers['start']>>} */
    this.started = new Map()
  }

  /** @param {KafkaVersion} version */
  get (version) {
    const starting = this.started.get(version) || this.start(version)
    this.started.set(version, starting)
    return starting
  }

  /**
   * @param {KafkaVersion} version
   * @returns {Promise<{brokers: string, stop: () => Promise<void>} | {error: Error}>}
   */
  async start (version) {
    try {
      const broker = await require('../tools/kafka').startKafka({ version, log: console.log })
      const stop = () => broker.stop()
      stops.add(stop)
      return { brokers: broker.brokers, stop }
    } catch (error) {
      return { error: /** @type {Error} */ (error) }
    }
  }

  async stop () {
    for (const starting of this.started.values()) {
      const broker = await starting
      if ('error' in broker) continue
      await broker.stop()
      stops.delete(broker.stop)
    }
  }
}

/** @param {string} text */
function indent (text) {
  return text.replace(/\n$/, '').split('\n').map((line) => `    ${line}`).join('\n')
}

/** @param {import('./lib/tally').Tally} tally */
function showFailures (tally) {
  for (const { name, file, text } of tally.failures) {
    console.log(`  failed: ${[file, name].filter(Boolean).join(' > ')}`)
    if (text) console.log(indent(text))
  }
  const files = new Set(tally.failures.map(({ file }) => file))
  for (const [file, output] of tally.output) {
    if (!files.has(file) || !output.trim()) continue
    console.log(`  everything that ${file} printed:`)
    console.log(indent(output))
  }
}

/**
 * Runs one layer and prints its line.
 *
 * @param {Layer} layer
 * @param {SharedBrokers} brokers
 * @param {import('./lib/tools').MissingTool[]} missingKafkaTools
 * @returns {Promise<Counts>}
 */
async function runLayer (layer, brokers, missingKafkaTools) {
  const leftOut = (/** @type {string} */ why) => {
    console.log(`${layer.name}: left out, ${why}`)
    return { passed: 0, failed: inCI ? 1 : 0, skipped: 0 }
  }
  const files = layer.name === 'rust' ? [] : testFiles(layer.name, layer.filter)
  if (layer.name !== 'rust' && files.length === 0) {
    // A filter that matches nothing is a mistake; an empty layer is not.
    if (layer.filter) {
      console.log(`${layer.name}: no test file in __test__/${layer.name} matches '${layer.filter}'`)
      return { passed: 0, failed: 1, skipped: 0 }
    }
    console.log(`${layer.name}: nothing to run, __test__/${layer.name} has no test files`)
    return { passed: 0, failed: 0, skipped: 0 }
  }

  const env = { ...process.env }
  if (needsKafka(layer) && missingKafkaTools.length) {
    return leftOut(`this machine lacks ${missingKafkaTools.map(({ name }) => name).join(' and ')}`)
  }
  for (const version of layer.kafka || []) {
    const broker = await brokers.get(version)
    if ('error' in broker) return leftOut(`Kafka ${version} did not start:\n${indent(broker.error.message)}`)
    env[BROKER_VARIABLES[version]] = broker.brokers
  }

  const started = Date.now()
  const seconds = () => ((Date.now() - started) / 1000).toFixed(1)
  let stop = () => {}
  let finished = 0
  const beat = () => console.log(`${layer.name}: ${finished} tests so far, ${seconds()} s`)
  const heartbeat = setInterval(beat, HEARTBEAT_MS)
  const onStart = (/** @type {() => void} */ ender) => {
    stop = ender
    stops.add(stop)
  }
  const { concurrency = 1, fileMinutes = FILE_MINUTES, nodeArgs } = layer
  const onProgress = (/** @type {number} */ count) => { finished = count }
  let tally
  try {
    if (layer.name === 'rust') {
      tally = await runRustLayer({ filter: layer.filter, env, onStart })
    } else {
      tally = await runNodeLayer({ files, concurrency, fileMinutes, nodeArgs, env, onStart, onProgress })
      const failed = new Set(tally.failures.map(({ file }) => file))
      const again = files.filter((file) => failed.has(path.relative(root, file)))
      if (inCI && !interrupted && again.length > 0 && again.length <= FILES_AGAIN) {
        const options = { files: again, concurrency: 1, fileMinutes, nodeArgs, env, onStart, onProgress: () => {} }
        tally.replace(again.map((file) => path.relative(root, file)), await runNodeLayer(options))
      }
    }
  } finally {
    clearInterval(heartbeat)
    stops.delete(stop)
  }
  if (interrupted) await new Promise(() => {})
  const counts = { passed: tally.passed, failed: tally.failures.length, skipped: tally.skipped.length }
  const what = layer.name === 'rust' ? 'cargo test' : `${files.length} ${files.length === 1 ? 'file' : 'files'}`
  const skips = counts.skipped ? `, ${counts.skipped} skipped` : ''
  console.log(`${layer.name}: ${what}: ${counts.passed} passed, ${counts.failed} failed${skips} (${seconds()} s)`)
  for (const { name, file, reason } of tally.skipped) console.log(`  skipped: ${file} > ${name}: ${reason}`)
  for (const { name, file, text } of tally.unsteady) {
    console.log(`  unsteady, failed once and not when its file ran again: ${file} > ${name}`)
    console.log(indent(text))
  }
  showFailures(tally)
  return counts
}

async function main () {
  const layers = chooseLayers(process.argv.slice(2))
  const { missingKafkaTools } = await setup({
    cargo: layers.some(({ name }) => name === 'rust'),
    kafka: layers.some((layer) => needsKafka(layer) && testFiles(layer.name, layer.filter).length > 0)
  })
  const brokers = new SharedBrokers()
  const total = { passed: 0, failed: 0, skipped: 0 }
  try {
    for (const layer of layers) {
      const counts = await runLayer(layer, brokers, missingKafkaTools)
      total.passed += counts.passed
      total.failed += counts.failed
      total.skipped += counts.skipped
    }
  } finally {
    await brokers.stop()
  }
  const skipped = total.skipped ? `, ${total.skipped} skipped` : ''
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
  return total.failed === 0 && total.passed > 0
}

for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, async () => {
    interrupted = true
    console.log(`${signal}: ending what was started`)
    await Promise.allSettled([...stops].map((stop) => stop()))
    process.exit(1)
  })
}

// Relative paths in options and messages refer to the checkout, wherever npm was called.
process.chdir(path.resolve(root))
main().then(
  (ok) => process.exit(ok ? 0 : 1),
  (err) => {
    if (interrupted) return
    console.error(err instanceof SetupError ? err.message : err)
    process.exit(1)
  }
)
