'use strict'

// A producer sends to a topic, and two independent consumers get everything. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/pub-sub.js

const { Consumer, HighLevelProducer, KafkaClient } = require('kafka-node')

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const topic = `news-${Date.now().toString(36)}`
const COUNT = 5

const client = new KafkaClient({ kafkaHost })
// Producers may share a client. This one takes the partitions in turn.
const producer = new HighLevelProducer(client)
producer.on('error', fail) // the client's errors, too

client.once('ready', () => {
  client.createTopics([{ topic, partitions: 2, replicationFactor: 1 }], (err, failed) => {
    if (err || failed.length) return fail(err || new Error(failed[0].error))
    // so that the producer knows how many partitions it can choose from
    client.refreshMetadata([topic], (err) => {
      if (err) return fail(err)
      let reading = 2
      const done = () => { if (--reading === 0) client.close() }
      subscribe('mail', done)
      subscribe('archive', done)
      publish()
    })
  })
})

function publish () {
  for (let i = 1; i <= COUNT; i++) {
    producer.send([{ topic, messages: `headline ${i}` }], (err, offsets) => {
      if (err) return fail(err)
      console.log(`headline ${i} was written to ${JSON.stringify(offsets[topic])}`)
    })
  }
}

/** A Consumer is told which partitions to read. It is not a member of a group: each Consumer gets every message. */
function subscribe (name, done) {
  const payloads = [0, 1].map((partition) => ({ topic, partition, offset: 0 }))
  const options = { groupId: name, autoCommit: false, fromOffset: true }
  const consumer = new Consumer(new KafkaClient({ kafkaHost }), payloads, options)
  let count = 0
  consumer.on('error', fail)
  consumer.on('message', ({ value, partition, offset }) => {
    console.log(`${name} got ${value} from ${partition}/${offset}`)
    if (++count === COUNT) consumer.close(done)
  })
}

function fail (err) {
  console.error(err)
  process.exit(1)
}
