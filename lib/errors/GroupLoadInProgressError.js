'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The coordinator is still loading the group (code 14). */
class GroupLoadInProgress extends KafkaError {}
GroupLoadInProgress.prototype.name = 'GroupLoadInProgress'

module.exports = callable(GroupLoadInProgress)
