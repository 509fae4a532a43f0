// A service as programs for KafkaJS are written: it compiles with KafkaJS's own typings and with ours.
import {
  Admin, AclOperationTypes, AclPermissionTypes, AclResourceTypes, Assigner, AssignerProtocol, Batch, CompressionCodecs,
  CompressionTypes, ConfigResourceTypes, ConfigSource, Consumer, ConsumerConfig, ConsumerCrashEvent,
  ConsumerEachBatchPayload, ConsumerEachMessagePayload, ConsumerGroupJoinEvent, ConsumerRunConfig,
  ConsumerSubscribeTopic, ConsumerSubscribeTopics, EachBatchHandler, EachBatchPayload, EachMessageHandler,
  EachMessagePayload, GroupDescription, ICustomPartitioner, IHeaders, InstrumentationEvent, ISocketFactory, ITopicConfig,
  ITopicMetadata, Kafka, KafkaConfig, KafkaJSAggregateError, KafkaJSConnectionError, KafkaJSDeleteGroupsError,
  KafkaJSError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError, KafkaMessage, LogEntry,
  Logger, logCreator, logLevel, Mechanism, Message, Offsets, OffsetsByTopicPartition, PartitionAssigner,
  PartitionAssigners, PartitionerArgs, PartitionMetadata, Partitioners, Producer, ProducerBatch, ProducerConfig,
  ProducerRecord, RecordMetadata, RemoveInstrumentationEventListener, ResourcePatternTypes, RetryOptions, SASLOptions,
  SeekEntry, TopicMessages, TopicPartitionOffsetAndMetadata, TopicPartitions, Transaction
} from 'kafkajs'

const creator: logCreator = (level: logLevel) => ({ namespace, level: at, label, log }: LogEntry) => {
  if (at > level) return
  console.log(namespace.toUpperCase(), label, log.timestamp, log.message, log.groupId)
}

const sasl: SASLOptions = { mechanism: 'plain', username: 'u', password: 'p' }
const tokens: SASLOptions = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token' }) }
const own: Mechanism = {
  mechanism: 'x',
  authenticationProvider: ({ host, port, logger, saslAuthenticate }) => ({
    authenticate: async () => {
      logger.debug(`${host}:${port}`)
      const answer: string | void = await saslAuthenticate({
        request: { encode: () => Buffer.from('x') },
        response: { decode: raw => raw, parse: data => data.toString() }
      })
      if (answer) logger.info(answer.trim())
    }
  })
}
const retry: RetryOptions = { retries: 3, initialRetryTime: 10, maxRetryTime: 100, factor: 0, multiplier: 2 }
const sockets: ISocketFactory | undefined = undefined

const config: KafkaConfig = {
  clientId: 'app',
  brokers: async () => ['localhost:9092'],
  ssl: { rejectUnauthorized: true, ca: ['x'] },
  sasl,
  connectionTimeout: 3000,
  authenticationTimeout: 1000,
  reauthenticationThreshold: 1000,
  requestTimeout: 1000,
  enforceRequestTimeout: true,
  retry,
  socketFactory: sockets,
  logLevel: logLevel.INFO,
  logCreator: creator
}

class Service {
  private readonly kafka: Kafka
  private readonly producer: Producer
  private readonly consumer: Consumer
  private readonly admin: Admin
  private readonly logger: Logger

  constructor (config: KafkaConfig, consumerConfig: ConsumerConfig, producerConfig?: ProducerConfig) {
    this.kafka = new Kafka({ ...config, sasl: Math.random() > 2 ? tokens : own })
    this.producer = this.kafka.producer(producerConfig)
    this.consumer = this.kafka.consumer(consumerConfig)
    this.admin = this.kafka.admin({ retry: { retries: 2 } })
    this.logger = this.kafka.logger().namespace('Service', logLevel.DEBUG)
    this.logger.setLogLevel(logLevel.NOTHING)
  }

  async send (records: ProducerRecord, batch: ProducerBatch): Promise<string[]> {
    await this.producer.connect()
    const metadata: RecordMetadata[] = await this.producer.send(records)
    const more = await this.producer.sendBatch(batch)
    const remove: RemoveInstrumentationEventListener<'producer.connect'> =
      this.producer.on(this.producer.events.CONNECT, event => console.log(event.timestamp, event.payload))
    this.producer.on('producer.network.request', ({ payload: { apiName, duration } }) => apiName.length + duration)
    remove()
    return [...metadata, ...more].map(({ topicName, partition, baseOffset, errorCode }) =>
      `${topicName}/${partition.toFixed()}@${baseOffset ?? '?'}:${errorCode}`)
  }

  async exactlyOnce (offsets: Offsets): Promise<boolean> {
    const transaction: Transaction = await this.producer.transaction()
    try {
      await transaction.send({ topic: 't', messages: [{ value: 'v' }], acks: -1 })
      await transaction.sendOffsets({ consumerGroupId: 'g', topics: offsets.topics })
      await transaction.commit()
    } catch (error) {
      if (transaction.isActive()) await transaction.abort()
      throw error
    }
    return this.producer.isIdempotent()
  }

  async consume (topics: ConsumerSubscribeTopics): Promise<void> {
    const old: ConsumerSubscribeTopic = { topic: /^a/, fromBeginning: true }
    await this.consumer.connect()
    await this.consumer.subscribe(old)
    await this.consumer.subscribe(topics)
    const eachMessage: EachMessageHandler = async ({ topic, partition, message, heartbeat, pause }) => {
      const { key, value, headers, offset, timestamp, attributes }: KafkaMessage = message
      const text: string | undefined = value?.toString()
      const trace = headers?.trace
      const resume = pause()
      console.log(topic, partition + 1, key && key.length, text, trace, BigInt(offset), Number(timestamp), attributes)
      await heartbeat()
      resume()
    }
    const eachBatch: EachBatchHandler = async payload => this.batch(payload)
    const options: ConsumerRunConfig = {
      autoCommit: true,
      autoCommitInterval: 5000,
      autoCommitThreshold: null,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 2,
      eachMessage,
      eachBatch
    }
    await this.consumer.run(options)
    this.consumer.seek({ topic: 't', partition: 0, offset: '1' })
    this.consumer.pause([{ topic: 't' }, { topic: 'u', partitions: [0] }])
    const paused: TopicPartitions[] = this.consumer.paused()
    this.consumer.resume(paused)
    const commits: TopicPartitionOffsetAndMetadata[] = [{ topic: 't', partition: 0, offset: '1', metadata: null }]
    await this.consumer.commitOffsets(commits)
    this.consumer.on(this.consumer.events.CRASH, (event: ConsumerCrashEvent) => this.crashed(event.payload.error))
    this.consumer.on('consumer.group_join', ({ payload: { memberAssignment, isLeader } }: ConsumerGroupJoinEvent) =>
      Object.keys(memberAssignment).map(topic => memberAssignment[topic].length + Number(isLeader)))
    this.consumer.on('consumer.end_batch_process', ({ payload: { batchSize, duration, lastOffset } }) =>
      lastOffset.length / (batchSize * duration))
    const anything = this.consumer.events.HEARTBEAT as 'consumer.heartbeat' | 'consumer.stop'
    this.consumer.on(anything, (event: InstrumentationEvent<any>) => event.payload.groupId)
    const group: GroupDescription = await this.consumer.describeGroup()
    if (group.state === 'Stable') await this.consumer.stop()
    await this.consumer.disconnect()
  }

  private async batch (payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, uncommittedOffsets, isRunning, isStale } = payload
    const { topic, partition, highWatermark, messages }: Batch = batch
    for (const message of messages) {
      if (!isRunning() || isStale()) break
      resolveOffset(message.offset)
      await heartbeat()
    }
    const offsets: OffsetsByTopicPartition = uncommittedOffsets()
    await commitOffsetsIfNecessary(offsets)
    await commitOffsetsIfNecessary()
    console.log(topic, partition, highWatermark, batch.isEmpty(), batch.firstOffset(), batch.lastOffset(),
      batch.offsetLag(), batch.offsetLagLow())
  }

  private crashed (error: Error): boolean {
    if (error instanceof KafkaJSNumberOfRetriesExceeded) return error.retryCount > error.retryTime
    if (error instanceof KafkaJSProtocolError) return error.type === 'UNKNOWN_TOPIC_OR_PARTITION' || error.code === 3
    if (error instanceof KafkaJSConnectionError) return error.broker.length > 0
    if (error instanceof KafkaJSDeleteGroupsError) return error.groups.some(({ groupId }) => groupId === 'g')
    if (error instanceof KafkaJSAggregateError) return error.errors.length > 0
    if (error instanceof KafkaJSNonRetriableError) throw new KafkaJSNonRetriableError(error)
    return error instanceof KafkaJSError && error.retriable && error.cause === undefined
  }

  async administer (topics: ITopicConfig[]): Promise<ITopicMetadata[]> {
    const { admin } = this
    const created: boolean = await admin.createTopics({ topics, timeout: 1000, waitForLeaders: true, validateOnly: false })
    const names: string[] = await admin.listTopics()
    await admin.createPartitions({ topicPartitions: [{ topic: 't', count: 2, assignments: [[1]] }] })
    const offsets: Array<SeekEntry & { high: string, low: string }> = await admin.fetchTopicOffsets('t')
    await admin.setOffsets({ groupId: 'g', topic: 't', partitions: offsets })
    await admin.resetOffsets({ groupId: 'g', topic: 't', earliest: true })
    const [{ partitions: [{ offset, metadata }] }] = await admin.fetchOffsets({ groupId: 'g', topics: ['t'] })
    await admin.fetchTopicOffsetsByTimestamp('t', Date.now())
    const { resources: [{ configEntries: [entry] }] } = await admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 't', configNames: ['retention.ms'] }]
    })
    if (entry.configSource === ConfigSource.DEFAULT_CONFIG) console.log(entry.configValue.length)
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 't', configEntries: [{ name: 'x', value: 'y' }] }]
    })
    const { brokers, controller, clusterId } = await admin.describeCluster()
    console.log(brokers[0].host, controller === null ? 0 : controller, clusterId, created, names, offset, metadata)
    const { groups } = await admin.listGroups()
    await admin.describeGroups(groups.map(({ groupId }) => groupId))
    const deleted = await admin.deleteGroups(['g'])
    console.log(deleted[0].errorCode, deleted[0].error?.type)
    const acl = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: 't',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:bob',
      host: '*',
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW
    }
    await admin.createAcls({ acl: [acl] })
    const { resources: [{ acls }] } = await admin.describeAcls(acl)
    const { filterResponses: [{ matchingAcls }] } = await admin.deleteAcls({ filters: [acl] })
    console.log(acls[0].principal, matchingAcls[0].host)
    await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '-1' }] })
    await admin.alterPartitionReassignments({
      topics: [{ topic: 't', partitionAssignment: [{ partition: 0, replicas: [1] }] }]
    })
    await admin.listPartitionReassignments({ topics: [{ topic: 't', partitions: [0] }] })
    await admin.deleteTopics({ topics: ['t'], timeout: 100 })
    admin.on(admin.events.REQUEST_QUEUE_SIZE, ({ payload: { queueSize } }) => queueSize.toFixed())
    return (await admin.fetchTopicMetadata({ topics: ['t'] })).topics
  }
}

const myPartitioner: ICustomPartitioner = () => ({ topic, partitionMetadata, message }: PartitionerArgs): number => {
  const led: PartitionMetadata[] = partitionMetadata.filter(({ leader }) => leader >= 0)
  return led[(topic.length + String(message.key).length) % led.length].partitionId
}

const myAssigner: PartitionAssigner = ({ cluster, groupId, logger }): Assigner => ({
  name: 'Mine',
  version: 1,
  protocol: ({ topics }) => ({
    name: 'Mine',
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) })
  }),
  assign: async ({ members, topics }) => {
    logger.info(groupId, { topics })
    return members.map(({ memberId, memberMetadata }) => {
      const decoded = AssignerProtocol.MemberMetadata.decode(memberMetadata)
      const assignment: { [topic: string]: number[] } = {}
      for (const topic of decoded ? decoded.topics : []) {
        assignment[topic] = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)
      }
      return {
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) })
      }
    })
  }
})

CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async (encoder: { buffer: Buffer }) => encoder.buffer,
  decompress: async (buffer: Buffer) => buffer
})

const headers: IHeaders = { one: 'a', many: ['a', Buffer.from('b')], none: undefined }
const messages: Message[] = [{ key: null, value: null }, { key: Buffer.alloc(1), value: 'v', headers, partition: 0, timestamp: '1' }]
const topicMessages: TopicMessages[] = [{ topic: 't', messages }]

export async function main (payload: ConsumerEachMessagePayload, batch: ConsumerEachBatchPayload & EachMessagePayload) {
  const service = new Service(config, {
    groupId: 'g',
    partitionAssigners: [myAssigner, PartitionAssigners.roundRobin],
    sessionTimeout: 1,
    rebalanceTimeout: 1,
    heartbeatInterval: 1,
    metadataMaxAge: 1,
    maxBytesPerPartition: 1,
    minBytes: 1,
    maxBytes: 1,
    maxWaitTimeInMs: 1,
    retry: { retries: 1, restartOnFailure: async error => error.message !== 'x' },
    allowAutoTopicCreation: true,
    maxInFlightRequests: 1,
    readUncommitted: true,
    rackId: 'r'
  }, {
    createPartitioner: Math.random() > 2 ? myPartitioner : Partitioners.LegacyPartitioner,
    allowAutoTopicCreation: false,
    idempotent: true,
    transactionalId: 't',
    transactionTimeout: 1,
    maxInFlightRequests: 1
  })
  await service.send({ topic: 't', messages, acks: 1, timeout: 1, compression: CompressionTypes.GZIP }, { topicMessages })
  await service.consume({ topics: ['t', /x/], fromBeginning: true })
  return [payload.message.offset, batch.topic]
}

// a subclass, and a stand-in as tests have it
export class Sub extends Kafka {
  producer (config?: ProducerConfig): Producer {
    return super.producer({ ...config, idempotent: true })
  }
}
export const standIn: Pick<Admin, 'listTopics' | 'connect'> = { listTopics: async () => [], connect: async () => {} }

// what a test of a service puts in the place of a client
export const pretended: Transaction = {
  send: async ({ topic, messages }: ProducerRecord) => [{ topicName: topic, partition: messages.length, errorCode: 0 }],
  sendBatch: async ({ topicMessages }: ProducerBatch) => topicMessages ? [] : [],
  sendOffsets: async ({ consumerGroupId, topics }: Offsets & { consumerGroupId: string }) => {
    console.log(consumerGroupId.length, topics[0].partitions[0].offset)
  },
  commit: async () => {},
  abort: async () => {},
  isActive: () => true
}
export const spied: ProducerRecord[] = []
export const watch = (send: Producer['send']): Producer['send'] => async (record: ProducerRecord) => {
  spied.push(record)
  return send(record)
}
export const firstCall = ([record]: Parameters<Producer['send']>): ProducerRecord => record
