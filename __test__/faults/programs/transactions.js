'use strict'

// Writes numbered transactions through KafkaJS's API, one after the other, until SIGTERM. Every fifth is aborted.
// config: { kafkaHost, transactionalId, topic, partitions, perTransaction: records, id: values are `id:n:i` }; record i
//   goes to partition `i % partitions`
// says: ready | begun n | sent n | committing n | committed n | aborting n | aborted n |
//   failed n type fatal abortable message | logged namespace text | closed | exit code: 3 after a fatal error

const { setTimeout: delay } = require('node:timers/promises')

const { kafkaOf } = require('./doors/kafkajs')
const { config, say, sayError } = require('./say')

const { transactionalId, topic, partitions, perTransaction, id } = config
/** Between attempts while a broker is away. */
const PAUSE_MS = 100
const EXIT_FATAL = 3

let isStopping = false

/**
 * @param {any} producer
 * @param {number} n
 * @returns {Promise<boolean>} false after an error that a producer does not outlive
 */
async function write (producer, n) {
  /** @type {any} */
  let transaction
  try {
    transaction = await producer.transaction()
    say('begun', n)
    const messages = Array.from({ length: perTransaction }, (_, i) =>
      ({ partition: i % partitions, value: `${id}:${n}:${i}` }))
    await transaction.send({ topic, messages })
    say('sent', n)
    if (n % 5 === 4) return await abort(transaction, n)
    say('committing', n)
    await transaction.commit()
    say('committed', n)
    return true
  } catch (/** @type {any} */ error) {
    return failed(error, transaction, n)
  }
}

/** @param {any} transaction @param {number} n */
async function abort (transaction, n) {
  say('aborting', n)
  await transaction.abort()
  say('aborted', n)
  return true
}

/**
 * What docs/kafkajs.md says to do.
 *
 * @param {any} error @param {any} transaction @param {number} n
 * @returns {Promise<boolean>}
 */
async function failed (error, transaction, n) {
  const { type = error.name, fatal = false, abortable = false, message } = error
  say('failed', n, type, fatal, abortable, message)
  if (fatal) return false
  await delay(PAUSE_MS)
  if (!transaction || !transaction.isActive()) return true
  return abort(transaction, n).catch((again) => failed(again, transaction, n))
}

async function main () {
  const producer = kafkaOf(config, { said: say }).producer({ transactionalId })
  await producer.connect()
  say('ready')
  for (let n = 0; !isStopping; n++) {
    if (await write(producer, n)) continue
    process.exitCode = EXIT_FATAL
    break
  }
  await producer.disconnect()
  say('closed')
}

process.on('SIGTERM', () => { isStopping = true })
process.on('exit', (code) => say('exit', code))
main().catch((error) => {
  sayError(error)
  process.exitCode = 1
})
