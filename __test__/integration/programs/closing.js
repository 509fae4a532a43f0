'use strict'

// A consumer that closes itself at full flow, then ends by itself with its own exit code.
// config: { kind: 'group' | 'consumer', options, topic, after: records before it closes, inside: whether from the
//   handler, force: whether with a commit, exitCode }

const { Consumer, ConsumerGroup, KafkaClient } = require('../../..')
const { config, say } = require('./say')

const consumer = /** @type {any} */ (config.kind === 'group'
  ? new ConsumerGroup(config.options, config.topic)
  : new Consumer(new KafkaClient(config.options), [{ topic: config.topic, offset: 0 }], config.options))

let last = -1
let emitted = 0
let closing = 0
let isClosed = false

function close () {
  closing = Date.now()
  say('closing', last)
  const closed = (/** @type {Error | null} */ error) => {
    isClosed = true
    say('closed', error ? error.message : null, last, Date.now() - closing)
    process.exitCode = config.exitCode
  }
  if (config.force) consumer.close(true, closed)
  else consumer.close(closed)
}

consumer.on('error', (/** @type {Error} */ error) => say('error', error.message))
consumer.on('message', (/** @type {any} */ { offset }) => {
  if (isClosed) say('late', offset)
  if (offset !== last + 1) say('gap', last, offset)
  last = offset
  if (++emitted !== config.after) return
  if (config.inside) close()
  else setImmediate(close)
})
process.on('exit', () => say('exit', last, Date.now() - closing))
