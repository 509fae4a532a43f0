'use strict'

// KafkaJS's producers and admin clients. Generator, traces and comparison know nothing about either door.

/** @typedef {import('../generate').Step} Step */
/** @typedef {import('../random').Random} Random */

const TOPICS = { a: [5], b: [3, 2, 0] }

/** @param {string} on @param {string} method @param {...any} args @returns {Step} */
const ask = (on, method, ...args) => ({ do: 'call', on, method, args, wait: true })

/** @param {Random} random @returns {string} */
const someTopic = (random) => random.pick(['$a', '$b'])

/** @type {import('../generate').Cast} */
const producers = {
  name: 'producers',
  weight: 1,
  length: 6,
  open: (random) => [
    { do: 'new', name: 'producer', kind: 'producer', args: [random.pick([{}, { idempotent: true }])] },
    ...random.chance(0.8) ? [ask('producer', 'connect')] : []
  ],
  moves: [
    {
      weight: 5,
      make: (random) => ask('producer', 'send', {
        topic: someTopic(random),
        acks: -1,
        messages: Array.from({ length: 1 + random.below(3) }, (_, i) => ({ partition: 0, value: `v${i}` }))
      })
    },
    { weight: 1, make: () => ask('producer', 'send', { topic: '$a' }) },
    { weight: 1, make: () => ask('producer', 'connect') },
    { weight: 1, make: () => ask('producer', 'disconnect') }
  ]
}

/** @type {import('../generate').Cast} */
const admins = {
  name: 'requests',
  weight: 1,
  length: 6,
  open: () => [{ do: 'new', name: 'admin', kind: 'admin', args: [] }, ask('admin', 'connect')],
  moves: [
    { weight: 2, make: (random) => ask('admin', 'fetchTopicOffsets', someTopic(random)) },
    { weight: 2, make: (random) => ask('admin', 'fetchTopicMetadata', { topics: [someTopic(random)] }) },
    { weight: 1, make: (random) => ask('admin', 'fetchOffsets', { groupId: '$group', topics: [someTopic(random)] }) },
    { weight: 1, make: () => ask('admin', 'createTopics', { topics: [{ topic: '$a' }] }) },
    {
      weight: 1,
      make: (random) => ask('admin', 'setOffsets',
        { groupId: '$group', topic: '$b', partitions: [{ partition: 0, offset: String(random.below(3)) }] })
    },
    { weight: 1, make: () => ask('admin', 'disconnect') }
  ]
}

/** @type {import('../generate').Door} */
module.exports = {
  name: 'kafkajs',
  topics: TOPICS,
  casts: [producers, admins],
  load: (folder) => require(folder),
  create: ({ Kafka, logLevel }, kind, args, { brokers }) =>
    new Kafka({ clientId: 'random', brokers: brokers.split(','), logLevel: logLevel.NOTHING })[kind](...args),
  events: [],
  // which of the two a call gets beside `disconnect` depends on how far the socket has got
  normalise: (line) => line.replace(
    /\[KafkaJSConnection(Closed)?Error '(Connection error: write after end|Closed connection)' \{[^}]*\}\]/,
    '[closed connection]'),
  close: (object) => object.disconnect(),
  meant: []
}
