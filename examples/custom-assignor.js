'use strict'

// A custom protocol decides which member of a group gets which partitions: here in proportion to each member's
// capacity. Two members share ten partitions, then both leave. Ends by itself.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/custom-assignor.js

const { KafkaClient, ConsumerGroup } = require('kafka-node')

const kafkaHost = process.env.KAFKA_BROKERS || '127.0.0.1:9092'
const run = Date.now().toString(36)
const topic = `jobs-${run}`
const PARTITIONS = 10

function main () {
  const client = new KafkaClient({ kafkaHost })
  client.on('error', fail)
  client.once('ready', () => {
    client.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1 }], (err) => {
      if (err) fail(err)
      client.close()
      const members = [join('small', 1), join('large', 4)]
      for (const member of members) {
        member.on('rebalanced', () => {
          const counts = members.map(({ ready, topicPayloads }) => ready ? topicPayloads.length : 0)
          if (counts.join() === '2,8') for (const other of members) other.close(() => {})
        })
      }
    })
  })
}

/** @param {string} name @param {number} capacity */
function join (name, capacity) {
  const member = new ConsumerGroup({
    kafkaHost,
    id: name,
    groupId: `workers-${run}`,
    // all members of the group must have a protocol of this name; `userData` is what each of them tells the leader
    protocol: { name: 'by-capacity', version: 0, userData: { capacity }, assign: assignByCapacity }
  }, topic)
  member.on('rebalanced', () => {
    console.log(`${name}${member.isLeader ? ' (leader)' : ''} has ${member.topicPayloads.length} partitions`)
  })
  member.on('error', fail)
  return member
}

/** The leader of the group runs this: `{ jobs: ['0', '1', ...] }`, the members, and where the answer goes. */
function assignByCapacity (topicPartitions, members, callback) {
  const total = members.reduce((sum, { userData }) => sum + userData.capacity, 0)
  const shares = members.map(({ id }) => ({ memberId: id, topicPartitions: {}, version: 0 }))
  for (const name of Object.keys(topicPartitions)) {
    const partitions = topicPartitions[name]
    let taken = 0
    let upTo = 0
    members.forEach(({ userData }, i) => {
      upTo += userData.capacity
      const end = Math.round(partitions.length * upTo / total)
      shares[i].topicPartitions[name] = partitions.slice(taken, end)
      taken = end
    })
  }
  callback(null, shares)
}

function fail (err) {
  console.error(err)
  process.exit(1)
}

main()
