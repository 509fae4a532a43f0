'use strict'

const { logLevel: LEVELS } = require('./enums')

/**
 * @typedef {object} LogEntry
 * @property {string | undefined} namespace undefined for the root logger
 * @property {number} level
 * @property {string} label its name
 * @property {{ timestamp: string, logger: string, message: string, [extra: string]: unknown }} log
 *
 * @typedef {(level: number) => (entry: LogEntry) => void} LogCreator
 * @typedef {(message: string, extra?: object) => void} Log
 * @typedef {object} Logger
 * @property {Log} info
 * @property {Log} error
 * @property {Log} warn
 * @property {Log} debug
 * @property {(name: string, level?: number | null) => Logger} namespace a name does not nest: it takes the place of one
 * @property {(level: number) => void} setLogLevel of all loggers with the same root
 */

/**
 * @template {number | null} Level
 * @param {Level} level
 * @returns {Level | number} the one of the environment, if it names one
 */
function effectiveLevel (level) {
  const label = (process.env.KAFKAJS_LOG_LEVEL || '').toUpperCase()
  return Object.prototype.hasOwnProperty.call(LEVELS, label) ? LEVELS[/** @type {'INFO'} */ (label)] : level
}

/**
 * @param {{ level?: number, logCreator: LogCreator }} options
 * @returns {Logger} the root logger
 */
function createLogger ({ level = LEVELS.INFO, logCreator }) {
  let rootLevel = effectiveLevel(level)
  const write = logCreator(rootLevel)

  /**
   * @param {string | undefined} namespace
   * @param {number | null} ownLevel
   * @returns {Logger}
   */
  const loggerFor = (namespace, ownLevel) => {
    /** @type {(label: 'INFO' | 'ERROR' | 'WARN' | 'DEBUG') => Log} */
    const at = label => (message, extra = {}) => {
      if (LEVELS[label] > (ownLevel === null ? rootLevel : ownLevel)) return
      const log = Object.assign({ timestamp: new Date().toISOString(), logger: 'kafkajs', message }, extra)
      write({ namespace, level: LEVELS[label], label, log })
    }
    return {
      info: at('INFO'),
      error: at('ERROR'),
      warn: at('WARN'),
      debug: at('DEBUG'),
      namespace: (name, level = null) => loggerFor(name, effectiveLevel(level)),
      setLogLevel: newLevel => { rootLevel = newLevel }
    }
  }
  return loggerFor(undefined, null)
}

const CONSOLE_METHODS = /** @type {Record<number, 'info' | 'error' | 'warn' | 'log'>} */ ({
  [LEVELS.INFO]: 'info',
  [LEVELS.ERROR]: 'error',
  [LEVELS.WARN]: 'warn',
  [LEVELS.DEBUG]: 'log'
})

/** The default `logCreator`: one line of JSON for each entry. */
const consoleLogCreator = () => (/** @type {LogEntry} */ { namespace, level, label, log }) => {
  const method = CONSOLE_METHODS[level]
  if (method === undefined) return
  const message = namespace ? `[${namespace}] ${log.message}` : log.message
  console[method](JSON.stringify({ level: label, ...log, message }))
}

module.exports = { LEVELS, consoleLogCreator, createLogger }
