'use strict'

const { adapt } = require('../lib/kafkaJsApi')

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'ours-kafkajs',
  title: 'kafka-node-native, KafkaJS\'s API',
  kind: 'own',
  door: './kafkajs.js',
  node: 24,
  has: ['transactions', 'cooperative'],
  modes: { message: 'eachMessage', batch: 'eachBatch' },
  settings: { consume: 'defaults, autoCommitInterval 5000', produce: 'defaults, allowAutoTopicCreation false' },
  adapt
}
