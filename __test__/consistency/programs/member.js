'use strict'

// A member of a group that now and then seeks, pauses and resumes partitions, commits, leaves and joins again, and
// whose handler fails now and then. SIGUSR2: it only reads from now on. SIGTERM: it leaves and ends.
// config: { door, kafkaHost, topic, partitions, name, seed, groupId, isolation, assignment, run, autoCommit,
//   isDraining }

const { setTimeout: delay } = require('node:timers/promises')

const { openMember } = require('./doors')
const { config, note, noted, random, textOf } = require('./history')

/** The longest pause between two operations, ms. */
const PAUSE_MS = 400
const FAILING = 0.002

const { topic, autoCommit, partitions: count, groupId: group, isolation } = config
const everything = Array.from({ length: count }, (_, partition) => partition)

let isDraining = Boolean(config.isDraining)
let isStopping = false
/** Ends the pause between two operations. */
let hurry = new AbortController()

/**
 * What this member has of a partition; a new one after each change of its position that is not its own progress.
 *
 * @typedef {{ finished: number | null }} Stay
 */
/** @type {Map<number, Stay>} by partition */
const stays = new Map()
/** @type {Map<number, number>} the highest offset that this process was handed, by partition */
const highest = new Map()

/** @param {import('./doors').MemberRecord[]} records of one partition */
function handed (records) {
  note('poll', 'ok', { records })
  const [partition, offset] = records[records.length - 1]
  highest.set(partition, Math.max(offset, highest.get(partition) ?? -1))
}

/** @param {number} partition @param {number} offset @param {Stay | undefined} stay in which it was handed */
function done (partition, offset, stay) {
  note('done', 'ok', { partition, offset })
  if (stay) stay.finished = offset
}

/** @type {import('./doors').MemberEvents} */
const events = {
  assigned (partitions) {
    for (const partition of partitions) stays.set(partition, { finished: null })
    note('assign', 'info', { partitions })
  },
  revoked (partitions) {
    if (partitions.length === 0) return
    for (const partition of partitions) stays.delete(partition)
    note('revoke', 'info', { partitions })
  },
  commitsAtRevoke: () => !autoCommit && random.chance(0.5),
  handleAtOnce (records) {
    handed(records)
    for (const [partition, offset] of records) done(partition, offset, stays.get(partition))
  },
  async handle (records, { finished, isOver }) {
    const [[partition]] = records
    const stay = stays.get(partition)
    handed(records)
    /** @param {number} offset where it goes on, unless the member is elsewhere by then */
    const leaveAt = (offset) => {
      if (stay && stays.get(partition) === stay) note('handle', 'fail', { partition, offset })
    }
    for (const [, offset] of records) {
      if (isOver()) return leaveAt(offset)
      if (random.chance(0.1)) await delay(random.below(10))
      if (random.chance(FAILING) && !isDraining) {
        leaveAt(offset)
        throw new Error('meant to fail')
      }
      done(partition, offset, stay)
      finished(offset)
    }
  },
  error: (error) => note('error', 'info', { error: textOf(error) })
}

/** @type {import('./doors').OpenMember} */
let member

const operations = {
  seek () {
    const owned = [...stays.keys()].filter((partition) => highest.has(partition))
    if (owned.length === 0) return
    const partition = random.pick(owned)
    // somewhere among what this process has had: whoever reads on from there leaves nothing out
    const top = Number(highest.get(partition)) + 1
    const offset = random.chance(0.2) ? top : Math.max(0, top - random.below(200))
    note('seek', 'invoke', { partition, offset })
    stays.set(partition, { finished: null })
    member.seek(partition, offset)
    note('seek', 'ok', { partition, offset })
  },
  pause () {
    const partition = random.below(count)
    note('pause', 'ok', { partitions: [partition] })
    member.pause(partition)
  },
  resume () {
    const partition = random.below(count)
    member.resume(partition)
    note('resume', 'ok', { partitions: [partition] })
  },
  async commit () {
    /** @type {[number, number][]} */
    const offsets = []
    for (const [partition, { finished }] of stays) if (finished !== null) offsets.push([partition, finished + 1])
    if (offsets.length === 0) return
    await noted('commit', { offsets }, () => member.commit(offsets)).catch(() => {})
  },
  async rejoin () {
    note('leave', 'invoke')
    await member.leave().catch(events.error)
    note('leave', 'ok')
    member = await openMember(config, events)
  }
}

/** @returns {keyof typeof operations} */
function nextOperation () {
  const choice = random.next()
  if (choice < 0.03) return 'rejoin'
  if (choice < 0.13) return 'seek'
  if (choice < 0.28) return 'pause'
  if (choice < 0.63) return 'resume'
  return 'commit'
}

async function main () {
  // signals are heard from now on
  note('started', 'info')
  note('open', 'info', { group, isolation, topic })
  member = await openMember(config, events)
  note('ready', 'info')
  while (!isStopping) {
    const [name, pause] = [nextOperation(), random.below(PAUSE_MS)]
    hurry = new AbortController()
    if (!isDraining) await operations[name]()
    else for (const partition of everything) member.resume(partition)
    if (isDraining && !autoCommit) await operations.commit()
    if (!isStopping) await delay(pause, undefined, { signal: hurry.signal }).catch(() => {})
  }
  await member.leave()
  note('closed', 'info')
}

process.on('SIGUSR2', () => { isDraining = true })
process.on('SIGTERM', () => {
  isStopping = true
  hurry.abort()
})
main().catch((error) => {
  note('crashed', 'info', { error: textOf(error) })
  throw error
})
