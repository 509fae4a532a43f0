// What KafkaJS does not have.
import {
  ConfigResourceTypes, Consumer, ConsumerLag, Kafka, KafkaJSError, NativeHeaders, NativeMessage, PartitionAssigners,
  ProducerRecord, RebalanceEvent, Transaction
} from 'kafkajs'

const kafka = new Kafka({
  brokers: ['localhost:9092'],
  sasl: {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () =>
      ({ value: 'token', lifetime: Date.now() + 1000, principalName: 'me', extensions: { logicalCluster: 'x' } })
  }
})

const moved = async ({ type, partitions, lost, commitOffsets, uncommittedOffsets }: RebalanceEvent) => {
  if (type === 'revoke' && !lost) await commitOffsets()
  console.log(partitions[0].partitions.length, uncommittedOffsets().topics.length)
}
const consumer = kafka.consumer({
  groupId: 'g',
  groupInstanceId: 'one',
  partitionAssigners: [PartitionAssigners.cooperativeSticky],
  onRebalance: moved
})
kafka.consumer({ groupId: 'g', groupProtocol: 'consumer', groupRemoteAssignor: 'uniform' })
// @ts-expect-error: there is no such protocol
kafka.consumer({ groupId: 'g', groupProtocol: 'modern' })
// @ts-expect-error: a misspelt option is found
kafka.consumer({ groupId: 'g', groupInstanceID: 'x' })
// @ts-expect-error: a group needs an id
kafka.consumer({})

export async function main () {
  for await (const { topic, partition, message, heartbeat } of consumer.messages({ autoCommitInterval: 1000 })) {
    const { offset, value, headers } = message
    console.log(topic.length + partition, offset.length, value && value.toString(), headers && headers.trace)
    await heartbeat()
    break
  }
  for await (const { batch, resolveOffset } of consumer.batches({ eachBatchAutoResolve: false })) {
    console.log(batch.topic, batch.messages.length)
    resolveOffset(batch.lastOffset())
  }
  const lags: ConsumerLag[] = await consumer.lag()
  console.log(lags[0].partitions[0].lag.length)
  const transaction = await kafka.producer({ transactionalId: 't' }).transaction()
  const topics = [{ topic: 't', partitions: [{ partition: 0, offset: '1', metadata: null }] }]
  await transaction.sendOffsets({ consumer, topics })
  await transaction.sendOffsets({ consumerGroupId: 'g', topics })
  await transaction.sendOffsets({ consumer, consumerGroupId: 'g', topics })
  await transaction.sendOffsets({
    consumer, topics: [{ topic: 't', partitions: [{ partition: 0, offset: '1', metadata: 'm' }] }]
  })
  // @ts-expect-error: whose offsets?
  await transaction.sendOffsets({ topics })
  // @ts-expect-error: a member is named by its consumer
  await transaction.sendOffsets({ consumerGroupId: 'g', topics, groupMetadata: {} })
  // @ts-expect-error: an id is no consumer
  await transaction.sendOffsets({ consumer: 'g', topics })
  const headers: NativeHeaders = { none: null, many: ['a', null, Buffer.from('b')], left: undefined }
  const messages: NativeMessage[] = [{ value: 'v', headers }]
  await transaction.send({ topic: 't', messages })
  await kafka.producer().send({ topic: 't', messages: [{ value: 'v', headers: { none: null } }] })
  await kafka.producer().sendBatch({ topicMessages: [{ topic: 't', messages }], acks: -1 })
  // @ts-expect-error: neither text nor bytes
  await kafka.producer().send({ topic: 't', messages: [{ value: 'v', headers: { none: 1 } }] })
  // programs for KafkaJS find its own types where they look for them
  const sent: Parameters<Transaction['send']> = [{ topic: 't', messages: [] }]
  const record: ProducerRecord = sent[0]
  console.log(record.topic)

  const plain: Consumer = consumer
  await plain.disconnect()

  try {
    await transaction.commit()
  } catch (error) {
    if (!(error instanceof KafkaJSError)) throw error
    const fatal: boolean | undefined = error.fatal
    if (!fatal && error.abortable) await transaction.abort()
  }

  const admin = kafka.admin()
  await admin.incrementalAlterConfigs({
    resources: [{
      type: ConfigResourceTypes.TOPIC,
      name: 't',
      configEntries: [
        { name: 'retention.ms', value: '1' },
        { name: 'cleanup.policy', value: 'compact', operation: 'append' },
        { name: 'segment.ms', operation: 'delete' }
      ]
    }]
  })
  // @ts-expect-error: only `delete` needs no value
  await admin.incrementalAlterConfigs({ resources: [{ type: 2, name: 't', configEntries: [{ name: 'retention.ms' }] }] })
  const { topics: [{ partitions: [{ leaderEpoch, isr, offlineReplicas }], error }] } =
    await admin.describeTopics({ topics: ['t'] })
  console.log(leaderEpoch.toFixed(), isr.length + offlineReplicas.length, error?.code)
  await admin.deleteGroupOffsets({ groupId: 'g', topics: [{ topic: 't', partitions: [0] }] })
  const [{ topic, partition, elected }] = await admin.electLeaders({ electionType: 'unclean' })
  console.log(topic, partition, elected)
  const { users: [{ user, credentials: [{ mechanism, iterations }] }] } = await admin.describeUserScramCredentials()
  console.log(user, mechanism === 'SCRAM-SHA-256', iterations)
  const [lag] = await admin.fetchGroupLag('g')
  console.log(lag.partitions[0].high, await admin.fetchGroupLag({ groupId: 'g', topics: ['t'] }))
}
