'use strict'

/**
 * @typedef {(message: unknown, ...args: unknown[]) => void} Log printf-style: `%s`, `%d`, `%j`
 * @typedef {{ debug: Log, info: Log, warn: Log, error: Log }} Logger
 * @typedef {(name: string) => Logger} LoggerProvider
 */

let loggerProvider = debugLoggerProvider

/**
 * @param {string} name such as `kafka-node:Consumer`
 * @returns {Logger}
 */
function getLogger (name) {
  return loggerProvider(name)
}

/**
 * Decides where logs go. Loggers are created when the package is loaded, so call this before requiring anything else.
 *
 * @param {LoggerProvider} provider
 */
getLogger.setLoggerProvider = function setLoggerProvider (provider) {
  loggerProvider = provider
}

/**
 * Logs to stderr through the `debug` package; silent unless the environment has `DEBUG=kafka-node:*`.
 *
 * @type {LoggerProvider}
 */
function debugLoggerProvider (name) {
  /** @type {Log | undefined} */
  let write
  /** @type {Log} */
  const log = (...args) => {
    // not at load: `debug` would take much of the time of require('kafka-node')
    if (write === undefined) write = /** @type {Log} */ (require('debug')(name))
    write(...args)
  }
  return { debug: log, info: log, warn: log, error: log }
}

module.exports = getLogger
