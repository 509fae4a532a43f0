'use strict'

const { ask, brokerError, groupError, parallel } = require('./ask')
const { checkArray, wrongType } = require('../arguments')
const { valueOf } = require('../../../core/keyed')

/**
 * @typedef {import('../client/connector').KafkaClient} KafkaClient
 * @typedef {import('../../../index').DescribeConfigsRequest} DescribeConfigsRequest
 * @typedef {DescribeConfigsRequest['resources'][number]} Resource
 * @typedef {ReturnType<typeof toConfig>} Config
 * @typedef {import('./ask').Callback<Config[]>} Callback
 */

/** kafka-node's numbers for kinds of resources (Kafka protocol, DescribeConfigs). */
const RESOURCE_NUMBERS = new Map([['topic', '2'], ['broker', '4']])
const INVALID_TOPIC = 17

/**
 * @param {KafkaClient} client
 * @param {DescribeConfigsRequest} payload
 * @param {Callback} callback
 */
function describeConfigs (client, { resources, includeSynonyms }, callback) {
  resources = resources || []
  checkArray('resources', resources)
  for (const { resourceType, resourceName, configNames } of resources) {
    if (configNames && typeof configNames === 'object' && !Array.isArray(configNames)) {
      throw wrongType('configNames', 'an array of names', configNames)
    }
    if (resourceName !== null && ['object', 'function'].includes(typeof resourceName)) {
      throw wrongType('resourceName', 'a string', resourceName)
    }
    if (!RESOURCE_NUMBERS.has(resourceType)) {
      return callback(
        new Error(`Unexpected resource type ${String(resourceType)} for resource ${String(resourceName)}`))
    }
  }
  const topics = resources.filter(({ resourceType }) => resourceType === 'topic')
  const brokers = resources.filter(({ resourceType }) => resourceType === 'broker')
  const tasks = brokers.map(broker => (/** @type {Callback} */ done) => {
    if (valueOf(client.brokerMetadata, broker.resourceName) === undefined) {
      return done(new Error(`No broker with id ${broker.resourceName}`))
    }
    describeResources(client, 'broker', [broker], includeSynonyms, done)
  })
  if (topics.length > 0) {
    tasks.unshift(done => describeResources(client, 'topic', topics, includeSynonyms, done))
  }
  parallel(tasks, client.options.maxAsyncRequests, (err, results) => {
    if (err) callback(err)
    else callback(null, /** @type {Config[]} */ ([]).concat(...results))
  })
}

/**
 * @param {KafkaClient} client
 * @param {'topic' | 'broker'} kind
 * @param {Resource[]} resources
 * @param {boolean | undefined} includeSynonyms
 * @param {Callback} callback
 */
function describeResources (client, kind, resources, includeSynonyms, callback) {
  /** @type {Map<string, string[]>} entries by name; an empty list means all. A resource can be asked for only once. */
  const wanted = new Map()
  for (const { resourceName, configNames } of resources) {
    const others = wanted.get(String(resourceName))
    const all = !configNames || configNames.length === 0 || (others && others.length === 0)
    wanted.set(String(resourceName), all ? [] : [...(others || []), ...configNames.map(String)])
  }
  // what the broker itself would answer, if librdkafka let it
  if (wanted.has('')) return callback(brokerError(INVALID_TOPIC))
  const list = [...wanted].map(([name, entries]) => ({ name, entries }))
  ask(client, { op: 'describeConfigs', kind, wanted: list }, (err, configs) => {
    if (err) return callback(groupError(client, err))
    const byName = new Map(configs.map(config => [config.name, config]))
    const failed = configs.find(({ code }) => code !== 0)
    if (failed) return callback(brokerError(failed.code, failed.error))
    callback(null, resources.map(resource => {
      const { entries } = byName.get(String(resource.resourceName)) || { entries: [] }
      return toConfig(resource, entries, includeSynonyms)
    }))
  })
}

/**
 * @param {Resource} resource
 * @param {import('../../../core/protocol').ConfigEntry[]} entries
 * @param {boolean | undefined} includeSynonyms
 */
function toConfig ({ resourceType, resourceName, configNames }, entries, includeSynonyms) {
  const wanted = configNames && configNames.length > 0 ? new Set(configNames) : null
  return {
    configEntries: entries.filter(({ name }) => !wanted || wanted.has(name)).map(entry => ({
      synonyms: includeSynonyms ? entry.synonyms.map(toSynonym) : [],
      configName: entry.name,
      configValue: entry.value,
      readOnly: entry.readOnly,
      configSource: entry.source,
      isSensitive: entry.sensitive
    })),
    resourceType: RESOURCE_NUMBERS.get(resourceType),
    resourceName: String(resourceName)
  }
}

/** @param {{ name: string, value: string, source: number }} synonym */
function toSynonym ({ name, value, source }) {
  return { configSynonymName: name, configSynonymValue: value, configSynonymSource: String(source) }
}

module.exports = { describeConfigs }
