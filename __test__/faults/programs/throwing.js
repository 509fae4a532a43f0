'use strict'

// A consumer of KafkaJS's API whose handler throws when it gets the record `bad`, until SIGUSR2. With the record `last`
// it disconnects.
// config: { kafkaHost, groupId, topic, kind: 'eachMessage' | 'eachBatch', restarts: whether it starts again after a
//   crash }
// says: message value | crash restart name same: whether its cause is what was thrown | closed | exit code

const { kafkaOf } = require('./doors/kafkajs')
const { config, say, sayError } = require('./say')

const { groupId, topic, kind, restarts } = config
const thrown = new Error('thrown by the user')
const consumer = kafkaOf(config, { said () {} }).consumer({
  groupId,
  // two attempts
  retry: { retries: 1, initialRetryTime: 50, factor: 0, restartOnFailure: async () => restarts }
})
let isBroken = true

/** @param {import('../../../kafkajs').KafkaMessage} message */
function handle ({ value }) {
  const text = String(value)
  say('message', text)
  if (text === 'bad' && isBroken) throw thrown
  if (text === 'last') consumer.disconnect().then(() => say('closed'), sayError)
}

async function main () {
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) =>
    say('crash', restart, error.name, /** @type {any} */ (error).cause === thrown))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run(kind === 'eachMessage'
    ? { eachMessage: async ({ message }) => handle(message) }
    : {
      eachBatchAutoResolve: false,
      async eachBatch ({ batch, isRunning, resolveOffset }) {
        for (const message of batch.messages) {
          if (!isRunning()) return
          handle(message)
          resolveOffset(message.offset)
        }
      }
    })
}

process.on('SIGUSR2', () => { isBroken = false })
process.on('exit', (code) => say('exit', code))
main().catch(sayError)
