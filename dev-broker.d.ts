import { EventEmitter } from 'events'

export interface DevBrokerOptions {
  /** Port on 127.0.0.1; 0 takes any free one. Default 9092. */
  port?: number
  /** Topics to create at once: `'name'` (one partition), `'name:partitions'`, `{ name, partitions }`. Default none. */
  topics?: Array<string | { name: string; partitions?: number }>
  /** Limit for each partition in bytes; its oldest batches are dropped first. Default 64 MiB. */
  retentionBytes?: number
  /** Suppresses the warning that the broker is for development and tests only. Default false. */
  quiet?: boolean
}

export interface DevBrokerLogLine {
  /** Syslog level: 4 warning, 3 error, 2 critical. */
  level: number
  text: string
}

/** API of the Kafka protocol by name. */
export type DevBrokerApi =
  | 'Produce'
  | 'Fetch'
  | 'ListOffsets'
  | 'Metadata'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'FindCoordinator'
  | 'JoinGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'SyncGroup'
  | 'ApiVersions'
  | 'CreateTopics'
  | 'InitProducerId'
  | 'OffsetForLeaderEpoch'
  | 'AddPartitionsToTxn'
  | 'AddOffsetsToTxn'
  | 'EndTxn'
  | 'TxnOffsetCommit'

/** A running embedded broker. */
export interface DevBroker extends EventEmitter {
  /** `host:port`, e.g. `127.0.0.1:9092`. */
  readonly brokers: string
  readonly port: number
  /** Id of the broker's process. */
  readonly pid: number
  /** Why the broker died; null while it runs, and if `stop()` or a signal ended it. */
  readonly error: Error | null
  /** What the broker is for and what it cannot do. */
  readonly notice: string

  /** Creates a topic with `partitions` (default 1). Rejects if it already exists. */
  createTopic(name: string, partitions?: number): Promise<void>
  /** Closes the port and every connection, like a broker that is down; records, groups and commits are kept. */
  setDown(): Promise<void>
  /** Listens again after `setDown()`. */
  setUp(): Promise<void>
  /** Delays every answer; 0 ends the delay. */
  setRtt(milliseconds: number): Promise<void>
  /** Answers the next requests of one API with these Kafka error codes, one each; -195 closes the connection. */
  pushErrors(api: DevBrokerApi | number, codes: number[]): Promise<void>
  /** Answers every request about a topic with this Kafka error code, until 0 is set. */
  topicError(name: string, code: number): Promise<void>
  /** Ends the broker and resolves once its process is gone. May be called again. */
  stop(): Promise<void>
  /** Keeps this process alive for as long as the broker runs. */
  ref(): this
  /** Undoes `ref()`. */
  unref(): this

  /** Once, when the broker has ended; `error` is null if `stop()` or a signal ended it. */
  on(event: 'exit', listener: (error: Error | null) => void): this
  /** A line that librdkafka logs inside the broker. */
  on(event: 'log', listener: (line: DevBrokerLogLine) => void): this
  once(event: 'exit', listener: (error: Error | null) => void): this
  once(event: 'log', listener: (line: DevBrokerLogLine) => void): this
}

/**
 * Starts an in-memory Kafka broker in a child process, for development and tests only.
 * It ends with `stop()` and with this process, and does not keep this process alive.
 * Rejects with code `EADDRINUSE` if the port is taken.
 */
export function startDevBroker(options?: DevBrokerOptions): Promise<DevBroker>
