'use strict'

/**
 * A kind of process, and how many of it there are.
 *
 * @typedef {object} Cast
 * @property {'producer' | 'transactor' | 'member' | 'worker'} program
 * @property {Record<string, any>[]} slots what is special about each
 */

/**
 * @typedef {object} Configuration
 * @property {string} name
 * @property {string} about
 * @property {Record<string, any>} common what all its processes are told
 * @property {Cast[]} cast
 */

const TWO = [{}, {}]
const THREE = [{}, {}, {}]

/** @param {string} assignment @param {'eachMessage' | 'eachBatch'} run @param {boolean} autoCommit */
function kafkaJsGroup (assignment, run, autoCommit) {
  return {
    common: { door: 'kafkajs', acks: -1, isolation: 'read_committed', assignment, run, autoCommit },
    cast: /** @type {Cast[]} */ ([{ program: 'producer', slots: TWO }, { program: 'member', slots: THREE }])
  }
}

/** @param {number} acks */
function kafkaNodeGroup (acks) {
  return {
    common: { door: 'kafka-node', acks, isolation: 'read_uncommitted' },
    cast: /** @type {Cast[]} */ ([
      { program: 'producer', slots: [{ kind: 'Producer' }, { kind: 'HighLevelProducer' }] },
      { program: 'member', slots: [{ autoCommit: true }, { autoCommit: true }, { autoCommit: true }] }
    ])
  }
}

/** @type {Configuration[]} */
const CONFIGURATIONS = [
  {
    name: 'kafka-node-acks-1',
    about: 'kafka-node\'s API: acks 1, an eager group',
    ...kafkaNodeGroup(1)
  },
  {
    name: 'kafka-node-acks-all',
    about: 'kafka-node\'s API: acks all, an eager group',
    ...kafkaNodeGroup(-1)
  },
  {
    name: 'kafkajs-eager',
    about: 'KafkaJS\'s API: idempotent, an eager group, eachMessage with automatic commits',
    ...kafkaJsGroup('eager', 'eachMessage', true)
  },
  {
    name: 'kafkajs-cooperative',
    about: 'KafkaJS\'s API: idempotent, a cooperative group, eachBatch with commits of the program\'s own',
    ...kafkaJsGroup('cooperative', 'eachBatch', false)
  },
  {
    name: 'kafkajs-consumer-protocol',
    about: 'KafkaJS\'s API: idempotent, a group of the consumer protocol (KIP-848), eachMessage with automatic commits',
    ...kafkaJsGroup('consumer', 'eachMessage', true)
  },
  {
    name: 'kafkajs-transactions',
    about: 'KafkaJS\'s API: transactions, workers that read and write exactly once, and a cooperative group',
    common: {
      door: 'kafkajs',
      acks: -1,
      isolation: 'read_committed',
      assignment: 'cooperative',
      run: 'eachBatch',
      autoCommit: true
    },
    cast: [
      { program: 'producer', slots: [{}] },
      { program: 'transactor', slots: TWO },
      { program: 'worker', slots: TWO },
      { program: 'member', slots: TWO }
    ]
  }
]

/** @param {string} name @returns {Configuration} */
function configurationOf (name) {
  const found = CONFIGURATIONS.find((each) => each.name === name)
  if (found) return found
  throw new Error(`There is no configuration ${name}. There are: ${CONFIGURATIONS.map((each) => each.name).join(', ')}`)
}

module.exports = { CONFIGURATIONS, configurationOf }
