'use strict'

// Reads, and writes in transactions with its group's offsets, to the topic that it reads, through KafkaJS's API.
// SIGUSR2: it still reads and commits, but writes nothing from now on. SIGTERM: it leaves and ends.
// config: { kafkaHost, topic, partitions, name, seed, groupId, isolation, assignment, transactionalId,
//   transactionTimeout, isDraining }

const { connect, consumerOf, endWithCrash, kafkaOf } = require('./doors/kafkajs')
const { config, note, random, textOf } = require('./history')
const { Transactions } = require('./transactions')
const { newWrites } = require('./writes')

const { topic, transactionalId, transactionTimeout, groupId: group, isolation } = config
const MOST_INPUTS = 20
const MOST_WRITES = 3

let isDraining = Boolean(config.isDraining)
/** Transactions with writes that are under way. */
let writing = 0

let isDrained = false

/** Says once that nothing more will be written. */
function tellDrained () {
  if (!isDraining || writing > 0 || isDrained) return
  isDrained = true
  note('drained', 'info')
}

/** @type {Map<number, object>} what stands for the stay of each partition with this member */
const stays = new Map()

const producer = kafkaOf(config).producer({ transactionalId, transactionTimeout })
const transactions = new Transactions(producer)

const consumer = consumerOf(config, async ({ type, partitions: topics }) => {
  const partitions = topics.flatMap(({ partitions }) => partitions)
  for (const partition of partitions) {
    if (type === 'assign') stays.set(partition, {})
    else stays.delete(partition)
  }
  note(type === 'assign' ? 'assign' : 'revoke', 'info', { partitions })
})

/**
 * @param {[partition: number, offset: number][]} inputs
 * @returns {Promise<boolean>} whether they have been processed
 */
async function one (inputs) {
  const [writes, isAborted] = [newWrites(MOST_WRITES), random.chance(0.1)]
  const isWriting = !isDraining
  let isCommitting = false
  if (isWriting) writing++
  try {
    await transactions.begin()
    // what was decided before this process was told to write no more
    if (isWriting) await transactions.send(writes)
    await transactions.sendOffsets(consumer, inputs)
    if (isAborted && isWriting) {
      await transactions.abort()
      return false
    }
    isCommitting = true
    await transactions.commit()
    return true
  } catch (error) {
    await transactions.failed(error, { isCommitting, endsWhenUnknown: true })
    return false
  } finally {
    if (isWriting) writing--
    tellDrained()
  }
}

async function main () {
  // signals are heard from now on
  note('started', 'info')
  note('open', 'info', { group, isolation, topic })
  endWithCrash(consumer, (error) => note('error', 'info', { error: textOf(error) }))
  await connect(producer)
  await connect(consumer)
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    async eachBatch ({ batch: { partition, messages }, resolveOffset, isRunning, isStale }) {
      const stay = stays.get(partition)
      const records = messages.map(({ offset, value }) => [partition, Number(offset), String(value)])
      note('poll', 'ok', { records })
      for (let i = 0; i < records.length;) {
        // at the end only the rest is wanted, soon
        const some = records.slice(i, i + (isDraining ? records.length : 1 + random.below(MOST_INPUTS)))
        const inputs = /** @type {[number, number][]} */ (some.map(([, offset]) => [partition, offset]))
        const offset = Number(some[some.length - 1][1])
        if (!isRunning() || isStale() || !await one(inputs)) {
          if (stay && stays.get(partition) === stay) note('handle', 'fail', { partition, offset: inputs[0][1] })
          return
        }
        note('done', 'ok', { partition, offset })
        resolveOffset(String(offset))
        i += some.length
      }
    }
  })
  note('ready', 'info')
  tellDrained()
}

async function close () {
  await consumer.disconnect()
  await producer.disconnect()
  note('closed', 'info')
}

process.on('SIGUSR2', () => {
  isDraining = true
  tellDrained()
})
process.on('SIGTERM', () => close().catch((error) => note('error', 'info', { error: textOf(error) })))
main().catch((error) => {
  note('crashed', 'info', { error: textOf(error) })
  throw error
})
