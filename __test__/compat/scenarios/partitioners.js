'use strict'

const crypto = require('node:crypto')
const { section } = require('../support/section')

const RANDOM_KEYS = 100000
/** Random, but the same for both sides and every run; part of the titles, so that a report shows it. */
const SEED = 'partitioner keys'
const COUNTS = [1, 2, 3, 4, 5, 6, 8, 12, 16, 50, 100]

/**
 * Keys of every kind: ASCII, text of any language with lone surrogates, bytes that are UTF-8 or not, numbers,
 * empty ones and none.
 */
function * randomKeys () {
  const { update } = bytesOf(SEED)
  for (let i = 0; i < RANDOM_KEYS; i++) {
    const raw = update()
    const length = raw[0] % 40
    switch (i % 8) {
      case 0: yield raw.toString('base64').slice(0, length); break
      case 1: yield raw.subarray(1, 1 + length).toString('utf8'); break
      case 2: yield Buffer.from(raw.subarray(1, 1 + length)); break
      case 3: yield raw.readInt32BE(1) * (raw[0] % 2 ? 1 : 0.001); break
      case 4: yield String.fromCharCode(...new Uint16Array(raw.buffer, raw.byteOffset & ~1, length >> 1)); break
      case 5: yield raw.toString('hex').slice(0, 36); break
      case 6: yield Buffer.from([...raw.subarray(0, 8)].map((byte) => LETTERS[byte % LETTERS.length]).join('')); break
      case 7: yield [null, undefined, '', 0, Buffer.alloc(0), false][raw[0] % 6]; break
    }
  }
}

const LETTERS = ['a', 'Z', '7', '-', 'é', 'ß', 'ж', 'ب', '日', '😀']

/** @param {string} seed */
function bytesOf (seed) {
  let block = Buffer.from(seed)
  return {
    update: () => (block = crypto.createHash('sha512').update(block).digest())
  }
}

const VECTORS = [
  '', 'a', 'key', 'theKey', '12345', '123', 'user-42', 'order:000001', 'hello world',
  'The quick brown fox jumps over the lazy dog', 'a'.repeat(64), 'é', '日本語', 'ключ', '😀', 'naïve-café', '\ud83d',
  Buffer.from('6b6579', 'hex'), Buffer.from('e697a5e69cace8aa9e', 'hex'), Buffer.from('f09f9880', 'hex'),
  Buffer.from('05040302', 'hex'), Buffer.from('ff', 'hex'), Buffer.from('fffe', 'hex'), Buffer.from('c328', 'hex'),
  Buffer.from('eda080', 'hex'), Buffer.alloc(0), Buffer.alloc(1), Buffer.from('00000001', 'hex'),
  undefined, null, 0, false, 42, -7, true, 12345678901, { a: 1 }, [1, 2], NaN, Infinity, 0.1, new Date(0), 10n
]

module.exports = section('Partitioners', (scenario) => {
  scenario('Q18: keys of bytes are hashed as the text that they are read as', { contract: '5 (Q18)' }, (t) => {
    const keyed = new t.kafka.KeyedPartitioner()
    for (const bytes of ['ff', 'fe', 'e9', 'f09f', 'fffe', 'c328', 'eda080']) {
      t.log('hashCode', bytes, keyed.hashCode(Buffer.from(bytes, 'hex')))
    }
  })

  scenario('the keyed partitioner hashes every kind of key alike', { contract: '5 KeyedPartitioner' }, (t) => {
    const keyed = new t.kafka.KeyedPartitioner()
    for (const key of VECTORS) {
      t.attempt('hashCode', () => keyed.hashCode(key))
      for (const count of COUNTS) {
        t.attempt('getPartition', () => keyed.getPartition(Array.from({ length: count }, (_, i) => i), key))
      }
    }
  })

  for (const name of ['DefaultPartitioner', 'CyclicPartitioner', 'RandomPartitioner', 'KeyedPartitioner']) {
    scenario(`${name}: ${RANDOM_KEYS} random keys (seed '${SEED}') go to the same partitions`, {
      contract: `5 ${name}`, isolated: true
    }, (t) => {
      // The dice fall the same on both sides, so that even the random choice can be compared.
      const dice = bytesOf(`${SEED}, dice`)
      Math.random = () => dice.update().readUInt32BE(0) / 2 ** 32
      const partitioner = new t.kafka[name]()
      const lists = COUNTS.map((count) => Array.from({ length: count }, (_, i) => i))
      const digest = crypto.createHash('sha256')
      let at = 0
      for (const key of randomKeys()) {
        digest.update(lists.map((list) => partitioner.getPartition(list, key)).join())
        // A digest every 1000 keys narrows a difference down.
        if (++at % 1000 === 0) t.log('partitions', at, digest.copy().digest('hex').slice(0, 16))
      }
    })
  }

  for (const [name, type] of Object.entries({ default: 0, cyclic: 2, keyed: 3 })) {
    scenario(`what send chooses for random keys, ${name}`, { contract: '4.3 partition list' }, async (t) => {
      const topic = await t.topic(7)
      const client = await t.readyClient()
      const producer = new t.kafka.HighLevelProducer(client, { partitionerType: type })
      await t.call('known', (cb) => client.refreshMetadata([topic], cb))
      const keys = [...randomKeys()].slice(0, 2000)
      const payloads = keys.map((key) => ({ topic, key, messages: [] }))
      await t.call('sent', (cb) => producer.send(payloads, (/** @type {any} */ error) => cb(error)))
      const digest = crypto.createHash('sha256')
      digest.update(payloads.map((payload) => /** @type {any} */ (payload).partition).join())
      t.log('partitions', digest.digest('hex'))
    })
  }

  scenario('partitioners return an element of the list, whatever it is', { contract: '5' }, (t) => {
    const { DefaultPartitioner, CyclicPartitioner, KeyedPartitioner } = t.kafka
    const lists = [[0], [4, 6, 8], [3, 5, 9], [], undefined, null]
    for (const Class of [DefaultPartitioner, CyclicPartitioner, KeyedPartitioner]) {
      const partitioner = new Class()
      for (const list of lists) {
        for (const key of ['a', '', 'key', undefined]) {
          t.attempt(Class.name, () => partitioner.getPartition(list, key))
        }
      }
    }
  })

  scenario('the cyclic partitioner has one counter, which an empty list does not move', { contract: '5' }, (t) => {
    const cyclic = new t.kafka.CyclicPartitioner()
    for (const list of [[4, 6, 8], [4, 6, 8], [], [4, 6, 8], undefined, [4, 6, 8], [1, 2], [0, 1, 2, 3]]) {
      t.log('partition', cyclic.getPartition(list))
    }
  })

  scenario('the random partitioner stays within the list', { contract: '5' }, (t) => {
    const random = new t.kafka.RandomPartitioner()
    const seen = new Set(Array.from({ length: 500 }, () => random.getPartition([2, 5, 7])))
    t.log('all', [...seen].sort())
    t.attempt('empty', () => random.getPartition([]))
    t.attempt('missing', () => random.getPartition())
  })

  scenario('a custom partitioner is called as a method, and believed', { contract: '5' }, (t) => {
    const { CustomPartitioner } = t.kafka
    const partitioner = new CustomPartitioner(/** @this {any} */ function (partitions, key) {
      t.log('called', this instanceof CustomPartitioner, arguments.length, partitions, key)
      return 'anything'
    })
    t.log('result', partitioner.getPartition([1, 2], 'k'))
    t.attempt('without', () => new CustomPartitioner().getPartition([1], 'k'))
  })
})
