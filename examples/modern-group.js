'use strict'

// Two members share a topic. When the second one joins, the first goes on with the partitions that it keeps: a
// cooperative rebalance takes only what moves. They are static members, so one that restarts within its session would
// find its partitions where they were. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/modern-group.js

const { ConsumerGroup, KafkaClient } = require('kafka-node')

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const run = Date.now().toString(36)
const topic = `orders-${run}`
const PARTITIONS = 6

const client = new KafkaClient({ kafkaHost })
client.on('error', fail)

client.once('ready', () => {
  client.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1 }], (err, failed) => {
    if (err || failed.length) return fail(err || new Error(failed[0].error))
    client.close()
    const first = join('first')
    first.once('rebalanced', () => {
      const second = join('second')
      for (const member of [first, second]) member.on('rebalanced', () => endWhenShared([first, second]))
    })
  })
})

function join (name) {
  const member = new ConsumerGroup({
    kafkaHost,
    groupId: `shop-${run}`,
    groupInstanceId: name,
    // with brokers of Kafka 4, groupProtocol: 'consumer' lets the broker assign instead
    protocol: ['cooperative-sticky'],
    fromOffset: 'earliest',
    // shows no records of transactions that were aborted
    isolationLevel: 'read_committed',
    // called before partitions go; the others go on
    onRebalance: (isMember, callback) => {
      if (isMember) console.log(`${name} gives some of its partitions back`)
      callback()
    }
  }, topic)
  member.on('rebalanced', () => console.log(`${name} has ${member.topicPayloads.length} partitions`))
  member.on('error', fail)
  return member
}

let isShared = false

function endWhenShared (members) {
  if (isShared || members.some((member) => member.topicPayloads.length !== PARTITIONS / 2)) return
  isShared = true
  console.log(`both have ${PARTITIONS / 2} of ${PARTITIONS} partitions`)
  for (const member of members) member.close(true, (err) => { if (err) fail(err) })
}

function fail (err) {
  console.error(err)
  process.exit(1)
}
