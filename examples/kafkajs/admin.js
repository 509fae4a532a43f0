'use strict'

// Makes a topic, changes how long it keeps messages and nothing else, and shows how far a group is behind.
//
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/kafkajs/admin.js

const { ConfigResourceTypes, Kafka, Partitioners, logLevel } = require('kafkajs')

const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',')
const topic = `stock-${Date.now().toString(36)}`
const groupId = `counters-${topic}`

const kafka = new Kafka({ clientId: 'admin', brokers, logLevel: logLevel.ERROR })

async function main () {
  const admin = kafka.admin()
  await admin.connect()
  const { brokers: nodes, controller } = await admin.describeCluster()
  console.log(`${nodes.length} broker(s), the controller is ${controller}`)

  await admin.createTopics({
    topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'segment.ms', value: '3600000' }] }]
  })
  // alterConfigs, as KafkaJS has it, would take segment.ms away
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
  await admin.incrementalAlterConfigs({
    resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '86400000' }] }]
  })
  const { resources: [{ configEntries }] } = await admin.describeConfigs({
    resources: [{ ...resource, configNames: ['retention.ms', 'segment.ms'] }]
  })
  for (const { configName, configValue } of configEntries) console.log(`${configName} is ${configValue}`)

  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic, messages: [1, 2, 3].map((count) => ({ partition: 0, value: `${count} boxes` })) })
  await producer.disconnect()

  // as if the group had read the first one
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] })
  for (const { partitions } of await admin.fetchGroupLag({ groupId, topics: [topic] })) {
    for (const { partition, offset, high, lag } of partitions) {
      console.log(`partition ${partition}: read to ${offset} of ${high}, ${lag} behind`)
    }
  }

  await admin.deleteGroups([groupId])
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
