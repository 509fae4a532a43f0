'use strict'

const { execFile } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')
const { promisify } = require('node:util')

const { freePort } = require('./ports')
const {
  formatProperties, jvmArguments, kraftProperties, logConfig, zookeeperModeProperties, zookeeperProperties
} = require('./properties')
const { waitUntilReady } = require('./ready')
const { Supervised } = require('./supervised')
const { javaCommand } = require('./tools')
const { forgetBroker } = require('./zookeeper')

const START_TIMEOUT_MS = 90000
const TERM_TIMEOUT_MS = 15000
const STOP_POLL_MS = 5
const STOP_POLLS = 1000
const BROKER_HEAP_MB = 512
const ZOOKEEPER_HEAP_MB = 128

/** Broker ids by mode. ZooKeeper gave its first broker 1001, and users' tests of old have that number in them. */
const NODE_ID = { kraft: 1, zookeeper: 1001 }

/**
 * Waits until every thread of a process has stopped: SIGSTOP returns before, and the JVM's threads may still answer.
 * Only where there is /proc; elsewhere it does not wait.
 *
 * @param {number} pid
 */
async function untilStopped (pid) {
  const tasks = `/proc/${pid}/task`
  if (!fs.existsSync(tasks)) return
  const isStopped = (/** @type {string} */ task) => {
    try {
      // The state follows the name, which stands in brackets.
      return /\) [TtZX] /.test(fs.readFileSync(path.join(tasks, task, 'stat'), 'utf8'))
    } catch {
      return true
    }
  }
  for (let i = 0; i < STOP_POLLS && !fs.readdirSync(tasks).every(isStopped); i++) await delay(STOP_POLL_MS)
}

/**
 * One broker from Kafka's own jars: its folder, its processes, and the signals that tests send to it.
 * The data lives in a temporary folder, and goes with the broker.
 */
class LocalKafka {
  /**
   * @param {object} options
   * @param {import('./properties').Release} options.release
   * @param {string} options.jars
   * @param {number} options.port
   * @param {Record<string, string | number | boolean>} [options.properties] more broker properties; they win
   * @param {string[]} [options.jvmOptions]
   */
  constructor ({ release, jars, port, properties = {}, jvmOptions = [] }) {
    this.release = release
    this.jars = jars
    this.port = port
    this.properties = properties
    this.jvmOptions = jvmOptions
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-kafka-'))
    this.dataDir = path.join(this.dir, 'data')
    this.logFile = path.join(this.dir, 'broker.log')
    this.zookeeperPort = 0
    this.supervised = new Supervised()
  }

  /** @param {string} name @param {string} text */
  write (name, text) {
    const file = path.join(this.dir, name)
    fs.writeFileSync(file, text)
    return file
  }

  /** @param {number} heapMb */
  java (heapMb) {
    const { release, jars, dir, jvmOptions } = this
    return jvmArguments({ release, jars, dir, heapMb, jvmOptions })
  }

  async start () {
    await this.supervised.ask('folder', { path: this.dir })
    fs.mkdirSync(this.dataDir)
    this.write(this.release.logConfigName, logConfig(this.release))
    const taken = new Set([this.port])
    if (this.release.mode === 'kraft') await this.prepareKraft(await freePort(taken))
    else await this.prepareZookeeper(await freePort(taken))
    await this.spawnBroker([])
  }

  /** @param {number} controllerPort */
  async prepareKraft (controllerPort) {
    const node = { id: NODE_ID.kraft, port: this.port, controllerPort, dataDir: this.dataDir }
    const config = this.write('server.properties', formatProperties({ ...kraftProperties(node), ...this.properties }))
    // The first byte is fixed: an id that began with a dash would be read as an option.
    const clusterId = Buffer.concat([Buffer.alloc(1), crypto.randomBytes(15)]).toString('base64url')
    const args = [...this.java(ZOOKEEPER_HEAP_MB), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config]
    await promisify(execFile)(javaCommand(), args).catch((error) => {
      throw new Error(`Kafka's storage could not be formatted: ${error.stdout || ''}${error.stderr || error.message}`)
    })
  }

  /** @param {number} zookeeperPort */
  async prepareZookeeper (zookeeperPort) {
    this.zookeeperPort = zookeeperPort
    const zookeeper = { port: zookeeperPort, dataDir: path.join(this.dir, 'zookeeper') }
    const node = { id: NODE_ID.zookeeper, port: this.port, zookeeperPort, dataDir: this.dataDir }
    this.write('server.properties', formatProperties({ ...zookeeperModeProperties(node), ...this.properties }))
    const config = this.write('zookeeper.properties', formatProperties(zookeeperProperties(zookeeper)))
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
    // Not waited for: the broker itself waits until ZooKeeper answers, and its own start takes longer.
    await this.supervised.spawn('zookeeper', javaCommand(), [...this.java(ZOOKEEPER_HEAP_MB), main, config],
      path.join(this.dir, 'zookeeper.log'))
  }

  /** @param {string[]} topics that it must have leaders for before it counts as ready */
  async spawnBroker (topics) {
    const config = path.join(this.dir, 'server.properties')
    const args = [...this.java(BROKER_HEAP_MB), 'kafka.Kafka', config]
    await this.supervised.spawn('broker', javaCommand(), args, this.logFile)
    const { port, supervised } = this
    const alive = () => supervised.running.has('broker')
    try {
      await waitUntilReady({ port, topics, strict: false, alive, timeout: START_TIMEOUT_MS })
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      const text = `Kafka ${this.release.version} did not start on 127.0.0.1:${port}: ${message}.\n` +
        `The end of its log:\n${this.logTail()}`
      const code = /Address already in use/.test(this.logTail(200)) ? 'EADDRINUSE' : undefined
      throw Object.assign(new Error(text), { code })
    }
  }

  /** @param {number} [lines] */
  logTail (lines = 20) {
    try {
      return fs.readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
    } catch {
      return '(there is none)'
    }
  }

  /** The topics in the data folder; those on their way out have a suffix. */
  topicsOnDisk () {
    const names = fs.readdirSync(this.dataDir).map((name) => /^(.+)-\d+$/.exec(name)?.[1])
    return [...new Set(names)].filter((name) => name !== undefined && name !== '__cluster_metadata')
  }

  async kill () {
    await this.supervised.signal('broker', 'SIGKILL')
    await this.supervised.exited('broker')
  }

  /** @param {'SIGSTOP' | 'SIGCONT'} which */
  async signal (which) {
    if (!await this.supervised.signal('broker', which)) {
      throw new Error(`The broker at 127.0.0.1:${this.port} is not running: restart() starts it again`)
    }
    if (which === 'SIGSTOP') await untilStopped(Number(this.supervised.pids.get('broker')))
  }

  async terminate () {
    // A stopped process would not hear of SIGTERM.
    await this.supervised.signal('broker', 'SIGCONT')
    if (!await this.supervised.signal('broker', 'SIGTERM')) return
    const timer = setTimeout(() => { this.kill().catch(() => {}) }, TERM_TIMEOUT_MS)
    await this.supervised.exited('broker')
    clearTimeout(timer)
  }

  async restart () {
    await this.terminate()
    if (this.release.mode === 'zookeeper') await forgetBroker(this.zookeeperPort, NODE_ID.zookeeper)
    await this.spawnBroker(/** @type {string[]} */ (this.topicsOnDisk()))
  }

  stop () {
    return this.supervised.finish()
  }
}

module.exports = { LocalKafka, NODE_ID }
