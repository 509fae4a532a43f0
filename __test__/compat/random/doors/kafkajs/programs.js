'use strict'

// What programs on KafkaJS's API are made of.

const { RECORDS, REFUSED, REQUESTS, SLOW } = require('./requests')

/** @typedef {import('../../generate').Step} Step */
/** @typedef {import('../../generate').Move} Move */
/** @typedef {import('../../generate').State} State */
/** @typedef {import('../../../../support/random').Random} Random */

const TOPICS = { a: [5], b: [3, 2, 0] }

/** @param {string} name @param {string} kind @param {...any} args @returns {Step} */
const make = (name, kind, ...args) => ({ do: 'new', name, kind, args })
/** @param {string} on @param {string} method @param {...any} args @returns {Step} waited for */
const ask = (on, method, ...args) => ({ do: 'call', on, method, args, wait: true })
/** @returns {Step} */
const settle = () => ({ do: 'settle' })
/** @param {Step} step @returns {Step} the same, without waiting for the outcome */
const atOnce = (step) => /** @type {Step} */ ({ ...step, wait: false })
/** @param {Step} step @param {Random} random @returns {Step} */
const perhapsAtOnce = (step, random) => random.chance(0.15) ? atOnce(step) : step

/** @param {Random} random @returns {string} */
const someTopic = (random) => random.pick(['$a', '$b'])
/** @param {Random} random @returns {string[]} */
const someTopics = (random) => random.pick([['$a'], ['$b'], ['$a', '$b']])
/** @param {Random} random @returns {{ topic: string, partition: number }} */
function somePartition (random) {
  const topic = random.pick(['a', 'b'])
  return { topic: `$${topic}`, partition: random.below(TOPICS[/** @type {'a' | 'b'} */ (topic)].length) }
}

let serial = 0

// ---- producers ----

/** @param {Random} random @param {State} state @param {string} topic @returns {any} */
function message (random, state, topic) {
  /** @type {any} */
  const made = { value: random.pick([`v${serial++}`, `w${serial++}`, '', null, { $buffer: `b${serial++}` }]) }
  const keys = ['k1', 'k2', 'k3', '', { $buffer: 'kb' }]
  if (random.chance(0.5)) made.key = random.pick(state.isScattered ? [...keys, null] : keys)
  if (random.chance(0.3)) {
    made.headers = random.pick([{}, { h: 'x' }, { h: { $buffer: 'y' }, i: '' }, { list: ['1', '2'] }])
  }
  if (random.chance(0.2)) made.timestamp = random.pick(['1500000000000', '1600000000001', 1600000000002])
  if (random.chance(0.5) || (made.key === undefined && !state.isScattered)) {
    made.partition = random.below(TOPICS[topic === '$a' ? 'a' : 'b'].length)
  }
  return made
}

/** @param {Random} random @param {State} state @param {number} [least] @returns {any} of a topic */
function messages (random, state, least = 1) {
  const topic = someTopic(random)
  return { topic, messages: Array.from({ length: least + random.below(3) }, () => message(random, state, topic)) }
}

/** @param {Random} random @param {State} state @returns {any} what a send is given besides messages */
function sending (random, { compression }) {
  const given = random.pick([{}, {}, { acks: -1 }, { acks: 1 }, { acks: 0 }, { compression: 1 },
    { compression: 1, acks: 1 }, { timeout: 5000 }])
  return compression === undefined ? given : { ...given, compression }
}

const BAD_SENDS = [
  {}, { topic: '$a' }, { topic: '', messages: [] }, { topic: null, messages: [{ value: 'x' }] },
  { topic: '$a', messages: null }, { topic: '$a', messages: [] }, { topic: '$a', messages: [{ key: 'k' }] },
  { topic: '$a', messages: [{ value: 5 }] }, { topic: '$a', messages: [{ value: true }] },
  { topic: '$a', messages: [{ value: 'x', key: 7 }] }, { topic: '$a', messages: [{ value: 'x', headers: null }] },
  { topic: '$a', messages: [{ value: 'x', timestamp: 'abc' }] },
  { topic: '$a', messages: [{ value: 'x', timestamp: '' }] },
  { topic: '$a', messages: {} }, { topic: '$a', messages: 'text' }, { topic: '$a', messages: [null] },
  { topic: '$a', messages: [{ value: 'x' }], acks: 2 }, { topic: 'not allowed!', messages: [{ value: 'x' }] },
  { topic: '$a', messages: [{ value: { an: 'object' } }] }, { topic: '$a', messages: [{ value: ['list'] }] }
]
const BAD_BATCHES = [
  {}, { topicMessages: [] }, { topicMessages: null }, { topicMessages: [{ topic: '$a' }] },
  { topicMessages: [{ messages: [{ value: 'x' }] }] }, { topicMessages: [{ topic: '$a', messages: [] }] },
  { topicMessages: [{ topic: '$a', messages: [{ value: 'x' }] }, { topic: '$b', messages: [{}] }] },
  { topicMessages: [null] }, { topicMessages: 5 }, { topicMessages: {} }
]

/** @param {Random} random @param {State} state */
const batch = (random, state) => ({
  topicMessages: Array.from({ length: 1 + random.below(3) }, () => messages(random, state, 0)),
  ...sending(random, state)
})

/** @param {string} name @returns {Move[]} what a producer and a transaction share */
const writing = (name) => [
  {
    weight: 8,
    make: (random, state) =>
      perhapsAtOnce(ask(name, 'send', { ...messages(random, state), ...sending(random, state) }), random)
  },
  { weight: 3, make: (random, state) => perhapsAtOnce(ask(name, 'sendBatch', batch(random, state)), random) },
  { weight: 1.5, make: (random) => ask(name, 'send', random.pick(BAD_SENDS)) },
  { weight: 1, make: (random) => ask(name, 'sendBatch', random.pick(BAD_BATCHES)) },
  { weight: 0.1, make: (random) => ask(name, random.pick(['send', 'sendBatch'])) }
]

/** @param {State} state @param {Random} random */
function begin (state, random) {
  serial = 0
  state.isScattered = random.chance(0.15)
  state.compression = undefined
}

/** @type {import('../../generate').Cast} */
const producers = {
  name: 'producers',
  weight: 3,
  length: 8,
  open: (random, state) => {
    begin(state, random)
    const options = random.pick([{}, {}, {}, { idempotent: true }, { idempotent: true, maxInFlightRequests: 1 },
      { idempotent: false }, { allowAutoTopicCreation: false }, { retry: { retries: 2 } },
      { createPartitioner: { $partitioner: 'LegacyPartitioner' } }, { createPartitioner: { $partitioner: 'own' } }])
    return [make('producer', 'producer', options), ...random.chance(0.85) ? [ask('producer', 'connect')] : []]
  },
  moves: [
    ...writing('producer'),
    { weight: 0.3, make: () => ask('producer', 'send', { topic: '$b', messages: [{ value: 'x', partition: 7 }] }) },
    {
      // into a topic of which nothing else is compared: ours has these codecs
      weight: 0.3,
      make: (random) => ask('producer', 'send',
        { topic: '$new', messages: [{ value: 'x', partition: 0 }], compression: random.pick([2, 4, 77]) })
    },
    {
      weight: 0.3,
      make: (random) => ask('producer', 'send',
        { topic: '$new', messages: [{ value: 'x', headers: { h: random.pick([null, 5, true]) } }] })
    },
    { weight: 0.3, make: () => ask('producer', 'send', { topic: '$new', messages: [{ value: 'x', partition: 0 }] }) },
    { weight: 0.5, make: () => ask('producer', 'isIdempotent') },
    { weight: 0.5, make: () => ask('producer', 'transaction') },
    { weight: 1, make: (random) => perhapsAtOnce(ask('producer', 'connect'), random) },
    { weight: 0.5, make: (random) => perhapsAtOnce(ask('producer', 'disconnect'), random) },
    { weight: 0.2, make: () => [ask('producer', 'disconnect'), ask('producer', 'disconnect')] }
  ],
  // those that were not waited for
  close: [ask('producer', 'send', { topic: '$a', messages: [{ value: 'last' }] })]
}

/** @param {Random} random */
const sentOffsets = (random) => ({
  consumerGroupId: '$group',
  topics: [{
    ...somePartition(random), partitions: [{ partition: 0, offset: random.pick(['1', '2', 3]), metadata: 'm' }]
  }].map(({ topic, partitions }) => ({ topic, partitions }))
})

/** @returns {Step[]} what the group has committed */
const commits = () => [
  make('observer', 'admin'), ask('observer', 'fetchOffsets', { groupId: '$group', topics: ['$a', '$b'] })
]

/** @type {import('../../generate').Cast} */
const transactions = {
  name: 'transactions',
  weight: 2,
  length: 9,
  open: (random, state) => {
    begin(state, random)
    state.isScattered = false
    // all sends of a transaction have the same
    state.compression = random.pick([0, 1])
    const options = random.pick([{}, { idempotent: true }, { idempotent: true, maxInFlightRequests: 1 },
      { transactionTimeout: 30000, idempotent: true }])
    return [
      make('producer', 'producer', { transactionalId: '$group-id', ...options }), ask('producer', 'connect'),
      { do: 'call', on: 'producer', method: 'transaction', args: [], wait: true, keep: 'transaction' }
    ]
  },
  moves: [
    ...writing('transaction'),
    { weight: 2, make: (random) => ask('transaction', 'sendOffsets', sentOffsets(random)) },
    {
      weight: 0.5,
      make: (random) => ask('transaction', 'sendOffsets', random.pick([{}, { consumerGroupId: '$group' },
        { topics: [] }, { consumerGroupId: '', topics: [] }, { consumerGroupId: '$group', topics: [] }]))
    },
    { weight: 2, make: () => ask('transaction', 'commit') },
    { weight: 2, make: () => ask('transaction', 'abort') },
    { weight: 1, make: () => ask('transaction', 'isActive') },
    {
      weight: 4,
      make: () => ({ do: 'call', on: 'producer', method: 'transaction', args: [], wait: true, keep: 'transaction' })
    },
    {
      weight: 1,
      make: (random, state) => ask('producer', 'send', messages(random, state))
    },
    { weight: 0.3, make: () => ask('producer', 'connect') },
    { weight: 0.3, make: () => ask('producer', 'disconnect') },
    { weight: 0.5, make: (random) => ask('transaction', 'sendBatch', random.pick(BAD_BATCHES)) }
  ],
  close: [ask('transaction', 'commit'), ...commits()]
}

// ---- consumers ----

/** @returns {Step[]} */
const feeder = () => [make('feeder', 'producer'), ask('feeder', 'connect')]

/** @param {Random} random @returns {Step[]} */
function feed (random) {
  const { topic, partition } = somePartition(random)
  const two = [`f${serial++}`, `f${serial++}`].map((value) => ({ partition, value }))
  return [ask('feeder', 'send', { topic, messages: two }), settle()]
}

/** Values of records that are there from the beginning. */
const VALUES = ['a0-0', 'a0-2', 'a0-4', 'b0-1', 'b1-0']

/** What ends a consumer: which of the other partitions' records have been handled by then is chance. */
const isEnding = (/** @type {any} */ act) => Boolean(act && (act.stop || ['bug', 'final'].includes(act.fail)))

/** @param {Random} random @returns {any} arguments of `run` */
function running (random) {
  const each = random.pick(['message', 'message', 'message', 'batch', 'batch', 'first'])
  /** @type {any} */
  const options = { each }
  if (random.chance(0.4)) options.autoCommit = random.chance(0.3)
  if (each === 'first') options.eachBatchAutoResolve = false
  if (each === 'batch' && random.chance(0.3)) options.eachBatchAutoResolve = random.chance(0.5)
  if (random.chance(0.3)) options.partitionsConsumedConcurrently = random.pick([1, 2, 3])
  if (random.chance(0.15)) options.autoCommitThreshold = random.pick([1, 2, 100])
  if (random.chance(0.1)) options.autoCommitInterval = random.pick([1, 60000])
  if (random.chance(0.4)) {
    options.act = {
      at: random.pick(VALUES),
      times: random.pick([1, 1, 2]),
      ...random.pick([{ fail: 'error' }, { fail: 'error' }, { fail: 'bug' }, { fail: 'final' }, { pause: true },
        { seek: '0' }, { seek: 1 }, { heartbeat: true }, { commit: true }, { stop: true },
        { pause: true, fail: 'error' }])
    }
    // a batch that goes on after its partition was paused is the handler's choice
    if (each !== 'message') delete options.act.pause
  }
  return options
}

/** @param {Random} random @returns {any} arguments of `run` that do not end it */
function runningOn (random) {
  const { act, ...options } = running(random)
  return isEnding(act) ? options : { act, ...options }
}

/** @param {Random} random @returns {any} an argument of `subscribe` */
function subscription (random) {
  const fromBeginning = random.chance(0.85) ? { fromBeginning: true } : random.pick([{}, { fromBeginning: false }])
  return random.pick([
    { topic: someTopic(random), ...fromBeginning }, { topics: someTopics(random), ...fromBeginning },
    { topics: ['$a', '$b'], ...fromBeginning }, { topic: { $match: '^$a$' }, ...fromBeginning },
    { topics: [{ $match: '^($a|$b)$' }], ...fromBeginning }, { topics: ['$b', { $match: '^$a$' }], ...fromBeginning }
  ])
}

const BAD_SUBSCRIPTIONS = [{}, { topics: {} }, { topics: '$a' }, { topic: 5 }, { topics: [null] }, { topic: null },
  { topics: ['$a', 7] }, { topics: [] }, { topic: '' }, { topics: [{ $match: '^no-such-topic$' }] }]
const BAD_PAUSES = [[null], [{}], [{ topic: '' }], [{ topic: '$a', partitions: 1 }],
  [{ topic: '$a', partitions: ['x'] }],
  [{ topic: 'unknown' }], [{ topic: '$b', partitions: [9] }], [], [{ topic: 5 }], [{ topic: '$a', partitions: [] }],
  [{ topic: '$b', partitions: [null] }]]
const BAD_POSITIONS = [{ partition: 0, offset: 1 }, { topic: '$a', partition: 'x', offset: 1 },
  { topic: '$a', partition: 0, offset: 'abc' }, { topic: '$a', partition: 0, offset: -3 },
  { topic: '$a', partition: 0, offset: '-7' }, { topic: '$a', partition: 0 }, { topic: '$a', offset: '1' },
  { topic: '$a', partition: 0, offset: 1.5 }, { topic: '$a', partition: 0, offset: null }, {},
  { topic: '$a', partition: 0, offset: '' }]
const BAD_COMMITS = [...BAD_POSITIONS, { topic: '$a', partition: 0, offset: '1', metadata: 5 },
  { topic: '$a', partition: 0, offset: '-1' }]

/** @param {Random} random @returns {any} */
const position = (random) => ({ ...somePartition(random), offset: random.pick(['0', '1', '2', 0, 1, 2]) })

/** @param {Random} random @returns {any[]} of `pause` and `resume` */
function paused (random) {
  return random.pick([
    [{ topic: someTopic(random) }], [{ topic: '$a' }, { topic: '$b' }],
    [{ topic: '$b', partitions: [random.below(3)] }], [{ topic: '$b', partitions: [0, 1] }],
    [{ topic: '$a', partitions: [0] }]
  ])
}

/** @param {string} name @returns {Move[]} what any member of a group may do */
const reading = (name) => [
  { weight: 5, make: (random) => feed(random) },
  { weight: 2, make: (random) => [ask(name, 'pause', paused(random)), settle()] },
  { weight: 2.5, make: (random) => [ask(name, 'resume', paused(random)), settle()] },
  { weight: 2.5, make: (random) => [ask(name, 'seek', position(random)), settle()] },
  {
    weight: 1,
    make: (random) => ask(name, 'commitOffsets', [{ ...position(random), metadata: random.pick(['m', null, '']) }])
  },
  { weight: 1, make: () => ask(name, 'paused') },
  { weight: 0.5, make: (random) => ask(name, random.pick(['pause', 'resume']), random.pick(BAD_PAUSES)) },
  { weight: 0.5, make: (random) => ask(name, 'seek', random.pick(BAD_POSITIONS)) },
  { weight: 0.5, make: (random) => ask(name, 'commitOffsets', [random.pick(BAD_COMMITS)]) },
  { weight: 0.1, make: (random) => ask(name, random.pick(['pause', 'resume', 'seek', 'commitOffsets', 'subscribe'])) },
  { weight: 0.2, make: () => ask(name, 'commitOffsets', []) },
  { weight: 0.5, make: () => ask(name, 'describeGroup') },
  { weight: 0.2, make: () => ask(name, 'connect') }
]

/** A session that even a busy machine keeps up, and heartbeats by which a member soon learns of a rebalance. */
const MEMBER = { groupId: '$group', sessionTimeout: 30000, heartbeatInterval: 300, maxWaitTimeInMs: 100 }

/** @type {import('../../generate').Cast} */
const consumers = {
  name: 'a consumer',
  weight: 6,
  length: 10,
  open: (random, state) => {
    begin(state, random)
    const settings = random.pick([{}, {}, { maxBytesPerPartition: 200 }, { readUncommitted: true },
      { allowAutoTopicCreation: false }, { minBytes: 1, maxBytes: 1000 }, { rackId: 'r' }])
    /** @type {Step[]} */
    const steps = [...feeder(), make('consumer', 'consumer', { ...MEMBER, ...settings })]
    if (random.chance(0.8)) steps.push(ask('consumer', 'connect'))
    if (random.chance(0.15)) steps.push(ask('consumer', 'connect'))
    if (random.chance(0.15)) steps.push(ask('consumer', 'subscribe', random.pick(BAD_SUBSCRIPTIONS)))
    const options = running(random)
    const isAlone = isEnding(options.act)
    steps.push(ask('consumer', 'subscribe', isAlone ? { topic: '$a', fromBeginning: true } : subscription(random)))
    if (random.chance(0.2) && !isAlone) steps.push(ask('consumer', 'subscribe', subscription(random)))
    if (random.chance(0.15)) steps.push(...[reading('consumer')[1 + random.below(9)].make(random, state)].flat())
    const run = ask('consumer', 'run', options)
    // the positions to begin at are given while it joins
    if (random.chance(0.8)) return [...steps, run, settle()]
    return [...steps, atOnce(run), ask('consumer', 'seek', position(random)), settle()]
  },
  moves: [
    ...reading('consumer'),
    { weight: 0.4, make: (random) => ask('consumer', 'subscribe', subscription(random)) },
    { weight: 0.3, make: (random) => ask('consumer', 'subscribe', random.pick(BAD_SUBSCRIPTIONS)) },
    { weight: 0.3, make: (random) => ask('consumer', 'run', runningOn(random)) },
    { weight: 0.6, make: () => [ask('consumer', 'stop'), settle()] },
    { weight: 0.2, make: () => [atOnce(ask('consumer', 'stop')), ask('consumer', 'stop')] },
    { weight: 0.2, make: () => [atOnce(ask('consumer', 'disconnect')), ask('consumer', 'disconnect')] },
    {
      weight: 0.5,
      make: (random) =>
        [ask('consumer', 'stop'), ask('consumer', 'subscribe', subscription(random)),
          ask('consumer', 'run', runningOn(random)), settle()]
    },
    {
      // several positions and pauses at once
      weight: 1,
      make: (random) => [
        ask('consumer', 'pause', paused(random)), ask('consumer', 'seek', position(random)),
        ask('consumer', 'seek', position(random)), ask('consumer', 'resume', paused(random)), settle()
      ]
    },
    { weight: 0.8, make: (random) => [ask('consumer', 'stop'), ask('consumer', 'run', runningOn(random)), settle()] },
    { weight: 0.3, make: () => ask('consumer', 'disconnect') },
    {
      // to either end, or out of range
      weight: 0.5,
      make: (random) =>
        [ask('consumer', 'seek', { ...somePartition(random), offset: random.pick([-1, '-2', '1000']) }), settle()]
    }
  ],
  close: [ask('consumer', 'disconnect'), ...commits()]
}

/**
 * @param {string} name also of its Kafka client: assignments go by the order of members' ids, which begin with these
 * @param {Random} random
 * @returns {Step[]}
 */
function member (name, random) {
  const { act, ...options } = running(random)
  return [
    make(name, 'consumer', MEMBER, { clientId: name }), ask(name, 'connect'),
    ask(name, 'subscribe', { topics: ['$a', '$b'], fromBeginning: true }), ask(name, 'run', options),
    { do: 'wait', on: name, event: 'groupJoin' }
  ]
}

const PAIR = ['first', 'second']

/** @type {import('../../generate').Cast} */
const pairs = {
  name: 'two members of a group',
  weight: 3,
  length: 7,
  open: (random, state) => {
    begin(state, random)
    return [
      ...feeder(), ...member('first', random), settle(), ...member('second', random),
      { do: 'wait', on: 'first', event: 'groupJoin', again: true }, settle()
    ]
  },
  moves: [
    { weight: 4, make: (random) => feed(random) },
    ...PAIR.flatMap((name) => reading(name).slice(1).map((move) => ({ ...move, weight: move.weight * 0.7 }))),
    {
      weight: 1.5,
      when: (state) => !state.left,
      make: (random, state) => {
        const [leaves, stays] = random.chance(0.5) ? PAIR : [...PAIR].reverse()
        state.left = leaves
        return [
          ask(leaves, random.pick(['stop', 'disconnect'])),
          { do: 'wait', on: stays, event: 'groupJoin', again: true }, settle()
        ]
      }
    }
  ],
  close: [ask('first', 'disconnect'), ask('second', 'disconnect'), ...commits()]
}

// ---- admin clients ----

/** @param {Record<string, any[]>} requests @returns {(random: Random) => Step} */
const someRequest = (requests) => (random) => {
  const method = random.pick(Object.keys(requests))
  return ask('admin', method, ...random.pick(requests[method]))
}

/** @type {import('../../generate').Cast} */
const admins = {
  name: 'requests',
  weight: 4,
  length: 12,
  open: (random) => [make('admin', 'admin', ...random.pick([[], [{}], [{ retry: { retries: 2 } }]])),
    ...random.chance(0.8) ? [ask('admin', 'connect')] : []],
  moves: [
    { weight: 20, make: someRequest(REQUESTS) },
    { weight: 0.3, make: someRequest(SLOW) },
    {
      // KafkaJS deletes records only of topics that it has asked for before
      weight: 1.5,
      make: (random) =>
        [ask('admin', 'fetchTopicOffsets', '$b'), ask('admin', 'deleteTopicRecords', random.pick(RECORDS))]
    },
    { weight: 0.7, make: someRequest(REFUSED) },
    { weight: 0.5, make: () => ask('admin', 'connect') },
    { weight: 0.5, make: () => ask('admin', 'disconnect') }
  ]
}

module.exports = { TOPICS, casts: [producers, transactions, consumers, pairs, admins] }
