'use strict'

// Through TLS with SCRAM-SHA-512: creates a topic, sends a batch with each codec, reads all of it as a member of a
// group, commits and closes. argument: topic. The environment's SECURE_KAFKA is JSON: kafkaHost, ca, username, password

const { say } = require('./common')
const kafka = require('../../..')

const [topic] = process.argv.slice(2)
const { kafkaHost, ca, username, password } = JSON.parse(process.env.SECURE_KAFKA)
const options = { kafkaHost, sslOptions: { ca }, sasl: { mechanism: 'scram-sha-512', username, password } }
/** By `attributes`. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const fail = error => {
  say('error ' + error.message)
  process.exit(1)
}
const client = new kafka.KafkaClient(options)
const producer = new kafka.Producer(client, { requireAcks: -1 })
client.on('error', fail)
producer.on('error', fail)
producer.on('ready', () => {
  client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }], (error, failed) => {
    if (error || failed.length > 0) return fail(error || new Error(failed[0].error))
    send(0)
  })
})

function send (codec) {
  if (codec === CODECS.length) return read()
  const messages = Array.from({ length: 100 }, (_, i) => CODECS[codec] + ' ' + i)
  producer.send([{ topic, messages, attributes: codec }], error => error ? fail(error) : send(codec + 1))
}

function read () {
  const group = new kafka.ConsumerGroup({ ...options, groupId: topic, fromOffset: 'earliest' }, topic)
  let next = 0
  group.on('error', fail)
  group.on('message', ({ value }) => {
    if (value !== CODECS[Math.floor(next / 100)] + ' ' + next % 100) fail(new Error('wrong: ' + value))
    if (++next < CODECS.length * 100) return
    group.close(true, error => error ? fail(error) : producer.close(() => say('through ' + CODECS.join(' '))))
  })
}
