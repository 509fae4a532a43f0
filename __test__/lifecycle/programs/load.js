'use strict'

// Loads the package and does nothing: the process ends by itself.

const { root, say } = require('./common')

say('loaded ' + typeof require(root).KafkaClient)
