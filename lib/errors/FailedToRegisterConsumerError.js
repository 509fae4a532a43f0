'use strict'

const { callable } = require('../callable')
const NestedError = require('./NestedError')

/** A consumer could not be registered. Kept for `instanceof` checks. */
class FailedToRegisterConsumerError extends NestedError {}
FailedToRegisterConsumerError.prototype.name = 'FailedToRegisterConsumerError'

module.exports = callable(FailedToRegisterConsumerError)
