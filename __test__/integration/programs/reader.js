'use strict'

// A Consumer that continues where its group has committed, reads a number of records, commits and ends.
// config: { options: of the client and the consumer, topic, partitions, count, folder?: of the package that it uses;
//   default: this checkout }

const { config, say } = require('./say')
const { Consumer, KafkaClient } = require(config.folder || '../../..')

const client = new KafkaClient(config.options)
const payloads = Array.from({ length: config.partitions }, (_, partition) => ({ topic: config.topic, partition }))
const consumer = new Consumer(client, payloads, { autoCommit: false, ...config.options })

let seen = 0
consumer.on('error', (/** @type {Error} */ error) => say('error', error.name, error.message))
consumer.on('message', (/** @type {any} */ { partition, offset, value }) => {
  say('message', partition, offset, value)
  if (++seen !== config.count) return
  // In the next turn: what was emitted last counts once its batch is over.
  setImmediate(() => consumer.commit(true, (/** @type {any} */ error) => {
    say('committed', error ? error.message : null)
    consumer.close(() => process.exit())
  }))
})
