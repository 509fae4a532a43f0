'use strict'

const BaseProducer = require('./baseProducer')
const { callable } = require('./internal/callable')

/** A producer whose payloads go to the topic's first partition unless they say otherwise. */
class Producer extends BaseProducer {
  /**
   * @param {any} client a KafkaClient
   * @param {any} [options] see `BaseProducer`
   * @param {Function} [customPartitioner] `(partitions, key) => partition`, with partitioner type custom
   */
  constructor (client, options, customPartitioner) {
    super(client, options, BaseProducer.PARTITIONER_TYPES.default, customPartitioner)
  }
}

module.exports = callable(Producer)
