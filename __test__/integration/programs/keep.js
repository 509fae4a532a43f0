'use strict'

// Reads a topic and keeps every 1000th message. Prints how much memory that takes.
// arguments: broker, topic, messages to read

const { ConsumerGroup } = require('../../..')

const EVERY = 1000
/** Until all one-off memory is there: compiled code, shared buffers, what librdkafka fetches ahead. */
const WARM_UP = 100000

const [kafkaHost, topic, text] = process.argv.slice(2)
const total = Number(text)
const kept = []
let count = 0
let before

const resident = () => {
  global.gc()
  return process.memoryUsage.rss()
}

const group = new ConsumerGroup({ kafkaHost, groupId: `keep-${process.pid}`, fromOffset: 'earliest' }, topic)
group.on('error', (error) => { throw error })
group.on('message', (message) => {
  count++
  if (count === WARM_UP) before = resident()
  if (count > WARM_UP && count % EVERY === 0) kept.push(message)
  if (count !== total) return
  const grown = resident() - before
  console.log(JSON.stringify({ kept: kept.length, bytes: kept.length * kept[0].value.length, grown }))
  group.close(() => {})
})
