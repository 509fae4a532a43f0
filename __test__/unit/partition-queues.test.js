'use strict'

const { beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { PartitionQueues } = require('../../core/consumer/partitionQueues')
const { SharedBuffers } = require('../../core/handles/sharedBuffers')
const { rangeReaders } = require('../../core/wire/records')
const { encodeBatch, recordBatch } = require('../support/record-batch')

const record = (offset, partition = 0, fields = {}) =>
  ({ partition, offset, value: `${partition}:${offset}`, key: `k${offset}`, ...fields })

function values (reader) {
  const found = []
  while (reader.next('buffer', 'buffer')) {
    for (let i = 0; i < reader.chunkLength; i++) found.push([reader.offset(i), reader.values[i].toString()])
  }
  return found
}

const pauseOf = (partition, paused) =>
  ({ type: 'pause', partitions: [{ topic: 't', partition }], paused, assignmentVersion: 1 })

describe('RangeReader', () => {
  const records = [record(5), record(6), record(9), record(0, 1, { headers: [['h', 'x']] }), record(1, 1), record(10)]

  it('reads the records of one range each', () => {
    const readers = rangeReaders(recordBatch(records))
    assert.deepEqual(readers.map(({ partition, left }) => [partition, left]), [[0, 3], [1, 2], [0, 1]])
    assert.deepEqual(readers.map((reader) => [reader.firstOffset(), reader.lastOffset()]), [[5, 9], [0, 1], [10, 10]])
    // in any order
    assert.deepEqual(values(readers[2]), [[10, '0:10']])
    assert.deepEqual(values(readers[0]), [[5, '0:5'], [6, '0:6'], [9, '0:9']])
    readers[1].next('buffer', 'buffer')
    assert.deepEqual([readers[1].keys[0].toString(), readers[1].headers[0].h.toString()], ['k0', 'x'])
    assert.equal(readers[1].headers[1], null)
  })

  it('goes back to an offset, or on to the first one behind it', () => {
    const [reader] = rangeReaders(recordBatch(records))
    assert.equal(values(reader).length, 3)
    reader.moveTo(6)
    assert.deepEqual(values(reader), [[6, '0:6'], [9, '0:9']])
    reader.moveTo(7)
    assert.deepEqual(values(reader), [[9, '0:9']])
    reader.moveTo(0)
    assert.equal(reader.left, 3)
    reader.moveTo(10)
    assert.equal(reader.left, 0)
    assert.equal(reader.next('buffer', 'buffer'), false)
  })

  it('keeps the batch until it is closed, also when it moves to other memory', () => {
    const credits = []
    const thread = { credit: (buffer) => credits.push(buffer), replaceBuffer () {} }
    const buffers = new SharedBuffers(thread, { count: 1, bytes: 4096 })
    encodeBatch(records, { buffer: 0 }).copy(buffers.memory[0])
    const batch = buffers.filled(0)
    const readers = rangeReaders(batch)
    batch.done()
    // the only buffer: it went back for a copy
    assert.deepEqual(credits, [0])
    buffers.memory[0].fill(0xAA)
    assert.deepEqual(readers.map(values).flat().length, 6)
    for (const reader of readers) reader.close()
    readers[0].close()
    assert.equal(buffers.retainedBytes, 0)
  })
})

describe('PartitionQueues', () => {
  let queues
  let handle
  let arrived
  let hungry
  let commands

  beforeEach(() => {
    commands = []
    arrived = []
    hungry = true
    handle = {
      knownVersion: 1,
      assignmentVersion: () => handle.knownVersion,
      isAssigned: () => false,
      command: (command) => commands.push(command),
      buffers: {
        isHungry: () => true,
        relieved: 0,
        crowded: false,
        relieve () { this.relieved++ },
        isCrowded () { return this.crowded }
      }
    }
    make()
  })

  function make (limits) {
    queues = new PartitionQueues({ arrived: (queue) => arrived.push(queue), isHungry: () => hungry }, limits)
    queues.attach(handle)
    queues.learnTopic({ id: 0, name: 't' })
  }

  const add = (records, header = { assignmentVersion: 1 }) => queues.add(recordBatch(records, header))
  const taken = (queue, bytes = Infinity) => queue.take(bytes).map(values).flat().map(([offset]) => offset)

  it('sorts records by partition and tells of queues that were empty', () => {
    const [zero, one] = [queues.open('t', 0, 1), queues.open('t', 1, 1)]
    add([record(0), record(1), record(0, 1), record(2)])
    assert.deepEqual(arrived, [zero, one])
    add([record(3)])
    assert.deepEqual(arrived, [zero, one])
    assert.deepEqual(taken(zero), [0, 1, 2, 3])
    assert.deepEqual(taken(one), [0])
    assert.ok(zero.isEmpty && one.isEmpty)
    assert.equal(queues.bytes, 0)
  })

  it('takes up to a limit, but one range at least, and takes back what was not handled', () => {
    const queue = queues.open('t', 0, 1)
    add([record(0), record(1)])
    add([record(2)])
    const [reader] = queue.take(1)
    reader.moveTo(1)
    queue.putBack([reader])
    assert.deepEqual(taken(queue, queue.bytes), [1, 2])
  })

  it('keeps nothing of another assignment, nor what was taken before a seek', () => {
    const queue = queues.open('t', 0, 2)
    add([record(0)], { assignmentVersion: 1 })
    assert.ok(queue.isEmpty)
    add([record(0)], { assignmentVersion: 2 })
    queue.seek(7)
    assert.ok(queue.isEmpty)
    const about = { topic: 't', partition: 0, assignmentVersion: 1 }
    assert.deepEqual(commands, [{ type: 'seek', offset: 7, seekVersion: 1, ...about }])
    add([record(1)], { assignmentVersion: 2, seekVersion: 0 })
    assert.ok(queue.isEmpty)
    add([record(7)], { assignmentVersion: 2, seekVersion: 1 })
    assert.deepEqual(taken(queue), [7])
  })

  it('looks whether the native side has given the partition up already', () => {
    const queue = queues.open('t', 0, 1)
    assert.equal(queue.isCurrent(), true)
    handle.assignmentVersion = () => 2
    assert.equal(queue.isCurrent(), false)
    handle.isAssigned = (topicId, partition, version) => topicId === 0 && partition === 0 && version === 1
    assert.equal(queue.isCurrent(), true)
    queues.close(queue)
    assert.equal(queue.isCurrent(), false)
    add([record(0)])
    assert.ok(queue.isEmpty)
  })

  it('drops what waits of a paused partition and goes on where it is told', () => {
    const queue = queues.open('t', 0, 1)
    add([record(0)])
    queue.pause()
    queue.pause()
    add([record(1)])
    assert.ok(queue.isEmpty)
    queue.resume(0)
    assert.deepEqual(commands.map(({ type, paused, offset }) => [type, paused, offset]),
      [['pause', true, undefined], ['seek', undefined, 0], ['pause', false, undefined]])
  })

  it('says which assignment it knows when it pauses, resumes or seeks', () => {
    const queue = queues.open('t', 0, 1)
    handle.knownVersion = 3
    queue.pause()
    queue.resume(0)
    assert.deepEqual(commands.map(({ assignmentVersion }) => assignmentVersion), [3, 3, 3])
  })

  it('leaves alone a partition that was taken, whoever pauses, resumes or seeks it then', () => {
    make({ highBytes: 1024 })
    const [stopped, heldBack] = [queues.open('t', 0, 1), queues.open('t', 1, 1)]
    stopped.pause()
    add([record(0, 1, { value: 'x'.repeat(600 * 1024) })])
    assert.ok(heldBack.isHeldBack)
    commands = []
    for (const queue of [stopped, heldBack]) {
      queues.close(queue)
      queues.open('t', queue.partition, 2)
    }
    stopped.resume(0)
    stopped.pause()
    heldBack.take(1)
    heldBack.seek(7)
    assert.deepEqual(commands, [])
  })

  it('stops fetching what waits too long when others could go on, until it is short again', () => {
    make({ highBytes: 1024 * 1024 })
    const [slow] = [queues.open('t', 0, 1), queues.open('t', 1, 1)]
    const large = () => add([record(0, 0, { value: 'x'.repeat(600 * 1024) })])
    large()
    hungry = false
    large()
    assert.deepEqual(commands, [])
    hungry = true
    large()
    assert.deepEqual(commands, [pauseOf(0, true)])
    slow.take(1)
    slow.take(1)
    assert.equal(commands.length, 1)
    slow.take(1)
    assert.deepEqual(commands[1], pauseOf(0, false))
  })

  it('gets buffers back from batches that wait as soon as somebody has nothing to do', () => {
    assert.equal(handle.buffers.isHungry(), true)
    hungry = false
    assert.equal(handle.buffers.isHungry(), false)
    queues.balance()
    assert.equal(handle.buffers.relieved, 0)
    hungry = true
    queues.balance()
    assert.equal(handle.buffers.relieved, 1)
  })

  it('stops fetching slow partitions whose few records keep the memory of what came with them', () => {
    const [slow, quick] = [queues.open('t', 0, 1), queues.open('t', 1, 1)]
    handle.buffers.crowded = true
    // as long as all workers are busy nobody is held back
    hungry = false
    add([record(0, 0), record(0, 1)])
    taken(quick)
    assert.deepEqual(commands, [])
    hungry = true
    queues.balance()
    assert.deepEqual(commands, [pauseOf(0, true)])
    taken(slow)
    assert.deepEqual(commands[1], pauseOf(0, false))
  })

  it('a single partition is never held back', () => {
    make({ highBytes: 1024 })
    queues.open('t', 0, 1)
    add([record(0, 0, { value: 'x'.repeat(600 * 1024) })])
    assert.deepEqual(commands, [])
  })
})
