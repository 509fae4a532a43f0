'use strict'

// The child process of the embedded broker: carries out what dev-broker/broker.js asks for over the IPC channel, and
// ends with its parent. librdkafka's mock aborts on some failures, which must cost only this process.

const { NativeDevBroker } = require('../core/addon')

/** @type {InstanceType<typeof NativeDevBroker> | null} */
let broker = null

/** @type {Record<string, (...args: any[]) => unknown>} */
const commands = {
  start ({ port, retentionBytes, topics }) {
    broker = new NativeDevBroker(port, retentionBytes, (level, text) => send({ log: { level, text } }))
    for (const { name, partitions } of topics) broker.createTopic(name, partitions)
    return { port: broker.port }
  },
  createTopic: (name, partitions) => running().createTopic(name, partitions),
  setDown: () => running().setDown(),
  setUp: () => running().setUp(),
  setRtt: milliseconds => running().setRtt(milliseconds),
  pushErrors: (apiKey, codes) => running().pushErrors(apiKey, codes),
  topicError: (name, code) => running().setTopicError(name, code)
}

function running () {
  if (broker === null) throw new Error('The embedded broker has not started')
  return broker
}

/** @param {object} message */
function send (message) {
  // A parent that is gone needs no answer; `disconnect` follows.
  if (process.connected && process.send) process.send(message, () => {})
}

/** @param {{ id: number, command: string, args: unknown[] }} request */
function answer ({ id, command, args }) {
  try {
    send({ id, result: commands[command](...args) })
  } catch (error) {
    const { message, code } = /** @type {NodeJS.ErrnoException} */ (error)
    send({ id, error: { message, code } })
  }
}

/** Exit code 0 tells the parent that this exit was requested. */
function end () {
  if (broker !== null) broker.close()
  process.exit(0)
}

process.on('message', answer)
process.on('disconnect', end)
process.on('SIGINT', end)
process.on('SIGTERM', end)
