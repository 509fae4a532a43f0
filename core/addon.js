'use strict'

const fs = require('fs')
const path = require('path')

/**
 * The native addon. The loader that finds it is generated. If it picks the wrong package, this picks again, and if
 * nothing can be loaded, this says why and what helps, which the loader's errors do not.
 */

const PACKAGE = '@kafka-node-native/binding'

/**
 * @typedef {typeof import('../binding')} Binding
 *
 * @typedef {object} LoadError
 * @property {string} message
 * @property {string} [code]
 * @property {LoadError} [cause] another place that was tried
 */

/**
 * @typedef {{ excludeNetwork: boolean, getReport: () => { header: { glibcVersionRuntime?: string } } }} Report
 *
 * @returns {{ glibcVersionRuntime?: string }} the header of Node's report, which knows the libc that this process runs
 *   on
 */
function reportHeader () {
  const { report } = /** @type {{ report: Report } & NodeJS.Process} */ (process)
  if (!report) return {}
  // else the report looks up the names of network peers, which can take seconds
  const { excludeNetwork } = report
  report.excludeNetwork = true
  try {
    return report.getReport().header
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}

/** @returns {{ suffix: string, description: string }} of this process, such as `linux-x64-musl`, `linux-x64 (musl)` */
function platform () {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') return { suffix: `${name}-msvc`, description: name }
  if (process.platform !== 'linux') return { suffix: name, description: name }
  const { glibcVersionRuntime } = reportHeader()
  return glibcVersionRuntime
    ? { suffix: `${name}-gnu`, description: `${name} (glibc ${glibcVersionRuntime})` }
    : { suffix: `${name}-musl`, description: `${name} (musl)` }
}

/**
 * @param {LoadError | undefined} error
 * @returns {string | null} why an addon that exists cannot be loaded
 */
function loadFailure (error) {
  for (let cause = error; cause; cause = cause.cause) {
    const isAbsent = cause.code === 'MODULE_NOT_FOUND' || /^(Cannot find|Unsupported)/.test(cause.message)
    if (!isAbsent) return cause.message
  }
  return null
}

/** @returns {string[] | null} the packages with addons that this version has; null in a checkout */
function publishedPackages () {
  const { optionalDependencies } = JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8'))
  return optionalDependencies ? Object.keys(optionalDependencies) : null
}

/**
 * @param {LoadError} error the last one
 * @param {string} suffix
 * @param {string} description
 */
function explain (error, suffix, description) {
  const failure = loadFailure(error)
  if (failure) return `The native addon of kafka-node-native does not load on ${description}: ${failure}`
  const missing = `kafka-node-native has no native addon for ${description} here.`
  const published = publishedPackages()
  if (!published) return `${missing} Build it: npm run build`
  const name = `${PACKAGE}-${suffix}`
  if (!published.includes(name)) return `${missing} There are addons for: ${published.join(', ')}.`
  return `${missing} The package ${name} is missing. Usually optional dependencies were left out (npm's ` +
    '--omit=optional, --no-optional), or node_modules or the lock file was made on another platform, where npm can ' +
    'leave out what the others need. Remove node_modules and package-lock.json, then on this platform: ' +
    'npm install --include=optional. When a bundler has put this file elsewhere, tell it to leave kafka-node ' +
    'external. If you install from tarballs, install the one for this platform, too.'
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 */
function addonError (message, cause) {
  return Object.assign(new Error(message), { code: 'ERR_NATIVE_ADDON', cause })
}

/**
 * @param {Binding & { default?: unknown }} binding unless a bundler has put something else in its place
 * @returns {Binding}
 */
function checked (binding) {
  if (binding && typeof binding.NativeProducer === 'function') return binding
  const value = binding && binding.default ? binding.default : binding
  const instead = typeof value === 'string' ? `the path ${JSON.stringify(value)}` : 'something else'
  throw addonError(
    `kafka-node-native has no native addon: a bundler has put ${instead} in its place. ` +
    'Tell the bundler to leave kafka-node external, or to copy files that end in .node.')
}

/** @returns {Binding} */
function load () {
  try {
    return require('../binding')
  } catch (error) {
    const { suffix, description } = platform()
    /** @type {LoadError} */
    let last = /** @type {LoadError} */ (error)
    // a musl or glibc of another machine's image can mislead the loader, which reads /usr/bin/ldd
    if (process.platform === 'linux') {
      const name = `${PACKAGE}-${suffix}`
      try {
        return require(name)
      } catch (failure) {
        const { code, message } = /** @type {NodeJS.ErrnoException} */ (failure)
        if (code !== 'MODULE_NOT_FOUND') last = Object.assign(new Error(message), { cause: last })
      }
    }
    throw addonError(explain(last, suffix, description), error)
  }
}

module.exports = checked(load())
