'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** A consumer could not be rebalanced. Kept for `instanceof` checks: nothing throws it. */
class FailedToRebalanceConsumerError extends KafkaError {}
FailedToRebalanceConsumerError.prototype.name = 'FailedToRebalanceConsumerError'

module.exports = callable(FailedToRebalanceConsumerError)
