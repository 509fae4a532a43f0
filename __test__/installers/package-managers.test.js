'use strict'

// npm, pnpm, Yarn 1, Yarn 4 with Plug'n'Play and with node_modules, and Bun install the package from a registry that
// has all platforms: each takes this machine's binary only. What it has installed works, the embedded broker too.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { startRegistry } = require('../support/registry')
const { installTools } = require('../support/tools')
const addon = require('../../scripts/lib/addon')
const { runtimeDependencies } = require('../../scripts/lib/dependencies')
const { npmCommand, run } = require('../../scripts/lib/processes')
const { binaryOfThisMachine, packAll } = require('../../scripts/package')
const { targets, targetOfTriple } = require('../../scripts/platforms/targets')

const root = path.join(__dirname, '..', '..')
const TOOLS = { pnpm: '10.34.9', yarn: '1.22.22', '@yarnpkg/cli-dist': '4.18.1', '@oven/bun-linux-x64': '1.4.4' }

/** Sends a message to an embedded broker and reads it back. */
const PROGRAM = `
const kafka = require('kafka-node')
const { startDevBroker } = require('kafka-node/dev-broker')
startDevBroker({ port: 0, topics: ['test:1'], quiet: true }).then((broker) => {
  const client = new kafka.KafkaClient({ kafkaHost: broker.brokers })
  const producer = new kafka.Producer(client)
  producer.on('ready', () => producer.send([{ topic: 'test', messages: 'hi' }], (error) => {
    if (error) throw error
    const consumer = new kafka.Consumer(client, [{ topic: 'test' }], { fromOffset: true, autoCommit: false })
    consumer.on('message', ({ value }) => consumer.close(() => producer.close(() => broker.stop().then(() => {
      console.log('received ' + value)
    }))))
  }))
})`

describe('package managers', { timeout: 600000 }, () => {
  const here = targetOfTriple(addon.hostTriple())
  /** @type {string} */
  let folder
  /** @type {string} */
  let tools
  /** @type {Awaited<ReturnType<typeof startRegistry>>} */
  let registry

  /** The environment of a package manager that has no cache yet and knows the local registry only. */
  function environment (extra = {}) {
    const home = fs.mkdtempSync(path.join(folder, 'home-'))
    return {
      ...process.env,
      HOME: home,
      XDG_CACHE_HOME: path.join(home, 'cache'),
      XDG_DATA_HOME: path.join(home, 'data'),
      XDG_STATE_HOME: path.join(home, 'state'),
      npm_config_registry: registry.url,
      npm_config_cache: path.join(home, 'npm-cache'),
      npm_config_userconfig: path.join(home, 'no-user-config'),
      no_proxy: '127.0.0.1',
      NO_PROXY: '127.0.0.1',
      ...extra
    }
  }

  /** @param {string} name @param {Record<string, string>} [files] */
  function application (name, files = {}) {
    const target = path.join(folder, name)
    fs.mkdirSync(target)
    const dependencies = { 'kafka-node': 'npm:kafka-node-native@^5.0.0' }
    const manifest = { name, version: '1.0.0', private: true, dependencies }
    fs.writeFileSync(path.join(target, 'package.json'), JSON.stringify(manifest))
    fs.writeFileSync(path.join(target, 'program.js'), PROGRAM)
    for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(target, file), text)
    return target
  }

  /** Runs a command that must succeed. */
  async function succeeds (command, args, cwd, env = environment()) {
    const { code, output } = await run(command, args, { cwd, env })
    assert.equal(code, 0, `${command} ${args.join(' ')}\n${output}`)
    return output
  }

  /** The platforms whose packages were fetched since the last call. */
  function fetched () {
    const tarball = /^\/-\/tarballs\/@kafka-node-native\/binding-(.+)\//
    const found = registry.requests.splice(0).map((request) => tarball.exec(request))
    return [...new Set(found.flatMap((match) => match ? match[1] : []))]
  }

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-managers-'))
    tools = await installTools(TOOLS)
    // Who fetches another platform's package fails the test; what is in it does not matter.
    const other = path.join(folder, 'other')
    fs.writeFileSync(other, 'the binary of another platform')
    /** @type {Array<[string, string]>} */
    const files = targets.map((target) => [target.name, target === here ? binaryOfThisMachine(target) : other])
    const packed = await packAll({ out: path.join(folder, 'dist'), binaries: new Map(files) })
    const npm = npmCommand()
    for (const name of runtimeDependencies().keys()) {
      const args = [...npm.args, 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder]
      await succeeds(npm.command, args, path.join(root, 'node_modules', name), /** @type {any} */ (process.env))
    }
    const others = fs.readdirSync(folder).filter((name) => name.endsWith('.tgz')).map((name) => path.join(folder, name))
    registry = await startRegistry([...packed.map(({ file }) => file), ...others].map((file) => fs.readFileSync(file)))
  })

  after(async () => {
    if (registry) await registry.close()
    if (folder) fs.rmSync(folder, { recursive: true, force: true })
  })

  /** What every one of them must do. */
  async function check (install, start) {
    fetched()
    await install()
    assert.deepEqual(fetched(), [here.name])
    assert.match(await start(), /^received hi$/m)
  }

  it('npm', async () => {
    const target = application('with-npm')
    const npm = npmCommand()
    await check(
      () => succeeds(npm.command, [...npm.args, 'install', '--no-audit', '--no-fund'], target),
      () => succeeds(process.execPath, ['program.js'], target)
    )
  })

  it('npm ci, with the lock file that it wrote', async () => {
    const target = path.join(folder, 'with-npm')
    const npm = npmCommand()
    const lock = fs.readFileSync(path.join(target, 'package-lock.json'), 'utf8')
    for (const { name } of targets) assert.ok(lock.includes(`binding-${name}"`), `the lock file has ${name}, too`)
    await check(
      () => succeeds(npm.command, [...npm.args, 'ci', '--no-audit', '--no-fund'], target),
      () => succeeds(process.execPath, ['program.js'], target)
    )
  })

  it('pnpm', async () => {
    const target = application('with-pnpm')
    const pnpm = path.join(tools, 'pnpm', 'bin', 'pnpm.cjs')
    await check(
      () => succeeds(process.execPath, [pnpm, 'install'], target),
      () => succeeds(process.execPath, ['program.js'], target)
    )
  })

  it('Yarn 1, which fetches all and keeps those of this system and processor: it knows no libc', async () => {
    const target = application('with-yarn-1')
    const yarn = path.join(tools, 'yarn', 'bin', 'yarn.js')
    await succeeds(process.execPath, [yarn, 'install', '--non-interactive', '--registry', registry.url], target)
    const kept = fs.readdirSync(path.join(target, 'node_modules', '@kafka-node-native'))
    const platform = `${process.platform}-${process.arch}`
    const ofThisSystem = targets.filter(({ name }) => name.startsWith(platform))
    assert.deepEqual(kept.sort(), ofThisSystem.map(({ name }) => `binding-${name}`).sort())
    assert.match(await succeeds(process.execPath, ['program.js'], target), /^received hi$/m)
  })

  for (const linker of ['pnp', 'node-modules']) {
    it(`Yarn 4, ${linker}`, async () => {
      const target = application(`with-yarn-4-${linker}`, {
        '.yarnrc.yml': [
          `nodeLinker: ${linker}`, `npmRegistryServer: "${registry.url}"`, 'unsafeHttpWhitelist: ["127.0.0.1"]',
          'enableTelemetry: false', 'enableGlobalCache: false', 'npmMinimalAgeGate: 0', ''
        ].join('\n'),
        'yarn.lock': ''
      })
      const yarn = path.join(tools, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js')
      const env = environment({ YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' })
      await check(
        () => succeeds(process.execPath, [yarn, 'install'], target, env),
        () => succeeds(process.execPath, [yarn, 'node', 'program.js'], target, env)
      )
    })
  }

  it('Bun, run by Bun and by Node.js', async () => {
    const target = application('with-bun', { 'bunfig.toml': `[install]\nregistry = "${registry.url}"\n` })
    const bun = path.join(tools, '@oven', 'bun-linux-x64', 'bin', 'bun')
    fs.chmodSync(bun, 0o755)
    await check(() => succeeds(bun, ['install'], target), () => succeeds(bun, ['program.js'], target))
    assert.match(await succeeds(process.execPath, ['program.js'], target), /^received hi$/m)
  })

  it('npm with --omit=optional is told what is missing and what cures it, which does', async () => {
    const target = application('without-optional')
    const npm = npmCommand()
    const install = [...npm.args, 'install', '--no-audit', '--no-fund']
    await succeeds(npm.command, [...install, '--omit=optional'], target)
    const { code, output } = await run(process.execPath, ['program.js'], { cwd: target, env: environment() })
    assert.equal(code, 1)
    assert.match(output, new RegExp(`The package @kafka-node-native/binding-${here.name} is missing`))
    const cure = 'npm install --include=optional'
    assert.ok(output.includes(cure))
    fs.rmSync(path.join(target, 'node_modules'), { recursive: true })
    fs.rmSync(path.join(target, 'package-lock.json'), { force: true })
    await succeeds(npm.command, [...install, '--include=optional'], target)
    assert.match(await succeeds(process.execPath, ['program.js'], target), /^received hi$/m)
  })
})
