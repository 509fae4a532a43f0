/**
 * The messages of the diagnostics channels: `docs/observability.md` has the channels and an example.
 *
 * Offsets, counts and ids are numbers, times are milliseconds, topics and groups are data: no object has them as keys.
 * No message has a record's key, value or headers, or a secret.
 */

/** Of what a message is. */
export interface ClientIdentity {
  /** The option `clientId`. */
  clientId: string
  /** The group that a consumer commits for; null for producers, and for clients that only ask about the cluster. */
  groupId: string | null
}

/** An error as data: the broker's or librdkafka's, or one of the API in use. */
export interface ErrorInfo {
  /** librdkafka's name, such as `NOT_LEADER_FOR_PARTITION` or `_TIMED_OUT`, or that of an error class. */
  name: string
  message: string
  /** Above 0 the broker's (Kafka protocol), below 0 librdkafka's; a text is Node's. Null if there is none. */
  code: number | string | null
  /** Whether the same call may succeed later. */
  retriable: boolean
  /** Whether the client's connection to the cluster has ended for good. */
  fatal: boolean
}

export interface TopicPartition {
  topic: string
  partition: number
}

/** `kafka-node-native:send`: the records of a send are handed over, their partitions are chosen. */
export interface SendMessage {
  clientId: string
  /** Of this process; that of the delivery is the same. One call of `send` may be handed over in parts. */
  id: number
  /** Records in all. */
  count: number
  /** Of keys, values and headers, with the few bytes for each record and partition that they cross with. */
  bytes: number
  partitions: Array<TopicPartition & { count: number }>
}

/** `kafka-node-native:delivery`: what became of a send. Without acknowledgements it only says that it has left. */
export interface DeliveryMessage {
  clientId: string
  id: number
  count: number
  /** Since the send, ms. */
  duration: number
  /** The first partition's that failed; null if none has. */
  error: ErrorInfo | null
  /** `offset` is that of the first record, -1 if it is not known: after a failure, or without acknowledgements. */
  partitions: Array<TopicPartition & { count: number, offset: number, error: ErrorInfo | null }>
}

/**
 * `kafka-node-native:batch`: records of a partition have arrived. They may be dropped before a handler sees them, when
 * the partition is taken away or moved meanwhile.
 */
export interface BatchMessage extends ClientIdentity, TopicPartition {
  firstOffset: number
  lastOffset: number
  count: number
  /** The offset that the next fully replicated record gets, as of this fetch. */
  highWatermark: number
}

/** `kafka-node-native:commit`: a commit has been answered, or has failed. */
export interface CommitMessage extends ClientIdentity {
  /** Empty for a commit without membership. */
  memberId: string
  /** ms until the answer. */
  duration: number
  /** Of the commit as a whole, or the first partition's that was refused. */
  error: ErrorInfo | null
  /** `offset` is that of the next record to read. */
  partitions: Array<TopicPartition & { offset: number, error: ErrorInfo | null }>
}

/** `kafka-node-native:rebalance`: the group gives partitions to this member, or takes them back. */
export interface RebalanceMessage extends ClientIdentity {
  type: 'assigned' | 'revoked'
  memberId: string
  /** Of the assignment: with `revoked` that of the one that ends, entirely or in part. -1 if there is none. */
  generationId: number
  /** Whether `partitions` are only what has changed: in a cooperative group, or one whose broker assigns. */
  incremental: boolean
  /** The group has given the partitions away already. */
  lost: boolean
  partitions: TopicPartition[]
}

/** `kafka-node-native:connection`: a connection to a broker is up, has ended, or could not be made. */
export interface ConnectionMessage extends ClientIdentity {
  state: 'up' | 'down'
  /** -1 for a connection to an address of the configuration, and for the one to a group's coordinator. */
  brokerId: number
  host: string
  /** 0 for the connection to a group's coordinator. */
  port: number
}

/** `kafka-node-native:error`: something has failed that no delivery and no commit tells of. */
export interface ErrorMessage extends ClientIdentity {
  /** `send`: its records could not be handed over; null: the client itself, its connections, its group. */
  operation: 'send' | null
  error: ErrorInfo
  /** Those that it is about, if any. */
  topics: string[]
  partition: number | null
}

/** `kafka-node-native:statistics`: what librdkafka tells every `statisticsInterval`. */
export interface StatisticsMessage extends ClientIdentity {
  /** ms */
  interval: number
  /** https://github.com/confluentinc/librdkafka/blob/master/STATISTICS.md; shared with the event `statistics`. */
  statistics: any
}

/** What is published on each channel. */
export interface DiagnosticsMessages {
  'kafka-node-native:send': SendMessage
  'kafka-node-native:delivery': DeliveryMessage
  'kafka-node-native:batch': BatchMessage
  'kafka-node-native:commit': CommitMessage
  'kafka-node-native:rebalance': RebalanceMessage
  'kafka-node-native:connection': ConnectionMessage
  'kafka-node-native:error': ErrorMessage
  'kafka-node-native:statistics': StatisticsMessage
}

/** Of the tracing channel `kafka-node-native:send`: a call of `send` or `sendBatch`, until its callback or promise. */
export interface SendContext {
  clientId: string
  /** Each payload's topic, and how many messages it has. */
  topics: Array<{ topic: string, count: number }>
  /** What it failed with; set before `error` is published. */
  error?: unknown
}

/** Of the tracing channel `kafka-node-native:process`: handlers of records. */
export interface ProcessContext extends ClientIdentity, TopicPartition {
  /** `message`: the listeners of a few records, one after another; a batch for `eachBatch`, a record for the other. */
  handler: 'message' | 'eachMessage' | 'eachBatch'
  firstOffset: number
  /** With `message` known when it ends: the last record that was handed out. */
  lastOffset: number
  /** With `message` known when it ends. */
  count: number
  /** What the handler threw or rejected with. */
  error?: unknown
}

/** The context of each tracing channel. */
export interface TracingContexts {
  'kafka-node-native:send': SendContext
  'kafka-node-native:process': ProcessContext
}
