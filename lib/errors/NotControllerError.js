'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** The request reached a broker that is not the controller of the cluster (code 41). */
class NotController extends KafkaError {}
NotController.prototype.name = 'NotController'

module.exports = callable(NotController)
