'use strict'

// Copies a topic's records to another in transactions with the group's offsets, through KafkaJS's API, until SIGTERM.
// config: { kafkaHost, from, to, groupId, transactionalId, sessionTimeout }
// says: assigned or revoked [[topic, partition], ...] | sent partition offset | committed partition offset: the next to
//   read | failed type fatal message | error ... | logged namespace text | closed | exit code: 3 after a fatal error

const { kafkaOf, sayRebalance } = require('./doors/kafkajs')
const { config, say, sayError } = require('./say')

const { from, to, groupId, transactionalId, sessionTimeout } = config
/** So that there are many transactions. */
const PER_TRANSACTION = 20
const EXIT_FATAL = 3

const kafka = kafkaOf(config, { said: say })
const producer = kafka.producer({ transactionalId })
const consumer = kafka.consumer({
  groupId,
  sessionTimeout,
  heartbeatInterval: 500,
  async onRebalance ({ type, partitions }) {
    sayRebalance(say, type, partitions)
  }
})

/** @param {number} partition @param {any[]} messages */
async function copy (partition, messages) {
  const next = Number(messages[messages.length - 1].offset) + 1
  const transaction = await producer.transaction()
  try {
    await transaction.send({ topic: to, messages: messages.map(({ value }) => ({ partition, value })) })
    say('sent', partition, next)
    const partitions = [{ partition, offset: String(next) }]
    await transaction.sendOffsets({ consumer, topics: [{ topic: from, partitions }] })
    await transaction.commit()
    say('committed', partition, next)
  } catch (/** @type {any} */ error) {
    say('failed', error.type || error.name, error.fatal === true, error.message)
    if (error.fatal) process.exit(EXIT_FATAL)
    if (transaction.isActive()) await transaction.abort()
    throw error
  }
}

async function main () {
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    sayError(error)
    // as a service would that is kept running
    if (!restart) process.exit(EXIT_FATAL)
  })
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topic: from, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    async eachBatch ({ batch: { partition, messages }, resolveOffset, heartbeat, isRunning, isStale }) {
      for (let i = 0; i < messages.length && isRunning() && !isStale(); i += PER_TRANSACTION) {
        const some = messages.slice(i, i + PER_TRANSACTION)
        await copy(partition, some)
        resolveOffset(some[some.length - 1].offset)
        await heartbeat()
      }
    },
    eachBatchAutoResolve: false
  })
}

async function close () {
  await consumer.disconnect()
  await producer.disconnect()
  say('closed')
}

process.on('SIGTERM', () => close().catch(sayError))
process.on('exit', (code) => say('exit', code))
main().catch((error) => {
  sayError(error)
  process.exit(EXIT_FATAL)
})
