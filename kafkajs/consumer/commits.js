'use strict'

const { createErrorFromCode } = require('../protocolErrors')
const { toError } = require('../nativeErrors')
const { commitOutcome } = require('../../core/group/commitOutcome')
const { monotonicNow } = require('../../core/scheduling/clock')

/**
 * The commits of one member: what its handlers have resolved, and what the user commits himself.
 *
 * @typedef {import('./partition').Partition} Partition
 * @typedef {{ topic: string, partition: number, offset: number, metadata: string | null }} Commit
 * @typedef {{ partition: number, offset: string | number, metadata?: string | null }} GivenOffset
 * @typedef {import('../../core/handles/consumerHandle').CommitAnswer} CommitAnswer
 * @typedef {{ assignmentVersion?: number }} MadeUnder
 * @typedef {{ commit (list: Commit[], callback: (answer: CommitAnswer) => void, madeUnder?: MadeUnder): void }} Handle
 * @typedef {{ topics: Array<{ topic: string, partitions: Array<{ partition: number, offset: string }> }> }} Offsets
 */
class Commits {
  /**
   * @param {object} group
   * @param {() => Iterable<Partition>} group.partitions
   * @param {(topic: string, partition: number) => Partition | undefined} group.find
   * @param {(topic: string, partition: number) => Partition | undefined} group.holder whose handler may be committing
   * @param {() => Handle} group.handle
   * @param {(offsets: Offsets) => void} group.committed
   * @param {(error: import('../errors').Caught) => void} group.failed an automatic commit has
   * @param {{ autoCommit: boolean, autoCommitInterval: number | null, autoCommitThreshold: number | null }} options
   */
  constructor (group, { autoCommit, autoCommitInterval, autoCommitThreshold }) {
    this.group = group
    this.autoCommit = autoCommit
    this.interval = autoCommitInterval
    this.threshold = autoCommitThreshold
    /** whether a commit may be due in the middle of a batch */
    this.isConditional = autoCommitInterval != null || autoCommitThreshold != null
    this.lastCommit = monotonicNow()
    /** @type {Promise<void>} the commit under way */
    this.current = Promise.resolve()
    /** @type {Promise<void> | null} the one after it, which takes all that has been resolved until then */
    this.next = null
  }

  /**
   * Commits what has been resolved, if that is for the consumer to do.
   *
   * @returns {Promise<void>} never rejected: `failed` is told
   */
  auto () {
    return this.autoCommit ? this.resolved() : Promise.resolve()
  }

  /** @returns {Promise<void>} never rejected */
  resolved () {
    if (this.next === null) {
      this.next = this.current.then(() => {
        this.next = null
        // what the group is taking is committed when its handlers have returned; a stale one would refuse the others
        const kept = [...this.group.partitions()].filter(({ isRevoked }) => !isRevoked)
        this.current = this.commitPartitions(kept).catch(error => this.group.failed(error))
        return this.current
      })
    }
    return this.next
  }

  /** @returns {Promise<void>} never rejected; fulfilled when no automatic commit is under way */
  async done () {
    while (this.next !== null) await this.next
    await this.current
  }

  /**
   * Commits what has been resolved of partitions that are given up, if that is for the consumer to do. What the user
   * has committed after it stays: he may have gone back on purpose.
   *
   * @param {Partition[]} partitions
   */
  async last (partitions) {
    if (!this.autoCommit) return
    await this.done()
    await this.commitPartitions(partitions.filter(({ position, committedAt }) => position !== committedAt))
  }

  /** Commits what has been resolved if the interval has passed or the threshold is reached. */
  async ifNecessary () {
    if (!this.isConditional) return
    const isTime = this.interval != null && monotonicNow() >= this.lastCommit + this.interval
    if (isTime || (this.threshold != null && this.count() >= this.threshold)) await this.resolved()
  }

  /** How many offsets have been resolved and not committed. */
  count () {
    let count = 0
    for (const { position, committed } of this.group.partitions()) count += position - committed
    return count
  }

  /**
   * @param {Iterable<Partition>} partitions
   * @returns {Offsets} what has been resolved and not committed
   */
  uncommitted (partitions = this.group.partitions()) {
    /** @type {Map<string, Array<{ partition: number, offset: string }>>} */
    const topics = new Map()
    for (const { topic, partition, position, committed, isLost } of partitions) {
      if (position === committed || isLost) continue
      const list = topics.get(topic)
      const entry = { partition, offset: String(position) }
      if (list) list.push(entry)
      else topics.set(topic, [entry])
    }
    return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) }
  }

  /** @param {Iterable<Partition>} partitions */
  async commitPartitions (partitions) {
    const offsets = this.uncommitted(partitions)
    if (offsets.topics.length === 0) {
      this.lastCommit = monotonicNow()
      return
    }
    await this.commit(offsets)
  }

  /**
   * @param {{ topics: Array<{ topic: string, partitions: GivenOffset[] }> }} offsets
   * @param {{ assignmentVersion?: number }} [madeUnder] by default the assignment that gave each partition
   * @param {Partition[]} [own] whoever commits does so for these, also when they have been given anew
   * @returns {Promise<void>} rejected with a KafkaJSProtocolError, or that of a broker that cannot be reached
   */
  async commit ({ topics }, madeUnder, own = []) {
    /** @type {Commit[]} */
    const list = []
    for (const { topic, partitions } of topics) {
      for (const { partition, offset, metadata = null } of partitions) {
        list.push({ topic, partition: Number(partition), offset: Number(offset), metadata })
      }
    }
    if (list.length === 0) return
    const known = list.map(({ topic, partition, offset }) => {
      const found = this.group.find(topic, partition)
      const { position, moves } = found || { position: 0, moves: 0 }
      return { found, offset, position, moves }
    })
    const parts = madeUnder ? [{ list, madeUnder }] : this.byVersion(list, own)
    await Promise.all(parts.map(part => this.send(part.list, part.madeUnder)))
    for (const { found, offset, position, moves } of known) {
      // a seek meanwhile has committed its own
      if (found === undefined || found.moves !== moves) continue
      found.committed = offset
      found.committedAt = position
    }
    this.lastCommit = monotonicNow()
    this.group.committed({
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, offset, metadata }) => ({
          partition: Number(partition), offset: String(offset), ...(metadata === undefined ? {} : { metadata })
        }))
      }))
    })
  }

  /**
   * A handler may outlast its partition: the native side gives the partition up by itself then, and another member may
   * have it. So a commit names the assignment that gave the partition to its handler, and not the last one.
   *
   * @param {Commit[]} list
   * @param {Partition[]} own of whoever commits
   * @returns {Array<{ list: Commit[], madeUnder: { assignmentVersion?: number } }>} without a version, which stands for
   *   the last one, where no handler of this member has the partition
   */
  byVersion (list, own) {
    /** @type {Map<number | undefined, Commit[]>} */
    const lists = new Map()
    for (const commit of list) {
      const known = own.find(({ topic, partition }) => topic === commit.topic && partition === commit.partition) ||
        this.group.holder(commit.topic, commit.partition)
      const version = known && known.queue.assignmentVersion
      const others = lists.get(version)
      if (others === undefined) lists.set(version, [commit])
      else others.push(commit)
    }
    return [...lists].map(([assignmentVersion, list]) => ({ list, madeUnder: { assignmentVersion } }))
  }

  /**
   * @param {Commit[]} list
   * @param {{ assignmentVersion?: number }} [madeUnder]
   * @returns {Promise<void>}
   */
  send (list, madeUnder) {
    return new Promise((resolve, reject) => {
      this.group.handle().commit(list, answer => {
        const { error, stale } = answer
        if (error && (stale || error.code < 0)) return reject(toError(error, 'OffsetCommit'))
        const refused = commitOutcome(answer).find(({ error }) => error !== 0)
        if (refused) reject(createErrorFromCode(refused.error))
        else resolve()
      }, madeUnder)
    })
  }
}

module.exports = { Commits }
