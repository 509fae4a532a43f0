'use strict'

// Produce batches hold what was sent, record by record, whatever it is.

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { SendPacker, packHeaders } = require('../../../core/wire/sends')
const { decode } = require('../../support/produce-batch')
const { bytes, configure, fc, names, orNull, texts } = require('../../support/properties')

configure(300)

const values = orNull(fc.oneof(bytes, texts))
const headers = fc.array(fc.tuple(names, values), { maxLength: 3 })
const rows = fc.array(fc.record({ key: values, value: values, timestamp: fc.nat(), headers }), { maxLength: 40 })

/** One send for one partition: columns that are left out where all records have the same. */
const sends = fc.record({ rows, key: values, hasKeys: fc.boolean(), hasTimes: fc.boolean(), hasHeaders: fc.boolean() })

/** @param {string | Buffer | null} value */
const onWire = (value) => typeof value === 'string' ? Buffer.from(value) : value

describe('a block of produce batches', () => {
  it('is read as it was packed', () => {
    fc.assert(fc.property(fc.array(sends, { maxLength: 6 }), (list) => {
      const packer = new SendPacker()
      list.forEach(({ rows, key, hasKeys, hasTimes, hasHeaders }, i) => packer.batch(i, i + 1, i + 2, i + 3, {
        values: rows.map(({ value }) => value),
        key,
        keys: hasKeys ? rows.map((row) => row.key) : null,
        timestamps: hasTimes ? rows.map(({ timestamp }) => timestamp) : null,
        headers: hasHeaders ? rows.map((row) => packHeaders(row.headers)) : null
      }))
      const batches = decode(packer.bytes.subarray(0, packer.at))
      assert.deepEqual(batches.map(({ send, index, topic, partition }) => [send, index, topic, partition]),
        list.map((_, i) => [i, i + 1, i + 2, i + 3]))
      assert.deepEqual(batches.map(({ records }) => records), list.map(({ rows, key, hasKeys, hasTimes, hasHeaders }) =>
        rows.map((row) => ({
          key: onWire(hasKeys ? row.key : key),
          value: onWire(row.value),
          timestamp: hasTimes ? row.timestamp : undefined,
          headers: hasHeaders ? row.headers.map(([name, value]) => [name, onWire(value)]) : []
        }))))
    }))
  })

  it('is the same whether it was packed at once or in pieces', () => {
    fc.assert(fc.property(fc.array(rows, { maxLength: 5 }), (list) => {
      const pack = (/** @type {SendPacker} */ packer, /** @type {any[]} */ rows, /** @type {number} */ i) =>
        packer.batch(i, 0, 0, 0,
          { values: rows.map(({ value }) => value), key: null, keys: null, timestamps: null, headers: null })
      const whole = new SendPacker()
      const joined = new SendPacker()
      list.forEach((rows, i) => {
        pack(whole, rows, i)
        const piece = new SendPacker()
        pack(piece, rows, i)
        joined.append(piece.bytes.subarray(0, piece.at))
      })
      assert.deepEqual(decode(joined.bytes.subarray(0, joined.at)), decode(whole.bytes.subarray(0, whole.at)))
    }))
  })
})
