'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The group does not know the member, for example after its session timed out (code 25). */
class UnknownMemberId extends KafkaError {}
UnknownMemberId.prototype.name = 'UnknownMemberId'

module.exports = callable(UnknownMemberId)
