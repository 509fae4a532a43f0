'use strict'

const { execFile } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { promisify } = require('node:util')

const { freePort } = require('./ports')
const {
  formatProperties, jvmArguments, kraftProperties, logConfig, zookeeperModeProperties, zookeeperProperties
} = require('./properties')
const { waitUntilReady } = require('./ready')
const { untilStopped } = require('./stopped')
const { Supervised } = require('./supervised')
const { javaCommand } = require('./tools')
const { forgetBroker } = require('./zookeeper')

const START_TIMEOUT_MS = 90000
const TERM_TIMEOUT_MS = 15000
const BROKER_HEAP_MB = 512
const ZOOKEEPER_HEAP_MB = 128

/** Broker ids by mode. ZooKeeper gave its first broker the id 1001, and users' old tests contain that number. */
const NODE_ID = { kraft: 1, zookeeper: 1001 }

/**
 * @typedef {object} Membership
 * @property {number} id of this node
 * @property {string} clusterId
 * @property {number} controllerPort
 * @property {{ id: number, controllerPort: number }[]} voters
 */

/** @returns {string} the id of a new cluster */
function newClusterId () {
  // The first byte is fixed: an id starting with a dash would be read as an option.
  return Buffer.concat([Buffer.alloc(1), crypto.randomBytes(15)]).toString('base64url')
}

/**
 * One broker from Kafka's own jars: its folder, its processes, and the signals that tests send to it.
 * The data lives in a temporary folder that is removed with the broker.
 */
class LocalKafka {
  /**
   * @param {object} options
   * @param {import('./properties').Release} options.release
   * @param {string} options.jars
   * @param {number} options.port
   * @param {import('./properties').MoreProperties} [options.properties] more broker properties; they win
   * @param {string[]} [options.jvmOptions]
   * @param {number} [options.heapMb] of the broker; default: 512
   * @param {Membership} [options.member] of a cluster in KRaft mode; default: alone, in the mode of the release
   */
  constructor ({ release, jars, port, properties = {}, jvmOptions = [], heapMb = BROKER_HEAP_MB, member }) {
    this.release = release
    this.mode = member ? 'kraft' : release.mode
    this.jars = jars
    this.port = port
    this.properties = properties
    this.jvmOptions = jvmOptions
    this.heapMb = heapMb
    this.member = member
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

  /** @param {Record<string, any>} base @returns {Promise<string>} the text of the properties file */
  async complete (base) {
    const { properties } = this
    return formatProperties(typeof properties === 'function'
      ? await properties(base, this.dir)
      : { ...base, ...properties })
  }

  /** @param {number} heapMb */
  java (heapMb) {
    const { release, jars, dir, jvmOptions } = this
    return jvmArguments({ release, jars, dir, heapMb, jvmOptions })
  }

  async start () {
    await this.prepare()
    await this.spawnBroker()
    await this.ready([])
  }

  /** Everything that comes before the broker's own start. */
  async prepare () {
    await this.supervised.ask('folder', { path: this.dir })
    fs.mkdirSync(this.dataDir)
    this.write(this.release.logConfigName, logConfig(this.release))
    const taken = new Set([this.port])
    if (this.member) await this.prepareKraft(this.member)
    else if (this.mode === 'zookeeper') await this.prepareZookeeper(await freePort(taken))
    else {
      const controller = { id: NODE_ID.kraft, controllerPort: await freePort(taken) }
      await this.prepareKraft({ ...controller, voters: [controller], clusterId: newClusterId() })
    }
  }

  /** @param {Membership} member */
  async prepareKraft ({ clusterId, ...member }) {
    const node = { ...member, port: this.port, dataDir: this.dataDir }
    const config = this.write('server.properties', await this.complete(kraftProperties(node)))
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
    this.write('server.properties', await this.complete(zookeeperModeProperties(node)))
    const config = this.write('zookeeper.properties', formatProperties(zookeeperProperties(zookeeper)))
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
    // Not waited for: the broker itself waits until ZooKeeper answers, and its own start takes longer.
    await this.supervised.spawn('zookeeper', javaCommand(), [...this.java(ZOOKEEPER_HEAP_MB), main, config],
      path.join(this.dir, 'zookeeper.log'))
  }

  get running () {
    return this.supervised.running.has('broker')
  }

  async spawnBroker () {
    const config = path.join(this.dir, 'server.properties')
    const args = [...this.java(this.heapMb), 'kafka.Kafka', config]
    await this.supervised.spawn('broker', javaCommand(), args, this.logFile)
  }

  /**
   * @param {string[]} topics that it must have leaders for before it counts as ready
   * @param {number[]} [ids] of the brokers that it must name
   */
  async ready (topics, ids) {
    const { port } = this
    try {
      await waitUntilReady({ port, topics, strict: false, ids, alive: () => this.running, timeout: START_TIMEOUT_MS })
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

  /** @returns {string[]} the topics in the data folder; those that are being deleted have a suffix */
  topicsOnDisk () {
    const names = fs.readdirSync(this.dataDir).map((name) => /^(.+)-\d+$/.exec(name)?.[1])
    return /** @type {string[]} */ (
      [...new Set(names)].filter((name) => name !== undefined && name !== '__cluster_metadata')
    )
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
    // A stopped process would not receive SIGTERM.
    await this.supervised.signal('broker', 'SIGCONT')
    if (!await this.supervised.signal('broker', 'SIGTERM')) return
    const timer = setTimeout(() => { this.kill().catch(() => {}) }, TERM_TIMEOUT_MS)
    await this.supervised.exited('broker')
    clearTimeout(timer)
  }

  async restart () {
    await this.terminate()
    if (this.mode === 'zookeeper') await forgetBroker(this.zookeeperPort, NODE_ID.zookeeper)
    await this.spawnBroker()
    await this.ready(this.topicsOnDisk())
  }

  stop () {
    return this.supervised.finish()
  }
}

module.exports = { LocalKafka, NODE_ID, newClusterId }
