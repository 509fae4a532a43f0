'use strict'

const { checkNoNul, textOf } = require('../arguments')
const { InvalidConfigError } = require('../errors')
const { isCustom } = require('./customAssignors')
const { HEARTBEAT_INTERVAL, wholeNumber } = require('../options')

/**
 * A ConsumerGroup's own options as the native side reads them (`GroupOptions` of src/config/mod.rs).
 */

/**
 * @typedef {import('./customAssignors').Protocol} Protocol
 * @typedef {import('../../../index').ConsumerGroupOptions} ConsumerGroupOptions
 */

/** Kafka's assignor for groups that rebalance incrementally. Only librdkafka computes it: there is no `assign`. */
const COOPERATIVE = 'cooperative-sticky'

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string | null} null if it was left out
 */
function optionalName (name, value) {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || value === '') {
    throw new InvalidConfigError(`${name} ${textOf(value)} is illegal, must be a string that is not empty`)
  }
  checkNoNul(name, value)
  return value
}

/** @param {Protocol} protocol */
const isCooperative = ({ name }) => name === COOPERATIVE

/**
 * @param {{ groupProtocol?: string }} options of the group
 * @param {Protocol[]} protocols
 * @returns {boolean} whether the group takes and gives only the difference
 */
function isIncremental ({ groupProtocol }, protocols) {
  return groupProtocol === 'consumer' || protocols.some(isCooperative)
}

/**
 * @param {Protocol[]} protocols
 * @param {boolean} isConsumer whether the broker assigns
 * @throws {InvalidConfigError} if the protocols cannot be used, together or in such a group
 */
function checkProtocols (protocols, isConsumer) {
  if (isConsumer) {
    const custom = protocols.find(isCustom)
    if (custom === undefined) return
    throw new InvalidConfigError(`protocol ${textOf(custom.name)} cannot be used with groupProtocol 'consumer': the ` +
      'broker assigns. Leave it out; groupRemoteAssignor chooses one of the broker\'s assignors')
  }
  if (protocols.some(isCooperative) && !protocols.every(isCooperative)) {
    throw new InvalidConfigError(`protocol must not mix '${COOPERATIVE}' with others: a group rebalances ` +
      'cooperatively or not at all so')
  }
}

/**
 * @param {Omit<ConsumerGroupOptions, 'ssl'> & { sessionTimeout: number }} options of the group, complete
 * @param {Protocol[]} protocols
 * @param {unknown} heartbeatInterval the user's own
 * @returns {import('../../../core/protocol').GroupOptions}
 * @throws {InvalidConfigError} naming the option
 */
function groupOptions (options, protocols, heartbeatInterval) {
  const { groupProtocol = 'classic', sessionTimeout } = options
  if (groupProtocol !== 'classic' && groupProtocol !== 'consumer') {
    throw new InvalidConfigError(`groupProtocol ${textOf(groupProtocol)} is illegal, must be 'classic' or, with ` +
      'brokers of Kafka 4.0 and later, \'consumer\'')
  }
  const isConsumer = groupProtocol === 'consumer'
  const remoteAssignor = optionalName('groupRemoteAssignor', options.groupRemoteAssignor)
  if (remoteAssignor !== null && !isConsumer) {
    throw new InvalidConfigError('groupRemoteAssignor needs groupProtocol \'consumer\'')
  }
  checkProtocols(protocols, isConsumer)
  return {
    groupProtocol,
    assignors: isConsumer
      ? []
      : protocols.map(protocol => ({ name: String(protocol.name), custom: isCustom(protocol) })),
    sessionTimeout: wholeNumber('sessionTimeout', sessionTimeout, 1),
    heartbeatInterval: heartbeatInterval
      ? wholeNumber('heartbeatInterval', heartbeatInterval, 1)
      : Math.min(HEARTBEAT_INTERVAL, Math.max(1, Math.floor(sessionTimeout / 3))),
    metadataInterval: wholeNumber('topicPartitionCheckInterval', options.topicPartitionCheckInterval),
    instanceId: optionalName('groupInstanceId', options.groupInstanceId),
    remoteAssignor
  }
}

module.exports = { COOPERATIVE, groupOptions, isIncremental }
