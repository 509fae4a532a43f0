'use strict'

const net = require('node:net')

const { section } = require('../support/section')
const { RETRY } = require('../support/trace')

const CLIENTS = ['producer', 'consumer', 'admin']

/** @param {import('../support/trace').Trace} t @param {string} kind @param {any} kafka @returns {any} */
const client = (t, kind, kafka) => {
  if (kind === 'admin') return t.admin(kafka)
  // A consumer's own option would hide how often a Kafka is to try.
  return kind === 'consumer' ? t.consumer({ retry: undefined }, kafka) : t.producer({}, kafka)
}

/** @returns {Promise<number>} a port on which nobody listens */
function unusedPort () {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}

const ENUMERATIONS = ['logLevel', 'CompressionTypes', 'ConfigResourceTypes', 'ConfigSource', 'AclResourceTypes',
  'AclOperationTypes', 'AclPermissionTypes', 'ResourcePatternTypes']

/** What is given to each error's constructor. */
const BROKER_ANSWER = { message: 'm', type: 'T', code: 3, retriable: true, helpUrl: 'u' }
/** @type {Record<string, any[]>} */
const ARGUMENTS = {
  KafkaJSOffsetOutOfRange: [BROKER_ANSWER, { topic: 't', partition: 1 }],
  KafkaJSMemberIdRequired: [BROKER_ANSWER, { memberId: 'm' }],
  KafkaJSProtocolError: [BROKER_ANSWER],
  KafkaJSCreateTopicError: [BROKER_ANSWER, 'topic'],
  KafkaJSAlterPartitionReassignmentsError: [BROKER_ANSWER, 'topic', 2],
  KafkaJSNumberOfRetriesExceeded: [new Error('m'), { retryCount: 2, retryTime: 3 }],
  KafkaJSConnectionError: ['m', { broker: 'h:1', code: 'E' }],
  KafkaJSConnectionClosedError: ['m', { host: 'h', port: 1 }],
  KafkaJSRequestTimeoutError: ['m', { broker: 'h:1', correlationId: 1, createdAt: 2, sentAt: 3, pendingDuration: 4 }],
  KafkaJSTopicMetadataNotLoaded: ['m', { topic: 't' }],
  KafkaJSStaleTopicMetadataAssignment: ['m', { topic: 't', unknownPartitions: [1] }],
  KafkaJSServerDoesNotSupportApiKey: ['m', { apiKey: 1, apiName: 'n' }],
  KafkaJSDeleteGroupsError: ['m', [{ groupId: 'g' }]],
  KafkaJSDeleteTopicRecordsError: [{ partitions: [{ partition: 0, offset: '1', error: { retriable: false } }] }],
  KafkaJSAggregateError: ['m', [new Error('one')]],
  KafkaJSFetcherRebalanceError: [],
  KafkaJSNoBrokerAvailableError: [],
  KafkaJSMetadataNotLoaded: ['m', { retriable: false, cause: new Error('c') }],
  KafkaJSBrokerNotFound: ['m', { cause: new Error('c') }],
  KafkaJSError: [new Error('of an error'), { retriable: false, cause: new Error('c') }]
}

module.exports = section('Client and errors', (scenario) => {
  // ---- what is exported ----

  scenario('the main module', { contract: '1.1' }, (t) => {
    const { kafkajs } = t
    t.log('keys', Object.keys(kafkajs))
    for (const name of ENUMERATIONS) t.log('enumerations', name, kafkajs[name])
    for (const name of ['Partitioners', 'AssignerProtocol']) t.log('groups', name, Object.keys(kafkajs[name]))
    t.log('groups', typeof kafkajs.PartitionAssigners.roundRobin)
    t.log('groups', kafkajs.Partitioners.DefaultPartitioner === kafkajs.Partitioners.JavaCompatiblePartitioner)
    t.log('class', kafkajs.Kafka.name, Object.keys(new kafkajs.Kafka({ brokers: [] })))
    t.log('class', ['producer', 'consumer', 'admin', 'logger'].map((name) => typeof kafkajs.Kafka.prototype[name]))
  })

  scenario('codecs', {
    contract: '1.1 (Q26)',
    meant: {
      others: {
        id: 'Q26',
        original: [2, 3, 4].map(() =>
          /^throws \[KafkaJSNotImplemented '\w+ compression not implemented' \{ retriable: false/),
        ours: [2, 3, 4].map(() => /^throws \[KafkaJSNotImplemented '\w+ compression is done by librdkafka: /)
      }
    }
  }, (t) => {
    const { CompressionCodecs } = t.kafkajs
    t.log('keys', Object.keys(CompressionCodecs))
    for (const type of [2, 3, 4]) t.attempt('others', () => CompressionCodecs[type]())
    const gzip = CompressionCodecs[1]()
    t.log('gzip', Object.keys(gzip))
    const codec = () => ({})
    CompressionCodecs[2] = codec
    t.log('replaced', CompressionCodecs[2] === codec)
  })

  scenario('files that programs load by their names', { contract: '1.3' }, (t) => {
    const errors = t.require('src/errors')
    t.log('errors', Object.keys(errors).sort())
    t.log('errors', errors.KafkaJSError === t.kafkajs.KafkaJSError)
    for (const file of ['src/index', 'src/producer/index', 'src/consumer/index', 'src/admin/index',
      'src/utils/waitFor', 'src/utils/sleep', 'src/loggers/console', 'src/retry/index',
      'src/producer/partitioners/default/murmur2', 'src/producer/partitioners/legacy/murmur2']) {
      t.log('types', file, typeof t.require(file))
    }
    for (const file of ['src/retry/defaults', 'src/protocol/configSource', 'src/protocol/aclOperationTypes',
      'src/protocol/configResourceTypes', 'src/protocol/resourcePatternTypes']) {
      t.log('values', file, t.require(file))
    }
    const constants = t.require('src/constants')
    t.log('values', constants.EARLIEST_OFFSET, constants.LATEST_OFFSET, constants.INT_32_MAX_VALUE)
    const { isRebalancing, isKafkaJSError } = errors
    t.log('tests', ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'NOT_COORDINATOR_FOR_GROUP', 'UNKNOWN_MEMBER_ID']
      .map((type) => isRebalancing({ type })))
    t.log('tests', isKafkaJSError(new errors.KafkaJSTimeout('m')), isKafkaJSError(new Error('m')))
  })

  scenario('waitFor', { contract: '1.3' }, async (t) => {
    const waitFor = t.require('src/utils/waitFor')
    let calls = 0
    await t.outcome('came', () => waitFor(() => ++calls === 3 && 'value', { delay: 1 }))
    await t.outcome('late', () => waitFor(() => false, { delay: 1, maxWait: 5 }))
    await t.outcome('late', () => waitFor(() => false, { delay: 1, maxWait: 5, timeoutMessage: 'too late' }))
    await t.outcome('throws', () => waitFor(() => { throw new Error('own') }, { delay: 1 }))
  })

  scenario('what broker codes become', { contract: '7.4' }, (t) => {
    const { createErrorFromCode } = t.require('src/protocol/error')
    for (let code = -1; code < 90; code++) t.log('codes', createErrorFromCode(code))
    t.log('unknown', createErrorFromCode(999))
  })

  scenario('error classes', { contract: '7.1' }, (t) => {
    for (const name of Object.keys(t.kafkajs).filter((key) => /^KafkaJS/.test(key))) {
      const error = new t.kafkajs[name](...(ARGUMENTS[name] || ['m']))
      const chain = []
      for (let Class = Object.getPrototypeOf(error); Class !== Object.prototype; Class = Object.getPrototypeOf(Class)) {
        chain.push(Class.constructor.name)
      }
      t.log('errors', error)
      t.log('chains', chain)
      // Whose issues an invariant's helpUrl leads to is not the original's business.
      t.log('fields', Object.keys(error), JSON.stringify(error).replace(/https:[^"]+/, '<url>'))
      t.log('stack', String(error.stack).split('\n').slice(0, 2).map((line) => line.replace(/ at .*/, ' at')))
    }
  })

  scenario('the keys of clients, which work detached and can be replaced', { contract: '1.2' }, (t) => {
    const kafka = t.client()
    for (const kind of CLIENTS) {
      const made = client(t, kind, kafka)
      // Ours has more, at the end.
      t.log(kind, Object.keys(made).slice(0, { producer: 8, consumer: 14, admin: 28 }[kind]))
      t.log(kind, made.events)
      t.log(kind, Object.values(Object.getOwnPropertyDescriptors(made))
        .every(({ writable, configurable }) => writable && configurable))
      const { logger } = made
      t.log(kind, Object.keys(logger()))
    }
  })

  scenario('the constructor checks nothing', { contract: '2.1 (Q01)' }, (t) => {
    const { Kafka } = t.kafkajs
    for (const options of [{}, { brokers: null }, { brokers: 5 }, { brokers: [], retry: {} }, { brokers: [], x: 1 },
      { brokers: ['a:1'], clientId: '' }]) {
      t.attempt('made', () => void new Kafka(/** @type {any} */ (options)))
    }
    // @ts-expect-error: without options, on purpose
    t.log('no options', (() => { try { return new Kafka() } catch (error) { return error instanceof TypeError } })())
    // @ts-expect-error: without `new`, on purpose
    t.log('no new', (() => { try { return Kafka({}) } catch (error) { return error instanceof TypeError } })())
    const Sub = class extends Kafka {}
    t.log('subclass', new Sub({ brokers: [] }) instanceof Kafka)
  })

  // ---- connecting ----

  scenario('brokers that are none', { contract: '2.2' }, async (t) => {
    const list = {
      missing: undefined,
      null: null,
      empty: [],
      'not a string': ['127.0.0.1:1', 5],
      'an empty string': [''],
      'a function that gives null': () => null,
      'a function that gives an empty array': async () => [],
      'a function that throws': () => { throw new Error('own') },
      'a function that rejects': async () => { throw new Error('own') }
    }
    for (const kind of CLIENTS) {
      for (const [name, brokers] of Object.entries(list)) {
        t.line(kind, name)
        await t.outcome(kind, () => client(t, kind, t.client({ brokers })).connect())
      }
    }
  })

  scenario('addresses without a port that can be', {
    contract: '2.2'
  }, async (t) => {
    for (const brokers of [['127.0.0.1'], ['127.0.0.1:x'], /** @type {any} */ ('localhost:1')]) {
      await t.outcome('admin', () => t.admin(t.client({ brokers, retry: { ...RETRY, retries: 1 } })).connect())
    }
  })

  scenario('a broker that refuses', { contract: '2.2' }, async (t) => {
    const port = await unusedPort()
    const brokers = [`127.0.0.1:${port}`]
    for (const kind of CLIENTS) {
      for (const retries of [0, 2]) {
        const made = client(t, kind, t.client({ brokers, retry: { ...RETRY, retries } }))
        t.events(kind, made, ['CONNECT', 'DISCONNECT'])
        /** @type {any} */
        const error = await made.connect().catch((caught) => caught)
        const { cause } = error
        const hide = (/** @type {string} */ text) => text.replace(String(port), '<free>')
        t.log(kind, error.name, hide(error.message), error.retriable, error.retryCount)
        t.log(kind, cause.name, hide(cause.message), cause.retriable, hide(cause.broker), cause.code, cause.cause)
      }
    }
  })

  scenario('a seed that refuses, and one that does not', { contract: '2.2' }, async (t) => {
    const brokers = [`127.0.0.1:${await unusedPort()}`, t.brokers]
    for (const kind of CLIENTS) await t.outcome(kind, () => client(t, kind, t.client({ brokers })).connect())
  })

  scenario('brokers from a function', { contract: '2.2' }, async (t) => {
    let calls = 0
    const brokers = async () => {
      calls++
      return [t.brokers]
    }
    const kafka = t.client({ brokers })
    t.log('before', calls)
    const admin = t.admin(kafka)
    await t.outcome('connected', () => admin.connect())
    t.log('called', calls > 0)
    await t.outcome('used', async () => typeof (await admin.describeCluster()).clusterId)
  })

  scenario('connecting and disconnecting, more than once', { contract: '2.2 (Q29), 3.1, 4.7' }, async (t) => {
    for (const kind of CLIENTS) {
      const made = client(t, kind, t.client())
      t.events(kind, made, ['CONNECT', 'DISCONNECT'])
      for (const method of ['connect', 'connect', 'disconnect', 'disconnect', 'connect', 'disconnect']) {
        t.line(kind, method)
        await t.outcome(kind, () => made[method]())
      }
    }
  })

  scenario('disconnecting what was never connected', { contract: '3.1, 4.7' }, async (t) => {
    for (const kind of CLIENTS) {
      const made = client(t, kind, t.client())
      t.events(kind, made, ['CONNECT', 'DISCONNECT', ...(kind === 'consumer' ? ['STOP'] : [])])
      await t.outcome(kind, () => made.disconnect())
    }
  })

  scenario('connecting again at once', {
    contract: '3.1 (Q30)',
    meant: { producer: { id: 'Q30', original: 'varies', ours: ['resolves undefined', 'resolves 0'] } }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.connectedProducer()
    const disconnected = producer.disconnect()
    await t.outcome('producer', () => producer.connect())
    await disconnected
    await t.outcome('producer', async () => (await producer.send({ topic, messages: [{ value: 'v' }] }))[0].errorCode)
  })

  // ---- what librdkafka does not have ----

  scenario('a socket factory', {
    contract: '11',
    meant: {
      made: {
        id: 'L01', original: ['returns undefined'],
        ours: [/^throws \[KafkaJSNonRetriableError 'socketFactory is not supported: .*retriable: false/]
      }
    }
  }, (t) => {
    t.attempt('made', () => void new t.kafkajs.Kafka({ brokers: [t.brokers], socketFactory: () => new net.Socket() }))
  })

  scenario('mechanisms of one\'s own', {
    contract: '11',
    meant: {
      provider: {
        id: 'L02', original: ['returns undefined'],
        ours: [/^throws \[KafkaJSNonRetriableError 'sasl\.authenticationProvider is not supported: /]
      },
      aws: {
        id: 'L02', original: ['returns undefined'],
        ours: [/^throws \[KafkaJSNonRetriableError 'sasl\.mechanism aws is not supported: .*oauthbearer/]
      }
    }
  }, (t) => {
    const made = (sasl) => void new t.kafkajs.Kafka({ brokers: [t.brokers], sasl })
    t.attempt('provider', () => made({ mechanism: 'own', authenticationProvider: () => ({ authenticate () {} }) }))
    t.attempt('aws', () => made({
      mechanism: 'aws', authorizationIdentity: 'a', accessKeyId: 'b', secretAccessKey: 'c'
    }))
  })

  scenario('an object of credentials is not written to', {
    contract: '2.3 (Q08)', isolated: false
  }, (t) => {
    const sasl = { mechanism: /** @type {const} */ ('plain'), username: 'u', password: 'p' }
    void new t.kafkajs.Kafka({ brokers: [t.brokers], sasl })
    t.log('keys', Object.keys(sasl))
  })
})
