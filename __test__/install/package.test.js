'use strict'

// The packages as users get them: packed, served by a registry, installed under the name `kafka-node` where there is
// no compiler and no Rust, and put to work there.

const assert = require('node:assert')
const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const addon = require('../../scripts/lib/addon')
const { linkedSoftware } = require('../../scripts/lib/notices')
const { startRegistry } = require('../support/registry')
const { runtimeDependencies } = require('../../scripts/lib/dependencies')
const { packAll } = require('../../scripts/package')
const { npmCommand } = require('../../scripts/lib/processes')

const root = path.join(__dirname, '..', '..')
const MAX_INSTALLED_BYTES = 12 * 1000 * 1000
const MAX_DEPENDENCIES = 3
const ALIAS = 'npm:kafka-node-native@^5.1.0'

const inCI = Boolean(process.env.CI) && process.env.CI !== 'false'

/** Runs a command to its end without blocking the registry, which lives in this process. */
function execute (command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text })
    child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

function writeJson (file, value) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, JSON.stringify(value, null, 2))
}

function readJson (file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'))
}

function sizeOf (entry) {
  const stat = fs.lstatSync(entry)
  if (!stat.isDirectory()) return stat.size
  return fs.readdirSync(entry).reduce((sum, name) => sum + sizeOf(path.join(entry, name)), 0)
}

/** The packages in an application's node_modules, scoped ones with their scope. */
function installedPackages (application) {
  const base = path.join(application, 'node_modules')
  return fs.readdirSync(base)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      if (!name.startsWith('@')) return name
      return fs.readdirSync(path.join(base, name)).map((scoped) => `${name}/${scoped}`)
    })
    .sort()
}

function portIsFree (port) {
  return new Promise((resolve) => {
    const probe = net.createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/** A command prefix that runs a command in its own network namespace, or null where the system does not allow it. */
function privateNetwork () {
  const up = 'ip link set lo up && exec "$0" "$@"'
  for (const flags of [['-n'], ['-rn']]) {
    const prefix = ['unshare', ...flags, '--', 'sh', '-c', up]
    if (spawnSync(prefix[0], [...prefix.slice(1), 'true']).status === 0) return prefix
  }
  return null
}

describe('the packed packages', () => {
  let folder
  let registry
  let env
  let main
  let platform
  let application

  /** An application with this package.json, installed from the local registry. */
  async function install (name, manifest) {
    const target = path.join(folder, name)
    writeJson(path.join(target, 'package.json'), { name, version: '1.0.0', private: true, ...manifest })
    const npm = npmCommand()
    const args = [...npm.args, 'install', '--no-audit', '--no-fund']
    const result = await execute(npm.command, args, { cwd: target, env, shell: npm.shell })
    assert.strictEqual(result.code, 0, `npm install failed:\n${result.stdout}\n${result.stderr}`)
    return target
  }

  /** A tarball of a package that consists of a package.json and an index.js. */
  async function packStub (manifest) {
    const source = path.join(folder, 'stubs', manifest.name)
    writeJson(path.join(source, 'package.json'), { version: '1.0.0', main: 'index.js', ...manifest })
    fs.writeFileSync(path.join(source, 'index.js'), "module.exports = require('kafka-node')\n")
    return packFolder(source)
  }

  async function packFolder (source) {
    const npm = npmCommand()
    const out = fs.mkdtempSync(path.join(folder, 'tarball-'))
    const args = [...npm.args, 'pack', '--silent', '--ignore-scripts', '--pack-destination', out]
    const result = await execute(npm.command, args, { cwd: source, shell: npm.shell })
    assert.strictEqual(result.code, 0, result.stderr)
    return fs.readFileSync(path.join(out, fs.readdirSync(out)[0]))
  }

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-install-'))
    const packed = await packAll({ out: path.join(folder, 'dist') })
    const tarballs = packed.map(({ file }) => fs.readFileSync(file))
    // The dependencies come from this checkout's own copies, so that the test needs no other registry.
    for (const name of runtimeDependencies().keys()) {
      tarballs.push(await packFolder(path.join(root, 'node_modules', name)))
    }
    tarballs.push(
      await packStub({ name: 'with-peer-range', peerDependencies: { 'kafka-node': '^5.0.0' } }),
      await packStub({ name: 'with-dependency', dependencies: { 'kafka-node': '^5.0.0' } })
    )
    registry = await startRegistry(tarballs)

    // Only Node is on the path, so nothing can be compiled.
    const bin = path.join(folder, 'bin')
    fs.mkdirSync(bin)
    fs.symlinkSync(process.execPath, path.join(bin, 'node'))
    env = {
      PATH: bin,
      HOME: folder,
      npm_config_registry: registry.url,
      npm_config_cache: path.join(folder, 'npm-cache'),
      npm_config_userconfig: path.join(folder, 'no-user-config'),
      npm_config_globalconfig: path.join(folder, 'no-global-config'),
      npm_config_update_notifier: 'false',
      no_proxy: '127.0.0.1'
    }
    application = await install('application', { dependencies: { 'kafka-node': ALIAS } })
    main = readJson(path.join(application, 'node_modules', 'kafka-node', 'package.json'))
    const [platformName] = installedPackages(application).filter((name) => name in main.optionalDependencies)
    platform = path.join(application, 'node_modules', platformName)
  })

  after(async () => {
    if (registry) await registry.close()
    if (folder) fs.rmSync(folder, { recursive: true, force: true })
  })

  it('install under the alias and give require("kafka-node") its classes', async () => {
    const script = `
      const kafka = require('kafka-node')
      console.log(['KafkaClient', 'Producer', 'Consumer', 'ConsumerGroup'].map((name) => typeof kafka[name]).join())`
    const { stdout, stderr } = await execute(process.execPath, ['-e', script], { cwd: application, env })
    assert.strictEqual(stdout.trim(), 'function,function,function,function', stderr)
  })

  it('bring at most three packages besides themselves, and have at most 12 MB without those', () => {
    const own = ['kafka-node', ...Object.keys(main.optionalDependencies)]
    const installed = installedPackages(application)
    const others = installed.filter((name) => !own.includes(name))
    assert.ok(Object.keys(main.dependencies).length <= MAX_DEPENDENCIES)
    assert.ok(others.length <= MAX_DEPENDENCIES, `installed: ${others.join(', ')}`)
    const folder = (/** @type {string} */ name) => path.join(application, 'node_modules', name)
    const bytes = installed.filter((name) => own.includes(name)).reduce((sum, name) => sum + sizeOf(folder(name)), 0)
    assert.ok(bytes > 10e6 && bytes <= MAX_INSTALLED_BYTES, `${(bytes / 1e6).toFixed(2)} MB installed`)
  })

  it('run no script at install time and carry nothing that is for development only', () => {
    const manifests = [main, readJson(path.join(platform, 'package.json'))]
    for (const manifest of manifests) {
      for (const field of ['scripts', 'devDependencies', 'overrides']) assert.strictEqual(manifest[field], undefined)
    }
    const lock = readJson(path.join(application, 'package-lock.json'))
    for (const [name, entry] of Object.entries(lock.packages)) assert.ok(!entry.hasInstallScript, name)
  })

  it('name only platforms that are built, in exactly the main package\'s version', () => {
    assert.deepStrictEqual([...new Set(Object.values(main.optionalDependencies))], [main.version])
    const manifest = readJson(path.join(platform, 'package.json'))
    assert.strictEqual(manifest.version, main.version)
    assert.deepStrictEqual([manifest.os, manifest.cpu], [[process.platform], [process.arch]])
    if (process.platform === 'linux') assert.deepStrictEqual(manifest.libc, ['glibc'])
  })

  it('carry their licence, and the binary the notices of what is linked in', () => {
    for (const location of [path.join(application, 'node_modules', 'kafka-node'), platform]) {
      assert.match(fs.readFileSync(path.join(location, 'LICENSE'), 'utf8'), /MIT License/)
    }
    const notices = fs.readFileSync(path.join(platform, 'THIRD-PARTY-NOTICES.md'), 'utf8')
    for (const name of ['librdkafka', 'OpenSSL', 'zlib', 'Zstandard', 'rdkafka-sys', 'napi', 'tokio']) {
      assert.ok(notices.includes(name), name)
    }
    assert.match(notices, /Magnus Edenhill/)
  })

  it('name the versions that the binary itself tells', async () => {
    const [binary] = fs.readdirSync(platform).filter((name) => name.endsWith('.node'))
    const script = `console.log(require(${JSON.stringify(path.join(platform, binary))}).linkedLibraries())`
    const { stdout } = await execute(process.execPath, ['-e', script], { env })
    const libraries = JSON.parse(stdout)
    assert.deepStrictEqual(libraries.map(([name]) => name), ['librdkafka', 'OpenSSL', 'zlib', 'Zstandard', 'lz4'])
    const notices = fs.readFileSync(path.join(platform, 'THIRD-PARTY-NOTICES.md'), 'utf8')
    const bill = linkedSoftware(addon.hostTriple()).libraries.map(({ name, version }) => `${name} ${version}`)
    for (const [name, version] of libraries) {
      assert.match(notices, new RegExp(`^## .*\\b${name} ${version} \\(source in crate`, 'm'))
      assert.ok(bill.includes(`${name} ${version}`), `${name} ${version} is not in the bill of materials: ${bill}`)
    }
  })

  it('satisfy a package with the peer range ^5.0.0', async () => {
    const peer = await install('with-peer', { dependencies: { 'kafka-node': ALIAS, 'with-peer-range': '1.0.0' } })
    const script = "console.log(require('with-peer-range') === require('kafka-node'))"
    const { stdout, stderr } = await execute(process.execPath, ['-e', script], { cwd: peer, env })
    assert.strictEqual(stdout.trim(), 'true', stderr)
  })

  it('reach a transitive dependent through overrides', async () => {
    const overridden = await install('overridden', {
      dependencies: { 'with-dependency': '1.0.0' },
      overrides: { 'kafka-node': ALIAS }
    })
    const script = "console.log(typeof require('with-dependency').ConsumerGroup)"
    const { stdout, stderr } = await execute(process.execPath, ['-e', script], { cwd: overridden, env })
    assert.strictEqual(stdout.trim(), 'function', stderr)
    assert.strictEqual(readJson(path.join(overridden, 'node_modules', 'kafka-node', 'package.json')).name, main.name)
    assert.ok(!registry.requests.includes('/kafka-node'), 'the original package was asked for')
  })

  it('are the one copy for a service and its dependents, as the migration guide writes it', async () => {
    const both = await install('service', {
      dependencies: { 'kafka-node': ALIAS, 'with-dependency': '1.0.0' },
      overrides: { 'kafka-node': '$kafka-node' }
    })
    const script = "console.log(require('with-dependency') === require('kafka-node'))"
    const { stdout, stderr } = await execute(process.execPath, ['-e', script], { cwd: both, env })
    assert.strictEqual(stdout.trim(), 'true', stderr)
  })

  it('name the platform if there is no addon for it', async () => {
    const bare = path.join(folder, 'no-addon')
    fs.cpSync(application, bare, { recursive: true })
    fs.rmSync(path.join(bare, path.relative(application, platform)), { recursive: true })
    const script = `
      try {
        const { KafkaClient } = require('kafka-node')
        new KafkaClient({ kafkaHost: '127.0.0.1:1' }).on('error', () => {})
      } catch (err) {
        console.log(err.message)
      }
      process.exit()`
    const { stdout, stderr } = await execute(process.execPath, ['-e', script], { cwd: bare, env })
    assert.match(stdout, new RegExp(`${process.platform}[- /]${process.arch}`), stderr)
  })

  const scripts = [path.join(root, 'examples', 'blog')]
  if (process.env.ARTICLE_DIR) scripts.push(path.resolve(process.env.ARTICLE_DIR))

  for (const [broker, name] of [['embedded', 'the embedded broker'], ['4', 'Kafka 4'], ['3.9', 'Kafka 3.9']]) {
    it(`run the article's four scripts on ${name}`, async (t) => {
      const prefix = privateNetwork()
      if (!prefix && !await portIsFree(9092)) {
        const reason = 'the scripts need port 9092: it is in use, and this system has no private network for a test'
        if (inCI) assert.fail(reason)
        return t.skip(reason)
      }
      const job = JSON.stringify({ application, broker, scripts })
      const command = [...prefix || [], process.execPath, path.join(__dirname, 'run-scripts.js'), job]
      // A cluster that is named for all tests does not listen on this port.
      const { KAFKA_BROKERS, TEST_KAFKA_4, TEST_KAFKA_39, ...clean } = process.env
      const { code, stdout, stderr } = await execute(command[0], command.slice(1), { env: clean })
      assert.strictEqual(code, 0, `${stdout}\n${stderr}`)
      const results = JSON.parse(stdout.trim().split('\n').at(-1))
      for (const source of scripts) {
        for (const [part, result] of Object.entries(results[source])) {
          const seen = `${part} of ${source}:\n--- consumer\n${result.consumer}\n--- producer\n${result.producer}`
          assert.ok(result.sent, `nothing was sent: ${seen}`)
          assert.ok(result.received, `no message arrived: ${seen}`)
          assert.match(result.consumer, /offset: \d+/, seen)
          assert.match(result.consumer, /highWaterOffset: \d+/, seen)
          assert.match(result.consumer, /partition: 0/, seen)
        }
      }
    })
  }
})
