'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const { startCluster, startKafka } = require('../../tools/kafka')
const { Context } = require('./context')

const FOLDER = path.join(__dirname, 'scenarios')

/**
 * @typedef {object} KafkaWanted
 * @property {1 | 3} nodes
 * @property {('4' | '3.9')[]} [versions] default: both
 * @property {Record<string, string | number | boolean>} [properties] of the brokers
 */

/**
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} fault
 * @property {string} must what has to hold
 * @property {KafkaWanted | null} kafka null: without a broker, run once
 * @property {boolean} [quick] false: not in the short version
 * @property {{ quick: boolean, fault?: string, must?: string }} [kafkajs] it also runs through KafkaJS's API, as a row
 *   `ID-kafkajs`; `quick`: also in the short version; `fault`, `must`: where they are not the same
 * @property {'kafka-node' | 'kafkajs'} [door] whose API the programs use; default: kafka-node
 * @property {(context: Context) => Promise<unknown>} run
 */

/**
 * @typedef {object} Result
 * @property {string} id
 * @property {string} fault
 * @property {string} must
 * @property {string} kafka its version, or `-`
 * @property {string[]} seen
 * @property {string[]} failures empty when everything held
 * @property {number} seconds
 */

/**
 * The same row for each door that it is for.
 *
 * @param {Scenario} scenario
 * @returns {Scenario[]}
 */
function forDoors (scenario) {
  const { id, fault, must, kafkajs } = scenario
  if (!kafkajs) return [scenario]
  const inItsWords = (/** @type {string} */ text) => text.replace(/requireAcks/g, 'acks')
  return [scenario, {
    ...scenario,
    id: `${id}-kafkajs`,
    fault: `KafkaJS's API: ${inItsWords(kafkajs.fault || fault)}`,
    must: inItsWords(kafkajs.must || must),
    quick: kafkajs.quick,
    door: 'kafkajs'
  }]
}

/** @returns {Scenario[]} all, in the order of their files' names */
function allScenarios () {
  return fs.readdirSync(FOLDER).filter((name) => name.endsWith('.js')).sort()
    .flatMap((name) => require(path.join(FOLDER, name))).flatMap(forDoors)
}

/** @param {{ words: string[], quick: boolean }} options @returns {Scenario[]} */
function chooseScenarios ({ words, quick }) {
  const chosen = allScenarios().filter(({ id }) => words.length === 0 || words.some((word) => id.includes(word)))
  return quick ? chosen.filter((scenario) => scenario.quick !== false) : chosen
}

/** One kind of broker at a time: consecutive rows that ask for the same one share it. */
class Brokers {
  /** @param {(line: string) => void} log */
  constructor (log) {
    this.log = log
    this.key = ''
    /** @type {any} */
    this.running = null
  }

  /** @param {'4' | '3.9'} version @param {Scenario} scenario */
  async get (version, { kafka }) {
    if (!kafka) return null
    const { nodes, properties } = kafka
    const key = JSON.stringify([version, nodes, properties || {}])
    if (this.key === key) return this.running
    await this.stop()
    const { log } = this
    log(`Starting Kafka ${version} with ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`)
    this.running = nodes === 1
      ? await startKafka({ version, properties, log })
      : await startCluster({ version, nodes, properties, log })
    this.key = key
    return this.running
  }

  async stop () {
    await this.running?.stop()
    this.running = null
    this.key = ''
  }
}

/**
 * @param {Scenario} scenario
 * @param {{ version: '4' | '3.9', quick: boolean, brokers: Brokers, log: (line: string) => void }} options
 * @returns {Promise<Result>}
 */
async function runScenario (scenario, { version, quick, brokers, log }) {
  const { id, fault, must, door = 'kafka-node' } = scenario
  const kafka = await brokers.get(version, scenario)
  log(`${id}${kafka ? ` on Kafka ${kafka.version}` : ''}`)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `kafka-node-native-${id}-`))
  const context = new Context({ version, door, quick, kafka, folder, log })
  const started = Date.now()
  try {
    await scenario.run(context)
  } catch (error) {
    context.fail(/** @type {Error} */ (error).stack || String(error))
  }
  await context.end()
  const { notes: seen, failures } = context
  if (failures.length > 0) {
    log(`    what its programs wrote is kept in ${folder}`)
    // an aborted row may have left its broker down or paused
    await brokers.stop()
  }
  const seconds = Math.round((Date.now() - started) / 1000)
  return { id, fault, must, kafka: kafka ? kafka.version : '-', seen, failures, seconds }
}

/**
 * What to run, ordered so that each kind of broker is started once per version: single nodes come before
 * clusters.
 *
 * @param {{ scenarios: Scenario[], versions: string[] }} options
 * @returns {{ scenario: Scenario, version: '4' | '3.9' }[]}
 */
function plan ({ scenarios, versions }) {
  /** @type {{ scenario: Scenario, version: '4' | '3.9' }[]} */
  const runs = []
  for (const version of /** @type {('4' | '3.9')[]} */ (versions)) {
    for (const scenario of scenarios) {
      const isFor = scenario.kafka ? (scenario.kafka.versions || versions).includes(version) : version === versions[0]
      if (isFor) runs.push({ scenario, version })
    }
  }
  const kind = (/** @type {Scenario} */ { kafka }) => JSON.stringify(kafka && [kafka.nodes, kafka.properties || {}])
  const order = [...new Set(runs.map(({ scenario }) => kind(scenario)))].sort()
  return runs.sort((a, b) =>
    a.version === b.version ? order.indexOf(kind(a.scenario)) - order.indexOf(kind(b.scenario)) : 0)
}

/**
 * @param {{ scenarios: Scenario[], versions: string[], quick: boolean, log: (line: string) => void }} options
 * @returns {Promise<Result[]>} by scenario, then version
 */
async function runScenarios ({ scenarios, versions, quick, log }) {
  const brokers = new Brokers(log)
  /** @type {Result[]} */
  const results = []
  try {
    for (const { scenario, version } of plan({ scenarios, versions })) {
      results.push(await runScenario(scenario, { version, quick, brokers, log }))
    }
  } finally {
    await brokers.stop()
  }
  const place = (/** @type {Result} */ { id }) => scenarios.findIndex((scenario) => scenario.id === id)
  return results.sort((a, b) => place(a) - place(b))
}

/** @param {string} text */
function cell (text) {
  return text.replace(/\s*\n\s*/g, ' ').replace(/\|/g, '\\|')
}

/** @param {Result[]} results @returns {string} Markdown */
function table (results) {
  const rows = results.map(({ fault, must, kafka, seen, failures, seconds }) => {
    const all = [...failures.map((text) => `**${text.split('\n')[0]}**`), ...seen]
    return [fault, must, kafka, all.join('; '), failures.length > 0 ? 'FAILED' : 'held', `${seconds} s`]
  })
  const head = ['fault', 'what must hold', 'Kafka', 'seen', 'verdict', 'took']
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')
}

module.exports = { Brokers, chooseScenarios, plan, runScenario, runScenarios, table }
