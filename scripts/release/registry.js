'use strict'

// A registry on this machine, for trying a release: verdaccio, installed into the cache folder on first use. It has
// what is published to it, and hands everything else on to the registry that npm is set up with.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawn, spawnSync } = require('node:child_process')
const { cacheDir } = require('../lib/paths')
const { configuredRegistry, npmCommand, killGroup } = require('../lib/processes')
const { freePort } = require('../../tools/kafka/ports')

const VERDACCIO = '6.8.0'
const OURS = ['@kafka-node-native/*', 'kafka-node-native', 'kafkajs-native']
const START_MS = 60000
const USER = { name: 'releaser', password: 'not-secret-on-this-machine' }

function install () {
  const folder = path.join(cacheDir, 'tools', `verdaccio-${VERDACCIO}`)
  const script = path.join(folder, 'node_modules', 'verdaccio', 'bin', 'verdaccio')
  if (fs.existsSync(script)) return script
  fs.mkdirSync(folder, { recursive: true })
  const manifest = { private: true, dependencies: { verdaccio: VERDACCIO }, overrides: { 'node-fetch': '2.7.0' } }
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
  const npm = npmCommand()
  const args = [...npm.args, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, stderr } = spawnSync(npm.command, args, { cwd: folder, shell: npm.shell, encoding: 'utf8' })
  if (status !== 0) throw new Error(`verdaccio cannot be installed:\n${stderr}`)
  return script
}

class LocalRegistry {
  constructor () {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-registry-'))
    this.url = ''
    /** npm's configuration file with this registry and its user. */
    this.userconfig = path.join(this.folder, 'npmrc')
    /** @type {import('node:child_process').ChildProcess | null} */
    this.child = null
  }

  /**
   * Starts it, or starts it again with what it has.
   *
   * @param {{refused?: string[]}} [options] packages that nobody may publish
   */
  async start ({ refused = [] } = {}) {
    const script = install()
    const port = await freePort()
    const address = `127.0.0.1:${port}`
    const access = { access: '$all', publish: '$authenticated', unpublish: '$authenticated' }
    const packages = Object.fromEntries([
      ...refused.map((name) => [name, { ...access, publish: 'nobody' }]),
      ...OURS.map((name) => [name, access]),
      ['**', { access: '$all', proxy: 'upstream' }]
    ])
    // YAML takes JSON.
    fs.writeFileSync(path.join(this.folder, 'config.yaml'), JSON.stringify({
      storage: path.join(this.folder, 'storage'),
      auth: { htpasswd: { file: path.join(this.folder, 'htpasswd'), max_users: 1 } },
      uplinks: { upstream: { url: configuredRegistry(), cache: false } },
      packages,
      max_body_size: '100mb',
      web: { enable: false },
      log: { type: 'file', path: path.join(this.folder, 'log'), format: 'json', level: 'warn' }
    }))
    const args = [script, '--config', path.join(this.folder, 'config.yaml'), '--listen', address]
    this.child = spawn(process.execPath, args, { stdio: 'ignore', detached: true })
    this.url = `http://${address}/`
    const deadline = Date.now() + START_MS
    for (;;) {
      const answers = await fetch(`${this.url}-/ping`).then(({ ok }) => ok, () => false)
      if (answers) break
      const ended = this.child.exitCode !== null || Date.now() > deadline
      if (ended) throw new Error(`verdaccio does not start: ${this.log()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    fs.writeFileSync(this.userconfig, `registry=${this.url}\n//${address}/:_authToken=${await this.token()}\n`)
    return this
  }

  async token () {
    const url = `${this.url}-/user/org.couchdb.user:${USER.name}`
    const headers = {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`
    }
    const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ ...USER, type: 'user' }) })
    const { token } = /** @type {any} */ (await response.json())
    if (!token) throw new Error(`verdaccio does not know its user: ${this.log()}`)
    return token
  }

  log () {
    const file = path.join(this.folder, 'log')
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').slice(-2000) : ''
  }

  async stop () {
    const { child } = this
    this.child = null
    if (!child || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    killGroup(child.pid, 'SIGTERM')
    const timer = setTimeout(() => killGroup(child.pid), 5000)
    await ended
    clearTimeout(timer)
  }

  remove () {
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

module.exports = { LocalRegistry }
