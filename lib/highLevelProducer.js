'use strict'

const util = require('util')
const BaseProducer = require('./baseProducer')

const { PARTITIONER_TYPES } = BaseProducer

/**
 * A producer whose payloads go to the topic's partitions in turn unless they say otherwise.
 *
 * @constructor
 * @param {any} client a KafkaClient
 * @param {any} [options]
 * @param {Function} [customPartitioner]
 */
function HighLevelProducer (client, options, customPartitioner) {
  BaseProducer.call(this, client, options, PARTITIONER_TYPES.cyclic, customPartitioner)
}

util.inherits(HighLevelProducer, BaseProducer)

HighLevelProducer.PARTITIONER_TYPES = PARTITIONER_TYPES

module.exports = HighLevelProducer
