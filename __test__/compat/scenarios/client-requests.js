'use strict'

const { section } = require('../support/section')

const quiet = { autoConnect: false }

module.exports = section('KafkaClient\'s requests', (scenario) => {
  scenario('before ready', { contract: '3.3' }, async (t) => {
    const client = t.client(quiet)
    await t.call('getListGroups', (cb) => client.getListGroups(cb))
    await t.call('getDescribeGroups', (cb) => client.getDescribeGroups(['g'], cb))
    await t.call('describeConfigs', (cb) => client.describeConfigs({ resources: [] }, cb))
  })

  scenario('getController', {
    contract: '3.3 getController',
    meant: {
      // kafka-node returns its connection
      broker: { id: 'D39', original: ["'BrokerWrapper'"], ours: ["'Object'"] }
    }
  }, async (t) => {
    const client = await t.readyClient()
    const args = await new Promise((resolve) => client.getController((/** @type {any[]} */ ...args) => resolve(args)))
    t.log('arguments', args.length, args[0], args[2] === client.clusterMetadata.controllerId, typeof args[2])
    t.log('broker', args[1].constructor.name)
  })

  scenario('getController when it is not known yet', { contract: '3.3 getController' }, async (t) => {
    const client = await t.readyClient()
    client.clusterMetadata = {}
    const args = await new Promise((resolve) => client.getController((/** @type {any[]} */ ...args) => resolve(args)))
    t.log('arguments', args[0], args[2] === Number(Object.keys(client.brokerMetadata)[0]))
    t.log('known', client.clusterMetadata)
  })

  scenario('sendGroupCoordinatorRequest', { contract: '3.3 sendGroupCoordinatorRequest' }, async (t) => {
    const client = await t.readyClient()
    await t.call('coordinator', (cb) => client.sendGroupCoordinatorRequest(t.name('group'), cb))
  })

  scenario('sendOffsetRequest', { contract: '3.3 sendOffsetRequest' }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, [{ value: 'a' }, { value: 'b', partition: 1 }, { value: 'c', partition: 1 }])
    const client = await t.readyClient()
    const payload = (/** @type {number} */ partition, /** @type {number} */ time, maxNum = 1) =>
      ({ topic, partition, time, maxNum })
    await t.call('ends', (cb) => client.sendOffsetRequest([payload(0, -1), payload(1, -1)], cb))
    await t.call('starts', (cb) => client.sendOffsetRequest([payload(0, -2), payload(1, -2)], cb))
    await t.call('two', (cb) => client.sendOffsetRequest([payload(0, -1, 2)], cb))
    await t.call('a partition that is not there', (cb) => client.sendOffsetRequest([payload(9, -1)], cb))
  })

  scenario('sendOffsetCommitV2Request and sendOffsetFetchV1Request without a member', {
    contract: '3.3 sendOffsetCommitV2Request'
  }, async (t) => {
    const topic = await t.topic(2)
    const group = t.name('group')
    const client = await t.readyClient()
    const [, { coordinatorId }] = await new Promise((resolve) =>
      client.sendGroupCoordinatorRequest(group, (/** @type {any[]} */ ...args) => resolve(args)))
    client.coordinatorId = String(coordinatorId)
    const commits = [{ topic, partition: 1, offset: 7, metadata: 'mine' }]
    await t.call('committed', (cb) => client.sendOffsetCommitV2Request(group, -1, '', commits, cb))
    t.log('in Kafka', await t.committed(group, topic))
    await t.call('found', (cb) => client.sendOffsetFetchV1Request(group, { [topic]: [0, 1] }, cb))
    await t.call('another group', (cb) => client.sendOffsetFetchV1Request(t.name('group'), { [topic]: [0] }, cb))
  })

  scenario('sendOffsetCommitV2Request as the member that a ConsumerGroup is', {
    contract: '3.3 sendOffsetCommitV2Request'
  }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const group = t.group({ groupId, autoCommit: false, fromOffset: 'earliest' }, topic)
    await t.event(group, 'rebalanced')
    const { generationId, memberId } = group
    const commits = [{ topic, partition: 0, offset: 2, metadata: 'mine' }]
    const { client } = group
    await t.call('committed', (cb) => client.sendOffsetCommitV2Request(groupId, generationId, memberId, commits, cb))
    t.log('in Kafka', await t.committed(groupId, topic))
    await t.call('as somebody else', (cb) =>
      client.sendOffsetCommitV2Request(groupId, generationId, 'somebody else', commits, cb))
    await t.call('as nobody', (cb) => client.sendOffsetCommitV2Request(groupId, -1, '', commits, cb))
  })

  scenario('Q25: sendOffsetCommitRequest and sendOffsetFetchRequest, the old ones', {
    contract: '3.3 sendOffsetFetchRequest',
    notOnModern: 'it needs ZooKeeper',
    meant: {
      'in Kafka': { id: 'D12', original: ['{}'], ours: ["{ 1: { offset: 7, metadata: 'm' } }"] }
    }
  }, async (t) => {
    const topic = await t.topic(2)
    const group = t.name('group')
    const client = await t.readyClient()
    await t.call('known', (cb) => client.refreshMetadata([topic], cb))
    const commits = [{ topic, partition: 1, offset: 7, metadata: 'm' }]
    await t.call('committed', (cb) => client.sendOffsetCommitRequest(group, commits, cb))
    await t.call('found', (cb) => client.sendOffsetFetchRequest(group, [{ topic, partition: 1 }], cb))
    await t.call('none', (cb) => client.sendOffsetFetchRequest(group, [{ topic, partition: 0 }], cb))
    t.log('in Kafka', await t.committed(group, topic))
  })

  scenario('getListGroups and getDescribeGroups', { contract: '3.3 getListGroups' }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const group = t.group({ groupId, fromOffset: 'earliest' }, topic)
    await t.event(group, 'rebalanced')
    const client = await t.readyClient()
    const [error, groups] = await new Promise((resolve) =>
      client.getListGroups((/** @type {any[]} */ ...args) => resolve(args)))
    t.log('listed', error, groups[groupId])
    const [failure, described] = await new Promise((resolve) =>
      client.getDescribeGroups([groupId], (/** @type {any[]} */ ...args) => resolve(args)))
    t.log('described', failure, Object.keys(described), Object.keys(described[groupId]), described[groupId].state)
  })

  scenario('describeConfigs', { contract: '3.3 describeConfigs' }, async (t) => {
    const topic = await t.topic()
    const client = await t.readyClient()
    const resources = [{ resourceType: 'topic', resourceName: topic, configNames: ['cleanup.policy'] }]
    await t.call('configured', (cb) => client.describeConfigs({ resources, includeSynonyms: false }, cb))
  })

  scenario('after close', { contract: '3.3 close' }, async (t) => {
    const topic = await t.topic()
    const client = await t.readyClient()
    await t.call('closed', (cb) => client.close(cb))
    const failed = async (/** @type {string} */ track, /** @type {(callback: any) => void} */ call) => {
      const [error] = await new Promise((resolve) => call((/** @type {any[]} */ ...args) => resolve(args)))
      t.log(track, error.name)
    }
    await failed('getListGroups', (cb) => client.getListGroups(cb))
    await failed('getDescribeGroups', (cb) => client.getDescribeGroups(['g'], cb))
    await failed('sendGroupCoordinatorRequest', (cb) => client.sendGroupCoordinatorRequest('g', cb))
    await failed('sendOffsetFetchV1Request', (cb) => client.sendOffsetFetchV1Request('g', { [topic]: [0] }, cb))
  })
})
