'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, before, describe, it } = require('node:test')

const { Admin, ConsumerGroup, KafkaClient, Offset } = require('../..')
const { Writer, parseAddress, withConnection } = require('../../tools/kafka/wire')
const kafka = require('../support/kafka')

/**
 * Calls a method whose last argument is a callback.
 *
 * @param {any} target
 * @param {string} method
 * @param {...any} args
 * @returns {Promise<any>}
 */
function call (target, method, ...args) {
  return new Promise((resolve, reject) => {
    target[method](...args, (/** @type {any} */ err, /** @type {any} */ result) => err ? reject(err) : resolve(result))
  })
}

const JOIN_GROUP = 11

/**
 * Creates a group that is not a consumer group, with one member.
 *
 * @param {import('../../tools/kafka/wire').Connection} connection
 * @param {string} groupId
 * @param {string} protocolType
 */
async function joinAs (connection, groupId, protocolType) {
  const body = new Writer().string(groupId).int32(10000).int32(10000).string('').string(protocolType)
  body.array(['default'], (name) => body.string(name).int32(0))
  const answer = await connection.request(JOIN_GROUP, 2, body)
  answer.int32() // throttle time
  assert.equal(answer.int16(), 0)
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`Admin with Kafka ${version}`, { timeout: 300000 }, () => {
    /** @type {string} */
    let address
    /** @type {any} */
    let client
    /** @type {any} */
    let admin
    /** @type {number} */
    let brokerId
    /** @type {string[]} */
    const made = []

    /** @param {string} prefix */
    function name (prefix) {
      const unique = kafka.uniqueName(prefix)
      made.push(unique)
      return unique
    }

    before(async () => {
      address = await kafka.brokers(version)
      client = new KafkaClient({ kafkaHost: address })
      admin = new Admin(client)
      await once(admin, 'ready')
      brokerId = Number(Object.keys(client.brokerMetadata)[0])
    })

    after(async () => {
      const { topics } = await kafka.describe(address)
      for (const topic of topics) if (made.includes(topic.name)) await kafka.deleteTopic(address, topic.name)
      await call(client, 'close')
      await kafka.releaseAll()
    })

    it('takes only a KafkaClient', () => {
      for (const other of /** @type {any[]} */ ([undefined, {}, new (require('node:events'))()])) {
        assert.throws(() => new Admin(other), { message: "'Admin' only accepts 'KafkaClient' for its kafka client." })
      }
      assert.deepEqual(admin.RESOURCE_TYPES, { topic: 'topic', broker: 'broker' })
    })

    it('queues calls until the client is ready, while the client itself refuses them', async () => {
      const late = new KafkaClient({ kafkaHost: address, autoConnect: false })
      const early = new Admin(late)
      /** @type {string[]} */
      const seen = []
      early.on('connect', () => seen.push('connect'))
      early.on('ready', () => seen.push('ready'))
      for (const [method, argument] of [['getDescribeGroups', []], ['describeConfigs', { resources: [] }]]) {
        await assert.rejects(call(late, String(method), argument), { message: `Client is not ready (${method})` })
      }
      await assert.rejects(call(late, 'getListGroups'), { message: 'Client is not ready (getListGroups)' })
      const answers = Promise.all([call(early, 'listTopics'), call(early, 'describeGroups', [])])
      late.connect()
      const [metadata, groups] = await answers
      assert.deepEqual([metadata.length, groups], [2, {}])
      assert.deepEqual(seen, ['connect', 'ready'])
      await call(late, 'close')
    })

    describe('createTopics and listTopics', () => {
      it('create topics with their configuration and placement, and show them', async () => {
        const [plain, placed] = [name('plain'), name('placed')]
        const configEntries = [{ name: 'retention.ms', value: '12345' }]
        const replicaAssignment = [0, 1, 2].map((partition) => ({ partition, replicas: [brokerId] }))
        assert.deepEqual(await call(admin, 'createTopics', [
          { topic: plain, partitions: 2, replicationFactor: 1, configEntries },
          { topic: placed, partitions: 1, replicationFactor: 1, replicaAssignment }
        ]), [])
        await kafka.waitForTopic(address, plain)
        await kafka.waitForTopic(address, placed)

        const [brokers, { metadata, clusterMetadata }] = await call(admin, 'listTopics')
        assert.equal(brokers[brokerId].nodeId, brokerId)
        assert.equal(clusterMetadata.controllerId, brokerId)
        assert.deepEqual(metadata[plain][1],
          { topic: plain, partition: 1, leader: brokerId, replicas: [brokerId], isr: [brokerId] })
        assert.deepEqual(Object.keys(metadata[placed]), ['0', '1', '2'])
      })

      it('report a placement that is no sequence of partitions, and never place the topic elsewhere', async () => {
        const replicas = [brokerId]
        const placements = [[-1], ['x'], [1], [0, 2], [0, 0], [0.5]]
        const topics = placements.map((partitions) => ({
          topic: name('misplaced'), partitions: 1, replicationFactor: 1,
          replicaAssignment: partitions.map((partition) => ({ partition, replicas }))
        }))
        const refused = await call(admin, 'createTopics', /** @type {any} */ (topics))
        assert.deepEqual(refused, topics.map(({ topic }) =>
          ({ topic, error: 'partitions should be a consecutive 0-based integer sequence' })))
      })

      it('report each topic that was not created with the broker\'s text, and create the others', async () => {
        const [topic, other] = [name('once'), name('other')]
        await call(admin, 'createTopics', [{ topic, partitions: 1, replicationFactor: 1 }])
        assert.deepEqual(await call(admin, 'createTopics', [
          { topic, partitions: 1, replicationFactor: 1 }, { topic: other, partitions: 1, replicationFactor: 1 }
        ]), [{ topic, error: `Topic '${topic}' already exists.` }])
        const tooMany = { topic: name('many'), partitions: 1, replicationFactor: 9 }
        const [failed] = await call(admin, 'createTopics', [tooMany])
        assert.match(failed.error, /replication factor/i)
        await kafka.waitForTopic(address, other)
      })

      it('create by name with the broker\'s defaults', async () => {
        const topics = [name('by-name'), name('by-name')]
        assert.deepEqual((await call(admin, 'createTopics', topics)).sort(), [...topics].sort())
      })
    })

    describe('listGroups', () => {
      it('gives the protocol type of every group, whatever it is', async () => {
        const [committed, connect] = [kafka.uniqueName('committed'), kafka.uniqueName('connect')]
        const topic = await kafka.createTopic(address, name('listed'))
        await call(new Offset(client), 'commit', committed, [{ topic, offset: 0 }])
        await withConnection(parseAddress(address), async (connection) => {
          await joinAs(connection, connect, 'connect')
          const groups = await call(admin, 'listGroups')
          assert.deepEqual([groups[committed], groups[connect]], ['', 'connect'])
          const description = (await call(admin, 'describeGroups', [connect]))[connect]
          assert.deepEqual([description.protocolType, description.members.length], ['connect', 1])
        })
      })
    })

    describe('describeGroups', () => {
      it('shows what each member subscribes to and owns', async () => {
        const topic = await kafka.createTopic(address, name('owned'), 2)
        const groupId = kafka.uniqueName('group')
        const group = new ConsumerGroup({ kafkaHost: address, groupId, id: 'member-of-test' }, topic)
        try {
          await once(group, 'rebalanced')
          const found = await call(admin, 'describeGroups', [groupId])
          const { version: metadataVersion } = found[groupId].members[0].memberMetadata
          assert.deepEqual(found, {
            [groupId]: {
              members: [{
                memberId: group.memberId,
                clientId: 'member-of-test',
                clientHost: '/127.0.0.1',
                memberMetadata: {
                  subscription: [topic], version: metadataVersion, userData: undefined, id: group.memberId
                },
                memberAssignment: { partitions: { [topic]: [0, 1] }, version: 0 }
              }],
              groupId,
              state: 'Stable',
              protocolType: 'consumer',
              protocol: 'roundrobin',
              brokerId: String(brokerId)
            }
          })
          assert.equal((await call(admin, 'listGroups'))[groupId], 'consumer')
        } finally {
          await call(group, 'close')
        }
      })

      it('calls a group without members Empty, and one that does not exist Dead', async () => {
        const [empty, missing] = [kafka.uniqueName('empty'), kafka.uniqueName('missing')]
        const topic = await kafka.createTopic(address, name('read'))
        await call(new Offset(client), 'commit', empty, [{ topic, offset: 0 }])
        const rest = { members: [], protocolType: '', protocol: '', brokerId: String(brokerId) }
        assert.deepEqual(await call(admin, 'describeGroups', [empty, missing]), {
          [empty]: { groupId: empty, state: 'Empty', ...rest },
          [missing]: { groupId: missing, state: 'Dead', ...rest }
        })
      })

      it('answers [] with {}', async () => {
        assert.deepEqual(await call(admin, 'describeGroups', []), {})
      })
    })

    describe('describeConfigs', () => {
      /** @type {string} */
      let topic

      before(async () => {
        topic = await kafka.createTopic(address, name('configured'), 1, { 'retention.ms': 12345 })
      })

      it('gives all entries, or those that are named, with the values that they override', async () => {
        const resource = { resourceType: 'topic', resourceName: topic }
        const payload = { resources: [{ ...resource, configNames: ['retention.ms'] }], includeSynonyms: true }
        const [config] = await call(admin, 'describeConfigs', payload)
        assert.equal(config.resourceType, '2')
        assert.equal(config.resourceName, topic)
        const [{ synonyms, ...entry }, ...others] = config.configEntries
        assert.deepEqual(others, [])
        assert.deepEqual(entry, {
          configName: 'retention.ms', configValue: '12345', readOnly: false, configSource: 1, isSensitive: false
        })
        assert.deepEqual(synonyms[0],
          { configSynonymName: 'retention.ms', configSynonymValue: '12345', configSynonymSource: '1' })
        assert.equal(synonyms.at(-1).configSynonymSource, '5')

        for (const configNames of [[], null, undefined]) {
          const [all] = await call(admin, 'describeConfigs', { resources: [{ ...resource, configNames }] })
          assert.ok(all.configEntries.length > 20)
          assert.ok(all.configEntries.every((/** @type {any} */ { synonyms: none }) => none.length === 0))
        }
      })

      it('describes topics first and leaves the payload as it is, to be used again', async () => {
        const configNames = ['ssl.keystore.password', 'log.dirs']
        const payload = {
          resources: [
            { resourceType: 'broker', resourceName: String(brokerId), configNames },
            { resourceType: 'topic', resourceName: topic, configNames: ['cleanup.policy'] }
          ]
        }
        const copy = JSON.parse(JSON.stringify(payload))
        const first = await call(admin, 'describeConfigs', payload)
        assert.deepEqual(payload, copy)
        assert.deepEqual(await call(admin, 'describeConfigs', payload), first)
        assert.deepEqual(first.map((/** @type {any} */ { resourceType }) => resourceType), ['2', '4'])
        const secret = first[1].configEntries.find((/** @type {any} */ entry) => entry.isSensitive)
        assert.deepEqual([secret.configName, secret.configValue], ['ssl.keystore.password', ''])
        assert.equal(first[1].configEntries.find((/** @type {any} */ entry) => entry.readOnly).configName, 'log.dirs')
      })

      it('fails as a whole when one resource does', async () => {
        const rows = [
          [{ resourceType: 'X', resourceName: 'Y' }, { message: 'Unexpected resource type X for resource Y' }],
          [{ resourceType: 'broker', resourceName: '99' }, { message: 'No broker with id 99' }],
          [{ resourceType: 'topic', resourceName: kafka.uniqueName('none') },
            { message: 'UnknownTopicOrPartition', errorCode: 3 }],
          [{ resourceType: 'topic', resourceName: '' }, { message: 'InvalidTopic', errorCode: 17 }]
        ]
        for (const [resource, error] of rows) {
          const resources = [{ resourceType: 'topic', resourceName: topic }, resource]
          await assert.rejects(call(admin, 'describeConfigs', { resources }), /** @type {any} */ (error))
        }
      })

      it('answers no resources with []', async () => {
        assert.deepEqual(await call(admin, 'describeConfigs', { resources: [] }), [])
      })
    })

    it('knows the controller and the coordinator of a group', async () => {
      const controller = await new Promise((resolve, reject) => {
        client.getController((/** @type {any} */ err, /** @type {any} */ broker, /** @type {any} */ id) =>
          err ? reject(err) : resolve({ broker, id }))
      })
      assert.deepEqual(controller, { broker: client.brokerMetadata[brokerId], id: brokerId })
      const { host, port } = client.brokerMetadata[brokerId]
      assert.deepEqual(await call(client, 'sendGroupCoordinatorRequest', kafka.uniqueName('group')),
        { coordinatorHost: host, coordinatorPort: port, coordinatorId: brokerId })
    })

    it('fails after close, and may be called without a callback', async () => {
      const other = new KafkaClient({ kafkaHost: address })
      const closed = new Admin(other)
      await once(closed, 'ready')
      closed.listGroups()
      closed.listTopics()
      await call(other, 'close')
      await assert.rejects(call(closed, 'listGroups'), { name: 'BrokerNotAvailableError' })
      await assert.rejects(call(closed, 'describeGroups', ['g']), { name: 'BrokerNotAvailableError' })
    })
  })
}
