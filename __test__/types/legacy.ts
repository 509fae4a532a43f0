// A service as people write it against kafka-node 5.0.0: compiles with its typings and with ours.
import * as kafka from 'kafka-node'
import {
  AckBatchOptions, BrokerMetadataResponse, Chunk, ClusterMetadataResponse, Consumer, ConsumerGroup,
  ConsumerGroupOptions, ConsumerGroupStream, ConsumerGroupStreamOptions, ConsumerOptions, CreateTopicRequest,
  CreateTopicResponse, CustomPartitionAssignmentProtocol, CustomPartitioner, HighLevelProducer, KafkaClient,
  KafkaClientOptions, KeyedMessage, Message, MetadataResponse, Offset, OffsetCommitRequest, OffsetFetchRequest,
  OffsetRequest, ProduceRequest, Producer, ProducerOptions, ProducerStream, ProducerStreamOptions, RetryOptions, Topic,
  TopicsNotExistError
} from 'kafka-node'

const retry: RetryOptions = { retries: 2, factor: 2, minTimeout: 10, maxTimeout: 100, randomize: false }
const clientOptions: KafkaClientOptions = {
  kafkaHost: 'a:9092,b:9092',
  connectTimeout: 1000,
  requestTimeout: 2000,
  autoConnect: false,
  connectRetryOptions: retry,
  sslOptions: { rejectUnauthorized: true },
  clientId: 'billing',
  idleConnection: 1000,
  reconnectOnIdle: true,
  maxAsyncRequests: 4,
  sasl: { mechanism: 'plain', username: 'u', password: 'p' }
}

const client = new KafkaClient(clientOptions)
client.on('ready', () => {}).on('error', (err: Error) => {}).once('connect', () => {})
client.on('socket_error', err => err.code)
client.topicExists(['a'], (err?: TopicsNotExistError) => { if (err) ([] as string[]).concat(err.topics) })
client.refreshMetadata(['a'], (err?: Error) => {})
client.refreshMetadata(['a'])
client.sendOffsetCommitV2Request('g', -1, '', [{ topic: 'a', offset: 1 }], (err: Error | null, data: object) => {})
client.loadMetadataForTopics(['a'], (err: Error, result: MetadataResponse) => {
  const brokers: BrokerMetadataResponse = result[0]
  const cluster: ClusterMetadataResponse = result[1]
  const leader: number = cluster.metadata.a[0].leader
  const host: string = brokers[leader].host
  return host
})
const wanted: CreateTopicRequest = {
  topic: 'a',
  partitions: 1,
  replicationFactor: 1,
  configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
  replicaAssignment: [{ partition: 0, replicas: [1] }]
}
client.createTopics([wanted], (err, failed: CreateTopicResponse[]) => failed.map(({ topic, error }) => topic + error))

const byLength: CustomPartitioner = (partitions, key) => partitions[key.length % partitions.length]
const producerOptions: ProducerOptions = { requireAcks: -1, ackTimeoutMs: 10, partitionerType: 4 }
const producer: Producer = new HighLevelProducer(client, producerOptions, byLength)
const payloads: ProduceRequest[] = [
  { topic: 'a', messages: 'plain', key: 'k', partition: 0, attributes: 1 },
  { topic: 'a', messages: ['plain', Buffer.from('bytes'), new KeyedMessage('k', 'v')] },
  { topic: 'a', messages: { key: 'k', value: Buffer.alloc(1) } as KeyedMessage }
]
producer.once('ready', () => producer.send(payloads, (err: Error | null, data: { [topic: string]: object }) => {}))
producer.send(payloads, () => {})
producer.createTopics(['a'], (err: Error, data: string[]) => {})
producer.createTopics(['a'], true, (err, data) => data.length)
producer.close()

const streamOptions: ProducerStreamOptions = { kafkaClient: clientOptions, producer: producerOptions, highWaterMark: 9 }
class LoggingProducerStream extends ProducerStream {
  written = 0

  _write (message: ProduceRequest, encoding: 'buffer' | 'utf8', cb: (error: any, data: any) => any): void {
    this.written++
    super._write(message, encoding, cb)
  }

  _writev (chunks: Chunk[], cb: (error: any, data: any) => any): void {
    chunks.map(({ chunk }) => chunk.topic)
    super._writev(chunks, cb)
  }
}
const producerStream = new LoggingProducerStream(streamOptions)
producerStream.sendPayload(payloads, (err: Error, data: any) => {})
producerStream.write({ topic: 'a', messages: 'x' }, err => {})
producerStream.close(() => {})

const consumerOptions: ConsumerOptions = {
  groupId: 'g',
  autoCommit: false,
  autoCommitIntervalMs: 1,
  fetchMaxWaitMs: 1,
  fetchMinBytes: 1,
  fetchMaxBytes: 1,
  fromOffset: true,
  encoding: 'buffer',
  keyEncoding: 'utf8'
}
const partitions: OffsetFetchRequest[] = [{ topic: 'a', partition: 0, offset: 3 }]
const consumer = new Consumer(client, [...partitions, 'b'], consumerOptions)
consumer.on('message', message => {
  const text: string = message.value.toString()
  const next: number = message.offset! + 1
  return text + next
})
consumer.on('offsetOutOfRange', (err: { topic: string, partition: number }) => {
  consumer.setOffset(err.topic, err.partition, 0)
})
consumer.addTopics(['c'], (err, added: string[]) => added.length)
consumer.addTopics<Topic[]>([{ topic: 'c', offset: 1, encoding: 'utf8', autoCommit: true }], () => {}, true)
consumer.removeTopics('c', (err, removed: number) => removed + 1)
consumer.commit(true, (err: Error, data: any) => {})
consumer.commit((err, data) => data)
consumer.pauseTopics(['a', { topic: 'b', partition: 0 }])
consumer.client.close(() => {})
consumer.close(true, (err: Error) => {})
consumer.close(() => {})

const sticky: CustomPartitionAssignmentProtocol = {
  name: 'sticky',
  version: 0,
  userData: { zone: 'x' },
  assign (topics: { [topic: string]: string[] }, members: Array<{ id: string }>, cb) {
    cb(null, members.map(({ id }) => ({ memberId: id, topicPartitions: topics, version: 0 })))
  }
}
const batch: AckBatchOptions = { noAckBatchSize: null, noAckBatchAge: 1 }
const groupOptions: ConsumerGroupOptions = {
  kafkaHost: 'a:9092',
  batch,
  ssl: true,
  groupId: 'g',
  sessionTimeout: 1000,
  protocol: ['roundrobin', 'range', sticky],
  fromOffset: 'earliest',
  outOfRangeOffset: 'none',
  onRebalance: async () => {}
}
const groupId: string = groupOptions.groupId
const group = new ConsumerGroup({ ...groupOptions, groupId: groupId + '-2' }, 'a')
group.on('message', (message: Message) => message.highWaterOffset)
group.on('rebalanced', () => {})
group.on('error', (err: Error) => {})
group.addTopics(['b'], (err, added: string[] | Topic[]) => {})
group.addTopics([{ topic: 'c' }])
group.removeTopics(['b'], (err: Error, removed: number) => {})
group.commit(true, () => {})
const commits: OffsetCommitRequest[] = [{ topic: 'a', partition: 0, offset: 1, metadata: 'm' }]
group.sendOffsetCommitRequest(commits, (err: any, data: any) => {})
group.setOffset('a', 0, 0)
group.pause()
group.resume()
group.client.topicExists(['a'], () => {})
const member: string = group.memberId + group.generationId
group.close(() => {})

const groupStreamOptions: ConsumerGroupStreamOptions = { ...groupOptions, highWaterMark: 10 }
const groupStream = new ConsumerGroupStream(groupStreamOptions, ['a'])
groupStream.on('data', (message: Message) => groupStream.commit(message, true, (err: Error, data: any) => {}))
groupStream.consumerGroup.on('rebalancing', () => {})
groupStream.client.close()
groupStream.pipe(producerStream)
groupStream.close(() => {})

const offset = new Offset(client)
const times: OffsetRequest[] = [{ topic: 'a' }, { topic: 'a', partition: 1, time: -1, maxNum: 2 }]
offset.on('ready', () => {})
offset.fetch(times, (err: Error, data: { a: { [partition: number]: number[] } }) => {})
offset.commit('g', commits, () => {})
offset.fetchCommits('g', partitions, (err: any, data: any) => {})
offset.fetchLatestOffsets(['a'], (err, data) => data.a[0])
offset.fetchEarliestOffsets(['a'], (err: Error, data: any) => {})

// a class that stands in for one of the package's, like a test double
class Recorder extends kafka.Producer {
  sent: kafka.ProduceRequest[] = []

  send (requests: kafka.ProduceRequest[], cb: (error: any, data: any) => any) {
    this.sent.push(...requests)
    cb(null, {})
  }
}

export { member, Recorder }
