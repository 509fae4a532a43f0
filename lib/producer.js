'use strict'

const util = require('util')
const BaseProducer = require('./baseProducer')

const { PARTITIONER_TYPES } = BaseProducer

/**
 * A producer whose payloads go to the topic's first partition unless they say otherwise.
 *
 * @constructor
 * @param {any} client a KafkaClient
 * @param {any} [options]
 * @param {Function} [customPartitioner]
 */
function Producer (client, options, customPartitioner) {
  BaseProducer.call(this, client, options, PARTITIONER_TYPES.default, customPartitioner)
}

util.inherits(Producer, BaseProducer)

Producer.PARTITIONER_TYPES = PARTITIONER_TYPES

module.exports = Producer
