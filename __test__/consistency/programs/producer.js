'use strict'

// Sends to random partitions, some sends at once and some after the previous one, until SIGTERM; then it waits for
// every answer and ends.
// config: { door, kafkaHost, topic, partitions, name, seed, acks, kind }

const { setTimeout: delay } = require('node:timers/promises')

const { openProducer } = require('./doors')
const { config, note, noted, random, textOf } = require('./history')
const { newWrites } = require('./writes')

const MOST_WRITES = 4
const MOST_OPEN = 50
/** The longest pause between two sends, ms. */
const PAUSE_MS = 20

let isStopping = false

async function main () {
  // signals are heard from now on
  note('started', 'info')
  const producer = await openProducer(config)
  note('ready', 'info')
  /** @type {Set<Promise<unknown>>} */
  const open = new Set()
  for (let send = 0; !isStopping; send++) {
    const writes = newWrites(MOST_WRITES)
    const isAlone = random.chance(0.05)
    const pause = random.below(PAUSE_MS)
    const sent = noted('send', { send, writes }, () => producer.send(writes), (offsets) => ({ offsets }))
      .catch(() => {})
    open.add(sent)
    sent.then(() => open.delete(sent))
    if (isAlone) await sent
    while (open.size >= MOST_OPEN) await Promise.race(open)
    await delay(pause)
  }
  await Promise.all(open)
  await producer.close()
  note('closed', 'info')
}

process.on('SIGTERM', () => { isStopping = true })
main().catch((error) => {
  note('crashed', 'info', { error: textOf(error) })
  throw error
})
