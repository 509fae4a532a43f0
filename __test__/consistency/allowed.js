'use strict'

// What each configuration may show, and why: where Kafka's own contract allows an anomaly, the report names it instead
// of failing. Anything else is forbidden.

/** @typedef {import('./kinds').Kind} Kind */
/** @typedef {Map<Kind, string>} Allowed the reason, by kind */

/** @type {[Kind, string][]} */
const EVERYWHERE = [
  ['rewound poll', 'a partition goes on from what its group has committed, so that what a member was handed after ' +
    'its last commit comes again: groups are at least once'],
  ['skipped send', 'Kafka keeps no other producer from writing between two sends of a transaction'],
  ['write cycle across transactions', 'transactions of several producers write at the same time: Kafka does not ' +
    'isolate writes']
]

/** @type {[Kind, string][]} */
const ACKS_ALL = [
  ['duplicate beside a failed send', 'after a send whose outcome is unknown, a producer starts a new sequence: what ' +
    'was under way at the same time may be written twice']
]

/** @type {[Kind, string][]} */
const ACKS_1 = [
  ['lost write', 'only the leader has it when it is acknowledged, and the leader can be lost'],
  ['unseen', 'as a lost write, at the end of the log'],
  ['reassigned offset', 'after the loss of a leader the next one gives the offset to another record'],
  ['external non-monotonic send', 'after the loss of a leader the next one begins at a lower offset'],
  ['duplicate', 'a send whose answer was lost is sent again, and the broker cannot tell'],
  ['duplicate beside a failed send', 'as a duplicate'],
  ['misplaced acknowledgement', 'of a record that was written twice, the copy that was acknowledged can be lost']
]

/** @type {Map<string, Allowed>} by configuration */
const ALLOWED = new Map([
  ['kafka-node-acks-1', new Map([...EVERYWHERE, ...ACKS_1])],
  ['kafka-node-acks-all', new Map([...EVERYWHERE, ...ACKS_ALL])],
  ['kafkajs-eager', new Map([...EVERYWHERE, ...ACKS_ALL])],
  ['kafkajs-cooperative', new Map([...EVERYWHERE, ...ACKS_ALL])],
  ['kafkajs-consumer-protocol', new Map([...EVERYWHERE, ...ACKS_ALL])],
  ['kafkajs-transactions', new Map([...EVERYWHERE, ...ACKS_ALL])]
])

module.exports = { ALLOWED }
