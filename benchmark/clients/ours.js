'use strict'

const adapt = require('../lib/kafkaNodeApi')

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'ours',
  title: 'kafka-node-native',
  kind: 'own',
  node: 24,
  modes: { message: 'on(\'message\')' },
  apis: ['Consumer'],
  settings: {
    consume: 'defaults (autoCommit every 5 s)',
    produce: 'defaults (one request of a partition in flight with acks 1, idempotent with acks all)'
  },
  adapt
}
