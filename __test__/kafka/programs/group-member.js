'use strict'

// A member of a consumer group. SIGTERM closes it, SIGUSR2 closes it with a commit.
// config: { options, topics, killAt?: the record count at which the handler kills its own process }

const { ConsumerGroup } = require('../../..')
const { config, say } = require('./say')

let seen = 0
const group = new ConsumerGroup(config.options, config.topics)
group.on('error', (error) => say('error', error.name, error.message))
group.on('rebalancing', () => say('rebalancing'))
group.on('rebalanced', () => say('rebalanced', group.topicPayloads.map(({ partition }) => partition)))
group.on('message', ({ partition, offset, value }) => {
  say('message', partition, offset, value)
  if (++seen === config.killAt) process.kill(process.pid, 'SIGKILL')
})
process.on('SIGTERM', () => group.close(() => say('closed')))
process.on('SIGUSR2', () => group.close(true, (error) => say('closed', error ? error.message : null)))
