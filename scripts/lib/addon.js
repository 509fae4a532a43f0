'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root, cacheDir, cargoTargetDir } = require('./paths')
const { run } = require('./processes')

const SOURCES = ['src', 'librdkafka', 'build.rs', 'Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo']

/** Crates that compile a C library: most of a first build, during which cargo prints nothing. */
const C_LIBRARIES = {
  'openssl-sys': 'OpenSSL', 'kafka-node-librdkafka': 'librdkafka', 'zstd-sys': 'zstd', 'libz-sys': 'zlib'
}

/**
 * What a debug build changes in the release profile, for this checkout's own crates only: anything else would compile
 * OpenSSL again. librdkafka stays optimised, and gets line numbers.
 */
const DEBUG_PROFILE = [
  'kafka-node-native.strip="none"',
  'kafka-node-native.debug=true',
  'kafka-node-native.opt-level=0',
  'kafka-node-librdkafka.debug=true'
].map((setting) => `profile.release.package.${setting}`)

/**
 * @param {string} entry
 * @returns {Generator<string>}
 */
function * filesUnder (entry) {
  const stat = fs.statSync(entry, { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isDirectory()) {
    yield entry
    return
  }
  for (const name of fs.readdirSync(entry).sort()) {
    // zig leaves an empty one where it is asked what it can do
    if (!name.endsWith('.o')) yield * filesUnder(path.join(entry, name))
  }
}

function sourceHash () {
  const hash = crypto.createHash('sha256').update(process.version.split('.')[0])
  for (const source of SOURCES) {
    for (const file of filesUnder(path.join(root, source))) {
      hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file)).update('\0')
    }
  }
  const { napi } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  return hash.update(JSON.stringify([napi.binaryName, napi.packageName])).digest('hex')
}

/** The addon files that `napi build` has put into the checkout: one per platform. */
function addonFiles () {
  return fs.readdirSync(root).filter((name) => name.endsWith('.node')).sort()
}

function stampFile () {
  const checkout = crypto.createHash('sha256').update(root).digest('hex').slice(0, 16)
  return path.join(cacheDir, 'stamps', `${checkout}.json`)
}

// Size and time show whether another build has replaced the addon that the stamp describes.
function fingerprint () {
  return addonFiles().map((name) => {
    const { size, mtimeMs } = fs.statSync(path.join(root, name))
    return { name, size, mtimeMs }
  })
}

/** True unless the addon in the checkout is a release build of the current sources. */
function isStale () {
  const present = ['binding.js', 'binding.d.ts'].every((name) => fs.existsSync(path.join(root, name)))
  if (!present || addonFiles().length === 0) return true
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile(), 'utf8'))
    const isSame = stamp.sources === sourceHash() && JSON.stringify(stamp.addon) === JSON.stringify(fingerprint())
    return stamp.debug || !isSame
  } catch {
    return true
  }
}

/** The target triple of this machine, as rustc names it. */
function hostTriple () {
  const { stdout } = spawnSync('rustc', ['-vV'], { cwd: root, encoding: 'utf8' })
  const host = /^host: (.+)$/m.exec(stdout || '')
  if (!host) throw new Error('rustc did not answer: install Rust from https://rustup.rs and try again')
  return host[1]
}

/** Environment of every cargo run: a single target folder outside the checkout. */
function cargoEnv (env = process.env) {
  return { ...env, CARGO_TARGET_DIR: cargoTargetDir, CARGO_TERM_COLOR: 'never' }
}

/**
 * Makes cargo compile this checkout's crate. In a target folder shared by several checkouts it compares only file
 * times, and would mistake another checkout's build for ours.
 *
 * @param {{force?: boolean, targetDir?: string}} [options] `force`: even if this checkout was the last to build here
 */
function claimTargetDir ({ force = false, targetDir = cargoTargetDir } = {}) {
  const owner = path.join(targetDir, '.last-checkout')
  if (!force && fs.existsSync(owner) && fs.readFileSync(owner, 'utf8') === root) return
  const now = new Date()
  for (const source of ['src', 'build.rs']) {
    for (const file of filesUnder(path.join(root, source))) fs.utimesSync(file, now, now)
  }
  fs.mkdirSync(targetDir, { recursive: true })
  dateLibrdkafka(targetDir, now)
  fs.writeFileSync(owner, root)
}

/**
 * The same for librdkafka, which takes minutes: what has been compiled before keeps its time in every checkout.
 *
 * @param {string} targetDir
 * @param {Date} now
 */
function dateLibrdkafka (targetDir, now) {
  const stamp = path.join(targetDir, '.last-librdkafka')
  const files = [...filesUnder(path.join(root, 'librdkafka'))]
  const hash = crypto.createHash('sha256')
  for (const file of files) {
    hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file)).update('\0')
  }
  const contents = hash.digest('hex')
  const known = fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === contents
  if (!known) fs.writeFileSync(stamp, contents)
  const time = known ? fs.statSync(stamp).mtime : now
  for (const file of files) fs.utimesSync(file, time, time)
}

function countCrates () {
  const args = ['tree', '--locked', '--target', hostTriple(), '-e', 'normal,build', '--prefix', 'none', '--no-dedupe']
  const { stdout, status } = spawnSync('cargo', args, { cwd: root, encoding: 'utf8', env: cargoEnv() })
  if (status !== 0) return null
  return new Set(stdout.split('\n').filter(Boolean).map((line) => line.split(' ').slice(0, 2).join(' '))).size
}

/**
 * The C libraries being compiled right now: cargo stamps a build script's folder when it starts, and writes its
 * `output` when it ends.
 *
 * @param {string} releaseDir
 */
function librariesInWork (releaseDir) {
  const buildDir = path.join(releaseDir, 'build')
  if (!fs.existsSync(buildDir)) return []
  const folders = fs.readdirSync(buildDir)
  const inWork = (/** @type {string} */ crate) => folders.some((folder) => {
    const has = (/** @type {string} */ name) => fs.existsSync(path.join(buildDir, folder, name))
    return folder.startsWith(`${crate}-`) && has('invoked.timestamp') && !has('output')
  })
  return Object.entries(C_LIBRARIES).flatMap(([crate, library]) => inWork(crate) ? library : [])
}

/**
 * Builds the addon with `binding.js` and `binding.d.ts` next to it, and reports progress every 15 seconds.
 *
 * @param {{debug?: boolean, log?: (line: string) => void}} [options] `debug`: our code unoptimised, all symbols
 */
async function build ({ debug = false, log = console.log } = {}) {
  const releaseDir = path.join(cargoTargetDir, hostTriple(), 'release')
  const first = !fs.existsSync(releaseDir)
  log(first
    ? 'Building the native addon. The first build compiles OpenSSL and librdkafka: 2 to 6 minutes on 2 cores.'
    : 'Building the native addon: only what has changed, usually in well under a minute.')
  claimTargetDir({ force: true })
  const sources = sourceHash()
  const cli = path.join(root, 'node_modules', '@napi-rs', 'cli', 'dist', 'cli.js')
  const args = [
    cli, 'build', '--platform', '--release', '--js', 'binding.js', '--dts', 'binding.d.ts', '--', '--locked',
    ...(debug ? DEBUG_PROFILE.flatMap((setting) => ['--config', setting]) : [])
  ]
  const started = Date.now()
  const total = first ? countCrates() : null
  let crates = 0
  let current = 'the dependencies'
  const ticker = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000)
    const doing = librariesInWork(releaseDir).join(' and ') || current
    log(`  ${seconds} s: ${crates}${total ? ` of about ${total}` : ''} crates reached, compiling ${doing}`)
  }, 15000)
  let result
  try {
    result = await run(process.execPath, args, {
      cwd: root,
      env: cargoEnv(),
      onLine (line) {
        const compiling = /^\s*Compiling (\S+)/.exec(line)
        if (/Blocking waiting for file lock/.test(line)) log('  waiting for another build to finish')
        if (!compiling) return
        crates++
        current = compiling[1]
      }
    })
  } finally {
    clearInterval(ticker)
  }
  if (result.code !== 0) throw new Error(`The native build failed:\n${result.output}`)
  // If a source changed while cargo ran, the next call must build again.
  const unchanged = sources === sourceHash()
  if (unchanged) {
    fs.mkdirSync(path.dirname(stampFile()), { recursive: true })
    fs.writeFileSync(stampFile(), JSON.stringify({ root, sources, debug, addon: fingerprint() }))
  }
  log(`Built ${addonFiles().join(', ')} in ${Math.round((Date.now() - started) / 1000)} s.`)
}

module.exports = { isStale, build, addonFiles, hostTriple, cargoEnv, claimTargetDir, sourceHash }
