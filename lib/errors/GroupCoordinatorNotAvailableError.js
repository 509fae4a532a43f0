'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The group has no coordinator at the moment (code 15). */
class GroupCoordinatorNotAvailable extends KafkaError {}
GroupCoordinatorNotAvailable.prototype.name = 'GroupCoordinatorNotAvailable'

module.exports = callable(GroupCoordinatorNotAvailable)
