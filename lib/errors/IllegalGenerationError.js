'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The request carries a generation that the group has left behind (code 22). */
class IllegalGeneration extends KafkaError {}
IllegalGeneration.prototype.name = 'IllegalGeneration'

module.exports = callable(IllegalGeneration)
