'use strict'

// Sends a batch with each codec and reads all of it back. argument: topic

const { root, kafkaHost, say } = require('./common')
const kafka = require(root)

const [topic] = process.argv.slice(2)
/** By `attributes`. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const PER_CODEC = 200
const FILLER = ' one of many values that are alike'.repeat(10)

const client = new kafka.KafkaClient({ kafkaHost })
const producer = new kafka.Producer(client, { requireAcks: 1 })
const fail = error => say('error ' + error.message)
producer.on('error', fail)
producer.on('ready', () => {
  const sendAll = codec => {
    if (codec === CODECS.length) return readAll()
    const messages = Array.from({ length: PER_CODEC }, (_, i) => CODECS[codec] + ' ' + i + FILLER)
    producer.send([{ topic, messages, attributes: codec }], error => error ? fail(error) : sendAll(codec + 1))
  }
  sendAll(0)
})

function readAll () {
  const consumer = new kafka.Consumer(client, [{ topic }], { autoCommit: false, fromOffset: true })
  let next = 0
  consumer.on('error', fail)
  consumer.on('message', ({ value }) => {
    const codec = CODECS[Math.floor(next / PER_CODEC)]
    if (value !== codec + ' ' + next % PER_CODEC + FILLER) say('wrong ' + next)
    if (++next === CODECS.length * PER_CODEC) {
      consumer.close(() => producer.close(() => say('codecs ' + CODECS.join(' '))))
    }
  })
}
