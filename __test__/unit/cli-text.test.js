'use strict'

// What the command reads and prints: lines, messages, places in a topic, tables.

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { pairs, partitions } = require('../../cli/arguments')
const { LineSplitter } = require('../../cli/lines')
const { lineReader, lineWriter, parseMessage } = require('../../cli/messages')
const { tableLines } = require('../../cli/output')
const { parsePosition, resolvePosition } = require('../../cli/positions')

const received = (message) => ({
  topic: 't',
  partition: 3,
  message: { key: null, value: null, headers: {}, offset: '7', timestamp: '1000', attributes: 0, ...message }
})

describe('lines', () => {
  it('are the same wherever the input is cut', () => {
    const text = 'one\n\ntwö\r\nthree\rstill\nlast'
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size++) {
      const splitter = new LineSplitter()
      const lines = []
      for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)))
      lines.push(...splitter.end())
      assert.deepEqual(lines.map(String), ['one', '', 'twö', 'three\rstill', 'last'])
    }
  })

  it('may have no end, and none is made up', () => {
    const splitter = new LineSplitter()
    assert.deepEqual(splitter.push(Buffer.from('a\n')).map(String), ['a'])
    assert.deepEqual(splitter.end(), [])
  })
})

describe('lines as messages', () => {
  it('are values, byte by byte', () => {
    const line = Buffer.from([0xff, 0x00, 0x41])
    assert.deepEqual(lineReader({ headers: [] })(line), { value: line })
    const read = lineReader({ headers: [['a', '1'], ['b', '2'], ['a', '3']], key: 'k', partition: 2 })
    const { headers, ...message } = read(Buffer.from('v'))
    assert.deepEqual(message, { value: Buffer.from('v'), key: 'k', partition: 2 })
    assert.deepEqual({ ...headers }, { a: ['1', '3'], b: '2' })
  })

  it('are cut at the first separator', () => {
    const { key, value } = lineReader({ headers: [], keySeparator: '→' })(Buffer.from('k→v→w'))
    assert.deepEqual([String(key), String(value)], ['k', 'v→w'])
    assert.throws(() => lineReader({ headers: [], keySeparator: ':' })(Buffer.from('none')), /no separator ":"/)
  })

  it('come back from JSON as they were', () => {
    const messages = [
      received({ value: Buffer.from('text'), key: Buffer.from([0xff]) }),
      received({ headers: JSON.parse('{ "__proto__": "x", "constructor": ["a", "b"] }'), value: Buffer.from('') }),
      received({ value: null, key: Buffer.from('"quoted"\n'), headers: { none: null, bytes: Buffer.from([0xfe]) } })
    ]
    for (const each of messages) {
      const line = String(lineWriter('json')(each))
      assert.equal(line.split('\n').length, 2)
      const parsed = parseMessage(line)
      assert.deepEqual(
        lineWriter('json')({ ...each, message: { ...each.message, ...asReceived(parsed) } }).toString(), line)
    }
  })

  it('that are no message say why', () => {
    /** @type {[line: string, message: RegExp][]} */
    const cases = [
      ['{', /not JSON/],
      ['[]', /no JSON object/],
      ['{}', /no "value"/],
      ['{"value":1}', /"value" has to be text, null or/],
      ['{"value":{"base64":"","more":1}}', /"value" has to be text/],
      ['{"value":"","partition":-1}', /"partition"/],
      ['{"value":"","timestamp":"soon"}', /"timestamp"/],
      ['{"value":"","headers":[]}', /"headers"/],
      ['{"value":"","headers":{"a":1}}', /"headers.a"/]
    ]
    for (const [line, message] of cases) assert.throws(() => parseMessage(line), message)
  })

  it('are printed by a template', () => {
    const message = received({ key: Buffer.from([0xff]), value: Buffer.from('v'), headers: { h: Buffer.from('1') } })
    assert.deepEqual(lineWriter('{key}')(message), Buffer.from([0xff, 0x0a]))
    const template = '{topic}-{partition}@{offset}\\t{time} {timestamp} {value} {headers}'
    assert.equal(String(lineWriter(template)(message)), 't-3@7\t1970-01-01T00:00:01.000Z 1000 v {"h":"1"}\n')
    assert.equal(String(lineWriter('{key}|{value}')(received({}))), 'null|null\n')
    assert.throws(() => lineWriter('{nothing}'), /no field \{nothing\}/)
    assert.throws(() => lineWriter('values'), /no format/)
  })
})

/**
 * What a consumer would get.
 *
 * @param {any} message
 */
function asReceived ({ key = null, value, headers = {}, timestamp }) {
  const bytes = (each) => each === null ? null : Buffer.from(each)
  const entries = Object.keys(headers)
    .map((name) => [name, Array.isArray(headers[name]) ? headers[name].map(bytes) : bytes(headers[name])])
  return { key: bytes(key), value: bytes(value), headers: Object.fromEntries(entries), timestamp }
}

describe('places in a topic', () => {
  const NOW = Date.UTC(2026, 0, 2)

  it('have names', () => {
    /** @type {[text: string, position: any][]} */
    const cases = [
      ['beginning', { kind: 'beginning' }],
      ['latest', { kind: 'end' }],
      ['offset:12345678901234567', { kind: 'offset', count: 12345678901234567n }],
      ['last:3', { kind: 'last', count: 3n }],
      ['time:17', { kind: 'time', time: 17 }],
      ['1d', { kind: 'time', time: Date.UTC(2026, 0, 1) }],
      ['90s', { kind: 'time', time: NOW - 90000 }],
      ['2026-01-01T00:00Z', { kind: 'time', time: Date.UTC(2026, 0, 1) }]
    ]
    for (const [text, position] of cases) assert.deepEqual(parsePosition(text, NOW), position)
    for (const text of ['', '5', '-1', 'offset:-1', 'offset 5', '2026', '1y', '2026-99-99']) {
      assert.throws(() => parsePosition(text), /It needs beginning, end/)
    }
  })

  it('stand for offsets that there are', async () => {
    const admin = /** @type {any} */ ({
      fetchTopicOffsets: async () => [{ partition: 0, low: '10', high: '20' }, { partition: 1, low: '0', high: '3' }],
      fetchTopicOffsetsByTimestamp: async () => [{ partition: 0, offset: '15' }, { partition: 1, offset: '3' }]
    })
    /** @type {[text: string, offsets: bigint[]][]} */
    const cases = [
      ['beginning', [10n, 0n]],
      ['end', [20n, 3n]],
      ['offset:12', [12n, 3n]],
      ['offset:1', [10n, 1n]],
      ['last:5', [15n, 0n]],
      ['time:1', [15n, 3n]]
    ]
    for (const [text, offsets] of cases) {
      const places = await resolvePosition(admin, 't', parsePosition(text))
      assert.deepEqual(places.map(({ offset }) => offset), offsets)
    }
  })
})

describe('values of options', () => {
  it('are partitions and pairs', () => {
    assert.deepEqual(partitions('5-7,0,6'), [0, 5, 6, 7])
    for (const text of ['', 'a', '3-1', '1,', '0-999999999']) {
      assert.throws(() => partitions(text), /It needs partitions/)
    }
    assert.deepEqual(pairs('a=b=c', [['x', '']]), [['x', ''], ['a', 'b=c']])
    assert.throws(() => pairs('=b'), /name=value/)
  })
})

describe('tables', () => {
  it('have columns, numbers to the right', () => {
    assert.deepEqual(tableLines(['TOPIC', 'N'], [['a', 1], ['longer', 100n], ['b', null]]), [
      'TOPIC     N',
      'a         1',
      'longer  100',
      'b         -'
    ])
  })

  it('show control characters, which could be orders to a terminal', () => {
    assert.deepEqual(tableLines(['G'], [['\x1b[2Ja\u202eb']]), ['G', '\\u001b[2Ja\\u202eb'])
  })
})
