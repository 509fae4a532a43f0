// Every public class and option, as the documentation shows them.
import {
  Admin, CommitStream, Consumer, ConsumerGroup, ConsumerGroupStream, ConsumerStream, CustomPartitioner,
  CyclicPartitioner, DefaultPartitioner, GroupMember, HighLevelProducer, KafkaClient, KeyedMessage, KeyedPartitioner,
  MessageHeaders, Offset, PartitionAssignment, PartitionOffsets, Partitioner, ProduceResult, Producer, ProducerStream,
  QueueFullError, RandomPartitioner
} from 'kafka-node'

const client = new KafkaClient({
  kafkaHost: 'localhost:9092',
  requestTimeout: false,
  noAckBatchOptions: { noAckBatchSize: 1024, noAckBatchAge: 10 },
  versions: { disabled: false, requestTimeout: 500 },
  statisticsInterval: 1000
})
// @ts-expect-error: a misspelt option is caught
new KafkaClient({ kafkaHosts: 'localhost:9092' })
client.on('statistics', statistics => statistics.brokers)
client.loadMetadataForTopics(null, (err, [brokers, { metadata, clusterMetadata }]) => {
  const { host, port } = brokers[clusterMetadata.controllerId]
  return `${host}:${port}` in metadata
})
client.createTopics(['a'], false, () => {})
client.sendOffsetFetchV1Request('group', { a: [0, 1] }, (err, offsets: PartitionOffsets) => offsets.a[0])
const inSync: number[] = client.topicMetadata.a[0].isr
const broker: { host: string, port: number } = client.brokerMetadata[client.clusterMetadata.controllerId]

const headers: MessageHeaders = { trace: 'abc', raw: Buffer.from('x'), many: ['a', Buffer.from('b')] }
const producer = new Producer(client, { partitionerType: Producer.PARTITIONER_TYPES.keyed })
producer.send([{ topic: 'a', messages: ['v', null, new KeyedMessage('k', null)], timestamp: Date.now(), headers }],
  (err: Error | null, result: ProduceResult) => {
    const queueFull = err as QueueFullError
    if (err && queueFull.code === 'ERR_QUEUE_FULL' && queueFull.retriable) return
    return result.a[0]
  })
producer.send([])
producer.close()
new HighLevelProducer(client, null, (partitions, key) => partitions[key.length % partitions.length])
  .createTopics(['a'], true)
const first: CustomPartitioner = partitions => partitions[0]
const produced = new ProducerStream({ producer: { partitionerType: 4, customPartitioner: first } })
produced.sendPayload({ topic: 'a', messages: 'v' }, (err, result: ProduceResult) => result)
produced.producer.partitioner.getPartition([0, 1], 'key')

const keyed = new KeyedPartitioner()
const partitioners: Partitioner[] = [
  new DefaultPartitioner(), new CyclicPartitioner(), new RandomPartitioner(), keyed,
  new CustomPartitioner((partitions, key) => partitions[keyed.hashCode(key) % partitions.length])
]
const choices: number[] = partitioners.map(partitioner => partitioner.getPartition([0, 1, 2], 'key'))

const consumer = new Consumer(client, ['a', { topic: 'b', partition: 1 }])
consumer.on('message', ({ timestamp, headers = {} }) => [timestamp && timestamp.getTime(), headers.trace])
consumer.on('done', topics => topics.a).on('processingfetch', () => {})
consumer.addTopics([{ topic: 'c', partition: 2, offset: 5 }], err => err, true)
consumer.commit(true)
consumer.commit()
consumer.close()
const position: number = consumer.payloads[0].offset

const consumed = new ConsumerStream(client, ['a'], { encoding: 'latin1', autoCommitMsgCount: 10, highWaterMark: 50 })
const committing: CommitStream = consumed.createCommitStream({ autoCommit: true, passthrough: true })
consumed.pipe(committing).on('commitComplete', ({ group, commits }) => [group, commits])
committing.commit(() => committing.clearInterval())
consumed.close(() => {})

const group = new ConsumerGroup({
  groupId: 'group',
  clientId: 'client',
  connectTimeout: 1000,
  commitOffsetsOnFirstJoin: false,
  topicPartitionCheckInterval: 1000,
  statisticsInterval: 1000,
  keyEncoding: 'hex',
  paused: true,
  protocol: [{
    name: 'first-takes-all',
    version: 0,
    assign (topicPartitions, members: GroupMember[], cb: (err: Error | null, result: PartitionAssignment[]) => void) {
      cb(null, members.map(({ id }, i) =>
        ({ memberId: id, topicPartitions: i === 0 ? topicPartitions : {}, version: 0 })))
    }
  }],
  onRebalance: (isAlreadyMember, callback) => callback(isAlreadyMember ? null : new Error('not yet'))
}, ['a'])
group.on('statistics', () => {}).on('done', topics => topics).once('connect', () => group.connect())
group.addTopics('b')
group.sendOffsetCommitRequest([{ topic: 'a', offset: 1 }])
group.close(true)
const owned: string[] = group.topicPayloads.map(({ topic, partition, offset }) => `${topic}/${partition}@${offset}`)

const groupStream = new ConsumerGroupStream({ groupId: 'group' }, 'a')
export async function read () {
  for await (const message of groupStream) groupStream.commit(message)
  groupStream.commit(null, true)
  groupStream.close()
}

const offset = new Offset(client)
offset.on('connect', () => {}).on('error', err => err.message)
offset.fetchCommitsV1('group', [{ topic: 'a' }], (err, offsets: PartitionOffsets) => offsets)

const admin = new Admin(client)
admin.on('ready', () => {}).on('error', () => {})
admin.listGroups((err, groups) => groups.group === 'consumer')
admin.describeGroups(['group'], (err, groups) =>
  groups.group.members.map(({ memberMetadata, memberAssignment }) =>
    [memberMetadata.subscription, memberAssignment.partitions.a]))
admin.listTopics((err, result) => Object.keys(result[1].metadata))
admin.createTopics([{ topic: 'a', partitions: 1, replicationFactor: 1 }], (err, failed) => failed.map(f => f.error))
admin.describeConfigs({ resources: [{ resourceType: admin.RESOURCE_TYPES.topic, resourceName: 'a' }] },
  (err, [{ configEntries }]) => configEntries.map(({ configName, configValue }) => [configName, configValue]))

export { inSync, broker, choices, position, owned }
