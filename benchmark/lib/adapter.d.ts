/** How the harness drives a client: one consumer and one producer, each in the client's own idiom. */

export interface ConsumerJob {
  brokers: string
  topic: string
  partitions: number
  groupId: string
  fromBeginning: boolean
  /** The consumer class, for clients that have two. */
  api?: 'Consumer'
  /** `message`: one call of the handler per record; `batch`: the client delivers arrays. */
  mode: 'message' | 'batch'
  /** What `each` gets: the form of a value that is cheapest for the client. */
  as: 'string' | 'buffer'
  /** How the group rebalances, if not as by default. For clients that have it. */
  protocol?: 'cooperative'
  each (value: string | Buffer): void
  /** Called each time the group has assigned partitions to this member. */
  onAssigned (): void
  onError (error: unknown): void
}

export interface ProducerJob {
  brokers: string
  topic: string
  partitions: number
  acks: 1 | -1
  codec: 'none' | 'gzip'
}

export interface Adapter {
  consumer (job: ConsumerJob): Promise<{ close (): Promise<unknown> }>
  producer (job: ProducerJob): Promise<{
    /** Calls back when the broker has acknowledged all the values, or with the first error. */
    send (partition: number, values: string[], done: (error?: unknown) => void): void
    close (): Promise<unknown>
  }>
  /** For clients that have transactions. */
  transactions? (job: ProducerJob & { transactionalId: string }): Promise<{
    /** One transaction: resolves when the values, each of one of the partitions, are committed. */
    commit (values: { partition: number, value: string }[]): Promise<unknown>
    close (): Promise<unknown>
  }>
}

export type Adapt = (library: any) => Adapter
