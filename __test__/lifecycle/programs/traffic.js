'use strict'

// Continuous traffic through a producer, a consumer and a group member, for programs that end in the middle of it.

const { when } = require('./common')
const clients = require('./clients')

/** Sends in flight at a time. */
const IN_FLIGHT = 50

/**
 * @param {string} topic one that is there
 * @param {{ received?: (value: string) => void, group?: string }} [hooks]
 */
function startTraffic (topic, { received = () => {}, group = topic + '-group' } = {}) {
  const producer = clients.producer(topic)
  clients.consumer(topic, received)
  clients.member(topic, group, received)
  const messages = ['a', 'b', 'c'].map(letter => letter.repeat(100))
  const send = () => producer.send(messages, 'key', error => {
    if (!error) send()
  })
  when(producer.isReady, () => {
    for (let i = 0; i < IN_FLIGHT; i++) send()
  })
}

module.exports = { startTraffic }
