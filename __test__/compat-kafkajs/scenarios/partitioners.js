'use strict'

const { section } = require('../support/section')

const KEYS = ['', 'a', 'key', 'theKey', 'user-42', 'hello world', '21', 'foobar', 'a-little-bit-long-string',
  'c2f5b1de-9d3b-4f44-8f2e-8f6f1c2b7a10', 'a'.repeat(64), 'é', '日本語', '😀', '\ud83d', Buffer.from('ff', 'hex'),
  Buffer.from('05040302', 'hex'), Buffer.from('c328', 'hex'), Buffer.from('key'), Buffer.alloc(0)]

/** @param {number} count @param {(id: number) => number} [leader] */
const metadata = (count, leader = () => 1) => Array.from({ length: count }, (_, partitionId) => ({
  partitionErrorCode: 0, partitionId, leader: leader(partitionId), replicas: [1], isr: [1], offlineReplicas: []
}))

module.exports = section('Partitioners', (scenario) => {
  for (const name of ['default', 'legacy']) {
    scenario(`the hash of ${name}`, { contract: '3.5' }, (t) => {
      const murmur2 = t.require(`src/producer/partitioners/${name}/murmur2`)
      for (const key of KEYS) t.log('hashes', key, murmur2(key))
      t.log('numbers', murmur2(42), murmur2('42'))
      for (let length = 0; length < 40; length++) t.log('lengths', murmur2('x'.repeat(length)))
    })
  }

  for (const name of ['DefaultPartitioner', 'LegacyPartitioner', 'JavaCompatiblePartitioner']) {
    scenario(`${name} by itself`, { contract: '3.5 (Q27, Q28)' }, (t) => {
      const partition = t.kafkajs.Partitioners[name]()
      for (const count of [1, 3, 4, 8, 100]) {
        t.log('keys', count, KEYS.map((key) =>
          partition({ topic: 't', partitionMetadata: metadata(count), message: { key, value: 'v' } })))
      }
      for (const chosen of [0, 2, 9, '1', null, undefined]) {
        t.log('explicit', chosen, partition({
          topic: 't', partitionMetadata: metadata(3), message: { key: 'key', value: 'v', partition: chosen }
        }))
      }
      const odd = metadata(3).map((entry) => ({ ...entry, partitionId: entry.partitionId + 10 }))
      t.log('ids', partition({ topic: 't', partitionMetadata: odd, message: { key: 'key', value: 'v' } }))
    })

    scenario(`${name}: without a key, round robin`, { contract: '3.5' }, (t) => {
      const partition = t.kafkajs.Partitioners[name]()
      const some = metadata(3, (id) => id === 1 ? -1 : 1)
      const turns = (partitionMetadata, topic = 'topic', key = undefined) => {
        const seen = Array.from({ length: 9 }, () =>
          partition({ topic, partitionMetadata, message: { key, value: 'v' } }))
        // Where it begins is random.
        const first = seen.indexOf(0)
        return seen.slice(first, first + 6)
      }
      t.log('all', turns(metadata(3), 'all'))
      t.log('null', turns(metadata(3), 'null', null))
      t.log('without leader', turns(some, 'some'))
      t.log('no leader at all', turns(metadata(3, () => -1), 'none'))
    })

    scenario(`${name}: where records are`, { contract: '3.5' }, async (t) => {
      const topic = await t.topic(7)
      const producer = await t.connectedProducer({ createPartitioner: t.kafkajs.Partitioners[name] })
      const messages = KEYS.map((key, i) => ({ key, value: String(i), partition: i % 5 === 0 ? i % 7 : undefined }))
      await producer.send({ topic, messages })
      for (const { partition, offset, value } of await t.written(topic)) t.log('log', { partition, offset, value })
    })
  }

  scenario('a partitioner of one\'s own', { contract: '3.5' }, async (t) => {
    const topic = await t.topic(3)
    let created = 0
    const createPartitioner = () => {
      created++
      return ({ topic: name, partitionMetadata, message, ...rest }) => {
        t.log('called', name, message, Object.keys(rest))
        const ids = partitionMetadata.map(({ partitionId }) => partitionId).sort()
        t.log('metadata', ids, Object.keys(partitionMetadata[0]).sort())
        return 2
      }
    }
    const producer = await t.connectedProducer({ createPartitioner })
    t.log('created', created)
    await producer.send({ topic, messages: [{ value: 'a' }, { value: 'b', partition: 0, key: 'k' }] })
    await producer.send({ topic, messages: [{ value: 'c' }] })
    t.log('created', created)
    for (const { partition, value } of await t.written(topic)) t.log('log', { partition, value })
  })

  scenario('a partitioner that throws', { contract: '3.5' }, async (t) => {
    const topic = await t.topic(1)
    const producer = await t.connectedProducer({
      createPartitioner: () => () => { throw new TypeError('own') }
    })
    await t.outcome('sent', () => producer.send({ topic, messages: [{ value: 'a' }] }))
    const patient = await t.connectedProducer({
      createPartitioner: () => () => { throw new Error('own') }, retry: { retries: 1 }
    })
    await t.outcome('retried', () => patient.send({ topic, messages: [{ value: 'a' }] }))
  })

  for (const wrong of [-1, 7, NaN]) {
    scenario(`a partitioner that answers ${wrong}`, {
      contract: '3.4 (Q12)',
      meant: {
        sent: {
          id: 'Q12',
          original: ['resolves []'],
          ours: [/^rejects \[KafkaJSNumberOfRetriesExceeded .*UNKNOWN_TOPIC_OR/]
        }
      }
    }, async (t) => {
      const topic = await t.topic(1)
      const producer = await t.connectedProducer({ createPartitioner: () => () => wrong, retry: { retries: 1 } })
      await t.outcome('sent', () => producer.send({ topic, messages: [{ value: 'a' }] }))
    })
  }
})
