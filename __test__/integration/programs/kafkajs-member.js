'use strict'

// A member of a cooperative group through KafkaJS's API, which commits each record by itself. The handler of a record
// with the value `hold` waits for SIGUSR2. SIGTERM ends it.
// config: { address, topic, groupId, sessionTimeout }
// says: assign or revoke [partition, ...] lost | held partition offset | refused how name type |
//   message partition offset: handled and committed | twice partition: it is in two handlers | crash message | closed

const { Kafka, PartitionAssigners, logLevel } = require('../../../kafkajs')
const { config, say } = require('./say')

const { address, topic, groupId, sessionTimeout } = config
const client = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING })
const consumer = client.consumer({
  groupId,
  sessionTimeout,
  heartbeatInterval: 300,
  maxWaitTimeInMs: 100,
  partitionAssigners: [PartitionAssigners.cooperativeSticky],
  async onRebalance ({ type, partitions, lost }) {
    say(type, partitions.flatMap(({ partitions }) => partitions), lost)
  }
})

const goOn = new Promise((resolve) => { process.once('SIGUSR2', resolve) })
/** @type {Set<number>} partitions that a handler has */
const busy = new Set()

/** @type {import('../../../kafkajs').EachMessageHandler} */
async function handle ({ partition, message: { offset, value }, heartbeat }) {
  const isHeld = String(value) === 'hold'
  if (isHeld) {
    say('held', partition, Number(offset))
    await goOn
  }
  try {
    await consumer.commitOffsets([{ topic, partition, offset: String(Number(offset) + 1) }])
    say('message', partition, Number(offset))
  } catch (/** @type {any} */ error) {
    const { name, type } = error.cause || error
    say('refused', 'commit', name, type)
  }
  if (isHeld) await heartbeat().catch(({ name, type }) => say('refused', 'heartbeat', name, type))
}

async function main () {
  consumer.on(consumer.events.CRASH, ({ payload }) => say('crash', payload.error.message))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 4,
    async eachMessage (payload) {
      const { partition } = payload
      if (busy.has(partition)) say('twice', partition)
      busy.add(partition)
      await handle(payload)
      busy.delete(partition)
    }
  })
}

process.on('SIGTERM', () => consumer.disconnect().then(() => say('closed')))
main()
