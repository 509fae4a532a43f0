'use strict'

// The members of a group share the partitions of a topic: each message goes to one of them. A member that joins or
// leaves changes who owns what. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/consumer-groups.js

const { ConsumerGroup, KafkaClient, Producer } = require('kafka-node')

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const run = Date.now().toString(36)
const topic = `jobs-${run}`
const PARTITIONS = 4
const COUNT = 20

const client = new KafkaClient({ kafkaHost })
client.on('error', fail)

client.once('ready', () => {
  client.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1 }], (err, failed) => {
    if (err || failed.length) return fail(err || new Error(failed[0].error))
    const first = join('first')
    first.once('connect', () => {
      const second = join('second')
      second.once('connect', () => sendJobs(() => whenDone([first, second])))
    })
  })
})

const done = new Map()

function join (name) {
  const member = new ConsumerGroup({
    kafkaHost,
    groupId: `workers-${run}`,
    fromOffset: 'earliest',
    sessionTimeout: 10000,
    // called before partitions move to other members: the place to finish work in progress
    onRebalance: (isMember, callback) => {
      if (isMember) console.log(`${name} gives its partitions back`)
      callback()
    }
  }, topic)
  member.on('error', fail)
  member.on('rebalanced', () => {
    console.log(`${name} has partitions ${member.topicPayloads.map(({ partition }) => partition).join(', ') || 'none'}`)
  })
  member.on('message', ({ value, partition, offset }) => {
    console.log(`${name} does ${value} from ${partition}/${offset}`)
    // whoever takes over a partition re-reads what was not committed: `done` counts a job once
    done.set(value, name)
    member.emit('job')
  })
  return member
}

function sendJobs (callback) {
  const producer = new Producer(client, { partitionerType: 3 }) // 3: by key
  const payloads = Array.from({ length: COUNT }, (_, i) => ({ topic, key: `key-${i}`, messages: `job ${i}` }))
  producer.on('error', fail)
  producer.once('ready', () => producer.send(payloads, (err) => { err ? fail(err) : callback() }))
}

function whenDone (members) {
  const look = () => {
    if (done.size < COUNT) return
    for (const member of members) member.removeListener('job', look)
    const shares = members.map((_, i) => [...done.values()].filter((name) => name === ['first', 'second'][i]).length)
    console.log(`all ${COUNT} jobs are done, ${shares.join(' and ')} of them`)
    // true: commit first, so that nobody does the last jobs again
    members[1].close(true, () => members[0].close(true, () => client.close()))
  }
  for (const member of members) member.on('job', look)
  look()
}

function fail (err) {
  console.error(err)
  process.exit(1)
}
