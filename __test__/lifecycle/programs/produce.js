'use strict'

// Sends numbers to a topic and closes. arguments: topic, count

const { root, kafkaHost, say } = require('./common')
const kafka = require(root)

const [topic, count] = process.argv.slice(2)
const producer = new kafka.HighLevelProducer(new kafka.KafkaClient({ kafkaHost }), { requireAcks: -1 })
producer.on('error', error => say('error ' + error.message))
producer.on('ready', () => {
  let left = Number(count)
  for (let i = 0; i < Number(count); i++) {
    producer.send([{ topic, messages: String(i), key: 'k' + i }], error => {
      if (error) say('error ' + error.message)
      if (--left === 0) producer.close(() => say('sent ' + count))
    })
  }
})
