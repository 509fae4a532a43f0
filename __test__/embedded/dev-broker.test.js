'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { randomUUID } = require('node:crypto')
const { once } = require('node:events')
const net = require('node:net')
const path = require('node:path')
const { Kafka, Partitioners, AssignerProtocol, logLevel } = require('kafkajs')
const Broker = require('kafkajs/src/broker')
const { createLogger } = require('kafkajs/src/loggers')
const createConsoleLogger = require('kafkajs/src/loggers/console')
const ConnectionPool = require('kafkajs/src/network/connectionPool')
const createSocketFactory = require('kafkajs/src/network/socketFactory')

const { startDevBroker } = require('../../dev-broker')

const MESSAGE_TOO_LARGE = 10
const TOPIC_AUTHORIZATION_FAILED = 29
// length, API key 16, version 0, correlation id 1, no client id, no tagged fields
const LIST_GROUPS_REQUEST = Buffer.from('0000000b' + '0010' + '0000' + '00000001' + 'ffff' + '00', 'hex')
const MIB = 1024 * 1024

const uniqueName = prefix => `${prefix}-${randomUUID()}`

/** kafkajs, because it has nothing to do with our addon. */
function clientOf (broker, options = {}) {
  const retry = { retries: 1, initialRetryTime: 10 }
  return new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING, retry, ...options })
}

async function withProducer (broker, use) {
  const producer = clientOf(broker).producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  try {
    return await use(producer)
  } finally {
    await producer.disconnect()
  }
}

async function withAdmin (broker, use, options) {
  const admin = clientOf(broker, options).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** A connection that sends single requests. */
async function connectionTo (broker) {
  const options = {
    host: '127.0.0.1',
    port: Number(broker.brokers.split(':')[1]),
    logger: createLogger({ level: logLevel.NOTHING, logCreator: createConsoleLogger }),
    socketFactory: createSocketFactory(),
    requestTimeout: 10000,
    connectionTimeout: 5000
  }
  const connection = new Broker({ connectionPool: new ConnectionPool(options), logger: options.logger })
  await connection.connect()
  return connection
}

/** Resolves with true once a TCP connection is made, with false when it is refused. */
function accepts (port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'ECONNREFUSED') resolve(false)
      else reject(error)
    })
  })
}

async function connectTo (port) {
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Resolves when the other side closes a connection, cleanly or by a reset. */
function closeOf (socket) {
  return new Promise(resolve => socket.on('error', () => {}).once('close', resolve).resume())
}

describe('a running embedded broker', { timeout: 180000 }, () => {
  let broker

  before(async () => {
    broker = await startDevBroker({ port: 0, topics: ['one', 'three:3', { name: 'two', partitions: 2 }], quiet: true })
  })
  after(() => broker.stop())

  it('says where it listens and in which process it runs', () => {
    assert.equal(broker.brokers, `127.0.0.1:${broker.port}`)
    assert.notEqual(broker.pid, process.pid)
    assert.doesNotThrow(() => process.kill(broker.pid, 0))
    assert.equal(broker.error, null)
  })

  it('says that it is for development and tests only, and what it cannot do', () => {
    assert.match(broker.notice, /development and tests only/)
    for (const limit of ['memory', '64 MiB', 'admin', 'groups', 'by time', 'TLS', 'SASL', 'original kafka-node']) {
      assert.ok(broker.notice.includes(limit), `the notice names: ${limit}`)
    }
  })

  it('has the topics that it was started with', async () => {
    const { topics } = await withAdmin(broker, admin => admin.fetchTopicMetadata({ topics: ['one', 'two', 'three'] }))
    const counts = Object.fromEntries(topics.map(topic => [topic.name, topic.partitions.length]))
    assert.deepEqual(counts, { one: 1, two: 2, three: 3 })
  })

  it('creates topics for the process that started it', async () => {
    const topic = uniqueName('created')
    await broker.createTopic(topic, 4)
    const { topics } = await withAdmin(broker, admin => admin.fetchTopicMetadata({ topics: [topic] }))
    assert.equal(topics[0].partitions.length, 4)
    await assert.rejects(broker.createTopic(topic), /already exists/)
  })

  it('creates topics for its clients', async () => {
    const topic = uniqueName('by-client')
    await withAdmin(broker, async admin => {
      assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }), true)
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      assert.equal(topics[0].partitions.length, 2)
      assert.equal(await admin.createTopics({ topics: [{ topic }] }), false, 'a topic that exists is not created again')
    })
  })

  it('only validates if that is what a client asks for', async () => {
    const topic = uniqueName('validated')
    await withAdmin(broker, async admin => {
      await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic }] })
      assert.ok(!(await admin.listTopics()).includes(topic))
    })
  })

  it('refuses what Kafka with one broker refuses', async () => {
    const refusal = topic => withAdmin(broker, admin => admin.createTopics({ topics: [topic] })).then(
      () => assert.fail('it was created'),
      error => error.errors[0].type
    )
    assert.equal(await refusal({ topic: uniqueName('rf'), replicationFactor: 3 }), 'INVALID_REPLICATION_FACTOR')
    assert.equal(await refusal({ topic: uniqueName('none'), numPartitions: 0 }), 'INVALID_PARTITIONS')
    assert.equal(await refusal({ topic: 'no spaces' }), 'INVALID_TOPIC_EXCEPTION')
  })

  it('accepts records and delivers them to a group, which starts at once', async () => {
    const topic = uniqueName('flow')
    const groupId = uniqueName('group')
    await broker.createTopic(topic)
    await withProducer(broker, producer => producer.send({
      topic,
      messages: [{ key: 'k', value: 'first', headers: { trace: '1' } }, { value: 'second' }]
    }))

    const consumer = clientOf(broker).consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const received = []
    await new Promise(resolve => consumer.run({
      eachMessage: async ({ message }) => {
        received.push(message)
        if (received.length === 2) resolve()
      }
    }))
    await consumer.disconnect()

    assert.deepEqual(received.map(message => message.value.toString()), ['first', 'second'])
    assert.equal(received[0].headers.trace.toString(), '1')
    const [{ partitions }] = await withAdmin(broker, admin => admin.fetchOffsets({ groupId, topics: [topic] }))
    assert.equal(partitions[0].offset, '2', 'the commit of the group is kept')
  })

  it('tells a member its assignment also when it asks after the leader has been answered', async (context) => {
    const groupId = uniqueName('group')
    const connections = await Promise.all([connectionTo(broker), connectionTo(broker)])
    context.after(() => Promise.all(connections.map(connection => connection.disconnect())))
    const groupProtocols = [{ name: 'any', metadata: Buffer.from('m') }]
    const joined = await Promise.all(connections.map(connection =>
      connection.joinGroup({ groupId, sessionTimeout: 6000, rebalanceTimeout: 6000, groupProtocols })))
    const isLeader = ({ memberId, leaderId }) => memberId === leaderId
    const sync = (which, groupAssignment = []) => {
      const { generationId, memberId } = joined[which]
      return connections[which].syncGroup({ groupId, generationId, memberId, groupAssignment })
    }
    const [leader, follower] = isLeader(joined[0]) ? [0, 1] : [1, 0]
    const answers = [await sync(leader, joined.map(({ memberId }) =>
      ({ memberId, memberAssignment: Buffer.from(`for ${memberId}`) }))), await sync(follower)]
    assert.deepEqual(answers.map(({ memberAssignment }) => memberAssignment.toString()),
      [leader, follower].map(which => `for ${joined[which].memberId}`))
  })

  it('keeps more than 5 MiB in a partition', async () => {
    const topic = uniqueName('large')
    await broker.createTopic(topic)
    await withProducer(broker, async producer => {
      for (let i = 0; i < 10; i++) await producer.send({ topic, messages: [{ value: Buffer.alloc(0.9 * MIB) }] })
    })
    const [{ low, high }] = await withAdmin(broker, admin => admin.fetchTopicOffsets(topic))
    assert.deepEqual({ low, high }, { low: '0', high: '10' })
  })

  it('reports what librdkafka logs instead of printing it', async () => {
    const logged = once(broker.ref(), 'log')
    const connection = await connectTo(broker.port)
    const closed = closeOf(connection)
    connection.write(LIST_GROUPS_REQUEST)
    const [{ level, text }] = await logged
    broker.unref()
    await closed
    assert.ok(level <= 4)
    assert.match(text, /unsupported ListGroups/)
  })

  it('validates its arguments', async () => {
    await assert.rejects(broker.createTopic('no spaces'), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(broker.createTopic('t', 0), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(broker.pushErrors('Nonsense', [1]), /no API of this broker.*Produce/)
    await assert.rejects(broker.pushErrors('Produce', [99999]), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(broker.setRtt(-1), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})

describe('fault injection', { timeout: 180000 }, () => {
  let broker

  before(async () => {
    broker = await startDevBroker({ port: 0, quiet: true })
  })
  after(() => broker.stop())

  it('takes the broker down and brings it back up with its data', async () => {
    const topic = uniqueName('down')
    await broker.createTopic(topic)
    await withProducer(broker, producer => producer.send({ topic, messages: [{ value: 'kept' }] }))
    const connection = await connectTo(broker.port)
    const closed = closeOf(connection)

    await broker.setDown()
    await closed
    assert.equal(await accepts(broker.port), false)

    await broker.setUp()
    assert.equal(await accepts(broker.port), true)
    const [{ high }] = await withAdmin(broker, admin => admin.fetchTopicOffsets(topic))
    assert.equal(high, '1')
  })

  it('answers the next requests of an API with errors', async () => {
    const topic = uniqueName('errors')
    await broker.createTopic(topic)
    await broker.pushErrors('Produce', [MESSAGE_TOO_LARGE])
    await withProducer(broker, async producer => {
      const send = () => producer.send({ topic, messages: [{ value: 'x' }] })
      await assert.rejects(send(), (/** @type {any} */ error) => (error.cause || error).code === MESSAGE_TOO_LARGE)
      await send()
    })
  })

  it('delays every answer', async () => {
    const impatient = { requestTimeout: 200, enforceRequestTimeout: true }
    await withAdmin(broker, async admin => {
      await broker.setRtt(2000)
      await assert.rejects(admin.listTopics(), /timed out/)
      await broker.setRtt(0)
    }, impatient)
    await withAdmin(broker, admin => admin.listTopics(), impatient)
  })

  it('answers for one topic with an error until that is lifted', async () => {
    const topic = uniqueName('forbidden')
    await broker.createTopic(topic)
    const describeTopic = () => withAdmin(broker, admin => admin.fetchTopicMetadata({ topics: [topic] }))
    await broker.topicError(topic, TOPIC_AUTHORIZATION_FAILED)
    await assert.rejects(describeTopic(), { type: 'TOPIC_AUTHORIZATION_FAILED' })
    await broker.topicError(topic, 0)
    await describeTopic()
  })
})

describe('starting', { timeout: 180000 }, () => {
  it('listens on the requested port', async () => {
    const first = await startDevBroker({ port: 0, quiet: true })
    const { port } = first
    await first.stop()
    const second = await startDevBroker({ port, quiet: true })
    assert.equal(second.port, port)
    assert.equal(await accepts(port), true)
    await withAdmin(second, admin => admin.listTopics())
    await second.stop()
  })

  it('refuses a port in use and says what to do', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = /** @type {net.AddressInfo} */ (server.address())
    await assert.rejects(startDevBroker({ port, quiet: true }), (/** @type {any} */ error) => {
      assert.equal(error.code, 'EADDRINUSE')
      assert.match(error.message, new RegExp(`Port ${port} .*in use`))
      assert.match(error.message, /choose another port/)
      return true
    })
    server.close()
  })

  it('limits a partition to the requested number of bytes, and drops the oldest records first', async () => {
    const broker = await startDevBroker({ port: 0, topics: ['small'], retentionBytes: MIB, quiet: true })
    await withProducer(broker, async producer => {
      for (let i = 0; i < 5; i++) await producer.send({ topic: 'small', messages: [{ value: Buffer.alloc(MIB / 2) }] })
    })
    const [{ low, high }] = await withAdmin(broker, admin => admin.fetchTopicOffsets('small'))
    assert.ok(Number(low) > 0)
    assert.equal(high, '5')
    await broker.stop()
  })

  it('checks its options', async () => {
    /** @type {any[]} */
    const refused = [
      { port: 70000 }, { port: '9092' }, { retentionBytes: 0 },
      { topics: [''] }, { topics: ['t:0'] }, { topics: ['t:x'] }
    ]
    for (const options of refused) {
      await assert.rejects(startDevBroker(options), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
    }
  })
})

describe('the end of an embedded broker', { timeout: 180000 }, () => {
  it('comes with stop(), which may be called again', async () => {
    const broker = await startDevBroker({ port: 0, quiet: true })
    const exits = []
    broker.on('exit', error => exits.push(error))
    await Promise.all([broker.stop(), broker.stop()])
    await broker.stop()
    assert.deepEqual(exits, [null])
    assert.throws(() => process.kill(broker.pid, 0), { code: 'ESRCH' })
    await assert.rejects(broker.createTopic('late'), { code: 'ERR_DEV_BROKER_STOPPED' })
  })

  it('comes with a signal to its process', async () => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const broker = await startDevBroker({ port: 0, quiet: true })
      const exit = once(broker.ref(), 'exit')
      process.kill(broker.pid, signal)
      assert.deepEqual(await exit, [null])
    }
  })

  it('by a failed assertion is an error on the handle, and does not end the process that started it', async () => {
    const broker = await startDevBroker({ port: 0, topics: ['shared:2'], quiet: true })
    const exit = once(broker.ref(), 'exit')
    const groupId = uniqueName('mixed')
    // The mock asserts that the members of a group propose the same protocol.
    const consumers = ['first-protocol', 'second-protocol'].map(name => clientOf(broker).consumer({
      groupId, retry: { retries: 0, restartOnFailure: async () => false }, partitionAssigners: [assignerNamed(name)]
    }))
    await Promise.allSettled(consumers.map(async consumer => {
      await consumer.connect()
      await consumer.subscribe({ topics: ['shared'] })
      await consumer.run({ eachMessage: async () => {} })
    }))

    const [error] = await exit
    assert.equal(error.code, 'ERR_DEV_BROKER_EXIT')
    assert.equal(error.signal, 'SIGABRT')
    assert.match(error.message, /Assertion/)
    assert.equal(broker.error, error)
    await assert.rejects(broker.setUp(), error)
    await broker.stop()
    await Promise.allSettled(consumers.map(consumer => consumer.disconnect()))
  })

  it('comes when the process that started it ends, which the broker does not delay', async () => {
    const { parent, port } = await startParent()
    const connection = await connectTo(port)
    const closed = closeOf(connection)
    parent.stdin.end()
    assert.deepEqual(await once(parent, 'exit'), [0, null])
    await closed
  })

  it('comes when the process that started it is killed', async () => {
    const { parent, port } = await startParent()
    const connection = await connectTo(port)
    const closed = closeOf(connection)
    parent.kill('SIGKILL')
    await closed
  })
})

it('warns once per process that it is for development and tests only', { timeout: 60000 }, async () => {
  const warning = once(process, 'warning')
  const broker = await startDevBroker({ port: 0 })
  const [{ name, message }] = await warning
  assert.equal(name, 'DevBrokerWarning')
  assert.equal(message, broker.notice)
  await broker.stop()
})

/** An assigner that assigns nothing. */
function assignerNamed (name) {
  return () => ({
    name,
    version: 0,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) })
    }),
    assign: async ({ members }) => members.map(({ memberId }) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 0, assignment: {}, userData: Buffer.alloc(0)
      })
    }))
  })
}

/** A process that starts a broker, never stops it, and has nothing left to do when its standard input ends. */
async function startParent () {
  const script = `
    const { startDevBroker } = require(${JSON.stringify(path.join(__dirname, '../../dev-broker'))})
    process.stdin.resume()
    startDevBroker({ port: 0, quiet: true }).then(({ port }) => console.log(port))`
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(parent.stdout, 'data')
  return { parent, port: Number(line) }
}
