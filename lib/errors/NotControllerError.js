'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** The request reached a broker that is not the controller of the cluster (code 41). */
class NotController extends KafkaError {}
NotController.prototype.name = 'NotController'

module.exports = callable(NotController)
