'use strict'

const assert = require('node:assert/strict')
const { describe, it } = require('node:test')

const { check } = require('../consistency/checker')
const { KINDS } = require('../consistency/kinds')

// The checker of the consistency tests has to find each anomaly in a history that is otherwise clean. Histories are
// written as lines [process, f, type, what belongs to it], one µs apart.

/** The kinds that some test here expects: each has to be among them. @type {Set<string>} */
const expected = new Set()

/** @param {any[][]} lines @returns {import('../consistency/checker').Operation[]} */
function history (lines) {
  return lines.map(([process, f, type, more], i) => ({ at: i + 1, process, f, type, ...more }))
}

/** @param {any[][]} lines */
function found (lines) {
  return check(history(lines)).map(({ kind, count }) => [kind, count])
}

/** @param {any[][]} lines @param {...(string | [string, number])} kinds */
function finds (lines, ...kinds) {
  const wanted = kinds.map((kind) => typeof kind === 'string' ? [kind, 1] : kind)
  for (const [kind] of wanted) expected.add(String(kind))
  assert.deepEqual(found(lines), wanted)
}

/** @param {string} process @param {number} send @param {any[][]} writes @param {any[][]} [offsets] none: no answer */
function sent (process, send, writes, offsets = undefined, txn = undefined) {
  const invoke = [process, 'send', 'invoke', { send, writes, txn }]
  return offsets ? [invoke, [process, 'send', 'ok', { send, offsets }]] : [invoke]
}

/** A transaction of one send. */
function transaction (process, txn, writes, offsets, end = 'commit-txn', type = 'ok') {
  return [
    [process, 'begin', 'ok', { txn }],
    ...sent(process, txn, writes, offsets, txn),
    [process, end, 'invoke', { txn }],
    [process, end, type, { txn }]
  ]
}

const open = (process, group = 'g', isolation = 'read_committed') => [process, 'open', 'info', { group, isolation }]
const assign = (process, ...partitions) => [process, 'assign', 'info', { partitions }]
const revoke = (process, ...partitions) => [process, 'revoke', 'info', { partitions }]
const poll = (process, ...records) => [process, 'poll', 'ok', { records }]
const done = (process, partition, offset) => [process, 'done', 'ok', { partition, offset }]
/** Records are visible to read_committed unless they say otherwise. */
const log = (...records) => ['auditor', 'log', 'ok', {
  records: records.map(([partition, offset, value, isVisible = true]) => [partition, offset, value, isVisible])
}]
const committed = (...offsets) => ['auditor', 'committed', 'ok', { group: 'g', offsets }]

/** Two sends, in the log, read by the member of a group. */
const CLEAN = [
  ...sent('p', 1, [[0, 'a'], [1, 'b']], [[0, 0], [1, 0]]),
  ...sent('p', 2, [[0, 'c']], [[0, 1]]),
  open('m'), assign('m', 0, 1),
  poll('m', [0, 0, 'a'], [0, 1, 'c']), done('m', 0, 1),
  poll('m', [1, 0, 'b']), done('m', 1, 0),
  ['m', 'commit', 'invoke', { offsets: [[0, 2], [1, 1]] }], ['m', 'commit', 'ok', { offsets: [[0, 2], [1, 1]] }],
  committed([0, 2], [1, 1]),
  log([0, 0, 'a'], [0, 1, 'c'], [1, 0, 'b'])
]

/** @param {any[][]} lines @param {(line: any[]) => boolean} isMeant @param {...any[]} others in its place */
function instead (lines, isMeant, ...others) {
  assert.equal(lines.filter(isMeant).length, 1)
  return lines.flatMap((line) => isMeant(line) ? others : [line])
}

const is = (f, type) => (line) => line[1] === f && (!type || line[2] === type)

describe('the consistency checker, with clean histories', () => {
  it('finds nothing where nothing is wrong', () => {
    assert.deepEqual(found(CLEAN), [])
    assert.deepEqual(found([]), [])
    assert.deepEqual(found(CLEAN.slice(0, 2)), [])
  })

  it('does not depend on the order of the files, but on the times', () => {
    assert.deepEqual(check(history(CLEAN).reverse()), [])
  })

  it('does not ask what became of sends without an answer, or with an unknown one', () => {
    const lines = [...sent('q', 1, [[0, 'x']]), ...sent('q', 2, [[0, 'y']]), ['q', 'send', 'info', { send: 2 }]]
    assert.deepEqual(found([...lines, ...CLEAN]), [])
    const seen = instead(CLEAN, is('log'), poll('m', [0, 2, 'y']),
      log([0, 0, 'a'], [0, 1, 'c'], [0, 2, 'y'], [1, 0, 'b']))
    assert.deepEqual(found([...lines, ...seen]), [])
  })

  it('accepts transactions: committed, aborted, and with an unknown end, either way', () => {
    const lines = [
      open('m'), assign('m', 0),
      ...transaction('t', 1, [[0, 'a'], [0, 'b']], [[0, 0]]),
      ...transaction('t', 2, [[0, 'c']], [[0, 3]], 'abort-txn'),
      ...transaction('t', 3, [[0, 'd']], [[0, 5]], 'commit-txn', 'info'),
      ...transaction('t', 4, [[0, 'e']], [[0, 7]], 'commit-txn', 'info'),
      ...sent('t', 5, [[0, 'f']], [[0, 9]], 5),
      poll('m', [0, 0, 'a'], [0, 1, 'b'], [0, 5, 'd']), done('m', 0, 5),
      // behind the markers and what was aborted
      committed([0, 9]),
      log([0, 0, 'a'], [0, 1, 'b'], [0, 3, 'c', false], [0, 5, 'd'], [0, 7, 'e', false], [0, 9, 'f', false])
    ]
    assert.deepEqual(found(lines), [])
  })

  it('lets a member go where it seeks, and read again what its handler failed at', () => {
    const lines = instead(CLEAN, is('log'),
      ['m', 'seek', 'invoke', { partition: 0, offset: 0 }], ['m', 'seek', 'ok', { partition: 0, offset: 0 }],
      poll('m', [0, 0, 'a']), ['m', 'handle', 'fail', { partition: 0, offset: 0 }],
      poll('m', [0, 0, 'a'], [0, 1, 'c']),
      CLEAN[CLEAN.length - 1])
    assert.deepEqual(found(lines), [])
  })
})

describe('the consistency checker, for what producers wrote', () => {
  it('finds a lost write: acknowledged below what was read, and not there', () => {
    const lines = instead(CLEAN, is('log'), log([0, 1, 'c'], [1, 0, 'b']))
    finds(lines, 'lost write')
    const sends = CLEAN.filter((line) => line[1] === 'send')
    finds([...sends, ['r', 'seek', 'ok', { partition: 0, offset: 1 }], poll('r', [0, 1, 'c'])], 'lost write')
  })

  it('finds what is unseen: acknowledged, not below what was read, and not there at the end', () => {
    finds(instead(CLEAN.filter(({ 1: f }) => f !== 'poll'), is('log'), log([0, 0, 'a'], [1, 0, 'b'])),
      'unseen', ['undelivered', 2])
    finds([...sent('p', 1, [[0, 'a']], []), log()], 'unseen')
  })

  it('finds a lost write of a transaction that was committed', () => {
    const two = [...transaction('t', 1, [[0, 'a']], [[0, 0]]), ...transaction('t', 2, [[0, 'b']], [[0, 2]])]
    finds([...two, log([0, 2, 'b'])], 'lost write')
    finds([...two, log([0, 0, 'a', false], [0, 2, 'b'])], 'lost write')
  })

  it('finds a duplicate: one value at two offsets', () => {
    const twice = [log([0, 0, 'a'], [0, 1, 'c'], [0, 2, 'a'], [1, 0, 'b']), poll('m', [0, 2, 'a'])]
    finds(instead(CLEAN, is('log'), ...twice), 'duplicate')
    const across = [log([0, 0, 'a'], [0, 1, 'c'], [1, 1, 'a'], [1, 0, 'b']), poll('m', [1, 1, 'a'])]
    finds(instead(CLEAN, is('log'), ...across), 'duplicate')
  })

  it('tells duplicates apart that were beside a failed send', () => {
    const twice = [log([0, 0, 'a'], [0, 1, 'c'], [0, 2, 'a'], [1, 0, 'b']), poll('m', [0, 2, 'a'])]
    const failed = ['p', 'send', 'info', { send: 0 }]
    const lines = instead(CLEAN, is('log'), ...twice)
    const before = ['p', 'send', 'invoke', { send: 0, writes: [[1, 'z']] }]
    finds([before, lines[0], failed, ...lines.slice(1)], 'duplicate beside a failed send')
    finds([before, failed, ...lines], 'duplicate')
    finds([['q', ...before.slice(1)], ...lines], 'duplicate')
  })

  it('finds an inconsistent offset: two values at one', () => {
    finds([...sent('p', 1, [[0, 'a']], [[0, 0]]), ...sent('p', 2, [[0, 'b']]),
      poll('r', [0, 0, 'a']), poll('s', [0, 0, 'b'])], 'inconsistent offset')
  })

  it('finds an offset that was given to another value, and an acknowledgement that names the wrong one', () => {
    finds([...sent('p', 1, [[0, 'a']], [[0, 0]]), ...sent('q', 1, [[0, 'b']], [[0, 0]]), log([0, 0, 'b'])],
      'reassigned offset', 'unseen')
    finds([...sent('p', 1, [[0, 'a']], [[0, 7]]), log([0, 0, 'a'])], 'misplaced acknowledgement')
  })

  it('finds a value that nobody sent', () => {
    finds([poll('r', [0, 0, 'a'])], 'unknown value')
  })

  it('finds sends whose acknowledged offsets go back', () => {
    finds([...sent('p', 1, [[0, 'a']], [[0, 5]]), ...sent('p', 2, [[0, 'b']], [[0, 4]])], 'external non-monotonic send')
    const inside = [...sent('t', 1, [[0, 'a']], [[0, 5]], 1), ...sent('t', 2, [[0, 'b']], [[0, 4]], 1)]
    finds(inside, 'internal non-monotonic send')
    // another process, another partition
    assert.deepEqual(found([...sent('p', 1, [[0, 'a']], [[0, 5]]), ...sent('q', 2, [[0, 'b']], [[0, 4]])]), [])
    assert.deepEqual(found([...sent('p', 1, [[0, 'a']], [[0, 5]]), ...sent('p', 2, [[1, 'b']], [[1, 4]])]), [])
  })

  it('finds a send that was reordered, other than by repetition', () => {
    const both = [...sent('p', 1, [[0, 'a']], []), ...sent('p', 2, [[0, 'b']], [])]
    finds([...both, log([0, 0, 'b'], [0, 1, 'a'])], 'reordered send')
    finds([...both, log([0, 0, 'a'], [0, 1, 'b'], [0, 2, 'a'])], 'duplicate')
    const unknown = [...sent('p', 1, [[0, 'a']]), ...sent('p', 2, [[0, 'b']], [])]
    assert.deepEqual(found([...unknown, log([0, 0, 'b'], [0, 1, 'a'])]), [])
  })

  it('finds a skipped send: another process is in between', () => {
    finds([
      ...sent('t', 1, [[0, 'a']], [[0, 0]], 1), ...sent('q', 1, [[0, 'x']], [[0, 1]]),
      ...sent('t', 2, [[0, 'b']], [[0, 2]], 1),
      ['t', 'commit-txn', 'invoke', { txn: 1 }], ['t', 'commit-txn', 'ok', { txn: 1 }],
      log([0, 0, 'a'], [0, 1, 'x'], [0, 2, 'b'])
    ], 'skipped send')
  })

  it('finds write cycles, in a transaction and across transactions', () => {
    finds([
      ...sent('t', 1, [[0, 'a'], [0, 'b']], [], 1),
      ['t', 'commit-txn', 'invoke', { txn: 1 }], ['t', 'commit-txn', 'ok', { txn: 1 }],
      log([0, 0, 'b'], [0, 1, 'a'])
    ], 'write cycle in a transaction')
    const across = [
      ...transaction('t', 1, [[0, 'a'], [1, 'b']], []), ...transaction('u', 1, [[0, 'c'], [1, 'd']], [])
    ]
    finds([...across, log([0, 0, 'a'], [0, 1, 'c'], [1, 0, 'd'], [1, 1, 'b'])], 'write cycle across transactions')
    assert.deepEqual(found([...across, log([0, 0, 'a'], [0, 1, 'c'], [1, 0, 'b'], [1, 1, 'd'])]), [])
  })

  it('finds a long write cycle, once', () => {
    const names = ['t', 'u', 'v', 'w', 'x', 'y']
    const lines = names.flatMap((name, i) => transaction(name, 1, [[i, `${name}0`], [(i + 1) % 6, `${name}1`]], []))
    const records = names.flatMap((name, i) => [[i, 0, `${name}0`], [i, 1, `${names[(i + 5) % 6]}1`]])
    finds([...lines, log(...records)], 'write cycle across transactions')
  })
})

describe('the consistency checker, for what readers were handed', () => {
  const PAIR = [open('m'), assign('m', 0, 1)]

  it('finds an aborted read', () => {
    const aborted = transaction('t', 1, [[0, 'a']], [[0, 0]], 'abort-txn')
    finds([...PAIR, ...aborted, poll('m', [0, 0, 'a'])], 'aborted read')
    finds([...PAIR, ...aborted, poll('m', [0, 0, 'a']), log([0, 0, 'a'])], ['aborted read', 2])
    // never told to commit: the process was killed
    finds([...PAIR, ...sent('t', 1, [[0, 'a']], [[0, 0]], 1), poll('m', [0, 0, 'a'])], 'aborted read')
    finds([...PAIR, ...transaction('t', 1, [[0, 'a']], [[0, 0]], 'commit-txn', 'fail'), poll('m', [0, 0, 'a'])],
      'aborted read')
    finds([...PAIR, ...sent('p', 1, [[0, 'a']]), ['p', 'send', 'fail', { send: 1 }], poll('m', [0, 0, 'a'])],
      'aborted read')
    const uncommitted = [open('m', 'g', 'read_uncommitted'), assign('m', 0), ...aborted, poll('m', [0, 0, 'a'])]
    assert.deepEqual(found(uncommitted), [])
  })

  it('finds a precommitted read, by another process or by its own', () => {
    const begun = [...PAIR, ...sent('t', 1, [[0, 'a']], [[0, 0]], 1)]
    const commit = [['t', 'commit-txn', 'invoke', { txn: 1 }], ['t', 'commit-txn', 'ok', { txn: 1 }]]
    finds([...begun, poll('m', [0, 0, 'a']), ...commit], 'precommitted read')
    assert.deepEqual(found([...begun, commit[0], poll('m', [0, 0, 'a']), commit[1]]), [])
    const own = [open('t'), assign('t', 0), ...sent('t', 1, [[0, 'a']], [[0, 0]], 1), poll('t', [0, 0, 'a']), ...commit]
    finds(own, 'precommitted read')
  })

  it('finds an intermediate read: a part of a transaction without the rest', () => {
    const unknown = transaction('t', 1, [[0, 'a'], [1, 'b']], [[0, 0], [1, 0]], 'commit-txn', 'info')
    finds([...unknown, log([0, 0, 'a'], [1, 0, 'b', false])], 'intermediate read')
    const whole = transaction('t', 1, [[0, 'a'], [0, 'b'], [0, 'c']], [[0, 0]])
    finds([...PAIR, ...whole, poll('m', [0, 0, 'a'], [0, 2, 'c']), log([0, 0, 'a'], [0, 1, 'b'], [0, 2, 'c'])],
      'internal skipped poll', 'intermediate read', 'undelivered')
  })

  /** Four records in the log. */
  const FOUR = sent('p', 1, [[0, 'a'], [0, 'b'], [0, 'c'], [0, 'd']], [[0, 0]])
  const FOUR_LOGGED = log([0, 0, 'a'], [0, 1, 'b'], [0, 2, 'c'], [0, 3, 'd'])
  const ALL = [poll('n', [0, 0, 'a'], [0, 1, 'b'], [0, 2, 'c'], [0, 3, 'd'])]

  it('finds polls that go back, within one and from one to the next', () => {
    const start = [...FOUR, ...PAIR]
    finds([...start, poll('m', [0, 0, 'a'], [0, 1, 'b'], [0, 1, 'b'])], 'internal non-monotonic poll')
    finds([...start, poll('m', [0, 0, 'a'], [0, 1, 'b']), poll('m', [0, 0, 'a'])], 'external non-monotonic poll')
    finds([...start, poll('m', [0, 0, 'a'], [0, 1, 'b']), poll('m', [0, 1, 'b'])], 'external non-monotonic poll')
  })

  it('tells apart what an assignment makes a member read again', () => {
    const start = [...FOUR, ...PAIR, poll('m', [0, 0, 'a'], [0, 1, 'b'])]
    finds([...start, revoke('m', 0), assign('m', 0), poll('m', [0, 1, 'b'])], 'rewound poll')
    finds([...start, open('n'), assign('n', 0), poll('n', [0, 0, 'a'])], 'rewound poll')
    assert.deepEqual(found([...start, open('n'), assign('n', 0), poll('n', [0, 2, 'c'])]), [])
    assert.deepEqual(found([...start, open('n', 'other'), assign('n', 0), poll('n', [0, 0, 'a'])]), [])
  })

  it('finds polls that skip, within one, from one to the next, and across an assignment', () => {
    const start = [...FOUR, ...PAIR, open('n'), assign('n', 0)]
    const end = [FOUR_LOGGED]
    const rewound = ['rewound poll', 1]
    finds([...start, poll('m', [0, 0, 'a'], [0, 2, 'c'], [0, 3, 'd']), ...ALL, ...end],
      'internal skipped poll', /** @type {any} */ (rewound))
    finds([...start, poll('m', [0, 0, 'a']), poll('m', [0, 2, 'c'], [0, 3, 'd']), ...ALL, ...end],
      'external skipped poll', /** @type {any} */ (rewound))
    finds([...start, poll('m', [0, 1, 'b'], [0, 2, 'c'], [0, 3, 'd']), ...ALL, ...end],
      'external skipped poll', /** @type {any} */ (rewound))
    finds([...start, poll('m', [0, 0, 'a']), revoke('m', 0), assign('m', 0), poll('m', [0, 2, 'c']), ...ALL, ...end],
      'external skipped poll', /** @type {any} */ (rewound))
  })

  it('finds polls that do not continue where the member sought', () => {
    const target = { partition: 0, offset: 1 }
    const seek = [['m', 'seek', 'invoke', target], ['m', 'seek', 'ok', target]]
    const start = [...FOUR, ...PAIR, poll('m', [0, 0, 'a'], [0, 1, 'b'], [0, 2, 'c'], [0, 3, 'd']), ...seek]
    assert.deepEqual(found([...start, poll('m', [0, 1, 'b']), FOUR_LOGGED]), [])
    finds([...start, poll('m', [0, 0, 'a']), FOUR_LOGGED], 'external non-monotonic poll')
    finds([...start, poll('m', [0, 2, 'c']), FOUR_LOGGED], 'external skipped poll')
    const failed = [...start.slice(0, -2), ['m', 'handle', 'fail', { partition: 0, offset: 2 }]]
    finds([...failed, poll('m', [0, 3, 'd']), FOUR_LOGGED], 'external skipped poll')
  })

  it('finds a poll of a partition that the member does not own', () => {
    const start = [...FOUR, ...PAIR, poll('m', [0, 0, 'a']), revoke('m', 0)]
    finds([...start, poll('m', [0, 1, 'b'])], 'unowned poll')
  })
})

describe('the consistency checker, for groups', () => {
  it('finds commits that are ahead of what was finished: a member\'s own, and what the broker says', () => {
    const early = instead(CLEAN, (line) => line[1] === 'done' && line[3].partition === 0)
    finds(early, ['committed ahead', 2])
    const aborted = [open('m'), assign('m', 0), ...sent('p', 1, [[0, 'a'], [0, 'b']], [[0, 0]]),
      poll('m', [0, 0, 'a']), done('m', 0, 0), committed([0, 2]), poll('m', [0, 1, 'b']), done('m', 0, 1),
      log([0, 0, 'a'], [0, 1, 'b'])]
    finds(aborted, 'committed ahead')
    // the member wants to be there
    const seek = ['m', 'seek', 'invoke', { partition: 0, offset: 2 }]
    const sought = instead(aborted, is('committed'), seek, committed([0, 2]))
    assert.deepEqual(found(sought), [])
  })

  it('finds what was not delivered to a group, whatever its isolation', () => {
    finds(CLEAN.filter((line) => line[1] !== 'poll' || line[3].records.length > 1), 'undelivered')
    const lines = [...transaction('t', 1, [[0, 'a']], [[0, 0]], 'abort-txn'), log([0, 0, 'a', false])]
    assert.deepEqual(found([open('m'), ...lines]), [])
    finds([open('m', 'g', 'read_uncommitted'), ...lines], 'undelivered')
  })

  it('finds an input of two transactions that were committed', () => {
    const inputs = (process, txn) => [process, 'inputs', 'invoke', { txn, inputs: [[0, 0]] }]
    const lines = [
      open('t'), open('u'), assign('t', 0), inputs('t', 1), ...transaction('t', 1, [[1, 'a']], [[1, 0]]),
      inputs('u', 1)
    ]
    const end = log([1, 0, 'a'], [1, 2, 'b'])
    const polls = [assign('u', 1), poll('u', [1, 0, 'a'], [1, 2, 'b'])]
    finds([...lines, ...transaction('u', 1, [[1, 'b']], [[1, 2]]), ...polls, end], 'doubly processed')
    finds([...lines, ...transaction('u', 1, [[1, 'b']], [[1, 2]], 'commit-txn', 'info'), ...polls, end],
      'doubly processed')
    assert.deepEqual(found([...lines, ...transaction('u', 1, [[1, 'b']], [[1, 2]], 'abort-txn'),
      assign('u', 1), poll('u', [1, 0, 'a']), log([1, 0, 'a'], [1, 2, 'b', false])]), [])
  })
})

it('each anomaly that the checker knows is found in some history here', () => {
  assert.deepEqual(Object.keys(KINDS).filter((kind) => !expected.has(kind)), [])
})
