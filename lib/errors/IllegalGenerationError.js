'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** The request carries a generation that the group has left behind (code 22). */
class IllegalGeneration extends KafkaError {}
IllegalGeneration.prototype.name = 'IllegalGeneration'

module.exports = callable(IllegalGeneration)
