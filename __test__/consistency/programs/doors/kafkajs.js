'use strict'

// The clients of the processes through KafkaJS's API.

const { Kafka, PartitionAssigners, logLevel } = require('../../../../kafkajs')

/** Between attempts to connect after `connect` has rejected, ms. */
const AGAIN_MS = 500
/** A consumer does not start again by itself. */
const EXIT_CRASHED = 5
/** Short pauses: the brokers are on this machine, and the failures are meant. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 2000, retries: 10 }

/** @param {any} config */
function kafkaOf ({ kafkaHost, requestTimeout }) {
  return new Kafka({ brokers: kafkaHost.split(','), logLevel: logLevel.NOTHING, requestTimeout, retry: RETRY })
}

/**
 * As a service that is started again until it can connect.
 *
 * @param {{ connect: () => Promise<void> }} client
 */
async function connect (client) {
  for (;;) {
    try {
      return await client.connect()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}

/**
 * @param {string} topic
 * @param {[partition: number, value: string][]} writes
 */
function toMessages (topic, writes) {
  return { topic, messages: writes.map(([partition, value]) => ({ partition, value })) }
}

/**
 * @param {import('../../../../kafkajs').RecordMetadata[]} results
 * @returns {[partition: number, offset: number][]}
 */
function toOffsets (results) {
  return results.map(({ partition, baseOffset }) => [partition, Number(baseOffset)])
}

/**
 * @param {any} config
 * @returns {Promise<import('./index').OpenProducer>}
 */
async function openProducer (config) {
  const { topic, acks } = config
  const producer = kafkaOf(config).producer({ idempotent: acks === -1 })
  await connect(producer)
  return {
    send: async (writes) => toOffsets(await producer.send({ acks, ...toMessages(topic, writes) })),
    close: () => producer.disconnect()
  }
}

/**
 * @param {any} config `assignment`: 'eager', 'cooperative' or 'consumer' (KIP-848)
 * @param {import('../../../../kafkajs').RebalanceHandler} onRebalance
 */
function consumerOf (config, onRebalance) {
  const { groupId, assignment, sessionTimeout } = config
  return kafkaOf(config).consumer({
    groupId,
    sessionTimeout,
    heartbeatInterval: Math.floor(sessionTimeout / 10),
    rebalanceTimeout: 2 * sessionTimeout,
    maxWaitTimeInMs: 200,
    retry: { ...RETRY, restartOnFailure: async () => true },
    ...(assignment === 'cooperative' && { partitionAssigners: [PartitionAssigners.cooperativeSticky] }),
    ...(assignment === 'consumer' && { groupProtocol: 'consumer' }),
    onRebalance
  })
}

/**
 * A consumer that has crashed for good ends its process, which is started again, as a service would be.
 *
 * @param {import('../../../../kafkajs').Consumer} consumer
 * @param {(error: any) => void} told
 */
function endWithCrash (consumer, told) {
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    told(error)
    if (!restart) process.exit(EXIT_CRASHED)
  })
}

/**
 * @param {any} config `run`: 'eachMessage' or 'eachBatch'
 * @param {import('./index').MemberEvents} on
 * @returns {Promise<import('./index').OpenMember>}
 */
async function openMember (config, on) {
  const { topic, run, autoCommit } = config
  /** @type {Set<number>} */
  const owned = new Set()
  const consumer = consumerOf(config, async ({ type, partitions: topics, lost, commitOffsets }) => {
    const partitions = topics.flatMap(({ partitions }) => partitions)
    if (type === 'assign') {
      for (const partition of partitions) owned.add(partition)
      on.assigned(partitions)
      return
    }
    for (const partition of partitions) owned.delete(partition)
    on.revoked(partitions)
    if (!lost && on.commitsAtRevoke()) await commitOffsets()
  })
  endWithCrash(consumer, on.error)
  await connect(consumer)
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit,
    autoCommitInterval: 500,
    partitionsConsumedConcurrently: 2,
    eachBatchAutoResolve: false,
    ...(run === 'eachMessage' && {
      async eachMessage ({ partition, message: { offset, value } }) {
        await on.handle([[partition, Number(offset), String(value)]], { finished: () => {}, isOver: () => false })
      }
    }),
    ...(run === 'eachBatch' && {
      async eachBatch ({ batch: { partition, messages }, resolveOffset, isRunning, isStale }) {
        await on.handle(messages.map(({ offset, value }) => [partition, Number(offset), String(value)]), {
          finished: (offset) => resolveOffset(String(offset)),
          isOver: () => !isRunning() || isStale()
        })
      }
    })
  })
  const place = (/** @type {number} */ partition) => [{ topic, partitions: [partition] }]
  return {
    seek: (partition, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
    pause: (partition) => consumer.pause(place(partition)),
    resume: (partition) => consumer.resume(place(partition)),
    commit: (offsets) => consumer.commitOffsets(offsets.map(([partition, offset]) =>
      ({ topic, partition, offset: String(offset) }))),
    async leave () {
      try {
        await consumer.disconnect()
      } finally {
        on.revoked([...owned])
      }
    }
  }
}

module.exports = { connect, consumerOf, endWithCrash, kafkaOf, openMember, openProducer, toMessages, toOffsets }
