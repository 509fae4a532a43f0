'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The broker refused the SASL handshake or the credentials. */
class SaslAuthenticationError extends KafkaError {
  /**
   * @param {number | null} errorCode the broker's code (33 unsupported mechanism, 58 refused), null if it sent none
   * @param {string} message
   */
  constructor (errorCode, message) {
    super(message)
    this.errorCode = errorCode
  }
}
SaslAuthenticationError.prototype.name = 'SaslAuthenticationError'

module.exports = callable(SaslAuthenticationError)
