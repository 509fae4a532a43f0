'use strict'

const { startDevBroker } = require('./lib/devBroker')

module.exports = { startDevBroker }
