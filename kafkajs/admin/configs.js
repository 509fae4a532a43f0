'use strict'

const { ConfigResourceTypes, ConfigSource } = require('../enums')
const { KafkaJSBrokerNotFound, KafkaJSNonRetriableError, KafkaJSNotImplemented } = require('../errors')
const { createErrorFromCode } = require('../protocolErrors')
const { alterConfigs, describeConfigs } = require('../../core/admin')
const { check } = require('./checks')
const { errorOfCode } = require('./context')

/**
 * @typedef {import('./context').AdminContext} AdminContext
 * @typedef {import('../../kafkajs').NativeAdmin} Admin
 * @typedef {import('../../core/protocol').ConfigEntry} ConfigEntry
 * @typedef {import('../../core/protocol').Entry} Change of an entry
 * @typedef {{ type: number, name: string }} Resource
 * @typedef {Resource & { configEntries: Change[] }} ChangedResource
 * @typedef {'topic' | 'broker'} Kind
 * @typedef {{ kind: Kind } & import('../../core/protocol').ResourceConfig} Answer
 */

const TYPES = new Set(Object.values(ConfigResourceTypes))
const INVALID_REQUEST = 42
const OPERATIONS = ['set', 'delete', 'append', 'subtract']

/** @param {AdminContext} context */
module.exports = context => ({
  /** @param {Parameters<Admin['describeConfigs']>[0]} options */
  async describeConfigs ({ resources, includeSynonyms = false }) {
    checkResources(resources)
    for (const resource of resources) {
      const { configNames } = resource
      check(Array.isArray(configNames) || configNames === undefined || configNames === null,
        `Invalid resource configNames ${configNames}: ${JSON.stringify(resource)}`)
    }
    return context.retried('Could not describe configs', async () => {
      await checkKinds(context, resources, 'describeConfigs')
      /** @type {Map<string, { kind: Kind, name: string, entries: string[] }>} a resource can be asked for once */
      const wanted = new Map()
      for (const resource of resources) {
        const names = resource.configNames || []
        const known = wanted.get(keyOf(resource))
        const isAll = names.length === 0 || (known !== undefined && known.entries.length === 0)
        const entries = isAll ? [] : [...new Set([...(known === undefined ? [] : known.entries), ...names])]
        wanted.set(keyOf(resource), { kind: kindOf(resource), name: resource.name, entries })
      }
      const described = await describeConfigs(context.request, [...wanted.values()], context.timeout())
      return { resources: answersFor(resources, described, '', (resource, { entries }) => {
        const names = new Set(resource.configNames || [])
        return { configEntries: entries
          .filter(({ name }) => names.size === 0 || names.has(name))
          .map(entry => toConfigEntry(entry, includeSynonyms)) }
      }) }
    })
  },

  /** @param {Parameters<Admin['alterConfigs']>[0]} options */
  async alterConfigs ({ resources, validateOnly }) {
    checkResources(resources)
    checkEntries(resources, entry => typeof entry.name === 'string' && typeof entry.value === 'string')
    return context.retried('Could not alter configs', () => alter(context, resources, 'alterConfigs', {
      incremental: false, validateOnly: Boolean(validateOnly), timeout: context.timeout()
    }))
  },

  /** @param {Parameters<Admin['incrementalAlterConfigs']>[0]} options */
  async incrementalAlterConfigs ({ resources, validateOnly = false }) {
    checkResources(resources)
    checkEntries(resources, ({ name, value, operation = 'set' }) => typeof name === 'string' &&
      OPERATIONS.includes(operation) && (operation === 'delete' || typeof value === 'string'))
    return context.retried('Could not alter configs', () => alter(context, resources, 'incrementalAlterConfigs', {
      incremental: true, validateOnly: Boolean(validateOnly), timeout: context.timeout()
    }))
  }
})

/** @param {Resource[]} resources */
function checkResources (resources) {
  check(Boolean(resources) && Array.isArray(resources), `Invalid resources array ${resources}`)
  check(resources.length > 0, 'Resources array cannot be empty')
  for (const resource of resources) {
    check(TYPES.has(resource.type), `Invalid resource type ${resource.type}: ${JSON.stringify(resource)}`)
  }
  for (const resource of resources) {
    check(Boolean(resource.name) && typeof resource.name === 'string',
      `Invalid resource name ${resource.name}: ${JSON.stringify(resource)}`)
  }
}

/**
 * @param {ChangedResource[]} resources
 * @param {(entry: Change) => boolean} isValid
 */
function checkEntries (resources, isValid) {
  for (const resource of resources) {
    const { configEntries } = resource
    check(Array.isArray(configEntries),
      `Invalid resource configEntries ${configEntries}: ${JSON.stringify(resource)}`)
  }
  for (const resource of resources) {
    check(resource.configEntries.every(isValid), `Invalid resource config value: ${JSON.stringify(resource)}`)
  }
}

/**
 * Refuses what cannot be asked for, and brokers that there are not: librdkafka would wait for them.
 *
 * @param {AdminContext} context
 * @param {Resource[]} resources
 * @param {string} method
 */
async function checkKinds (context, resources, method) {
  for (const { type } of resources) {
    if (type === ConfigResourceTypes.UNKNOWN) throw createErrorFromCode(INVALID_REQUEST)
    if (type !== ConfigResourceTypes.BROKER_LOGGER) continue
    throw new KafkaJSNotImplemented(
      `${method} cannot do BROKER_LOGGER: librdkafka has no such resource. Use kafka-configs.sh for broker loggers`)
  }
  const wanted = resources.filter(({ type }) => type === ConfigResourceTypes.BROKER)
  if (wanted.length === 0) return
  const { brokers } = await context.metadata([])
  for (const { name } of wanted) {
    if (brokers.some(({ nodeId }) => String(nodeId) === name)) continue
    throw new KafkaJSBrokerNotFound(`Broker ${name} not found in the cached metadata`)
  }
}

/** @type {(resource: Resource) => Kind} */
const kindOf = ({ type }) => type === ConfigResourceTypes.TOPIC ? 'topic' : 'broker'

/** @param {Resource} resource */
const keyOf = resource => `${kindOf(resource)} ${resource.name}`

/**
 * @template {Resource} R
 * @param {R[]} resources as asked for
 * @param {Answer[]} answers
 * @param {string | null} noMessage what the broker says where nothing is wrong
 * @param {(resource: R, answer: Answer) => object} more to tell of each
 */
function answersFor (resources, answers, noMessage, more) {
  const byKey = new Map(answers.map(answer => [`${answer.kind} ${answer.name}`, answer]))
  return resources.map(resource => {
    const answer = byKey.get(keyOf(resource))
    if (answer === undefined) throw new KafkaJSNonRetriableError(`The broker has not answered for ${resource.name}`)
    if (answer.code !== 0) throw errorOfCode(answer.code, answer.error)
    return {
      errorCode: 0,
      errorMessage: answer.error || noMessage,
      resourceType: resource.type,
      resourceName: resource.name,
      ...more(resource, answer)
    }
  })
}

/**
 * @param {ConfigEntry} entry
 * @param {boolean} includeSynonyms
 */
function toConfigEntry ({ name, value, isNull, readOnly, source, sensitive, synonyms }, includeSynonyms) {
  return {
    configName: name,
    configValue: isNull ? null : value,
    readOnly,
    isDefault: source === ConfigSource.DEFAULT_CONFIG,
    configSource: source,
    isSensitive: sensitive,
    configSynonyms: includeSynonyms
      ? synonyms.map(synonym => ({
        configName: synonym.name,
        configValue: synonym.isNull ? null : synonym.value,
        configSource: synonym.source
      }))
      : []
  }
}

/**
 * @param {AdminContext} context
 * @param {ChangedResource[]} resources
 * @param {string} method
 * @param {{ incremental: boolean, validateOnly: boolean, timeout: number }} options
 */
async function alter (context, resources, method, options) {
  await checkKinds(context, resources, method)
  const twice = resources.find((resource, index) =>
    resources.findIndex(other => keyOf(other) === keyOf(resource)) !== index)
  if (twice !== undefined) throw createErrorFromCode(INVALID_REQUEST)
  const wanted = resources.map(resource => ({
    kind: kindOf(resource),
    name: resource.name,
    entries: resource.configEntries.map(({ name, value, operation }) => ({
      name,
      value: options.incremental && operation === 'delete' ? null : value,
      ...(options.incremental ? { operation: operation || 'set' } : {})
    }))
  }))
  const altered = await alterConfigs(context.request, wanted, options)
  return { resources: answersFor(resources, altered, null, () => ({})) }
}
