'use strict'

/** Properties of librdkafka that options of this API set, or that it needs as they are. */

const BY_US = 'kafka-node-native needs it as it is'

/**
 * Properties that the user may not set: each with the option to use instead, or the reason. It does not matter which
 * of several names is here: librdkafka's own list knows the others.
 *
 * @type {Record<string, string>}
 */
const names = {
  'bootstrap.servers': 'use the option kafkaHost',
  'client.id': 'use the option clientId',
  'security.protocol': 'use the options sslOptions and sasl',
  'socket.timeout.ms': 'use the option requestTimeout',
  'message.timeout.ms': 'use the option requestTimeout',
  'request.timeout.ms': 'use the option ackTimeoutMs',
  'socket.connection.setup.timeout.ms': 'use the option connectTimeout',
  'connections.max.idle.ms': 'use the option idleConnection',
  'statistics.interval.ms': 'use the option statisticsInterval',
  acks: 'use the option requireAcks',
  'enable.idempotence': 'use the option requireAcks: -1 is idempotent',
  'compression.codec': 'use the attributes of a payload',
  'queue.buffering.max.messages': 'use the option queueMaxMessages',
  'queue.buffering.max.kbytes': 'use the option queueMaxBytes',
  partitioner: 'use the option partitionerType',
  'group.id': 'use the option groupId',
  'partition.assignment.strategy': 'use the option protocol',
  'session.timeout.ms': 'use the option sessionTimeout',
  'heartbeat.interval.ms': 'use the option heartbeatInterval',
  'topic.metadata.refresh.interval.ms': 'use the option topicPartitionCheckInterval of a ConsumerGroup',
  'enable.auto.commit': 'use the option autoCommit',
  'auto.commit.interval.ms': 'use the option autoCommitIntervalMs',
  'auto.offset.reset': 'use the options fromOffset and outOfRangeOffset',
  'fetch.wait.max.ms': 'use the option fetchMaxWaitMs',
  'fetch.min.bytes': 'use the option fetchMinBytes',
  'fetch.message.max.bytes': 'use the option fetchMaxBytes',
  'enable.ssl.certificate.verification': 'use sslOptions.rejectUnauthorized',
  'ssl.endpoint.identification.algorithm': 'use sslOptions.rejectUnauthorized',
  'ssl.cipher.suites': 'use sslOptions.ciphers',
  'enable.auto.offset.store': BY_US,
  'enable.partition.eof': BY_US,
  'delivery.report.only.error': BY_US,
  'produce.offset.report': BY_US,
  'queuing.strategy': BY_US,
  'log.queue': BY_US,
  enabled_events: BY_US,
  'sticky.partitioning.linger.ms': 'partitions are chosen before librdkafka sees a message',
  'transactional.id': 'there are no transactions in kafka-node\'s API',
  'group.protocol': 'use the option groupProtocol',
  'group.protocol.type': BY_US,
  'group.remote.assignor': 'use the option groupRemoteAssignor',
  'plugin.library.paths': 'plug-ins are not supported',
  interceptors: 'interceptors are not supported'
}

/**
 * The same by how names begin.
 *
 * @type {Array<{ begin: RegExp, why: string }>}
 */
const families = [
  {
    begin: /^sasl\.|^enable\.sasl\.|^oauth/,
    why: 'use the option sasl; its mechanisms are plain, scram-sha-256, scram-sha-512 and oauthbearer'
  },
  {
    begin: /^ssl[._](ca|certificate|key|keystore|engine)/,
    why: 'use sslOptions: ca, cert, key, pfx and passphrase, with the content of files'
  },
  { begin: /^test\./, why: 'for development there is kafka-node-native/dev-broker' },
  { begin: /^(auto\.commit\.enable|offset\.store\.)/, why: BY_US },
  { begin: /_cb$|^opaque$|^default_topic_conf$/, why: 'its value is a C function or structure, not text' }
]

module.exports = { names, families }
