'use strict'

// A member of a consumer group. SIGTERM closes it with a commit, SIGUSR2 without one; then it ends by itself.
// config: { options: of the ConsumerGroup, topics, exitCode?, door? }
// says: connect | message topic partition offset value | rebalancing | rebalanced [[topic, partition], ...] |
//   assigned or revoked [[topic, partition], ...] of those that come or go, through KafkaJS's API | error ... |
//   logged namespace text | closing | closed error late: ms | exit code

const { openMember } = require('./doors')
const { config, say, sayError } = require('./say')

const group = openMember(config, {
  message: ({ topic, partition, offset, value }) => say('message', topic, partition, offset, value),
  joined () {},
  error: sayError,
  said: say
})

/** @param {boolean} force */
function close (force) {
  const since = Date.now()
  say('closing')
  group.close(force, (/** @type {any} */ error) => {
    if (config.exitCode !== undefined) process.exitCode = config.exitCode
    say('closed', error ? error.message : null, Date.now() - since)
  })
}

process.on('SIGTERM', () => close(true))
process.on('SIGUSR2', () => close(false))
process.on('exit', (code) => say('exit', code))
say('started')
