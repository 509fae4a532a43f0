'use strict'

const { callable } = require('../internal/callable')
const NestedError = require('../internal/errors/NestedError')

/** A consumer could not be registered. Kept for `instanceof` checks. */
class FailedToRegisterConsumerError extends NestedError {}
FailedToRegisterConsumerError.prototype.name = 'FailedToRegisterConsumerError'

module.exports = callable(FailedToRegisterConsumerError)
