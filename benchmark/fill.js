'use strict'

// Fills a topic, using this package: `node fill.js JOB`, where JOB is JSON with brokers, topic, partitions, records,
// size and codec.

const { KafkaClient, KeyedMessage, Producer } = require('..')
const { makeValues } = require('./lib/values')

const PER_SEND = 500
const IN_FLIGHT = 32
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const { brokers, topic, partitions, records, size, codec } = JSON.parse(process.argv[2])
const messages = makeValues(size).map((value, index) => new KeyedMessage(`key-${index}`, value))
const client = new KafkaClient({ kafkaHost: brokers })
const producer = new Producer(client, { requireAcks: 1 })
/** @param {any} error */
const fail = (error) => {
  console.error(error.message)
  process.exit(1)
}
producer.on('error', fail)
producer.on('ready', () => {
  let sent = 0
  let done = 0
  const next = () => {
    if (sent >= records) return
    const first = sent % messages.length
    const batch = messages.slice(first, first + Math.min(PER_SEND, records - sent))
    const partition = Math.floor(sent / PER_SEND) % partitions
    sent += batch.length
    const payload = { topic, partition, messages: batch, attributes: CODECS.indexOf(codec) }
    producer.send([payload], (/** @type {any} */ error) => {
      if (error) return fail(error)
      done += batch.length
      if (done === records) process.exit(0)
      next()
    })
  }
  for (let i = 0; i < IN_FLIGHT; i++) next()
})
