'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { ConsumerHandle } = require('../../core/handles/consumerHandle')
const { RecordReader } = require('../../core/wire/records')
const { Opened, numbered, sendAll, startWatched, uniqueName } = require('../support/embedded')

const PARTITIONS = [0, 1, 2, 3]
const ILLEGAL_GENERATION = 22

/** A member of a cooperative group, on the level of handles, where the versions of assignments show. */
class Member {
  constructor (context, broker, topic, groupId) {
    this.topic = topic
    this.events = []
    /** [partition, offset, assignment version] of each record */
    this.records = []
    this.watchers = new Set()
    this.handle = new ConsumerHandle({
      brokers: broker.brokers,
      clientId: 'incremental',
      connectTimeout: 10000,
      requestTimeout: 30000,
      idleConnection: 300000,
      groupId,
      fetchMaxWait: 50,
      fetchMinBytes: 1,
      fetchMaxBytes: 1048576,
      queueKbytes: 1024,
      group: {
        assignors: [{ name: 'cooperative-sticky' }],
        sessionTimeout: 6000,
        heartbeatInterval: 200,
        metadataInterval: 30000
      }
    }, { event: (event) => this.hear(event), records: (batch) => this.read(batch) })
    context.after(() => /** @type {Promise<void>} */ (new Promise((resolve) => this.handle.close(resolve))))
    this.handle.command({
      type: 'subscribe',
      topics: [topic],
      start: { fromOffset: 'earliest', commitOnFirstJoin: false, timeout: 10000, keepTrying: true }
    })
  }

  hear (event) {
    this.events.push(event)
    if (event.type === 'topic') this.topicId = event.id
    if (event.type === 'revoked') {
      const commit = event.partitions.map(([topic, partition]) =>
        ({ topic, partition, offset: this.offsets(partition).length, metadata: 'm' }))
      this.handle.command({ type: 'revoked', assignmentVersion: event.assignmentVersion, commit })
    }
    for (const watcher of this.watchers) watcher()
  }

  read (batch) {
    const reader = new RecordReader(batch)
    while (reader.next('utf8', 'utf8')) {
      for (let i = 0; i < reader.chunkLength; i++) {
        this.records.push([reader.partition, reader.offset(i), reader.assignmentVersion])
      }
    }
    batch.done()
    for (const watcher of this.watchers) watcher()
  }

  of (type) {
    return this.events.filter((event) => event.type === type)
  }

  offsets (partition) {
    return this.records.filter(([other]) => other === partition).map(([, offset]) => offset)
  }

  until (check) {
    return new Promise((resolve) => {
      const watcher = () => {
        if (!check()) return
        this.watchers.delete(watcher)
        resolve()
      }
      this.watchers.add(watcher)
      watcher()
    })
  }
}

describe('a cooperative group', { timeout: 120000 }, () => {
  let broker
  /** @type {NodeJS.Timeout} handles alone do not keep a process alive */
  let alive
  before(async () => {
    alive = setInterval(() => {}, 1000)
    broker = await startWatched()
  })
  after(() => {
    clearInterval(alive)
    return broker.stop()
  })

  it('takes and gives only what moves: retained partitions continue, nothing is read twice', async (context) => {
    const topic = uniqueName('topic')
    const groupId = uniqueName('group')
    await broker.createTopic(topic, PARTITIONS.length)
    const producer = await new Opened(context, broker).producer()
    const send = (count, from) =>
      Promise.all(PARTITIONS.map((partition) => sendAll(producer, topic, numbered(count, from), partition)))
    await send(50, 0)

    const first = new Member(context, broker, topic, groupId)
    await first.until(() => first.records.length === 200)
    // The embedded broker refuses commits while its group rebalances, which the one of a revocation may run into.
    const read = PARTITIONS.map((partition) => ({ topic, partition, offset: 50, metadata: 'm' }))
    const { error } = await new Promise((resolve) => first.handle.commit(read, resolve))
    assert.equal(error, null)
    const [all] = first.of('assigned')
    assert.equal(all.incremental, true)
    assert.deepEqual(all.partitions.map(({ partition }) => partition).sort(), PARTITIONS)

    const second = new Member(context, broker, topic, groupId)
    const given = () => second.of('assigned').flatMap(({ partitions }) => partitions.map(({ partition }) => partition))
    await second.until(() => given().length === 2)
    const [revoked] = first.of('revoked')
    assert.equal(revoked.incremental, true)
    assert.equal(revoked.lost, false)
    const moved = revoked.partitions.map(([, partition]) => partition).sort()
    assert.deepEqual(moved, given().sort())
    const retained = PARTITIONS.filter((partition) => !moved.includes(partition))

    await send(50, 50)
    await first.until(() => retained.every((partition) => first.offsets(partition).length >= 100))
    await second.until(() => moved.every((partition) => second.offsets(partition).length >= 50))
    const hundred = Array.from({ length: 100 }, (_, i) => i)
    for (const partition of retained) assert.deepEqual(first.offsets(partition), hundred)
    for (const partition of moved) {
      assert.deepEqual(first.offsets(partition), hundred.slice(0, 50))
      assert.deepEqual(second.offsets(partition), hundred.slice(50))
    }

    // what was retained is still under the assignment that gave it
    const { assignmentVersion } = all
    assert.ok(first.handle.assignmentVersion() > assignmentVersion)
    assert.ok(first.records.every((record) => record[2] === assignmentVersion))
    for (const partition of PARTITIONS) {
      const isRetained = retained.includes(partition)
      assert.equal(first.handle.isAssigned(first.topicId, partition, assignmentVersion), isRetained)
      const commit = [{ topic, partition, offset: 10, metadata: 'm' }]
      const answer = await new Promise((resolve) => first.handle.commit(commit, resolve, { assignmentVersion }))
      assert.equal(answer.error ? answer.error.code : 0, isRetained ? 0 : ILLEGAL_GENERATION)
    }
  })
})
