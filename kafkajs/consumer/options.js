'use strict'

const { KafkaJSNonRetriableError } = require('../errors')

/**
 * A consumer's options as what the native side reads (`ConsumerOptions` of src/config/mod.rs).
 *
 * @typedef {import('../cluster').ConsumerSettings} ConsumerSettings
 * @typedef {import('./index').ContextParams} ContextParams
 * @typedef {'cluster' | 'logger' | 'partitionAssigners' | 'retry' | 'instrumentationEmitter'} NotNative
 * @typedef {Omit<ContextParams, NotNative | 'groupProtocol'> & { groupProtocol: string }} MemberParams
 */

const READ_COMMITTED = 1
/** The most that librdkafka waits for an answer to a fetch, ms. */
const MAX_WAIT = 300000
/**
 * The same where a fetch is answered as soon as there is a record, ms: until it is, librdkafka fetches nothing of
 * partitions that were added, moved or resumed meanwhile.
 */
const MAX_IDLE_WAIT = 500
/** KiB fetched ahead at most. */
const QUEUE_KBYTES = 16384

/**
 * @param {unknown} value
 * @param {number} least
 */
const whole = (value, least = 0) => Math.min(Math.max(least, Math.floor(Number(value)) || least), 0x7fffffff)

/**
 * @param {MemberParams} params
 * @param {Array<import('./assigners').Assigner>} assigners
 * @returns {{ settings: ConsumerSettings, protocolName: string }} the name is what assigns when the broker does
 */
function memberOptions (params, assigners) {
  const { groupId, groupInstanceId, groupProtocol, groupRemoteAssignor, isolationLevel, maxBytes, rackId } = params
  if (groupProtocol !== 'classic' && groupProtocol !== 'consumer') {
    throw new KafkaJSNonRetriableError(`Invalid groupProtocol ${groupProtocol}: it is 'classic' or, with brokers of ` +
      'Kafka 4.0 and later, \'consumer\'')
  }
  const isConsumer = groupProtocol === 'consumer'
  if (groupRemoteAssignor != null && !isConsumer) {
    throw new KafkaJSNonRetriableError('groupRemoteAssignor needs groupProtocol: \'consumer\'')
  }
  if (groupInstanceId != null && (typeof groupInstanceId !== 'string' || groupInstanceId === '')) {
    throw new KafkaJSNonRetriableError('groupInstanceId must be a non-empty string')
  }
  if (params.onRebalance != null && typeof params.onRebalance !== 'function') {
    throw new KafkaJSNonRetriableError('onRebalance must be a function')
  }
  if (!isConsumer && assigners.some(({ isCooperative }) => isCooperative) &&
      !assigners.every(({ isCooperative }) => isCooperative)) {
    throw new KafkaJSNonRetriableError('partitionAssigners must not mix PartitionAssigners.cooperativeSticky with ' +
      'others: a group rebalances cooperatively or not at all so')
  }
  const sessionTimeout = whole(params.sessionTimeout, 1)
  const rebalanceTimeout = Math.max(sessionTimeout, whole(params.rebalanceTimeout, 1))
  return {
    protocolName: isConsumer ? groupRemoteAssignor || 'consumer' : '',
    settings: {
      groupId: String(groupId),
      fetchMaxWait: Math.min(whole(params.maxWaitTimeInMs), params.minBytes > 1 ? MAX_WAIT : MAX_IDLE_WAIT),
      fetchMinBytes: whole(params.minBytes, 1),
      fetchMaxBytes: whole(params.maxBytesPerPartition, 1),
      fetchResponseBytes: whole(maxBytes, 1),
      queueKbytes: QUEUE_KBYTES,
      readCommitted: isolationLevel === READ_COMMITTED,
      rack: rackId ? String(rackId) : null,
      group: {
        groupProtocol,
        assignors: isConsumer
          ? []
          : assigners.map(({ name, isBuiltIn }) => ({ name: String(name), custom: !isBuiltIn })),
        sessionTimeout,
        heartbeatInterval: whole(params.heartbeatInterval, 1),
        metadataInterval: whole(params.metadataMaxAge, 10),
        rebalanceTimeout,
        // the coordinator must hear from this member before that time is over
        revokeTimeout: Math.floor(rebalanceTimeout * 4 / 5),
        instanceId: groupInstanceId == null ? null : groupInstanceId,
        remoteAssignor: groupRemoteAssignor == null ? null : String(groupRemoteAssignor)
      }
    }
  }
}

module.exports = { memberOptions }
