'use strict'

const { checkArray, wrongType } = require('../arguments')
const { errorName } = require('../errorCodes')
const { setValue } = require('../../../core/keyed')

/**
 * What brokers answer about the cluster, as kafka-node's metadata.
 *
 * @typedef {{ nodeId: number, host: string, port: number }} Broker
 * @typedef {{ brokers: Broker[], topics: import('../../../core/protocol').TopicInfo[], controllerId?: number }} Answer
 *   `ClusterMetadata`, or as much of it as is known
 * @typedef {{ topic: string, partition: number, leader: number, replicas: number[], isr: number[] }} Partition
 * @typedef {Record<string, Record<string, Partition>>} Topics by name and partition
 * @typedef {{ error?: string[], metadata: Topics, clusterMetadata: { controllerId?: number } }} Described
 * @typedef {[Record<string, Broker>, Described]} Metadata brokers by id, and the rest
 */

/** Codes of partitions that are usable (including replica not available). */
const USABLE = new Set([0, 9])

/**
 * @param {Answer} metadata
 * @returns {Metadata}
 */
function toMetadata ({ brokers, topics, controllerId }) {
  /** @type {Record<string, Broker>} */
  const byId = {}
  for (const { nodeId, host, port } of brokers) byId[nodeId] = { nodeId, host, port }
  /** @type {string[]} */
  const failures = []
  /** @type {Topics} */
  const metadata = {}
  for (const { topic, error, partitions } of topics) {
    if (error !== 0) {
      failures.push(metadataErrorName(error))
      continue
    }
    /** @type {Record<string, Partition>} */
    const described = setValue(metadata, topic, {})
    for (const { partition, leader, replicas, isr, error: partitionError } of partitions) {
      if (USABLE.has(partitionError)) described[partition] = { topic, partition, leader, replicas, isr }
      else failures.push(metadataErrorName(partitionError))
    }
  }
  const known = { metadata, clusterMetadata: { controllerId } }
  return [byId, failures.length > 0 ? { error: failures, ...known } : known]
}

/**
 * @param {Answer} metadata
 * @returns {Map<string, Set<string>>} the error names of each topic that has any
 */
function errorsByTopic ({ topics }) {
  /** @type {Map<string, Set<string>>} */
  const byTopic = new Map()
  for (const { topic, error, partitions } of topics) {
    const codes = error !== 0
      ? [error]
      : partitions.map(each => each.error).filter(code => !USABLE.has(code))
    if (codes.length > 0) byTopic.set(topic, new Set(codes.map(metadataErrorName)))
  }
  return byTopic
}

/** @param {number} code */
function metadataErrorName (code) {
  // librdkafka's own code for a topic that the broker does not list
  return code === -188 ? errorName(3) : errorName(code)
}

/**
 * @param {string[] | null | undefined} topics
 * @returns {string[] | null} null means all
 */
function namesOf (topics) {
  if (!topics || !(topics.length > 0)) return null
  checkArray('topics', topics)
  const wrong = topics.findIndex(topic => typeof topic !== 'string')
  if (wrong >= 0) throw wrongType(`topics[${wrong}]`, 'a string', topics[wrong])
  return topics
}

module.exports = { errorsByTopic, namesOf, toMetadata }
