'use strict'

/**
 * What the topics to be read contain: each is filled once per run.
 *
 * @typedef {object} Content
 * @property {number} partitions
 * @property {number} size of values in bytes, all ASCII
 * @property {'none' | 'gzip' | 'zstd'} codec
 */

/** @typedef {{records?: number, seconds?: number, count?: number, rounds?: number}} Size */

/** What not every client can do: see `has` in its file. */
/** @typedef {'transactions' | 'cooperative'} Feature */

/**
 * One piece of work, the same for every client.
 *
 * @typedef {object} Work
 * @property {string} id `group/variant`
 * @property {string} title
 * @property {import('./tasks').Job['task']} task
 * @property {Partial<import('./tasks').Job>} job
 * @property {Content} [content] of the topic that it reads; a work without one has an empty topic of its own
 * @property {Size} full
 * @property {Size} [quick] without it, `--quick` leaves the work out
 * @property {Feature} [needs] clients without it are left out
 * @property {boolean} [everyMode] per message and per batch; otherwise per message, or whatever a client has
 */

/** @type {Content} */
const PLAIN = { partitions: 4, size: 100, codec: 'none' }
const READ = { as: /** @type {const} */ ('string') }
const SEND = { partitions: 4, size: 100, codec: /** @type {const} */ ('none'), acks: /** @type {const} */ (1) }
const JOIN = { ...SEND, partitions: 12, rate: 1200, as: /** @type {const} */ ('string') }
const BATCHES = { ...SEND, perSend: 100, inFlight: 32 }

/** @type {Work[]} */
const WORKS = [
  {
    id: 'consume/string',
    title: 'Consume: 100-byte values as strings, 4 partitions, consumer group',
    task: 'consume',
    job: READ,
    content: PLAIN,
    everyMode: true,
    full: { records: 2_000_000 },
    quick: { records: 500_000, rounds: 3 }
  },
  {
    id: 'consume/buffer',
    title: 'Consume: 100-byte values as Buffers',
    task: 'consume',
    job: { as: 'buffer' },
    content: PLAIN,
    everyMode: true,
    full: { records: 2_000_000 }
  },
  {
    id: 'consume/1kb',
    title: 'Consume: 1 KB values as strings',
    task: 'consume',
    job: READ,
    content: { ...PLAIN, size: 1024 },
    everyMode: true,
    full: { records: 1_000_000 }
  },
  {
    id: 'consume/gzip',
    title: 'Consume: 100-byte values as strings, written with gzip',
    task: 'consume',
    job: READ,
    content: { ...PLAIN, codec: 'gzip' },
    everyMode: true,
    full: { records: 2_000_000 }
  },
  {
    id: 'consume/zstd',
    title: 'Consume: 100-byte values as strings, written with zstd',
    task: 'consume',
    job: READ,
    content: { ...PLAIN, codec: 'zstd' },
    everyMode: true,
    full: { records: 2_000_000 }
  },
  {
    id: 'consume/1-partition',
    title: 'Consume: 100-byte values as strings, 1 partition',
    task: 'consume',
    job: READ,
    content: { ...PLAIN, partitions: 1 },
    everyMode: true,
    full: { records: 2_000_000 }
  },
  {
    id: 'consume/64-partitions',
    title: 'Consume: 100-byte values as strings, 64 partitions',
    task: 'consume',
    job: READ,
    content: { ...PLAIN, partitions: 64 },
    everyMode: true,
    full: { records: 2_000_000 }
  },
  {
    id: 'consume/consumer',
    title: 'Consume: 100-byte values as strings, class Consumer (no group)',
    task: 'consume',
    job: { ...READ, api: 'Consumer' },
    content: PLAIN,
    full: { records: 2_000_000 }
  },
  {
    id: 'produce/100b',
    title: 'Produce: sends of 100 records of 100 bytes, 32 sends in flight, acks 1',
    task: 'produce',
    job: BATCHES,
    full: { records: 500_000 },
    quick: { records: 300_000, rounds: 3 }
  },
  {
    id: 'produce/1kb',
    title: 'Produce: sends of 100 records of 1 KB, 32 sends in flight, acks 1',
    task: 'produce',
    job: { ...BATCHES, size: 1024 },
    full: { records: 500_000 }
  },
  {
    id: 'produce/gzip',
    title: 'Produce: sends of 100 records of 100 bytes, 32 sends in flight, acks 1, gzip',
    task: 'produce',
    job: { ...BATCHES, codec: 'gzip' },
    full: { records: 500_000 }
  },
  {
    id: 'produce/acks-all',
    title: 'Produce: sends of 100 records of 100 bytes, 32 sends in flight, acks all',
    task: 'produce',
    job: { ...BATCHES, acks: -1 },
    full: { records: 500_000 }
  },
  {
    id: 'single/100b',
    title: 'Produce: sends of one record of 100 bytes, 1000 sends in flight, acks 1',
    task: 'produce',
    job: { ...SEND, perSend: 1, inFlight: 1000 },
    full: { records: 50_000 },
    quick: { records: 30_000, rounds: 3 }
  },
  {
    id: 'latency/send',
    title: 'Latency: awaited sends of one record, one after the other, acks 1',
    task: 'latency',
    job: SEND,
    full: { records: 1000, seconds: 30 },
    quick: { records: 300, seconds: 5 }
  },
  {
    id: 'latency/end-to-end',
    title: 'Latency: from send to the message handler, 1000 records/s',
    task: 'endToEnd',
    job: { ...SEND, rate: 1000 },
    full: { records: 10_000, seconds: 30 },
    quick: { records: 2000, seconds: 8 }
  },
  {
    id: 'slow/5ms-per-100',
    title: 'Slow consumer: a handler that blocks 5 ms every 100 records',
    task: 'slow',
    job: READ,
    // never read to its end in the time available
    content: PLAIN,
    full: { seconds: 30 },
    quick: { seconds: 4 }
  },
  {
    id: 'many/clients',
    title: 'Many clients: consumers and producers in one process, with nothing to do',
    task: 'many',
    job: { ...SEND, partitions: 1 },
    full: { count: 200, seconds: 60 },
    quick: { count: 20, seconds: 15 }
  },
  {
    id: 'transactions/10',
    title: 'Transactions: of one send of 10 records of 100 bytes to 4 partitions, one after the other',
    task: 'transactions',
    job: { ...SEND, acks: -1, perSend: 10 },
    needs: 'transactions',
    full: { records: 1000, seconds: 20 },
    quick: { records: 200, seconds: 10 }
  },
  {
    id: 'join/cooperative',
    title: 'Rebalance: a second member joins, cooperative-sticky, 12 partitions with 100 records/s each',
    task: 'join',
    job: { ...JOIN, protocol: 'cooperative' },
    needs: 'cooperative',
    full: { seconds: 30 },
    quick: { seconds: 30 }
  },
  {
    id: 'join/eager',
    title: 'Rebalance: a second member joins, as by default, 12 partitions with 100 records/s each',
    task: 'join',
    job: JOIN,
    full: { seconds: 30 },
    quick: { seconds: 30 }
  },
  {
    id: 'start/first-message',
    title: 'Start: require, first message, close',
    task: 'start',
    job: READ,
    content: PLAIN,
    full: { seconds: 15 },
    quick: { seconds: 10 }
  }
]

/** Works and clients under one name of `--only`: what one of the doors is measured by. */
const SETS = /** @type {Record<string, {works: string[], clients: string[]}>} */ ({
  kafkajs: {
    works: [
      'consume/string', 'produce/100b', 'single/100b', 'transactions/10', 'join/cooperative', 'join/eager'
    ],
    clients: ['raw', 'ours-kafkajs', 'kafkajs', 'confluent', 'platformatic']
  }
})

/** Tasks whose records are few, each with an answer of its own to wait for. */
const ONE_BY_ONE = ['latency', 'transactions']

/** So many that even a slow consumer does not reach the end of its topic in its 30 s. */
const BACKLOG = { full: 5_000_000, quick: 500_000 }

/**
 * @param {object} options
 * @param {boolean} options.quick
 * @param {string[]} options.only ids, the part before the slash, or names of sets; empty for all
 * @param {number} [options.scale] of the numbers of records
 */
function selectWorks ({ quick, only: wanted, scale = 1 }) {
  const only = wanted.flatMap((name) => Object.hasOwn(SETS, name) ? SETS[name].works : [name])
  const known = new Set([...WORKS.flatMap(({ id }) => [id, id.split('/')[0]]), ...Object.keys(SETS)])
  for (const name of only) {
    if (!known.has(name)) throw new Error(`--only knows no ${name}: use ${[...known].join(', ')}`)
  }
  const amount = (/** @type {number | undefined} */ records) => {
    return records === undefined ? undefined : Math.max(1000, Math.round(records * scale / 1000) * 1000)
  }
  return WORKS
    .filter(({ id }) => only.length === 0 || only.includes(id) || only.includes(id.split('/')[0]))
    .filter((work) => !quick || work.quick || only.includes(work.id))
    .map(({ full, quick: small, ...work }) => {
      const size = quick && small ? small : full
      const records = ONE_BY_ONE.includes(work.task) ? size.records : amount(size.records)
      return { ...work, size: { ...size, records } }
    })
}

module.exports = { WORKS, SETS, BACKLOG, selectWorks }
