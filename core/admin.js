'use strict'

/**
 * Questions about a cluster and changes to it that take more than one request, or requests of a certain order.
 *
 * @typedef {import('./handles/events').Op} Op
 * @typedef {<O extends Op>(request: import('./handles/events').AskingAnyTime<O>, what: string) =>
 *   Promise<import('./handles/events').Result<O>>} Request sends one, which `what` names in errors
 * @typedef {{ topic: string, partition: number }} TopicPartition
 * @typedef {'readCommitted' | 'readUncommitted'} Isolation
 *
 * @typedef {object} Resource whose configuration is meant
 * @property {'topic' | 'broker'} kind
 * @property {string} name of a topic, or the id of a broker
 *
 * @typedef {object} Lag
 * @property {string} topic
 * @property {number} partition
 * @property {number} offset committed; -1 for none
 * @property {string | null} metadata
 * @property {number | null} low the first offset there is; null for a partition without a leader
 * @property {number | null} high the offset of the next record; null as above
 * @property {number | null} lag records that are left to read; without a commit, all there are
 */

/** Times that stand for the ends of a partition (Kafka protocol, ListOffsets). */
const LATEST = -1
const EARLIEST = -2

/**
 * The offsets for a time, a request for all partitions.
 *
 * @param {Request} request
 * @param {TopicPartition[]} partitions
 * @param {number} time ms, or one of the ends
 * @param {Isolation} isolation
 * @param {number} timeout ms
 * @returns {Promise<import('./protocol').PartitionAnswer[]>} -1 if every record is older
 */
async function offsetsAt (request, partitions, time, isolation, timeout) {
  if (partitions.length === 0) return []
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, offset: time }))
  return request({ op: 'listOffsets', partitions: wanted, isolation, timeout }, 'ListOffsets')
}

/**
 * @param {TopicPartition} partition
 */
const keyOf = ({ topic, partition }) => `${partition} ${topic}`

/**
 * How far a group is behind, for each partition with a commit of its, and for all of the named topics.
 *
 * @param {Request} request
 * @param {object} options
 * @param {string} options.group
 * @param {string[]} options.topics
 * @param {Isolation} options.isolation
 * @param {number} options.timeout ms
 * @returns {Promise<Lag[]>} by topic and partition
 */
async function groupLag (request, { group, topics, isolation, timeout }) {
  const commits = await request({ op: 'groupOffsets', group, timeout }, 'OffsetFetch')
  const names = [...new Set([...commits.map(({ topic }) => topic), ...topics])]
  if (names.length === 0) return []
  const described = await request({ op: 'metadata', topics: names, create: false, timeout }, 'Metadata')
  /** @type {Map<string, Lag>} */
  const byPartition = new Map()
  for (const commit of commits) {
    const { topic, partition, offset, metadata } = commit
    if (offset < 0) continue
    byPartition.set(keyOf(commit), { topic, partition, offset, metadata, low: null, high: null, lag: null })
  }
  const wanted = new Set(topics)
  /** @type {TopicPartition[]} */
  const led = []
  for (const { topic, partitions } of described.topics) {
    for (const { partition, leader } of partitions) {
      const key = keyOf({ topic, partition })
      if (!byPartition.has(key)) {
        if (!wanted.has(topic)) continue
        byPartition.set(key, { topic, partition, offset: -1, metadata: null, low: null, high: null, lag: null })
      }
      if (leader >= 0) led.push({ topic, partition })
    }
  }
  const [lows, highs] = await Promise.all([EARLIEST, LATEST].map(time =>
    offsetsAt(request, led, time, isolation, timeout)))
  const lagAt = (/** @type {TopicPartition} */ at) => /** @type {Lag} */ (byPartition.get(keyOf(at)))
  for (const low of lows) if (low.error === 0) lagAt(low).low = low.offset
  for (const high of highs) if (high.error === 0) lagAt(high).high = high.offset
  const lags = [...byPartition.values()]
  for (const entry of lags) entry.lag = lagOf(entry)
  return lags.sort((a, b) => a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1)
}

/**
 * @param {{ offset: number, low: number | null, high: number | null }} entry
 * @returns {number | null}
 */
function lagOf ({ offset, low, high }) {
  if (low === null || high === null) return null
  // a commit before the first record there is has lost what was between them
  return Math.max(0, high - Math.max(offset, low))
}

/**
 * Resources as they can be asked for: any number of topics with one request, brokers one by one, nothing twice.
 *
 * @template {Resource} R
 * @param {R[]} resources
 * @returns {Array<{ kind: 'topic' | 'broker', resources: R[] }>}
 */
function batchesOf (resources) {
  /** @type {R[]} */
  const topics = []
  /** @type {Array<{ kind: 'topic' | 'broker', resources: R[] }>} */
  const batches = []
  for (const resource of resources) {
    if (resource.kind === 'topic') topics.push(resource)
    else batches.push({ kind: 'broker', resources: [resource] })
  }
  if (topics.length > 0) batches.unshift({ kind: 'topic', resources: topics })
  return batches
}

/**
 * @param {Request} request
 * @param {Array<Resource & { entries: string[] }>} resources each only once; without entries, all of them
 * @param {number} timeout ms
 * @returns {Promise<Array<Resource & import('./protocol').ResourceConfig>>}
 */
async function describeConfigs (request, resources, timeout) {
  const answers = await Promise.all(batchesOf(resources).map(async ({ kind, resources }) => {
    const wanted = resources.map(({ name, entries }) => ({ name, entries }))
    const described = await request({ op: 'describeConfigs', kind, wanted, timeout }, 'DescribeConfigs')
    return described.map(resource => ({ kind, ...resource }))
  }))
  return answers.flat()
}

/**
 * @param {Request} request
 * @param {Array<Resource & import('./protocol').Alteration>} resources each only once
 * @param {{ incremental: boolean, validateOnly: boolean, timeout: number }} options `timeout` in ms
 * @returns {Promise<Array<Resource & import('./protocol').ResourceConfig>>}
 */
async function alterConfigs (request, resources, { incremental, validateOnly, timeout }) {
  const what = incremental ? 'IncrementalAlterConfigs' : 'AlterConfigs'
  const answers = await Promise.all(batchesOf(resources).map(async ({ kind, resources }) => {
    const alterations = resources.map(({ name, entries }) => ({ name, entries }))
    const altered = await request({ op: 'alterConfigs', kind, alterations, incremental, validateOnly, timeout }, what)
    return altered.map(resource => ({ kind, ...resource }))
  }))
  return answers.flat()
}

/**
 * The replicas of a partition whose brokers are not there, as far as metadata tells.
 *
 * @param {number[]} replicas
 * @param {Array<{ nodeId: number }>} brokers
 */
function offlineReplicas (replicas, brokers) {
  return replicas.filter(id => !brokers.some(({ nodeId }) => nodeId === id))
}

module.exports = { EARLIEST, LATEST, alterConfigs, describeConfigs, groupLag, lagOf, offlineReplicas, offsetsAt }
