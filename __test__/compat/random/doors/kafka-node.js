'use strict'

/** @typedef {import('../generate').Step} Step */
/** @typedef {import('../../../support/random').Random} Random */

/** Short heartbeats, by which a member learns of a rebalance, and a session that even a busy machine keeps up. */
const SESSION = { sessionTimeout: 20000, heartbeatInterval: 1000 }
const TOPICS = { a: [5], b: [3, 2, 0] }

/** @param {string} name @param {string} kind @param {...any} args @returns {Step} */
const make = (name, kind, ...args) => ({ do: 'new', name, kind, args })
/** @param {string} on @param {string} method @param {...any} args @returns {Step} with a callback, waited for */
const ask = (on, method, ...args) => ({ do: 'call', on, method, args, callback: true, wait: true })
/** @param {string} on @param {string} method @param {...any} args @returns {Step} without a callback */
const tell = (on, method, ...args) => ({ do: 'call', on, method, args, callback: false, wait: true })
/** @param {string} on @param {string} [event] @returns {Step} */
const wait = (on, event = 'ready') => ({ do: 'wait', on, event })
/** @returns {Step} */
const settle = () => ({ do: 'settle' })
/** @param {string} name @returns {any} the object of that name */
const object = (name) => ({ $object: name })

/** @param {Step} step @param {Random} random @returns {Step} the same, perhaps without waiting for the outcome */
const perhapsAtOnce = (step, random) => random.chance(0.15) ? /** @type {Step} */ ({ ...step, wait: false }) : step

/** @param {Random} random @returns {{ topic: string, partition: number }} */
function somePartition (random) {
  const topic = random.pick(['a', 'b'])
  return { topic: `$${topic}`, partition: random.below(TOPICS[/** @type {'a' | 'b'} */ (topic)].length) }
}

/** @param {Random} random @returns {string[]} */
const someTopics = (random) => random.pick([['$a'], ['$b'], ['$a', '$b']])

// ---- producers ----

let serial = 0

/** @param {Random} random @returns {any} */
function payload (random) {
  const { topic, partition } = somePartition(random)
  const value = () => random.pick([`v${serial++}`, '', { $buffer: `b${serial++}` }, { $keyed: ['kk', `w${serial++}`] }])
  /** @type {any} */
  const made = { topic, messages: random.chance(0.5) ? value() : Array.from({ length: 1 + random.below(3) }, value) }
  if (random.chance(0.6)) made.partition = partition
  if (random.chance(0.4)) made.key = random.pick(['k1', 'k2', 'k3', '', { $buffer: 'kb' }])
  if (random.chance(0.2)) made.attributes = random.below(2)
  if (random.chance(0.2)) made.timestamp = random.pick([1500000000000, 1600000000001])
  if (random.chance(0.05)) made.messages = []
  return made
}

/** @param {Random} random @returns {any[]} with the same attributes: kafka-node refuses to mix them */
function payloads (random) {
  const list = Array.from({ length: 1 + random.below(3) }, () => payload(random))
  if (list.length > 1) for (const each of list) delete each.attributes
  return list
}

/** @type {import('../generate').Cast} */
const producers = {
  name: 'producers',
  weight: 3,
  length: 8,
  open: (random) => {
    serial = 0
    const kind = random.pick(['Producer', 'HighLevelProducer'])
    const options = random.pick([undefined, {}, { requireAcks: -1 }, { requireAcks: 0 }, { partitionerType: 0 },
      { partitionerType: 1 }, { partitionerType: 2 }, { partitionerType: 3 }, { partitionerType: 4 },
      { requireAcks: 1, ackTimeoutMs: 1000 }])
    const custom = options && options.partitionerType === 4 ? [{ $partitioner: 'by length' }] : []
    const opening = [make('client', 'KafkaClient', {}), make('producer', kind, object('client'), options, ...custom)]
    return random.chance(0.8) ? [...opening, wait('producer')] : opening
  },
  moves: [
    { weight: 10, make: (random) => perhapsAtOnce(ask('producer', 'send', payloads(random)), random) },
    { weight: 1, make: () => ask('producer', 'send', []) },
    { weight: 1, make: (random) => ask('client', 'refreshMetadata', someTopics(random)) },
    { weight: 1, make: (random) => ask('client', 'topicExists', [...someTopics(random), '$new']) },
    { weight: 1, make: (random) => ask('producer', 'createTopics', someTopics(random), true) },
    { weight: 0.5, make: () => [ask('producer', 'close'), ask('producer', 'close')] },
    {
      weight: 1,
      when: (state) => !state.second,
      make: (random, state) => {
        state.second = true
        return make('second', 'Producer', object('client'), { partitionerType: 3 })
      }
    },
    { weight: 3, when: (state) => state.second, make: (random) => ask('second', 'send', payloads(random)) }
  ],
  // those that were not waited for
  close: [ask('producer', 'send', [{ topic: '$a', messages: 'last' }])]
}

// ---- fixed partitions ----

/** @param {Random} random @returns {any[]} each partition once */
function fixed (random) {
  const all = [{ topic: '$a', partition: 0 }, { topic: '$b', partition: 0 }, { topic: '$b', partition: 1 }]
  const chosen = all.filter(() => random.chance(0.6))
  return (chosen.length > 0 ? chosen : all).map((each) => random.chance(0.5) ? { ...each, offset: 1 } : each)
}

/** @returns {Step[]} */
const feeder = () => [make('feeding', 'KafkaClient', {}), make('feeder', 'Producer', object('feeding')), wait('feeder')]

/** @param {Random} random @returns {Step[]} */
function feed (random) {
  const { topic, partition } = somePartition(random)
  return [ask('feeder', 'send', [{ topic, partition, messages: [`f${serial++}`, `f${serial++}`] }]), settle()]
}

/** @param {string} name @returns {import('../generate').Move[]} what a consumer and a member of a group share */
const reading = (name) => [
  { weight: 4, make: (random) => feed(random) },
  { weight: 1.5, make: () => [tell(name, 'pause'), settle()] },
  { weight: 2, make: () => [tell(name, 'resume'), settle()] },
  {
    weight: 2,
    make: (random) => {
      const { topic, partition } = somePartition(random)
      return [tell(name, 'setOffset', topic, partition, random.below(3)), settle()]
    }
  },
  { weight: 1, make: () => ask(name, 'commit', true) }
]

/** @type {import('../generate').Cast} */
const consumers = {
  name: 'a consumer',
  weight: 3,
  length: 7,
  open: (random) => {
    serial = 0
    const options = random.pick([{}, { fromOffset: true }, { encoding: 'buffer' }, { fromOffset: true, paused: true },
      { keyEncoding: 'utf8', fetchMaxBytes: 200 }, { autoCommit: false }])
    const early = random.chance(0.2) ? [] : [wait('client')]
    return [
      ...feeder(), make('client', 'KafkaClient', {}), ...early,
      make('consumer', 'Consumer', object('client'), fixed(random), { groupId: '$group', ...options }),
      // what is called before that depends on timing
      ...'paused' in options ? [] : [wait('consumer', 'done')], settle()
    ]
  },
  moves: [
    ...reading('consumer'),
    { weight: 1, make: (random) => [tell('consumer', 'pauseTopics', someTopics(random)), settle()] },
    { weight: 1, make: (random) => [tell('consumer', 'pauseTopics', [somePartition(random)]), settle()] },
    { weight: 2, make: (random) => [tell('consumer', 'resumeTopics', someTopics(random)), settle()] },
    {
      weight: 2,
      make: (random) => [ask('consumer', 'addTopics', [{ ...somePartition(random), offset: random.below(3) }],
        ...[]), settle()]
    },
    { weight: 1, make: (random) => [ask('consumer', 'addTopics', someTopics(random)), settle()] },
    { weight: 0.5, make: () => ask('consumer', 'addTopics', ['$new']) },
    { weight: 1, make: (random) => [ask('consumer', 'removeTopics', someTopics(random)), settle()] },
    { weight: 0.4, make: (random) => [ask('consumer', 'close', ...random.pick([[], [false]])), settle()] }
  ]
}

// ---- groups ----

/** @param {string} name @param {Random} random @param {string[]} [topics] @returns {Step[]} */
function member (name, random, topics = someTopics(random)) {
  const options = random.pick([{}, { encoding: 'buffer' }, { protocol: ['range'] }, { fetchMaxBytes: 200 }])
  return [
    make(name, 'ConsumerGroup', {
      kafkaHost: '$brokers',
      groupId: '$group',
      id: name,
      fromOffset: 'earliest',
      autoCommit: false,
      ...SESSION,
      ...options
    }, topics),
    wait(name, 'rebalanced'),
    settle()
  ]
}

/** @type {import('../generate').Cast} */
const groups = {
  name: 'a group',
  weight: 3,
  length: 6,
  open: (random) => {
    serial = 0
    return [...feeder(), ...member('member', random)]
  },
  moves: [
    ...reading('member'),
    { weight: 1, make: () => ask('member', 'commit') },
    { weight: 0.5, make: () => tell('member', 'connect') },
    { weight: 0.5, make: () => [ask('member', 'addTopics', ['$b']), settle()] },
    {
      weight: 1,
      when: (state) => !state.again,
      make: (random, state) => {
        state.again = true
        return [ask('member', 'close', random.chance(0.5)), ...member('another', random)]
      }
    },
    { weight: 0.4, make: (random) => [ask('member', 'close', ...random.pick([[], [true]])), settle()] }
  ]
}

/** Two members that share the partitions, by the order of their names, as their ids begin with these. */
const PAIR = ['first', 'second']

/**
 * @param {string} name
 * @param {Random} random
 * @param {string} protocol the same for both, or they would not be one group
 * @returns {Step[]}
 */
function partner (name, random, protocol) {
  const steps = member(name, random, ['$a', '$b']).filter((step) => step.do !== 'settle')
  return steps.map((step) => {
    if (step.do !== 'new') return step
    const [options, topics] = step.args
    return { ...step, args: [{ ...options, protocol: [protocol] }, topics] }
  })
}

/** @type {import('../generate').Cast} */
const pairs = {
  name: 'two members of a group',
  weight: 2,
  length: 5,
  open: (random) => {
    serial = 0
    const protocol = random.pick(['roundrobin', 'range'])
    return [
      ...feeder(), ...partner('first', random, protocol), settle(),
      ...partner('second', random, protocol), { do: 'wait', on: 'first', event: 'rebalanced', again: true }, settle()
    ]
  },
  moves: [
    { weight: 4, make: (random) => feed(random) },
    ...PAIR.flatMap((name) => reading(name).slice(1).map((move) =>
      ({ ...move, when: (/** @type {import('../generate').State} */ state) => state.closed !== name }))),
    {
      weight: 1,
      when: (state) => !state.closed,
      make: (random, state) => {
        const [leaves, stays] = random.chance(0.5) ? PAIR : [...PAIR].reverse()
        state.closed = leaves
        return [
          ask(leaves, 'close', random.chance(0.5)),
          { do: 'wait', on: stays, event: 'rebalanced', again: true }, settle()
        ]
      }
    }
  ]
}

// ---- requests ----

/** @type {import('../generate').Cast} */
const requests = {
  name: 'requests',
  weight: 3,
  length: 9,
  open: (random) => {
    const opening = [make('client', 'KafkaClient', {}), make('offset', 'Offset', object('client')),
      make('admin', 'Admin', object('client'))]
    return random.chance(0.75) ? [...opening, wait('client')] : opening
  },
  moves: [
    {
      weight: 2,
      make: (random) => ask('offset', 'fetch', [{ ...somePartition(random), time: random.pick([-1, -2]), maxNum: 1 }])
    },
    { weight: 1, make: (random) => ask('offset', 'fetchLatestOffsets', someTopics(random)) },
    { weight: 1, make: (random) => ask('offset', 'fetchEarliestOffsets', someTopics(random)) },
    { weight: 2, make: (random) => ask('offset', 'fetchCommits', '$group', [somePartition(random)]) },
    {
      weight: 1,
      make: (random) => ask('client', 'sendOffsetCommitV2Request', '$group', -1, '',
        [{ ...somePartition(random), offset: random.below(3), metadata: 'm' }])
    },
    { weight: 1, make: (random) => ask('client', 'sendOffsetFetchV1Request', '$group', { $b: [random.below(3)] }) },
    { weight: 1, make: () => ask('client', 'sendGroupCoordinatorRequest', '$group') },
    { weight: 1, make: () => ask('client', 'topicExists', ['$a', '$new']) },
    { weight: 1, make: (random) => ask('client', 'addTopics', someTopics(random)) },
    { weight: 1, make: (random) => ask('client', 'removeTopicMetadata', someTopics(random)) },
    { weight: 1, make: (random) => ask('client', 'loadMetadataForTopics', someTopics(random)) },
    { weight: 1, make: (random) => ask('client', 'refreshMetadata', someTopics(random)) },
    { weight: 1, make: () => ask('admin', 'describeGroups', ['$group']) },
    {
      weight: 1,
      make: () => ask('admin', 'createTopics', [{ topic: '$a', partitions: 1, replicationFactor: 1 }])
    },
    {
      weight: 1,
      make: () => ask('admin', 'describeConfigs',
        { resources: [{ resourceType: 'topic', resourceName: '$a', configNames: ['retention.ms'] }] })
    },
    { weight: 0.5, make: () => tell('client', 'connect') },
    { weight: 0.4, make: () => [ask('client', 'close'), ask('client', 'close')] }
  ]
}

// ---- streams ----

/** @type {import('../generate').Cast} */
const streams = {
  name: 'streams',
  weight: 1,
  length: 4,
  open: (random) => {
    serial = 0
    return [
      make('writing', 'ProducerStream', { kafkaClient: { kafkaHost: '$brokers' }, producer: { partitionerType: 3 } }),
      make('client', 'KafkaClient', {}), wait('client'),
      random.chance(0.5)
        ? make('reading', 'ConsumerStream', object('client'), [{ topic: '$a' }, { topic: '$b', partition: 1 }],
          { groupId: '$group', fromOffset: true, autoCommit: false })
        : make('reading', 'ConsumerGroupStream',
          { kafkaHost: '$brokers', groupId: '$group', fromOffset: 'earliest', autoCommit: false, ...SESSION },
          someTopics(random)),
      { do: 'call', on: 'reading', method: 'resume', args: [], wait: true }, wait('reading', 'data'), settle()
    ]
  },
  moves: [
    {
      weight: 3,
      make: (random) => {
        const { topic, partition } = somePartition(random)
        const written = { topic, partition, messages: [`s${serial++}`] }
        return [ask('writing', 'write', written), settle()]
      }
    },
    { weight: 1, make: () => tell('reading', 'pause') },
    { weight: 1, make: () => [tell('reading', 'resume'), settle()] },
    { weight: 0.5, make: () => ask('writing', 'close') }
  ]
}

/**
 * A user's own partitioner.
 *
 * @param {number[]} partitions
 * @param {any} key
 * @returns {number}
 */
function byLength (partitions, key) {
  const sorted = [...partitions].sort((a, b) => a - b)
  return sorted[String(key).length % sorted.length]
}

/**
 * @param {import('../generate').Program} program
 * @returns {boolean} whether a producer of it chooses partitions at random
 */
function scatters ({ steps }) {
  return steps.some((step) => step.do === 'new' && step.args[1] && step.args[1].partitionerType === 1)
}

/**
 * @param {string} line
 * @param {string} label
 * @param {import('../generate').Program} program
 * @returns {string} the line without what a random partitioner chose, or a broker in which order to answer
 */
function withoutChance (line, label, program) {
  if (scatters(program) && / (producer|second)\.send$/.test(label)) {
    return line.replace(/\{ (?:'?\d+'?: -?\d+(?:, )?)+ \}/g, '{ ... }')
  }
  // of a topic's partitions the result tells the one that was answered last
  return /\.commit$/.test(label) ? line.replace(/partition: \d+/g, 'partition: ...') : line
}

/**
 * @param {import('../generate').Program} program
 * @param {string} [label] of a step; left out: the end
 * @returns {boolean} whether something was closed before
 */
function isClosed ({ steps }, label) {
  const before = steps.slice(0, label ? parseInt(label) - 1 : undefined)
  return before.some((step) => step.do === 'call' && step.method === 'close')
}

/** @type {import('../generate').Door} */
module.exports = {
  name: 'kafka-node',
  topics: TOPICS,
  casts: [producers, consumers, groups, pairs, requests, streams],
  load: (folder) => require(folder),
  create: (kafka, kind, args, { brokers }) => {
    if (kind === 'KafkaClient') args = [{ kafkaHost: brokers, ...args[0] }]
    return new kafka[kind](...args)
  },
  events: ['ready', 'message', 'data', 'error', 'offsetOutOfRange', 'rebalanced', 'end', 'finish'],
  signals: ['done'],
  close: (object) => object.close(() => {}),
  message: (event, argument) => ['message', 'data'].includes(event) ? argument : null,
  revive: function (value) {
    if ('$buffer' in value) return Buffer.from(value.$buffer)
    const Keyed = /** @type {any} */ (this).KeyedMessage
    if ('$keyed' in value) return new Keyed(...value.$keyed)
    if ('$partitioner' in value) return byLength
  },
  scatters,
  normalise: (line, label, program) => withoutChance(line, label, program)
    .replace(", maxNum: 1, metadata: 'm'", '')
    .replace(/highWaterOffset: -?\d+/g, 'highWaterOffset: ...')
    .replace(/(correlationId|coordinatorId|nodeId|controllerId|brokerId): '?\d+'?/g, '$1: ...'),
  meant: [
    { id: 'D02', is: ({ kind }) => /^(producer|second) ready$/.test(kind) },
    {
      id: 'D05',
      is: ({ kind }, program) => isClosed(program) && /^(in the log .*|(producer|second)\.send)$/.test(kind)
    },
    {
      id: 'D141',
      is: ({ label, original, ours }, program) => isClosed(program, label) && original.join() === 'no answer' &&
        /^calls back \(\[BrokerNotAvailableError/.test(ours[0])
    },
    {
      id: 'D143',
      is: ({ kind }, { steps }) => (kind.startsWith('member ') || kind === 'member.commit') &&
        steps.some((step) => step.do === 'call' && step.method === 'connect' && step.on === 'member')
    },
    {
      id: 'D144',
      is: ({ kind, original }, { steps }) => {
        const [name, event] = kind.split(' ')
        return event === 'offsetOutOfRange' && original.length === 0 &&
          steps.some((step) => step.do === 'call' && step.method === 'pause' && step.on === name)
      }
    },
    {
      // a partition that is added again is read twice
      id: 'D142',
      is: ({ kind }, { steps }) => kind.startsWith('consumer message') &&
        steps.some((step) => step.do === 'call' && step.method === 'addTopics')
    }
  ]
}
