'use strict'

const { callable } = require('../internal/callable')
const NestedError = require('../internal/errors/NestedError')

/** The consumer has no valid position: its offset is out of range or could not be looked up. */
class InvalidConsumerOffsetError extends NestedError {}
InvalidConsumerOffsetError.prototype.name = 'InvalidConsumerOffsetError'

module.exports = callable(InvalidConsumerOffsetError)
