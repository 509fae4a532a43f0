'use strict'

const { setTimeout: delay } = require('node:timers/promises')
const { kafkaJs } = require('./kafka')

const PAUSE_MS = 10

/**
 * Writes records to every partition of a topic until it is stopped: values are the offsets they get.
 *
 * @param {string} address
 * @param {string} topic created for this traffic, so that nobody else writes to it
 * @param {number} partitions
 * @param {number} [perRound] records per partition and round; rounds follow one another with short pauses
 * @returns {Promise<() => Promise<number>>} stops it; resolves with the number of records in each partition
 */
async function startTraffic (address, topic, partitions, perRound = 20) {
  const producer = kafkaJs(address).producer({ createPartitioner: () => ({ message }) => Number(message.partition) })
  await producer.connect()
  let stopped = false
  let written = 0
  const writing = (async () => {
    while (!stopped) {
      const messages = []
      for (let i = 0; i < perRound; i++) {
        for (let partition = 0; partition < partitions; partition++) {
          messages.push({ partition, value: String(written + i) })
        }
      }
      await producer.send({ topic, messages, acks: -1 })
      written += perRound
      await delay(PAUSE_MS)
    }
  })()
  return async () => {
    stopped = true
    await writing
    await producer.disconnect()
    return written
  }
}

module.exports = { startTraffic }
