'use strict'

// kafka-node's own name for its main file: `require('kafka-node/kafka')`
module.exports = require('./index')
