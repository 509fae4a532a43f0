'use strict'

module.exports = require('../internal/errors').BrokerNotAvailableError
