'use strict'

const fs = require('fs')
const path = require('path')

/**
 * The native addon. Its loader is generated, and what that throws names neither the platform nor a remedy,
 * so that is said here.
 */

/** @returns {string} such as `linux-x64 (glibc 2.36)` */
function platform () {
  const name = `${process.platform}-${process.arch}`
  if (process.platform !== 'linux' || !process.report) return name
  const { header } = /** @type {any} */ (process.report.getReport())
  return `${name} (${header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : 'musl'})`
}

/**
 * @param {any} error the loader's, with one cause for each place where it looked
 * @returns {string | null} why an addon that is there cannot be loaded
 */
function loadFailure (error) {
  for (let cause = error.cause; cause; cause = cause.cause) {
    if (!/^Cannot find module/.test(cause.message)) return cause.message
  }
  return null
}

/** @param {any} error */
function explain (error) {
  const failure = loadFailure(error)
  if (failure) return `The native addon of kafka-node-native does not load on ${platform()}: ${failure}`
  const missing = `kafka-node-native has no native addon for ${platform()} here.`
  /** @type {{ optionalDependencies?: Record<string, string> }} */
  const { optionalDependencies } = JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8'))
  if (!optionalDependencies) return `${missing} Build it: npm run build`
  const names = Object.keys(optionalDependencies).join(', ')
  return `${missing} There are addons for: ${names}. If yours is among them, it ` +
    'was not installed: install again on this platform, with optional dependencies, and not from a lockfile or a ' +
    'node_modules folder that was made on another one. From tarballs, install the one for this platform, too.'
}

/** @returns {typeof import('../binding')} */
function load () {
  try {
    return require('../binding')
  } catch (error) {
    throw Object.assign(new Error(explain(error)), { code: 'ERR_NATIVE_ADDON', cause: error })
  }
}

module.exports = load()
