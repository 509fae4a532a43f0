'use strict'

const { checkProperty, librdkafkaProperties, librdkafkaVersion } = require('../addon')
const { ConfigError } = require('../errors')

/**
 * The option `librdkafka`: librdkafka's own properties, for what no option of a door controls.
 *
 * @typedef {object} OwnedProperties what the user may not set, and what to say if he tries
 * @property {Record<string, string>} names by name: the option to use instead, or the reason. It does not matter which
 *   of several names is here: librdkafka's own list knows the others
 * @property {Array<{ begin: RegExp, why: string }>} families the same by how names begin
 */

/**
 * @typedef {{ name: string, scope: '*' | 'P' | 'C', alias: string | null }} Property
 * @typedef {{ name: string, value: string, scope: '*' | 'P' | 'C' }} Setting
 */

/** @type {Map<string, Property> | null} */
let known = null

/** librdkafka's own list, read when it is first needed. */
function properties () {
  if (known === null) {
    /** @type {Property[]} */
    const list = JSON.parse(librdkafkaProperties())
    known = new Map(list.map(property => [property.name, property]))
  }
  return known
}

/**
 * @param {string} name
 * @returns {string} the one of its names that librdkafka regards as the real one
 */
function mainName (name) {
  const property = properties().get(name)
  return (property && property.alias) || name
}

/**
 * @param {string} name
 * @param {OwnedProperties} owned
 */
function whyOwned (name, { names, families }) {
  const family = families.find(({ begin }) => begin.test(name))
  if (family) return family.why
  const other = Object.keys(names).find(known => mainName(known) === mainName(name))
  return other === undefined ? null : names[other]
}

/**
 * Checks the option `librdkafka` of a client (`*`), producer (`P`) or consumer (`C`).
 *
 * @param {Record<string, unknown> | null | undefined} option names and values: strings, numbers, booleans
 * @param {'*' | 'P' | 'C'} scope
 * @param {OwnedProperties} owned
 * @returns {Setting[]}
 * @throws {ConfigError} naming the property; values that may be secret are not shown
 */
function librdkafkaSettings (option, scope, owned) {
  if (option === undefined || option === null) return []
  if (typeof option !== 'object' || Array.isArray(option)) {
    throw new ConfigError('librdkafka must be an object of librdkafka\'s properties and their values, such as ' +
      '{ \'isolation.level\': \'read_committed\' }')
  }
  return Object.keys(option).filter(name => option[name] !== undefined)
    .map(name => setting(name, option[name], scope, owned))
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {'*' | 'P' | 'C'} scope
 * @param {OwnedProperties} owned
 * @returns {Setting}
 */
function setting (name, value, scope, owned) {
  const property = properties().get(name)
  const why = whyOwned(name, owned)
  if (why) throw new ConfigError(`librdkafka: ${name} cannot be set: ${why}`)
  if (!property) {
    throw new ConfigError(`librdkafka: ${name} is no property of librdkafka ${librdkafkaVersion()}. ` +
      'Its CONFIGURATION.md lists them')
  }
  if (scope !== '*' && property.scope !== '*' && property.scope !== scope) {
    const others = scope === 'P' ? 'consumers' : 'producers'
    throw new ConfigError(`librdkafka: ${name} is a property of ${others}: it would have no effect here`)
  }
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw new ConfigError(`librdkafka: ${name} must be a string, a number or a boolean, not ` +
      (value === null ? 'null' : typeof value))
  }
  const reason = checkProperty(name, String(value))
  if (reason !== null) {
    const shown = /password|secret|token|key/.test(name) ? 'librdkafka does not take its value' : reason
    throw new ConfigError(`librdkafka: ${name} cannot be used: ${shown}`)
  }
  return { name, value: String(value), scope: property.scope }
}

/**
 * @param {Setting[]} settings
 * @param {'P' | 'C'} kind of handle
 * @returns {Array<[string, string]>} those that apply to it
 */
function settingsFor (settings, kind) {
  return settings.filter(({ scope }) => scope === '*' || scope === kind).map(({ name, value }) => [name, value])
}

module.exports = { librdkafkaSettings, settingsFor }
