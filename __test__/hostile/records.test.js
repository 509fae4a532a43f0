'use strict'

const assert = require('node:assert/strict')
const { describe: suite, it } = require('node:test')

const { Client, DOORS } = require('./client')
const { BOMBS, CODECS, RecordBatch } = require('../support/hostileBatches')
const { until } = require('../support/emissions')
const { HostileBroker } = require('../support/hostileBroker')

// Record batches that are broken or lie. A partition has a good batch before the bad one and a good one after it, and
// there is another partition, with the same broker. Each bad batch ends in one of two ways: its records and those after
// it are delivered, or an error is told; what precedes it and the other partition's are delivered in either case.

/** What is asked in vain this often, nobody has been told of. */
const MANY_FETCHES = 70

/** @param {Buffer} bytes @param {number} at */
function flipped (bytes, at) {
  const copy = Buffer.from(bytes)
  copy[at] ^= 0xff
  return copy
}

/**
 * Where a changed byte makes the data unreadable, by codec: in the first block of gzip, the length of snappy, the start
 * of a frame.
 *
 * @type {Record<string, number>}
 */
const FLIPS = { gzip: 12, snappy: 0, lz4: 4, zstd: 4 }

/** @param {number} fewer */
const cut = (fewer) => (/** @type {Buffer} */ bytes) => bytes.subarray(0, bytes.length - fewer)

/** @param {ConstructorParameters<typeof RecordBatch>[2]} options */
const bad = (options) => new RecordBatch(2, ['c', 'd'], options)
/** @param {import('../support/hostileBatches').HostileRecord} first */
const lying = (first) => new RecordBatch(2, [{ key: 'k', value: 'c', ...first }, 'd'])

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {RecordBatch} batch
 * @property {string[]} [delivered] values; without them an error has to be told
 * @property {'kafka-node'} [door] the only one that has these options
 * @property {object} [options] of librdkafka
 */

/** @type {Case[]} */
const CASES = [
  ...CODECS.flatMap(({ name }) => [
    { name: `${name}, a byte flipped`, batch: bad({ codec: name, damage: (bytes) => flipped(bytes, FLIPS[name]) }) },
    {
      name: `${name}, cut off`,
      batch: bad({ codec: name, damage: cut(6) })
    },
    {
      name: `${name}, nothing`,
      batch: bad({ payload: Buffer.alloc(0), attributes: CODECS.find((codec) => codec.name === name)?.attribute })
    },
    {
      name: `${name}, random bytes`,
      batch: bad({
        payload: Buffer.from('4b8a0f37a2d1c95e6b2f', 'hex'),
        attributes: CODECS.find((codec) => codec.name === name)?.attribute
      })
    }
  ]),
  {
    name: 'snappy that says it becomes 4 GiB',
    batch: bad({ payload: Buffer.from('ffffffff0f00', 'hex'), attributes: 2 })
  },
  { name: 'a codec that does not exist', batch: bad({ attributes: 7 }) },
  { name: 'a format of the future', batch: bad({ magic: 9 }) },
  {
    name: 'a checksum that is wrong, checked',
    batch: bad({ crc: 1 }),
    door: 'kafka-node',
    options: { 'check.crcs': 'true' }
  },
  {
    name: 'a checksum that is wrong',
    batch: bad({ crc: 1 })
  },
  { name: 'a batch shorter than its header', batch: bad({ length: 10 }) },
  { name: 'a batch of length -1', batch: bad({ length: -1 }) },
  { name: 'a batch of 2^31-1 bytes', batch: bad({ length: 2 ** 31 - 1 }) },
  { name: 'a record shorter than its value', batch: lying({ length: 3 }) },
  { name: 'a record of a negative length', batch: lying({ length: -5 }) },
  { name: 'a record longer than its batch', batch: lying({ length: 2 ** 31 - 1 }) },
  { name: 'a record of 2^62 bytes', batch: lying({ length: 2 ** 62 }) },
  { name: 'a key of 2^31-1 bytes', batch: lying({ keyLength: 2 ** 31 - 1 }) },
  { name: 'a value of a negative length', batch: lying({ valueLength: -7 }) },
  { name: '2^31-1 records', batch: bad({ count: 2 ** 31 - 1 }), delivered: ['c', 'd', 'e'] },
  { name: '-1 records', batch: bad({ count: -1 }), delivered: ['c', 'd', 'e'] },
  { name: '2^31-1 headers', batch: lying({ headerCount: 2 ** 31 - 1 }), delivered: ['c', 'd', 'e'] },
  { name: '-1 headers', batch: lying({ headerCount: -1 }), delivered: ['c', 'd', 'e'] },
  {
    name: 'offsets going back',
    batch: new RecordBatch(2, [{ value: 'c', delta: 1 }, { value: 'd', delta: 0 }]),
    delivered: ['c', 'd', 'e']
  },
  {
    name: 'a last offset before the first',
    batch: bad({ lastDelta: -1000 })
  }
]

/**
 * The position stays where the bad batch begins.
 *
 * @param {HostileBroker} broker
 */
async function staysInFront (broker) {
  const offsets = broker.offsetsFetched('t', 0)
  const { length } = offsets
  await until(() => offsets.length > length + 1)
  assert.equal(offsets[offsets.length - 1], 2, `it went on at ${offsets}`)
}

const SIZE = 400_000_000
// Made before the tests: it takes seconds, in which no broker of this process answers.
const bombs = Object.entries(BOMBS).map(([codec, bomb]) => /** @type {const} */ ([codec, bomb(SIZE)]))

for (const door of DOORS) {
  /**
   * What comes in spite of the bad batch. A consumer of KafkaJS's crashes instead, as with the original, and commits
   * nothing of what it has not handed over.
   *
   * @param {Client} client
   */
  const others = async (client) => {
    if (door === 'kafka-node') await client.receives(['a', 'b', 'other'])
  }

  suite(`${door}: a bad record batch`, { concurrency: 3 }, () => {
    for (const { name, batch, delivered, door: only = door, options } of CASES) {
      if (only !== door) continue
      it(name, { timeout: 60000 }, async (context) => {
        const broker = await new HostileBroker().start()
        context.after(() => broker.stop())
        broker.topic('t', [
          [new RecordBatch(0, ['a', 'b']), batch, new RecordBatch(4, ['e'])],
          [new RecordBatch(0, ['other'])]
        ])
        const client = new Client(context, {
          door, brokers: broker.brokers, role: 'read', partitions: [0, 1], client: { librdkafka: options }
        })
        if (delivered) {
          await client.receives(['a', 'b', 'other', ...delivered])
          assert.deepEqual(client.errors, [])
        } else {
          // the other partition's fetches go on, and say how long nothing has been told
          const inVain = broker.got('Fetch', MANY_FETCHES).then(() => assert.ok(client.errors.length > 0,
            `nothing was told with ${MANY_FETCHES} fetches; delivered: ${client.values}`))
          await Promise.race([client.fails(), inVain])
          await others(client)
          if (door === 'kafka-node') await staysInFront(broker)
        }
        await client.end()
      })
    }

    it('headers with NULs and without names, and thousands of names', { timeout: 60000 }, async (context) => {
      const broker = await new HostileBroker().start()
      context.after(() => broker.stop())
      const thousands = Array.from({ length: 20000 }, (_, i) => /** @type {[string, string]} */ ([`name ${i}`, 'v']))
      broker.topic('t', [[
        new RecordBatch(0, [
          { value: 'strange', headers: [['a\0b', 'NUL\0'], ['', 'empty'], ['__proto__', 'p'], ['toString', null]] }
        ]),
        new RecordBatch(1, [{ value: 'thousands', headers: thousands }]),
        new RecordBatch(2, ['e'])
      ]])
      const client = new Client(context, { door, brokers: broker.brokers, role: 'read' })
      await client.receives(['strange', 'thousands', 'e'])
      const [strange, many] = client.all('message').map(([{ headers }]) => headers)
      assert.deepEqual(strange, [['a\0b', 'NUL\0'], ['', 'empty'], ['__proto__', 'p'], ['toString', 'null']])
      assert.equal(many, thousands.length)
      await client.end()
    })

    for (const [codec, bomb] of bombs) {
      it(`${SIZE / 1e6} MB out of a few with ${codec}`, { timeout: 60000 }, async (context) => {
        const broker = await new HostileBroker().start()
        context.after(() => broker.stop())
        const { attribute } = CODECS.find(({ name }) => name === codec) || { attribute: 0 }
        broker.topic('t', [
          [new RecordBatch(0, ['a', 'b']), new RecordBatch(2, ['c'], { payload: bomb, attributes: attribute })],
          [new RecordBatch(0, ['other'])]
        ])
        const client = new Client(context, { door, brokers: broker.brokers, role: 'read', partitions: [0, 1] })
        const came = () => client.errors.length > 0 || client.values.some((value) => value?.size === SIZE)
        await client.until(came, 'error or record')
        client.checkErrors()
        await others(client)
        await client.end()
      })
    }
  })
}
