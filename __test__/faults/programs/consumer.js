'use strict'

// A Consumer of every partition of a topic, from the start. SIGTERM closes it; then it ends by itself.
// config: { client: options of the KafkaClient, options: of the Consumer, topic, partitions, exitCode? }
// says: message topic partition offset value | error ... | closing | closed error late: ms | exit code

const { Consumer, KafkaClient } = require('../../..')
const { config, say, sayError } = require('./say')

const payloads = Array.from({ length: config.partitions }, (_, partition) =>
  ({ topic: config.topic, partition, offset: 0 }))
const consumer = /** @type {any} */ (new Consumer(new KafkaClient(config.client), payloads,
  { fromOffset: true, autoCommit: false, ...config.options }))

consumer.on('error', (/** @type {any} */ error) => sayError(error))
consumer.on('offsetOutOfRange', (/** @type {any} */ error) => sayError(error, 'offsetOutOfRange'))
consumer.on('message', (/** @type {any} */ { topic, partition, offset, value }) => {
  say('message', topic, partition, offset, value)
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
