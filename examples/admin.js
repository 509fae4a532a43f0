'use strict'

// Creates a topic, shows how it is configured, and lists the groups of the cluster with their members.

const { Admin, KafkaClient } = require('kafka-node')

const topic = process.argv[2] || 'example-admin'

const client = new KafkaClient({ kafkaHost: process.env.KAFKA_BROKERS || '127.0.0.1:9092' })
const admin = new Admin(client)

admin.on('error', (err) => console.error(err.message))

const wanted = {
  topic,
  partitions: 3,
  replicationFactor: 1,
  configEntries: [{ name: 'retention.ms', value: String(24 * 60 * 60 * 1000) }]
}

admin.createTopics([wanted], (err, failed) => {
  if (err) return finish(err)
  for (const { error } of failed) console.log('not created:', error)

  const resources = [{ resourceType: admin.RESOURCE_TYPES.topic, resourceName: topic, configNames: ['retention.ms'] }]
  admin.describeConfigs({ resources, includeSynonyms: true }, (err, configs) => {
    if (err) return finish(err)
    console.log(JSON.stringify(configs, null, 2))

    admin.listGroups((err, groups) => {
      if (err) return finish(err)
      console.log('groups', JSON.stringify(groups))
      const consumers = Object.keys(groups).filter((name) => groups[name] === 'consumer')
      admin.describeGroups(consumers, (err, descriptions) => {
        if (err) return finish(err)
        for (const { groupId, state, members } of Object.values(descriptions)) {
          console.log(groupId, state, JSON.stringify(members.map((member) => member.memberAssignment.partitions)))
        }
        finish()
      })
    })
  })
})

function finish (err) {
  if (err) {
    console.error(err.message)
    process.exitCode = 1
  }
  client.close()
}
