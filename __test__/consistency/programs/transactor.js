'use strict'

// Transactions of random sends, through KafkaJS's API, until SIGTERM. Some are aborted, some are left open for a while.
// config: { kafkaHost, topic, partitions, name, seed, transactionalId, transactionTimeout }

const { setTimeout: delay } = require('node:timers/promises')

const { connect, kafkaOf } = require('./doors/kafkajs')
const { config, note, random, textOf } = require('./history')
const { Transactions } = require('./transactions')
const { newWrites } = require('./writes')

const { transactionalId, transactionTimeout } = config
const MOST_SENDS = 4
const MOST_WRITES = 3
/** The longest time for which a transaction is left open, and the longest pause between two, ms. */
const OPEN_MS = 1500
const PAUSE_MS = 50

let isStopping = false

/** @param {Transactions} transactions */
async function one (transactions) {
  // every decision before anything is waited for: what others do must not change what is decided next
  const sends = Array.from({ length: 1 + random.below(MOST_SENDS) }, () => ({
    writes: newWrites(MOST_WRITES), isAlone: random.chance(0.5)
  }))
  const [isAborted, isLeftOpen, open] = [random.chance(0.2), random.chance(0.05), random.below(OPEN_MS)]
  let isCommitting = false
  try {
    await transactions.begin()
    /** @type {Promise<unknown>[]} */
    const sent = []
    for (const { writes, isAlone } of sends) {
      const answered = transactions.send(writes)
      answered.catch(() => {})
      sent.push(answered)
      if (isAlone) await answered
    }
    await Promise.all(sent)
    if (isLeftOpen) await delay(open)
    if (isAborted) return await transactions.abort()
    isCommitting = true
    await transactions.commit()
  } catch (error) {
    await transactions.failed(error, { isCommitting })
  }
}

async function main () {
  // signals are heard from now on
  note('started', 'info')
  const producer = kafkaOf(config).producer({ transactionalId, transactionTimeout })
  await connect(producer)
  const transactions = new Transactions(producer)
  note('ready', 'info')
  while (!isStopping) {
    await one(transactions)
    await delay(random.below(PAUSE_MS))
  }
  await producer.disconnect()
  note('closed', 'info')
}

process.on('SIGTERM', () => { isStopping = true })
main().catch((error) => {
  note('crashed', 'info', { error: textOf(error) })
  throw error
})
