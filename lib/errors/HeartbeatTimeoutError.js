'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The coordinator did not answer the group member's heartbeat in time. */
class HeartbeatTimeout extends KafkaError {}
HeartbeatTimeout.prototype.name = 'HeartbeatTimeout'

module.exports = callable(HeartbeatTimeout)
