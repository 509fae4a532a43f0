'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The broker found the request invalid (code 42); the message is the broker's. */
class InvalidRequest extends KafkaError {}
InvalidRequest.prototype.name = 'InvalidRequest'

module.exports = callable(InvalidRequest)
