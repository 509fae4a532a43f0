'use strict'

const { section } = require('../support/section')
const { CREATE_TOPICS, startStubBroker } = require('../support/stub-broker')
const { createTopic, kafkaJs } = require('../../support/kafka')

/**
 * @param {import('../support/trace').Trace} t
 * @returns {Promise<any>} an Admin that is ready
 */
async function readyAdmin (t) {
  const admin = new t.kafka.Admin(t.client())
  await t.event(admin)
  return admin
}

/**
 * @param {import('../support/trace').Trace} t
 * @param {import('../support/stub-broker').Answers} answers
 * @returns {Promise<any>} an Admin that is ready, on a broker that answers so
 */
async function troubledAdmin (t, answers) {
  const broker = t.closing(await startStubBroker(answers))
  const admin = new t.kafka.Admin(t.client({ kafkaHost: broker.address, requestTimeout: 5000 }))
  admin.on('error', () => {})
  await t.event(admin)
  return admin
}

/** @param {any} admin @returns {string} the broker's id */
const brokerId = (admin) => Object.keys(admin.client.brokerMetadata)[0]

/** @param {any} description of a group, whose members have ids of their own */
function withoutIds (description) {
  return {
    ...description,
    members: description.members.map((/** @type {any} */ { memberId, memberMetadata, ...member }) => {
      const { id, ...metadata } = memberMetadata
      return { memberId: memberId === id && typeof id, ...member, memberMetadata: { ...metadata, id: typeof id } }
    })
  }
}

/** @param {any} entry of a configuration, without what depends on the broker's version */
function brief ({ synonyms, ...entry }) {
  return { synonyms: synonyms.length, ...entry }
}

module.exports = section('Admin', (scenario) => {
  // ---- construction and events ----

  scenario('it takes only a KafkaClient', { contract: '11' }, (t) => {
    const { EventEmitter } = require('node:events')
    for (const client of [undefined, null, {}, new EventEmitter(), t.brokers]) {
      t.attempt('made', () => new t.kafka.Admin(client))
    }
    const admin = t.attempt('made', () => new t.kafka.Admin(t.client({ autoConnect: false })))
    t.log('fields', Object.keys(admin).filter((key) => !key.startsWith('_')), admin.ready, admin.RESOURCE_TYPES)
    for (const method of ['close', 'deleteTopics']) t.log('method', method, typeof admin[method])
  })

  scenario('connect once, ready when the client is, errors of the client', { contract: '11 events' }, async (t) => {
    const client = t.client()
    const admin = t.watch('events', new t.kafka.Admin(client), ['connect', 'ready', 'error'])
    t.log('ready', admin.ready)
    await t.event(admin)
    t.log('ready', admin.ready)
    client.emit('ready')
    client.emit('error', new Error('of the client'))
    client.emit('connect')
  })

  scenario('calls before ready wait for it', { contract: '11' }, async (t) => {
    const topic = await t.topic()
    const client = t.client({ autoConnect: false })
    const admin = new t.kafka.Admin(client)
    const created = [{ topic: t.name('created'), partitions: 1, replicationFactor: 1 }]
    const resources = [{ resourceType: 'topic', resourceName: topic, configNames: ['retention.ms'] }]
    const calls = [
      t.call('listGroups', (cb) => admin.listGroups((/** @type {any} */ error, /** @type {any} */ groups) =>
        cb(error, typeof groups))),
      t.call('listTopics', (cb) => admin.listTopics((/** @type {any} */ error, /** @type {any} */ found) =>
        cb(error, found.length))),
      t.call('describeGroups', (cb) => admin.describeGroups([], cb)),
      t.call('createTopics', (cb) => admin.createTopics(created, cb)),
      t.call('describeConfigs', (cb) => admin.describeConfigs({ resources }, (/** @type {any} */ error) => cb(error)))
    ]
    await new Promise((resolve) => setTimeout(resolve, 300))
    t.log('answered before connect()', t.tracks.has('listTopics'))
    client.connect()
    await Promise.all(calls)
  })

  scenario('callbacks may be left out', {
    contract: '2.3 (Q02)',
    isolated: true,
    meant: {
      createTopics: { id: 'D03', original: [/^throws \[TypeError/], ours: ['returns undefined'] },
      describeConfigs: { id: 'D03', original: [/^throws \[TypeError/], ours: ['returns undefined'] },
      uncaught: { id: 'D03', original: 'varies', ours: [] }
    }
  }, async (t) => {
    const admin = await readyAdmin(t)
    admin.listGroups()
    admin.describeGroups([t.name('group')])
    t.attempt('createTopics', () => admin.createTopics([{ topic: 'a b', partitions: 1, replicationFactor: 1 }]))
    const resources = [{ resourceType: 'broker', resourceName: '99', configNames: [] }]
    t.attempt('describeConfigs', () => admin.describeConfigs({ resources }))
    await t.call('later', (cb) => admin.listTopics(() => cb()))
    await new Promise((resolve) => setTimeout(resolve, 500))
  })

  // ---- groups ----

  scenario('listGroups gives the protocol type of each group', { contract: '11 listGroups' }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const group = t.group({ groupId, fromOffset: 'earliest' }, topic)
    await t.event(group, 'rebalanced')
    const admin = await readyAdmin(t)
    const found = await new Promise((resolve) =>
      admin.listGroups((/** @type {any} */ error, /** @type {any} */ groups) => resolve([error, groups[groupId]])))
    t.log('found', found)
    await t.call('closed', (cb) => group.close(true, cb))
    const later = await new Promise((resolve) =>
      admin.listGroups((/** @type {any} */ error, /** @type {any} */ groups) => resolve([error, groups[groupId]])))
    t.log('without members', later)
  })

  scenario('describeGroups shows members, what they subscribe to and what they own', {
    contract: '11 describeGroups',
    meant: {
      // kafka-node writes version 0 of the subscription, librdkafka a newer one
      group: {
        id: 'D36',
        original: [/ memberMetadata: { subscription: \['<topic1>'\], version: 0, /],
        ours: [/ memberMetadata: { subscription: \['<topic1>'\], version: [1-9]\d*, /]
      }
    }
  }, async (t) => {
    const topic = await t.topic(2)
    const groupId = t.name('group')
    const group = t.group({ groupId, id: 'member-of-test' }, topic)
    await t.event(group, 'rebalanced')
    const admin = await readyAdmin(t)
    const [error, found] = await new Promise((resolve) =>
      admin.describeGroups([groupId], (/** @type {any[]} */ ...args) => resolve(args)))
    const description = withoutIds(found[groupId])
    t.log('group', error, Object.keys(found), description)
    description.members[0].memberMetadata.version = 0
    t.log('but for the version', description)
    t.log('broker', description.brokerId === brokerId(admin))
  })

  scenario('describeGroups shows a member of another client, without user data', {
    contract: '11 describeGroups',
    meant: {
      // it writes no bytes where kafka-node writes null
      group: { id: 'D37', original: [/userData: 'JSON parse error'/], ours: [/version: 0, userData: undefined/] }
    }
  }, async (t) => {
    const topic = await t.topic(2)
    const groupId = t.name('group')
    const consumer = kafkaJs(t.brokers).consumer({ groupId })
    await consumer.connect()
    try {
      await consumer.subscribe({ topic })
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
      await consumer.run({ eachMessage: async () => {} })
      await joined
      const admin = await readyAdmin(t)
      const [error, found] = await new Promise((resolve) =>
        admin.describeGroups([groupId], (/** @type {any[]} */ ...args) => resolve(args)))
      t.log('group', error, withoutIds(found[groupId]))
    } finally {
      await consumer.disconnect()
    }
  })

  scenario('describeGroups: user data is JSON, or it is not', {
    contract: '11 describeGroups',
    meant: {
      none: { id: 'D37', original: [/^null 'JSON parse error' true/], ours: [/^null undefined true { partitions:/] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const { AssignerProtocol: { MemberMetadata, MemberAssignment } } = require('kafkajs')
    const admin = await readyAdmin(t)
    for (const [label, userData] of Object.entries({ json: '{"rack":7}', text: 'plain', none: '' })) {
      const groupId = t.name('group')
      const bytes = Buffer.from(userData)
      const assigner = () => ({
        name: 'own',
        version: 0,
        protocol: () => ({
          name: 'own', metadata: MemberMetadata.encode({ version: 0, topics: [topic], userData: bytes })
        }),
        assign: async (/** @type {any} */ { members }) => members.map((/** @type {any} */ { memberId }) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version: 0, assignment: { [topic]: [0] }, userData: bytes })
        }))
      })
      const consumer = kafkaJs(t.brokers).consumer({ groupId, partitionAssigners: [assigner] })
      await consumer.connect()
      try {
        await consumer.subscribe({ topic })
        const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
        await consumer.run({ eachMessage: async () => {} })
        await joined
        const [error, found] = await new Promise((resolve) =>
          admin.describeGroups([groupId], (/** @type {any[]} */ ...args) => resolve(args)))
        const [{ memberMetadata, memberAssignment }] = found[groupId].members
        t.log(label, error, memberMetadata.userData, 'userData' in memberMetadata, memberAssignment)
      } finally {
        await consumer.disconnect()
      }
    }
  })

  scenario('describeGroups of groups without members, and of none', {
    contract: '11 describeGroups'
  }, async (t) => {
    const topic = await t.topic()
    const [empty, missing] = [t.name('empty'), t.name('missing')]
    const group = t.group({ groupId: empty, fromOffset: 'earliest' }, topic)
    await t.event(group, 'rebalanced')
    await t.call('closed', (cb) => group.close(true, cb))
    const admin = await readyAdmin(t)
    await t.call('without members', (cb) => admin.describeGroups([empty], cb))
    await t.call('missing', (cb) => admin.describeGroups([missing], cb))
    const [, both] = await new Promise((resolve) =>
      admin.describeGroups([missing, empty], (/** @type {any[]} */ ...args) => resolve(args)))
    t.log('both', Object.keys(both).sort())
    await t.call('none', (cb) => admin.describeGroups([], cb))
  })

  // ---- topics ----

  scenario('listTopics gives brokers and all topics, internal ones included', {
    contract: '11 listTopics'
  }, async (t) => {
    const topic = await t.topic(2)
    const group = t.group({ groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    const admin = await readyAdmin(t)
    const args = await new Promise((resolve) => admin.listTopics((/** @type {any[]} */ ...args) => resolve(args)))
    const [error, [brokers, { metadata, ...rest }]] = args
    t.log('listed', error, brokers, rest)
    t.log('a topic', metadata[topic])
    t.log('an internal topic', '__consumer_offsets' in metadata)
  })

  scenario('createTopics with partitions, configuration and placement', { contract: '11 createTopics' }, async (t) => {
    const [plain, placed] = [t.name('plain'), t.name('placed')]
    const admin = await readyAdmin(t)
    const replicas = [Number(brokerId(admin))]
    await t.call('created', (cb) => admin.createTopics([
      { topic: plain, partitions: 2, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '12345' }] },
      {
        topic: placed,
        partitions: 7,
        replicationFactor: 1,
        configEntries: [],
        replicaAssignment: [0, 1, 2].map((partition) => ({ partition, replicas }))
      }
    ], cb))
    for (const topic of [plain, placed]) {
      await new Promise((resolve) => admin.client.refreshMetadata([topic], resolve))
      t.log('partitions', topic, Object.keys(admin.client.topicMetadata[topic]))
    }
    const resources = [{ resourceType: 'topic', resourceName: plain, configNames: ['retention.ms'] }]
    await t.call('configured', (cb) => admin.describeConfigs({ resources }, cb))
  })

  scenario('createTopics: failures are reported for each topic', {
    contract: '11 createTopics',
    modern: {
      'too many replicas': [/error: '.*factor of 9 cannot be reached/],
      'no partitions': [/error: 'Number of partitions was set to an invalid/],
      'no replicas': [/error: 'Replication factor must be larger than 0, or -1/]
    }
  }, async (t) => {
    const [topic, other] = [await t.topic(), t.name('other')]
    const admin = await readyAdmin(t)
    const one = (/** @type {string} */ name, partitions = 1, replicationFactor = 1) =>
      ({ topic: name, partitions, replicationFactor })
    await t.call('one of two', (cb) => admin.createTopics([one(topic), one(other)], cb))
    await new Promise((resolve) => admin.client.refreshMetadata([other], resolve))
    t.log('the other', Object.keys(admin.client.topicMetadata[other]))
    await t.call('too many replicas', (cb) => admin.createTopics([one(t.name('many'), 1, 9)], cb))
    await t.call('no partitions', (cb) => admin.createTopics([one(t.name('few'), 0)], cb))
    await t.call('no replicas', (cb) => admin.createTopics([one(t.name('lone'), 1, 0)], cb))
    await t.call('an illegal name', (cb) => admin.createTopics([one('a b')], cb))
    await t.call('an unknown setting', (cb) => admin.createTopics([
      { ...one(t.name('set')), configEntries: [{ name: 'no.such.setting', value: '1' }] }], cb))
    await t.call('a bad value', (cb) => admin.createTopics([
      { ...one(t.name('set')), configEntries: [{ name: 'retention.ms', value: 'abc' }] }], cb))
  })

  scenario('createTopics of a topic twice in one call', { contract: '11 createTopics' }, async (t) => {
    const admin = await readyAdmin(t)
    const topic = { topic: t.name('twice'), partitions: 1, replicationFactor: 1 }
    const other = { topic: t.name('other'), partitions: 1, replicationFactor: 1 }
    await t.call('twice', (cb) => admin.createTopics([topic, topic], cb))
    await t.call('beside another', (cb) => admin.createTopics([topic, other, { ...topic, partitions: 2 }], cb))
    await new Promise((resolve) => admin.client.refreshMetadata([other.topic], resolve))
    t.log('the other', Object.keys(admin.client.topicMetadata[other.topic] || {}))
    await t.call('none of them', (cb) => admin.client.topicExists([topic.topic], cb))
  })

  scenario('createTopics with requestTimeout false', {
    contract: '11 createTopics',
    meant: {
      created: {
        id: 'D40',
        original: ["([Error 'RequestTimedOut' { errorCode: 7 }], undefined)"],
        ours: ['(null, [])']
      }
    }
  }, async (t) => {
    const admin = new t.kafka.Admin(t.client({ requestTimeout: false }))
    await t.event(admin)
    const topic = { topic: t.name('created'), partitions: 1, replicationFactor: 1 }
    await t.call('created', (cb) => admin.createTopics([topic], cb))
  })

  const ONE = { topic: 'one', partitions: 1, replicationFactor: 1 }

  scenario('Q54: createTopics with an error for which the broker has no words', {
    contract: '11 createTopics',
    meant: {
      refused: {
        id: 'D40',
        original: ["(null, [{ topic: 'one', error: -1 }])"],
        ours: [/^\(null, \[{ topic: 'one', error: '[A-Za-z].*' }\]\)$/]
      }
    }
  }, async (t) => {
    const admin = await troubledAdmin(t, { createTopics: { error: 44, text: null } })
    await t.call('refused', (cb) => admin.createTopics([ONE], cb))
  })

  for (const [title, error] of /** @type {[string, number][]} */ ([
    ['that were not created in time', 7], ['on a broker that is not the controller', 41]
  ])) {
    scenario(`createTopics ${title}`, { contract: '11 createTopics' }, async (t) => {
      const admin = await troubledAdmin(t, { createTopics: { error, text: 'as it says' } })
      await t.call('failed', (cb) => admin.createTopics([ONE], cb))
    })
  }

  scenario('createTopics on a broker that has no such request', { contract: '11 createTopics' }, async (t) => {
    const admin = await troubledAdmin(t, { without: [CREATE_TOPICS] })
    await t.call('failed', (cb) => admin.createTopics([ONE], cb))
  })

  scenario('describeConfigs that the broker calls invalid', { contract: '11 describeConfigs' }, async (t) => {
    const admin = await troubledAdmin(t, { describeConfigs: { error: 42, text: 'as it says' } })
    const resources = [{ resourceType: 'topic', resourceName: 'one', configNames: [] }]
    await t.call('failed', (cb) => admin.describeConfigs({ resources }, cb))
  })

  scenario('createTopics by name: the broker\'s defaults', { contract: '11 createTopics' }, async (t) => {
    const admin = await readyAdmin(t)
    await t.call('created', (cb) => admin.createTopics([t.name('created')], cb))
    await t.call('an illegal name', (cb) => admin.createTopics(['a b'], cb))
  })

  // ---- configurations ----

  scenario('describeConfigs of a topic and a broker, topics first', { contract: '11 describeConfigs' }, async (t) => {
    const topic = await createTopic(t.brokers, t.name(), 1, { 'retention.ms': 12345 })
    const admin = await readyAdmin(t)
    const [error, found] = await new Promise((resolve) => admin.describeConfigs({
      resources: [
        { resourceType: 'broker', resourceName: brokerId(admin), configNames: ['ssl.keystore.password', 'log.dirs'] },
        { resourceType: 'topic', resourceName: topic, configNames: ['retention.ms', 'cleanup.policy'] }
      ],
      includeSynonyms: false
    }, (/** @type {any[]} */ ...args) => resolve(args)))
    t.log('topic', error, found[0])
    t.log('resources', found.map((/** @type {any} */ { resourceType, resourceName }) =>
      [resourceType, resourceName === topic || resourceName === brokerId(admin)]))
    const entries = found[1].configEntries.map((/** @type {any} */ { configValue: _value, ...entry }) => entry)
    t.log('broker', entries.sort((/** @type {any} */ a, /** @type {any} */ b) => a.configName < b.configName ? -1 : 1))
    t.log('secret', found[1].configEntries.find((/** @type {any} */ entry) => entry.isSensitive).configValue)
  })

  scenario('describeConfigs with synonyms', { contract: '11 describeConfigs' }, async (t) => {
    const topic = await createTopic(t.brokers, t.name(), 1, { 'retention.ms': 12345 })
    const admin = await readyAdmin(t)
    const resource = () => ({ resourceType: 'topic', resourceName: topic, configNames: ['retention.ms'] })
    await t.call('with', (cb) => admin.describeConfigs({ resources: [resource()], includeSynonyms: true }, cb))
    await t.call('without', (cb) => admin.describeConfigs({ resources: [resource()], includeSynonyms: false }, cb))
    await t.call('not said', (cb) => admin.describeConfigs({ resources: [resource()] }, cb))
  })

  for (const configNames of /** @type {any[]} */ ([[], null])) {
    scenario(`describeConfigs with configNames ${configNames && '[]'}`, {
      contract: '11 describeConfigs'
    }, async (t) => {
      const topic = await createTopic(t.brokers, t.name(), 1, { 'retention.ms': 12345 })
      const admin = await readyAdmin(t)
      const [error, [{ configEntries, ...rest }]] = await new Promise((resolve) => admin.describeConfigs({
        resources: [{ resourceType: 'topic', resourceName: topic, configNames }]
      }, (/** @type {any[]} */ ...args) => resolve(args)))
      t.log('resource', error, rest)
      t.log('many', configEntries.length > 20)
      for (const name of ['retention.ms', 'cleanup.policy', 'max.message.bytes']) {
        t.log('entry', brief(configEntries.find((/** @type {any} */ { configName }) => configName === name)))
      }
    })
  }

  scenario('Q56: describeConfigs without configNames gives all', {
    contract: '11 describeConfigs',
    meant: {
      entries: { id: 'D38', original: [/^throws \[TypeError/], ours: ['true'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const admin = await readyAdmin(t)
    await new Promise((resolve) => {
      const threw = t.guard('entries', () => admin.describeConfigs({
        resources: [{ resourceType: 'topic', resourceName: topic }]
      }, (/** @type {any} */ _error, /** @type {any} */ found) => {
        t.log('entries', found[0].configEntries.length > 20)
        resolve(undefined)
      }))
      if (threw) resolve(undefined)
    })
  })

  scenario('Q55: a payload of describeConfigs can be used again', {
    contract: '11 describeConfigs',
    meant: {
      payload: { id: 'D38', original: ['2'], ours: ["'topic'"] },
      again: { id: 'D38', original: [/^\(\[Error 'Unexpected resource type 2 for resource/], ours: ['(null)'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const admin = await readyAdmin(t)
    const payload = { resources: [{ resourceType: 'topic', resourceName: topic, configNames: ['retention.ms'] }] }
    const describe = (/** @type {string} */ track) => t.call(track, (cb) =>
      admin.describeConfigs(payload, (/** @type {any} */ error) => cb(error)))
    await describe('first')
    t.log('payload', payload.resources[0].resourceType)
    await describe('again')
  })

  scenario('describeConfigs: one resource that fails fails the call', { contract: '11 describeConfigs' }, async (t) => {
    const topic = await t.topic()
    const admin = await readyAdmin(t)
    const good = () => ({ resourceType: 'topic', resourceName: topic, configNames: ['retention.ms'] })
    for (const [track, bad] of Object.entries({
      'an unknown type': { resourceType: 'X', resourceName: 'Y', configNames: [] },
      'no such broker': { resourceType: 'broker', resourceName: '99', configNames: [] },
      'no such topic': { resourceType: 'topic', resourceName: t.name('missing'), configNames: [] },
      'an empty name': { resourceType: 'topic', resourceName: '', configNames: [] }
    })) {
      await t.call(track, (cb) => admin.describeConfigs({ resources: [good(), bad] }, cb))
    }
  })

  scenario('describeConfigs of nothing', { contract: '11 describeConfigs' }, async (t) => {
    const admin = await readyAdmin(t)
    await t.call('nothing', (cb) => admin.describeConfigs({ resources: [] }, cb))
  })
})
