'use strict'

// Fills a topic: RECORDS records with values of SIZE bytes and short keys, over all its partitions.
// node fill.js BROKERS TOPIC RECORDS SIZE; prints one line of JSON with what the sending took.

const { Producer, KafkaClient } = require('../..')

const [brokers, topic] = process.argv.slice(2)
const [records, size] = process.argv.slice(4).map(Number)
const PER_SEND = 100
const IN_FLIGHT = 32

const client = new KafkaClient({ kafkaHost: brokers })
const producer = new Producer(client)
producer.on('error', error => { throw error })
producer.on('ready', () => client.refreshMetadata([topic], error => {
  if (error) throw error
  const partitions = Object.keys(client.topicMetadata[topic]).length
  const value = 'v'.repeat(size)
  let sent = 0
  let done = 0
  const started = process.hrtime.bigint()
  const cpu = process.cpuUsage()
  const next = () => {
    if (sent === records) return
    const messages = new Array(PER_SEND).fill(value)
    const partition = (sent / PER_SEND) % partitions
    const key = `key-${sent % 1000}`
    sent += PER_SEND
    producer.send([{ topic, partition, key, messages }], failure => {
      if (failure) throw failure
      done += PER_SEND
      if (done === records) finish()
      else next()
    })
  }
  const finish = () => {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9
    const { user, system } = process.cpuUsage(cpu)
    console.log(JSON.stringify({
      records, seconds, recordsPerSecond: Math.round(records / seconds), cpuMicrosPerRecord: (user + system) / records
    }))
    client.close()
  }
  for (let i = 0; i < IN_FLIGHT; i++) next()
}))
