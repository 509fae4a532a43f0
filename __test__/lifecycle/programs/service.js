'use strict'

// A service with a clean shutdown: on SIGTERM it stops taking records, commits and delivers what is in flight, and has
// nothing left that keeps the process alive. arguments: topic of requests, topic of answers

const { root, kafkaHost, say } = require('./common')
const { KafkaClient, ConsumerGroup, Producer } = require(root)

const [requests, answers] = process.argv.slice(2)
const producer = new Producer(new KafkaClient({ kafkaHost }), { requireAcks: -1 })
const group = new ConsumerGroup({ kafkaHost, groupId: requests + '-service', fromOffset: 'earliest' }, requests)
for (const emitter of [producer, group]) emitter.on('error', error => say('error ' + error.message))

let answered = 0
let asked = 0
group.on('message', ({ value }) => {
  asked++
  producer.send([{ topic: answers, messages: 'answer to ' + value }], error => {
    if (error) return say('error ' + error.message)
    if (++answered === 1) say('answering')
  })
})

process.once('SIGTERM', () => {
  group.close(true, groupError => {
    producer.close(() => {
      if (groupError) say('error ' + groupError.message)
      say(asked === answered ? 'everything answered' : 'answers missing')
      process.exitCode = 0
    })
  })
})
