'use strict'

// Builds the published binaries on one machine. They are kept in the cache folder by the hash of the sources, so a run
// that was cut short goes on where it stopped, and a target whose sources have not changed is not built again.
//   node scripts/platforms/build.js [TARGET ...] [--out FOLDER]      default: all targets that this machine can build

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { root, cacheDir } = require('../lib/paths')
const { run } = require('../lib/processes')
const addon = require('../lib/addon')
const toolchain = require('./toolchain')
const { binaryName } = require('./targets')

/** @typedef {import('./targets').Target} Target */

const PROGRESS_MS = 15000

/** Where a target's binary of the present sources and settings is, or will be. @param {Target} target */
function builtFile (target) {
  const settings = fs.readFileSync(require.resolve('./toolchain'))
  const hash = crypto.createHash('sha256').update(addon.sourceHash()).update(settings).digest('hex')
  return path.join(cacheDir, 'binaries', hash.slice(0, 16), binaryName(target))
}

/** Only Linux x64 cross-builds: zig's compiler, mingw and the linker for Macs are set up for it. */
function canCrossBuild () {
  return process.platform === 'linux' && process.arch === 'x64'
}

/** A Mac builds for both of its processors, with its own tools. @param {Target} target */
function canBuild (target) {
  return canCrossBuild() || (process.platform === 'darwin' && target.name.startsWith('darwin'))
}

/**
 * @param {Target} target
 * @param {(line: string) => void} log
 */
async function buildOne (target, log) {
  const file = builtFile(target)
  const { command, args, env } = toolchain.cargoFor(target)
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  let crates = 0
  let current = 'the dependencies'
  const ticker = setInterval(() => log(`  ${target.name} ${seconds()} s: ${crates} crates, ${current}`), PROGRESS_MS)
  let result
  try {
    addon.claimTargetDir({ force: true, targetDir: toolchain.crossTargetDir })
    result = await run(command, args, {
      cwd: root,
      env,
      onLine (line) {
        const compiling = /^\s*Compiling (\S+)/.exec(line)
        if (!compiling) return
        crates++
        current = compiling[1]
      }
    })
  } finally {
    clearInterval(ticker)
  }
  if (result.code !== 0) throw new Error(`${target.name} cannot be built:\n${result.output}`)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  // Complete or not there at all.
  fs.copyFileSync(toolchain.artifactOf(target), `${file}.part`)
  fs.renameSync(`${file}.part`, file)
  log(`  ${target.name}: ${(fs.statSync(file).size / 1e6).toFixed(1)} MB in ${seconds()} s`)
}

/**
 * @param {Target[]} targets
 * @param {{log?: (line: string) => void}} [options]
 * @returns {Promise<Map<string, string>>} file by the target's name
 */
async function buildTargets (targets, { log = console.log } = {}) {
  const missing = targets.filter((target) => !fs.existsSync(builtFile(target)))
  if (missing.length > 0) {
    const foreign = missing.filter((target) => !canBuild(target)).map(({ name }) => name)
    if (foreign.length > 0) throw new Error(`${foreign.join(', ')} can be built on Linux x64 only`)
    await toolchain.installFor(missing, log)
    log(`Building ${missing.map(({ name }) => name).join(', ')}: about 6 minutes each on 2 cores.`)
    for (const target of missing) await buildOne(target, log)
  }
  return new Map(targets.map((target) => [target.name, builtFile(target)]))
}

module.exports = { buildTargets, builtFile, canCrossBuild }

if (require.main === module) {
  const { targets, targetOf } = require('./targets')
  const args = process.argv.slice(2)
  const at = args.indexOf('--out')
  const [, out] = at < 0 ? [] : args.splice(at, 2)
  buildTargets(args.length > 0 ? args.map(targetOf) : targets.filter(canBuild)).then(
    (files) => {
      if (out) fs.mkdirSync(out, { recursive: true })
      for (const [name, file] of files) {
        if (out) fs.copyFileSync(file, path.join(out, path.basename(file)))
        console.log(`${name}  ${file}`)
      }
    },
    (err) => {
      console.error(err.message)
      process.exitCode = 1
    }
  )
}
