'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** A connection attempt or a request took longer than `connectTimeout` or `requestTimeout`. */
class TimeoutError extends KafkaError {}
TimeoutError.prototype.name = 'TimeoutError'

module.exports = callable(TimeoutError)
