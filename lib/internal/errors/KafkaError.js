'use strict'

const { AdoptableError, callable } = require('../callable')

/**
 * Base of the errors that kafka-node defines itself.
 *
 * `message` is an enumerable own property: log pipelines rely on `JSON.stringify(err)` giving `{"message":"..."}`.
 * Each subclass sets `name` on its prototype, because a name taken from the class would not survive a minifier.
 */
class KafkaError extends AdoptableError {
  /** @param {string} [message] */
  constructor (message) {
    super(message)
    Object.defineProperty(this, 'message', { value: message, enumerable: true, writable: true, configurable: true })
  }
}

module.exports = callable(KafkaError)
