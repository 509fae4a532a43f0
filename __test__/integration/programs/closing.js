'use strict'

// A consumer that closes itself at full flow, then ends by itself with its own exit code.
// config: { kind, options, topic, after: records before it closes, inside: whether from the handler, force, exitCode,
//   door? }
//   kind: of kafka-node's API `group` or `consumer`, `force`: whether with a commit; of KafkaJS's API `eachMessage` or
//   `eachBatch`, `force`: whether a handler that closes waits for it

const { config, say } = require('./say')

/** @typedef {(offset: number) => void | Promise<void>} Handle */

/** @param {Handle} handle @returns {(done: (error: Error | null) => void) => void} closes it */
function openKafkaNode (handle) {
  const { Consumer, ConsumerGroup, KafkaClient } = require('../../..')
  const consumer = /** @type {any} */ (config.kind === 'group'
    ? new ConsumerGroup(config.options, config.topic)
    : new Consumer(new KafkaClient(config.options), [{ topic: config.topic, offset: 0 }], config.options))
  consumer.on('error', (/** @type {Error} */ error) => say('error', error.message))
  consumer.on('message', (/** @type {any} */ { offset }) => { handle(offset) })
  return (done) => {
    if (config.force) consumer.close(true, done)
    else consumer.close(done)
  }
}

/** @type {typeof openKafkaNode} */
function openKafkaJs (handle) {
  const { Kafka, logLevel } = require('../../../kafkajs')
  const { kafkaHost, groupId } = config.options
  const client = new Kafka({ brokers: [kafkaHost], logLevel: logLevel.NOTHING })
  const consumer = client.consumer({ groupId })
  consumer.on(consumer.events.CRASH, ({ payload }) => say('error', payload.error.message))
  const run = async () => {
    await consumer.subscribe({ topic: config.topic, fromBeginning: true })
    await consumer.run(config.kind === 'eachMessage'
      ? { eachMessage: async ({ message }) => handle(Number(message.offset)) }
      : {
        async eachBatch ({ batch, isRunning, resolveOffset }) {
          for (const { offset } of batch.messages) {
            if (!isRunning()) return
            await handle(Number(offset))
            resolveOffset(offset)
          }
        },
        eachBatchAutoResolve: false
      })
  }
  run().catch((error) => say('error', error.message))
  return (done) => { consumer.disconnect().then(() => done(null), done) }
}

let last = -1
let emitted = 0
let closing = 0
let isClosed = false

/** @returns {Promise<void>} */
function close () {
  closing = Date.now()
  say('closing', last)
  return new Promise((resolve) => closeConsumer((error) => {
    isClosed = true
    say('closed', error ? error.message : null, last, Date.now() - closing)
    process.exitCode = config.exitCode
    resolve()
  }))
}

const closeConsumer = (config.door === 'kafkajs' ? openKafkaJs : openKafkaNode)((offset) => {
  if (isClosed) say('late', offset)
  if (offset !== last + 1) say('gap', last, offset)
  last = offset
  if (++emitted !== config.after) return
  if (!config.inside) {
    setImmediate(close)
    return
  }
  const closed = close()
  return config.force ? closed : undefined
})
process.on('exit', () => say('exit', last, Date.now() - closing))
