'use strict'

const { adapt } = require('../lib/kafkaJsApi')

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'kafkajs',
  title: 'KafkaJS',
  kind: 'peer',
  package: 'kafkajs',
  range: '^2.2.4',
  node: 24,
  has: ['transactions'],
  modes: { message: 'eachMessage', batch: 'eachBatch' },
  unable: { zstd: 'KafkaJS reads zstd only with a codec package of its own' },
  settings: { consume: 'defaults, autoCommitInterval 5000', produce: 'defaults, allowAutoTopicCreation false' },
  adapt
}
