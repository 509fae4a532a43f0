'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const {
  checkCommits, checkDelivery, checkErrors, checkProducer, checkTransactions, longestSilence, resumedAfter, underWay
} = require('../faults/checker')
const { table } = require('../faults/fabric')

// The checker of the fault tests has to find each kind of violation in data that is otherwise correct.

/** Four sends to two partitions, each answered. */
const SENDS = [
  [100, 'send', 0, 0], [101, 'send', 1, 1], [102, 'send', 2, 0], [103, 'send', 3, 1],
  [110, 'acked', 0, 0], [111, 'acked', 1, 0], [112, 'acked', 2, 1], [113, 'acked', 3, 1]
]
const LOG = [
  { partition: 0, offset: 0, value: 'p:0' },
  { partition: 0, offset: 1, value: 'p:2' },
  { partition: 1, offset: 0, value: 'p:1' },
  { partition: 1, offset: 1, value: 'p:3' }
]

/** @param {number} partition @param {number} offset @param {string} value */
function entry (partition, offset, value) {
  return { partition, offset, value }
}

/** @param {any[]} events @param {any[]} log @param {object} [options] */
function producer (events, log, options) {
  return checkProducer({ events, log, id: 'p', ...options }).map(({ kind, count }) => [kind, count])
}

describe('the checker, for a producer', () => {
  it('finds nothing where nothing is wrong', () => {
    assert.deepEqual(producer(SENDS, LOG), [])
    const withOthers = [...LOG, entry(1, 2, 'q:7'), { partition: 1, offset: 3, value: null }]
    assert.deepEqual(producer(SENDS, withOthers), [])
  })

  it('finds a record that is lost: acknowledged, but not in the log', () => {
    assert.deepEqual(producer(SENDS, LOG.slice(0, 3)), [['lost', 1]])
    assert.deepEqual(producer(SENDS, []), [['lost', 4]])
  })

  it('finds a record that is in the log twice, unless that is allowed', () => {
    const log = [...LOG, entry(1, 2, 'p:1')]
    assert.deepEqual(producer(SENDS, log), [['doubled', 1]])
    assert.deepEqual(producer(SENDS, log, { mayDouble: underWay(105) }), [])
    assert.deepEqual(producer(SENDS, log, { mayDouble: underWay(112) }), [['doubled', 1]])
    assert.deepEqual(producer(SENDS, log, { mayDouble: underWay(90) }), [['doubled', 1]])
    assert.deepEqual(producer(SENDS, log, { mayDouble: underWay(90, 101) }), [])
  })

  it('finds records that were reordered', () => {
    const log = [entry(0, 0, 'p:2'), entry(0, 1, 'p:0'), LOG[2], LOG[3]]
    assert.deepEqual(producer(SENDS, log), [['reordered', 1], ['misplaced', 2]])
  })

  it('does not mistake a repetition for a change of order', () => {
    const log = [LOG[0], LOG[1], entry(0, 2, 'p:0'), LOG[2], LOG[3]]
    assert.deepEqual(producer(SENDS, log, { mayDouble: () => true }), [])
  })

  it('finds an acknowledgement with the offset of another record', () => {
    const events = SENDS.map((event) => event[1] === 'acked' && event[2] === 3 ? [113, 'acked', 3, 0] : event)
    assert.deepEqual(producer(events, LOG), [['misplaced', 1]])
    assert.deepEqual(producer(events, LOG, { hasOffsets: false }), [])
  })

  it('finds callbacks that were not called, called twice, or called with an error', () => {
    assert.deepEqual(producer(SENDS.slice(0, 7), LOG), [['never answered', 1]])
    assert.deepEqual(producer([...SENDS, [114, 'acked', 3, 1]], LOG), [['answered more than once', 1]])
    assert.deepEqual(producer([...SENDS, [114, 'failed', 3, 'TimeoutError', 'late']], LOG),
      [['answered more than once', 1], ['failed', 1]])
    const failed = [...SENDS.slice(0, 7), [113, 'failed', 3, 'TimeoutError', 'Request timed out after 30000ms']]
    assert.deepEqual(producer(failed, LOG), [['failed', 1]])
    assert.deepEqual(producer(failed, LOG.slice(0, 3), { mayFail: () => true }), [])
  })

  it('finds records in the log that nobody sent, or that went to another partition', () => {
    assert.deepEqual(producer(SENDS, [...LOG, entry(1, 2, 'p:9')]), [['not of a send', 1]])
    const log = [LOG[0], LOG[1], LOG[2], entry(0, 2, 'p:3')]
    assert.deepEqual(producer(SENDS, log), [['not of a send', 1], ['lost', 1]])
  })

  it('shows a few examples of many', () => {
    const [{ kind, count, examples }] = checkProducer({ events: /** @type {any} */ (SENDS), log: [], id: 'p' })
    assert.deepEqual([kind, count, examples.length], ['lost', 4, 3])
    assert.equal(examples[0], '0 of partition 0, acknowledged at offset 0')
  })
})

/** @param {number} time @param {number} partition @param {number} offset */
function message (time, partition, offset) {
  const { value } = /** @type {any} */ (LOG.find((each) => each.partition === partition && each.offset === offset))
  return [time, 'message', 't', partition, offset, value]
}

/** Both partitions to one member, then one of them to another. */
const FIRST = [
  [1, 'rebalanced', [['t', 0], ['t', 1]]], message(2, 0, 0), message(3, 1, 0), [10, 'rebalancing'],
  [12, 'rebalanced', [['t', 0]]], message(20, 0, 1)
]
const SECOND = [[12, 'rebalanced', [['t', 1]]], message(21, 1, 1)]

/** @param {any[][]} members @param {object} [options] */
function delivery (members, options) {
  return checkDelivery({ members: /** @type {any} */ (members), logs: { t: LOG }, ...options })
    .map(({ kind, count }) => [kind, count])
}

describe('the checker, for consumers', () => {
  it('finds nothing where nothing is wrong', () => {
    assert.deepEqual(delivery([FIRST, SECOND]), [])
    const withoutGroup = [message(1, 0, 0), message(1, 0, 1), message(2, 1, 0), message(3, 1, 1)]
    assert.deepEqual(delivery([withoutGroup]), [])
  })

  it('finds a record that nobody received', () => {
    assert.deepEqual(delivery([FIRST, SECOND.slice(0, 1)]), [['never delivered', 1]])
  })

  it('finds a record that was delivered twice, by one member or by two, unless it may', () => {
    const second = [SECOND[0], message(13, 1, 0), SECOND[1]]
    assert.deepEqual(delivery([FIRST, second]), [['delivered twice', 1]])
    assert.deepEqual(delivery([FIRST, second], { mayRepeat: () => true }), [])
    /** @type {any[]} */
    const asked = []
    delivery([FIRST, second], { mayRepeat: (/** @type {any[]} */ ...both) => asked.push(...both) })
    assert.deepEqual(asked.map(({ time, member, offset }) => [time, member, offset]), [[13, 1, 0], [3, 0, 0]])
  })

  it('finds records out of order', () => {
    const events = [message(1, 0, 1), message(2, 0, 0), message(3, 1, 0), message(4, 1, 1)]
    assert.deepEqual(delivery([events]), [['delivered out of order', 1]])
  })

  it('finds a record that was skipped, even if somebody received it later', () => {
    const log = [...LOG, entry(1, 2, 'p:5')]
    const last = [4, 'message', 't', 1, 2, 'p:5']
    const events = [message(1, 0, 0), message(1, 0, 1), message(3, 1, 0), last]
    assert.deepEqual(delivery([events], { logs: { t: log } }), [['skipped', 1], ['never delivered', 1]])
    assert.deepEqual(delivery([events, [message(9, 1, 1)]], { logs: { t: log } }), [['skipped', 1]])
  })

  it('does not expect offsets that the log does not have', () => {
    const log = [entry(0, 0, 'a'), entry(0, 5, 'b')]
    const events = [[1, 'message', 't', 0, 0, 'a'], [2, 'message', 't', 0, 5, 'b']]
    assert.deepEqual(delivery([events], { logs: { t: log } }), [])
  })

  it('finds a record that differs from the log', () => {
    const events = [...SECOND.slice(0, 1), [21, 'message', 't', 1, 1, 'p:1']]
    assert.deepEqual(delivery([FIRST, events]), [['delivered otherwise than written', 1]])
    const beyond = [...SECOND, [22, 'message', 't', 1, 2, 'p:4']]
    assert.deepEqual(delivery([FIRST, beyond]), [['delivered otherwise than written', 1]])
  })

  it('finds what is emitted after its partition was revoked', () => {
    const late = [...FIRST.slice(0, 4), message(11, 0, 1), FIRST[4]]
    assert.deepEqual(delivery([late, SECOND]), [['delivered after revoke', 1]])
    const foreign = [...FIRST, message(22, 1, 1)]
    assert.deepEqual(delivery([foreign, []]), [['delivered after revoke', 1]])
  })

  it('follows partitions that come and go one by one', () => {
    const given = [1, 'assigned', [['t', 0], ['t', 1]]]
    const taken = [21, 'revoked', [['t', 1]]]
    const good = [given, message(10, 0, 0), message(20, 1, 0), taken, message(22, 0, 1)]
    const heir = [[23, 'assigned', [['t', 1]]], message(24, 1, 1)]
    assert.deepEqual(delivery([good, heir]), [])
    const late = [given, message(10, 0, 0), message(20, 1, 0), taken, message(22, 0, 1), message(23, 1, 1)]
    assert.deepEqual(delivery([late]), [['delivered after revoke', 1]])
    // what stays goes on where it is
    const again = [...good, message(25, 0, 1)]
    assert.deepEqual(delivery([again, heir]), [['delivered out of order', 1], ['delivered twice', 1]])
  })

  it('finds what is emitted after the callback of close', () => {
    assert.deepEqual(delivery([FIRST, [SECOND[0], [20, 'closed', null], SECOND[1]]]), [['delivered after close', 1]])
  })
})

describe('the checker, for commits', () => {
  const members = /** @type {any} */ ([FIRST, SECOND])

  it('finds a commit that is ahead of what was emitted, at the end or at its time', () => {
    const commit = (/** @type {number} */ offset, /** @type {number} */ time = Infinity) =>
      checkCommits({ members, commits: [{ topic: 't', partition: 1, offset, time }] }).map(({ examples }) => examples)
    assert.deepEqual(commit(2), [])
    assert.deepEqual(commit(3), [['t/1: 3, though emitted up to 2']])
    assert.deepEqual(commit(1, 5), [])
    assert.deepEqual(commit(2, 5), [['t/1: 2, though emitted up to 1']])
  })

  it('accepts a starting point for a group without emissions', () => {
    const commits = [{ topic: 't', partition: 7, offset: 40 }]
    assert.equal(checkCommits({ members, commits }).length, 1)
    assert.deepEqual(checkCommits({ members, commits, starts: { 't/7': 40 } }), [])
  })
})

describe('the checker, for transactions', () => {
  const EVENTS = /** @type {any[]} */ ([
    [1, 'begun', 0], [2, 'committing', 0], [3, 'committed', 0], [4, 'begun', 1], [5, 'aborting', 1], [6, 'aborted', 1],
    [7, 'begun', 2], [8, 'committing', 2]
  ])
  const kinds = (/** @type {string[]} */ visible, /** @type {any[]} */ events = EVENTS) =>
    checkTransactions({ events, visible, id: 'w', perTransaction: 2 }).map(({ kind, count }) => [kind, count])

  it('finds nothing where nothing is wrong, however the last commit ended', () => {
    assert.deepEqual(kinds(['w:0:0', 'w:0:1', 'v:1:0']), [])
    assert.deepEqual(kinds(['w:0:0', 'w:0:1', 'w:2:0', 'w:2:1']), [])
  })

  it('finds transactions that are lost, torn, doubled, or visible though they were not committed', () => {
    assert.deepEqual(kinds([]), [['lost', 1]])
    assert.deepEqual(kinds(['w:0:0']), [['torn', 1]])
    assert.deepEqual(kinds(['w:0:0', 'w:0:1', 'w:0:1']), [['doubled', 1]])
    assert.deepEqual(kinds(['w:0:0', 'w:0:1', 'w:1:0', 'w:1:1']), [['visible though not committed', 1]])
    assert.deepEqual(kinds(['w:0:0', 'w:0:1', 'w:7:0']), [['not of a transaction', 1]])
    const refused = [...EVENTS, [9, 'failed', 2, 'INVALID_PRODUCER_EPOCH', true, false]]
    assert.deepEqual(kinds(['w:0:0', 'w:0:1', 'w:2:0', 'w:2:1'], refused), [['visible though not committed', 1]])
  })
})

describe('the checker, for errors and times', () => {
  it('finds more error events per minute than allowed, and events that are not errors', () => {
    const at = (/** @type {number} */ time, isError = true) =>
      /** @type {any} */ ([time, 'error', isError, 'E', 'text'])
    const kinds = (/** @type {any[]} */ events) => checkErrors(events, 2).map(({ kind, count }) => [kind, count])
    assert.deepEqual(kinds([at(0), at(1), at(60000), at(60001)]), [])
    assert.deepEqual(kinds([at(0), at(1), at(59999)]), [['error events beyond the limit', 1]])
    assert.deepEqual(kinds([at(0, false)]), [['error events that are no Error', 1]])
    const logged = (/** @type {number} */ time) => [time, 'logged', 'Connection', 'text']
    assert.deepEqual(kinds([logged(0), logged(1), logged(2)]), [['logged errors beyond the limit', 1]])
  })

  it('reports when delivery from each partition resumed', () => {
    const members = /** @type {any} */ ([FIRST, SECOND])
    assert.equal(resumedAfter(members, 5, ['t/0', 't/1']), 16)
    assert.equal(resumedAfter(members, 5, ['t/0', 't/2']), Infinity)
  })

  it('reports the longest silence of each partition', () => {
    const members = /** @type {any} */ ([FIRST, SECOND])
    assert.deepEqual([...longestSilence(members)], [['t/0', 18], ['t/1', 18]])
    assert.deepEqual([...longestSilence(members, { from: 15 })], [['t/0', 0], ['t/1', 0]])
  })
})

describe('the table of the fault tests', () => {
  it('keeps a row that failed, with the reason', () => {
    const row = { id: 'x', fault: 'a | b', must: 'hold', kafka: '4.3.1', seen: ['1 sent'], seconds: 3 }
    const lines = table([{ ...row, failures: [] }, { ...row, failures: ['1 lost (7)\nmore'] }]).split('\n')
    assert.deepEqual(lines.slice(2), [
      '| a \\| b | hold | 4.3.1 | 1 sent | held | 3 s |',
      '| a \\| b | hold | 4.3.1 | **1 lost (7)**; 1 sent | FAILED | 3 s |'
    ])
  })
})
