'use strict'

// Everything that the project needs to run: tools, npm packages, the native addon.
// Runs before `npm ci`, so it needs nothing but Node's own modules.

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { root } = require('./lib/paths')
const { run, npmCommand } = require('./lib/processes')
const tools = require('./lib/tools')

const lockfile = path.join(root, 'package-lock.json')
const installed = path.join(root, 'node_modules', '.package-lock.json')
const installStamp = path.join(root, 'node_modules', '.kafka-node-native-lock')

class SetupError extends Error {}

function lockHash () {
  return crypto.createHash('sha256').update(fs.readFileSync(lockfile)).digest('hex')
}

function packagesAreStale () {
  if (!fs.existsSync(installed)) return true
  // The hash decides where times cannot: a fresh checkout of the same lockfile is newer than its packages.
  if (fs.existsSync(installStamp) && fs.readFileSync(installStamp, 'utf8') === lockHash()) return false
  return fs.statSync(installed).mtimeMs < fs.statSync(lockfile).mtimeMs
}

/** @param {(line: string) => void} log */
async function installPackages (log) {
  log('Installing npm packages (npm ci): about 10 seconds.')
  const npm = npmCommand()
  const args = [...npm.args, 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const result = await run(npm.command, args, { cwd: root, shell: npm.shell })
  if (result.code !== 0) {
    // npm prints all of its options after the reason.
    const reason = result.output.split(/^npm error (?:Clean install a project|Usage:)/m)[0]
    throw new SetupError(`npm ci failed:\n${reason.trim()}`)
  }
  fs.writeFileSync(installStamp, lockHash())
}

/** The examples say `require('kafka-node')`, as services do: in a checkout that is the checkout itself. */
function linkAlias () {
  const link = path.join(root, 'node_modules', 'kafka-node')
  // A junction needs no administrator rights on Windows; elsewhere the type is ignored.
  if (!fs.existsSync(link)) fs.symlinkSync(root, link, 'junction')
}

/**
 * Prepares the checkout so that the project runs: checks tools, installs packages, builds the addon.
 * If everything is in place, it returns within a second.
 *
 * @param {{kafka?: boolean, cargo?: boolean, build?: boolean, log?: (line: string) => void}} [options] `kafka`: real
 *   brokers will be started; `cargo`: Rust is needed even if the addon is current; `build`: false leaves a stale addon
 *   as it is.
 * @returns {Promise<{missingKafkaTools: {name: string, install: string}[]}>}
 * @throws {SetupError} naming what is missing and the command that installs it
 */
async function setup ({ kafka = false, cargo = false, build = true, log = console.log } = {}) {
  const addon = require('./lib/addon')
  const buildNeeded = build && addon.isStale()
  const missing = buildNeeded || cargo ? tools.missingBuildTools() : tools.missingBasics()
  const missingKafkaTools = kafka ? tools.missingKafkaTools() : []
  if (missing.length || (missingKafkaTools.length && process.env.CI)) {
    const list = tools.describeMissing([...missing, ...missingKafkaTools])
    throw new SetupError(`This machine lacks:\n${list}\nInstall it and run the same command again.`)
  }
  if (missingKafkaTools.length) {
    const list = tools.describeMissing(missingKafkaTools)
    log(`The tests on a real Kafka will be left out, since this machine lacks:\n${list}`)
  }
  if (packagesAreStale()) await installPackages(log)
  linkAlias()
  if (buildNeeded) await addon.build({ log })
  return { missingKafkaTools }
}

module.exports = { setup, SetupError }

if (require.main === module) {
  setup({ kafka: true }).then(
    () => console.log('Set up: tools, npm packages and the native addon are in place.'),
    (err) => {
      console.error(err instanceof SetupError ? err.message : err)
      process.exitCode = 1
    }
  )
}
