'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { PartitionQueues } = require('../../core/consumer/partitionQueues')
const { ConsumerHandle } = require('../../core/handles/consumerHandle')
const { Opened, sendAll, startWatched, uniqueName } = require('../support/embedded')

const MIB = 1024 * 1024
const VALUE = 'x'.repeat(10000)

describe('records queued by partition', { timeout: 60000 }, () => {
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

  /** A consumer of two partitions, of which only those that `wanted` says are taken. */
  function open (context, topic, wanted) {
    const watchers = new Set()
    const state = {
      /** @type {number[][]} offsets by partition */
      offsets: [[], []],
      /** bytes, the most that there were */
      queued: 0,
      copied: 0,
      opened: [],
      until: (check) => new Promise((resolve) => {
        const watcher = () => {
          if (!check()) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
      take (queue) {
        for (const reader of queue.take(MIB)) {
          while (reader.next('buffer', 'buffer')) {
            for (let i = 0; i < reader.chunkLength; i++) {
              assert.equal(reader.values[i].length, VALUE.length)
              state.offsets[queue.partition].push(reader.offset(i))
            }
          }
          reader.close()
        }
        if (!queue.isEmpty) setImmediate(state.take, queue)
        for (const watcher of watchers) watcher()
      }
    }
    const queues = new PartitionQueues({
      arrived: (queue) => { if (wanted(queue.partition)) setImmediate(state.take, queue) },
      isHungry: () => true
    })
    const handle = new ConsumerHandle({
      brokers: broker.brokers,
      clientId: 'queues',
      connectTimeout: 10000,
      requestTimeout: 30000,
      idleConnection: 300000,
      groupId: uniqueName('group'),
      fetchMaxWait: 50,
      fetchMinBytes: 1,
      fetchMaxBytes: MIB,
      queueKbytes: 4096
    }, {
      records: (batch) => {
        queues.add(batch)
        state.queued = Math.max(state.queued, queues.bytes)
        state.copied = Math.max(state.copied, handle.buffers.retainedBytes)
      },
      event: (event) => {
        if (event.type === 'topic') queues.learnTopic(event)
        if (event.type !== 'assigned') return
        state.opened = event.partitions.map(({ partition }) => queues.open(topic, partition, event.assignmentVersion))
      }
    })
    queues.attach(handle)
    context.after(() => new Promise((resolve) => handle.close(() => resolve())))
    handle.command({ type: 'setAssignment', partitions: [0, 1].map((partition) => ({ topic, partition, offset: 0 })) })
    return state
  }

  it('one that nobody takes does not stop the other, and what waits is bounded', async (context) => {
    const topic = uniqueName('topic')
    await broker.createTopic(topic, 2)
    let isWanted = false
    const state = open(context, topic, (partition) => partition === 1 || isWanted)
    const producer = await new Opened(context, broker).producer()
    const batch = Array(100).fill(VALUE)
    // more than all buffers and copies together hold
    for (let i = 0; i < 40; i++) await sendAll(producer, topic, batch, 0)
    for (let i = 0; i < 10; i++) await sendAll(producer, topic, batch, 1)
    await state.until(() => state.offsets[1].length === 1000)
    assert.equal(state.offsets[0].length, 0)
    assert.ok(state.queued <= 18 * MIB, `${state.queued} bytes were queued`)
    assert.ok(state.copied <= 16 * MIB, `${state.copied} bytes were copied`)
    isWanted = true
    state.take(state.opened.find(({ partition }) => partition === 0))
    await state.until(() => state.offsets[0].length === 4000)
    assert.deepEqual(state.offsets[0], Array.from({ length: 4000 }, (_, i) => i))
    assert.deepEqual(state.offsets[1], Array.from({ length: 1000 }, (_, i) => i))
  })

  it('when nobody takes any, the copies are bounded', async (context) => {
    const topic = uniqueName('topic')
    await broker.createTopic(topic, 2)
    let isWanted = false
    const state = open(context, topic, () => isWanted)
    const producer = await new Opened(context, broker).producer()
    const batch = Array(100).fill(VALUE)
    for (let i = 0; i < 40; i++) await sendAll(producer, topic, batch, i % 2)
    await state.until(() => state.opened.length === 2)
    isWanted = true
    for (const queue of state.opened) state.take(queue)
    await state.until(() => state.offsets[0].length === 2000 && state.offsets[1].length === 2000)
    assert.ok(state.copied <= 16 * MIB, `${state.copied} bytes were copied`)
    for (const offsets of state.offsets) assert.deepEqual(offsets, Array.from({ length: 2000 }, (_, i) => i))
  })
})
