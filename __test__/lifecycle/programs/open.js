'use strict'

const { root, kafkaHost } = require('./common')
const kafka = require(root)

/**
 * Makes one object of a class.
 *
 * @param {string} kind `KafkaClient`, `Producer`, `HighLevelProducer`, `Consumer` or `ConsumerGroup`
 * @param {string} topic
 * @param {any} [clientOptions]
 * @param {string} [groupId]
 * @returns {{ object: any, client: any, ready: (then: () => void) => void }} `ready`: calls when it is connected, and,
 *   as a group, a member
 */
function open (kind, topic, clientOptions = {}, groupId = topic + '-group') {
  const options = Object.assign({ kafkaHost }, clientOptions)
  let object
  if (kind === 'ConsumerGroup') {
    object = new kafka.ConsumerGroup(Object.assign({ groupId, fromOffset: 'earliest' }, options), topic)
  } else {
    object = new kafka.KafkaClient(options)
    if (kind === 'Consumer') object = new kafka.Consumer(object, [{ topic }], { groupId })
    else if (kind !== 'KafkaClient') object = new kafka[kind](object)
  }
  const client = object.client || object
  object.on('error', () => {})
  return {
    object,
    client,
    ready: then => kind === 'ConsumerGroup' ? object.once('rebalanced', then) : client.once('ready', then)
  }
}

module.exports = { open }
