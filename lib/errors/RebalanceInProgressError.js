'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The group is rebalancing, so its members have to rejoin (code 27). */
class RebalanceInProgress extends KafkaError {}
RebalanceInProgress.prototype.name = 'RebalanceInProgress'

module.exports = callable(RebalanceInProgress)
