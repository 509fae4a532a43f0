'use strict'

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const original = require('kafkajs')
const { AssignerProtocol, PartitionAssigners } = require('../../kafkajs')
const { memberOptions } = require('../../kafkajs/consumer/options')
const { Commits } = require('../../kafkajs/consumer/commits')
const { Group } = require('../../kafkajs/consumer/group')
const { Partition } = require('../../kafkajs/consumer/partition')
const { Pauses } = require('../../kafkajs/consumer/pauses')
const { Iteration } = require('../../kafkajs/consumer/iterate')
const { checkCommits, toOffset } = require('../../kafkajs/consumer/arguments')
const { offsetText } = require('../../kafkajs/consumer/message')

const { MemberAssignment, MemberMetadata } = AssignerProtocol
const theirs = original.AssignerProtocol

describe('offsetText', () => {
  it('writes an offset as String does, whatever was written before', () => {
    const offsets = [0, 7, 999, 1000, 1001, 999, 1999, 2000, 1000007, 1000999, 1001000, 12345678901234, 5]
    offsets.push(Number.MAX_SAFE_INTEGER)
    assert.deepEqual(offsets.map(offsetText), offsets.map(String))
    for (let offset = 123999990; offset < 124000010; offset++) assert.equal(offsetText(offset), String(offset))
  })
})

describe('AssignerProtocol', () => {
  it('writes what KafkaJS writes', () => {
    assert.equal(MemberMetadata.encode({ version: 0, topics: ['a', 'b'] }).toString('hex'),
      '0000000000020001610001620000' + '0000')
    assert.equal(MemberAssignment.encode({ version: 0, assignment: { a: [0, 2], b: [1] } }).toString('hex'),
      '00000000000200016100000002' + '0000000000000002' + '0001620000000100000001' + '00000000')
    for (const userData of [undefined, Buffer.from('{"a":1}')]) {
      const metadata = { version: 1, topics: ['é', 'topic'], userData }
      assert.deepEqual(MemberMetadata.encode(metadata), theirs.MemberMetadata.encode(metadata))
      const assignment = { version: 1, assignment: { é: [3, 1], none: [] }, userData }
      assert.deepEqual(MemberAssignment.encode(assignment), theirs.MemberAssignment.encode(assignment))
    }
  })

  it('reads what KafkaJS reads', () => {
    const metadata = MemberMetadata.encode({ version: 3, topics: ['a'], userData: Buffer.from('data') })
    assert.deepEqual(MemberMetadata.decode(metadata), theirs.MemberMetadata.decode(metadata))
    const userData = Buffer.from([1])
    const assignment = MemberAssignment.encode({ version: 1, assignment: { a: [1], b: [] }, userData })
    assert.deepEqual(MemberAssignment.decode(assignment), theirs.MemberAssignment.decode(assignment))
    assert.equal(MemberAssignment.decode(Buffer.alloc(0)), null)
    assert.throws(() => MemberMetadata.decode(Buffer.alloc(0)), RangeError)
    assert.throws(() => MemberMetadata.decode(metadata.subarray(0, 8)), RangeError)
  })

  it('a topic may be called __proto__', () => {
    const assignment = JSON.parse('{"__proto__":[1]}')
    const { assignment: read } = MemberAssignment.decode(MemberAssignment.encode({ version: 0, assignment }))
    assert.deepEqual(Object.keys(read), ['__proto__'])
  })
})

describe('PartitionAssigners.roundRobin', () => {
  const topics = { a: 3, b: 2 }
  /** @type {any} as much of a cluster as an assigner asks for */
  const cluster = {
    findTopicPartitionMetadata: (topic) => Array.from({ length: topics[topic] }, (_, partitionId) => ({ partitionId }))
  }
  const member = (memberId, topics) =>
    ({ memberId, memberMetadata: MemberMetadata.encode({ version: 0, topics }) })
  const assign = async (assigners, members, topics) => {
    const assignment = await assigners.roundRobin({ cluster }).assign({ members, topics })
    return Object.fromEntries(assignment.map(({ memberId, memberAssignment }) =>
      [memberId, { ...MemberAssignment.decode(memberAssignment).assignment }]))
  }

  it('assigns as KafkaJS does, when all have subscribed to the same', async () => {
    const members = ['m2', 'm1', 'm3'].map((id) => member(id, ['a', 'b']))
    assert.deepEqual(await assign(PartitionAssigners, members, ['a', 'b']), await assign(original.PartitionAssigners,
      members, ['a', 'b']))
    assert.deepEqual(await assign(PartitionAssigners, members.slice(0, 2), ['a', 'b']),
      { m1: { a: [0, 2], b: [1] }, m2: { a: [1], b: [0] } })
    const { name, version, protocol } = PartitionAssigners.roundRobin({ cluster, groupId: 'g', logger: null })
    assert.deepEqual([name, version], ['RoundRobinAssigner', 0])
    assert.equal(typeof protocol, 'function')
  })

  it('gives a topic only to those who have subscribed to it', async () => {
    const members = [member('m1', ['a']), member('m2', ['a', 'b'])]
    assert.deepEqual(await assign(PartitionAssigners, members, ['a']), { m1: { a: [0, 2] }, m2: { a: [1], b: [0, 1] } })
  })
})

describe('Pauses', () => {
  it('of a topic hold for its partitions, but for those resumed since', () => {
    const pauses = new Pauses()
    const state = () => [0, 1].map((partition) => pauses.isPaused('t', partition))
    assert.deepEqual(state(), [false, false])
    pauses.pause([{ topic: 't' }])
    pauses.pause([{ topic: 't', partitions: [0] }])
    assert.deepEqual(state(), [true, true])
    pauses.resume([{ topic: 't', partitions: /** @type {any[]} */ (['1']) }])
    assert.deepEqual(state(), [true, false])
    pauses.pause([{ topic: 't' }])
    assert.deepEqual(state(), [true, true])
    pauses.resume([{ topic: 't' }])
    assert.deepEqual(state(), [false, false])
    pauses.pause([{ topic: 't', partitions: [1] }])
    assert.deepEqual(state(), [false, true])
    assert.equal(pauses.isPaused('other', 1), false)
  })
})

describe('a consumer\'s options', () => {
  const base = {
    groupId: 'g',
    sessionTimeout: 30000,
    rebalanceTimeout: 60000,
    heartbeatInterval: 3000,
    maxBytesPerPartition: 1048576,
    minBytes: 1,
    maxBytes: 10485760,
    maxWaitTimeInMs: 5000,
    isolationLevel: 1,
    rackId: '',
    metadataMaxAge: 300000,
    groupProtocol: 'classic'
  }
  const assigners = [PartitionAssigners.roundRobin(/** @type {any} */ ({}))]

  it('become librdkafka\'s', () => {
    const { settings } = memberOptions({ ...base, groupInstanceId: 'i', rackId: 'r' }, assigners)
    assert.deepEqual(settings, {
      groupId: 'g',
      fetchMaxWait: 500,
      fetchMinBytes: 1,
      fetchMaxBytes: 1048576,
      fetchResponseBytes: 10485760,
      queueKbytes: 16384,
      readCommitted: true,
      rack: 'r',
      group: {
        groupProtocol: 'classic',
        assignors: [{ name: 'RoundRobinAssigner', custom: true }],
        sessionTimeout: 30000,
        heartbeatInterval: 3000,
        metadataInterval: 300000,
        rebalanceTimeout: 60000,
        revokeTimeout: 48000,
        instanceId: 'i',
        remoteAssignor: null
      }
    })
    assert.equal(memberOptions({ ...base, minBytes: 1000 }, assigners).settings.fetchMaxWait, 5000)
    assert.equal(memberOptions({ ...base, rebalanceTimeout: 10 }, assigners).settings.group.rebalanceTimeout, 30000)
  })

  it('are refused by name where they do not fit together', () => {
    const refused = (options, error, list = assigners) =>
      assert.throws(() => memberOptions({ ...base, ...options }, list), error)
    refused({ groupProtocol: 'x' }, /Invalid groupProtocol x/)
    refused({ groupRemoteAssignor: 'uniform' }, /groupRemoteAssignor needs groupProtocol/)
    refused({ groupInstanceId: 5 }, /groupInstanceId must be a non-empty string/)
    refused({ onRebalance: {} }, /onRebalance must be a function/)
    refused({}, /must not mix/, [...assigners, PartitionAssigners.cooperativeSticky(null)])
  })
})

describe('offsets', () => {
  it('are numbers, decimal strings, bigints and Longs', () => {
    assert.deepEqual([5, '5', 5n, { toString: () => '5' }, -2].map(toOffset), [5, 5, 5, 5, -2])
    assert.deepEqual(['', 'a', null, undefined, 1.5, {}, NaN].map(toOffset), Array(7).fill(null))
    assert.deepEqual(checkCommits([{ topic: 't', partition: '1', offset: 5n }]),
      { topics: [{ topic: 't', partitions: [{ partition: 1, offset: '5', metadata: null }] }] })
  })
})

describe('a commit', () => {
  it('names the assignment that gave each partition, so that one the group has given away is refused', async () => {
    /** @type {any[]} */
    const sent = []
    const handle = {
      commit (list, callback, madeUnder) {
        sent.push([madeUnder.assignmentVersion, list.map(({ topic, partition }) => `${topic}/${partition}`)])
        callback({ error: null, partitions: list.map((commit) => ({ ...commit, error: 0 })) })
      }
    }
    /** @type {any[]} */
    const partitions = [['a', 0, 3], ['a', 1, 5], ['b', 0, 5]].map(([topic, partition, assignmentVersion]) =>
      ({ topic, partition, queue: { assignmentVersion }, position: 7, committed: 0, isLost: false }))
    const find = (topic, partition) =>
      partitions.find((known) => known.topic === topic && known.partition === partition)
    const commits = new Commits({
      partitions: () => partitions,
      find,
      holder: find,
      handle: () => handle,
      committed () {},
      failed (error) { throw error }
    }, { autoCommit: true, autoCommitInterval: null, autoCommitThreshold: null })
    await commits.commitPartitions(partitions)
    assert.deepEqual(sent, [[3, ['a/0']], [5, ['a/1', 'b/0']]])
    assert.deepEqual(partitions.map(({ committed }) => committed), [7, 7, 7])
    // another member's, as the broker allows: under the assignment that was heard of last
    await commits.commit({ topics: [{ topic: 'c', partitions: [{ partition: 0, offset: '1' }] }] })
    assert.deepEqual(sent[2], [undefined, ['c/0']])
  })

  it('that a seek overtakes does not count for what is read after it', async () => {
    /** @type {Array<() => void>} */
    const answers = []
    /** @type {number[]} */
    const sent = []
    const handle = {
      commit (list, callback) {
        sent.push(list[0].offset)
        answers.push(() => callback({ error: null, partitions: list.map((commit) => ({ ...commit, error: 0 })) }))
      }
    }
    const queue = /** @type {any} */ ({ topic: 't', partition: 0, assignmentVersion: 1, seek () {}, clear () {} })
    const partition = new Partition(queue, 0, 1)
    const commits = new Commits({
      partitions: () => [partition],
      find: () => partition,
      holder: () => partition,
      handle: () => handle,
      committed () {},
      failed (error) { throw error }
    }, { autoCommit: true, autoCommitInterval: null, autoCommitThreshold: null })
    const group = Object.assign(Object.create(Group.prototype), { isOver: false, runner: { settle () {} }, commits })
    partition.position = 3
    const first = commits.commitPartitions([partition])
    group.moveTo(partition, 0, true)
    for (const answer of answers.splice(0)) answer()
    await first
    // the same records again
    partition.position = 3
    const second = commits.last([partition])
    await new Promise((resolve) => setImmediate(resolve))
    for (const answer of answers.splice(0)) answer()
    await second
    assert.deepEqual(sent, [3, 0, 3])
  })
})

describe('a partition that is moved while its handler works', () => {
  it('goes on where it was moved to, and not behind what the handler has done', async () => {
    const queue = /** @type {any} */ ({ topic: 't', partition: 0, seek () {}, clear () {} })
    const partition = new Partition(queue, 1000, 1)
    const group = Object.assign(Object.create(Group.prototype), {
      isOver: false,
      runner: { settle () {} }
    })
    partition.isBusy = true
    group.moveTo(partition, 0, false)
    partition.position = 1001
    const idle = partition.whenIdle()
    partition.becomeIdle()
    await idle
    assert.equal(partition.position, 0)
    assert.equal(partition.holds, 0)
  })
})

describe('an iteration', () => {
  function make () {
    const calls = []
    const consumer = {
      isRunning: () => false,
      run: async (options) => { consumer.handler = options.handler },
      stop: async () => { calls.push('stop') }
    }
    return { calls, consumer, iteration: new Iteration(consumer, (handler) => ({ handler })) }
  }

  it('hands over one thing at a time, and has it handled when the next is asked for', async () => {
    const { consumer, iteration } = make()
    const first = iteration.next()
    const handled = []
    consumer.handler(1).then(() => handled.push(1))
    assert.deepEqual(await first, { value: 1, done: false })
    assert.deepEqual(handled, [])
    const second = iteration.next()
    consumer.handler(2).then(() => handled.push(2))
    assert.deepEqual(await second, { value: 2, done: false })
    assert.deepEqual(handled, [1])
  })

  it('a loop that is left stops the consumer, and what it had has not been handled', async () => {
    const { calls, consumer, iteration } = make()
    const first = iteration.next()
    const handling = consumer.handler(1)
    await first
    const refused = assert.rejects(handling, /The iteration is over/)
    assert.deepEqual(await iteration.return('x'), { value: 'x', done: true })
    await refused
    assert.deepEqual(calls, ['stop'])
    assert.deepEqual(await iteration.next(), { value: undefined, done: true })
    await assert.rejects(consumer.handler(2), /The iteration is over/)
  })

  it('ends with the error of the consumer, once', async () => {
    const { iteration } = make()
    const next = iteration.next()
    iteration.end(new Error('crash'))
    await assert.rejects(next, /crash/)
    assert.deepEqual(await iteration.next(), { value: undefined, done: true })
  })
})
