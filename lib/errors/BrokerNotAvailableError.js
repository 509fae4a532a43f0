'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** A broker, partition leader or group coordinator that the request needs is unknown or cannot be reached. */
class BrokerNotAvailableError extends KafkaError {}
BrokerNotAvailableError.prototype.name = 'BrokerNotAvailableError'

module.exports = callable(BrokerNotAvailableError)
