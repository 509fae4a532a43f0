'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The broker does not support the request, in any version that this client speaks. */
class ApiNotSupportedError extends KafkaError {
  /** @param {string} [reason] */
  constructor (reason) {
    super(`The API is not supported by the receiving broker${reason === undefined ? '' : `: ${reason}`}`)
  }
}
ApiNotSupportedError.prototype.name = 'ApiNotSupportedError'

module.exports = callable(ApiNotSupportedError)
