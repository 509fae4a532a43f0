'use strict'

const { until } = require('../../support/emissions')
const { section } = require('../support/section')

const ACL = {
  resourceType: 2, resourceName: 't', resourcePatternType: 3, principal: 'User:b', host: '*',
  operation: 3, permissionType: 3
}

/** @template {{ partition: number }} T @param {T[]} list */
const byPartition = (list) => [...list].sort((a, b) => a.partition - b.partition)

/** @param {any[]} list of `fetchOffsets` */
const offsets = (list) => list.map(({ topic, partitions }) => ({ topic, partitions: byPartition(partitions) }))

/**
 * The controller confirms a change before brokers have it.
 *
 * @param {import('kafkajs').Admin} admin
 * @param {string} name of a topic
 * @param {string} entry
 * @param {string} value to wait for
 */
async function configured (admin, name, entry, value) {
  await until(async () => {
    const { resources: [{ configEntries }] } =
      await admin.describeConfigs({ resources: [{ type: 2, name, configNames: [entry] }], includeSynonyms: false })
    return configEntries[0].configValue === value
  })
}

/** Arguments that are refused before a broker sees them. */
const REFUSED = {
  createTopics: [undefined, 5, [{ topic: 5 }], [{ topic: 'a' }, { topic: 'a' }], [{ topic: 'a', configEntries: 5 }],
    [{ topic: 'a', configEntries: [5] }], [{ topic: 'a', configEntries: [{}] }],
    [{ topic: 'a', configEntries: [{ name: 'x', value: 1 }] }]].map((topics) => ({ topics })),
  deleteTopics: [undefined, [5]].map((topics) => ({ topics })),
  createPartitions: [undefined, [], [{ topic: 5 }], [{ topic: 'a' }, { topic: 'a' }]].map((topicPartitions) =>
    ({ topicPartitions })),
  fetchTopicMetadata: [[5], ['']].map((topics) => ({ topics })),
  fetchTopicOffsets: [undefined, 5, ''],
  fetchTopicOffsetsByTimestamp: [undefined, 5, ''],
  fetchOffsets: [{}, { groupId: 'g', topics: 5 }],
  setOffsets: [{}, { groupId: 'g' }, { groupId: 'g', topic: 't' }, { groupId: 'g', topic: 't', partitions: [] }],
  resetOffsets: [{}, { groupId: 'g' }],
  describeConfigs: [undefined, [], [{ type: 99, name: 'x' }], [{ type: 2 }], [{ type: 2, name: 'x', configNames: 5 }]]
    .map((resources) => ({ resources })),
  alterConfigs: [undefined, [], [{ type: 99, name: 'x' }], [{ type: 2 }], [{ type: 2, name: 'x' }],
    [{ type: 2, name: 'x', configEntries: [{ name: 'y' }] }]].map((resources) => ({ resources })),
  deleteGroups: [undefined, [5], [true]],
  deleteTopicRecords: [{}, { topic: 5 }, { topic: 't', partitions: [] }],
  createAcls: [undefined, [], [{}], [{ ...ACL, operation: 99 }], [{ ...ACL, permissionType: 99 }]]
    .map((acl) => ({ acl })),
  deleteAcls: [undefined, [], [{ ...ACL, resourceType: 99 }]].map((filters) => ({ filters })),
  describeAcls: [{ ...ACL, host: 5 }, { ...ACL, principal: 5 }, { ...ACL, resourcePatternType: 99 }],
  alterPartitionReassignments: [undefined, [{ topic: 5 }], [{ topic: 'a' }],
    [{ topic: 'a', partitionAssignment: [{ partition: -1 }] }],
    [{ topic: 'a', partitionAssignment: [{ partition: 0, replicas: [-1] }] }]].map((topics) => ({ topics })),
  listPartitionReassignments: [5, [{ topic: 5 }], [{ topic: 'a' }], [{ topic: 'a', partitions: [-1] }]]
    .map((topics) => ({ topics }))
}

module.exports = section('Admin', (scenario) => {
  scenario('arguments that are refused', { contract: '5' }, async (t) => {
    const admin = await t.connectedAdmin()
    for (const [method, list] of Object.entries(REFUSED)) {
      for (const argument of list) await t.outcome(method, () => admin[method](argument))
    }
  })

  scenario('without connect', { contract: '5' }, async (t) => {
    await t.outcome('used', async () => (await t.admin().describeCluster()).brokers.length)
  })

  scenario('topics', { contract: '5 (Q79)' }, async (t) => {
    const admin = await t.connectedAdmin()
    const [one, two] = [t.name(), t.name()]
    const create = (topics, options) =>
      t.outcome('created', () => admin.createTopics({ topics, waitForLeaders: false, ...options }))
    await create([{ topic: one, numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '100000' }] }])
    await t.visible(one)
    await create([{ topic: one }])
    await create([{ topic: one }, { topic: 'bad/name' }, { topic: t.name(), replicationFactor: 9 }])
    await create([])
    await create([{ topic: t.name(), configEntries: [{ name: 'no.such.entry', value: '1' }] }])
    await create([{ topic: two }], { validateOnly: true })
    await t.eventually(async () => {
      // KafkaJS fails while any topic of the cluster is without a leader (Q78).
      const names = await admin.listTopics().catch(() => null)
      if (names) t.log('listed', names.filter((/** @type {string} */ topic) => [one, two].includes(topic)))
      return names !== null
    }, 'the list')
    await t.outcome('metadata', () => admin.fetchTopicMetadata({ topics: [one] }), ({
      topics: [{ name, partitions }]
    }) => ({
      name,
      partitions: partitions.map(({ partitionId, ...rest }) => ({ partitionId, ...rest }))
        .sort((a, b) => a.partitionId - b.partitionId)
    }))
    await t.outcome('metadata', () => admin.fetchTopicMetadata({ topics: ['no-such-topic'] }))
    await t.outcome('deleted', () => admin.deleteTopics({ topics: [one] }))
    await t.outcome('deleted', () => admin.deleteTopics({ topics: [two] }))
  })

  scenario('a topic that is waited for', {
    contract: '5 (Q80)',
    meant: { created: { id: 'Q80', original: 'varies', ours: ['resolves true', 'resolves 3'] } }
  }, async (t) => {
    const [topic, admin] = [t.name(), await t.connectedAdmin()]
    await t.outcome('created', () => admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }))
    await t.outcome('created', () => admin.fetchTopicMetadata({ topics: [topic] }),
      ({ topics: [{ partitions }] }) => partitions.length)
  })

  scenario('a topic that is only looked at', {
    contract: '5 (Q80)',
    meant: { created: { id: 'Q80', original: [/^rejects \[/], ours: ['resolves true'] } }
  }, async (t) => {
    const admin = await t.connectedAdmin()
    await t.outcome('created', () =>
      admin.createTopics({ topics: [{ topic: t.name() }], validateOnly: true, timeout: 500 }))
  })

  scenario('more partitions', { contract: '5' }, async (t) => {
    const topic = await t.topic(2)
    const admin = await t.connectedAdmin()
    for (const count of [4, 3, 0]) {
      await t.outcome('created', () => admin.createPartitions({ topicPartitions: [{ topic, count }] }))
    }
    await t.outcome('created', () =>
      admin.createPartitions({ topicPartitions: [{ topic: 'no-such-topic', count: 5 }] }))
    await t.outcome('looked at', () =>
      admin.createPartitions({ topicPartitions: [{ topic, count: 9 }], validateOnly: true }))
  })

  scenario('the cluster', { contract: '5' }, async (t) => {
    const admin = await t.connectedAdmin()
    await t.outcome('described', () => admin.describeCluster())
  })

  scenario('offsets of topics', { contract: '5' }, async (t) => {
    const topic = await t.topic(3)
    await t.produce(topic, Array.from({ length: 12 }, (_, i) =>
      ({ value: String(i), partition: i % 3, timestamp: String(1700000000000 + i * 1000) })))
    const admin = await t.connectedAdmin()
    await t.outcome('all', () => admin.fetchTopicOffsets(topic), byPartition)
    for (const time of [undefined, 1700000004000, 1700000004001, 1800000000000, 0]) {
      await t.outcome('by time', () => admin.fetchTopicOffsetsByTimestamp(topic, time), byPartition)
    }
    await t.outcome('unknown', () => admin.fetchTopicOffsets('no-such-topic'))
  })

  scenario('offsets of groups', { contract: '5' }, async (t) => {
    const [topic, group] = [await t.topic(2), t.name('group')]
    await t.produce(topic, [{ value: 'a', partition: 0 }, { value: 'b', partition: 0 }])
    const admin = await t.connectedAdmin()
    const fetched = (options) => t.outcome('fetched', () => admin.fetchOffsets(options), offsets)
    await fetched({ groupId: group })
    await fetched({ groupId: group, topics: [topic] })
    await t.outcome('set', () =>
      admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '1' }] }))
    await fetched({ groupId: group })
    await fetched({ groupId: group, topics: [topic] })
  })

  scenario('offsets that are reset', {
    contract: '5 (Q76)',
    meant: {
      latest: { id: 'Q76', original: ['{ 0: -1 }'], ours: ['{ 0: 2 }'] },
      earliest: { id: 'Q76', original: ['{ 0: -2 }'], ours: ['{ 0: 0 }'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'a', partition: 0 }, { value: 'b', partition: 0 }])
    const admin = await t.connectedAdmin()
    for (const [track, earliest] of Object.entries({ latest: false, earliest: true })) {
      const groupId = t.name('group')
      await t.outcome('reset', () => admin.resetOffsets({ groupId, topic, earliest }))
      const [{ partitions }] = await t.administer((other) => other.fetchOffsets({ groupId, topics: [topic] }))
      t.log(track, Object.fromEntries(partitions.map(({ partition, offset }) => [partition, Number(offset)])))
    }
  })

  scenario('a group that runs', { contract: '5' }, async (t) => {
    const [topic, groupId] = [await t.topic(), t.name('group')]
    await t.start(t.consumer({ groupId }), topic, { eachMessage: async () => {} })
    const admin = await t.connectedAdmin()
    await t.outcome('set', () => admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] }))
    await t.outcome('reset', () => admin.resetOffsets({ groupId, topic }))
    await t.outcome('deleted', () => admin.deleteGroups([groupId]))
    await t.outcome('listed', () => admin.listGroups(), ({ groups }) =>
      groups.filter((group) => group.groupId === groupId))
    await t.outcome('described', () => admin.describeGroups([groupId]), ({ groups: [{ members, ...group }] }) =>
      ({ ...group, members: members.map((member) => Object.keys(member)) }))
  })

  scenario('groups', {
    contract: '5 (Q75)',
    meant: {
      // Ours commits without becoming a member, so that the group has no protocol.
      protocolType: { id: 'Q75', original: ["'consumer' ''"], ours: ["'' ''"] }
    }
  }, async (t) => {
    const [topic, groupId, missing] = [await t.topic(), t.name('group'), t.name('missing')]
    const admin = await t.connectedAdmin()
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] })
    await t.outcome('described', () => admin.describeGroups([groupId, missing]), ({ groups }) => {
      // KafkaJS's come in any order.
      groups.sort((a, b) => a.state < b.state ? 1 : -1)
      t.log('protocolType', ...groups.map((group) => group.protocolType))
      return groups.map(({ protocolType, ...group }) => group)
    })
    await t.outcome('none', () => admin.describeGroups([]))
    await t.outcome('none', () => admin.deleteGroups([]))
    await t.outcome('deleted', () => admin.deleteGroups([groupId]))
    await t.outcome('missing', () => admin.deleteGroups([missing]))
  })

  scenario('configurations', { contract: '5 (Q87)' }, async (t) => {
    const topic = await t.topic(1, { 'retention.ms': 100000, 'cleanup.policy': 'compact' })
    const admin = await t.connectedAdmin()
    const describe = (options) => t.outcome('described', () => admin.describeConfigs({
      resources: [{ type: 2, name: topic, configNames: ['retention.ms', 'cleanup.policy'] }], ...options
    }), ({ resources }) => resources.map(({ configEntries, ...resource }) => ({
      ...resource,
      configEntries: configEntries.map(({ configSynonyms, ...entry }) =>
        ({ ...entry, configSynonyms: configSynonyms.length > 0 }))
        .sort((a, b) => a.configName < b.configName ? -1 : 1)
    })))
    await describe()
    await describe({ includeSynonyms: true })
    await t.outcome('altered', () => admin.alterConfigs({
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '200000' }] }]
    }), ({ resources }) => resources)
    await t.administer((other) => configured(other, topic, 'retention.ms', '200000'))
    await describe()
    await t.outcome('unknown', () => admin.describeConfigs({ resources: [{ type: 2, name: 'no-such-topic' }] }),
      ({ resources }) => resources)
    await t.outcome('bad value', () => admin.alterConfigs({
      resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: 'x' }] }]
    }), ({ resources }) => resources)
  })

  scenario('records that are deleted', { contract: '5 (Q83)' }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, Array.from({ length: 6 }, (_, i) => ({ value: String(i), partition: i % 2 })))
    const admin = await t.connectedAdmin()
    await admin.fetchTopicMetadata({ topics: [topic] })
    await admin.fetchTopicOffsets(topic)
    const remove = (partitions) => t.outcome('deleted', () =>
      admin.deleteTopicRecords({ topic, partitions }))
    await remove([{ partition: 0, offset: '2' }])
    await remove([{ partition: 1, offset: '-1' }])
    await t.outcome('offsets', () => admin.fetchTopicOffsets(topic), byPartition)
  })

  scenario('ACLs on a cluster without security', { contract: '5' }, async (t) => {
    const admin = await t.connectedAdmin()
    await t.outcome('created', () => admin.createAcls({ acl: [ACL] }))
    await t.outcome('described', () => admin.describeAcls(ACL), ({ throttleTime, ...rest }) => rest)
    await t.outcome('deleted', () => admin.deleteAcls({ filters: [ACL] }), ({ throttleTime, ...rest }) => rest)
  })
})
