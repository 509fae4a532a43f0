'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** A message is larger than the broker or the consumer accepts (code 10). */
class MessageSizeTooLarge extends KafkaError {
  /** @param {string | { topic: string, partition: number, offset: number }} where the message, or the fetch position */
  constructor (where) {
    super(typeof where === 'object' ? describe(where) : where)
  }
}
MessageSizeTooLarge.prototype.name = 'MessageSizeTooLarge'

/** @param {{ topic: string, partition: number, offset: number }} where */
function describe ({ topic, partition, offset }) {
  return 'Found a message larger than the maximum fetch size of this consumer on ' +
    `topic ${topic} partition ${partition} at fetch offset ${offset}. ` +
    'Increase the fetch size, or decrease the maximum message size the broker will allow.'
}

module.exports = callable(MessageSizeTooLarge)
