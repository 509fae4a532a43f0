'use strict'

// A member of a group whose handler blocks the event loop once.
// config: { options: of the ConsumerGroup, topic, block: ms }; SIGTERM closes it with a commit
// says: blocking | went on | rebalancing | rebalanced memberId generation | message offset | error ... | closed error

const { ConsumerGroup } = require('../../..')
const { config, say, sayError } = require('./say')

const group = /** @type {any} */ (new ConsumerGroup(config.options, config.topic))
let isBlocked = false
group.on('error', sayError)
group.on('rebalancing', () => say('rebalancing'))
group.on('rebalanced', () => say('rebalanced', group.memberId, group.generationId))
group.on('message', (/** @type {any} */ { offset }) => {
  say('message', offset)
  if (isBlocked) return
  isBlocked = true
  say('blocking')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, config.block)
  say('went on')
})
process.on('SIGTERM', () => group.close(true, (/** @type {any} */ error) => say('closed', error && error.message)))
