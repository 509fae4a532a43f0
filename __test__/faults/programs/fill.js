'use strict'

// Writes a number of megabytes to a topic and ends.
// config: { kafkaHost, topic, partitions, megabytes, bytes: of a value }
// says: filled count

const { KafkaClient, Producer } = require('../../..')
const { config, say, sayError } = require('./say')

const OPEN = 20

const { kafkaHost, topic, partitions, megabytes, bytes } = config
const PER_SEND = bytes < 10000 ? 100 : 1
const count = Math.ceil(megabytes * 1e6 / bytes / PER_SEND) * PER_SEND
const producer = /** @type {any} */ (new Producer(new KafkaClient({ kafkaHost }), { requireAcks: -1 }))
const messages = Array(PER_SEND).fill('x'.repeat(bytes))
let sent = 0
let acked = 0

function send () {
  if (sent === count) return
  const partition = sent / PER_SEND % partitions
  sent += PER_SEND
  producer.send([{ topic, partition, messages }], (/** @type {any} */ error) => {
    if (error) return sayError(error)
    acked += PER_SEND
    if (acked === count) producer.close(() => say('filled', count))
    else send()
  })
}

producer.on('error', sayError)
producer.on('ready', () => {
  for (let i = 0; i < OPEN; i++) send()
})
