'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/**
 * The producer already holds as many unsent records as it may. Send again once earlier sends have called back.
 *
 * Its stack has no frames: they would lead to the event loop only, and collecting them takes longer than the rest of a
 * refused send. A producer that is told off slowly keeps the sends of a loop that never waits for a callback.
 */
class QueueFullError extends KafkaError {
  /** @param {string} message */
  constructor (message) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
    this.code = 'ERR_QUEUE_FULL'
    this.retriable = true
  }
}
QueueFullError.prototype.name = 'QueueFullError'

module.exports = callable(QueueFullError)
