'use strict'

// wait-for-kafka calls bluebird's `promisifyAll` on the class KafkaClient, not on its prototype, and uses
// `topicExistsAsync`. Neither kafka-node 5 nor ours gets that method this way.

const { promisifyAll } = require('bluebird')
const { KafkaClient } = require('kafka-node')

promisifyAll(KafkaClient.prototype)
