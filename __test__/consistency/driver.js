'use strict'

// One run of one configuration: starts its processes, lets things go wrong, heals everything, reads what is there, and
// has the history judged.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')

const { Auditor } = require('./auditor')
const { carryOut, plan } = require('./nemesis')
const { isFailed, judge } = require('./report')
const { Workload } = require('../faults/workload')
const { FaultProxy } = require('../support/faultProxy')
const kafka = require('../support/kafka')
const { stopProcess } = require('../../tools/kafka/stopped')

/** @typedef {import('./configurations').Configuration} Configuration */
/** @typedef {import('./nemesis').Step} Step */

const PARTITIONS = 6
const SESSION_MS = 6000
const REQUEST_MS = 10000
const TRANSACTION_MS = 10000
/** Without anything new for so long, nothing more comes. */
const PATIENCE_MS = 60000
const LOOK_MS = 100
/** Between two looks at what groups have committed. */
const WATCH_MS = 1000
/** How processes end that want to be started again: fenced, a commit with an unknown outcome, a crashed consumer. */
const AGAIN = new Set([3, 4, 5])

/**
 * What the brokers need, so that nothing takes much longer than a run.
 *
 * @type {Record<string, string | number | boolean>}
 */
const BROKER_PROPERTIES = {
  'group.consumer.session.timeout.ms': SESSION_MS,
  'group.consumer.min.session.timeout.ms': SESSION_MS,
  'group.consumer.heartbeat.interval.ms': 600,
  'group.consumer.min.heartbeat.interval.ms': 600,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000
}

/** A place for a process; the one that has it may be replaced by the next. */
class Slot {
  /** @param {string} name @param {string} program @param {Record<string, any>} config */
  constructor (name, program, config) {
    this.name = name
    this.program = program
    this.config = config
    /** @type {Workload[]} all there have been */
    this.all = []
  }

  /** @returns {Workload} */
  get current () {
    return this.all[this.all.length - 1]
  }
}

/**
 * Whether a process listens to signals, once it does: before that they would end it.
 *
 * @param {Workload} workload
 * @returns {Promise<boolean>} false: it has ended
 */
function hasStarted (workload) {
  return workload.see('started').then(() => true, () => false)
}

class Run {
  /**
   * @param {object} options
   * @param {Configuration} options.configuration
   * @param {import('../../tools/kafka/cluster').Cluster} options.cluster
   * @param {number} options.seed
   * @param {number} options.seconds
   * @param {boolean} [options.isKept] whether the histories stay if nothing was wrong
   * @param {(line: string) => void} options.log
   */
  constructor ({ configuration, cluster, seed, seconds, isKept = false, log }) {
    this.configuration = configuration
    this.cluster = cluster
    this.seed = seed
    this.seconds = seconds
    this.isKept = isKept
    this.log = log
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), `kafka-node-native-${configuration.name}-`))
    this.proxy = new FaultProxy(cluster.brokers)
    /** @type {string[]} */
    this.problems = []
    /** @type {string[]} */
    this.faults = []
    /** @type {Slot[]} */
    this.slots = []
    this.began = Date.now()
    this.isDraining = false
    this.isEnding = false
  }

  /** @returns {Promise<import('./report').Result>} */
  async run () {
    const { configuration, cluster, folder, proxy, seconds } = this
    const topic = kafka.uniqueName(configuration.name)
    /** @type {Auditor | undefined} */
    let auditor
    try {
      await proxy.start()
      await kafka.createTopic(cluster.brokers, topic, PARTITIONS, { 'min.insync.replicas': 2 })
      auditor = new Auditor({ brokers: cluster.brokers, topic, folder })
      this.open(topic)
      await Promise.all(this.slots.map(({ current }) => current.see('ready')))
      const watching = this.watchCommits(auditor)
      this.saw('all are ready')
      await this.disturb(seconds, topic)
      await this.cluster.heal()
      this.isDraining = true
      await watching
      this.saw('healed')
      await this.settle(auditor)
    } catch (error) {
      this.problems.push(/** @type {Error} */ (error).stack || String(error))
    } finally {
      this.isEnding = true
      await Promise.all(this.slots.map(({ current }) => current && current.kill('SIGKILL')))
      proxy.stop()
    }
    return this.judge()
  }

  // ---- processes ----

  /** @param {string} topic */
  open (topic) {
    const { configuration, proxy, seed } = this
    for (const { program, slots } of configuration.cast) {
      slots.forEach((more, i) => {
        const name = `${program}${i + 1}`
        const slot = new Slot(name, program, {
          kafkaHost: proxy.brokers,
          topic,
          partitions: PARTITIONS,
          seed,
          groupId: `${topic}-${program}`,
          transactionalId: `${topic}-${name}`,
          sessionTimeout: SESSION_MS,
          requestTimeout: REQUEST_MS,
          transactionTimeout: TRANSACTION_MS,
          ...configuration.common,
          ...more
        })
        this.slots.push(slot)
        this.start(slot)
      })
    }
  }

  /** @param {Slot} slot */
  start (slot) {
    const name = `${slot.name}.${slot.all.length + 1}`
    const workload = new Workload({
      file: path.join(__dirname, 'programs', `${slot.program}.js`),
      config: { ...slot.config, name, isDraining: this.isDraining },
      folder: this.folder,
      name
    })
    slot.all.push(workload)
    workload.ended.then(({ code, signal }) => {
      if (this.isEnding || signal === 'SIGKILL') return
      if (AGAIN.has(Number(code))) {
        this.saw(`${name} ended with ${code} and is started again`)
        this.start(slot)
      } else if (code !== 0 || !this.isDraining) {
        this.problems.push(`${name} ended with ${code} ${signal}: ${workload.output().slice(-2000)}`)
      }
    })
  }

  /** @param {string} program @returns {Slot[]} */
  of (program) {
    return this.slots.filter((slot) => slot.program === program)
  }

  /** @param {string} text */
  saw (text) {
    const line = `${((Date.now() - this.began) / 1000).toFixed(1)} s: ${text}`
    this.faults.push(line)
    this.log(`    ${line}`)
  }

  /** @returns {string[]} */
  groups () {
    return [...new Set(this.slots.filter(({ program }) => program === 'member' || program === 'worker')
      .map(({ config }) => config.groupId))]
  }

  /**
   * Looks at what groups have committed until everything has been healed. That it cannot be asked for now is no news.
   *
   * @param {Auditor} auditor
   */
  async watchCommits (auditor) {
    while (!this.isDraining && !this.isEnding) {
      for (const group of this.groups()) await auditor.readCommitted(group).catch(() => {})
      await delay(WATCH_MS)
    }
  }

  // ---- faults ----

  /** @param {number} seconds @param {string} topic */
  async disturb (seconds, topic) {
    const over = new AbortController()
    const timer = setTimeout(() => over.abort(), seconds * 1000)
    const saw = (/** @type {string} */ text) => this.saw(text)
    const [clients, brokers] = plan(this.seed, seconds)
    try {
      await Promise.all([
        carryOut(clients, { act: (step, rest) => this.disturbClient(step, rest), over: over.signal, saw }),
        carryOut(brokers, { act: (step, rest) => this.disturbBroker(step, rest, topic), over: over.signal, saw }),
        // with or without faults, the processes have their time
        delay(seconds * 1000)
      ])
    } finally {
      clearTimeout(timer)
    }
  }

  /** @param {Step} step @param {(ms: number) => Promise<unknown>} rest */
  async disturbClient ({ kind, target, lasts }, rest) {
    const slot = this.slots[target % this.slots.length]
    if (kind === 'reset') {
      this.proxy.reset()
      return 'all connections broken'
    }
    if (kind === 'kill') {
      const { name } = slot.current
      await slot.current.kill('SIGKILL')
      this.start(slot)
      return `${name} killed and replaced`
    }
    const { current } = slot
    if (current.exit) return `${current.name} has ended by itself`
    await stopProcess(current.pid)
    await rest(lasts)
    current.child.kill('SIGCONT')
    return `${current.name} paused for up to ${lasts} ms`
  }

  /** @param {Step} step @param {(ms: number) => Promise<unknown>} rest @param {string} topic */
  async disturbBroker ({ kind, target, lasts }, rest, topic) {
    const { cluster, proxy } = this
    const index = target % cluster.nodes.length
    const node = cluster.nodes[index]
    if (kind === 'kill broker') {
      await node.kill()
      await rest(lasts)
      await node.restart()
    } else if (kind === 'pause broker') {
      await node.pause()
      await rest(lasts)
      await node.resume()
    } else {
      proxy.swallow(index)
      await rest(lasts)
      proxy.heal()
    }
    // the next one must not take the last replica that has everything
    await cluster.untilInSync(topic)
    return `${kind} ${node.id} for up to ${lasts} ms`
  }

  // ---- the end ----

  /** @param {Auditor} auditor */
  async settle (auditor) {
    const readers = [...this.of('member'), ...this.of('worker')]
    await Promise.all(readers.map(async ({ current }) => {
      if (await hasStarted(current)) current.child.kill('SIGUSR2')
    }))
    const writers = [...this.of('producer'), ...this.of('transactor')]
    await Promise.all(writers.map((slot) => this.finish(slot)))
    await this.untilWorkersWriteNothing()
    this.saw('nothing is written any more')
    const records = await auditor.readLog()
    this.saw('the log has been read')
    await Promise.all(['member', 'worker'].map((program) => this.untilDelivered(program, records)))
    this.saw('everything has been delivered, or nothing more comes')
    await Promise.all(readers.map((slot) => this.finish(slot)))
    for (const group of this.groups()) await auditor.readCommitted(group)
    this.saw('all have ended')
  }

  /** One that is started again meanwhile is ended as well. @param {Slot} slot */
  async finish (slot) {
    for (;;) {
      const { current } = slot
      await hasStarted(current)
      const { signal } = await current.finish(PATIENCE_MS)
      if (signal === 'SIGKILL') this.problems.push(`${current.name} did not end within ${PATIENCE_MS} ms`)
      if (slot.current === current) return
    }
  }

  async untilWorkersWriteNothing () {
    for (const slot of this.of('worker')) {
      const deadline = Date.now() + PATIENCE_MS
      while (slot.current.all('drained').length === 0) {
        if (Date.now() > deadline) {
          const last = JSON.stringify(slot.current.read().at(-1))
          throw new Error(`${slot.current.name} does not come to an end of its writes, the last that it did: ${last}`)
        }
        await delay(LOOK_MS)
      }
    }
  }

  /**
   * Waits until the group has been handed everything that it can see, or nothing new has come for a long time: then the
   * checker says what is missing.
   *
   * @param {string} program
   * @param {{ partition: number, offset: number, isVisible: boolean }[]} records
   */
  async untilDelivered (program, records) {
    const slots = this.of(program)
    if (slots.length === 0) return
    const isCommitted = slots[0].config.isolation === 'read_committed'
    const wanted = new Set(records.filter(({ isVisible }) => isVisible || !isCommitted)
      .map(({ partition, offset }) => `${partition}/${offset}`))
    /** @type {Map<Workload, number>} how many events of each have been looked at */
    const looked = new Map()
    for (let deadline = Date.now() + PATIENCE_MS; wanted.size > 0 && Date.now() < deadline;) {
      const before = wanted.size
      for (const workload of slots.flatMap(({ all }) => all)) {
        const events = workload.read()
        for (let i = looked.get(workload) ?? 0; i < events.length; i++) {
          const [, f, , more] = events[i]
          if (f === 'poll') for (const [partition, offset] of more.records) wanted.delete(`${partition}/${offset}`)
        }
        looked.set(workload, events.length)
      }
      if (wanted.size < before) deadline = Date.now() + PATIENCE_MS
      await delay(LOOK_MS)
    }
  }

  /** @returns {import('./report').Result} */
  judge () {
    const { configuration, faults, folder, problems, seed, seconds } = this
    const about = { configuration: configuration.name, seed, seconds, problems, faults }
    fs.writeFileSync(path.join(folder, 'run.json'), JSON.stringify(about, null, 2))
    const result = judge(folder)
    if (isFailed(result) || this.isKept) return result
    fs.rmSync(folder, { recursive: true })
    return { ...result, folder: null }
  }
}

module.exports = { BROKER_PROPERTIES, Run }
