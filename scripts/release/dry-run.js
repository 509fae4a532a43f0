'use strict'

// npm run release -- --dry-run: a whole release, on a copy of this checkout and a registry on this machine. Only what
// needs the real registry is left out: provenance, which is made from a workflow's identity.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root } = require('../lib/paths')
const { npmCommand, run } = require('../lib/processes')
const { RUNTIME_CHECKS, runChecks } = require('../lib/runtime-checks')
const { targets, binaryName } = require('../platforms/targets')
const { RUNTIMES } = require('../platforms/runtimes')
const { LocalRegistry } = require('./registry')
const { DOORS, inOrder, published } = require('./publish')
const { changelog, isLater, versionOf } = require('./version')

/** @typedef {import('./publish').Packed} Packed */

/** npm's words for a platform. @param {string} name of a target */
function npmPlatform (name) {
  const [system, arch, libc] = name.split('-')
  const options = [`--os=${system}`, `--cpu=${arch}`]
  if (system === 'linux') options.push(`--libc=${libc === 'gnu' ? 'glibc' : libc}`)
  return options
}

/** The files of this checkout that belong to the repository. @param {string} copy folder */
function copyCheckout (copy) {
  const { stdout, status } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024
  })
  assert.equal(status, 0, 'git lists the files')
  for (const name of stdout.split('\0').filter(Boolean)) {
    if (fs.existsSync(path.join(root, name))) fs.cpSync(path.join(root, name), path.join(copy, name))
  }
  fs.cpSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'), {
    recursive: true, filter: (file) => path.basename(file) !== 'kafka-node', verbatimSymlinks: true
  })
}

/** The version that the changelog prepares; the next patch if that is out already. */
function nextVersion () {
  const present = versionOf(root)
  const [latest] = changelog(root)
  if (isLater(latest.version, present)) return latest.version
  throw new Error(`CHANGELOG.md has no section for what comes after ${present}`)
}

/** @param {string} copy @param {string[]} args @param {{fails?: boolean}} [options] */
async function release (copy, args, { fails = false } = {}) {
  const script = path.join(copy, 'scripts', 'release.js')
  const { code, output } = await run(process.execPath, [script, ...args], { cwd: copy })
  const what = fails ? 'did not fail' : 'failed'
  if ((code === 0) === fails) throw new Error(`release ${args.join(' ')} ${what}:\n${output}`)
  return output
}

/**
 * The packages of ours that an application got.
 *
 * @param {string} application
 */
function installedBindings (application) {
  const folder = path.join(application, 'node_modules', '@kafka-node-native')
  return fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []
}

/**
 * Installs the package as npm would on a platform, and runs the article's scripts with it if that platform runs here.
 *
 * @param {string} folder
 * @param {LocalRegistry} registry
 * @param {import('../platforms/targets').Target} target
 * @param {string} version
 */
async function installAndRun (folder, registry, target, version) {
  const application = path.join(folder, target.name)
  fs.mkdirSync(application)
  fs.writeFileSync(path.join(application, 'package.json'), '{ "name": "application", "private": true }')
  const npm = npmCommand()
  const args = [...npm.args, 'install', `kafka-node@npm:kafka-node-native@${version}`, ...npmPlatform(target.name),
    `--userconfig=${registry.userconfig}`, `--cache=${path.join(folder, 'npm-cache')}`, '--no-audit', '--no-fund']
  const { code, output } = await run(npm.command, args, { cwd: application, shell: npm.shell })
  assert.equal(code, 0, output)
  assert.deepEqual(installedBindings(application), [`binding-${target.name}`])
  if (!RUNTIMES[target.name]) return 'installed'
  const binding = path.join(application, 'node_modules', '@kafka-node-native', `binding-${target.name}`)
  const runtime = RUNTIMES[target.name](path.join(binding, binaryName(target)))
  // musl and Windows are told by the process itself; only wine needs the binary beside a stub.
  const env = { NAPI_RS_NATIVE_LIBRARY_PATH: target.name.startsWith('win32') ? runtime.addon : '' }
  /** @type {Record<string, (context: any) => Promise<void>>} */
  const checks = { article: (context) => RUNTIME_CHECKS.article({ ...context, application }) }
  try {
    const results = await runChecks(checks, { node: runtime.node, env, slowness: runtime.slowness })
    for (const error of results.values()) if (error) throw error
  } finally {
    if (runtime.end) runtime.end()
  }
  return 'installed, and the article\'s scripts ran'
}

/** @param {Map<string, string>} built binary by the target's name */
async function dryRun (built) {
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const step = (/** @type {string} */ text) => console.log(`\n== ${seconds()} s: ${text}`)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-release-'))
  const copy = path.join(folder, 'checkout')
  const registry = new LocalRegistry()
  try {
    step(`binaries of ${targets.length} platforms`)
    // The embedded broker runs on this machine's own Node.js.
    process.env.NAPI_RS_NATIVE_LIBRARY_PATH = built.get('linux-x64-gnu')
    const binaries = path.join(folder, 'binaries')
    fs.mkdirSync(binaries)
    for (const target of targets) {
      fs.copyFileSync(/** @type {string} */ (built.get(target.name)), path.join(binaries, binaryName(target)))
    }

    const version = nextVersion()
    step(`version ${version} in a copy of the checkout`)
    copyCheckout(copy)
    await release(copy, ['check'], { fails: true })
    console.log(await release(copy, ['version', version]))
    console.log(await release(copy, ['check', `v${version}`]))
    await release(copy, ['check', 'v0.0.1'], { fails: true })
    console.log(`Release notes: ${(await release(copy, ['notes'])).split('\n').length} lines`)

    step('tarballs, checksums, SBOMs')
    console.log(await release(copy, ['pack', '--binaries', binaries]))
    const dist = path.join(copy, 'dist')
    /** @type {Packed[]} */
    const packed = JSON.parse(fs.readFileSync(path.join(dist, 'packages.json'), 'utf8'))
      .map((/** @type {Packed} */ each) => ({ ...each, file: path.join(dist, each.file) }))
    const order = inOrder(packed)
    for (const { file } of packed) {
      const bill = JSON.parse(fs.readFileSync(file.replace(/\.tgz$/, '.cdx.json'), 'utf8'))
      assert.equal(bill.bomFormat, 'CycloneDX')
      assert.ok(bill.components.length > 0)
    }
    const list = async () => {
      const there = []
      for (const each of order) if (await published(registry, each)) there.push(each.name)
      return there
    }

    const last = order.filter(({ name }) => !DOORS.includes(name)).slice(-1)[0]
    step(`a publish that fails at ${last.name}: nothing that users install is there; then it is taken back`)
    await registry.start({ refused: [last.name] })
    const target = ['--registry', registry.url, '--userconfig', registry.userconfig]
    const refused = await release(copy, ['publish', ...target, '--attempts', '1'], { fails: true })
    assert.match(refused, new RegExp(`${last.name}@${version} cannot be published`))
    const half = await list()
    console.log(`Published: ${half.length} of ${order.length}`)
    assert.deepEqual(half, order.slice(0, order.indexOf(last)).map(({ name }) => name))
    console.log(await release(copy, ['rollback', ...target]))
    assert.deepEqual(await list(), [])

    step('the same failure again; the registry recovers, and the same command goes on')
    await release(copy, ['publish', ...target, '--attempts', '1'], { fails: true })
    await registry.stop()
    await registry.start()
    const again = ['--registry', registry.url, '--userconfig', registry.userconfig]
    console.log(await release(copy, ['publish', ...again]))
    assert.deepEqual(await list(), order.map(({ name }) => name))

    step('installed from the registry, as on each platform')
    for (const each of targets) {
      console.log(`  ${each.name}: ${await installAndRun(folder, registry, each, version)}`)
    }
    step('done. Not tried: provenance, which only the workflow has')
  } finally {
    await registry.stop()
    registry.remove()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

module.exports = { dryRun }
