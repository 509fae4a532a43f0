'use strict'

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const { javaMajor, hasMaven, missingToolsMessage } = require('./tools')

/** The dependency plugin is pinned, so that what is fetched does not depend on Maven's version. */
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

/**
 * The folder for what is kept between runs, outside the checkout.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
function cacheRoot (env = process.env) {
  return env.KAFKA_NODE_NATIVE_CACHE ||
    path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'kafka-node-native')
}

/**
 * @param {import('./properties').Release} release
 * @returns {string}
 */
function jarsFolder (release) {
  return path.join(cacheRoot(), `kafka-${release.version}`)
}

/**
 * A project file whose only purpose is its list of dependencies.
 *
 * @param {import('./properties').Release} release
 * @returns {string}
 */
function pom (release) {
  const dependencies = release.artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':')
    return `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId>` +
      `<version>${version}</version></dependency>\n`
  })
  return '<project xmlns="http://maven.apache.org/POM/4.0.0">\n' +
    '  <modelVersion>4.0.0</modelVersion>\n' +
    '  <groupId>kafka-node-native</groupId><artifactId>kafka-jars</artifactId><version>1</version>\n' +
    '  <packaging>pom</packaging>\n' +
    `  <dependencies>\n${dependencies.join('')}  </dependencies>\n</project>\n`
}

/**
 * @param {string} dir where `pom.xml` is
 * @param {string} target
 * @returns {Promise<{ failure: string | null, interrupted: boolean }>} `failure` is the end of what Maven said
 */
function copyDependencies (dir, target) {
  const args = [
    '-B', '-q', '-ntp', '-f', path.join(dir, 'pom.xml'), `${PLUGIN}:copy-dependencies`,
    `-DoutputDirectory=${target}`, '-DincludeScope=runtime'
  ]
  return new Promise((resolve) => {
    const maven = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const collect = (/** @type {Buffer} */ chunk) => { text = (text + chunk).slice(-3000) }
    maven.stdout.on('data', collect)
    maven.stderr.on('data', collect)
    maven.on('error', (error) => resolve({ failure: error.message, interrupted: false }))
    maven.on('close', (code, signal) => resolve({
      failure: code === 0 ? null : text.trim() || `mvn ended with ${signal || `exit code ${code}`}`,
      // A Ctrl-C reaches every process of the terminal; Java answers it with an exit code of its own.
      interrupted: signal !== null || code === 130
    }))
  })
}

/** Folders of interrupted fetches. One that is still running is younger than this. */
const ABANDONED_MS = 3600 * 1000

/** @param {string} root */
function removeAbandoned (root) {
  for (const name of fs.readdirSync(root)) {
    if (!/^kafka-.*\.tmp-/.test(name)) continue
    const folder = path.join(root, name)
    const stat = fs.statSync(folder, { throwIfNoEntry: false })
    if (stat && Date.now() - stat.mtimeMs > ABANDONED_MS) fs.rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Whether the jars are there or could be fetched, asked before anything slow begins.
 *
 * @param {import('./properties').Release} release
 * @returns {string | null} what is missing, with the commands that install it; null when nothing is
 */
function missingForJars (release) {
  const cached = fs.existsSync(jarsFolder(release))
  return missingToolsMessage({ java: javaMajor(), maven: cached || hasMaven() })
}

/** Fetches of one process run one after another: Maven's cache does not support two concurrent writers. */
let queue = Promise.resolve()

/**
 * The folder of Kafka's jars, fetched from Maven on first use. Fetching happens in a temporary folder that gets its
 * final name when it is complete, so that neither an interruption nor a second process can leave half a set behind.
 *
 * @param {import('./properties').Release} release
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
function fetchJars (release, log) {
  const result = queue.then(() => fetchNow(release, log))
  queue = result.then(() => {}, () => {})
  return result
}

/**
 * @param {import('./properties').Release} release
 * @param {(line: string) => void} log
 */
async function fetchNow (release, log) {
  const target = jarsFolder(release)
  if (fs.existsSync(target)) return target
  log(`Fetching Kafka ${release.version} from Maven (once, about 60 MB) ...`)
  fs.mkdirSync(cacheRoot(), { recursive: true })
  removeAbandoned(cacheRoot())
  const temporary = fs.mkdtempSync(`${target}.tmp-`)
  const jars = path.join(temporary, 'jars')
  try {
    fs.writeFileSync(path.join(temporary, 'pom.xml'), pom(release))
    let fetched = await copyDependencies(temporary, jars)
    // Another process may have been writing the same files in Maven's cache, or a download may have been interrupted.
    if (fetched.failure !== null && !fetched.interrupted) fetched = await copyDependencies(temporary, jars)
    if (fetched.failure !== null) {
      const reason = 'is Maven Central reachable?'
      throw new Error(`Maven could not fetch Kafka ${release.version} (${reason}):\n${fetched.failure}`)
    }
    try {
      fs.renameSync(jars, target)
    } catch (error) {
      // The other process was first, and its set is as good as ours.
      if (!fs.existsSync(target)) throw error
    }
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true })
  }
  return target
}

module.exports = { cacheRoot, jarsFolder, pom, missingForJars, fetchJars }
