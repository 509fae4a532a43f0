'use strict'

const { beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { SharedBuffers } = require('../../core/handles/sharedBuffers')
const { RecordReader } = require('../../core/wire/records')
const { encodeBatch } = require('../support/record-batch')

describe('SharedBuffers', () => {
  let buffers
  let credits
  let replaced

  beforeEach(() => { make() })

  function make (limits = {}) {
    credits = []
    replaced = []
    buffers = new SharedBuffers({
      credit: (buffer) => credits.push(buffer),
      replaceBuffer: (buffer, memory) => replaced.push([buffer, memory.length, [...credits]])
    }, { bytes: 4096, ...limits })
  }

  /** What the native thread does: fills a buffer that is free. */
  function fill (buffer, value = String(buffer)) {
    buffers.memory[buffer].fill(0xAA)
    encodeBatch([{ offset: 7, key: 'k', value }, { offset: 8, value }], { buffer }).copy(buffers.memory[buffer])
    return buffers.filled(buffer)
  }

  function values (reader) {
    const found = []
    while (reader.next('utf8', 'utf8')) {
      for (let i = 0; i < reader.chunkLength; i++) found.push([reader.offset(i), reader.values[i]])
    }
    return found
  }

  it('gives a buffer back when its batch is done, once', () => {
    const batch = fill(1)
    assert.deepEqual(credits, [])
    batch.done()
    batch.done()
    assert.deepEqual(credits, [1])
  })

  it('lets a batch be retained without a copy as long as there are buffers', () => {
    const batch = fill(0)
    batch.retain()
    batch.done()
    fill(1).done()
    assert.deepEqual(credits, [1])
    assert.equal(batch.views, buffers.views[0])
    batch.release()
    assert.deepEqual(credits, [1, 0])
  })

  it('waits for everybody who has retained a batch', () => {
    const batch = fill(0)
    batch.retain()
    batch.retain()
    batch.release()
    batch.done()
    assert.deepEqual(credits, [])
    batch.release()
    assert.deepEqual(credits, [0])
    assert.throws(() => batch.release(), /released as often as it was retained/)
    assert.throws(() => batch.retain(), /has been released/)
  })

  it('copies the oldest retained batch when the last buffer is out, so that others can continue', () => {
    const [first, second] = [fill(0), fill(1)]
    const reader = new RecordReader(first)
    for (const batch of [first, second]) {
      batch.retain()
      batch.done()
    }
    assert.deepEqual(credits, [])
    const third = fill(2)
    assert.deepEqual(credits, [0])
    // the thread writes over the buffer; the batch does not notice
    const fourth = fill(0, 'overwritten')
    assert.deepEqual(credits, [0, 1])
    assert.deepEqual(values(reader), [[7, '0'], [8, '0']])
    third.done()
    fourth.done()
    first.release()
    second.release()
    assert.deepEqual(credits, [0, 1, 2, 0])
    assert.equal(buffers.retainedBytes, 0)
  })

  it('moves a batch in the middle of being read', () => {
    const batch = fill(0)
    const reader = new RecordReader(batch)
    reader.next('utf8', 'utf8')
    fill(1)
    fill(2)
    batch.retain()
    assert.deepEqual(credits, [0])
    buffers.memory[0].fill(0xAA)
    assert.deepEqual([reader.offset(0), reader.offset(1)], [7, 8])
  })

  it('does not copy beyond the bound: buffers stay out until a batch is released', () => {
    // what a copy of a small batch takes
    const size = 1024
    make({ maxRetainedBytes: 2 * size })
    const retained = []
    for (const buffer of [0, 1, 2, 0, 1]) {
      const batch = fill(buffer)
      batch.retain()
      batch.done()
      retained.push(batch)
    }
    assert.deepEqual(credits, [0, 1])
    assert.equal(buffers.retainedBytes, 2 * size)
    retained[0].release()
    assert.deepEqual(credits, [0, 1, 2])
    for (const batch of retained.slice(1)) batch.release()
    assert.equal(buffers.retainedBytes, 0)
    assert.deepEqual(credits.sort(), [0, 0, 1, 1, 2])
  })

  it('never copies what is not retained', () => {
    const batches = [fill(0), fill(1), fill(2)]
    assert.deepEqual(credits, [])
    for (const batch of batches) batch.done()
    assert.deepEqual(credits, [0, 1, 2])
  })

  it('counts a batch too large for any buffer in the same way', () => {
    const batch = buffers.large(encodeBatch([{ offset: 0, value: 'x'.repeat(10000) }], { buffer: 2 }))
    batch.retain()
    batch.done()
    assert.deepEqual(credits, [])
    fill(0)
    fill(1)
    assert.deepEqual(credits, [2])
    assert.deepEqual(values(new RecordReader(batch)), [[0, 'x'.repeat(10000)]])
    batch.release()
    assert.deepEqual(credits, [2])
  })

  it('copies nothing as long as nobody waits for records', () => {
    let hungry = false
    buffers.isHungry = () => hungry
    for (const buffer of [0, 1, 2]) {
      const batch = fill(buffer)
      batch.retain()
      batch.done()
    }
    assert.deepEqual(credits, [])
    hungry = true
    buffers.relieve()
    assert.deepEqual(credits, [0])
    // one free buffer is enough
    buffers.relieve()
    assert.deepEqual(credits, [0])
  })

  it('uses the memory of copies again', () => {
    const retained = []
    const retain = (buffer) => {
      const batch = fill(buffer)
      batch.retain()
      batch.done()
      retained.push(batch)
    }
    for (const buffer of [0, 1, 2]) retain(buffer)
    const { memory } = retained[0]
    retained.shift().release()
    assert.deepEqual(credits, [0])
    retain(0)
    assert.equal(retained[0].memory, memory)
    assert.deepEqual(values(new RecordReader(retained[0])), [[7, '1'], [8, '1']])
  })

  it('keeps no more memory for copies than copies may take, in use and spare', () => {
    make({ bytes: 64 * 1024, maxRetainedBytes: 32 * 1024 })
    const held = []
    for (let i = 0; i < 200; i++) {
      const length = [10, 900, 3000, 7000, 14000][i % 5]
      const batch = fill(i % 3, 'x'.repeat(length))
      batch.retain()
      batch.done()
      held.push(batch)
      if (held.length === 3) held.shift().release()
      const inUse = held.reduce((sum, { memory }) => sum + (memory === null ? 0 : memory.length), 0)
      assert.equal(inUse, buffers.retainedBytes)
      assert.equal(buffers.spareBytes, buffers.spare.reduce((sum, { length }) => sum + length, 0))
      assert.ok(inUse + buffers.spareBytes <= 32 * 1024, `${inUse} and ${buffers.spareBytes}`)
    }
    assert.ok(buffers.spare.length > 0)
  })

  const large = (buffer, length) =>
    buffers.large(encodeBatch([{ offset: 0, value: 'x'.repeat(length) }], { buffer }))

  it('replaces a buffer that a record did not fit into before it goes back', () => {
    const batch = large(1, 5000)
    assert.deepEqual(replaced, [])
    batch.done()
    assert.deepEqual(replaced, [[1, 8192, []]])
    assert.deepEqual(credits, [1])
    // the next record of that size fits
    encodeBatch([{ offset: 1, value: 'y'.repeat(5000) }], { buffer: 1 }).copy(buffers.memory[1])
    const next = buffers.filled(1)
    assert.deepEqual(values(new RecordReader(next)), [[1, 'y'.repeat(5000)]])
    next.done()
    assert.equal(replaced.length, 1)
  })

  it('does not replace a buffer by one beyond the bound', () => {
    make({ maxBytes: 6000 })
    large(0, 7000).done()
    assert.deepEqual(replaced, [])
    large(1, 5500).done()
    assert.deepEqual(replaced, [[1, 6000, [0]]])
    assert.deepEqual(credits, [0, 1])
  })
})
