'use strict'

const { PartitionOrder } = require('./partitionOrder')
const { TopicSendQueue } = require('./topicSendQueue')

/** What keeps the sends of a client in the order of their calls, on their way to a handle and from there on. */
class SendOrder {
  constructor () {
    /** before the partitions are known */
    this.queue = new TopicSendQueue()
    /** afterwards */
    this.order = new PartitionOrder()
  }
}

module.exports = { SendOrder }
