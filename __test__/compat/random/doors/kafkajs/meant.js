'use strict'

// What a program may show that docs/differences-kafkajs.md lists.

/** @typedef {import('../../compare').Row} Row */
/** @typedef {import('../../generate').Program} Program */

/**
 * Differences within lines: each takes out what it is about. A row that is the same without all of them is meant, and
 * goes by the first that changes it.
 *
 * @type {Array<{ id: string, without: (line: string) => string }>}
 */
const WITHIN_LINES = [
  { id: 'K108', without: (line) => line.replace(/logStartOffset: '-?\d+'/g, 'logStartOffset: ...') },
  { id: 'K75', without: (line) => line.replace(/protocolType: '(consumer)?'/g, 'protocolType: ...') },
  { id: 'K130', without: (line) => line.replace(/\[TypeError '[^']*'[^\]]*\]/g, '[TypeError]') },
  { id: 'K50', without: (line) => line.replace(/offset: '-[12]'/g, 'offset: none') }
]

/** @param {string[]} lines */
const withoutAll = (lines) => lines.map((line) => WITHIN_LINES.reduce((text, { without }) => without(text), line))

/** @param {string} id @param {Row} row */
function isWithinLines (id, { original, ours }) {
  const [theirs, own] = [original, ours].map((lines) => withoutAll(lines).join('\n'))
  const changes = WITHIN_LINES.find(({ without }) =>
    [...original, ...ours].some((line) => without(line) !== line))
  return theirs === own && changes?.id === id
}

/** What `fetchOffsets` tells of a partition. */
const COMMIT = /offset: '(-?\d+)', partition: \d+/g

/**
 * @param {Row} row of `fetchOffsets`
 * @returns {boolean} whether it differs only where the original has stored an end of the log in place of an offset
 */
function isAtOriginalsEnd ({ original, ours }) {
  const [theirs, own] = [original, ours].map((lines) => [...lines.join('\n').matchAll(COMMIT)])
  return theirs.length === own.length &&
    theirs.every(([text, offset], i) => Number(offset) < 0 || text === own[i][0])
}

/** @param {Program} program @param {(step: any) => any} is @returns {boolean} whether it has such a call */
const calls = ({ steps }, is) => steps.some((step) => step.do === 'call' && is(step))

/** @param {string} label @param {Program} program @returns {any} the first argument of a row's call */
function argumentOf (label, { steps }) {
  const step = steps[parseInt(label) - 1]
  return step && step.do === 'call' ? step.args[0] : undefined
}

/** @param {Program} program */
const isReconnected = ({ steps }) => {
  const end = steps.findIndex((step) => step.do === 'call' && step.method === 'disconnect')
  // most methods connect by themselves
  return end >= 0 && steps.slice(end + 1).some((step) => step.do === 'call' && 'on' in steps[end] &&
    step.on === /** @type {any} */ (steps[end]).on)
}

/** @param {Program} program @param {string} on @returns {boolean} whether there are sends that it does not wait for */
const sendsAtOnce = (program, on) => calls(program, (step) => step.on === on && /^send/.test(step.method) && !step.wait)

/** @param {Program} program */
const isIdempotent = ({ steps }) => steps.some((step) => step.do === 'new' && step.args[0]?.idempotent)

/** @param {any} step */
const isAtEitherEnd = ({ method, args }) => method === 'seek' && [-1, -2].includes(Number(args[0]?.offset))

/** @param {any} step */
const storesEitherEnd = ({ method, args }) => method === 'resetOffsets' ||
  (method === 'setOffsets' && args[0]?.partitions?.[0]?.offset === '-2')

/** @param {Program} program @returns {boolean} whether it pauses a partition after the whole of its topic */
function pausesWithin ({ steps }) {
  const pauses = steps.flatMap((step) => step.do === 'call' && step.method === 'pause' ? step.args[0] || [] : [])
  return pauses.some((whole, at) => whole && whole.topic && !whole.partitions &&
    pauses.slice(at).some((part) => part && part.topic === whole.topic && part.partitions))
}

/** @param {string[]} lines */
const sorted = (lines) => [...lines].sort().join('\n')

/** @type {import('../../generate').Door['meant']} */
const meant = [
  ...WITHIN_LINES.map(({ id }) => ({ id, is: (/** @type {Row} */ row) => isWithinLines(id, row) })),
  { id: 'K12', is: ({ label }, program) => argumentOf(label, program)?.messages?.[0]?.partition === 7 },
  {
    id: 'K14',
    is: ({ kind, original, ours }, program) => sendsAtOnce(program, 'producer') &&
      // out of order, an idempotent producer's are refused
      (/^in the log/.test(kind)
        ? isIdempotent(program) || sorted(original) === sorted(ours)
        : /^producer\.send/.test(kind))
  },
  {
    id: 'K26',
    is: ({ label }, program) => [2, 4].includes(argumentOf(label, program)?.compression)
  },
  {
    id: 'K25',
    is: ({ label }, program) => argumentOf(label, program)?.compression === 77
  },
  {
    id: 'K16',
    is: ({ label }, program) => argumentOf(label, program)?.messages?.[0]?.headers?.h === null
  },
  {
    id: 'K30',
    is: ({ kind, original, ours }, program) => isReconnected(program) && (
      /^(in the log|\w+\.send)/.test(kind) ||
      /\[closed connection\]|Consumer group was not initialized/.test(original.join()) ||
      // a consumer crashes, and starts again
      (/^consumer (connect|disconnect|stop|crash|groupJoin)$/.test(kind) && original.length > ours.length))
  },
  {
    id: 'K131',
    is: ({ kind }, program) => sendsAtOnce(program, 'transaction') && /^(in the log|transaction\.)/.test(kind)
  },
  {
    id: 'K132',
    is: ({ kind }, program) => calls(program, ({ on, method }) => on === 'producer' && method === 'disconnect') &&
      calls(program, ({ keep }) => keep) && /^(in the log|producer\.transaction|transaction\.)/.test(kind)
  },
  {
    id: 'K48',
    is: ({ kind }, program) => calls(program, isAtEitherEnd) && /^consumer message|\.fetchOffsets$/.test(kind)
  },
  {
    id: 'K50',
    is: (row, program) => /\.fetchOffsets$/.test(row.kind) && isAtOriginalsEnd(row) &&
      calls(program, ({ method }) => method === 'seek')
  },
  {
    id: 'K51',
    is: ({ kind }, program) => pausesWithin(program) && /\.paused$|^\w+ message |\.fetchOffsets$/.test(kind)
  },
  { id: 'K83', is: ({ original }) => /'Topic metadata not loaded'/.test(original.join()) },
  { id: 'K76', is: ({ kind }, program) => kind === 'admin.fetchOffsets' && calls(program, storesEitherEnd) },
  {
    id: 'K77',
    is: ({ kind }, program) => /^admin\.(fetchOffsets|\w+Groups)$/.test(kind) &&
      calls(program, ({ method, args }) => method === 'fetchOffsets' && args[0]?.resolveOffsets)
  }
]

module.exports = { meant }
