'use strict'

// A group member that lets a backlog grow: its handler is slow for a while, or it is paused. Then it catches up.
// config: { options: of the ConsumerGroup, topic, how: 'slow' or 'paused', slow: ms for a message, door? };
//   SIGUSR2 ends the slowness or the pause, SIGTERM closes it
// says: idle MiB | highest MiB (a new one) | progress count | wrong partition offset expected | closed error

const { openMember } = require('./doors')
const { config, say, sayError } = require('./say')

const LOOK_MS = 50
const PROGRESS = 10

let isSlow = false
let highest = 0
let count = 0
/** @type {number[]} */
const next = []

function look () {
  const rss = process.memoryUsage().rss / 1024 / 1024
  if (rss < highest + 1) return
  highest = rss
  say('highest', Math.round(rss))
}

const still = new Int32Array(new SharedArrayBuffer(4))
let hasJoined = false
const group = openMember({ ...config, topics: config.topic }, {
  message ({ partition, offset }) {
    const expected = next[partition] || 0
    if (offset !== expected) say('wrong', partition, offset, expected)
    next[partition] = offset + 1
    if (++count % PROGRESS === 0) say('progress', count)
    if (isSlow) Atomics.wait(still, 0, 0, config.slow)
  },
  joined () {
    if (hasJoined) return
    hasJoined = true
    // idle: a member that has waited for a while without records
    setTimeout(() => {
      say('idle', Math.round(process.memoryUsage().rss / 1024 / 1024))
      if (config.how === 'paused') group.pause()
      else isSlow = true
      setInterval(look, LOOK_MS).unref()
    }, 3000)
  },
  error: sayError,
  said () {}
})
process.on('SIGUSR2', () => {
  isSlow = false
  group.resume()
})
process.on('SIGTERM', () => group.close(true, (/** @type {any} */ error) => {
  say('progress', count)
  say('closed', error && error.message)
}))
