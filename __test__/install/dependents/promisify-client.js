'use strict'

// wait-for-kafka calls bluebird's `promisifyAll` on the class KafkaClient, not on its prototype, and uses
// `topicExistsAsync`. That comes neither with kafka-node 5 nor with ours.

const { promisifyAll } = require('bluebird')
const { KafkaClient } = require('kafka-node')

promisifyAll(KafkaClient.prototype)
