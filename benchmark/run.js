#!/usr/bin/env node
'use strict'

const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { startKafka } = require('../tools/kafka')
const { root } = require('../scripts/lib/paths')
const { USAGE, parseArguments } = require('./lib/arguments')
const baseline = require('./lib/baseline')
const { run } = require('./lib/child')
const { loadClients } = require('./lib/clients')
const { goalsTable } = require('./lib/goals')
const { installClient } = require('./lib/install')
const { render } = require('./lib/report')
const { describeMachine, medians, mergeWithToday, save } = require('./lib/results')
const { textTable } = require('./lib/table')
const { Topics } = require('./lib/topics')
const { BACKLOG, SETS, selectWorks } = require('./lib/works')

/** @typedef {import('./lib/clients').Client} Client */
/** @typedef {import('./lib/install').Installed} Installed */
/** @typedef {ReturnType<typeof selectWorks>[number]} SizedWork */
/** @typedef {{client: Client, mode: 'message' | 'batch', row: import('./lib/results').Row}} Contender */

const ROUNDS = 3
/** A check takes more rounds, since it must not fail by chance. */
const RATIO_ROUNDS = 5
const QUICK_CLIENTS = ['raw', 'ours', 'kafkajs']
const RATIO_CLIENTS = ['raw', 'ours']
/** Time limit of one measurement, unless the work sets another; what has been done by then counts. */
const SECONDS = { full: 60, quick: 15 }
/** Allowance for starting, connecting and leaving, on top of the measurement's own time. */
const GRACE_MS = 30_000
const PAUSE_MS = 200
const WARM_UP = ['produce/100b', 'single/100b', 'consume/string']
const WARM_UP_ROUNDS = { full: 4, quick: 2 }
const BUSY_LOAD = 1

const log = (/** @type {string} */ line) => console.error(line)

/** @param {ReturnType<typeof parseArguments>} options */
function chooseClients ({ clients, only, quick, check, saveBaseline }) {
  const all = loadClients()
  const isSet = only.length > 0 && only.every((name) => Object.hasOwn(SETS, name))
  const wanted = clients.length > 0
    ? clients
    : check || saveBaseline
      ? RATIO_CLIENTS
      : isSet ? only.flatMap((name) => SETS[name].clients) : quick ? QUICK_CLIENTS : all.map(({ id }) => id)
  const unknown = wanted.find((id) => !all.some((client) => client.id === id))
  if (unknown) throw new Error(`--clients knows no ${unknown}: use ${all.map(({ id }) => id).join(', ')}`)
  return all.filter(({ id }) => wanted.includes(id))
}

/** One run of all the works by all the clients. */
class Benchmark {
  /**
   * @param {object} options
   * @param {import('../tools/kafka').Kafka} options.kafka
   * @param {Client[]} options.clients
   * @param {Map<string, Installed | {error: string}>} options.installed
   * @param {SizedWork[]} options.works
   * @param {boolean} options.quick
   * @param {number | null} options.rounds
   * @param {number} options.scale
   */
  constructor ({ kafka, clients, installed, works, quick, rounds, scale }) {
    this.kafka = kafka
    this.clients = clients
    this.installed = installed
    this.works = works
    this.quick = quick
    this.rounds = rounds
    this.scale = scale
    this.topics = new Topics(kafka.brokers)
    /** @type {Map<string, string>} content to topic */
    this.filled = new Map()
    this.serial = 0
  }

  /**
   * The topic with a content, filled when it is first needed, with as many records as any work of the run reads.
   *
   * @param {import('./lib/works').Content} content
   */
  async topicOf (content) {
    const key = JSON.stringify(content)
    const known = this.filled.get(key)
    if (known) return known
    const readers = this.works.filter((work) => work.content && JSON.stringify(work.content) === key)
    const backlog = Math.round(BACKLOG[this.quick ? 'quick' : 'full'] * this.scale)
    const records = Math.max(...readers.map(({ task, size }) => {
      // More than will be read: a client that waits to fill its last batch would wait in vain at the end of a topic.
      return task === 'slow' ? Math.max(1000, backlog) : Math.ceil((size.records || 1000) * 1.1)
    }))
    const topic = await this.topics.create(content.partitions)
    const { partitions, size, codec } = content
    log(`Filling a topic: ${records} records of ${size} bytes, ${partitions} partitions, codec ${codec}`)
    const job = { ...content, brokers: this.kafka.brokers, topic, records }
    const filler = path.join(__dirname, 'fill.js')
    const result = await run(process.execPath, [filler, JSON.stringify(job)], { deadlineMs: 10 * 60 * 1000 })
    if (result.code !== 0) throw new Error(`the topic could not be filled: ${result.reason || result.stderr.trim()}`)
    this.filled.set(key, topic)
    return topic
  }

  /** @param {SizedWork} work @returns {Contender[]} */
  contenders (work) {
    return this.clients.flatMap((client) => {
      const api = work.job.api
      if (client.tasks && !client.tasks.includes(work.task)) return []
      if (work.needs && !(client.has || []).includes(work.needs)) return []
      if (api && client.kind !== 'native' && !(client.apis || []).includes(api)) return []
      const modes = /** @type {('message' | 'batch')[]} */ (['message', 'batch'].filter((mode) => mode in client.modes))
      const chosen = work.everyMode ? modes : modes.slice(0, 1)
      const codec = work.content && work.content.codec
      const installed = this.installed.get(client.id) || { error: 'not installed' }
      const unable = (codec && client.unable && client.unable[codec]) ||
        (client.kafka && !this.fits(client.kafka) && `needs Kafka ${client.kafka}: run with --kafka ${client.kafka}`) ||
        ('error' in installed && installed.error) || null
      return chosen.map((mode) => ({
        client,
        mode,
        row: {
          client: client.id,
          title: work.everyMode && (client.kind === 'peer' || modes.length > 1)
            ? `${client.title} ${client.modes[mode]}`
            : client.title,
          mode,
          command: '',
          rounds: [],
          median: null,
          partial: false,
          error: unable
        }
      }))
    })
  }

  /** @param {string} version */
  fits (version) {
    return this.kafka.version === 'unknown' || this.kafka.version.startsWith(`${version}.`)
  }

  /**
   * @param {SizedWork} work
   * @param {Contender} contender
   * @returns {Promise<import('./lib/results').Measurement>} with `error` where it failed
   */
  async measure (work, { client, mode, row }) {
    const installed = /** @type {Installed} */ (this.installed.get(client.id))
    const seconds = work.size.seconds || SECONDS[this.quick ? 'quick' : 'full']
    const topic = work.content ? await this.topicOf(work.content) : await this.topics.create(work.job.partitions || 1)
    const job = {
      ...work.content,
      ...work.job,
      ...work.size,
      client: client.id,
      task: work.task,
      mode,
      seconds,
      brokers: this.kafka.brokers,
      topic,
      groupId: `benchmark-${process.pid}-${++this.serial}`,
      library: installed.library
    }
    const [command, ...args] = [...installed.command, JSON.stringify(job)]
    row.command = [command, ...args.slice(0, -1), `'${JSON.stringify({ ...job, library: undefined })}'`]
      .map((part) => part.replace(root, '.').replace(os.homedir(), '~')).join(' ')
    try {
      const result = await run(command, args, { deadlineMs: seconds * 1500 + GRACE_MS })
      const line = result.stdout.split('\n').reverse().find((text) => /^\{.*\}$/.test(text))
      if (line) return JSON.parse(line)
      const last = result.stderr.trim().split('\n').filter((text) => /\w/.test(text))
      const telling = last.find((text) => /Error|panicked/.test(text)) || last.pop()
      return { error: (result.reason || telling || `exit code ${result.code}, no result`).trim().slice(0, 200) }
    } finally {
      if (!work.content) await this.topics.remove(topic)
      await sleep(PAUSE_MS)
    }
  }

  /** @param {SizedWork} work @returns {Promise<import('./lib/results').WorkResult>} */
  async perform (work) {
    log(`${work.id}: ${work.title}`)
    const contenders = this.contenders(work)
    const rounds = this.rounds || (this.quick ? work.size.rounds || 1 : ROUNDS)
    for (let round = 1; round <= rounds; round++) {
      for (const contender of contenders) {
        const { row } = contender
        // What has failed once would fail again, and use up its deadline each time.
        if (row.error) continue
        const measurement = await this.measure(work, contender)
        row.rounds.push(measurement)
        row.partial = row.partial || measurement.partial === true
        if (measurement.error) row.error = measurement.error
        const figure = measurement.error || JSON.stringify(measurement)
        log(`  ${round}/${rounds} ${row.title}: ${figure}`)
      }
    }
    for (const { row } of contenders) row.median = medians(row.rounds)
    const { id, title, task } = work
    const job = { ...work.content, ...work.job, ...work.size }
    return { id, title, task, job, date: new Date().toISOString(), rounds, rows: contenders.map(({ row }) => row) }
  }

  /** The broker's JIT compiles its code while it runs: the first client would pay for all. */
  async warmUp () {
    if (this.scale < 1) return
    log('Warming up the broker')
    const readers = this.works.filter(({ content }) => content)
    const works = selectWorks({ quick: true, only: WARM_UP }).filter(({ content }) => !content || readers.length > 0)
    for (const one of Array.from({ length: WARM_UP_ROUNDS[this.quick ? 'quick' : 'full'] }, () => works).flat()) {
      const content = one.content && (readers.find((reader) => reader.task === 'consume') || readers[0]).content
      const contender = this.contenders({ ...one, content }).find(({ row }) => !row.error)
      if (contender) await this.measure({ ...one, content }, contender)
    }
  }

  /** @returns {Promise<import('./lib/results').WorkResult[]>} */
  async run () {
    try {
      await this.warmUp()
      const results = []
      for (const work of this.works) {
        const result = await this.perform(work)
        results.push(result)
        console.log(`\n${textTable(result)}`)
      }
      return results
    } finally {
      await this.topics.removeAll().catch((error) => log(`Topics are left behind: ${error.message}`))
    }
  }
}

/** @param {Client[]} clients @param {ReturnType<typeof parseArguments>} options */
async function installAll (clients, options) {
  /** @type {Map<string, Installed | {error: string}>} */
  const installed = new Map()
  for (const client of clients) {
    try {
      const what = await installClient(client, { retry: options.reinstall, node: options.node[client.id], log })
      installed.set(client.id, what)
      log(`${client.title} ${what.version}${what.runtime ? `, ${what.runtime}` : ''}`)
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      installed.set(client.id, { error: message })
      log(`${client.title}: ${message}`)
    }
  }
  return installed
}

/** @param {string[]} argv */
async function main (argv) {
  const options = parseArguments(argv)
  if (options.help) return console.log(USAGE)
  if (options.render) return render().forEach((file) => console.log(path.relative(root, file)))
  const { quick, scale } = options
  const rounds = options.rounds || (options.check || options.saveBaseline ? RATIO_ROUNDS : null)
  const clients = chooseClients(options)
  const works = selectWorks(options)
    .filter(({ task }) => !(options.check || options.saveBaseline) || task === 'consume' || task === 'produce')
  const machine = describeMachine()
  if (machine.loadBefore > BUSY_LOAD) {
    log(`Load average ${machine.loadBefore.toFixed(1)}: something else is running, and figures will be too low`)
  }
  const installed = await installAll(clients, options)
  const kafka = await startKafka({
    version: options.kafka,
    // Logs of deleted topics must not pile up while others are measured.
    properties: { 'log.segment.delete.delay.ms': 1000, 'log.retention.check.interval.ms': 3_600_000 },
    jvmOptions: ['-Xmx1g', '-XX:TieredStopAtLevel=4'],
    log
  })
  let measured
  try {
    log(`Kafka ${kafka.version} on ${kafka.brokers}`)
    measured = await new Benchmark({ kafka, clients, installed, works, quick, rounds, scale }).run()
  } finally {
    await kafka.stop()
  }
  const ratios = baseline.ratiosOf(measured)
  const which = { quick, kafka: kafka.version }
  if (Object.keys(ratios).length > 0) {
    console.log('\nOurs as a share of librdkafka alone')
    for (const [id, { recordsPerSecond, cpu }] of Object.entries(ratios)) {
      console.log(`  ${id}: records/s ${recordsPerSecond}, CPU per record ${cpu}`)
    }
  }
  const goals = goalsTable(measured)
  if (goals) console.log(`\nThe second door beside the others\n\n${goals}`)
  if (options.saveBaseline) console.log(`\nWrote ${path.relative(root, baseline.saveBaseline(which, ratios))}`)
  if (options.check) {
    const { lines, failed } = baseline.check(which, ratios)
    console.log(`\n${lines.join('\n')}`)
    if (failed) process.exitCode = 1
  }
  const everything = clients.length === loadClients().length && !options.check && !options.saveBaseline
  if (quick || scale !== 1 || !(everything || options.save)) return
  const file = save(mergeWithToday({
    date: new Date().toISOString(),
    machine,
    kafka: kafka.version,
    clients: clients.map(({ id, title, settings }) => {
      return { id, title, settings, ...installedSummary(installed.get(id)) }
    }),
    works: measured
  }))
  console.log([file, ...render()].map((name) => `Wrote ${path.relative(root, name)}`).join('\n'))
}

/** @param {any} installed */
function installedSummary ({ version, runtime, error }) {
  return error ? { error } : { version, runtime }
}

// So that what it started ends with it.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => process.exit(130))

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
