'use strict'

const { afterEach, beforeEach, describe, it, mock } = require('node:test')
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const { setImmediate: nextTurn } = require('node:timers/promises')
const { ASSIGNMENT_CHANGE } = require('../../core/consumer/pauseReasons')
const { RecordPump } = require('../../core/consumer/recordPump')
const { MessageEmitter } = require('../../lib/internal/messageEmitter')
const { recordBatch } = require('../support/record-batch')

describe('RecordPump, with the sink of kafka-node\'s consumers', () => {
  let time
  let consumer
  let pump
  let emitter
  let credits
  let assignmentVersion
  let assigned
  let owner
  let maxRecords
  let events
  let progress

  beforeEach(() => {
    // the clock stands still unless a test moves it: how much is emitted at once depends on it
    time = 0
    mock.method(performance, 'now', () => time)
    consumer = Object.assign(new EventEmitter(), { paused: false, options: {} })
    credits = []
    assignmentVersion = 0
    // by partition: the version of those that are older than the last change
    assigned = new Map()
    owner = { released: ({ buffer }) => credits.push(buffer), relieve () {} }
    maxRecords = 1000
    events = []
    progress = []
    emitter = new MessageEmitter(consumer, {
      encodings: () => ({ value: 'utf8', key: 'utf8' }),
      identity: () => ({ clientId: 'c', groupId: 'g' }),
      timestamps: false,
      progressed: (made) => progress.push(made)
    })
    emitter.maxRecords = () => maxRecords
    pump = new RecordPump(emitter)
    emitter.positions = pump.positions
    pump.handle = /** @type {any} */ ({
      assignmentVersion: () => assignmentVersion,
      isAssigned: (topicId, partition, version) => assigned.get(partition) === version
    })
    pump.topics = ['topic', 'other']
    consumer.on('processingfetch', () => events.push('['))
    consumer.on('message', ({ value }) => events.push(value))
    consumer.on('done', () => events.push(']'))
  })

  afterEach(() => mock.restoreAll())

  /** A record batch with the values `from`, `from + 1`, ..., which are also the offsets. */
  function block (from, count, { buffer = 0, seekVersion = 0, partition = 0, topicId = 0, ...header } = {}) {
    const records = Array.from({ length: count }, (_, i) =>
      ({ topicId, partition, offset: from + i, value: String(from + i), highWatermark: 1000 }))
    return recordBatch(records, { assignmentVersion, buffer, seekVersion, ...header }, owner)
  }

  /** Lets everything that is scheduled happen. */
  async function settle () {
    do await nextTurn()
    while (pump.scheduled)
  }

  const numbers = (from, count) => Array.from({ length: count }, (_, i) => String(from + i))

  it('emits a record batch in one slice, right away, and gives its buffer back', () => {
    pump.add(block(5, 3, { buffer: 2 }))
    assert.deepEqual(events, ['[', '5', '6', '7', ']'])
    assert.deepEqual(credits, [2])
    assert.deepEqual(progress, [{ topic: { 0: 7, highWaterOffset: 1000 } }])
  })

  it('has moved the positions and given the buffer back before done', () => {
    consumer.on('done', (made) => {
      assert.deepEqual(credits, [0])
      assert.equal(progress[0], made)
    })
    pump.add(block(0, 1))
    assert.deepEqual(events, ['[', '0', ']'])
  })

  it('reports the last offset of each partition, and each topic\'s high watermark', () => {
    pump.add(recordBatch([
      { partition: 0, offset: 1, value: 'a', highWatermark: 2 },
      { partition: 1, offset: 8, value: 'b', highWatermark: 9 },
      { topicId: 1, partition: 0, offset: 3, value: 'c', highWatermark: -1 },
      { partition: 0, offset: 2, value: 'd', highWatermark: 3 }
    ], {}, owner))
    assert.deepEqual(progress, [{ topic: { 0: 2, 1: 8, highWaterOffset: 3 }, other: { 0: 3, highWaterOffset: 0 } }])
    assert.deepEqual(emitter.idleProgress(['topic', 'new']),
      { topic: { highWaterOffset: 3 }, new: { highWaterOffset: 0 } })
  })

  it('keeps the order of record batches that arrive while it is busy', async () => {
    maxRecords = 4
    pump.add(block(0, 10, { buffer: 0 }))
    pump.add(block(10, 2, { buffer: 1 }))
    await settle()
    assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), numbers(0, 12))
    assert.deepEqual(credits, [0, 1])
  })

  it('cuts a record batch into slices, each with its own events', async () => {
    maxRecords = 4
    pump.add(block(0, 10))
    assert.deepEqual(events, ['[', ...numbers(0, 4), ']'])
    assert.deepEqual(credits, [])
    await nextTurn()
    assert.deepEqual(events.slice(6), ['[', ...numbers(4, 4), ']'])
    await settle()
    assert.deepEqual(events.slice(12), ['[', '8', '9', ']'])
    assert.deepEqual(credits, [0])
    assert.deepEqual(progress.map(({ topic }) => topic[0]), [3, 7, 9])
  })

  it('yields to the event loop when handlers are slow', async () => {
    const sizes = []
    let size = 0
    let turns = 0
    consumer.on('message', () => {
      size++
      time += 1
    })
    consumer.on('done', () => {
      sizes.push(size)
      size = 0
      setImmediate(() => turns++)
    })
    pump.add(block(0, 200))
    await settle()
    assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), numbers(0, 200))
    // at first it looks at the clock every 64 records, and more often once handlers have proved slow
    assert.ok(sizes[0] <= 64)
    assert.ok(sizes.slice(3).every((count) => count <= 8), `slices: ${sizes}`)
    assert.ok(turns >= sizes.length - 1)
  })

  it('yields to the event loop between record batches, however fast they follow one another', async () => {
    const turns = []
    let turn = 0
    consumer.on('message', () => {
      time += 3
      turns.push(turn)
      setImmediate(() => turn++)
    })
    for (let i = 0; i < 4; i++) pump.add(block(i, 1, { buffer: i }))
    assert.deepEqual(credits, [0, 1])
    await settle()
    assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), numbers(0, 4))
    assert.deepEqual(credits, [0, 1, 2, 3])
    assert.ok(turns[3] > turns[2] && turns[2] > turns[1], `turns: ${turns}`)
  })

  describe('a handler that throws', () => {
    it('costs no other message, and the buffer goes back once', async () => {
      const failing = new Set(['0', '3', '9'])
      const thrown = []
      consumer.on('message', ({ value }) => {
        if (failing.has(value)) throw new Error(`handler of ${value}`)
      })
      const catchIt = (call) => {
        try {
          call()
        } catch (error) {
          thrown.push(/** @type {Error} */ (error).message)
        }
      }
      // what a user's uncaughtException handler would get
      const run = pump.run
      pump.run = () => catchIt(run)
      pump.add(block(0, 10, { buffer: 1 }))
      await settle()
      pump.add(block(10, 1, { buffer: 2 }))
      assert.deepEqual(thrown, ['handler of 0', 'handler of 3', 'handler of 9'])
      assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), numbers(0, 11))
      assert.deepEqual(credits, [1, 2])
      // a record whose handler threw does not count as handled until a later one does
      assert.deepEqual(progress.map(({ topic }) => topic && topic[0]), [undefined, 2, 8, 10])
    })

    it('for done costs nothing, either', async () => {
      maxRecords = 2
      consumer.once('done', () => { throw new Error('handler of done') })
      assert.throws(() => pump.add(block(0, 4)), /handler of done/)
      await settle()
      assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), numbers(0, 4))
      assert.deepEqual(credits, [0])
    })
  })

  describe('pause', () => {
    it('lets the slice end, and resume continues after it', async () => {
      maxRecords = 4
      consumer.once('message', () => { consumer.paused = true })
      pump.add(block(0, 6))
      await settle()
      assert.deepEqual(events, ['[', ...numbers(0, 4), ']'])
      assert.deepEqual(credits, [])
      consumer.paused = false
      pump.resume()
      assert.equal(events.length, 6)
      await settle()
      assert.deepEqual(events.slice(6), ['[', '4', '5', ']'])
      assert.deepEqual(credits, [0])
    })

    it('keeps record batches that arrive in the meantime', async () => {
      consumer.paused = true
      pump.add(block(0, 2, { buffer: 0 }))
      pump.add(block(2, 2, { buffer: 1 }))
      await settle()
      assert.deepEqual([events, credits], [[], []])
      consumer.paused = false
      pump.resume()
      await settle()
      assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), numbers(0, 4))
      assert.deepEqual(credits, [0, 1])
    })
  })

  describe('an assignment that is gone', () => {
    it('takes its records with it: none of them is emitted, their buffers go back', async () => {
      maxRecords = 2
      pump.add(block(0, 5, { buffer: 0 }))
      pump.add(block(5, 5, { buffer: 1 }))
      assignmentVersion = 1
      pump.add(block(100, 1, { buffer: 2 }))
      await settle()
      assert.deepEqual(events, ['[', '0', '1', ']', '[', '100', ']'])
      assert.deepEqual(credits, [0, 1, 2])
    })

    it('leaves the records of a partition that is retained', async () => {
      const records = [0, 1, 2].flatMap((partition) =>
        [0, 1].map((offset) => ({ partition, offset, value: `${partition}/${offset}` })))
      consumer.paused = true
      pump.add(recordBatch(records, { buffer: 1 }, owner))
      assignmentVersion = 2
      assigned.set(0, 0).set(2, 1)
      pump.dropObsolete()
      assert.deepEqual(credits, [])
      consumer.paused = false
      pump.resume()
      await settle()
      assert.deepEqual(events, ['[', '0/0', '0/1', ']'])
      assert.deepEqual(progress, [{ topic: { 0: 1, highWaterOffset: 0 } }])
      assert.deepEqual(credits, [1])
    })

    it('can be dropped at once', () => {
      consumer.paused = true
      pump.add(block(0, 5, { buffer: 1 }))
      assignmentVersion = 1
      pump.dropObsolete()
      assert.deepEqual(credits, [1])
      assert.equal(pump.queue.length, 0)
    })
  })

  describe('a seek', () => {
    it('makes obsolete what was taken before it, in its partition only', () => {
      pump.positions.seek('topic', 0)
      pump.add(block(0, 3, { buffer: 0, seekVersion: 0, partition: 0 }))
      pump.add(block(10, 1, { buffer: 1, seekVersion: 0, partition: 1 }))
      pump.add(block(20, 1, { buffer: 2, seekVersion: 0, partition: 0, topicId: 1 }))
      pump.add(block(1, 1, { buffer: 0, seekVersion: 1, partition: 0 }))
      assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), ['10', '20', '1'])
      assert.deepEqual(credits, [0, 1, 2, 0])
    })

    it('in a handler drops what is left of the partition, and overrides the slice\'s own progress', () => {
      const sought = []
      emitter.owner.progressed = (made) => {
        progress.push(made)
        sought.push(pump.positions.isRepositioned('topic', 0), pump.positions.isRepositioned('topic', 1))
      }
      consumer.on('message', ({ value }) => {
        if (value === '3') pump.positions.seek('topic', 0)
      })
      const records = [0, 1, 2, 3, 4, 5].map((offset) => ({ partition: 0, offset, value: String(offset) }))
      pump.add(recordBatch([...records, { partition: 1, offset: 7, value: 'other partition' }], {}, owner))
      pump.add(block(2, 2, { buffer: 1, seekVersion: 1 }))
      assert.deepEqual(events, ['[', '0', '1', '2', '3', 'other partition', ']', '[', '2', '3', ']'])
      assert.deepEqual(progress[0], { topic: { 0: 3, 1: 7, highWaterOffset: 0 } })
      assert.deepEqual(sought, [true, false, true, false])
      assert.deepEqual(credits, [0, 1])
    })

    it('in another partition does not disturb the one that is being emitted', async () => {
      consumer.on('message', ({ value, partition }) => {
        if (partition === 0 && value === '1') pump.positions.seek('topic', 1)
      })
      pump.add(block(0, 5, { partition: 0 }))
      await settle()
      assert.deepEqual(events.filter((event) => event !== '[' && event !== ']'), numbers(0, 5))
      assert.deepEqual(credits, [0])
    })
  })

  describe('a change of the assignment', () => {
    it('lets the slice end, and what waits is emitted if nothing has changed after all', async () => {
      maxRecords = 2
      consumer.once('message', () => pump.pause(ASSIGNMENT_CHANGE))
      pump.add(block(0, 3, { buffer: 0 }))
      pump.add(block(3, 1, { buffer: 1 }))
      await settle()
      assert.deepEqual(events, ['[', '0', '1', ']'])
      pump.unpause(ASSIGNMENT_CHANGE)
      await settle()
      assert.deepEqual(events.slice(4), ['[', '2', ']', '[', '3', ']'])
      assert.deepEqual(credits, [0, 1])
    })

    it('makes obsolete what was taken before it', async () => {
      maxRecords = 2
      consumer.once('message', () => pump.pause(ASSIGNMENT_CHANGE))
      pump.add(block(0, 3, { buffer: 0 }))
      pump.add(block(3, 1, { buffer: 1 }))
      assignmentVersion = 1
      pump.add(block(2, 1, { buffer: 2 }))
      await settle()
      assert.deepEqual(events, ['[', '0', '1', ']'])
      assert.deepEqual(credits, [0, 1])
      pump.unpause(ASSIGNMENT_CHANGE)
      await settle()
      assert.deepEqual(events.slice(4), ['[', '2', ']'])
      assert.deepEqual(credits, [0, 1, 2])
    })
  })

  describe('stop', () => {
    it('lets the slice end and emits nothing more', async () => {
      maxRecords = 2
      consumer.once('message', () => pump.stop())
      pump.add(block(0, 5))
      pump.add(block(5, 5))
      await settle()
      assert.deepEqual(events, ['[', '0', '1', ']'])
    })

    it('while nothing is being emitted drops what waits', async () => {
      consumer.paused = true
      pump.add(block(0, 5))
      pump.stop()
      consumer.paused = false
      pump.resume()
      await settle()
      assert.deepEqual(events, [])
    })
  })

  it('gives messages a timestamp only when asked to, and only a real one', () => {
    const received = []
    consumer.on('message', (message) => received.push(message))
    const timed = () => recordBatch([
      { offset: 0, value: 'a', timestamp: 1700000000000 }, { offset: 1, value: 'b', timestamp: -1 },
      { offset: 2, value: 'c', timestamp: 0 }
    ], {}, owner)
    pump.add(timed())
    emitter.owner.timestamps = true
    pump.add(timed())
    assert.deepEqual(received.map(({ timestamp }) => timestamp),
      [undefined, undefined, undefined, new Date(1700000000000), undefined, undefined])
    assert.deepEqual(received.map((message) => 'timestamp' in message), [false, false, false, true, false, false])
  })

  it('adds headers to the messages that have some', () => {
    const received = []
    consumer.on('message', (message) => received.push(message))
    pump.add(recordBatch([
      { offset: 0, value: 'a', headers: [['h', '1']] }, { offset: 1, value: 'b' }
    ], {}, owner))
    assert.deepEqual(received[0].headers, { h: '1' })
    assert.equal('headers' in received[1], false)
  })
})
