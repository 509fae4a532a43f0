'use strict'

// A member of a consumer group. SIGTERM closes it with a commit, SIGUSR2 without one; then it ends by itself.
// config: { options: of the ConsumerGroup, topics, exitCode? }
// says: connect | message topic partition offset value | rebalancing | rebalanced [[topic, partition], ...] |
//   error ... | closing | closed error late: ms | exit code

const { ConsumerGroup } = require('../../..')
const { config, say, sayError } = require('./say')

const group = /** @type {any} */ (new ConsumerGroup(config.options, config.topics))

/** @param {boolean} force */
function close (force) {
  const since = Date.now()
  say('closing')
  group.close(force, (/** @type {any} */ error) => {
    if (config.exitCode !== undefined) process.exitCode = config.exitCode
    say('closed', error ? error.message : null, Date.now() - since)
  })
}

group.on('connect', () => say('connect'))
group.on('rebalancing', () => say('rebalancing'))
group.on('rebalanced', () => {
  say('rebalanced', group.topicPayloads.map((/** @type {any} */ { topic, partition }) => [topic, partition]))
})
group.on('error', (/** @type {any} */ error) => sayError(error))
group.on('offsetOutOfRange', (/** @type {any} */ error) => sayError(error, 'offsetOutOfRange'))
group.on('message', (/** @type {any} */ { topic, partition, offset, value }) => {
  say('message', topic, partition, offset, value)
})
process.on('SIGTERM', () => close(true))
process.on('SIGUSR2', () => close(false))
process.on('exit', (code) => say('exit', code))
say('started')
