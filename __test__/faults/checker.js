'use strict'

// Compares what the workloads have written with what is in the log. Everything here is a pure function of both.

/** @typedef {import('./workload').Event} Event */
/** @typedef {import('./log').Entry} Entry */
/** @typedef {{ kind: string, count: number, examples: string[] }} Violation */

const EXAMPLES = 3

/** Collects violations by kind. */
class Findings {
  constructor () {
    /** @type {Map<string, Violation>} */
    this.kinds = new Map()
  }

  /** @param {string} kind @param {string} example */
  add (kind, example) {
    let violation = this.kinds.get(kind)
    if (!violation) this.kinds.set(kind, violation = { kind, count: 0, examples: [] })
    violation.count++
    if (violation.examples.length < EXAMPLES) violation.examples.push(example)
  }

  /** @returns {Violation[]} */
  list () {
    return [...this.kinds.values()]
  }
}

/**
 * @typedef {object} Send
 * @property {number} n its number: later sends have higher ones
 * @property {number} partition
 * @property {number} time in ms
 * @property {number} answered when its callback came; Infinity without one
 * @property {number | undefined} offset when it was acknowledged with one
 * @property {string | undefined} error name and message, when it has failed
 * @property {number} callbacks
 */

/**
 * The sends of a producer program, which writes `send n partition`, then `acked n offset` or `failed n name message`.
 *
 * @param {Event[]} events
 * @returns {Map<number, Send>} by number
 */
function sendsOf (events) {
  /** @type {Map<number, Send>} */
  const sends = new Map()
  for (const [time, event, n, ...rest] of events) {
    if (event === 'send') {
      const partition = rest[0]
      sends.set(n, { n, partition, time, answered: Infinity, offset: undefined, error: undefined, callbacks: 0 })
    }
    const send = event === 'acked' || event === 'failed' ? sends.get(n) : undefined
    if (!send) continue
    send.callbacks++
    send.answered = Math.min(send.answered, time)
    if (event === 'acked') send.offset = rest[0]
    else send.error = `${rest[0]}: ${rest[1]}`
  }
  return sends
}

/**
 * A producer's promises. The values in the log are `id:n`; records of other producers are ignored.
 *
 * @param {object} options
 * @param {Event[]} options.events of the producer program
 * @param {Entry[]} options.log by partition and offset
 * @param {string} options.id of the producer
 * @param {(send: Send) => boolean} [options.mayDouble] sends that may be in the log twice; default: none
 * @param {(send: Send) => boolean} [options.mayFail] default: none
 * @param {boolean} [options.hasOffsets] whether acknowledgements carry offsets; default: true (not with requireAcks 0)
 * @returns {Violation[]} of the kinds `lost`, `doubled`, `reordered`, `misplaced`, `failed`, `never answered`,
 *   `answered more than once`, `not of a send`
 */
function checkProducer ({ events, log, id, mayDouble = () => false, mayFail = () => false, hasOffsets = true }) {
  const findings = new Findings()
  const sends = sendsOf(events)
  /** @type {Map<number, Entry[]>} */
  const found = new Map()
  /** @type {Map<number, { n: number, offset: number }>} the latest by partition, repetitions aside */
  const latest = new Map()
  for (const entry of log) {
    if (entry.value === null || !entry.value.startsWith(`${id}:`)) continue
    const n = Number(entry.value.slice(id.length + 1))
    const place = `${entry.partition}/${entry.offset}`
    const send = sends.get(n)
    if (!send || send.partition !== entry.partition) {
      findings.add('not of a send', `${entry.value} at ${place}`)
      continue
    }
    const before = found.get(n)
    if (before) {
      before.push(entry)
      const places = `${entry.partition}/${before[0].offset} and ${entry.offset}`
      if (!mayDouble(send)) findings.add('doubled', `${n} at ${places}`)
      continue
    }
    found.set(n, [entry])
    const last = latest.get(entry.partition)
    if (last && last.n > n) {
      findings.add('reordered', `${last.n} before ${n} at ${entry.partition}/${last.offset} and ${entry.offset}`)
    } else latest.set(entry.partition, { n, offset: entry.offset })
  }
  for (const send of sends.values()) {
    const { n, partition, offset, error, callbacks } = send
    const entries = found.get(n) || []
    if (callbacks === 0) findings.add('never answered', `${n}`)
    if (callbacks > 1) findings.add('answered more than once', `${n}`)
    if (error !== undefined && !mayFail(send)) findings.add('failed', `${n} (${error})`)
    if (callbacks === 0 || error !== undefined) continue
    if (entries.length === 0) findings.add('lost', `${n} of partition ${partition}, acknowledged at offset ${offset}`)
    else if (hasOffsets && !entries.some((entry) => entry.offset === offset)) {
      findings.add('misplaced', `${n} acknowledged at ${partition}/${offset}, but at ${entries[0].offset}`)
    }
  }
  return findings.list()
}

/**
 * @param {number} from ms
 * @param {number} [to] ms; default: the same moment
 * @returns {(send: Send) => boolean} whether a send was in flight then
 */
function underWay (from, to = from) {
  return ({ time, answered }) => time <= to && answered >= from
}

/**
 * @typedef {object} Emission
 * @property {number} time in ms
 * @property {string} topic
 * @property {number} partition
 * @property {number} offset
 * @property {string | null} value
 * @property {number} member index of the program that emitted it
 */

/**
 * What consumer programs have emitted; they write `message topic partition offset value`.
 *
 * @param {Event[][]} members
 * @returns {Emission[]} by time
 */
function emissionsOf (members) {
  const all = members.flatMap((events, member) => events.filter(([, event]) => event === 'message')
    .map(([time, , topic, partition, offset, value]) => ({ time, topic, partition, offset, value, member })))
  return all.sort((a, b) => a.time - b.time)
}

/** @param {{ topic: string, partition: number }} place */
function nameOf ({ topic, partition }) {
  return `${topic}/${partition}`
}

/**
 * A consumer's promises, for all members of a group together. Besides `message`, members write `rebalancing`,
 * `rebalanced [[topic, partition], ...]` and `closed`, or `assigned` and `revoked` with the partitions that come and
 * go; programs without a group write only `closed`.
 *
 * @param {object} options
 * @param {Event[][]} options.members the events of each member
 * @param {Record<string, Entry[]>} options.logs what must have been delivered, by topic
 * @param {(emission: Emission, before: Emission) => boolean} [options.mayRepeat] emissions of what was emitted `before`
 *   already; default: none
 * @returns {Violation[]} of the kinds `never delivered`, `delivered twice`, `delivered out of order`, `skipped`,
 *   `delivered otherwise than written`, `delivered after revoke`, `delivered after close`
 */
function checkDelivery ({ members, logs, mayRepeat = () => false }) {
  const findings = new Findings()
  /** @type {Map<string, Entry>} */
  const written = new Map()
  /** @type {Map<string, number[]>} offsets of each partition */
  const offsets = new Map()
  for (const [topic, log] of Object.entries(logs)) {
    for (const entry of log) {
      const name = nameOf({ topic, partition: entry.partition })
      written.set(`${name}/${entry.offset}`, entry)
      const known = offsets.get(name)
      if (known) known.push(entry.offset)
      else offsets.set(name, [entry.offset])
    }
  }

  members.forEach((events, member) => {
    /** @type {Set<string> | null} null: not a member of a group */
    let owned = null
    let isClosed = false
    /** @type {Map<string, number>} since it got the partition */
    let last = new Map()
    for (const [, event, ...args] of events) {
      if (event === 'rebalancing') owned = new Set()
      if (event === 'rebalanced') {
        /** @type {[string, number][]} */
        const places = args[0]
        owned = new Set(places.map(([topic, partition]) => nameOf({ topic, partition })))
        last = new Map()
      }
      if (event === 'assigned' || event === 'revoked') {
        owned = owned || new Set()
        for (const [topic, partition] of args[0]) {
          const name = nameOf({ topic, partition })
          last.delete(name)
          if (event === 'assigned') owned.add(name)
          else owned.delete(name)
        }
      }
      if (event === 'closed') isClosed = true
      if (event !== 'message') continue
      const [topic, partition, offset, value] = args
      const name = nameOf({ topic, partition })
      const text = `${name}/${offset} by ${member}`
      if (isClosed) findings.add('delivered after close', text)
      else if (owned && !owned.has(name)) findings.add('delivered after revoke', text)
      const entry = written.get(`${name}/${offset}`)
      if (logs[topic] && (!entry || entry.value !== value)) findings.add('delivered otherwise than written', text)
      const before = last.get(name)
      if (before !== undefined && offset <= before) findings.add('delivered out of order', `${text} after ${before}`)
      if (before !== undefined && offset > before + 1) {
        // what is not a record, such as a transaction marker, cannot be delivered
        const missed = (offsets.get(name) || []).find((each) => each > before && each < offset)
        if (missed !== undefined) findings.add('skipped', `${name}/${missed} by ${member}`)
      }
      last.set(name, offset)
    }
  })

  /** @type {Map<string, Emission>} */
  const emitted = new Map()
  for (const emission of emissionsOf(members)) {
    const place = `${nameOf(emission)}/${emission.offset}`
    const before = emitted.get(place)
    if (before && !mayRepeat(emission, before)) {
      findings.add('delivered twice', `${place} by ${before.member} and ${emission.member}`)
    }
    if (!before) emitted.set(place, emission)
  }
  for (const place of written.keys()) if (!emitted.has(place)) findings.add('never delivered', place)
  return findings.list()
}

/**
 * No commit is ahead of what was emitted.
 *
 * @param {object} options
 * @param {Event[][]} options.members
 * @param {{ topic: string, partition: number, offset: number, time?: number }[]} options.commits as the broker
 *   reports them; `time`, in ms, is when it was asked, by default after everything
 * @param {Record<string, number>} [options.starts] where a group without emissions may have begun, by
 *   `topic/partition`; default: 0
 * @returns {Violation[]} of the kind `committed ahead`
 */
function checkCommits ({ members, commits, starts = {} }) {
  const findings = new Findings()
  const emissions = emissionsOf(members)
  for (const commit of commits) {
    const { topic, partition, offset, time = Infinity } = commit
    let next = starts[nameOf(commit)] || 0
    for (const emission of emissions) {
      if (emission.time > time) break
      if (emission.topic === topic && emission.partition === partition) next = Math.max(next, emission.offset + 1)
    }
    if (offset > next) findings.add('committed ahead', `${nameOf(commit)}: ${offset}, though emitted up to ${next}`)
  }
  return findings.list()
}

/**
 * A transactional producer's promises. The values are `id:n:i`, record i of transaction n; those of others are ignored.
 *
 * @param {object} options
 * @param {Event[]} options.events of the program: `begun`, `committing`, `committed`, `aborted` with n, and `failed n
 *   type fatal abortable`
 * @param {string[]} options.visible values that a reader of what is committed sees
 * @param {string} options.id of the producer
 * @param {number} options.perTransaction records
 * @returns {Violation[]} of the kinds `lost`, `torn`, `doubled`, `visible though not committed`, `not of a transaction`
 */
function checkTransactions ({ events, visible, id, perTransaction }) {
  const findings = new Findings()
  /** @type {Map<number, { seen: Set<number>, stage: string }>} */
  const transactions = new Map()
  for (const [, event, n, , fatal, abortable] of events) {
    if (event === 'begun') transactions.set(n, { seen: new Set(), stage: event })
    const transaction = transactions.get(n)
    if (!transaction) continue
    if (['committing', 'committed', 'aborted'].includes(event)) transaction.stage = event
    // such a commit was refused; after any other error nobody knows
    if (event === 'failed' && (fatal || abortable)) transaction.stage = 'aborted'
  }
  for (const value of visible) {
    if (!value.startsWith(`${id}:`)) continue
    const [n, i] = value.slice(id.length + 1).split(':').map(Number)
    const transaction = transactions.get(n)
    if (!transaction) findings.add('not of a transaction', value)
    else if (transaction.seen.has(i)) findings.add('doubled', value)
    else transaction.seen.add(i)
  }
  for (const [n, { seen: { size }, stage }] of transactions) {
    if (size > 0 && size < perTransaction) findings.add('torn', `${n}: ${size} of ${perTransaction}, ${stage}`)
    if (stage === 'committed' && size === 0) findings.add('lost', `${n}`)
    if (stage !== 'committed' && stage !== 'committing' && size > 0) {
      findings.add('visible though not committed', `${n}, ${stage}`)
    }
  }
  return findings.list()
}

/**
 * Error events of a program, `error isError name message`: real Errors, and not too many of them, nor of entries of
 * its log, `logged namespace text`.
 *
 * @param {Event[]} events
 * @param {number} [limit] in any minute; default: 60
 * @returns {Violation[]} of the kinds `error events that are no Error`, `error events beyond the limit`, `logged
 *   errors beyond the limit`
 */
function checkErrors (events, limit = 60) {
  const findings = new Findings()
  const errors = events.filter(([, event]) => event === 'error')
  for (const [, , isError, name, message] of errors) {
    if (!isError) findings.add('error events that are no Error', `${name}: ${message}`)
  }
  errors.forEach(([time, , , name, message], i) => {
    const first = errors[i - limit]
    if (first && time - first[0] < 60000) findings.add('error events beyond the limit', `${name}: ${message}`)
  })
  const logged = events.filter(([, event]) => event === 'logged')
  logged.forEach(([time, , namespace, text], i) => {
    const first = logged[i - limit]
    if (first && time - first[0] < 60000) findings.add('logged errors beyond the limit', `${namespace}: ${text}`)
  })
  return findings.list()
}

/**
 * How long it took until each partition was delivered from again.
 *
 * @param {Event[][]} members
 * @param {number} since ms
 * @param {string[]} partitions as `topic/partition`
 * @returns {number} ms until the last of them was; Infinity when one was not
 */
function resumedAfter (members, since, partitions) {
  /** @type {Map<string, number>} */
  const first = new Map()
  for (const emission of emissionsOf(members)) {
    const name = nameOf(emission)
    if (emission.time >= since && !first.has(name)) first.set(name, emission.time - since)
  }
  return Math.max(0, ...partitions.map((name) => first.get(name) ?? Infinity))
}

/**
 * The longest time in which nothing of a partition was emitted, between its first and its last emission.
 *
 * @param {Event[][]} members
 * @param {{ from?: number, to?: number }} [range] of times in ms
 * @returns {Map<string, number>} ms by `topic/partition`
 */
function longestSilence (members, { from = 0, to = Infinity } = {}) {
  /** @type {Map<string, number>} */
  const longest = new Map()
  /** @type {Map<string, number>} */
  const last = new Map()
  for (const emission of emissionsOf(members)) {
    if (emission.time < from || emission.time > to) continue
    const name = nameOf(emission)
    const silence = emission.time - (last.get(name) ?? emission.time)
    longest.set(name, Math.max(longest.get(name) || 0, silence))
    last.set(name, emission.time)
  }
  return longest
}

module.exports = {
  sendsOf,
  emissionsOf,
  underWay,
  checkProducer,
  checkDelivery,
  checkCommits,
  checkTransactions,
  checkErrors,
  resumedAfter,
  longestSilence
}
