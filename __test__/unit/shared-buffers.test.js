'use strict'

const { beforeEach, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { SharedBuffers } = require('../../core/handles/sharedBuffers')
const { RecordReader } = require('../../core/wire/records')
const { encodeBatch } = require('../support/record-batch')

describe('SharedBuffers', () => {
  let buffers
  let credits

  beforeEach(() => { make() })

  function make (limits = {}) {
    credits = []
    buffers = new SharedBuffers((buffer) => credits.push(buffer), { bytes: 4096, ...limits })
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

  it('lets a batch be retained without a copy while there are buffers', () => {
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

  it('copies the oldest retained batch when the last buffer is out, so that others go on', () => {
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
    const size = fill(0).size
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
})
