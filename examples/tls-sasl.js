'use strict'

// Connects with TLS and SASL, sends a message and reads it back. Settings come from the environment:
//
//   KAFKA_BROKERS=host:9093 KAFKA_CA=ca.pem KAFKA_MECHANISM=scram-sha-512 KAFKA_USERNAME=alice KAFKA_PASSWORD=... \
//     node examples/tls-sasl.js [topic]
//
// KAFKA_CA is only needed if Node does not already trust the authority. For a client certificate set KAFKA_CERT,
// KAFKA_KEY and, if the key is encrypted, KAFKA_PASSPHRASE; without KAFKA_MECHANISM there is no SASL.

const fs = require('fs')
const { ConsumerGroup, HighLevelProducer, KafkaClient } = require('kafka-node')

const { env } = process
const topic = process.argv[2] || 'example-tls-sasl'

const file = (name) => (env[name] ? fs.readFileSync(env[name]) : undefined)

const options = {
  kafkaHost: env.KAFKA_BROKERS || '127.0.0.1:9093',
  // {} is enough when a public authority has signed the broker's certificate
  sslOptions: {
    ca: file('KAFKA_CA'),
    cert: file('KAFKA_CERT'),
    key: file('KAFKA_KEY'),
    passphrase: env.KAFKA_PASSPHRASE
  }
}
if (env.KAFKA_MECHANISM) {
  options.sasl = { mechanism: env.KAFKA_MECHANISM, username: env.KAFKA_USERNAME, password: env.KAFKA_PASSWORD }
}

const client = new KafkaClient({ ...options })
const producer = new HighLevelProducer(client)

// a wrong password is a SaslAuthenticationError; errors about certificates have Node's codes, such as CERT_HAS_EXPIRED
producer.on('error', fail)

producer.on('ready', () => {
  client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }], (err) => {
    if (err) return fail(err)
    producer.send([{ topic, messages: 'for your eyes only' }], (err) => {
      if (err) return fail(err)
      read()
    })
  })
})

function read () {
  const group = new ConsumerGroup({ ...options, groupId: `${topic}-readers`, fromOffset: 'earliest' }, topic)
  group.on('error', fail)
  group.on('message', ({ value }) => {
    console.log(`read: ${value}`)
    group.close(true, () => client.close())
  })
}

function fail (err) {
  console.error(err.name, err.code || err.errorCode || '', err.message)
  process.exit(1)
}
