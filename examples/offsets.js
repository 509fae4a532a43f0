'use strict'

// Prints where the log of topic `test` starts and ends, how far group `example-offsets` has read it, and moves
// that group back by one record in each partition. Kafka refuses this while the group has members.

const { KafkaClient, Offset } = require('kafka-node')

const topic = process.argv[2] || 'test'
const group = 'example-offsets'

const client = new KafkaClient({ kafkaHost: process.env.KAFKA_BROKERS || '127.0.0.1:9092' })
const offset = new Offset(client)

offset.on('error', (err) => console.error(err.message))

offset.fetchEarliestOffsets([topic], (err, starts) => {
  if (err) return finish(err)
  offset.fetchLatestOffsets([topic], (err, ends) => {
    if (err) return finish(err)
    const partitions = Object.keys(ends[topic]).map(Number)
    console.log('starts', JSON.stringify(starts), 'ends', JSON.stringify(ends))
    offset.fetchCommits(group, partitions.map((partition) => ({ topic, partition })), (err, commits) => {
      if (err) return finish(err)
      console.log('committed', JSON.stringify(commits)) // -1: never
      const backByOne = partitions.map((partition) => {
        const { [partition]: committed } = commits[topic]
        const position = committed === -1 ? ends[topic][partition] : committed
        return { topic, partition, offset: Math.max(starts[topic][partition], position - 1) }
      })
      offset.commit(group, backByOne, (err, result) => {
        console.log('set to', JSON.stringify(backByOne.map((commit) => commit.offset)), JSON.stringify(result))
        finish(err)
      })
    })
  })
})

function finish (err) {
  if (err) {
    console.error(err.message)
    process.exitCode = 1
  }
  client.close()
}
