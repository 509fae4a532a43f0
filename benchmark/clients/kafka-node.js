'use strict'

const adapt = require('../lib/kafkaNodeApi')

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'kafka-node',
  title: 'kafka-node',
  kind: 'peer',
  package: 'kafka-node',
  range: '5.0.0',
  node: 20,
  modes: { message: 'on(\'message\')' },
  apis: ['Consumer'],
  kafka: '3.9',
  settings: { consume: 'defaults (autoCommit every 5 s)', produce: 'defaults' },
  adapt
}
