'use strict'

// KafkaJS's API. One assignment for each name: that is how `import { Kafka } from` finds them.

const enums = require('./kafkajs/enums')
const errors = require('./kafkajs/errors')
const partitioners = require('./kafkajs/producer/partitioners')

exports.Kafka = require('./kafkajs/kafka').Client
exports.PartitionAssigners = require('./kafkajs/consumer/assigners')
exports.AssignerProtocol = require('./kafkajs/consumer/assignerProtocol')
exports.Partitioners = {
  DefaultPartitioner: partitioners.DefaultPartitioner,
  LegacyPartitioner: partitioners.LegacyPartitioner,
  JavaCompatiblePartitioner: partitioners.JavaCompatiblePartitioner
}
exports.logLevel = enums.logLevel
exports.CompressionTypes = enums.CompressionTypes
exports.CompressionCodecs = require('./kafkajs/compression').Codecs
exports.ConfigResourceTypes = enums.ConfigResourceTypes
exports.AclResourceTypes = enums.AclResourceTypes
exports.AclOperationTypes = enums.AclOperationTypes
exports.AclPermissionTypes = enums.AclPermissionTypes
exports.ResourcePatternTypes = enums.ResourcePatternTypes
exports.ConfigSource = enums.ConfigSource

exports.KafkaJSError = errors.KafkaJSError
exports.KafkaJSNonRetriableError = errors.KafkaJSNonRetriableError
exports.KafkaJSPartialMessageError = errors.KafkaJSPartialMessageError
exports.KafkaJSBrokerNotFound = errors.KafkaJSBrokerNotFound
exports.KafkaJSProtocolError = errors.KafkaJSProtocolError
exports.KafkaJSConnectionError = errors.KafkaJSConnectionError
exports.KafkaJSConnectionClosedError = errors.KafkaJSConnectionClosedError
exports.KafkaJSRequestTimeoutError = errors.KafkaJSRequestTimeoutError
exports.KafkaJSSASLAuthenticationError = errors.KafkaJSSASLAuthenticationError
exports.KafkaJSNumberOfRetriesExceeded = errors.KafkaJSNumberOfRetriesExceeded
exports.KafkaJSOffsetOutOfRange = errors.KafkaJSOffsetOutOfRange
exports.KafkaJSMemberIdRequired = errors.KafkaJSMemberIdRequired
exports.KafkaJSGroupCoordinatorNotFound = errors.KafkaJSGroupCoordinatorNotFound
exports.KafkaJSNotImplemented = errors.KafkaJSNotImplemented
exports.KafkaJSMetadataNotLoaded = errors.KafkaJSMetadataNotLoaded
exports.KafkaJSTopicMetadataNotLoaded = errors.KafkaJSTopicMetadataNotLoaded
exports.KafkaJSStaleTopicMetadataAssignment = errors.KafkaJSStaleTopicMetadataAssignment
exports.KafkaJSDeleteGroupsError = errors.KafkaJSDeleteGroupsError
exports.KafkaJSTimeout = errors.KafkaJSTimeout
exports.KafkaJSLockTimeout = errors.KafkaJSLockTimeout
exports.KafkaJSServerDoesNotSupportApiKey = errors.KafkaJSServerDoesNotSupportApiKey
exports.KafkaJSUnsupportedMagicByteInMessageSet = errors.KafkaJSUnsupportedMagicByteInMessageSet
exports.KafkaJSDeleteTopicRecordsError = errors.KafkaJSDeleteTopicRecordsError
exports.KafkaJSInvariantViolation = errors.KafkaJSInvariantViolation
exports.KafkaJSInvalidVarIntError = errors.KafkaJSInvalidVarIntError
exports.KafkaJSInvalidLongError = errors.KafkaJSInvalidLongError
exports.KafkaJSCreateTopicError = errors.KafkaJSCreateTopicError
exports.KafkaJSAggregateError = errors.KafkaJSAggregateError
exports.KafkaJSFetcherRebalanceError = errors.KafkaJSFetcherRebalanceError
exports.KafkaJSNoBrokerAvailableError = errors.KafkaJSNoBrokerAvailableError
exports.KafkaJSAlterPartitionReassignmentsError = errors.KafkaJSAlterPartitionReassignmentsError
