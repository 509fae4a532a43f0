'use strict'

// For the programs in this folder. They run in an application that has the package they drive and, as its `kafkajs`,
// ours: `require('kafkajs')` here is what that package gets.

const crypto = require('node:crypto')

const brokers = String(process.env.KAFKA_BROKERS)

/** @param {string} prefix */
const uniqueName = (prefix) => `${prefix}-${crypto.randomBytes(6).toString('hex')}`

/** Made when it is asked for: what traces a client must be there before the client is loaded. */
const newKafka = (more = {}) => {
  const { Kafka, logLevel } = require('kafkajs')
  return new Kafka({ clientId: 'application', brokers: [brokers], logLevel: logLevel.NOTHING, ...more })
}

/** @param {string[]} topics */
async function createTopics (...topics) {
  const admin = newKafka().admin()
  await admin.connect()
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) })
  await admin.disconnect()
}

/**
 * Runs a program. It is to end by itself, as it has closed all that it opened.
 *
 * @param {() => Promise<void>} program
 */
function main (program) {
  program().then(() => console.log('done'), (error) => {
    console.error(error)
    process.exit(1)
  })
}

/** @param {() => any} condition @param {string} what */
async function until (condition, what) {
  const deadline = Date.now() + 30000
  for (;;) {
    const result = await condition()
    if (result) return result
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

module.exports = { brokers, createTopics, main, newKafka, uniqueName, until }
