'use strict'

const BaseProducer = require('./baseProducer')
const { callable } = require('./internal/callable')

/** A producer whose payloads go to the topic's partitions in turn unless they say otherwise. */
class HighLevelProducer extends BaseProducer {
  /**
   * @param {InstanceType<typeof import('./kafkaClient')>} client
   * @param {import('../index').ProducerOptions | null} [options]
   * @param {import('../index').CustomPartitioner} [customPartitioner] with partitioner type custom
   */
  constructor (client, options, customPartitioner) {
    super(client, options, BaseProducer.PARTITIONER_TYPES.cyclic, customPartitioner)
  }
}

module.exports = callable(HighLevelProducer)
