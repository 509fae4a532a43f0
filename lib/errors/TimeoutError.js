'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** A connection attempt or a request took longer than `connectTimeout` or `requestTimeout`. */
class TimeoutError extends KafkaError {}
TimeoutError.prototype.name = 'TimeoutError'

module.exports = callable(TimeoutError)
