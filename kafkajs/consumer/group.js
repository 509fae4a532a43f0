'use strict'

const { checkCommits } = require('./arguments')
const { Commits } = require('./commits')
const { MemberAssignment } = require('./assignerProtocol')
const { Partition } = require('./partition')
const { KafkaJSError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } = require('../errors')
const { consumerEvents } = require('../instrumentation')
const { toError } = require('../nativeErrors')
const { createErrorFromCode } = require('../protocolErrors')
const { Pauses, isRetriable, retryOptions, retrySpan } = require('../retry')
const { CODE } = require('../../core/errors')
const { setValue } = require('../../core/keyed')
const { monotonicNow } = require('../../core/scheduling/clock')
const { clearInterval, clearTimeout, setInterval, setTimeout } = require('../../core/scheduling/timers')

/**
 * One membership, from `run` to `stop`: joining, what the group gives and takes, positions and commits.
 *
 * @typedef {import('./assigners').OwnAssigner} OwnAssigner
 * @typedef {import('./index').Context} Context
 * @typedef {import('./pauses').TopicPartitions} TopicPartitions
 *
 * @typedef {object} Revocation
 * @property {Partition[]} taken
 * @property {boolean} isOvertaken the group has gone on without waiting for the answer
 * @property {() => void} overtake
 * @property {Promise<void>} told fulfilled when the user's hook has returned
 */

const { COMMIT_OFFSETS, CONNECT, GROUP_JOIN, HEARTBEAT, REBALANCING, RECEIVED_UNSUBSCRIBED_TOPICS } = consumerEvents

/** As times in a look-up of offsets (Kafka protocol, ListOffsets). */
const LATEST = -1
const EARLIEST = -2

/** librdkafka's code for an error that ends the handle; its text says which (`RD_KAFKA_RESP_ERR__FATAL`). */
const FATAL = -150

/** Answers about topics that are not there (yet): the group goes on without them, and looks again. */
const MISSING_TOPIC = new Set([3, 5, 6, CODE.UNKNOWN_TOPIC, CODE.UNKNOWN_PARTITION, CODE.NO_LEADERS])
/** When to look again for topics that were missing, ms: soon, as the broker may be making them. */
const TOPIC_PAUSES = [50, 100, 200, 400, 800, 1600, 3200, 6400]

/** Between look-ups of an offset that failed in a way that passes, ms. */
const LOOK_UP_PAUSE = 100

/** How often to look whether all brokers are away, and how long they must have been at least, ms. */
const OUTAGE_INTERVAL = 100
const LEAST_OUTAGE = 1000

/**
 * Answers about a membership or a generation that has gone: the group rebalances, which librdkafka sees to.
 *
 * @type {Set<string | undefined>}
 */
const REBALANCE_FAMILY = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP'])
const REBALANCE_CODES = new Set([16, 22, 25, 27])

/** What was fetched cannot be read; it comes again and again, as librdkafka does not skip it. */
const UNREADABLE = new Set([CODE.BAD_MSG, CODE.BAD_COMPRESSION, CODE.CRIT_SYS_RESOURCE, CODE.NOT_IMPLEMENTED])
/** How librdkafka's text begins when it could not use the coordinator's answer. */
const JOIN_FAILED = /^(Join|Sync)Group failed: /
/** Below -1, librdkafka's own codes begin here; what is between is a broker's that nobody knows. */
const HIGHEST_OWN_CODE = -100

/**
 * @param {import('../../core/handles/events').ErrorEvent} event of librdkafka's own
 * @returns {boolean} the broker gave something that cannot be used, and will not by being asked again
 */
function isUnusable ({ error: { code, message }, topic }) {
  if (topic !== null) return UNREADABLE.has(code)
  return (UNREADABLE.has(code) || code === CODE.UNKNOWN_PROTOCOL) && JOIN_FAILED.test(message)
}

class Group {
  /**
   * @param {Context} context
   * @param {object} runner
   * @param {(partition: Partition) => void} runner.settle a partition has been assigned or moved, or may go on
   * @param {(error: Error) => void} runner.crash
   * @param {() => boolean} runner.isRunning
   * @param {(partition: Partition) => void} runner.equip sets the functions of its handlers' payloads
   * @param {{ autoCommit: boolean, autoCommitInterval: number | null, autoCommitThreshold: number | null }} options
   */
  constructor (context, runner, options) {
    this.context = context
    this.runner = runner
    this.logger = context.rootLogger.namespace('ConsumerGroup')
    this.runnerLogger = context.rootLogger.namespace('Runner')
    /** @type {Map<string, Map<number, Partition>>} */
    this.assigned = new Map()
    /**
     * what the group takes and this member has not given up yet
     *
     * @type {Set<Revocation>}
     */
    this.revocations = new Set()
    /** topics of the subscription */
    this.topics = [...context.topics.keys()]
    this.memberId = ''
    this.generationId = -1
    this.isLeader = false
    this.protocol = ''
    /** the native handle and its queues, once it has begun */
    this.source = /** @type {import('./index').Source} */ (/** @type {unknown} */ (null))
    /** @type {{ resolve: () => void, reject: (error: unknown) => void } | null} who waits for the first assignment */
    this.joining = null
    this.joinStart = monotonicNow()
    this.isOver = false
    this.lastHeartbeat = -Infinity
    /** @type {NodeJS.Timeout | null} */
    this.outageTimer = null
    /** @type {NodeJS.Timeout | null} */
    this.topicTimer = null
    /** @type {Pauses | null} of commits that fail */
    this.commitPauses = null
    this.commitFailures = 0
    /** @type {NodeJS.Timeout | null} until the next attempt */
    this.commitTimer = null
    this.commits = new Commits({
      partitions: () => this.partitions(),
      find: (topic, partition) => this.find(topic, partition),
      holder: (topic, partition) => this.context.leftOver(topic, partition) || this.find(topic, partition),
      handle: () => this.handle,
      committed: ({ topics }) => this.emit(COMMIT_OFFSETS, { ...this.identity(), topics }),
      failed: error => this.commitFailed(error)
    }, options)
  }

  get handle () {
    return this.source.handle
  }

  /** @returns {Iterable<Partition>} what is assigned */
  * partitions () {
    for (const partitions of this.assigned.values()) yield * partitions.values()
  }

  /**
   * @param {string} topic
   * @param {number} partition
   */
  find (topic, partition) {
    const partitions = this.assigned.get(topic)
    return partitions === undefined ? undefined : partitions.get(partition)
  }

  /**
   * @param {string} event
   * @param {unknown} [payload]
   */
  emit (event, payload) {
    this.context.emitter.emit(event, payload)
  }

  identity () {
    return { groupId: this.context.groupId, memberId: this.memberId, groupGenerationId: this.generationId }
  }

  // ---- joining ----

  /**
   * Resolves when partitions have been assigned, or `leave` was called.
   *
   * @returns {Promise<void>}
   */
  async join () {
    const { cluster } = this.context
    await cluster.connect()
    if (this.isOver) return
    this.emit(CONNECT)
    this.source = this.context.source()
    this.watchOutage()
    if (this.topics.length === 0) return this.joinWithNothing()
    await cluster.addMultipleTargetTopics(this.topics)
    if (this.isOver) return
    this.offer()
    /** @type {Record<string, import('../../core/protocol').FromOffset>} */
    const fromOffsetOf = {}
    for (const [topic, { fromBeginning }] of this.context.topics) {
      setValue(fromOffsetOf, topic, fromBeginning ? 'earliest' : 'latest')
    }
    this.joinStart = monotonicNow()
    const timeout = this.context.requestTimeout()
    await /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
      this.joining = { resolve, reject }
      this.handle.command({
        type: 'subscribe',
        topics: this.topics,
        start: { fromOffset: 'latest', fromOffsetOf, commitOnFirstJoin: false, timeout, keepTrying: false }
      })
      const { missed } = this.source
      this.source.missed = null
      if (missed !== null) this.hear(missed)
    }))
  }

  /** Without a subscription there is nothing to be a member for. */
  joinWithNothing () {
    this.announce()
  }

  /** What the leader is told the next time this member joins. */
  offer () {
    this.context.assigners.forEach((assigner, i) => {
      if (assigner.isBuiltIn) return
      const { metadata } = /** @type {OwnAssigner} */ (assigner).protocol({ topics: this.topics })
      this.handle.setSubscriptionMetadata(i, metadata)
    })
  }

  /** @param {unknown} error that ends the membership */
  fail (error) {
    if (this.isOver) return
    // what users' functions reject with may be anything
    if (!(error instanceof Object)) error = new KafkaJSError(`Failed with ${String(error)}`)
    if (this.joining) {
      this.joining.reject(error)
      this.joining = null
    } else {
      this.runner.crash(/** @type {Error} */ (error))
    }
  }

  // ---- events of the handle ----

  /** @param {import('../../core/handles/events').HandleEvent} event */
  hear (event) {
    if (this.isOver) return
    switch (event.type) {
      case 'assigned': return this.onAssigned(event)
      case 'revoked':
        this.onRevoked(event).catch(error => this.fail(error))
        return
      case 'assignorRequested':
        this.onAssignorRequested(event).catch(error => this.fail(error))
        return
      case 'assignmentOverdue':
        this.logger.error(`The assigner ${event.assignor} gave no assignment within ${event.timeout}ms, half of ` +
          'sessionTimeout; the group tries again', { groupId: this.context.groupId })
        return
      case 'startFailed': return this.fail(toError(event.error, 'OffsetFetch'))
      case 'error': return this.onError(event)
    }
  }

  /** @param {import('../../core/handles/events').AssignedEvent} event */
  onAssigned ({ assignmentVersion, incremental, partitions, memberId, generationId, leader, assignor }) {
    this.memberId = memberId
    this.generationId = generationId
    this.isLeader = leader
    this.protocol = assignor || this.context.protocolName
    const told = this.overtakeRevocations()
    // what was not even taken
    if (!incremental) for (const partition of [...this.partitions()]) this.remove(partition, true)

    const strangers = new Set()
    /** @type {Partition[]} */
    const added = []
    for (const { topic, partition, offset } of partitions) {
      if (!this.context.topics.has(topic)) {
        strangers.add(topic)
        continue
      }
      added.push(this.add(topic, partition, offset, assignmentVersion))
    }
    if (strangers.size > 0) this.onUnsubscribed(partitions, strangers)
    this.announce()
    // a hook hears of an end before it hears of a beginning
    told.then(() => this.heldByHook('assign', added)).then(() => {
      for (const partition of added) {
        partition.holds--
        this.runner.settle(partition)
      }
    })
    if (this.joining) {
      this.joining.resolve()
      this.joining = null
    }
  }

  /**
   * @param {string} topic
   * @param {number} number
   * @param {number} offset
   * @param {number} version of the assignment
   */
  add (topic, number, offset, version) {
    const before = this.find(topic, number)
    // its handler must not commit for this assignment
    if (before !== undefined) this.remove(before, true)
    const partition = new Partition(this.source.queues.open(topic, number, version), offset, this.generationId)
    // until the user's hook has been called
    partition.holds++
    const predecessor = before || this.context.leftOver(topic, number)
    if (predecessor && predecessor.isBusy) {
      partition.predecessor = predecessor
      predecessor.successor = partition
    }
    let partitions = this.assigned.get(topic)
    if (partitions === undefined) this.assigned.set(topic, partitions = new Map())
    partitions.set(number, partition)
    this.runner.equip(partition)
    if (this.context.pauses.isPaused(topic, number)) partition.queue.pause()
    const seekTo = this.context.takeSeek(topic, number)
    if (seekTo !== undefined) this.seek(partition, seekTo)
    return partition
  }

  /**
   * @param {Partition} partition
   * @param {boolean} isLost
   */
  remove (partition, isLost) {
    partition.revoke(isLost)
    const partitions = this.assigned.get(partition.topic)
    if (partitions === undefined || partitions.get(partition.partition) !== partition) return
    partitions.delete(partition.partition)
    if (partitions.size === 0) this.assigned.delete(partition.topic)
    if (partition.isBusy) this.context.leave(partition)
  }

  announce () {
    const { groupId } = this.context
    /** @type {Record<string, number[]>} */
    const memberAssignment = {}
    for (const [topic, partitions] of this.assigned) {
      setValue(memberAssignment, topic, [...partitions.keys()].sort((a, b) => a - b))
    }
    const payload = {
      groupId,
      memberId: this.memberId,
      leaderId: this.isLeader ? this.memberId : null,
      isLeader: this.isLeader,
      memberAssignment,
      groupProtocol: this.protocol,
      duration: Math.round(monotonicNow() - this.joinStart)
    }
    this.emit(GROUP_JOIN, payload)
    this.logger.info('Consumer has joined the group', payload)
  }

  /**
   * The leader, another client's, has given out topics that this member does not want. Nobody reads them.
   *
   * @param {Array<{ topic: string, partition: number }>} partitions
   * @param {Set<string>} strangers
   */
  onUnsubscribed (partitions, strangers) {
    const payload = {
      groupId: this.context.groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      assignedTopics: [...new Set(partitions.map(({ topic }) => topic))],
      topicsSubscribed: this.topics,
      topicsNotSubscribed: [...strangers]
    }
    this.emit(RECEIVED_UNSUBSCRIBED_TOPICS, payload)
    this.logger.warn('Consumer group received unsubscribed topics', {
      ...payload,
      helpUrl: 'https://kafka.js.org/docs/faq#why-am-i-receiving-messages-for-topics-i-m-not-subscribed-to'
    })
    const unwanted = partitions.filter(({ topic }) => strangers.has(topic))
      .map(({ topic, partition }) => ({ topic, partition }))
    const assignmentVersion = this.handle.knownVersion
    this.handle.command({ type: 'pause', partitions: unwanted, paused: true, assignmentVersion })
  }

  /**
   * The group takes partitions back. No further record of them is handed out; what their handlers have done is
   * committed. The native side answers by itself when this takes too long.
   *
   * @param {import('../../core/handles/events').RevokedEvent} event
   */
  async onRevoked ({ assignmentVersion, partitions, lost }) {
    const { groupId } = this.context
    this.joinStart = monotonicNow()
    if (lost) {
      this.runnerLogger.error('The coordinator is not aware of this member, re-joining the group',
        { groupId, memberId: this.memberId, error: createErrorFromCode(25).message })
    } else {
      this.runnerLogger.warn('The group is rebalancing, re-joining',
        { groupId, memberId: this.memberId, error: createErrorFromCode(27).message })
      this.emit(REBALANCING, { groupId, memberId: this.memberId })
    }
    /** @type {Partition[]} */
    const taken = []
    for (const [topic, number] of partitions) {
      const partition = this.find(topic, number)
      if (partition === undefined) continue
      partition.revoke(lost)
      taken.push(partition)
    }
    const revocation = this.revocation(taken, lost)
    try {
      await revocation.told
      if (this.isOver) return
      if (!isLost(taken, lost)) await this.commits.last(taken)
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      this.logger.error(`The offsets of revoked partitions were not committed: ${message}`, { groupId })
    }
    this.revocations.delete(revocation)
    if (this.isOver || revocation.isOvertaken) return
    for (const partition of taken) this.remove(partition, lost)
    this.offer()
    this.handle.command({ type: 'revoked', assignmentVersion, commit: [] })
  }

  /**
   * The user's hook is called when the handlers have returned, or when it is too late to wait for them.
   *
   * @param {Partition[]} taken
   * @param {boolean} lost
   * @returns {Revocation} under way
   */
  revocation (taken, lost) {
    /** @type {Revocation} */
    const revocation = { taken, isOvertaken: false, overtake: () => {}, told: Promise.resolve() }
    const overtaken = new Promise(resolve => {
      revocation.overtake = () => {
        revocation.isOvertaken = true
        resolve(undefined)
      }
    })
    revocation.told = Promise.race([Promise.all(taken.map(partition => partition.whenIdle())), overtaken]).then(() => {
      // of those that were lost in the middle of a revocation the hook hears once
      const untold = taken.filter(({ isTold }) => !isTold)
      if (this.isOver || (untold.length === 0 && taken.length > 0)) return
      for (const partition of untold) partition.isTold = true
      return this.heldByHook('revoke', untold, isLost(taken, lost))
    })
    this.revocations.add(revocation)
    return revocation
  }

  /**
   * The native side has given up by itself what handlers have had for too long, and the group has given anew since: to
   * this member or to others.
   *
   * @returns {Promise<unknown>} fulfilled when the user's hook has heard of it
   */
  overtakeRevocations () {
    const revocations = [...this.revocations]
    this.revocations.clear()
    for (const { taken, overtake } of revocations) {
      for (const partition of taken) this.remove(partition, true)
      overtake()
    }
    return Promise.all(revocations.map(({ told }) => told))
  }

  /**
   * Calls the user's `onRebalance`, and waits for it within limits.
   *
   * @param {'assign' | 'revoke'} type
   * @param {Partition[]} list
   * @param {boolean} [lost]
   * @returns {Promise<void>} never rejected
   */
  heldByHook (type, list, lost = false) {
    const { groupId, onRebalance, sessionTimeout } = this.context
    if (!onRebalance) return Promise.resolve()
    /** @type {Map<string, number[]>} */
    const topics = new Map()
    for (const { topic, partition } of list) topics.set(topic, [...(topics.get(topic) || []), partition])
    const failed = (/** @type {Error | undefined} */ error) => this.logger.error(
      `Error when calling onRebalance: ${error && error.message}`, { groupId, type, stack: error && error.stack })
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        failed(new KafkaJSError(`onRebalance took longer than a session, ${sessionTimeout}ms: going on without it`))
        resolve()
      }, sessionTimeout)
      timer.unref()
      new Promise(called => called(onRebalance({
        type,
        partitions: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
        lost,
        uncommittedOffsets: () => this.commits.uncommitted(list),
        commitOffsets: async offsets => offsets === undefined || offsets === null
          ? this.commits.commitPartitions(list)
          : this.commits.commit(checkCommits(offsets), undefined, list)
      }))).catch(failed).then(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /**
   * This member leads the group, and one of the user's assigners has been chosen.
   *
   * @param {import('../../core/handles/events').AssignorRequestedEvent} event
   */
  async onAssignorRequested (event) {
    const { handle } = this
    const { number, assignor: chosen, members, topics } = event
    if (!handle.assignmentWanted(number)) return
    this.memberId = event.memberId
    this.generationId = event.generationId
    try {
      const assigner = /** @type {OwnAssigner} */ (this.context.assigners.find(({ name }) => name === chosen))
      this.context.learnPartitions(topics, this.topics)
      const assignment = await assigner.assign({
        members: members.map(({ id, metadata }) =>
          ({ memberId: id, memberMetadata: Buffer.from(metadata, 'hex') })),
        topics: this.topics
      })
      this.logger.debug('Group assignment', { ...this.identity(), groupProtocol: chosen, topics: this.topics })
      if (!this.isOver) handle.completeAssignment(number, shares(assignment, members))
    } catch (error) {
      handle.completeAssignment(number, null)
      throw error
    }
  }

  /** @param {import('../../core/handles/events').ErrorEvent} event */
  onError (event) {
    const { error, topic } = event
    const { code } = error
    if (code === CODE.OFFSET_OUT_OF_RANGE) return this.onOutOfRange(/** @type {PartitionErrorEvent} */ (event))
    if (MISSING_TOPIC.has(code)) {
      this.logger.debug(`${topic}: ${error.message}`, { groupId: this.context.groupId })
      if (this.assigned.size === 0) this.lookForTopics(0)
      return
    }
    if (error.fatal || code === FATAL) return this.fail(fatalError(error))
    const isOwn = code === -1 || code <= HIGHEST_OWN_CODE
    if ((isOwn && !isUnusable(event)) || error.retriable || REBALANCE_CODES.has(code)) {
      this.logger.debug(error.message, { groupId: this.context.groupId })
      return
    }
    const failure = toError(error, 'JoinGroup')
    this.fail(topic === null ? failure : new KafkaJSNonRetriableError(failure, { cause: failure }))
  }

  /**
   * librdkafka looks for missing topics only every `metadataMaxAge`. A look at all topics is the one that the group
   * takes notice of.
   *
   * @param {number} attempt
   */
  lookForTopics (attempt) {
    if (this.topicTimer !== null || attempt >= TOPIC_PAUSES.length || this.isOver) return
    this.topicTimer = setTimeout(() => {
      this.topicTimer = null
      if (this.isOver || this.assigned.size > 0) return
      this.handle.request({ op: 'metadata', topics: null, timeout: this.context.requestTimeout() }, () => {})
      this.lookForTopics(attempt + 1)
    }, TOPIC_PAUSES[attempt])
  }

  // ---- positions ----

  /**
   * The position is no longer in the log: goes on where a partition without a commit would start. Nothing is committed.
   *
   * @typedef {import('../../core/handles/events').PartitionErrorEvent} PartitionErrorEvent
   *
   * @param {PartitionErrorEvent} event
   */
  onOutOfRange ({ topic, partition: number }) {
    const partition = this.find(topic, number)
    if (partition === undefined || partition.isRevoked) return
    this.logger.error('Offset out of range, resetting to default offset',
      { topic, partition: number, groupId: this.context.groupId, memberId: this.memberId })
    const { fromBeginning } = this.context.topics.get(topic) || { fromBeginning: false }
    this.moveTo(partition, fromBeginning ? EARLIEST : LATEST, false)
  }

  /**
   * @param {Partition} partition
   * @param {number} offset -1 the end, -2 the beginning
   */
  seek (partition, offset) {
    partition.seekTo = offset
    partition.isInterrupted = true
    if (!partition.isBusy) this.applySeek(partition)
  }

  /** @param {Partition} partition whose handler has returned */
  applySeek (partition) {
    const offset = /** @type {number} */ (partition.seekTo)
    partition.seekTo = null
    this.moveTo(partition, offset, this.commits.autoCommit)
  }

  /**
   * Goes on elsewhere.
   *
   * @param {Partition} partition
   * @param {number} offset or a time, below 0
   * @param {boolean} isCommitted
   */
  moveTo (partition, offset, isCommitted) {
    const { topic, partition: number, queue } = partition
    if (partition.isRevoked) return
    if (partition.isBusy) return this.moveLater(partition, offset, isCommitted)
    const move = ++partition.moves
    if (offset >= 0) {
      partition.position = offset
      partition.committedAt = offset
      queue.seek(offset)
      if (isCommitted) {
        partition.committed = offset
        this.commits.send([{ topic, partition: number, offset, metadata: null }])
          .catch(error => this.commitFailed(error))
      } else {
        partition.committed = offset
      }
      return this.runner.settle(partition)
    }
    partition.holds++
    queue.clear()
    const partitions = [{ topic, partition: number, offset }]
    this.handle.request({ op: 'offsets', partitions, timeout: this.context.requestTimeout() },
      (error, answers) => {
        partition.holds--
        if (this.isOver || partition.isRevoked) return
        // a later seek counts
        if (move !== partition.moves || partition.seekTo !== null) return this.runner.settle(partition)
        if (!error && answers[0].error === 0) return this.moveTo(partition, answers[0].offset, isCommitted)
        const failure = error ? toError(error, 'ListOffsets') : createErrorFromCode(answers[0].error)
        if (!isRetriable(failure)) return this.fail(new KafkaJSNonRetriableError(failure, { cause: failure }))
        partition.holds++
        setTimeout(() => {
          partition.holds--
          if (this.isOver || partition.isRevoked) return
          if (move === partition.moves && partition.seekTo === null) this.moveTo(partition, offset, isCommitted)
          else this.runner.settle(partition)
        }, LOOK_UP_PAUSE).unref()
      })
  }

  /**
   * The same once its handler has returned, which moves the position, too.
   *
   * @param {Partition} partition
   * @param {number} offset
   * @param {boolean} isCommitted
   */
  moveLater (partition, offset, isCommitted) {
    partition.isInterrupted = true
    partition.holds++
    partition.whenIdle().then(() => {
      partition.holds--
      if (this.isOver || partition.isRevoked) return
      // a seek meanwhile counts
      if (partition.seekTo !== null) this.runner.settle(partition)
      else this.moveTo(partition, offset, isCommitted)
    })
  }

  /**
   * An automatic commit has failed.
   *
   * @param {import('../errors').Caught} error
   */
  commitFailed (error) {
    if (this.isOver || !this.runner.isRunning()) return
    const { groupId } = this.context
    this.logger.debug(`Error while committing offsets: ${error.message}`, { groupId, memberId: this.memberId })
    // the partitions are given up anyway, or the group begins anew
    if (REBALANCE_FAMILY.has(error.type)) return
    if (!isRetriable(error)) return this.fail(new KafkaJSNonRetriableError(error, { cause: error.cause || error }))
    const options = retryOptions(this.context.retry)
    if (this.commitPauses === null) this.commitPauses = new Pauses(options)
    const retryTime = this.commitPauses.next()
    if (this.commitFailures >= options.retries) {
      return this.fail(new KafkaJSNumberOfRetriesExceeded(error, { retryCount: this.commitFailures, retryTime }))
    }
    this.commitFailures++
    this.commitTimer = setTimeout(() => {
      if (this.isOver) return
      const failures = this.commitFailures
      this.commits.auto().then(() => {
        if (this.commitFailures !== failures) return
        this.commitFailures = 0
        this.commitPauses = null
      })
    }, retryTime)
  }

  // ---- heartbeats ----

  /** librdkafka has sent one, and it was answered; it says so twice. */
  heartbeatAnswered () {
    const now = monotonicNow()
    if (this.isOver || this.memberId === '' || now < this.lastHeartbeat + this.context.heartbeatInterval / 2) return
    this.lastHeartbeat = now
    this.emit(HEARTBEAT, this.identity())
  }

  // ---- outages ----

  /** KafkaJS's consumer crashes, to start again, when no broker can be reached for as long as its retries take. */
  watchOutage () {
    const { cluster } = this.context
    const limit = Math.max(LEAST_OUTAGE, retrySpan(retryOptions(cluster.retry)))
    /** @type {number | null} */
    let since = null
    this.outageTimer = setInterval(() => {
      const failure = cluster.outage || cluster.lastFailure
      if (failure === null || cluster.isUp()) {
        since = null
        return
      }
      if (since === null) since = monotonicNow()
      if (monotonicNow() - since < limit) return
      this.fail(new KafkaJSNonRetriableError(failure, { cause: failure }))
    }, OUTAGE_INTERVAL)
    this.outageTimer.unref()
  }

  // ---- leaving ----

  /** Leaves the group. Handlers have returned by now, but for those that wait for this. */
  async leave () {
    if (this.isOver) return
    this.isOver = true
    clearInterval(/** @type {NodeJS.Timeout} */ (this.outageTimer))
    clearTimeout(this.topicTimer)
    clearTimeout(this.commitTimer)
    for (const partition of [...this.partitions()]) this.remove(partition, false)
    if (this.joining) this.joining.resolve()
    this.joining = null
    if (this.source !== null) await this.context.closeSource(this.source)
  }
}

/**
 * @param {Partition[]} taken
 * @param {boolean} lost when they were taken
 * @returns {boolean} whether they are lost by now
 */
function isLost (taken, lost) {
  return lost || taken.some(partition => partition.isLost)
}

/** @param {import('../../core/errors').ErrorData} error */
function fatalError (error) {
  return error.code === FATAL ? new KafkaJSNonRetriableError(error.message) : toError(error, 'ConsumerGroupHeartbeat')
}

/**
 * @param {unknown} assignment what an assigner has returned
 * @param {Array<{ id: string }>} members
 * @returns {import('../../core/protocol').MemberAssignment[]}
 */
function shares (assignment, members) {
  const ids = new Set(members.map(({ id }) => id))
  if (!Array.isArray(assignment)) {
    throw new KafkaJSNonRetriableError('assign of a partition assigner must return an array of ' +
      '{ memberId, memberAssignment }')
  }
  return assignment.map(({ memberId, memberAssignment }) => {
    if (!ids.has(memberId)) {
      throw new KafkaJSNonRetriableError(`assign of a partition assigner returned the memberId ${memberId}, which is ` +
        'not in the group')
    }
    const decoded = MemberAssignment.decode(memberAssignment)
    if (decoded === null) return { memberId, partitions: [], userData: null }
    const { assignment, userData } = decoded
    return {
      memberId,
      partitions: Object.keys(assignment).map(topic => [topic, assignment[topic]]),
      userData: null,
      userDataHex: userData.length > 0 ? userData.toString('hex') : null
    }
  })
}

module.exports = { Group, REBALANCE_FAMILY }
