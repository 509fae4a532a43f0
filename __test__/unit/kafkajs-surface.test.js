'use strict'

// What programs see of the second door without a broker, beside kafkajs's own.

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const util = require('node:util')

const theirs = require('kafkajs')
const theirErrors = require('kafkajs/src/errors')
const theirCodes = require('kafkajs/src/protocol/error')
const theirProtocol = require('kafkajs/src/consumer/assignerProtocol')
const ours = require('../../kafkajs')
const errors = require('../../kafkajs/errors')
const codes = require('../../kafkajs/protocolErrors')
const { InstrumentationEmitter, createOn, adminEvents, consumerEvents, producerEvents } =
  require('../../kafkajs/instrumentation')
const { createRetry, pausesOf, retryOptions } = require('../../kafkajs/retry')
const { createLogger } = require('../../kafkajs/logger')

const { logLevel } = ours

/** @param {any} [options] */
const kafkaOf = options => new ours.Kafka({ brokers: ['localhost:1'], logLevel: logLevel.NOTHING, ...options })

describe('the exports of the second door', () => {
  it('have the names of kafkajs, in its order', () => {
    assert.deepEqual(Object.keys(ours), Object.keys(theirs))
  })

  it('have its enumerations', () => {
    for (const name of ['logLevel', 'CompressionTypes', 'ConfigResourceTypes', 'ConfigSource', 'AclResourceTypes',
      'AclOperationTypes', 'AclPermissionTypes', 'ResourcePatternTypes']) {
      assert.deepEqual(ours[name], theirs[name], name)
    }
  })

  it('have a class that shows nothing of its configuration', () => {
    const kafka = kafkaOf({ sasl: { mechanism: 'plain', username: 'u', password: 'secret' } })
    assert.equal(ours.Kafka.name, 'Client')
    assert.deepEqual(Object.keys(kafka), [])
    assert.doesNotMatch(util.inspect(kafka, { depth: 5, showHidden: true }), /secret/)
    // @ts-expect-error: without `new`, on purpose
    assert.throws(() => ours.Kafka({}), TypeError)
    // @ts-expect-error: without options, on purpose
    assert.throws(() => new ours.Kafka(), TypeError)
    assert.ok(new (class extends ours.Kafka {})({ brokers: [] }) instanceof ours.Kafka)
  })

  it('have a codec to call for gzip, and say whose the others are', () => {
    const { CompressionCodecs, CompressionTypes } = ours
    const { GZIP, Snappy } = CompressionTypes
    assert.throws(() => CompressionCodecs[Snappy](), { name: 'KafkaJSNotImplemented' })
    assert.equal(typeof CompressionCodecs[GZIP]().compress, 'function')
  })

  it('have methods on a producer that work without it and may be replaced', () => {
    const producer = kafkaOf().producer({ createPartitioner: ours.Partitioners.DefaultPartitioner })
    assert.deepEqual(Object.keys(producer),
      Object.keys(new theirs.Kafka({ brokers: [], logLevel: 0 }).producer({ createPartitioner: () => () => 0 })))
    const { isIdempotent, logger } = producer
    assert.equal(isIdempotent(), false)
    assert.equal(typeof logger().info, 'function')
    for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(producer))) {
      assert.ok(descriptor.writable && descriptor.configurable)
    }
  })
})

describe('the errors of the second door', () => {
  /** What is given to each constructor. */
  const ARGUMENTS = {
    KafkaJSOffsetOutOfRange: [{ message: 'm', type: 'T', code: 1, retriable: false }, { topic: 't', partition: 1 }],
    KafkaJSMemberIdRequired: [{ message: 'm', type: 'T', code: 79, retriable: false }, { memberId: 'm' }],
    KafkaJSProtocolError: [{ message: 'm', type: 'T', code: 3, retriable: true }],
    KafkaJSCreateTopicError: [{ message: 'm', type: 'T', code: 3, retriable: true }, 'topic'],
    KafkaJSAlterPartitionReassignmentsError: [{ message: 'm', type: 'T', code: 3, retriable: true }, 'topic', 2],
    KafkaJSNumberOfRetriesExceeded: [new Error('m'), { retryCount: 2, retryTime: 3 }],
    KafkaJSConnectionError: ['m', { broker: 'h:1', code: 'E' }],
    KafkaJSConnectionClosedError: ['m', { host: 'h', port: 1 }],
    KafkaJSServerDoesNotSupportApiKey: ['m', { apiKey: 1, apiName: 'n' }],
    KafkaJSDeleteTopicRecordsError: [{ partitions: [{ partition: 0, offset: '1', error: { retriable: false } }] }],
    KafkaJSAggregateError: ['m', [new Error('one')]],
    KafkaJSDeleteGroupsError: ['m', [{ groupId: 'g' }]]
  }
  const names = Object.keys(theirErrors).filter(name => /^KafkaJS/.test(name))

  it('are 31 classes and two functions', () => {
    assert.deepEqual(Object.keys(errors), Object.keys(theirErrors))
    assert.equal(names.length, 31)
  })

  for (const name of names) {
    it(`${name} has the properties and bases of kafkajs's`, () => {
      const args = ARGUMENTS[name] || ['m']
      const [our, their] = [new errors[name](...args), new theirErrors[name](...args)]
      const visible = error => ({ ...error, message: error.message, cause: error.cause, helpUrl: undefined })
      assert.deepEqual(visible(our), visible(their))
      assert.deepEqual(Object.keys(our), Object.keys(their))
      const bases = error => {
        const found = []
        for (let at = Object.getPrototypeOf(error); at; at = Object.getPrototypeOf(at)) found.push(at.constructor.name)
        return found
      }
      assert.deepEqual(bases(our), bases(their))
      assert.equal(errors.isKafkaJSError(our), theirErrors.isKafkaJSError(their))
    })
  }

  it('have the types, texts and retriable of all codes', () => {
    for (let code = -3; code < 120; code++) {
      const [our, their] = [codes.createErrorFromCode(code), theirCodes.createErrorFromCode(code)]
      assert.deepEqual({ ...our, message: our.message }, { ...their, message: their.message })
      assert.equal(errors.isRebalancing(our), theirErrors.isRebalancing(their))
      assert.equal(codes.staleMetadata(our), theirCodes.staleMetadata(their))
    }
    assert.deepEqual(codes.errorCodes, theirCodes.errorCodes)
  })
})

describe('the logger of the second door', () => {
  const recording = (level = logLevel.INFO) => {
    const entries = []
    const levels = []
    const logger = createLogger({ level, logCreator: given => levels.push(given) && (entry => entries.push(entry)) })
    return { entries, levels, logger }
  }

  it('writes entries with namespace, level, label and log', () => {
    const { entries, levels, logger } = recording()
    logger.namespace('Producer').warn('text', { extra: 1, message: 'other' })
    logger.debug('not written')
    assert.deepEqual(levels, [logLevel.INFO])
    const [{ log, ...entry }] = entries
    assert.deepEqual(entry, { namespace: 'Producer', level: 2, label: 'WARN' })
    const { timestamp, ...others } = log
    assert.deepEqual(others, { logger: 'kafkajs', message: 'other', extra: 1 })
    assert.equal(new Date(timestamp).toISOString(), timestamp)
    assert.equal(entries.length, 1)
  })

  it('has one level for all that have one root', () => {
    const { entries, logger } = recording()
    const other = logger.namespace('A')
    logger.namespace('B').setLogLevel(logLevel.DEBUG)
    other.debug('x')
    logger.debug('y')
    assert.deepEqual(entries.map(({ namespace, log }) => [namespace, log.message]), [['A', 'x'], [undefined, 'y']])
  })
})

describe('the events of the second door', () => {
  it('have the names of kafkajs', () => {
    const kafka = new theirs.Kafka({ brokers: ['localhost:1'], logLevel: 0 })
    assert.deepEqual(producerEvents, kafka.producer({ createPartitioner: () => () => 0 }).events)
    assert.deepEqual(consumerEvents, kafka.consumer({ groupId: 'g' }).events)
    assert.deepEqual(adminEvents, kafka.admin().events)
  })

  it('are refused by another name with the list of names', () => {
    const ofTheirs = new theirs.Kafka({ brokers: ['localhost:1'], logLevel: 0 }).consumer({ groupId: 'g' })
    const { logger } = { logger: createLogger({ logCreator: () => () => {} }) }
    const on = createOn(new InstrumentationEmitter(), 'consumer', consumerEvents, logger)
    /** @type {any} */
    let expected
    // @ts-expect-error: no such event, on purpose
    try { ofTheirs.on('nothing', () => {}) } catch (error) { expected = error }
    assert.throws(() => on('nothing', () => {}), { name: expected.name, message: expected.message })
  })

  it('come with id, type, timestamp and payload, until the listener is removed', () => {
    const emitter = new InstrumentationEmitter()
    const seen = []
    const remove = emitter.addListener('producer.connect', event => seen.push(event))
    emitter.emit('producer.connect', { a: 1 })
    emitter.emit('producer.disconnect')
    emitter.emit('producer.connect')
    remove()
    remove()
    emitter.emit('producer.connect')
    assert.deepEqual(seen.map(({ type, payload }) => [type, payload]),
      [['producer.connect', { a: 1 }], ['producer.connect', undefined]])
    assert.equal(seen[1].id, seen[0].id + 1)
    assert.equal(typeof seen[0].timestamp, 'number')
    assert.equal(emitter.hasListeners('producer.connect'), false)
  })

  it('do not suffer from a listener that fails', async () => {
    const emitter = new InstrumentationEmitter()
    const lines = []
    const logger = createLogger({ logCreator: () => entry => lines.push(entry.log) })
    const on = createOn(emitter, 'admin', adminEvents, logger)
    const seen = []
    on('admin.connect', () => { throw new Error('at once') })
    on('admin.connect', async () => { throw new Error('later') })
    on('admin.connect', event => seen.push(event))
    emitter.emit('admin.connect')
    await new Promise(setImmediate)
    assert.equal(seen.length, 1)
    assert.deepEqual(lines.map(({ message, eventName }) => [message, eventName]), [
      ['Failed to execute listener: at once', 'admin.connect'],
      ['Failed to execute listener: later', 'admin.connect']])
  })
})

describe('retries of the second door', () => {
  const fast = { initialRetryTime: 1, maxRetryTime: 2, retries: 3 }

  it('go on until a call succeeds', async () => {
    const counts = []
    const result = await createRetry(fast)(async (bail, retryCount) => {
      counts.push(retryCount)
      if (retryCount < 2) throw new Error('not yet')
      return 'done'
    })
    assert.equal(result, 'done')
    assert.deepEqual(counts, [0, 1, 2])
  })

  it('end with what the last one failed with', async () => {
    const cause = new errors.KafkaJSError('again')
    await assert.rejects(createRetry(fast)(async () => { throw cause }), (/** @type {any} */ error) => {
      assert.equal(error.name, 'KafkaJSNumberOfRetriesExceeded')
      assert.equal(error.retryCount, 3)
      assert.equal(error.cause, cause)
      return error.message === 'again'
    })
    // what a user's function rejects with need not be an error
    await assert.rejects(createRetry(fast)(() => Promise.reject(undefined)), { name: 'KafkaJSNumberOfRetriesExceeded' })
  })

  it('do not repeat what does not pass, nor mistakes', async () => {
    for (const cause of [new errors.KafkaJSNonRetriableError('no'), new TypeError('no')]) {
      let calls = 0
      await assert.rejects(createRetry(fast)(async () => { calls++; throw cause }),
        { name: 'KafkaJSNonRetriableError', message: 'no', cause })
      assert.equal(calls, 1)
    }
  })

  it('can be ended with an error as it is', async () => {
    const cause = new Error('as it is')
    await assert.rejects(createRetry(fast)(async bail => bail(cause)), error => error === cause)
  })

  it('have pauses that grow up to a limit', () => {
    const options = { initialRetryTime: 100, multiplier: 2, factor: 0, maxRetryTime: 350, retries: 4 }
    assert.deepEqual(pausesOf(retryOptions(options)), [100, 200, 350, 350])
    assert.deepEqual(retryOptions({ retries: undefined, factor: null }), retryOptions())
  })
})

describe('the group protocol of the second door', () => {
  const { AssignerProtocol: { MemberAssignment, MemberMetadata }, PartitionAssigners } = ours

  it('has the bytes of kafkajs', () => {
    const metadata = { version: 1, topics: ['a', 'ü'], userData: Buffer.from('{"x":1}') }
    const assignment = { version: 0, assignment: { a: [0, 2], b: [1] } }
    assert.deepEqual(MemberMetadata.encode(metadata), theirProtocol.MemberMetadata.encode(metadata))
    assert.deepEqual(MemberMetadata.decode(MemberMetadata.encode(metadata)), metadata)
    assert.deepEqual(MemberAssignment.encode(assignment), theirProtocol.MemberAssignment.encode(assignment))
    assert.equal(MemberAssignment.encode(assignment).toString('hex'),
      '000000000002000161000000020000000000000002000162000000010000000100000000')
    assert.deepEqual(MemberAssignment.decode(MemberAssignment.encode(assignment)).assignment, assignment.assignment)
    assert.equal(MemberAssignment.decode(Buffer.alloc(0)), null)
    assert.throws(() => MemberMetadata.decode(Buffer.alloc(0)), RangeError)
  })

  it('deals partitions out round robin, by what each member has subscribed to', async () => {
    const partitions = { a: [0, 1, 2], b: [1, 0], c: [0] }
    /** @type {any} as much of a cluster as an assigner asks for */
    const cluster = { findTopicPartitionMetadata: topic => partitions[topic].map(partitionId => ({ partitionId })) }
    const assigner = PartitionAssigners.roundRobin({ cluster, groupId: 'g', logger: null })
    assert.deepEqual([assigner.name, assigner.version], ['RoundRobinAssigner', 0])
    const member = (memberId, topics) => ({ memberId, memberMetadata: assigner.protocol({ topics }).metadata })
    const assign = async (members, topics) => Object.fromEntries((await assigner.assign({ members, topics }))
      .map(({ memberId, memberAssignment }) => [memberId, MemberAssignment.decode(memberAssignment).assignment]))
    const both = ['a', 'b']
    assert.deepEqual(await assign([member('m2', both), member('m1', both)], both),
      { m1: { a: [0, 2], b: [1] }, m2: { a: [1], b: [0] } })
    assert.deepEqual(await assign([member('m1', ['a']), member('m2', ['a', 'c'])], ['a']),
      { m1: { a: [0, 2] }, m2: { a: [1], c: [0] } })
  })
})
