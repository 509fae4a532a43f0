'use strict'

// What cross-building needs beyond the tools of a native build, installed by name where it is missing: zig and
// cargo-zigbuild (from PyPI, into the cache folder), Rust's standard libraries (rustup), mingw-w64 (apt).

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root, cacheDir } = require('../lib/paths')
const { aptInstall } = require('../lib/apt')
const { run } = require('../lib/processes')

const ZIG_PACKAGES = ['ziglang==0.17.0', 'cargo-zigbuild==0.24.0']
const LIEF_PACKAGE = 'lief==0.17.0'
const toolsDir = path.join(cacheDir, 'tools')
const zigDir = path.join(toolsDir, 'zig')
const zigBin = path.join(zigDir, 'bin')

/** Cross builds have a target folder of their own: one triple may be this machine's, built with another compiler. */
const crossTargetDir = path.join(cacheDir, 'cross')

/** What OpenSSL tells as the time when it was built: the same in every build. s since 1970, here the start of 1980. */
const BUILD_TIME = '315532800'

/** @typedef {import('./targets').Target} Target */

/**
 * @param {string} what
 * @param {string} command
 * @param {string[]} args
 */
async function must (what, command, args) {
  const { code, output } = await run(command, args, { cwd: root }).catch((err) => ({ code: -1, output: err.message }))
  if (code !== 0) throw new Error(`${what} failed (${command} ${args.join(' ')}):\n${output}`)
  return output
}

function zigIsThere () {
  return fs.existsSync(path.join(zigBin, 'cargo-zigbuild'))
}

/** @param {(line: string) => void} log */
async function installZig (log) {
  if (zigIsThere()) return
  log(`Installing ${ZIG_PACKAGES.join(' and ')} from PyPI.`)
  await must('Making a Python environment', 'python3', ['-m', 'venv', zigDir])
  await must('Installing zig', path.join(zigBin, 'pip'), ['install', '--quiet', ...ZIG_PACKAGES])
}

/** @param {Target[]} targets @param {(line: string) => void} log */
async function installRustTargets (targets, log) {
  const installed = new Set((await must('rustup', 'rustup', ['target', 'list', '--installed'])).split('\n'))
  const missing = targets.map(({ rust }) => rust).filter((triple) => !installed.has(triple))
  if (missing.length === 0) return
  log(`Installing Rust's standard library for ${missing.join(', ')}.`)
  await must('Installing it', 'rustup', ['target', 'add', ...missing])
}

/**
 * @param {Target[]} targets what is about to be built
 * @param {(line: string) => void} log
 */
async function installFor (targets, log) {
  const crosses = new Set(process.platform === 'darwin' ? [] : targets.map(({ cross }) => cross))
  if (crosses.has('zig') || crosses.has('lld')) await installZig(log)
  if (crosses.has('mingw')) aptInstall(['gcc-mingw-w64-x86-64-posix', 'g++-mingw-w64-x86-64-posix'], log)
  await installRustTargets(targets, log)
}

/**
 * An executable script in the tools folder.
 *
 * @param {string} name
 * @param {string} text
 */
function wrapper (name, text) {
  const file = path.join(toolsDir, name)
  fs.mkdirSync(toolsDir, { recursive: true })
  fs.writeFileSync(`${file}.${process.pid}`, text, { mode: 0o755 })
  fs.renameSync(`${file}.${process.pid}`, file)
  return file
}

function sysroot () {
  const { stdout } = spawnSync('rustc', ['--print', 'sysroot'], { cwd: root, encoding: 'utf8' })
  return stdout.trim()
}

/** Stubs of what a Mach-O linker looks for, made of those that zig brings along. @param {string} arch */
function appleLibraries (arch) {
  const folder = path.join(toolsDir, `apple-${arch}`)
  const lib = path.join(zigDir, 'lib')
  const python = fs.readdirSync(lib).find((name) => name.startsWith('python'))
  if (!python) throw new Error(`${lib} has no Python`)
  const zigLib = path.join(lib, python, 'site-packages', 'ziglang', 'lib')
  const system = fs.readFileSync(path.join(zigLib, 'libc', 'darwin', 'libSystem.tbd'), 'utf8')
    // lld reads no architecture that it does not know.
    .replace(/arm64e\.x1-\w+/g, 'arm64e-macos')
    .replace(/arm64e/g, 'arm64')
  fs.mkdirSync(folder, { recursive: true })
  // All of them are libSystem's parts, as in Apple's SDK.
  for (const name of ['libSystem', 'libc', 'libm', 'libpthread', 'libdl']) {
    fs.writeFileSync(path.join(folder, `${name}.tbd`), system)
  }
  fs.writeFileSync(path.join(folder, 'libiconv.tbd'), [
    '--- !tapi-tbd', 'tbd-version: 4', `targets: [ ${arch}-macos ]`, "install-name: '/usr/lib/libiconv.2.dylib'",
    'exports:', `  - targets: [ ${arch}-macos ]`,
    '    symbols: [ _iconv, _iconv_open, _iconv_close, _libiconv, _libiconv_open, _libiconv_close ]', '...', ''
  ].join('\n'))
  return folder
}

/** What rustc gets for every target: binaries tell no path of the machine that built them. */
function rustFlags () {
  const cargoHome = process.env.CARGO_HOME || path.join(os.homedir(), '.cargo')
  return [`--remap-path-prefix=${path.join(cargoHome, 'registry', 'src')}=/cargo`]
}

/**
 * How to build one target on this machine: on a Mac with its own tools, on Linux x64 with another compiler.
 *
 * @param {Target} target
 * @returns {{command: string, args: string[], env: NodeJS.ProcessEnv}}
 */
function cargoFor (target) {
  const common = ['--release', '--locked', '--lib', '--target']
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...process.env,
    CARGO_TARGET_DIR: crossTargetDir,
    CARGO_TERM_COLOR: 'never',
    SOURCE_DATE_EPOCH: BUILD_TIME,
    PATH: `${zigBin}${path.delimiter}${process.env.PATH}`
  }
  const underscored = target.rust.replace(/-/g, '_')
  const upper = underscored.toUpperCase()
  const flags = rustFlags()
  const flagsVariable = `CARGO_TARGET_${upper}_RUSTFLAGS`
  env[flagsVariable] = flags.join(' ')
  if (process.platform === 'darwin') {
    env.MACOSX_DEPLOYMENT_TARGET = '11.0'
    return { command: 'cargo', args: ['build', ...common, target.rust], env }
  }
  if (target.cross === 'zig') {
    // musl: a library for the libc of the system that loads it, not one with a libc inside.
    if (target.rust.endsWith('musl')) env[flagsVariable] = [...flags, '-C target-feature=-crt-static'].join(' ')
    const triple = target.glibc ? `${target.rust}.${target.glibc}` : target.rust
    return { command: path.join(zigBin, 'cargo-zigbuild'), args: ['zigbuild', ...common, triple], env }
  }
  if (target.cross === 'mingw') {
    // napi-build wants a library of Node's, which nothing is taken from: functions are looked up when the addon loads.
    const stub = path.join(toolsDir, 'libnode')
    fs.mkdirSync(stub, { recursive: true })
    fs.writeFileSync(path.join(stub, 'libnode.dll'), '')
    // In a DLL the unwind table of a function keeps the function, used or not. Most of OpenSSL is not used here, and
    // nothing unwinds through it: without its tables the binary is 0.6 MB smaller. What costs time in OpenSSL is
    // assembly, so its C is compiled for size.
    const cc = wrapper(`cc-${target.rust}`, [
      '#!/bin/sh',
      'case "$PWD" in */openssl-build/*) set -- -fno-asynchronous-unwind-tables "$@" -Os ;; esac',
      'exec x86_64-w64-mingw32-gcc-posix "$@"',
      ''
    ].join('\n'))
    Object.assign(env, {
      LIBNODE_PATH: stub,
      [`CC_${underscored}`]: cc,
      [`CXX_${underscored}`]: 'x86_64-w64-mingw32-g++-posix',
      [`CARGO_TARGET_${upper}_LINKER`]: 'x86_64-w64-mingw32-gcc-posix'
    })
    return { command: 'cargo', args: ['build', ...common, target.rust], env }
  }
  const arch = target.rust.startsWith('aarch64') ? 'arm64' : 'x86_64'
  const zigArch = target.rust.split('-')[0]
  const zig = `exec ${zigBin}/cargo-zigbuild zig`
  const cc = wrapper(`cc-${target.rust}`, `#!/bin/sh\n${zig} cc -- -target ${zigArch}-macos.11.0 "$@"\n`)
  const ar = wrapper(`ar-${target.rust}`, `#!/bin/sh\n${zig} ar "$@"\n`)
  const ranlib = wrapper(`ranlib-${target.rust}`, `#!/bin/sh\n${zig} ranlib "$@"\n`)
  const host = 'x86_64-unknown-linux-gnu'
  // Not its wrapper ld64.lld: rustc names the flavor itself. napi-build's bare -Wl is for a compiler that links.
  const lld = wrapper(`ld-${target.rust}`, [
    '#!/bin/sh',
    'for argument; do', '  shift', '  [ "$argument" = -Wl ] || set -- "$@" "$argument"', 'done',
    `exec ${path.join(sysroot(), 'lib', 'rustlib', host, 'bin', 'rust-lld')} "$@"`,
    ''
  ].join('\n'))
  Object.assign(env, {
    MACOSX_DEPLOYMENT_TARGET: '11.0',
    SDKROOT: '/',
    [`CC_${underscored}`]: cc,
    [`AR_${underscored}`]: ar,
    [`RANLIB_${underscored}`]: ranlib,
    [`CARGO_TARGET_${upper}_LINKER`]: lld,
    [flagsVariable]: [
      ...flags, '-C linker-flavor=ld64.lld', '-C link-arg=-adhoc_codesign', `-L native=${appleLibraries(arch)}`
    ].join(' ')
  })
  return { command: 'cargo', args: ['build', ...common, target.rust], env }
}

/**
 * What LIEF, which reads binaries of every platform, finds in files: see inspect.py for the fields.
 *
 * @param {string[]} files
 * @returns {{format: string, machine: string, exports: string[], libraries: string[], versions: string[],
 *   unresolved: string[], minimumOs?: string, signed?: boolean, stripped: boolean, debug: boolean, runpath: boolean,
 *   bytes: number}[]}
 */
function inspect (files) {
  const python = path.join(toolsDir, 'lief', 'bin', 'python')
  if (!fs.existsSync(python)) {
    const steps = [
      ['python3', '-m', 'venv', path.join(toolsDir, 'lief')], [python, '-m', 'pip', 'install', '--quiet', LIEF_PACKAGE]
    ]
    for (const [command, ...args] of steps) {
      const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`LIEF cannot be installed (${command} ${args.join(' ')}): ${error || stderr}`)
    }
  }
  const script = path.join(__dirname, 'inspect.py')
  const { status, stdout, stderr } = spawnSync(python, [script, ...files], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The binaries cannot be read:\n${stderr}`)
  return stdout.trim().split('\n').map((line) => JSON.parse(line))
}

/** Where cargo leaves a target's library. @param {Target} target */
function artifactOf (target) {
  const name = target.rust.includes('windows')
    ? 'kafka_node_native.dll'
    : `libkafka_node_native.${target.rust.includes('apple') ? 'dylib' : 'so'}`
  return path.join(crossTargetDir, target.rust, 'release', name)
}

module.exports = { inspect, crossTargetDir, installFor, cargoFor, artifactOf, zigIsThere }
