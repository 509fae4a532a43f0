'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** An option, topic name or payload is invalid; the message names it and says what is allowed. */
class InvalidConfigError extends KafkaError {}
InvalidConfigError.prototype.name = 'InvalidConfigError'

module.exports = callable(InvalidConfigError)
