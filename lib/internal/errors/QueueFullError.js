'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** The producer already holds as many unsent records as it may. Send again once earlier sends have called back. */
class QueueFullError extends KafkaError {
  /** @param {string} message */
  constructor (message) {
    super(message)
    this.code = 'ERR_QUEUE_FULL'
    this.retriable = true
  }
}
QueueFullError.prototype.name = 'QueueFullError'

module.exports = callable(QueueFullError)
