'use strict'

// A Consumer of every partition of a topic, from the start. SIGTERM closes it; then it ends by itself.
// config: { client: options of the KafkaClient, options: of the Consumer, topic, partitions, exitCode?, door? }
// says: message topic partition offset value | error ... | logged namespace text | closing | closed error late: ms |
//   exit code

const { openConsumer } = require('./doors')
const { config, say, sayError } = require('./say')

const consumer = openConsumer(config, {
  message: ({ topic, partition, offset, value }) => say('message', topic, partition, offset, value),
  joined () {},
  error: sayError,
  said: say
})
process.on('SIGTERM', () => {
  const since = Date.now()
  say('closing')
  consumer.close(false, (/** @type {any} */ error) => {
    if (config.exitCode !== undefined) process.exitCode = config.exitCode
    say('closed', error ? error.message : null, Date.now() - since)
  })
})
process.on('exit', (code) => say('exit', code))
say('started')
