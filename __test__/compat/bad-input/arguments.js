'use strict'

// Every argument that users give. Each case passes a value in its place and proves, by an event or a callback, what
// became of it.

/** @typedef {import('./case').Case} Case */
/**
 * @typedef {object} Argument
 * @property {string} of class and method
 * @property {string} name that an error about it has to mention
 * @property {(x: Case, value: any) => any} run
 */

/** @type {Argument[]} */
const ARGUMENTS = []

/** @param {string} of @param {string[]} names @param {(x: Case, name: string, value: any) => any} run */
function each (of, names, run) {
  for (const name of names) ARGUMENTS.push({ of, name, run: (x, value) => run(x, name, value) })
}

/**
 * @param {string} of such as `Consumer.commit`
 * @param {object} method
 * @param {(x: Case) => any} method.on makes what it is called on
 * @param {(x: Case) => any[]} [method.args] good ones, without the callback
 * @param {Record<string, (string | number)[]>} [method.paths] by name, where in the arguments each is
 * @param {boolean} [method.fresh] whether each value needs one of its own
 * @param {boolean} [method.callback] whether it takes one; without, `error` events and the proof tell
 * @param {(x: Case, object: any) => Promise<any>} method.alive proves that the object still works
 */
function method (of, { on, args = () => [], paths = {}, callback = true, fresh = false, alive }) {
  const called = of.split('.')[1]
  const get = (/** @type {Case} */ x) => fresh ? on(x) : x.keep(on)
  for (const [name, path] of Object.entries(paths)) {
    ARGUMENTS.push({
      of,
      name,
      run: async (x, value) => {
        const object = await get(x)
        const list = args(x)
        let place = /** @type {any} */ (list)
        for (const key of path.slice(0, -1)) place = place[key]
        place[path[path.length - 1]] = value
        if (callback) return object[called](...list, x.callback)
        object[called](...list)
        await alive(x, object)
        x.works('goes on')
      }
    })
  }
  if (!callback) return
  ARGUMENTS.push({
    of,
    name: 'callback',
    run: async (x, value) => {
      const object = await get(x)
      object[called](...args(x), value)
      await alive(x, object)
      x.works('goes on')
    }
  })
}

// ---- KafkaClient ----

each('new KafkaClient', ['options'], (x, _name, value) => {
  x.watch(new x.kafka.KafkaClient(value))
  x.works('made')
})
each('new KafkaClient', ['kafkaHost', 'clientId', 'sslOptions'], (x, name, value) => {
  x.watch(new x.kafka.KafkaClient({ kafkaHost: x.brokers, autoConnect: false, [name]: value }))
  x.works('made')
})
each('new KafkaClient', ['connectTimeout', 'requestTimeout', 'autoConnect', 'connectRetryOptions', 'idleConnection',
  'reconnectOnIdle', 'maxAsyncRequests', 'ssl', 'sasl', 'noAckBatchOptions', 'versions'],
async (x, name, value) => {
  const client = x.client({ autoConnect: true, [name]: value })
  if (name === 'autoConnect' && !value) client.connect()
  await x.event(client, 'ready')
  x.works('ready')
})
each('new KafkaClient', ['sasl.mechanism', 'sasl.username', 'sasl.password'], (x, name, value) => {
  const sasl = { mechanism: 'plain', username: 'u', password: 'p', [name.split('.')[1]]: value }
  x.watch(new x.kafka.KafkaClient({ kafkaHost: x.brokers, autoConnect: false, sasl }))
  x.works('made')
})

const onClient = {
  on: (/** @type {Case} */ x) => x.readyClient(),
  alive: (/** @type {Case} */ x, /** @type {any} */ client) => x.called((done) => client.loadMetadata(done))
}
/** Those for which ending is the proof. */
const closed = (/** @type {Case} */ x, /** @type {any} */ object) => x.called((done) => object.close(done))

method('KafkaClient.close', { ...onClient, fresh: true, alive: closed })
method('KafkaClient.topicExists', { ...onClient, args: (x) => [[x.topic]], paths: { topics: [0] } })
method('KafkaClient.loadMetadataForTopics', { ...onClient, args: (x) => [[x.topic]], paths: { topics: [0] } })
method('KafkaClient.loadMetadata', onClient)
method('KafkaClient.refreshMetadata', { ...onClient, args: (x) => [[x.topic]], paths: { topics: [0] } })
method('KafkaClient.refreshBrokerMetadata', onClient)
method('KafkaClient.createTopics', { ...onClient, args: (x) => [[x.topic]], paths: { topics: [0] } })
method('KafkaClient.createTopics', { ...onClient, args: (x) => [[x.topic], true], paths: { async: [1] } })
method('KafkaClient.createTopics', {
  ...onClient,
  args: (x) => [[{ topic: x.name('made'), partitions: 1, replicationFactor: 1, configEntries: [] }]],
  paths: {
    topic: [0, 0, 'topic'],
    partitions: [0, 0, 'partitions'],
    replicationFactor: [0, 0, 'replicationFactor'],
    configEntries: [0, 0, 'configEntries'],
    replicaAssignment: [0, 0, 'replicaAssignment']
  }
})
method('KafkaClient.addTopics', { ...onClient, args: (x) => [[x.topic]], paths: { topics: [0] } })
method('KafkaClient.removeTopicMetadata', { ...onClient, args: (x) => [[x.topic]], paths: { topics: [0] } })
method('KafkaClient.getController', onClient)
method('KafkaClient.sendOffsetCommitV2Request', {
  ...onClient,
  args: (x) => [x.group, -1, '', [{ topic: x.topic, partition: 0, offset: 1, metadata: 'm' }]],
  paths: { group: [0], generationId: [1], memberId: [2], payloads: [3] }
})
method('KafkaClient.sendOffsetFetchV1Request', {
  ...onClient, args: (x) => [x.group, { [x.topic]: [0] }], paths: { group: [0], topicPartitions: [1] }
})
method('KafkaClient.sendGroupCoordinatorRequest', { ...onClient, args: (x) => [x.group], paths: { group: [0] } })

// ---- producers ----

for (const Class of ['Producer', 'HighLevelProducer']) {
  each(`new ${Class}`, ['client'], (x, _name, value) => {
    x.watch(new x.kafka[Class](value))
    x.works('made')
  })
  each(`new ${Class}`, ['options'], async (x, _name, value) => {
    const producer = x.watch(new x.kafka[Class](x.client(), value))
    await x.event(producer, 'ready')
    producer.send([{ topic: x.topic, messages: 'm', partition: 0 }], x.callback)
  })
  each(`new ${Class}`, ['requireAcks', 'ackTimeoutMs', 'partitionerType'], async (x, name, value) => {
    const producer = x.watch(new x.kafka[Class](x.client(), { [name]: value }))
    await x.event(producer, 'ready')
    producer.send([{ topic: x.topic, messages: 'm', partition: 0 }], x.callback)
  })
  each(`new ${Class}`, ['customPartitioner'], async (x, _name, value) => {
    const producer = x.watch(new x.kafka[Class](x.client(), { partitionerType: 4 }, value))
    await x.event(producer, 'ready')
    producer.send([{ topic: x.topic, messages: 'm' }], x.callback)
  })
}
const onProducer = {
  on: (/** @type {Case} */ x) => x.readyProducer(),
  alive: (/** @type {Case} */ x, /** @type {any} */ producer) =>
    x.called((done) => producer.send([{ topic: x.topic, messages: 'alive' }], done))
}
const payload = (/** @type {Case} */ x) => ({ topic: x.topic, messages: 'm', partition: 0, attributes: 0 })
method('Producer.send', {
  ...onProducer,
  args: (x) => [[payload(x)]],
  paths: {
    payloads: [0],
    payload: [0, 0],
    topic: [0, 0, 'topic'],
    messages: [0, 0, 'messages'],
    key: [0, 0, 'key'],
    partition: [0, 0, 'partition'],
    attributes: [0, 0, 'attributes'],
    timestamp: [0, 0, 'timestamp']
  }
})
method('Producer.send', {
  ...onProducer, args: (x) => [[{ topic: x.topic, messages: ['m'] }]], paths: { message: [0, 0, 'messages', 0] }
})
method('Producer.createTopics', { ...onProducer, args: (x) => [[x.topic], true], paths: { topics: [0], async: [1] } })
method('Producer.close', { ...onProducer, fresh: true, alive: closed })

each('new ProducerStream', ['options', 'highWaterMark', 'producer'], async (x, name, value) => {
  const kafkaClient = { kafkaHost: x.brokers }
  const options = name === 'options' ? value : { kafkaClient, [name]: value }
  const stream = x.watch(new x.kafka.ProducerStream(options))
  if (name === 'options') return x.works('made')
  await x.event(stream.client, 'ready')
  stream.write({ topic: x.topic, messages: 'm', partition: 0 }, x.callback)
})
each('new ProducerStream', ['kafkaClient'], (x, _name, value) => {
  x.watch(new x.kafka.ProducerStream({ kafkaClient: value }))
  x.works('made')
})
const onProducerStream = {
  on: async (/** @type {Case} */ x) => {
    const stream = x.watch(new x.kafka.ProducerStream({ kafkaClient: { kafkaHost: x.brokers } }))
    await x.event(stream.client, 'ready')
    return stream
  },
  alive: (/** @type {Case} */ x, /** @type {any} */ stream) =>
    x.called((done) => stream.sendPayload([{ topic: x.topic, messages: 'alive' }], done))
}
method('ProducerStream.write', { ...onProducerStream, fresh: true, args: (x) => [payload(x)], paths: { payload: [0] } })
method('ProducerStream.sendPayload', { ...onProducerStream, args: (x) => [[payload(x)]], paths: { payload: [0] } })
method('ProducerStream.close', { ...onProducerStream, fresh: true, alive: closed })

// ---- Consumer ----

each('new Consumer', ['client'], (x, _name, value) => {
  x.watch(new x.kafka.Consumer(value, [{ topic: x.topic }], {}))
  x.works('made')
})
each('new Consumer', ['topics', 'topic', 'partition', 'offset'], async (x, name, value) => {
  const element = { topic: x.topic, partition: 0, offset: 0, ...(name === 'topics' ? {} : { [name]: value }) }
  const options = { fromOffset: name === 'offset', groupId: x.group, autoCommit: false }
  const consumer = x.watch(new x.kafka.Consumer(x.client(), name === 'topics' ? value : [element], options))
  if (consumer.payloads.length > 0) await x.event(consumer, 'done')
  x.works('reads')
})
each('new Consumer', ['options', 'groupId', 'autoCommit', 'autoCommitIntervalMs', 'fetchMaxWaitMs', 'fetchMinBytes',
  'fetchMaxBytes', 'fromOffset', 'encoding', 'keyEncoding', 'paused'], async (x, name, value) => {
  const options = name === 'options' ? value : { groupId: x.group, [name]: value }
  const consumer = x.watch(new x.kafka.Consumer(x.client(), [{ topic: x.topic }], options))
  if (name === 'paused' && value) {
    await x.event(consumer.client, 'ready')
    consumer.resume()
  }
  await x.event(consumer, 'done')
  x.works('reads')
})
const onConsumer = {
  on: async (/** @type {Case} */ x) => {
    const consumer = x.watch(new x.kafka.Consumer(x.client(), [{ topic: x.topic }], { groupId: x.group }))
    await x.event(consumer, 'done')
    return consumer
  },
  alive: async (/** @type {Case} */ x, /** @type {any} */ consumer) => {
    for (let i = 0; i < 2; i++) await x.event(consumer, 'done')
  }
}
method('Consumer.setOffset', {
  ...onConsumer, callback: false, args: (x) => [x.topic, 0, 0], paths: { topic: [0], partition: [1], offset: [2] }
})
method('Consumer.pauseTopics', { ...onConsumer, callback: false, args: () => [[]], paths: { topics: [0] } })
method('Consumer.resumeTopics', { ...onConsumer, callback: false, args: () => [[]], paths: { topics: [0] } })
method('Consumer.addTopics', { ...onConsumer, args: (x) => [[x.other]], paths: { topics: [0] } })
method('Consumer.addTopics', {
  ...onConsumer,
  args: (x) => [[{ topic: x.other, partition: 0, offset: 0 }]],
  paths: { topic: [0, 0, 'topic'], partition: [0, 0, 'partition'], offset: [0, 0, 'offset'] }
})
method('Consumer.removeTopics', { ...onConsumer, args: (x) => [[x.other]], paths: { topics: [0] } })
method('Consumer.commit', { ...onConsumer, args: () => [true], paths: { force: [0] } })
method('Consumer.close', { ...onConsumer, args: () => [false], paths: { force: [0] }, fresh: true, alive: closed })

each('new ConsumerStream', ['client'], (x, _name, value) => {
  x.watch(new x.kafka.ConsumerStream(value, [{ topic: x.topic }], {}))
  x.works('made')
})
each('new ConsumerStream', ['topics', 'options', 'groupId', 'fetchMaxBytes', 'fromOffset', 'highWaterMark'],
  async (x, name, value) => {
    const options = name === 'options' ? value : { groupId: x.group, ...(name === 'topics' ? {} : { [name]: value }) }
    const topics = name === 'topics' ? value : [{ topic: x.topic }]
    const stream = x.watch(new x.kafka.ConsumerStream(x.client(), topics, options))
    await x.event(stream, 'readable')
    x.works('reads')
  })
const onConsumerStream = {
  fresh: true,
  on: async (/** @type {Case} */ x) => {
    const stream = x.watch(new x.kafka.ConsumerStream(x.client(), [{ topic: x.topic }], { groupId: x.group }))
    await x.event(stream, 'data')
    return stream
  },
  alive: closed
}
method('ConsumerStream.createCommitStream', {
  ...onConsumerStream, callback: false, args: () => [{}], paths: { options: [0] }
})
method('ConsumerStream.close', { ...onConsumerStream, args: () => [false], paths: { force: [0] } })
method('CommitStream.commit', {
  fresh: true,
  on: async (x) => {
    const stream = (await onConsumerStream.on(x)).createCommitStream({ autoCommit: false })
    stream.updateOffsets({ [x.topic]: { 0: 0 } })
    return x.watch(stream)
  },
  alive: (x, stream) => x.until(() => !stream.committing)
})

// ---- ConsumerGroup ----

/** @param {Case} x @param {any} [options] */
const groupOptions = (x, options) => ({ kafkaHost: x.brokers, groupId: x.group, fromOffset: 'earliest', ...options })
each('new ConsumerGroup', ['options'], (x, _name, value) => {
  x.watch(new x.kafka.ConsumerGroup(value, x.topic))
  x.works('made')
})
each('new ConsumerGroup', ['topics'], async (x, _name, value) => {
  const group = x.watch(new x.kafka.ConsumerGroup(groupOptions(x), value))
  await x.event(group, 'rebalanced')
  x.works('joins')
})
each('new ConsumerGroup', ['groupId', 'id', 'protocol', 'fromOffset', 'outOfRangeOffset', 'migrateHLC'],
  (x, name, value) => {
    const options = groupOptions(x, { autoConnect: false, connectOnReady: false, [name]: value })
    x.watch(new x.kafka.ConsumerGroup(options, x.topic))
    x.works('made')
  })
each('new ConsumerGroup', ['sessionTimeout', 'heartbeatInterval', 'commitOffsetsOnFirstJoin', 'autoCommit',
  'autoCommitIntervalMs', 'fetchMaxWaitMs', 'fetchMinBytes', 'fetchMaxBytes', 'maxTickMessages', 'maxNumSegments',
  'encoding', 'keyEncoding', 'retries', 'retryFactor', 'retryMinTimeout', 'connectOnReady', 'onRebalance',
  'topicPartitionCheckInterval', 'paused', 'migrateRolling', 'batch'], async (x, name, value) => {
  const group = x.watch(new x.kafka.ConsumerGroup(groupOptions(x, { [name]: value }), x.topic))
  if (name === 'connectOnReady' && !group.options.connectOnReady) {
    await x.event(group.client, 'ready')
    group.connect()
  }
  await x.event(group, 'message')
  x.works('reads')
})
const onGroup = {
  on: async (/** @type {Case} */ x) => {
    const group = x.watch(new x.kafka.ConsumerGroup(groupOptions(x), x.topic))
    await x.event(group, 'message')
    return group
  },
  alive: async (/** @type {Case} */ x, /** @type {any} */ group) => {
    for (let i = 0; i < 2; i++) await x.event(group, 'done')
  }
}
method('ConsumerGroup.setOffset', {
  ...onGroup, callback: false, args: (x) => [x.topic, 0, 0], paths: { topic: [0], partition: [1], offset: [2] }
})
method('ConsumerGroup.addTopics', { ...onGroup, args: (x) => [[x.other]], paths: { topics: [0] } })
method('ConsumerGroup.removeTopics', { ...onGroup, args: (x) => [[x.other]], paths: { topics: [0] } })
method('ConsumerGroup.commit', { ...onGroup, args: () => [true], paths: { force: [0] } })
method('ConsumerGroup.sendOffsetCommitRequest', {
  ...onGroup,
  args: (x) => [[{ topic: x.topic, partition: 0, offset: 1, metadata: 'm' }]],
  paths: {
    commits: [0],
    topic: [0, 0, 'topic'],
    partition: [0, 0, 'partition'],
    offset: [0, 0, 'offset'],
    metadata: [0, 0, 'metadata']
  }
})
method('ConsumerGroup.close', { ...onGroup, args: () => [false], paths: { force: [0] }, fresh: true, alive: closed })

each('new ConsumerGroupStream', ['options'], (x, _name, value) => {
  x.watch(new x.kafka.ConsumerGroupStream(value, x.topic))
  x.works('made')
})
each('new ConsumerGroupStream', ['topics', 'highWaterMark', 'autoCommit'], async (x, name, value) => {
  const options = groupOptions(x, name === 'topics' ? {} : { [name]: value })
  const stream = x.watch(new x.kafka.ConsumerGroupStream(options, name === 'topics' ? value : x.topic))
  await x.event(stream, 'data')
  x.works('reads')
})
const onGroupStream = {
  fresh: true,
  on: async (/** @type {Case} */ x) => {
    const stream = x.watch(new x.kafka.ConsumerGroupStream(groupOptions(x), x.topic))
    await x.event(stream, 'data')
    return stream
  },
  alive: closed
}
method('ConsumerGroupStream.commit', {
  ...onGroupStream,
  args: (x) => [{ topic: x.topic, partition: 0, offset: 0 }, true],
  paths: { message: [0], force: [1] }
})
method('ConsumerGroupStream.close', onGroupStream)

// ---- Offset and Admin ----

each('new Offset', ['client'], (x, _name, value) => {
  x.watch(new x.kafka.Offset(value))
  x.works('made')
})
const onOffset = {
  on: async (/** @type {Case} */ x) => x.watch(new x.kafka.Offset(await x.readyClient())),
  alive: (/** @type {Case} */ x, /** @type {any} */ offset) =>
    x.called((done) => offset.fetchLatestOffsets([x.topic], done))
}
method('Offset.fetch', {
  ...onOffset,
  args: (x) => [[{ topic: x.topic, partition: 0, time: -1, maxNum: 1 }]],
  paths: {
    payloads: [0],
    topic: [0, 0, 'topic'],
    partition: [0, 0, 'partition'],
    time: [0, 0, 'time'],
    maxNum: [0, 0, 'maxNum']
  }
})
method('Offset.commit', {
  ...onOffset,
  args: (x) => [x.group, [{ topic: x.topic, partition: 0, offset: 1 }]],
  paths: {
    groupId: [0],
    payloads: [1],
    topic: [1, 0, 'topic'],
    partition: [1, 0, 'partition'],
    offset: [1, 0, 'offset']
  }
})
method('Offset.fetchCommits', {
  ...onOffset,
  args: (x) => [x.group, [{ topic: x.topic, partition: 0 }]],
  paths: { groupId: [0], payloads: [1], topic: [1, 0, 'topic'], partition: [1, 0, 'partition'] }
})
method('Offset.fetchLatestOffsets', { ...onOffset, args: (x) => [[x.topic]], paths: { topics: [0] } })
method('Offset.fetchEarliestOffsets', { ...onOffset, args: (x) => [[x.topic]], paths: { topics: [0] } })

each('new Admin', ['client'], (x, _name, value) => {
  x.watch(new x.kafka.Admin(value))
  x.works('made')
})
const onAdmin = {
  on: async (/** @type {Case} */ x) => x.watch(new x.kafka.Admin(await x.readyClient())),
  alive: (/** @type {Case} */ x, /** @type {any} */ admin) => x.called((done) => admin.listGroups(done))
}
method('Admin.listGroups', onAdmin)
method('Admin.listTopics', onAdmin)
method('Admin.describeGroups', { ...onAdmin, args: (x) => [[x.group]], paths: { groups: [0], group: [0, 0] } })
method('Admin.createTopics', {
  ...onAdmin,
  args: (x) => [[{ topic: x.name('made'), partitions: 1, replicationFactor: 1 }]],
  paths: { topics: [0] }
})
method('Admin.describeConfigs', {
  ...onAdmin,
  args: (x) => [{ resources: [{ resourceType: 'topic', resourceName: x.topic, configNames: [] }] }],
  paths: {
    payload: [0],
    resources: [0, 'resources'],
    resourceType: [0, 'resources', 0, 'resourceType'],
    resourceName: [0, 'resources', 0, 'resourceName'],
    configNames: [0, 'resources', 0, 'configNames'],
    includeSynonyms: [0, 'includeSynonyms']
  }
})

// ---- the rest ----

for (const Class of ['DefaultPartitioner', 'CyclicPartitioner', 'RandomPartitioner', 'KeyedPartitioner']) {
  each(`${Class}.getPartition`, ['partitions'], (x, _name, value) => {
    x.works(String(new x.kafka[Class]().getPartition(value, 'key')))
  })
}
each('KeyedPartitioner.getPartition', ['key'], (x, _name, value) => {
  x.works(String(new x.kafka.KeyedPartitioner().getPartition([0, 1, 2], value)))
})
for (const name of ['key', 'value']) {
  each('new KeyedMessage', [name], async (x, _name, value) => {
    const message = name === 'key' ? new x.kafka.KeyedMessage(value, 'v') : new x.kafka.KeyedMessage('k', value)
    const producer = await x.readyProducer()
    producer.send([{ topic: x.topic, messages: message }], x.callback)
  })
}
each('setLoggerProvider', ['provider'], (x, _name, value) => {
  const getLogger = x.require('lib/logging')
  try {
    x.require('logging').setLoggerProvider(value)
    getLogger('kafka-node:Test')
    x.works('made')
  } finally {
    x.require('logging').setLoggerProvider(() => ({ debug () {}, info () {}, warn () {}, error () {} }))
  }
})

module.exports = { ARGUMENTS }
