'use strict'

// The clients of the programs through KafkaJS's API; what they are told in kafka-node's words they translate.

const { Kafka, PartitionAssigners, logLevel } = require('../../../../kafkajs')

/** Between attempts to connect after `connect` has rejected, ms. */
const AGAIN_MS = 500

/**
 * What a user sees of trouble besides rejected promises: the log. A producer logs each send that it rejects.
 *
 * @param {any} client
 * @param {{ said: (event: string, ...args: any[]) => void }} on
 */
function kafkaOf ({ kafkaHost, requestTimeout, retry }, on) {
  return new Kafka({
    brokers: kafkaHost.split(','),
    logLevel: logLevel.ERROR,
    logCreator: () => ({ namespace, log }) => {
      if (namespace !== 'Producer') on.said('logged', namespace, log.message)
    },
    ...(requestTimeout && { requestTimeout }),
    ...(retry && { retry })
  })
}

/**
 * @param {(event: string, ...args: any[]) => void} say
 * @param {'assign' | 'revoke'} type
 * @param {{ topic: string, partitions: number[] }[]} topics
 */
function sayRebalance (say, type, topics) {
  say(type === 'assign' ? 'assigned' : 'revoked', topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => [topic, partition])))
}

/**
 * requireAcks -1 is idempotent, as it is with the other door.
 *
 * @param {any} config
 * @param {import('./index').ProducerEvents} on
 * @returns {import('./index').OpenProducer}
 */
function openProducer ({ client, producer: { requireAcks: acks = 1 } }, on) {
  const producer = kafkaOf(client, on).producer({ idempotent: acks === -1 })
  const connect = () => producer.connect().then(on.ready, (error) => {
    on.error(error)
    // as a service that is started again
    setTimeout(connect, AGAIN_MS).unref()
  })
  connect()
  return {
    send (topic, partition, value, done) {
      producer.send({ topic, acks, messages: [{ partition, value }] })
        .then(([result]) => done(null, result && Number(result.baseOffset)), done)
    },
    close (done) { producer.disconnect().then(() => done(null), done) }
  }
}

let groups = 0

/**
 * The nearest to a Consumer: the only member of a group.
 *
 * @param {any} config
 * @param {import('./index').ReaderEvents} on
 * @returns {import('./index').OpenReader}
 */
function openConsumer ({ client, options, topic }, on) {
  const groupId = `alone-${process.pid}-${Date.now()}-${++groups}`
  return openMember({ options: { ...client, ...options, groupId }, topics: [topic] }, on)
}

/**
 * @param {any} config
 * @param {import('./index').ReaderEvents} on
 * @returns {import('./index').OpenReader}
 */
function openMember ({ options, topics }, on) {
  const { groupId, sessionTimeout, autoCommit = true, autoCommitIntervalMs, protocol } = options
  const consumer = kafkaOf(options, on).consumer({
    groupId,
    ...(sessionTimeout && { sessionTimeout }),
    ...(protocol === 'cooperative-sticky' && { partitionAssigners: [PartitionAssigners.cooperativeSticky] }),
    async onRebalance ({ type, partitions }) {
      sayRebalance(on.said, type, partitions)
    }
  })
  consumer.on(consumer.events.CONNECT, () => on.said('connect'))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => on.joined(payload.memberId))
  consumer.on(consumer.events.CRASH, ({ payload }) => on.error(payload.error))
  const run = async () => {
    await consumer.connect()
    await consumer.subscribe({ topics: [topics].flat(), fromBeginning: true })
    await consumer.run({
      autoCommit,
      ...(autoCommitIntervalMs && { autoCommitInterval: autoCommitIntervalMs }),
      async eachMessage ({ topic, partition, message: { offset, value } }) {
        on.message({
          topic,
          partition,
          offset: Number(offset),
          // made for those who ask: a program that measures memory is not to make texts of its own
          get value () { return value === null ? null : String(value) }
        })
      }
    })
  }
  run().catch(on.error)
  const all = [topics].flat().map((topic) => ({ topic }))
  return {
    pause: () => consumer.pause(all),
    resume: () => consumer.resume(all),
    close (force, done) { consumer.disconnect().then(() => done(null), done) }
  }
}

module.exports = { openProducer, openConsumer, openMember, kafkaOf, sayRebalance }
