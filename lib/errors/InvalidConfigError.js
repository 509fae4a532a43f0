'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** An option, topic name or payload is invalid; the message names it and says what is allowed. */
class InvalidConfigError extends KafkaError {}
InvalidConfigError.prototype.name = 'InvalidConfigError'

module.exports = callable(InvalidConfigError)
