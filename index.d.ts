import { EventEmitter } from 'events'
import { Readable, Transform, Writable } from 'stream'

/*
 * Results of callbacks are typed `any`, so that whatever a service annotates them with keeps compiling; the interfaces
 * named in the comments describe them and can be used as annotations. Every callback is optional. Errors are instances
 * of the classes in `kafka-node/lib/errors`, or plain `Error`s whose message is the name of the broker's error.
 */

/** Called once with either an error or, after `null`, the result. */
export type Callback<T = any> = (error: any, data: T) => any

// # Client

/** The connection to a cluster. Producers, `Offset` and `Admin` may share one. */
export class KafkaClient extends EventEmitter {
  /** The object given to the constructor, with the defaults filled in. */
  options: any
  clientId: string
  /** True once the first metadata has arrived; stays true during outages and after `close()`. */
  ready: boolean
  /** By broker id. */
  brokerMetadata: { [id: string]: { nodeId: number, host: string, port: number } }
  /** By topic and partition, for every topic of the cluster. */
  topicMetadata: { [topic: string]: { [partition: string]: PartitionMetadata } }
  clusterMetadata: { controllerId: number }

  /** @throws InvalidConfigError if `clientId` has a character other than ASCII alphanumerics, '.', '_' and '-' */
  constructor (options?: KafkaClientOptions)

  /** Starts connecting; only needed with `autoConnect: false`, or again after an `error`. */
  connect (): void

  /** True while the first connection is being made. */
  connecting: boolean
  /** True once `close` was called. */
  closing: boolean
  /** Whether `sslOptions` were given. */
  ssl: boolean
  sslOptions: any
  noAckBatchOptions: any
  /** `kafkaHost`, parsed. */
  initialHosts: Array<{ host: string, port: number }>
  /** When the metadata was last updated, ms since the epoch. */
  brokerMetadataLastUpdate: number

  /** The version of librdkafka that is built in. */
  static readonly librdkafkaVersion: string

  /** Closes the connections, for all objects that share the client. May be called more than once. */
  close (cb?: () => any): void

  /** Calls back with a `TopicsNotExistError` that lists the missing topics. Never creates a topic. */
  topicExists (topics: string[], cb?: (error?: TopicsNotExistError | any) => any): void

  /** Reads metadata; an empty list stands for all topics. A topic that does not exist is absent from the result. */
  loadMetadataForTopics (topics: string[] | null, callback?: (error: any, result: MetadataResponse) => any): void

  /** Updates `topicMetadata`; retries for topics that have no leader yet, for up to 8.4 s. */
  refreshMetadata (topics: string[], cb?: (error?: any) => any): void

  /** Calls back with one `CreateTopicResponse` for each topic that could not be created; `[]` means all are there. */
  createTopics (topics: CreateTopicRequest[], callback?: (error: any, result: CreateTopicResponse[]) => any): void
  /** Creates topics with the broker's defaults; calls back with their names. */
  createTopics (topics: string[], callback?: Callback): void
  /** With `async` false, calls back at once and does not wait for the topics. */
  createTopics (topics: string[], async: boolean, callback?: Callback): void

  /**
   * Commits offsets (of the next message to read) for a group: as a member, which must be a ConsumerGroup of this
   * process, or, with generation -1 and member '', without membership, which a group with active members refuses.
   */
  sendOffsetCommitV2Request (
    group: string, generationId: number, memberId: string, commits: OffsetCommitRequest[], cb?: Callback
  ): void

  /** Reads committed offsets: `{ topic: { partition: offset } }`, -1 where there is none. */
  sendOffsetFetchV1Request (group: string, topicPartitions: { [topic: string]: number[] }, cb?: Callback): void

  /** As `loadMetadataForTopics` for all topics. */
  loadMetadata (cb?: (error: any, result: MetadataResponse) => any): void

  /** Refreshes the metadata of the whole cluster, unless a refresh is already in progress. */
  refreshBrokerMetadata (cb?: (error: any) => any): void

  /** Checks that topics exist and loads their metadata; calls back with a `TopicsNotExistError` otherwise. */
  addTopics (topics: string[], cb?: (error: any, topics: string[]) => any): void

  /** Forgets the metadata of topics; calls back at once with their number. */
  removeTopicMetadata (topics: string[], cb?: (error: any, count: number) => any): void

  /** Calls back with the broker and its id. */
  getController (
    cb?: (error: any, broker: { nodeId: number, host: string, port: number }, controllerId: number) => any
  ): void

  /** As `Admin.listGroups`; does not wait for `ready`. */
  getListGroups (cb?: Callback<{ [groupId: string]: string }>): void

  /** As `Admin.describeGroups`; does not wait for `ready`. */
  getDescribeGroups (groups: string[], cb?: Callback<{ [groupId: string]: GroupDescription }>): void

  /** As `Admin.describeConfigs`; does not wait for `ready`. */
  describeConfigs (payload: DescribeConfigsRequest, cb?: Callback<ResourceConfig[]>): void

  /** As `Offset.fetch`. */
  sendOffsetRequest (payloads: OffsetRequest[], cb?: Callback): void

  /** As `Offset.commit`. */
  sendOffsetCommitRequest (group: string, payloads: OffsetCommitRequest[], cb?: Callback): void

  /** As `Offset.fetchCommits`. */
  sendOffsetFetchRequest (group: string, payloads: OffsetFetchRequest[], cb?: Callback): void

  /** Calls back with the broker that coordinates a group. */
  sendGroupCoordinatorRequest (
    group: string, cb?: Callback<{ coordinatorHost: string, coordinatorPort: number, coordinatorId: number }>
  ): void

  on (eventName: 'brokersChanged' | 'close' | 'connect' | 'ready' | 'reconnect' | 'zkReconnect', cb: () => any): this
  on (eventName: 'error' | 'socket_error', cb: (error: any) => any): this
  /** librdkafka's statistics, every `statisticsInterval`. */
  on (eventName: 'statistics', cb: (statistics: any) => any): this
}

export interface KafkaClientOptions {
  /** Comma-separated list of `host:port`. Default 'localhost:9092'. */
  kafkaHost?: string
  /** Limit for each attempt to connect, ms. Default 10000. */
  connectTimeout?: number
  /** Limit for each request, ms. Default 30000; false for none. */
  requestTimeout?: number | false
  /** Default true; with false, call `connect()`. */
  autoConnect?: boolean
  /** For the first connection; after that, reconnects are unlimited. */
  connectRetryOptions?: RetryOptions
  /** Turns on TLS, even as `{}`. */
  sslOptions?: SslOptions
  /** Does not turn on TLS by itself: give `sslOptions`, at least `{}`. */
  ssl?: boolean
  /**
   * `{ mechanism, username, password }`; mechanisms 'plain', 'scram-sha-256', 'scram-sha-512'. Or `SaslTokenOptions`:
   * mechanism 'oauthbearer'. Use TLS with it: 'plain' sends the password in clear text, 'oauthbearer' the token.
   */
  sasl?: any
  /** Default 'kafka-node-client'. */
  clientId?: string
  /** Time after which an unused connection counts as idle, ms. Default 300000. */
  idleConnection?: number
  /** Accepted and ignored: librdkafka reconnects when there is something to send. */
  reconnectOnIdle?: boolean
  /** How many requests to brokers an admin call may have in flight at a time. Default 10. */
  maxAsyncRequests?: number
  /** Batching of sends with `requireAcks: 0`. Default null: every send goes out at once. */
  noAckBatchOptions?: AckBatchOptions | null
  /** Accepted and ignored: the protocol versions are always negotiated. */
  versions?: { disabled?: boolean, requestTimeout?: number }
  /** Interval of the `statistics` event, ms. Default 0: off. */
  statisticsInterval?: number
  /** librdkafka's own properties for all handles of the client, such as `{ 'client.rack': 'a' }`. */
  librdkafka?: LibrdkafkaProperties
}

/** SASL with tokens. */
export interface SaslTokenOptions {
  mechanism: 'oauthbearer' | 'OAUTHBEARER'

  /** Asked when a native handle starts, and again when four fifths of the token's life are over. */
  oauthBearerProvider (): OAuthBearerToken | Promise<OAuthBearerToken>
}

export interface OAuthBearerToken {
  value: string
  /** When it expires, ms since 1970, or how long it lives, ms. Default: as a JSON Web Token says, otherwise 5 minutes. */
  lifetime?: number
  /** Default: the `sub` of a JSON Web Token. */
  principal?: string
  /** Given to the broker beside the token. */
  extensions?: { [name: string]: string }
}

/** As `tls.connect` takes them. Others are refused, unless they ask for what happens anyway. */
export interface SslOptions {
  /** Authorities as PEM text, or an array of them. Default: those of Node.js and of `NODE_EXTRA_CA_CERTS`. */
  ca?: any
  /** Certificate as PEM text, followed by its chain. */
  cert?: any
  /** Private key as PEM text, or `{ pem, passphrase }`. */
  key?: any
  /** Passphrase of the key, or of `pfx`. */
  passphrase?: string
  /** Certificate and key as a PKCS#12 file. */
  pfx?: any
  /** False accepts any certificate and host name. Default true. */
  rejectUnauthorized?: boolean
  /** OpenSSL's list of ciphers for TLS 1.2. Default: Node's. */
  ciphers?: string
  /** 'TLSv1.2' or 'TLSv1.3'. */
  minVersion?: string
  /** 'TLSv1.2' or 'TLSv1.3'. */
  maxVersion?: string
  /** Has no effect for a client. */
  requestCert?: boolean
  [name: string]: any
}

/**
 * Names and values from librdkafka's CONFIGURATION.md, for what no other option controls. Names that it does not know,
 * that an option sets, or that would have no effect are refused with an InvalidConfigError.
 */
export interface LibrdkafkaProperties {
  [name: string]: string | number | boolean | undefined
}

/** Exponential backoff. */
export interface RetryOptions {
  /** Default 5. */
  retries?: number
  /** Default 2. */
  factor?: number
  /** Before the first retry, ms. Default 1000. */
  minTimeout?: number
  /** Between two attempts, ms. Default 60000. */
  maxTimeout?: number
  /** Default true. */
  randomize?: boolean
}

export interface AckBatchOptions {
  /** Bytes that a batch may hold before it is sent. */
  noAckBatchSize: number | null
  /** How long a batch waits for further sends, ms. */
  noAckBatchAge: number | null
}

export interface PartitionMetadata {
  topic: string
  partition: number
  /** Broker id, as in `replicas` and `isr` (the in-sync replicas). */
  leader: number
  replicas: number[]
  isr: number[]
}

export interface BrokerMetadataResponse {
  [id: number]: {
    host: string
    nodeId: number
    port: number
  }
}

export interface ClusterMetadataResponse {
  clusterMetadata: {
    controllerId: number
  }
  metadata: {
    [topic: string]: {
      [partition: number]: PartitionMetadata
    }
  }
}

export interface MetadataResponse extends Array<BrokerMetadataResponse | ClusterMetadataResponse> {
  0: BrokerMetadataResponse
  1: ClusterMetadataResponse
}

// # Producers

/** Sends messages; if neither a partition nor a partitioner is given, to the first partition of the topic. */
export class Producer extends EventEmitter {
  /** Values of the option `partitionerType`. */
  static PARTITIONER_TYPES: { default: 0, random: 1, cyclic: 2, keyed: 3, custom: 4 }

  client: KafkaClient
  ready: boolean
  requireAcks: number
  ackTimeoutMs: number
  partitioner: Partitioner

  /** @throws Error if `partitionerType` is custom and there is no `customPartitioner`, or the other way round */
  constructor (client: KafkaClient, options?: ProducerOptions | null, customPartitioner?: CustomPartitioner)

  on (eventName: 'ready', cb: () => any): this
  on (eventName: 'error', cb: (error: any) => any): this

  /**
   * Sends the messages of all payloads, each payload to one partition. May be called before `ready`.
   *
   * Calls back with the `ProduceResult`, or an error: a `QueueFullError` when too much is waiting to be sent, a
   * `TimeoutError`, a `BrokerNotAvailableError`, or an `Error` whose message is the broker's error, such as
   * `NotEnoughReplicas`. Fills in `partition` and `attributes` in the payload objects, so that the same object, sent
   * again, goes to the same partition.
   *
   * @throws TypeError if `payloads` is not an array
   */
  send (payloads: ProduceRequest[], cb?: Callback): void

  /** Calls back with `Error('Producer not ready!')` before `ready`. */
  createTopics (topics: string[], async: boolean, cb?: Callback): void
  createTopics (topics: string[], cb?: Callback): void

  /** Closes the client, and with it everything that shares it. */
  close (cb?: () => any): void
}

/** A producer that by default takes the partitions in turn (`partitionerType` 2). */
export class HighLevelProducer extends Producer {
}

/**
 * A stream of payloads and arrays of payloads, keyed by default. A send that fails destroys it. `end()` leaves the
 * client open: call `close()`.
 */
export class ProducerStream extends Writable {
  client: KafkaClient
  producer: HighLevelProducer

  constructor (options?: ProducerStreamOptions)

  /** As `write`, but calls back with the `ProduceResult`. */
  sendPayload (payloads: ProduceRequest | ProduceRequest[], cb?: Callback): void

  /** Delivers sends in flight first; what is still waiting for the first connection fails. */
  close (cb?: () => any): void

  _write (message: ProduceRequest | ProduceRequest[], encoding: any, cb: (error?: any, data?: any) => any): void

  _writev (chunks: Chunk[], cb: (error?: any, data?: any) => any): void
}

export interface ProducerOptions {
  /** Of librdkafka's producer; they override those of the client. */
  librdkafka?: LibrdkafkaProperties
  /** 0: none, 1: by the leader, -1: by all in-sync replicas. Default 1. */
  requireAcks?: number
  /** How long the broker may wait for its replicas, ms. Default: the client's `requestTimeout`. */
  ackTimeoutMs?: number
  /** One of `Producer.PARTITIONER_TYPES`. Default 0 for Producer, 2 for HighLevelProducer, 3 for ProducerStream. */
  partitionerType?: number
  /** Records that may be in flight; as many again wait in memory, then a send fails. Default 500000. */
  queueMaxMessages?: number
  /** The same in bytes of keys and values, plus 64 per record. Default 268435456. */
  queueMaxBytes?: number
}

export interface ProducerStreamOptions {
  /** Default `{ kafkaHost: '127.0.0.1:9092' }`. */
  kafkaClient?: KafkaClientOptions
  /** Default `{ partitionerType: 3 }`. */
  producer?: ProducerOptions & { customPartitioner?: CustomPartitioner }
  /** Payloads held back before `write` returns false. Default 100. */
  highWaterMark?: number
}

export interface ProduceRequest {
  topic: string
  /**
   * One value or an array of values: string, Buffer, null (a tombstone) or KeyedMessage. Anything else is converted to
   * a string.
   */
  messages: any
  /** Key of every value that is not a KeyedMessage. */
  key?: string | Buffer
  /** Chosen by the partitioner if absent. */
  partition?: number
  /** Compression: 0 none, 1 gzip, 2 snappy. Default 0. */
  attributes?: number
  /** Of every value that is not a KeyedMessage; ms since the epoch. Default now. */
  timestamp?: number
  /** Of every value. An array gives a header several values. */
  headers?: MessageHeaders
}

/** Offset of the first message that the call wrote to each partition; `{ result: 'no ack' }` with `requireAcks: 0`. */
export interface ProduceResult {
  [topic: string]: { [partition: string]: number }
}

/** A message with its own key and timestamp (now). Partitioners see the payload's key, not this one. */
export class KeyedMessage {
  key: string | Buffer
  value: string | Buffer
  /** Milliseconds since the epoch. */
  timestamp?: number

  constructor (key: string | Buffer | null, value: string | Buffer | null)
}

export interface Chunk {
  chunk: ProduceRequest
}

/** Values by name; an array where a name occurs more than once. */
export interface MessageHeaders {
  [name: string]: string | Buffer | Array<string | Buffer>
}

/**
 * The producer holds as many unsent records as it may. Class `QueueFullError` of `kafka-node/lib/errors`; send again
 * once earlier sends have called back.
 */
export interface QueueFullError extends Error {
  name: 'QueueFullError'
  code: 'ERR_QUEUE_FULL'
  retriable: true
}

// # Partitioners

/** Chooses one element of `partitions`, the ascending ids of the topic's partitions. */
export interface Partitioner {
  getPartition (partitions: number[], key?: any): number
}

/** Always the first partition; 0 if none is known. */
export class DefaultPartitioner implements Partitioner {
  getPartition (partitions?: number[], key?: any): number
}

/** One partition after another, with one counter for all topics; 0 if none is known. */
export class CyclicPartitioner implements Partitioner {
  getPartition (partitions?: number[], key?: any): number
}

/** A random partition, evenly distributed. */
export class RandomPartitioner implements Partitioner {
  getPartition (partitions: number[], key?: any): number
}

/** The same partition for the same key, as long as their number does not change. Other clients hash differently. */
export class KeyedPartitioner implements Partitioner {
  /** 1 to 2^31 - 1. */
  hashCode (key: any): number

  getPartition (partitions: number[], key?: any): number
}

/** Returns the partition, usually an element of `partitions`; `key` is the payload's. */
export type CustomPartitioner = (partitions: number[], key: string | Buffer) => number

export const CustomPartitioner: {
  new (partitioner: CustomPartitioner): Partitioner
}

// # Consumers

export interface Message {
  topic: string
  /** Decoded as the option `encoding` says; null for a tombstone. */
  value: string | Buffer
  offset?: number
  partition?: number
  /** Offset that the next message written to the partition will get, as of the fetch. */
  highWaterOffset?: number
  /** Decoded as the option `keyEncoding` says; null if there is none. */
  key?: string | Buffer
  /** Absent if the message has none. */
  timestamp?: Date
  /** Absent if the message has none. */
  headers?: MessageHeaders
}

/** 'buffer', or any encoding of `Buffer.toString`. */
export type MessageEncoding =
  'buffer' | 'utf8' | 'utf-8' | 'ascii' | 'latin1' | 'binary' | 'base64' | 'hex' | 'ucs2' | 'ucs-2' | 'utf16le'

/** Reads given partitions; its group only stores offsets, it has no members. Best with a client of its own. */
export class Consumer extends EventEmitter {
  client: KafkaClient
  id: number
  options: any
  ready: boolean
  paused: boolean
  /** The partitions that are read, with their positions. */
  payloads: TopicPayload[]

  /**
   * A topic element stands for one partition, 0 if it names none.
   *
   * @throws InvalidConfigError if a partition is not a number or the group id has an illegal character
   */
  constructor (client: KafkaClient, fetchRequests: Array<OffsetFetchRequest | string>, options?: ConsumerOptions)

  on (eventName: 'message', cb: (message: Message) => any): this
  /** `offsetOutOfRange` errors have `topic` and `partition`; continue with `setOffset`. */
  on (eventName: 'error' | 'offsetOutOfRange', cb: (error: any) => any): this
  on (eventName: 'processingfetch', cb: () => any): this
  /** After each batch and, at least every `fetchMaxWaitMs`, without one: the last offset by topic and partition. */
  on (eventName: 'done', cb: (topics: any) => any): this

  /** Calls back with the topic names, or a `TopicsNotExistError`. `fromOffset`: start at the elements' offsets. */
  addTopics<T extends string[] | Topic[]> (topics: T, cb?: (error: any, added: T) => any, fromOffset?: boolean): void

  /** Calls back with the number of names given. */
  removeTopics (topics: string | string[], cb?: (error: any, removed: number) => any): void

  /**
   * Commits the end of the last complete batch. Without `force`, at most once per `autoCommitIntervalMs`.
   * A refusal by the broker is in the result: `{ topic: { partition, errorCode } }`.
   */
  commit (cb?: Callback): void
  commit (force: boolean, cb?: Callback): void

  /** The same as `commit`. */
  autoCommit (cb?: Callback): void
  autoCommit (force: boolean, cb?: Callback): void

  /** Continues at `offset`, also from within a message handler. */
  setOffset (topic: string, partition: number, offset: number): void

  /** Stops fetching; the batch being emitted is finished. */
  pause (): void

  resume (): void

  /** Takes strings or `{ topic, partition }`. */
  pauseTopics (topics: any[]): void

  resumeTopics (topics: any[]): void

  /** Commits first if `force` is true, otherwise commits nothing. Closes the client. */
  close (force: boolean, cb?: (error: Error) => any): void
  close (cb?: (error: Error) => any): void
}

export interface ConsumerOptions {
  /** Of librdkafka's consumer; they override those of the client. */
  librdkafka?: LibrdkafkaProperties
  /** Default 'kafka-node-group'. */
  groupId?: string
  /** Default true. */
  autoCommit?: boolean
  /** Default 5000 ms. */
  autoCommitIntervalMs?: number
  /** Time that the broker may wait for `fetchMinBytes`, ms. Default 100. */
  fetchMaxWaitMs?: number
  /** Default 1. */
  fetchMinBytes?: number
  /** Bytes per partition and fetch. Default 1048576. */
  fetchMaxBytes?: number
  /** True: start at the `offset` of each topic element. Default false: at the committed offset, otherwise at 0. */
  fromOffset?: boolean
  /** Of values. Default 'utf8'. */
  encoding?: MessageEncoding
  /** Of keys. Default: as `encoding`. */
  keyEncoding?: MessageEncoding
  /** Whether records of transactions that are open or were aborted are hidden. Default 'read_uncommitted': shown. */
  isolationLevel?: 'read_uncommitted' | 'read_committed'
  /** Start paused. Default false. */
  paused?: boolean
  /** Messages emitted in a row. Default 1000. */
  maxTickMessages?: number
}

/** A partition and the position in it. */
export interface TopicPayload {
  topic: string
  partition: number
  /** Of the next message. */
  offset: number
  maxBytes: number
  metadata: string
}

export interface Topic {
  topic: string
  partition?: number
  offset?: number
  encoding?: string
  autoCommit?: boolean
}

/**
 * The messages of given partitions as a stream; commits nothing by itself, see `createCommitStream`. Emits `message`
 * and `data`, and `offsetOutOfRange`. Keys are Buffers whatever the encoding. `destroy()` leaves the client open.
 */
export class ConsumerStream extends Readable {
  client: KafkaClient

  /** @throws Error if there are no topics */
  constructor (client: KafkaClient, topics: Array<OffsetFetchRequest | string>, options: ConsumerStreamOptions)

  /** A stream to pipe this one into, which commits the offsets of what passes through. */
  createCommitStream (options?: CommitStreamOptions): CommitStream

  /** Closes the client. The stream does not end. */
  close (force: boolean, cb?: (error: any) => any): void
  close (cb?: (error: any) => any): void
}

export interface ConsumerStreamOptions extends ConsumerOptions {
  /** Messages per commit of the commit stream. Default 100. */
  autoCommitMsgCount?: number
  /** Has no effect: librdkafka fetches ahead. Default 10. */
  bufferRefetchThreshold?: number
  /** Messages that the stream buffers. Default 100. */
  highWaterMark?: number
}

/** Made by `ConsumerStream.createCommitStream`. Emits `commitComplete` `{ group, commits }`. */
export interface CommitStream extends Transform {
  commit (cb?: Callback): void

  /** Stops the timed commits, which keep the process alive until then. */
  clearInterval (): void
}

export interface CommitStreamOptions {
  /** Default true. */
  autoCommit?: boolean
  /** Default 5000 ms. */
  autoCommitIntervalMs?: number
  /** Default 100. */
  autoCommitMsgCount?: number
  /** Passes messages on to the reader of this stream. Default false, but true once there is one. */
  passthrough?: boolean
  highWaterMark?: number
}

/** A member of a consumer group, which shares out the partitions of the topics. */
export class ConsumerGroup extends EventEmitter {
  client: KafkaClient
  options: any
  topics: string[]
  generationId: number
  memberId: string
  ready: boolean
  paused: boolean
  connecting: boolean
  rebalancing: boolean
  closed: boolean
  /** True in the member that computes, or has its `protocol` compute, who gets which partitions. */
  isLeader: boolean
  /** The `userData` that a custom protocol assigned to this member; undefined if it assigned none. */
  assignedUserData: any
  /** Always null, as with kafka-node. */
  coordinatorId: null
  protocols: any[]
  /** The positions, as `{ topic: { partition: offset } }`. */
  payloadMap: { [topic: string]: { [partition: string]: number } }
  /** The partitions that this member owns, with their positions. */
  topicPayloads: TopicPayload[]

  /** @throws InvalidConfigError, Error for an illegal group id, `fromOffset`, `protocol` or list of topics */
  constructor (options: ConsumerGroupOptions, topics: string[] | string)

  /** Joins the group; needed with `connectOnReady: false`, or again after an `error`. A current member rejoins. */
  connect (): void

  /** An `Offset` on this group's client, always the same. */
  getOffset (): Offset

  /** Commits first if `force` is true, otherwise commits nothing. Then leaves the group and closes the client. */
  close (force: boolean, cb?: (error: Error) => any): void
  close (cb?: (error: Error) => any): void

  on (eventName: 'message', cb: (message: Message) => any): this
  /** `offsetOutOfRange` is for information: `outOfRangeOffset` decides where to continue. */
  on (eventName: 'error' | 'offsetOutOfRange', cb: (error: any) => any): this
  on (eventName: 'rebalancing' | 'rebalanced' | 'connect' | 'processingfetch', cb: () => any): this
  /** After each batch and, at least every `fetchMaxWaitMs`, without one: the last offset by topic and partition. */
  on (eventName: 'done', cb: (topics: any) => any): this
  /** librdkafka's statistics, every `statisticsInterval`. */
  on (eventName: 'statistics', cb: (statistics: any) => any): this

  /** Rejoins the group with further topics; calls back with a `TopicsNotExistError` if one is missing. */
  addTopics (topics: string | string[] | Topic[], cb?: (error: any, added: any) => any): void

  removeTopics (topics: string | string[], cb?: (error: any, removed: any) => any): void

  /**
   * Commits the end of the last complete batch. Without `force`, at most once per `autoCommitIntervalMs` and only what
   * is new. A refusal by the broker is in the result: `{ topic: { partition, errorCode } }`.
   */
  commit (cb?: Callback): void
  commit (force: boolean, cb?: Callback): void

  /** The same as `commit`. */
  autoCommit (cb?: Callback): void
  autoCommit (force: boolean, cb?: Callback): void

  /** Commits the given offsets: those of the next messages to read, that is, the last processed plus 1. */
  sendOffsetCommitRequest (commits: OffsetCommitRequest[], cb?: Callback): void

  /** Continues at `offset`, also from within a message handler. */
  setOffset (topic: string, partition: number, offset: number): void

  /** Stops fetching; the batch being emitted is finished. The member stays in the group. */
  pause (): void

  resume (): void
}

/** Takes every option of `KafkaClientOptions` as well. */
export interface ConsumerGroupOptions extends KafkaClientOptions {
  /** Accepted and ignored. */
  batch?: AckBatchOptions
  /** The client id; takes precedence over `clientId`. */
  id?: string
  groupId: string
  /** Without a heartbeat for this long, the member loses its partitions, ms. Default 30000. */
  sessionTimeout?: number
  /** Less than `sessionTimeout`, ms. Default 3000. */
  heartbeatInterval?: number
  /** Of values. Default 'utf8'. */
  encoding?: MessageEncoding
  /** Of keys. Default: as `encoding`. */
  keyEncoding?: MessageEncoding
  /**
   * In order of preference. Default `['roundrobin']`. With `['cooperative-sticky']`, which cannot be mixed with others,
   * a rebalance takes only the partitions that move.
   */
  protocol?: Array<'roundrobin' | 'range' | 'cooperative-sticky' | CustomPartitionAssignmentProtocol>
  /**
   * Makes this a static member, by a name that is unique in the group: it may restart within `sessionTimeout` and gets
   * its partitions back without a rebalance. Its `close` does not give them away.
   */
  groupInstanceId?: string
  /**
   * 'consumer': the broker assigns (KIP-848, Kafka 4.0 and later); `protocol`, `sessionTimeout` and `heartbeatInterval`
   * do not reach it. Default 'classic'.
   */
  groupProtocol?: 'classic' | 'consumer'
  /** With `groupProtocol: 'consumer'`: one of the broker's assignors, such as 'uniform'. Default: the broker's choice. */
  groupRemoteAssignor?: string
  /** Whether records of transactions that are open or were aborted are hidden. Default 'read_uncommitted': shown. */
  isolationLevel?: 'read_uncommitted' | 'read_committed'
  /** Where to start in a partition without a committed offset; 'none' is an error. Default 'latest'. */
  fromOffset?: 'earliest' | 'latest' | 'none'
  /** Where to continue if the position is no longer, or not yet, in the log. Default 'earliest'. */
  outOfRangeOffset?: 'earliest' | 'latest' | 'none'
  /** Commit the positions of new partitions when they are assigned. Default true. */
  commitOffsetsOnFirstJoin?: boolean
  /** Only false is supported. */
  migrateHLC?: boolean
  /** Ignored. */
  migrateRolling?: boolean
  /** Default true. */
  autoCommit?: boolean
  /** Default 5000 ms. */
  autoCommitIntervalMs?: number
  /** Time that the broker may wait for `fetchMinBytes`, ms. Default 100. */
  fetchMaxWaitMs?: number
  /** Ignored. */
  maxNumSegments?: number
  /** Messages emitted in a row. Default 1000. */
  maxTickMessages?: number
  /** Default 1. */
  fetchMinBytes?: number
  /** Bytes per partition and fetch. Default 1048576. */
  fetchMaxBytes?: number
  /** Accepted and ignored: librdkafka rejoins by itself, without limit. */
  retries?: number
  /** Accepted and ignored, as `retries`. */
  retryFactor?: number
  /** Accepted and ignored, as `retries`. */
  retryMinTimeout?: number
  /** Join as soon as the client is ready. Default true; with false, call `connect()`. */
  connectOnReady?: boolean
  /** How often to look for new partitions of the topics, ms. Default 30000. */
  topicPartitionCheckInterval?: number
  /** Ignored: call `pause()`. */
  paused?: boolean
  /**
   * Runs before partitions change hands; the group waits for the callback, or for the promise if one is returned.
   * `isAlreadyMember` is false on the first join. In a group that takes only what moves, it runs when this member joins
   * and when partitions are taken from it.
   */
  onRebalance?: ((isAlreadyMember: boolean, callback: (error?: any) => void) => any) | null
}

/** A custom assignment protocol, run by the leader of the group. All members must have one of the same name. */
export interface CustomPartitionAssignmentProtocol {
  name: string
  /** From 0 to 32767. */
  version: number
  /** Sent to the leader as JSON; read whenever this member joins. */
  userData?: {}

  /**
   * Takes `{ topic: ['0', '1'] }` and `GroupMember`s, and calls back with one `PartitionAssignment` for each member
   * that gets any partitions. It may take half of `sessionTimeout`; after that there is an `error` event, and it is
   * called again. An error or an invalid assignment is an `error` event, too, and makes the member leave the group
   * until `connect()`.
   */
  assign (topicPattern: any, groupMembers: any, cb: (error: any, result: any) => void): void
}

export interface GroupMember {
  id: string
  subscription: string[]
  version: number
  userData?: any
}

export interface PartitionAssignment {
  memberId: string
  topicPartitions: { [topic: string]: Array<string | number> }
  /** Accepted but not sent: members see 0. */
  version: number
  userData?: any
}

/**
 * A consumer group as a stream of messages. It joins when it is first read from, and never ends by itself; leaving a
 * `for await` loop over it closes it, as does `destroy()`. Messages that were not handed out before a rebalance are
 * dropped: the member that gets their partition reads them again.
 */
export class ConsumerGroupStream extends Readable {
  /** The client of `consumerGroup`. */
  client: KafkaClient
  consumerGroup: ConsumerGroup

  constructor (options: ConsumerGroupStreamOptions, topics: string | string[])

  /**
   * Commits the message's offset + 1 (null: only what is queued); without `force`, not until `autoCommitIntervalMs`
   * after the last commit. A partition no longer owned is left out. Without `cb`, a failure is emitted as `error`.
   */
  commit (message: Message | null, force?: boolean, cb?: Callback): void

  transmitMessages (): void

  /** Commits what was handed out if `autoCommit` is on, leaves the group and closes its client. */
  close (cb?: (error: any, results: any) => any): void
}

export interface ConsumerGroupStreamOptions extends ConsumerGroupOptions {
  /** Messages that the stream buffers. Default 100. */
  highWaterMark?: number
}

/** An element of a consumer's topics; also asks for the committed offset of a partition (default 0). */
export interface OffsetFetchRequest {
  topic: string
  partition?: number
  offset?: number
}

// # Offsets

/** Offsets of partitions and of groups. Calls before `ready` wait for it. */
export class Offset extends EventEmitter {
  client: KafkaClient
  ready: boolean

  constructor (client: KafkaClient)

  on (eventName: 'ready' | 'connect', cb: () => any): this
  on (eventName: 'error', cb: (error: any) => any): this

  /** Calls back with `{ topic: { partition: [offset, ...] } }`, newest first. */
  fetch (payloads: OffsetRequest[], cb?: Callback): void

  /**
   * Commits the given offsets (of the next messages to read) for a group without active members. A refusal by the
   * broker is in the result: `{ topic: { partition, errorCode } }`.
   */
  commit (groupId: string, payloads: OffsetCommitRequest[], cb?: Callback): void

  /** Calls back with `PartitionOffsets`; -1 where nothing is committed. */
  fetchCommits (groupId: string, payloads: OffsetFetchRequest[], cb?: Callback): void

  /** The same as `fetchCommits`. */
  fetchCommitsV1 (groupId: string, payloads: OffsetFetchRequest[], cb?: Callback): void

  /** Calls back with `PartitionOffsets`: the ends of the logs. `[]` stands for all topics. */
  fetchLatestOffsets (topics: string[] | null, cb?: Callback): void

  /** Calls back with `PartitionOffsets`: the starts of the logs. `[]` stands for all topics. */
  fetchEarliestOffsets (topics: string[] | null, cb?: Callback): void
}

export interface PartitionOffsets {
  [topic: string]: { [partition: string]: number }
}

export interface OffsetRequest {
  topic: string
  /** Default 0. */
  partition?: number
  /** ms since the epoch; -1 the end of the log, -2 its start. Default now. */
  time?: number
  /** How many offsets to return; with 2 or more, the start of the log is among them. Default 1. */
  maxNum?: number
}

export interface OffsetCommitRequest {
  topic: string
  /** Default 0. */
  partition?: number
  offset: number
  /** Default 'm'. */
  metadata?: string
}

// # Admin

/** Topics, configurations and groups of the cluster. Calls before `ready` wait for it. */
export class Admin extends EventEmitter {
  client: KafkaClient
  ready: boolean
  RESOURCE_TYPES: { topic: 'topic', broker: 'broker' }

  /** @throws Error if `client` is not a KafkaClient */
  constructor (client: KafkaClient)

  on (eventName: 'ready' | 'connect', cb: () => any): this
  on (eventName: 'error', cb: (error: any) => any): this

  /** Calls back with the protocol type (usually 'consumer') of each group. */
  listGroups (cb?: Callback<{ [groupId: string]: string }>): void

  /** A group that does not exist has the state 'Dead'. */
  describeGroups (groups: string[], cb?: Callback<{ [groupId: string]: GroupDescription }>): void

  listTopics (cb?: Callback<MetadataResponse>): void

  /** Calls back with one `CreateTopicResponse` for each topic that could not be created; `[]` means all are there. */
  createTopics (topics: CreateTopicRequest[], cb?: Callback<CreateTopicResponse[]>): void

  describeConfigs (payload: DescribeConfigsRequest, cb?: Callback<ResourceConfig[]>): void
}

export interface CreateTopicRequest {
  topic: string
  partitions: number
  replicationFactor: number
  configEntries?: {
    name: string
    /** null means the broker's default. */
    value: string | null
  }[]
  /** Broker ids for each partition; replaces the two counts. */
  replicaAssignment?: {
    partition: number
    replicas: number[]
  }[]
}

export interface CreateTopicResponse {
  topic: string
  /** The broker's error text. */
  error: string
}

export interface GroupDescription {
  groupId: string
  /** 'Empty', 'Stable', 'PreparingRebalance', 'CompletingRebalance' or 'Dead'. */
  state: string
  protocolType: string
  protocol: string
  /** The coordinator. */
  brokerId: string
  members: Array<{
    memberId: string
    clientId: string
    clientHost: string
    memberMetadata: GroupMember
    memberAssignment: { partitions: { [topic: string]: number[] }, version: number, userData?: any }
  }>
}

export interface DescribeConfigsRequest {
  resources: Array<{
    resourceType: 'topic' | 'broker'
    /** Topic, or broker id. */
    resourceName: string
    /** Default: all. */
    configNames?: string[] | null
  }>
  includeSynonyms?: boolean
}

export interface ResourceConfig {
  /** '2' topic, '4' broker. */
  resourceType: string
  resourceName: string
  configEntries: Array<{
    configName: string
    /** '' if it is null or sensitive. */
    configValue: string
    readOnly: boolean
    configSource: number
    isSensitive: boolean
    synonyms: Array<{ configSynonymName: string, configSynonymValue: string, configSynonymSource: string }>
  }>
}

// # Errors

/** Topics do not exist. The other error classes are in `kafka-node/lib/errors`. */
export class TopicsNotExistError extends Error {
  constructor (topics: string | string[])

  topics: string | string[]
}
