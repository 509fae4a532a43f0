'use strict'

/**
 * The events about requests: what librdkafka tells of each answer, in KafkaJS's words. It is told only while somebody
 * listens.
 *
 * @typedef {import('./instrumentation').InstrumentationEmitter} InstrumentationEmitter
 */

/** Kafka's names of its requests, by key; the tenth is called as KafkaJS does. */
const NAMES = [
  'Produce', 'Fetch', 'ListOffsets', 'Metadata', 'LeaderAndIsr', 'StopReplica', 'UpdateMetadata', 'ControlledShutdown',
  'OffsetCommit', 'OffsetFetch', 'GroupCoordinator', 'JoinGroup', 'Heartbeat', 'LeaveGroup', 'SyncGroup',
  'DescribeGroups', 'ListGroups', 'SaslHandshake', 'ApiVersions', 'CreateTopics', 'DeleteTopics', 'DeleteRecords',
  'InitProducerId', 'OffsetForLeaderEpoch', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'EndTxn', 'WriteTxnMarkers',
  'TxnOffsetCommit', 'DescribeAcls', 'CreateAcls', 'DeleteAcls', 'DescribeConfigs', 'AlterConfigs',
  'AlterReplicaLogDirs', 'DescribeLogDirs', 'SaslAuthenticate', 'CreatePartitions', 'CreateDelegationToken',
  'RenewDelegationToken', 'ExpireDelegationToken', 'DescribeDelegationToken', 'DeleteGroups', 'ElectPreferredLeaders',
  'IncrementalAlterConfigs', 'AlterPartitionReassignments', 'ListPartitionReassignments', 'OffsetDelete'
]
const NAMES_SINCE = new Map([
  [50, 'DescribeUserScramCredentials'], [60, 'DescribeCluster'], [68, 'ConsumerGroupHeartbeat'],
  [69, 'ConsumerGroupDescribe'], [71, 'GetTelemetrySubscriptions'], [72, 'PushTelemetry']
])

const TIMED_OUT = new Set([-185, -166])

/** @param {number} key */
const apiName = key => NAMES[key] || NAMES_SINCE.get(key) || `Api${key}`

/**
 * @param {string} name librdkafka's, such as `host:port/1` or `sasl_ssl://host:port/bootstrap`
 * @returns {string} `host:port`
 */
const addressOf = name => name.replace(/^\w+:\/\//, '').replace(/\/[^/]*$/, '')

/**
 * @param {InstrumentationEmitter} emitter
 * @param {{ REQUEST: string, REQUEST_TIMEOUT: string }} events
 * @param {string} clientId
 * @param {import('../core/handles/events').AnsweredEvent} answered
 */
function emitAnswered (emitter, events, clientId, answered) {
  const { apiKey, apiVersion, broker, correlationId, duration, error, size } = answered
  const isTimeout = TIMED_OUT.has(error)
  if (error !== 0 && !isTimeout) return
  const sentAt = Date.now() - Math.round(duration)
  const whose = { broker: addressOf(broker), clientId, correlationId }
  const when = { createdAt: sentAt, sentAt, pendingDuration: 0 }
  const api = { apiName: apiName(apiKey), apiKey, apiVersion }
  if (isTimeout) emitter.emit(events.REQUEST_TIMEOUT, { ...whose, ...when, ...api })
  else emitter.emit(events.REQUEST, { ...whose, size, ...when, duration: Math.round(duration), ...api })
}

module.exports = { apiName, emitAnswered }
