'use strict'

const crypto = require('node:crypto')

const { Kafka, AssignerProtocol, logLevel } = require('kafkajs')

const { startKafka } = require('../../tools/kafka')
const { metadata, parseAddress, withConnection } = require('../../tools/kafka/wire')
const { waitUntilReady } = require('../../tools/kafka/ready')
const { readAll } = require('./log-reader')

// Real Kafka for tests. The helpers speak to it with kafkajs or by hand, never with the client under test.

/** The environment variables in which the test runner names a running broker of each version. */
const SHARED = { 4: 'TEST_KAFKA_4', 3.9: 'TEST_KAFKA_39' }

/** @type {Map<string, Promise<import('../../tools/kafka').Kafka>>} */
const started = new Map()

/**
 * The address of a running Kafka: the test runner's if there is one, or one that this process starts and keeps
 * until `releaseAll()`. For tests that kill their broker: `startKafka` of tools/kafka, as others may use this one.
 *
 * @param {'4' | '3.9'} version
 * @returns {Promise<string>}
 */
async function brokers (version) {
  const shared = process.env[SHARED[version]]
  if (shared) return shared
  let kafka = started.get(version)
  if (!kafka) {
    kafka = startKafka({ version })
    started.set(version, kafka)
    kafka.catch(() => started.delete(version))
  }
  return (await kafka).brokers
}

/** Stops what `brokers()` started. Call it in an `after` hook of each file that uses `brokers()`. */
async function releaseAll () {
  const all = [...started.values()]
  started.clear()
  await Promise.all(all.map((kafka) => kafka.then((running) => running.stop(), () => {})))
}

/**
 * @param {string} prefix
 * @returns {string} a unique name, for topics and groups
 */
function uniqueName (prefix) {
  return `${prefix}-${crypto.randomBytes(6).toString('hex')}`
}

/** @param {string} address */
function kafkaJs (address) {
  return new Kafka({ clientId: 'test-support', brokers: address.split(','), logLevel: logLevel.NOTHING })
}

/**
 * @template T
 * @param {string} address
 * @param {(admin: import('kafkajs').Admin) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withAdmin (address, use) {
  const admin = kafkaJs(address).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/**
 * Creates a topic and waits until each partition has a leader.
 *
 * @param {string} address
 * @param {string} name
 * @param {number} [partitions]
 * @param {Record<string, string | number>} [config] such as `{ 'retention.ms': 1000 }`
 * @returns {Promise<string>} the name
 */
async function createTopic (address, name, partitions = 1, config = {}) {
  const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value: String(value) }))
  const topics = [{ topic: name, numPartitions: partitions, configEntries }]
  await withAdmin(address, (admin) => admin.createTopics({ waitForLeaders: false, topics }))
  await waitForTopic(address, name)
  return name
}

/**
 * Waits until the broker answers metadata with a leader for each partition of the topic, and the leader answers.
 *
 * @param {string} address
 * @param {string} name
 */
async function waitForTopic (address, name) {
  await waitUntilReady({ ...parseAddress(address), topics: [name], timeout: 30000, alive: () => true })
}

/**
 * @param {string} address
 * @param {string} name
 */
async function deleteTopic (address, name) {
  await withAdmin(address, (admin) => admin.deleteTopics({ topics: [name] }))
}

/**
 * Writes records at once, acknowledged by all replicas; a retry duplicates none.
 *
 * @param {string} address
 * @param {string} topic
 * @param {import('kafkajs').Message[]} records `{ key, value, partition, headers, timestamp }`; only `value` is needed
 * @param {{ compression?: number }} [options] default: none
 */
async function produceRaw (address, topic, records, { compression = 0 } = {}) {
  const producer = kafkaJs(address).producer({ createPartitioner: () => defaultPartitioner, idempotent: true })
  await producer.connect()
  try {
    await producer.send({ topic, messages: records, acks: -1, compression })
  } finally {
    await producer.disconnect()
  }
}

/**
 * Partition 0 unless a record says otherwise: a test should know where its records are.
 *
 * @param {import('kafkajs').PartitionerArgs} args
 */
function defaultPartitioner ({ message }) {
  return message.partition ?? 0
}

/**
 * What a group has committed.
 *
 * @param {string} address
 * @param {string} groupId
 * @param {string} topic
 * @returns {Promise<Record<number, { offset: number, metadata: string | null }>>} by partition, without those that have
 *   no commit
 */
async function committed (address, groupId, topic) {
  const [{ partitions }] = await withAdmin(address, (admin) => admin.fetchOffsets({ groupId, topics: [topic] }))
  const found = partitions.filter(({ offset }) => Number(offset) >= 0)
  return Object.fromEntries(found.map(({ partition, offset, metadata }) =>
    [partition, { offset: Number(offset), metadata }]))
}

/**
 * @typedef {object} GroupMember
 * @property {string} memberId
 * @property {string} clientId
 * @property {Record<string, number[]>} assignment partitions by topic; empty while the group rebalances
 */

/**
 * @param {string} address
 * @param {string} groupId
 * @returns {Promise<{ state: string, protocol: string, members: GroupMember[] }>} `state` is Kafka's: `Stable`,
 *   `Empty`, `Dead`, `PreparingRebalance`, `CompletingRebalance`
 */
async function groupMembers (address, groupId) {
  const { groups: [group] } = await withAdmin(address, (admin) => admin.describeGroups([groupId]))
  const members = group.members.map(({ memberId, clientId, memberAssignment }) => {
    const decoded = memberAssignment.length > 0 ? AssignerProtocol.MemberAssignment.decode(memberAssignment) : null
    return { memberId, clientId, assignment: decoded ? decoded.assignment : {} }
  })
  return { state: group.state, protocol: group.protocol, members }
}

/** @param {string} address @returns {Promise<import('../../tools/kafka/wire').Metadata>} */
function describe (address) {
  return withConnection(parseAddress(address), (connection) => metadata(connection))
}

/**
 * What KafkaJS's own consumer sees of a topic, before the last record of each partition that is written now.
 *
 * @param {string} address
 * @param {string} topic
 * @param {{ readUncommitted?: boolean, partitions?: number }} [options] by default only what is committed, of one
 *   partition
 * @returns {Promise<string[]>}
 */
async function visibleTexts (address, topic, { readUncommitted = false, partitions = 1 } = {}) {
  const end = uniqueName('end')
  await produceRaw(address, topic, Array.from({ length: partitions }, (_, partition) => ({ partition, value: end })))
  const consumer = kafkaJs(address).consumer({ groupId: uniqueName('reader'), readUncommitted })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  /** @type {string[]} */
  const seen = []
  let open = partitions
  await new Promise((resolve) => consumer.run({
    eachMessage: async ({ message }) => {
      const text = String(message.value)
      if (text !== end) seen.push(text)
      else if (--open === 0) resolve(undefined)
    }
  }))
  await consumer.disconnect()
  return seen
}

module.exports = {
  brokers,
  releaseAll,
  uniqueName,
  kafkaJs,
  withAdmin,
  createTopic,
  waitForTopic,
  deleteTopic,
  produceRaw,
  visibleTexts,
  readAll,
  committed,
  groupMembers,
  describe
}
