'use strict'

// The clients of the processes through kafka-node's API.

const { once } = require('node:events')

const { ConsumerGroup, HighLevelProducer, KafkaClient, Producer } = require('../../../..')

const KINDS = { Producer, HighLevelProducer }

/**
 * @param {any} target
 * @param {string} method
 * @param {...any} args
 * @returns {Promise<any>}
 */
function call (target, method, ...args) {
  return new Promise((resolve, reject) => {
    target[method](...args, (/** @type {any} */ error, /** @type {any} */ result) =>
      error ? reject(error) : resolve(result))
  })
}

/**
 * @param {any} config
 * @returns {Promise<import('./index').OpenProducer>}
 */
async function openProducer ({ kafkaHost, topic, acks, kind, requestTimeout }) {
  const Kind = /** @type {any} */ (KINDS)[kind]
  const client = new KafkaClient({ kafkaHost, requestTimeout })
  const producer = new Kind(client, { requireAcks: acks })
  // while a broker is away; sends tell what becomes of them
  client.on('error', () => {})
  producer.on('error', () => {})
  if (!producer.ready) await once(producer, 'ready')
  return {
    async send (writes) {
      /** @type {Map<number, string[]>} */
      const partitions = new Map()
      for (const [partition, value] of writes) partitions.set(partition, [...partitions.get(partition) || [], value])
      const payloads = [...partitions].map(([partition, messages]) => ({ topic, partition, messages }))
      const result = await call(producer, 'send', payloads)
      return Object.entries(result[topic]).map(([partition, offset]) => [Number(partition), Number(offset)])
    },
    close: () => call(producer, 'close')
  }
}

/**
 * @param {any} config
 * @param {import('./index').MemberEvents} on
 * @returns {Promise<import('./index').OpenMember>}
 */
async function openMember ({ kafkaHost, topic, groupId, sessionTimeout, requestTimeout, autoCommit }, on) {
  const group = /** @type {any} */ (new ConsumerGroup({
    kafkaHost,
    groupId,
    requestTimeout,
    sessionTimeout,
    heartbeatInterval: Math.floor(sessionTimeout / 10),
    fromOffset: 'earliest',
    autoCommit,
    autoCommitIntervalMs: 500,
    maxTickMessages: 100
  }, [topic]))
  /** @type {number[]} */
  let owned = []
  group.on('rebalancing', () => {
    on.revoked(owned)
    owned = []
  })
  group.on('rebalanced', () => {
    owned = group.topicPayloads.map((/** @type {any} */ { partition }) => Number(partition))
    on.assigned(owned)
  })
  group.on('message', (/** @type {any} */ { partition, offset, value }) =>
    on.handleAtOnce([[partition, offset, value]]))
  group.on('error', on.error)
  const leave = async () => {
    try {
      await call(group, 'close', autoCommit)
    } finally {
      on.revoked(owned)
    }
  }
  return {
    seek: (partition, offset) => group.setOffset(topic, partition, offset),
    // of the whole member: there is nothing finer
    pause: () => group.pause(),
    resume: () => group.resume(),
    async commit (offsets) {
      const commits = offsets.map(([partition, offset]) => ({ topic, partition, offset, metadata: 'm' }))
      const result = await call(group, 'sendOffsetCommitRequest', commits)
      const refused = JSON.stringify(result).match(/"errorCode":[1-9]\d*/)
      if (refused) throw new Error(refused[0])
    },
    leave
  }
}

module.exports = { openProducer, openMember }
