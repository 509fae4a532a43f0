'use strict'

// A member of a consumer group. SIGTERM closes it, SIGUSR2 closes it with a commit.
// config: { options, topics, killAt?: the record count at which the handler kills its own process,
//   folder?: of the package that it uses; default: this checkout }

const { config, say } = require('./say')
const { ConsumerGroup } = require(config.folder || '../../..')

let seen = 0
const group = new ConsumerGroup(config.options, config.topics)
group.on('error', (/** @type {Error} */ error) => say('error', error.name, error.message))
group.on('rebalancing', () => say('rebalancing'))
group.on('rebalanced', () => {
  const partitions = group.topicPayloads.map((/** @type {any} */ { partition }) => partition)
  say('rebalanced', partitions, group.generationId, group.memberId)
})
group.on('message', (/** @type {any} */ { partition, offset, value }) => {
  say('message', partition, offset, value, Date.now())
  if (++seen === config.killAt) process.kill(process.pid, 'SIGKILL')
})
process.on('SIGTERM', () => group.close(() => say('closed')))
process.on('SIGUSR2', () => group.close(true, (/** @type {Error | null} */ error) => {
  say('closed', error ? error.message : null)
}))
