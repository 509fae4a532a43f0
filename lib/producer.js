'use strict'

const BaseProducer = require('./baseProducer')
const { callable } = require('./internal/callable')

/** A producer whose payloads go to the topic's first partition unless they say otherwise. */
class Producer extends BaseProducer {
  /**
   * @param {InstanceType<typeof import('./kafkaClient')>} client
   * @param {import('../index').ProducerOptions | null} [options]
   * @param {import('../index').CustomPartitioner} [customPartitioner] with partitioner type custom
   */
  constructor (client, options, customPartitioner) {
    super(client, options, BaseProducer.PARTITIONER_TYPES.default, customPartitioner)
  }
}

module.exports = callable(Producer)
