// What KafkaJS does not have.
import { ConfigResourceTypes, Consumer, ConsumerLag, Kafka, PartitionAssigners, RebalanceEvent } from 'kafkajs'

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
  await transaction.sendOffsets({ consumer, topics: [{ topic: 't', partitions: [{ partition: 0, offset: '1' }] }] })
  const plain: Consumer = consumer
  await plain.disconnect()

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
