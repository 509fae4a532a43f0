'use strict'

// One assignment for each name: that is how `import { Kafka } from` finds them.

const kafkajs = require('kafka-node-native/kafkajs')

// where agents put a class of their own
exports.Kafka = require('./src')
exports.PartitionAssigners = kafkajs.PartitionAssigners
exports.AssignerProtocol = kafkajs.AssignerProtocol
exports.Partitioners = kafkajs.Partitioners
exports.logLevel = kafkajs.logLevel
exports.CompressionTypes = kafkajs.CompressionTypes
exports.CompressionCodecs = kafkajs.CompressionCodecs
exports.ConfigResourceTypes = kafkajs.ConfigResourceTypes
exports.AclResourceTypes = kafkajs.AclResourceTypes
exports.AclOperationTypes = kafkajs.AclOperationTypes
exports.AclPermissionTypes = kafkajs.AclPermissionTypes
exports.ResourcePatternTypes = kafkajs.ResourcePatternTypes
exports.ConfigSource = kafkajs.ConfigSource
exports.KafkaJSError = kafkajs.KafkaJSError
exports.KafkaJSNonRetriableError = kafkajs.KafkaJSNonRetriableError
exports.KafkaJSPartialMessageError = kafkajs.KafkaJSPartialMessageError
exports.KafkaJSBrokerNotFound = kafkajs.KafkaJSBrokerNotFound
exports.KafkaJSProtocolError = kafkajs.KafkaJSProtocolError
exports.KafkaJSConnectionError = kafkajs.KafkaJSConnectionError
exports.KafkaJSConnectionClosedError = kafkajs.KafkaJSConnectionClosedError
exports.KafkaJSRequestTimeoutError = kafkajs.KafkaJSRequestTimeoutError
exports.KafkaJSSASLAuthenticationError = kafkajs.KafkaJSSASLAuthenticationError
exports.KafkaJSNumberOfRetriesExceeded = kafkajs.KafkaJSNumberOfRetriesExceeded
exports.KafkaJSOffsetOutOfRange = kafkajs.KafkaJSOffsetOutOfRange
exports.KafkaJSMemberIdRequired = kafkajs.KafkaJSMemberIdRequired
exports.KafkaJSGroupCoordinatorNotFound = kafkajs.KafkaJSGroupCoordinatorNotFound
exports.KafkaJSNotImplemented = kafkajs.KafkaJSNotImplemented
exports.KafkaJSMetadataNotLoaded = kafkajs.KafkaJSMetadataNotLoaded
exports.KafkaJSTopicMetadataNotLoaded = kafkajs.KafkaJSTopicMetadataNotLoaded
exports.KafkaJSStaleTopicMetadataAssignment = kafkajs.KafkaJSStaleTopicMetadataAssignment
exports.KafkaJSDeleteGroupsError = kafkajs.KafkaJSDeleteGroupsError
exports.KafkaJSTimeout = kafkajs.KafkaJSTimeout
exports.KafkaJSLockTimeout = kafkajs.KafkaJSLockTimeout
exports.KafkaJSServerDoesNotSupportApiKey = kafkajs.KafkaJSServerDoesNotSupportApiKey
exports.KafkaJSUnsupportedMagicByteInMessageSet = kafkajs.KafkaJSUnsupportedMagicByteInMessageSet
exports.KafkaJSDeleteTopicRecordsError = kafkajs.KafkaJSDeleteTopicRecordsError
exports.KafkaJSInvariantViolation = kafkajs.KafkaJSInvariantViolation
exports.KafkaJSInvalidVarIntError = kafkajs.KafkaJSInvalidVarIntError
exports.KafkaJSInvalidLongError = kafkajs.KafkaJSInvalidLongError
exports.KafkaJSCreateTopicError = kafkajs.KafkaJSCreateTopicError
exports.KafkaJSAggregateError = kafkajs.KafkaJSAggregateError
exports.KafkaJSFetcherRebalanceError = kafkajs.KafkaJSFetcherRebalanceError
exports.KafkaJSNoBrokerAvailableError = kafkajs.KafkaJSNoBrokerAvailableError
exports.KafkaJSAlterPartitionReassignmentsError = kafkajs.KafkaJSAlterPartitionReassignmentsError
