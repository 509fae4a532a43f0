'use strict'

/**
 * What the checker looks for, and what each is.
 *
 * @typedef {keyof typeof KINDS} Kind
 */
const KINDS = {
  'lost write': 'acknowledged below the highest offset that was read, and not there',
  unseen: 'acknowledged, and not there at the end',
  undelivered: 'there at the end, and no member of the group was ever handed it',
  duplicate: 'one value at two offsets',
  'duplicate beside a failed send': 'the same, while a send of the process was under way that failed',
  'inconsistent offset': 'two values read at one offset',
  'reassigned offset': 'an acknowledgement named an offset where another value is, and its own is nowhere',
  'misplaced acknowledgement': 'an acknowledgement named another offset than the value is at',
  'unknown value': 'read, and never sent',
  'aborted read': 'G1a: read as committed, and it was not',
  'intermediate read': 'G1b: a part of a transaction without the rest',
  'precommitted read': 'read as committed before its commit was asked for',
  'internal non-monotonic poll': 'offsets go back within one poll',
  'external non-monotonic poll': 'offsets go back from one poll to the next',
  'rewound poll': 'the first poll of a partition since it was assigned is of what the group was handed before',
  'internal skipped poll': 'a record is left out within one poll',
  'external skipped poll': 'a record is left out between one poll and the next, or across an assignment',
  'unowned poll': 'of a partition that is not the member\'s',
  'internal non-monotonic send': 'acknowledged offsets go back within a transaction',
  'external non-monotonic send': 'acknowledged offsets go back from one send to the next',
  'reordered send': 'acknowledged records of one process in another order than sent',
  'skipped send': 'a record of another process lies between two of a transaction',
  'write cycle in a transaction': 'G0: records of a transaction in another order than sent',
  'write cycle across transactions': 'G0: each of two transactions is before the other in some partition',
  'committed ahead': 'an offset was committed beyond what members had finished',
  'doubly processed': 'a record is the input of two transactions that were committed'
}

module.exports = { KINDS }
