'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** A broker, partition leader or group coordinator that the request needs is unknown or cannot be reached. */
class BrokerNotAvailableError extends KafkaError {}
BrokerNotAvailableError.prototype.name = 'BrokerNotAvailableError'

module.exports = callable(BrokerNotAvailableError)
