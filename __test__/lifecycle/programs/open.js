'use strict'

const { root, kafkaHost } = require('./common')
const kafka = require(root)

const GROUPS = ['ConsumerGroup', 'ConsumerGroupStream']

/**
 * Makes one object of a class.
 *
 * @param {string} kind `KafkaClient`, `Producer`, `HighLevelProducer`, `ProducerStream`, `Consumer`, `ConsumerStream`,
 *   `ConsumerGroup`, `ConsumerGroupStream`, `Offset` or `Admin`
 * @param {string} topic
 * @param {any} [clientOptions]
 * @param {string} [groupId]
 * @param {any} [consumerOptions]
 * @returns {{ object: any, client: any, ready: (then: () => void) => void,
 *   close: (then: (error?: any) => void) => void }} `ready`: calls when it is connected and, for a group, a member; a
 *   ConsumerGroupStream joins when it is read
 */
function open (kind, topic, clientOptions = {}, groupId = topic + '-group', consumerOptions = {}) {
  const options = Object.assign({ kafkaHost }, clientOptions)
  let object
  if (GROUPS.includes(kind)) {
    object = new kafka[kind](Object.assign({ groupId, fromOffset: 'earliest' }, options, consumerOptions), topic)
  } else if (kind === 'ProducerStream') {
    object = new kafka.ProducerStream({ kafkaClient: options })
  } else {
    object = new kafka.KafkaClient(options)
    if (kind === 'Consumer' || kind === 'ConsumerStream') {
      object = new kafka[kind](object, [{ topic }], Object.assign({ groupId }, consumerOptions))
    } else if (kind !== 'KafkaClient') {
      object = new kafka[kind](object)
    }
  }
  const client = object.client || object
  object.on('error', () => {})
  return {
    object,
    client,
    ready: then => kind === 'ConsumerGroup' ? object.once('rebalanced', then) : client.once('ready', then),
    // Offset and Admin have no close of their own
    close: then => (object.close ? object : client).close(then)
  }
}

module.exports = { open }
