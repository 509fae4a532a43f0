'use strict'

// Continuous traffic through a producer, a consumer and a group member, for programs that end in the middle of it.

const { root, kafkaHost } = require('./common')
const kafka = require(root)

/** Sends in flight at a time. */
const IN_FLIGHT = 50

/**
 * @param {string} topic one that is there
 * @param {{ sent?: (error: Error | null) => void, received?: (message: any) => void, group?: string }} [hooks]
 * @returns {{ producer: any, consumer: any, group: any, stop: () => void }}
 */
function startTraffic (topic, hooks = {}) {
  const { sent = () => {}, received = () => {} } = hooks
  let stopped = false
  const producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost }))
  const consumer = new kafka.Consumer(new kafka.KafkaClient({ kafkaHost }), [{ topic }], { autoCommit: false })
  const group = new kafka.ConsumerGroup({
    kafkaHost, groupId: hooks.group || topic + '-group', fromOffset: 'earliest', autoCommitIntervalMs: 20
  }, [topic])
  for (const emitter of [producer, consumer, group]) emitter.on('error', () => {})
  consumer.on('message', received)
  group.on('message', received)
  const messages = ['a', 'b', 'c'].map(letter => letter.repeat(100))
  const send = () => {
    if (stopped) return
    producer.send([{ topic, messages, key: 'key' }], error => {
      sent(error)
      if (!error) send()
    })
  }
  producer.on('ready', () => {
    for (let i = 0; i < IN_FLIGHT; i++) send()
  })
  return { producer, consumer, group, stop: () => { stopped = true } }
}

module.exports = { startTraffic }
