'use strict'

const { startDevBroker } = require('./dev-broker/broker')

module.exports = { startDevBroker }
