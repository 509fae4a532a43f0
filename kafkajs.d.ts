/// <reference types="node" />

// KafkaJS's API. The names are those of KafkaJS 2.2.4, so that programs written for it compile unchanged; what it does
// not have is marked "Not in KafkaJS".

import * as net from 'net'
import * as tls from 'tls'

type Without<T, U> = { [P in Exclude<keyof T, keyof U>]?: never }
type XOR<T, U> = T | U extends object ? (Without<T, U> & U) | (Without<U, T> & T) : T | U
type ValueOf<T> = T[keyof T]

// ---- the cluster ----

/** A Kafka cluster. Making one, or a client of it, connects to nothing yet. */
export class Kafka {
  constructor (config: KafkaConfig)
  producer (config?: ProducerConfig): Producer
  consumer (config: ConsumerConfig): NativeConsumer
  admin (config?: AdminConfig): NativeAdmin
  logger (): Logger
}

export type BrokersFunction = () => string[] | Promise<string[]>

export interface KafkaConfig {
  /** `host:port` of some brokers of the cluster, or a function that gives them whenever a client connects. */
  brokers: string[] | BrokersFunction
  /** TLS: true, or options of Node's `tls.connect`. Those that librdkafka has no way for are refused by name. */
  ssl?: tls.ConnectionOptions | boolean
  sasl?: SASLOptions | Mechanism
  /** Default: `kafkajs`. */
  clientId?: string
  /** ms, for a connection and TLS. Default: 1000. */
  connectionTimeout?: number
  /** ms, added to `connectionTimeout` when there is `sasl`. Default: 10000. */
  authenticationTimeout?: number
  /** Accepted: connections authenticate again by themselves before their session ends. */
  reauthenticationThreshold?: number
  /** ms. Default: 30000. */
  requestTimeout?: number
  /** false: requests have no time limit. Default: true. */
  enforceRequestTimeout?: boolean
  /** For connecting, metadata and coordinators; producers and admins take over what they do not set themselves. */
  retry?: RetryOptions
  /**
   * ms between librdkafka's statistics on the diagnostics channel `kafka-node-native:statistics`. Not in KafkaJS.
   * Default: 0, off.
   */
  statisticsInterval?: number
  /** Refused: connections are made natively. */
  socketFactory?: ISocketFactory
  /** Default: `logLevel.INFO`. */
  logLevel?: logLevel
  /** Default: lines of JSON on the console. */
  logCreator?: logCreator
}

export interface ISocketFactoryArgs {
  host: string
  port: number
  ssl: tls.ConnectionOptions
  onConnect: () => void
}

export type ISocketFactory = (args: ISocketFactoryArgs) => net.Socket

export interface RetryOptions {
  /** The longest pause, ms. Default: 30000. */
  maxRetryTime?: number
  /** The first pause, ms. Default: 300. */
  initialRetryTime?: number
  /** By how much a pause may differ, at random. Default: 0.2. */
  factor?: number
  /** By how much pauses grow. Default: 2. */
  multiplier?: number
  /** Default: 5. */
  retries?: number
  /** Consumers only: whether one that has crashed starts again. Default: it does. */
  restartOnFailure?: (e: Error) => Promise<boolean>
}

// ---- SASL ----

export interface OauthbearerProviderResponse {
  /** The token. */
  value: string
  /** Not in KafkaJS's typings: SASL extensions (KIP-342). */
  extensions?: { [name: string]: string }
  /** Not in KafkaJS: when the token expires, ms since 1970. Default: the `exp` of a JWT. */
  lifetime?: number
  /** Not in KafkaJS. Default: the `sub` of a JWT. */
  principalName?: string
}

type SASLMechanismOptionsMap = {
  plain: { username: string, password: string }
  'scram-sha-256': { username: string, password: string }
  'scram-sha-512': { username: string, password: string }
  /** Refused: for Amazon MSK use `oauthbearer` with a signer. */
  aws: { authorizationIdentity: string, accessKeyId: string, secretAccessKey: string, sessionToken?: string }
  oauthbearer: { oauthBearerProvider: () => Promise<OauthbearerProviderResponse> }
}

export type SASLMechanism = keyof SASLMechanismOptionsMap
type SASLMechanismOptions<T> = T extends SASLMechanism ? { mechanism: T } & SASLMechanismOptionsMap[T] : never
export type SASLOptions = SASLMechanismOptions<SASLMechanism>

/** A mechanism of the user's own. Refused: connections are made natively. */
export type Mechanism = {
  mechanism: string
  authenticationProvider: (args: AuthenticationProviderArgs) => Authenticator
}

export type Authenticator = { authenticate: () => Promise<void> }

export type AuthenticationProviderArgs = {
  host: string
  port: number
  logger: Logger
  saslAuthenticate: <ParseResult>(args: SaslAuthenticateArgs<ParseResult>) => Promise<ParseResult | void>
}

export type SaslAuthenticateArgs<ParseResult> = {
  request: SaslAuthenticationRequest
  response?: SaslAuthenticationResponse<ParseResult>
}

type SaslAuthenticationRequest = { encode: () => Buffer | Promise<Buffer> }
type SaslAuthenticationResponse<ParseResult> = {
  decode: (rawResponse: Buffer) => Buffer | Promise<Buffer>
  parse: (data: Buffer) => ParseResult
}

// ---- logging ----

export enum logLevel {
  NOTHING = 0,
  ERROR = 1,
  WARN = 2,
  INFO = 4,
  DEBUG = 5,
}

export interface LogEntry {
  namespace: string
  level: logLevel
  /** The level's name. */
  label: string
  log: LoggerEntryContent
}

export interface LoggerEntryContent {
  /** ISO 8601. */
  readonly timestamp: string
  readonly message: string
  [key: string]: any
}

export type logCreator = (logLevel: logLevel) => (entry: LogEntry) => void

export type Logger = {
  info: (message: string, extra?: object) => void
  error: (message: string, extra?: object) => void
  warn: (message: string, extra?: object) => void
  debug: (message: string, extra?: object) => void

  namespace: (namespace: string, logLevel?: logLevel) => Logger
  /** Of all loggers of the same `Kafka`. */
  setLogLevel: (logLevel: logLevel) => void
}

// ---- producer ----

export interface ProducerConfig {
  /** Default: `Partitioners.DefaultPartitioner`. */
  createPartitioner?: ICustomPartitioner
  retry?: RetryOptions
  /** How long the partitions of a topic are not asked for again, ms. Default: 300000. */
  metadataMaxAge?: number
  /** Default: true. */
  allowAutoTopicCreation?: boolean
  /** Nothing is written twice, and the order is kept, whatever is retried. Default: false. */
  idempotent?: boolean
  /** For `transaction()`. */
  transactionalId?: string
  /** After which the broker aborts a transaction, ms. Default: 60000. */
  transactionTimeout?: number
  maxInFlightRequests?: number
}

export interface Message {
  key?: Buffer | string | null
  /** null is a tombstone. */
  value: Buffer | string | null
  /** Default: the partitioner chooses. */
  partition?: number
  headers?: IHeaders
  /** ms since 1970, in decimal digits. Default: now. */
  timestamp?: string
}

/** Repeated headers are lists. A header that was written without a value is read as null. */
export interface IHeaders {
  [key: string]: Buffer | string | (Buffer | string)[] | undefined
}

export interface PartitionerArgs {
  topic: string
  partitionMetadata: PartitionMetadata[]
  message: Message
}

export type ICustomPartitioner = () => (args: PartitionerArgs) => number
export type DefaultPartitioner = ICustomPartitioner
export type LegacyPartitioner = ICustomPartitioner

export const Partitioners: {
  /** That of Kafka's Java client. */
  DefaultPartitioner: DefaultPartitioner
  /** That of KafkaJS 1. */
  LegacyPartitioner: LegacyPartitioner
  /** @deprecated It is the default. */
  JavaCompatiblePartitioner: DefaultPartitioner
}

export type PartitionMetadata = {
  partitionErrorCode: number
  partitionId: number
  /** The id of a broker; -1 for none. */
  leader: number
  replicas: number[]
  isr: number[]
  offlineReplicas?: number[]
}

export enum CompressionTypes {
  None = 0,
  GZIP = 1,
  Snappy = 2,
  LZ4 = 3,
  ZSTD = 4,
}

/** Every codec is built in. What is set here, as packages with codecs do, is accepted and not called. */
export var CompressionCodecs: {
  [CompressionTypes.GZIP]: () => any
  [CompressionTypes.Snappy]: () => any
  [CompressionTypes.LZ4]: () => any
  [CompressionTypes.ZSTD]: () => any
}

export interface ProducerRecord {
  topic: string
  messages: Message[]
  /** -1: all replicas that are in sync, 1: the leader, 0: nobody. Default: -1. */
  acks?: number
  /** How long the broker waits for its replicas, ms. Default: 30000. */
  timeout?: number
  /** Default: none. */
  compression?: CompressionTypes
}

export interface TopicMessages {
  topic: string
  messages: Message[]
}

export interface ProducerBatch {
  acks?: number
  timeout?: number
  compression?: CompressionTypes
  topicMessages?: TopicMessages[]
}

export type RecordMetadata = {
  topicName: string
  partition: number
  errorCode: number
  offset?: string
  timestamp?: string
  /** Of the first message of this send in the partition. */
  baseOffset?: string
  /** ms since 1970, for topics that take the broker's time; else `-1`. */
  logAppendTime?: string
  logStartOffset?: string
}

/** Not in KafkaJS: null is a header without a value. */
export interface NativeHeaders {
  [key: string]: Buffer | string | null | (Buffer | string | null)[] | undefined
}

/** Not in KafkaJS. */
export type NativeMessage = Omit<Message, 'headers'> & { headers?: NativeHeaders }

/** Not in KafkaJS. */
export type NativeProducerRecord = Omit<ProducerRecord, 'messages'> & { messages: NativeMessage[] }

/** Not in KafkaJS. */
export type NativeProducerBatch = Omit<ProducerBatch, 'topicMessages'> & {
  topicMessages?: Array<{ topic: string, messages: NativeMessage[] }>
}

// KafkaJS's signatures are the last ones, which `Parameters` gives to programs that are written for it.

type Sender = {
  send (record: NativeProducerRecord): Promise<RecordMetadata[]>
  send (record: ProducerRecord): Promise<RecordMetadata[]>
  sendBatch (batch: NativeProducerBatch): Promise<RecordMetadata[]>
  sendBatch (batch: ProducerBatch): Promise<RecordMetadata[]>
}

export type ProducerEvents = {
  CONNECT: 'producer.connect'
  DISCONNECT: 'producer.disconnect'
  REQUEST: 'producer.network.request'
  REQUEST_TIMEOUT: 'producer.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size'
}

export type Producer = Sender & {
  connect (): Promise<void>
  /** Delivers what has been sent, and closes. */
  disconnect (): Promise<void>
  isIdempotent (): boolean
  readonly events: ProducerEvents
  on (
    eventName: ProducerEvents['CONNECT'],
    listener: (event: ConnectEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ProducerEvents['DISCONNECT'],
    listener: (event: DisconnectEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ProducerEvents['REQUEST'],
    listener: (event: RequestEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ProducerEvents['REQUEST_QUEUE_SIZE'],
    listener: (event: RequestQueueSizeEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ProducerEvents['REQUEST_TIMEOUT'],
    listener: (event: RequestTimeoutEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ValueOf<ProducerEvents>,
    listener: (event: InstrumentationEvent<any>) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  /** Begins a transaction; a producer has one at a time. */
  transaction (): Promise<Transaction>
  logger (): Logger
}

export type Transaction = Sender & {
  /**
   * Commits offsets of a group with the transaction. They are stored as given: the next offset to read. A group of the
   * same `Kafka` with one member is fenced by that member (KIP-447); `consumer`, which is not in KafkaJS, stands for its
   * group and is the member that fences it.
   */
  sendOffsets (offsets: OffsetsAndMetadata & ({ consumerGroupId: string } | { consumer: Consumer })): Promise<void>
  sendOffsets (offsets: OffsetsAndMetadata & { consumerGroupId: string }): Promise<void>
  commit (): Promise<void>
  abort (): Promise<void>
  isActive (): boolean
}

// ---- offsets ----

export interface PartitionOffset {
  partition: number
  offset: string
}

export interface TopicOffsets {
  topic: string
  partitions: PartitionOffset[]
}

export interface Offsets {
  topics: TopicOffsets[]
}

/** Not in KafkaJS's typings, though KafkaJS stores it: text beside each offset. */
export interface OffsetsAndMetadata {
  topics: Array<{ topic: string, partitions: Array<PartitionOffset & { metadata?: string | null }> }>
}

export interface OffsetsByTopicPartition {
  topics: TopicOffsets[]
}

export type SeekEntry = PartitionOffset

export type FetchOffsetsPartition = PartitionOffset & { metadata: string | null }

export type TopicPartitions = { topic: string, partitions: number[] }

export type TopicPartition = { topic: string, partition: number }

export type TopicPartitionOffset = TopicPartition & { offset: string }

export type TopicPartitionOffsetAndMetadata = TopicPartitionOffset & { metadata?: string | null }

// ---- consumer ----

export interface ConsumerConfig {
  groupId: string
  /** In order of preference. Default: `[PartitionAssigners.roundRobin]`. */
  partitionAssigners?: PartitionAssigner[]
  /** How soon new partitions are noticed, ms. Default: 300000. */
  metadataMaxAge?: number
  /** ms. Default: 30000. */
  sessionTimeout?: number
  /** ms. Default: 60000. */
  rebalanceTimeout?: number
  /** ms. Default: 3000. */
  heartbeatInterval?: number
  /** Default: 1048576. */
  maxBytesPerPartition?: number
  /** Default: 1. */
  minBytes?: number
  /** Default: 10485760. */
  maxBytes?: number
  /** ms. Default: 5000. */
  maxWaitTimeInMs?: number
  /** Default: 5 retries, whatever the `Kafka` has. */
  retry?: RetryOptions & { restartOnFailure?: (err: Error) => Promise<boolean> }
  /** Default: true. */
  allowAutoTopicCreation?: boolean
  maxInFlightRequests?: number
  /** true: also messages of transactions that are open or have been aborted. Default: false. */
  readUncommitted?: boolean
  /** To read from a replica nearby. */
  rackId?: string

  /** Not in KafkaJS: a static member (KIP-345). A restart within the session moves no partitions. */
  groupInstanceId?: string
  /**
   * Not in KafkaJS: `consumer` is the protocol of KIP-848, from Kafka 4.0 on, in which brokers assign partitions.
   * Default: `classic`.
   */
  groupProtocol?: 'classic' | 'consumer'
  /** Not in KafkaJS: the broker's assignor by name, such as `uniform` or `range`. With `groupProtocol: 'consumer'`. */
  groupRemoteAssignor?: string
  /** Not in KafkaJS: called when partitions are given or taken, and waited for, as long as a session at most. */
  onRebalance?: RebalanceHandler
}

/** Not in KafkaJS. */
export interface RebalanceEvent {
  /**
   * `assign`: before the first message of the partitions; `revoke`: after their last one, or, with `lost`, as soon as
   * the group has gone on without waiting for it.
   */
  type: 'assign' | 'revoke'
  partitions: TopicPartitions[]
  /** They are another member's already: what is committed now is refused. */
  lost: boolean
  /** Of these partitions. */
  uncommittedOffsets (): OffsetsByTopicPartition
  /** Default: what has been processed of these partitions. */
  commitOffsets (offsets?: TopicPartitionOffsetAndMetadata[]): Promise<void>
}

/** Not in KafkaJS. */
export type RebalanceHandler = (event: RebalanceEvent) => void | Promise<void>

export type PartitionAssigner = (config: { cluster: Cluster, groupId: string, logger: Logger }) => Assigner

export type Assigner = {
  name: string
  version: number
  /** Called on the leader of the group. */
  assign (group: { members: GroupMember[], topics: string[] }): Promise<GroupMemberAssignment[]>
  /** What each member tells the leader. */
  protocol (subscription: { topics: string[] }): GroupState
}

export type Assignment = { [topic: string]: number[] }
export type GroupMember = { memberId: string, memberMetadata: Buffer }
export type GroupMemberAssignment = { memberId: string, memberAssignment: Buffer }
export type GroupState = { name: string, metadata: Buffer }

export const PartitionAssigners: {
  roundRobin: PartitionAssigner
  /** Not in KafkaJS: only what moves is taken and given, all the rest goes on meanwhile (KIP-429). */
  cooperativeSticky: PartitionAssigner
}

export interface ISerializer<T> {
  encode (value: T): Buffer
  decode (buffer: Buffer): T | null
}

export type MemberMetadata = { version: number, topics: string[], userData: Buffer }
export type MemberAssignment = { version: number, assignment: Assignment, userData: Buffer }

/** What is written may leave out `userData`. */
interface UserDataSerializer<T extends { userData: Buffer }> extends ISerializer<T> {
  encode (value: Omit<T, 'userData'> & { userData?: Buffer }): Buffer
}

export const AssignerProtocol: {
  MemberMetadata: UserDataSerializer<MemberMetadata>
  MemberAssignment: UserDataSerializer<MemberAssignment>
}

interface MessageSetEntry {
  key: Buffer | null
  value: Buffer | null
  timestamp: string
  attributes: number
  offset: string
  size: number
  headers?: never
}

interface RecordBatchEntry {
  key: Buffer | null
  value: Buffer | null
  /** ms since 1970. */
  timestamp: string
  attributes: number
  offset: string
  headers: IHeaders
  size?: never
}

export type KafkaMessage = MessageSetEntry | RecordBatchEntry

/** Messages of one partition. */
export type Batch = {
  topic: string
  partition: number
  highWatermark: string
  messages: KafkaMessage[]
  isEmpty (): boolean
  firstOffset (): string | null
  lastOffset (): string
  /** Messages in the partition behind the last one of the batch. */
  offsetLag (): string
  /** Messages in the partition behind the first one of the batch. */
  offsetLagLow (): string
}

export interface EachMessagePayload {
  topic: string
  partition: number
  message: KafkaMessage
  /** Resolves; rejects with REBALANCE_IN_PROGRESS when the partition has been taken. The session needs no help. */
  heartbeat (): Promise<void>
  /** Pauses the partition; the result resumes it. */
  pause (): () => void
}

export interface EachBatchPayload {
  batch: Batch
  resolveOffset (offset: string): void
  heartbeat (): Promise<void>
  pause (): () => void
  /** By default what has been resolved, if `autoCommitInterval` or `autoCommitThreshold` says so. */
  commitOffsetsIfNecessary (offsets?: OffsetsAndMetadata): Promise<void>
  uncommittedOffsets (): OffsetsByTopicPartition
  isRunning (): boolean
  isStale (): boolean
}

export type ConsumerEachMessagePayload = EachMessagePayload
export type ConsumerEachBatchPayload = EachBatchPayload

export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void>
export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void>

export type ConsumerRunConfig = {
  /** Default: true. */
  autoCommit?: boolean
  /** ms. Default: null. */
  autoCommitInterval?: number | null
  /** Messages. Default: null. */
  autoCommitThreshold?: number | null
  /** Default: true. */
  eachBatchAutoResolve?: boolean
  /** Default: 1. */
  partitionsConsumedConcurrently?: number
  eachBatch?: EachBatchHandler
  eachMessage?: EachMessageHandler
}

/** @deprecated See `ConsumerSubscribeTopics`. */
export type ConsumerSubscribeTopic = { topic: string | RegExp, fromBeginning?: boolean }
/** A RegExp is matched once, against the topics that there are. */
export type ConsumerSubscribeTopics = { topics: (string | RegExp)[], fromBeginning?: boolean }

export type ConsumerEvents = {
  HEARTBEAT: 'consumer.heartbeat'
  COMMIT_OFFSETS: 'consumer.commit_offsets'
  GROUP_JOIN: 'consumer.group_join'
  FETCH_START: 'consumer.fetch_start'
  FETCH: 'consumer.fetch'
  START_BATCH_PROCESS: 'consumer.start_batch_process'
  END_BATCH_PROCESS: 'consumer.end_batch_process'
  CONNECT: 'consumer.connect'
  DISCONNECT: 'consumer.disconnect'
  STOP: 'consumer.stop'
  CRASH: 'consumer.crash'
  REBALANCING: 'consumer.rebalancing'
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics'
  REQUEST: 'consumer.network.request'
  REQUEST_TIMEOUT: 'consumer.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'consumer.network.request_queue_size'
}

export type Consumer = {
  connect (): Promise<void>
  /** Stops, leaves the group and closes. */
  disconnect (): Promise<void>
  subscribe (subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void>
  /** Waits for the handlers that are running, and leaves the group. */
  stop (): Promise<void>
  run (config?: ConsumerRunConfig): Promise<void>
  /** The offsets are stored as given: the next offset to read. */
  commitOffsets (topicPartitions: Array<TopicPartitionOffsetAndMetadata>): Promise<void>
  seek (topicPartitionOffset: TopicPartitionOffset): void
  describeGroup (): Promise<GroupDescription>
  pause (topics: Array<{ topic: string, partitions?: number[] }>): void
  paused (): TopicPartitions[]
  resume (topics: Array<{ topic: string, partitions?: number[] }>): void
  on (
    eventName: ConsumerEvents['HEARTBEAT'],
    listener: (event: ConsumerHeartbeatEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['COMMIT_OFFSETS'],
    listener: (event: ConsumerCommitOffsetsEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['GROUP_JOIN'],
    listener: (event: ConsumerGroupJoinEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['FETCH_START'],
    listener: (event: ConsumerFetchStartEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['FETCH'],
    listener: (event: ConsumerFetchEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['START_BATCH_PROCESS'],
    listener: (event: ConsumerStartBatchProcessEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['END_BATCH_PROCESS'],
    listener: (event: ConsumerEndBatchProcessEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['CONNECT'],
    listener: (event: ConnectEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['DISCONNECT'],
    listener: (event: DisconnectEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['STOP'],
    listener: (event: InstrumentationEvent<null>) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['CRASH'],
    listener: (event: ConsumerCrashEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['REBALANCING'],
    listener: (event: ConsumerRebalancingEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['RECEIVED_UNSUBSCRIBED_TOPICS'],
    listener: (event: ConsumerReceivedUnsubcribedTopicsEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['REQUEST'],
    listener: (event: RequestEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['REQUEST_TIMEOUT'],
    listener: (event: RequestTimeoutEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ConsumerEvents['REQUEST_QUEUE_SIZE'],
    listener: (event: RequestQueueSizeEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ValueOf<ConsumerEvents>,
    listener: (event: InstrumentationEvent<any>) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  logger (): Logger
  readonly events: ConsumerEvents
}

/** Not in KafkaJS: what `kafka.consumer()` gives. */
export type NativeConsumer = Consumer & {
  /**
   * Messages, one after the other, with what handlers get: the consumer runs while there is a loop. The loop's next step
   * resolves the message before. `break` and `return` stop the consumer, and so does an error that leaves the loop, whose
   * message comes again.
   */
  messages (config?: ConsumerIterationConfig): AsyncIterableIterator<EachMessagePayload>
  /** As `messages`, whole batches. */
  batches (config?: ConsumerIterationConfig): AsyncIterableIterator<EachBatchPayload>
  /** How far this consumer is behind, for each partition that it has. */
  lag (): Promise<ConsumerLag[]>
}

/** Not in KafkaJS. */
export type ConsumerIterationConfig =
  Pick<ConsumerRunConfig, 'autoCommit' | 'autoCommitInterval' | 'autoCommitThreshold' | 'eachBatchAutoResolve'>

/** Not in KafkaJS. Offsets and counts are decimal digits. */
export interface ConsumerLag {
  topic: string
  /** `offset`: of the next message for this consumer, `high`: of the next message in the partition. */
  partitions: Array<PartitionOffset & { high: string, lag: string }>
}

/** Not in KafkaJS. */
export interface GroupLag {
  topic: string
  partitions: GroupPartitionLag[]
}

/** Not in KafkaJS. Offsets and counts are decimal digits; null for a partition that has no leader at the moment. */
export interface GroupPartitionLag extends PartitionOffset {
  /** What is committed; `-1` for nothing. */
  offset: string
  metadata: string | null
  /** The first offset there is. */
  low: string | null
  /** The offset of the next message. */
  high: string | null
  /** Messages left to read; without a commit all that there are. */
  lag: string | null
}

// ---- groups ----

export type ConsumerGroup = {
  groupId: string
  generationId: number
  memberId: string
  coordinator: Broker
}

export type MemberDescription = {
  clientHost: string
  clientId: string
  memberId: string
  memberAssignment: Buffer
  memberMetadata: Buffer
}

export type ConsumerGroupState =
  | 'Unknown'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Stable'
  | 'Dead'
  | 'Empty'

export type GroupDescription = {
  /** Not in KafkaJS's typings: always 0, as errors reject. */
  errorCode?: number
  groupId: string
  members: MemberDescription[]
  protocol: string
  protocolType: string
  state: ConsumerGroupState
}

export type GroupDescriptions = { groups: GroupDescription[] }

export type GroupOverview = { groupId: string, protocolType: string }

export type DeleteGroupsResult = { groupId: string, errorCode?: number, error?: KafkaJSProtocolError }

// ---- admin ----

export interface AdminConfig {
  /** For what another broker controls by now. */
  retry?: RetryOptions
}

export interface ITopicConfig {
  topic: string
  /** Default: the broker's. */
  numPartitions?: number
  /** Default: the broker's. */
  replicationFactor?: number
  /** Instead of the two above. */
  replicaAssignment?: ReplicaAssignment[]
  configEntries?: IResourceConfigEntry[]
}

export interface ITopicPartitionConfig {
  topic: string
  /** How many it shall have. */
  count: number
  /** Brokers for each new partition. */
  assignments?: Array<Array<number>>
}

export interface ITopicMetadata {
  name: string
  partitions: PartitionMetadata[]
}

export interface ReplicaAssignment {
  partition: number
  replicas: Array<number>
}

export interface PartitionReassignment {
  topic: string
  partitionAssignment: Array<ReplicaAssignment>
}

export enum AclResourceTypes {
  UNKNOWN = 0,
  ANY = 1,
  TOPIC = 2,
  GROUP = 3,
  CLUSTER = 4,
  TRANSACTIONAL_ID = 5,
  DELEGATION_TOKEN = 6,
}

export enum ConfigResourceTypes {
  UNKNOWN = 0,
  TOPIC = 2,
  BROKER = 4,
  BROKER_LOGGER = 8,
}

export enum ConfigSource {
  UNKNOWN = 0,
  TOPIC_CONFIG = 1,
  DYNAMIC_BROKER_CONFIG = 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG = 3,
  STATIC_BROKER_CONFIG = 4,
  DEFAULT_CONFIG = 5,
  DYNAMIC_BROKER_LOGGER_CONFIG = 6,
}

export enum AclPermissionTypes {
  UNKNOWN = 0,
  ANY = 1,
  DENY = 2,
  ALLOW = 3,
}

export enum AclOperationTypes {
  UNKNOWN = 0,
  ANY = 1,
  ALL = 2,
  READ = 3,
  WRITE = 4,
  CREATE = 5,
  DELETE = 6,
  ALTER = 7,
  DESCRIBE = 8,
  CLUSTER_ACTION = 9,
  DESCRIBE_CONFIGS = 10,
  ALTER_CONFIGS = 11,
  IDEMPOTENT_WRITE = 12,
}

export enum ResourcePatternTypes {
  UNKNOWN = 0,
  ANY = 1,
  MATCH = 2,
  LITERAL = 3,
  PREFIXED = 4,
}

export interface ResourceConfigQuery {
  type: ConfigResourceTypes
  /** Of a topic, or the id of a broker. */
  name: string
  /** Default: all. */
  configNames?: string[]
}

export interface ConfigEntries {
  configName: string
  configValue: string
  isDefault: boolean
  configSource: ConfigSource
  isSensitive: boolean
  readOnly: boolean
  configSynonyms: ConfigSynonyms[]
}

export interface ConfigSynonyms {
  configName: string
  configValue: string
  configSource: ConfigSource
}

export interface DescribeConfigResponse {
  resources: {
    configEntries: ConfigEntries[]
    errorCode: number
    errorMessage: string
    resourceName: string
    resourceType: ConfigResourceTypes
  }[]
  throttleTime: number
}

export interface IResourceConfigEntry {
  name: string
  value: string
}

export interface IResourceConfig {
  type: ConfigResourceTypes
  name: string
  configEntries: IResourceConfigEntry[]
}

export interface Acl {
  principal: string
  host: string
  operation: AclOperationTypes
  permissionType: AclPermissionTypes
}

export interface AclResource {
  resourceType: AclResourceTypes
  resourceName: string
  resourcePatternType: ResourcePatternTypes
}

export type AclEntry = Acl & AclResource

export type DescribeAclResource = AclResource & { acls: Acl[] }

export interface DescribeAclResponse {
  throttleTime: number
  errorCode: number
  errorMessage?: string
  resources: DescribeAclResource[]
}

export interface AclFilter {
  resourceType: AclResourceTypes
  resourceName?: string
  resourcePatternType: ResourcePatternTypes
  principal?: string
  host?: string
  operation: AclOperationTypes
  permissionType: AclPermissionTypes
}

export interface MatchingAcl {
  errorCode: number
  errorMessage?: string
  resourceType: AclResourceTypes
  resourceName: string
  resourcePatternType: ResourcePatternTypes
  principal: string
  host: string
  operation: AclOperationTypes
  permissionType: AclPermissionTypes
}

export interface DeleteAclFilterResponses {
  errorCode: number
  errorMessage?: string
  matchingAcls: MatchingAcl[]
}

export interface DeleteAclResponse {
  throttleTime: number
  filterResponses: DeleteAclFilterResponses[]
}

export interface ListPartitionReassignmentsResponse {
  topics: OngoingTopicReassignment[]
}

/** At run time the topic is called `name`, and its partitions `partition`, with KafkaJS too. */
export interface OngoingTopicReassignment {
  topic: string
  partitions: OngoingPartitionReassignment[]
}

export interface OngoingPartitionReassignment {
  partitionIndex: number
  replicas: number[]
  addingReplicas?: number[]
  removingReplicas?: number[]
}

export type AdminEvents = {
  CONNECT: 'admin.connect'
  DISCONNECT: 'admin.disconnect'
  REQUEST: 'admin.network.request'
  REQUEST_TIMEOUT: 'admin.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'admin.network.request_queue_size'
}

export type Admin = {
  connect (): Promise<void>
  disconnect (): Promise<void>
  listTopics (): Promise<string[]>
  /** False if all of them exist already. Waits for leaders, unless told otherwise. */
  createTopics (options: {
    validateOnly?: boolean
    waitForLeaders?: boolean
    /** ms. Default: 5000. */
    timeout?: number
    topics: ITopicConfig[]
  }): Promise<boolean>
  deleteTopics (options: { topics: string[], timeout?: number }): Promise<void>
  createPartitions (options: {
    validateOnly?: boolean
    timeout?: number
    topicPartitions: ITopicPartitionConfig[]
  }): Promise<boolean>
  /** Of all topics by default. Creates none. */
  fetchTopicMetadata (options?: { topics: string[] }): Promise<{ topics: Array<ITopicMetadata> }>
  /** `-1` where nothing is committed. Without topics: of all that have commits. */
  fetchOffsets (options: {
    groupId: string
    topics?: string[]
    resolveOffsets?: boolean
  }): Promise<Array<{ topic: string, partitions: FetchOffsetsPartition[] }>>
  fetchTopicOffsets (topic: string): Promise<Array<SeekEntry & { high: string, low: string }>>
  /** The first offsets of messages that are not older than the timestamp, in ms; the ends by default. */
  fetchTopicOffsetsByTimestamp (topic: string, timestamp?: number): Promise<Array<SeekEntry>>
  describeCluster (): Promise<{
    brokers: Array<{ nodeId: number, host: string, port: number }>
    controller: number | null
    clusterId: string
  }>
  /** For a group without members. */
  setOffsets (options: { groupId: string, topic: string, partitions: SeekEntry[] }): Promise<void>
  /** `earliest` by default false. */
  resetOffsets (options: { groupId: string, topic: string, earliest?: boolean }): Promise<void>
  describeConfigs (configs: {
    resources: ResourceConfigQuery[]
    /** Default: false. */
    includeSynonyms?: boolean
  }): Promise<DescribeConfigResponse>
  /** Replaces all that is set: see `incrementalAlterConfigs`. */
  alterConfigs (configs: { validateOnly?: boolean, resources: IResourceConfig[] }): Promise<any>
  listGroups (): Promise<{ groups: GroupOverview[] }>
  deleteGroups (groupIds: string[]): Promise<DeleteGroupsResult[]>
  describeGroups (groupIds: string[]): Promise<GroupDescriptions>
  describeAcls (options: AclFilter): Promise<DescribeAclResponse>
  deleteAcls (options: { filters: AclFilter[] }): Promise<DeleteAclResponse>
  createAcls (options: { acl: AclEntry[] }): Promise<boolean>
  /** Deletes what is before the offsets; `-1` deletes all. */
  deleteTopicRecords (options: { topic: string, partitions: SeekEntry[] }): Promise<void>
  alterPartitionReassignments (request: { topics: PartitionReassignment[], timeout?: number }): Promise<void>
  listPartitionReassignments (request: {
    topics?: TopicPartitions[]
    timeout?: number
  }): Promise<ListPartitionReassignmentsResponse>
  logger (): Logger
  on (
    eventName: AdminEvents['CONNECT'],
    listener: (event: ConnectEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: AdminEvents['DISCONNECT'],
    listener: (event: DisconnectEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: AdminEvents['REQUEST'],
    listener: (event: RequestEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: AdminEvents['REQUEST_QUEUE_SIZE'],
    listener: (event: RequestQueueSizeEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: AdminEvents['REQUEST_TIMEOUT'],
    listener: (event: RequestTimeoutEvent) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  on (
    eventName: ValueOf<AdminEvents>,
    listener: (event: InstrumentationEvent<any>) => void
  ): RemoveInstrumentationEventListener<typeof eventName>
  readonly events: AdminEvents
}

/** Not in KafkaJS: what `kafka.admin()` gives. */
export type NativeAdmin = Admin & {
  /** Changes the entries that are named, and no others (KIP-339). */
  incrementalAlterConfigs (configs: {
    resources: IncrementalResourceConfig[]
    /** Default: false. */
    validateOnly?: boolean
  }): Promise<{ resources: AlteredResource[] }>
  /** Of all topics for `[]`. What is wrong with one topic is in its entry. */
  describeTopics (options: { topics: string[] }): Promise<{ topics: TopicDescription[] }>
  /** Forgets what a group has committed, for topics that no member is subscribed to. */
  deleteGroupOffsets (options: { groupId: string, topics: TopicPartitions[] }): Promise<void>
  /**
   * Makes the preferred replicas leaders (`preferred`, the default), or, for partitions that have lost all replicas in
   * sync, whichever there are (`unclean`: messages may be lost). Of all partitions by default.
   */
  electLeaders (options?: {
    electionType?: 'preferred' | 'unclean'
    topics?: TopicPartitions[]
    /** ms. Default: the `requestTimeout`. */
    timeout?: number
  }): Promise<ElectedLeader[]>
  /** Of all users by default. */
  describeUserScramCredentials (options?: { users?: string[] }): Promise<{ users: UserScramCredentials[] }>
  /**
   * How far a group is behind, for each partition that it has committed for.
   *
   * @param group its id, or with topics whose partitions are to be there without a commit too
   */
  fetchGroupLag (group: string | { groupId: string, topics?: string[] }): Promise<GroupLag[]>
}

/** Not in KafkaJS. */
export interface IncrementalResourceConfig {
  type: ConfigResourceTypes
  name: string
  configEntries: IncrementalConfigEntry[]
}

/** Not in KafkaJS. `append` and `subtract` are for lists; `delete` gives the default back. */
export type IncrementalConfigEntry =
  | { name: string, value: string, operation?: 'set' | 'append' | 'subtract' }
  | { name: string, value?: string | null, operation: 'delete' }

/** Not in KafkaJS. */
export interface AlteredResource {
  errorCode: number
  errorMessage: string | null
  resourceType: ConfigResourceTypes
  resourceName: string
}

/** Not in KafkaJS. */
export interface TopicDescription {
  name: string
  /** 0, or the broker's. */
  errorCode: number
  /** For an `errorCode` other than 0. */
  error?: KafkaJSProtocolError
  partitions: PartitionDescription[]
}

/** Not in KafkaJS. */
export type PartitionDescription = PartitionMetadata & {
  /** How often the partition has changed its leader; -1 if the broker does not tell. */
  leaderEpoch: number
  offlineReplicas: number[]
}

/** Not in KafkaJS. */
export interface ElectedLeader extends TopicPartition {
  /** false: the preferred replica led already. */
  elected: boolean
}

/** Not in KafkaJS. */
export interface UserScramCredentials {
  user: string
  /** None for a user that there is not. */
  credentials: Array<{ mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'UNKNOWN', iterations: number }>
}

// ---- events ----

export interface InstrumentationEvent<T> {
  id: string
  type: string
  /** ms since 1970. */
  timestamp: number
  payload: T
}

export type RemoveInstrumentationEventListener<T> = () => void

export type ConnectEvent = InstrumentationEvent<null>
export type DisconnectEvent = InstrumentationEvent<null>
export type RequestEvent = InstrumentationEvent<{
  apiKey: number
  apiName: string
  apiVersion: number
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  duration: number
  pendingDuration: number
  sentAt: number
  size: number
}>
export type RequestTimeoutEvent = InstrumentationEvent<{
  apiKey: number
  apiName: string
  apiVersion: number
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  pendingDuration: number
  sentAt: number
}>
export type RequestQueueSizeEvent = InstrumentationEvent<{
  broker: string
  clientId: string
  queueSize: number
}>

export type ConsumerHeartbeatEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
}>
export type ConsumerCommitOffsetsEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
  groupGenerationId: number
  topics: TopicOffsets[]
}>
export interface IMemberAssignment {
  [key: string]: number[]
}
export type ConsumerGroupJoinEvent = InstrumentationEvent<{
  duration: number
  groupId: string
  isLeader: boolean
  leaderId: string
  groupProtocol: string
  memberId: string
  memberAssignment: IMemberAssignment
}>
export type ConsumerFetchStartEvent = InstrumentationEvent<{ nodeId: number }>
export type ConsumerFetchEvent = InstrumentationEvent<{
  numberOfBatches: number
  duration: number
  nodeId: number
}>
interface IBatchProcessEvent {
  topic: string
  partition: number
  highWatermark: string
  offsetLag: string
  offsetLagLow: string
  batchSize: number
  firstOffset: string
  lastOffset: string
}
export type ConsumerStartBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent>
export type ConsumerEndBatchProcessEvent = InstrumentationEvent<IBatchProcessEvent & { duration: number }>
export type ConsumerCrashEvent = InstrumentationEvent<{
  error: Error
  groupId: string
  restart: boolean
}>
export type ConsumerRebalancingEvent = InstrumentationEvent<{
  groupId: string
  memberId: string
}>
export type ConsumerReceivedUnsubcribedTopicsEvent = InstrumentationEvent<{
  groupId: string
  generationId: number
  memberId: string
  assignedTopics: string[]
  topicsSubscribed: string[]
  topicsNotSubscribed: string[]
}>

// ---- what assigners and agents see of the cluster ----

export interface CoordinatorMetadata {
  errorCode: number
  coordinator: {
    nodeId: number
    host: string
    port: number
  }
}

/** Of these, `findTopicPartitionMetadata`, `isConnected`, `connect`, `disconnect` and `refreshMetadata*` are there. */
export type Cluster = {
  getNodeIds (): number[]
  metadata (): Promise<BrokerMetadata>
  removeBroker (options: { host: string, port: number }): void
  addMultipleTargetTopics (topics: string[]): Promise<void>
  isConnected (): boolean
  connect (): Promise<void>
  disconnect (): Promise<void>
  refreshMetadata (): Promise<void>
  refreshMetadataIfNecessary (): Promise<void>
  addTargetTopic (topic: string): Promise<void>
  findBroker (node: { nodeId: string }): Promise<Broker>
  findControllerBroker (): Promise<Broker>
  findTopicPartitionMetadata (topic: string): PartitionMetadata[]
  findLeaderForPartitions (topic: string, partitions: number[]): { [leader: string]: number[] }
  findGroupCoordinator (group: { groupId: string }): Promise<Broker>
  findGroupCoordinatorMetadata (group: { groupId: string }): Promise<CoordinatorMetadata>
  defaultOffset (config: { fromBeginning: boolean }): number
  fetchTopicsOffset (
    topics: Array<
      {
        topic: string
        partitions: Array<{ partition: number }>
      } & XOR<{ fromBeginning: boolean }, { fromTimestamp: number }>
    >
  ): Promise<TopicOffsets[]>
}

export interface BrokerMetadata {
  brokers: Array<{ nodeId: number, host: string, port: number, rack?: string }>
  topicMetadata: Array<{
    topicErrorCode: number
    topic: string
    partitionMetadata: PartitionMetadata[]
  }>
}

export interface ApiVersions {
  [apiKey: number]: {
    minVersion: number
    maxVersion: number
  }
}

/** There are none at run time: connections are native. */
export type Broker = {
  isConnected (): boolean
  connect (): Promise<void>
  disconnect (): Promise<void>
  apiVersions (): Promise<ApiVersions>
  metadata (topics: string[]): Promise<BrokerMetadata>
  describeGroups: (options: { groupIds: string[] }) => Promise<any>
  offsetCommit (request: {
    groupId: string
    groupGenerationId: number
    memberId: string
    retentionTime?: number
    topics: TopicOffsets[]
  }): Promise<any>
  offsetFetch (request: {
    groupId: string
    topics: TopicOffsets[]
  }): Promise<{
    responses: TopicOffsets[]
  }>
  fetch (request: {
    replicaId?: number
    isolationLevel?: number
    maxWaitTime?: number
    minBytes?: number
    maxBytes?: number
    topics: Array<{
      topic: string
      partitions: Array<{ partition: number, fetchOffset: string, maxBytes: number }>
    }>
    rackId?: string
  }): Promise<any>
  produce (request: {
    topicData: Array<{
      topic: string
      partitions: Array<{ partition: number, firstSequence?: number, messages: Message[] }>
    }>
    transactionalId?: string
    producerId?: number
    producerEpoch?: number
    acks?: number
    timeout?: number
    compression?: CompressionTypes
  }): Promise<any>
  alterPartitionReassignments (request: { topics: PartitionReassignment[], timeout?: number }): Promise<any>
  listPartitionReassignments (request: {
    topics?: TopicPartitions[]
    timeout?: number
  }): Promise<ListPartitionReassignmentsResponse>
}

// ---- errors ----

export class KafkaJSError extends Error {
  readonly message: Error['message']
  readonly name: string
  /** The same call may succeed later. */
  readonly retriable: boolean
  readonly helpUrl?: string
  readonly cause?: Error
  /** Not in KafkaJS, of a transaction: it cannot be committed any more, and may be repeated after `abort()`. */
  readonly abortable?: boolean
  /** Not in KafkaJS, of a transaction: a newer producer with the same `transactionalId` has taken over. */
  readonly fatal?: boolean

  constructor (e: Error | string, metadata?: KafkaJSErrorMetadata)
}

export class KafkaJSNonRetriableError extends KafkaJSError {
  constructor (e: Error | string)
}

/** A broker's answer. */
export class KafkaJSProtocolError extends KafkaJSError {
  /** Of the Kafka protocol. */
  readonly code: number
  /** Its name, such as `UNKNOWN_TOPIC_OR_PARTITION`. */
  readonly type: string
  constructor (e: Error | string)
}

export class KafkaJSAggregateError extends Error {
  readonly errors: (Error | string)[]
  constructor (message: Error | string, errors: (Error | string)[])
}

export class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  readonly topic: string
  readonly partition: number
  constructor (e: Error | string, metadata?: KafkaJSOffsetOutOfRangeMetadata)
}

export class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  readonly topic?: string
  readonly partition?: number
  constructor (e: Error | string, topic?: string, partition?: number)
}

/** The last attempt's error is the `cause`. */
export class KafkaJSNumberOfRetriesExceeded extends KafkaJSNonRetriableError {
  readonly stack: string
  readonly retryCount: number
  /** ms */
  readonly retryTime: number
  constructor (e: Error | string, metadata?: KafkaJSNumberOfRetriesExceededMetadata)
}

export class KafkaJSConnectionError extends KafkaJSError {
  readonly broker: string
  /** Not in KafkaJS's typings: such as `ECONNREFUSED`. */
  readonly code?: string
  constructor (e: Error | string, metadata?: KafkaJSConnectionErrorMetadata)
}

export class KafkaJSRequestTimeoutError extends KafkaJSError {
  readonly broker: string
  readonly correlationId: number
  readonly createdAt: number
  readonly sentAt: number
  readonly pendingDuration: number
  constructor (e: Error | string, metadata?: KafkaJSRequestTimeoutErrorMetadata)
}

export class KafkaJSMetadataNotLoaded extends KafkaJSError {
  constructor ()
}

export class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  readonly topic: string
  constructor (e: Error | string, metadata?: KafkaJSTopicMetadataNotLoadedMetadata)
}

export class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  readonly topic: string
  readonly unknownPartitions: number
  constructor (e: Error | string, metadata?: KafkaJSStaleTopicMetadataAssignmentMetadata)
}

export class KafkaJSServerDoesNotSupportApiKey extends KafkaJSNonRetriableError {
  readonly apiKey: number
  readonly apiName: string
  constructor (e: Error | string, metadata?: KafkaJSServerDoesNotSupportApiKeyMetadata)
}

export class KafkaJSBrokerNotFound extends KafkaJSError {
  constructor ()
}

export class KafkaJSPartialMessageError extends KafkaJSError {
  constructor ()
}

export class KafkaJSSASLAuthenticationError extends KafkaJSError {
  constructor ()
}

export class KafkaJSGroupCoordinatorNotFound extends KafkaJSError {
  constructor ()
}

export class KafkaJSNotImplemented extends KafkaJSError {
  constructor ()
}

export class KafkaJSTimeout extends KafkaJSError {
  constructor ()
}

export class KafkaJSLockTimeout extends KafkaJSError {
  constructor ()
}

export class KafkaJSUnsupportedMagicByteInMessageSet extends KafkaJSError {
  constructor ()
}

export class KafkaJSDeleteGroupsError extends KafkaJSError {
  /** Those that failed. */
  readonly groups: DeleteGroupsResult[]
  constructor (e: Error | string, groups?: KafkaJSDeleteGroupsErrorGroups[])
}

export class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  /** Not in KafkaJS's typings: those that failed. */
  readonly partitions: KafkaJSDeleteTopicRecordsErrorPartition[]
  constructor (metadata: KafkaJSDeleteTopicRecordsErrorTopic)
}

// These are missing in KafkaJS's typings.

export class KafkaJSConnectionClosedError extends KafkaJSConnectionError {
  readonly host?: string
  readonly port?: number
  constructor (e: Error | string, metadata?: { host?: string, port?: number })
}

export class KafkaJSMemberIdRequired extends KafkaJSProtocolError {
  readonly memberId: string
  constructor (e: Error | string, metadata: { memberId: string })
}

export class KafkaJSCreateTopicError extends KafkaJSProtocolError {
  readonly topic: string
  constructor (e: Error | string, topic: string)
}

export class KafkaJSInvariantViolation extends KafkaJSNonRetriableError {
  constructor (e: Error | string)
}

export class KafkaJSNoBrokerAvailableError extends KafkaJSError {
  constructor ()
}

export class KafkaJSFetcherRebalanceError extends Error {}

export class KafkaJSInvalidVarIntError extends KafkaJSNonRetriableError {}

export class KafkaJSInvalidLongError extends KafkaJSNonRetriableError {}

export interface KafkaJSDeleteGroupsErrorGroups {
  groupId: string
  errorCode: number
  error: KafkaJSError
}

export interface KafkaJSDeleteTopicRecordsErrorTopic {
  topic: string
  partitions: KafkaJSDeleteTopicRecordsErrorPartition[]
}

export interface KafkaJSDeleteTopicRecordsErrorPartition {
  partition: number
  offset: string
  error: KafkaJSError
}

export interface KafkaJSErrorMetadata {
  retriable?: boolean
  topic?: string
  partitionId?: number
  metadata?: PartitionMetadata
}

export interface KafkaJSOffsetOutOfRangeMetadata {
  topic: string
  partition: number
}

export interface KafkaJSNumberOfRetriesExceededMetadata {
  retryCount: number
  retryTime: number
}

export interface KafkaJSConnectionErrorMetadata {
  broker?: string
  code?: string
}

export interface KafkaJSRequestTimeoutErrorMetadata {
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  sentAt: number
  pendingDuration: number
}

export interface KafkaJSTopicMetadataNotLoadedMetadata {
  topic: string
}

export interface KafkaJSStaleTopicMetadataAssignmentMetadata {
  topic: string
  unknownPartitions: PartitionMetadata[]
}

export interface KafkaJSServerDoesNotSupportApiKeyMetadata {
  apiKey: number
  apiName: string
}
