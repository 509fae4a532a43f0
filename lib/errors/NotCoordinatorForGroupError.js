'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The request reached a broker that does not coordinate the group (code 16). */
class NotCoordinatorForGroup extends KafkaError {}
NotCoordinatorForGroup.prototype.name = 'NotCoordinatorForGroup'

module.exports = callable(NotCoordinatorForGroup)
