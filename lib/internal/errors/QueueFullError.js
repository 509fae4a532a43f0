'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** @param {number} frames */
function limitStack (frames) {
  try {
    Error.stackTraceLimit = frames
  } catch {
    // read-only, as with `node --frozen-intrinsics`: then stacks have frames after all
  }
}

/**
 * The producer already holds as many unsent records as it may. Send again once earlier sends have called back.
 *
 * Its stack has no frames: they would only lead to the event loop, and collecting them takes longer than the rest of a
 * refused send, which stays in memory until it is reported.
 */
class QueueFullError extends KafkaError {
  /** @param {string} message */
  constructor (message) {
    const { stackTraceLimit } = Error
    limitStack(0)
    super(message)
    limitStack(stackTraceLimit)
    this.code = 'ERR_QUEUE_FULL'
    this.retriable = true
  }
}
QueueFullError.prototype.name = 'QueueFullError'

module.exports = callable(QueueFullError)
