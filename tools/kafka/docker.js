'use strict'

const { spawnSync, execFile } = require('node:child_process')
const crypto = require('node:crypto')
const path = require('node:path')

const { waitUntilReady } = require('./ready')
const { Supervised } = require('./supervised')

const START_TIMEOUT_MS = 300000

/** The same broker in a container of the official image: see compose.yaml. */
class DockerKafka {
  /**
   * @param {object} options
   * @param {import('./properties').Release} options.release
   * @param {number} options.port
   */
  constructor ({ release, port }) {
    this.release = release
    this.port = port
    this.project = `kafka-node-native-${crypto.randomBytes(4).toString('hex')}`
    this.profile = release.mode
    this.service = release.mode === 'kraft' ? 'kafka' : 'kafka-on-zookeeper'
    this.supervised = new Supervised()
  }

  /** @param {string[]} args @returns {string[]} */
  command (...args) {
    const file = path.join(__dirname, 'compose.yaml')
    return ['docker', 'compose', '-f', file, '-p', this.project, '--profile', this.profile, ...args]
  }

  /** @param {string[]} args @returns {Promise<void>} */
  compose (...args) {
    const [command, ...rest] = this.command(...args)
    const env = { ...process.env, KAFKA_PORT: String(this.port), KAFKA_IMAGE_VERSION: this.release.version }
    return new Promise((resolve, reject) => {
      execFile(command, rest, { env }, (error, stdout, stderr) => {
        if (error) reject(new Error(`docker compose ${args.join(' ')} failed: ${stderr || error.message}`))
        else resolve()
      })
    })
  }

  async start () {
    await this.supervised.ask('finally', { command: this.command('down', '--volumes', '--timeout', '1') })
    await this.compose('up', '--detach')
    await this.ready()
  }

  ready () {
    return waitUntilReady({ port: this.port, timeout: START_TIMEOUT_MS, alive: () => true })
  }

  kill () {
    return this.compose('kill', this.service)
  }

  async terminate () {
    await this.compose('unpause', this.service).catch(() => {})
    await this.compose('stop', this.service)
  }

  /** @param {'SIGSTOP' | 'SIGCONT'} which */
  signal (which) {
    return this.compose(which === 'SIGSTOP' ? 'pause' : 'unpause', this.service)
  }

  async restart () {
    await this.compose('unpause', this.service).catch(() => {})
    await this.compose('restart', this.service)
    await this.ready()
  }

  logTail () {
    const [command, ...args] = this.command('logs', '--tail', '20')
    return spawnSync(command, args, { encoding: 'utf8' }).stdout
  }

  stop () {
    return this.supervised.finish()
  }
}

module.exports = { DockerKafka }
