'use strict'

// A member of a group whose handler blocks the event loop once.
// config: { options: of the ConsumerGroup, topic, block: ms, door? }; SIGTERM closes it with a commit
// says: blocking | went on | joined memberId | message offset | error ... | closed error

const { openMember } = require('./doors')
const { config, say, sayError } = require('./say')

let isBlocked = false
const group = openMember({ ...config, topics: config.topic }, {
  message ({ offset }) {
    say('message', offset)
    if (isBlocked) return
    isBlocked = true
    say('blocking')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, config.block)
    say('went on')
  },
  joined: (memberId) => say('joined', memberId),
  error: sayError,
  said () {}
})
process.on('SIGTERM', () => group.close(true, (/** @type {any} */ error) => say('closed', error && error.message)))
