'use strict'

const { emitAll, emitInTurn } = require('../emitAll')
const { CODE, toGroupError } = require('../nativeErrors')
const getLogger = require('../../logging')
const { ApiNotSupportedError, TimeoutError } = require('../errors')
const { callAll } = require('../../../core/scheduling/callAll')
const { setTimeout } = require('../../../core/scheduling/timers')
const { askUser } = require('./askUser')
const { subscriptionMetadata, toAssignArguments, toMemberAssignments, toUserData } = require('./customAssignors')
const { JoinWatch } = require('./joinWatch')
const { isIncremental } = require('./options')

const logger = getLogger('kafka-node:ConsumerGroup')

/** Answers about topics that are not there (yet): the group carries on and looks again. */
const WAITING_FOR_TOPIC = new Set([3, 5, 6, -188])

/** When to look again for topics that were missing, ms: soon, as the broker may be creating them. */
const TOPIC_PAUSES = [100, 200, 400, 800, 1600, 3200, 6400]

const noop = () => {}

/**
 * A ConsumerGroup's membership: joins and leaves, follows the assignments that the native side reports, and shows them
 * as kafka-node's flags and events. `src/consumer/membership.rs` is the state machine behind it.
 *
 * An incremental group takes and gives only the difference, and each change is a rebalance of its own: `rebalancing`
 * before partitions go, `rebalanced` when they have gone; both at once when others have come. A member stays `ready`
 * meanwhile, as it goes on with what it keeps.
 *
 * @typedef {Map<string, Set<number>>} PartitionSet by topic
 * @typedef {InstanceType<typeof import('../../consumerGroup')>} ConsumerGroup
 * @typedef {Required<import('./customAssignors').Protocol>} CustomProtocol
 */
class Membership {
  /** @param {ConsumerGroup} group */
  constructor (group) {
    this.group = group
    this.isSubscribed = false
    /** ready without being a member: none of the topics exists */
    this.isWaitingForTopics = false
    /** @type {Set<string>} topics that have been missing since the last assignment */
    this.missing = new Set()
    /** @type {NodeJS.Timeout | null} until the next look for missing topics */
    this.topicTimer = null
    /** of the last assignment heard of, or of its end */
    this.assignmentVersion = 0
    this.isIncremental = isIncremental(group.options, group.protocols)
    /** @type {PartitionSet | null} what the rebalance takes that `rebalancing` tells of; null: everything */
    this.taken = null
    /** whether the rebalance that takes it has not been answered yet */
    this.isTaking = false
    this.joinWatch = new JoinWatch({
      groupId: group.options.groupId,
      client: () => group.client,
      handle: () => this.handle(),
      tell: error => emitAll(group, 'error', error)
    })
  }

  /** There is one as soon as the client is ready. */
  handle () {
    return /** @type {import('../../../core/handles/index').ConsumerHandle} */ (this.group._core.handle)
  }

  /**
   * Joins the group; a member gives back its partitions and rejoins, unless the group is an incremental one. Ignored
   * while joining and after `close`.
   */
  connect () {
    const { group } = this
    if (group.connecting) return logger.warn('Connect ignored. Currently connecting.')
    if (group.closed || group.client.closing) return logger.warn('Connect ignored. Consumer closed.')
    // librdkafka joins by itself once a topic is there
    if (this.isWaitingForTopics) return logger.warn('Connect ignored. None of the topics exists.')
    if (group.ready && this.isIncremental) return logger.warn('Connect ignored. This member keeps its partitions.')
    if (group.ready) return this.subscribe()
    // a member that could not look up where to start begins anew
    if (this.isSubscribed) this.handle().command({ type: 'unsubscribe' })
    logger.debug('Connecting %s', group.client.clientId)
    group.connecting = true
    this.taken = null
    this.beforeRebalance(error => {
      if (error) return this.stayOut(error)
      group.client._whenReady(failure => {
        if (group.client.closing) return
        if (failure) return this.stayOut(failure)
        this.subscribe()
      })
    })
  }

  /** Tells the group what this member wants. A member gives back its partitions and rejoins. */
  subscribe () {
    const { group } = this
    this.isSubscribed = true
    // librdkafka refuses to subscribe to nothing, or to a topic twice
    if (group.topics.length === 0) return this.handle().command({ type: 'unsubscribe' })
    try {
      this.sendSubscriptionMetadata()
    } catch (error) {
      return this.leaveFor(error)
    }
    // an incremental member does not stop being one
    if (!this.isIncremental || !group.ready) this.joinWatch.start()
    this.handle().command({
      type: 'subscribe',
      topics: [...new Set(group.topics)],
      start: {
        fromOffset: group.options.fromOffset,
        commitOnFirstJoin: !!group.options.commitOffsetsOnFirstJoin,
        timeout: group.client._requestTimeout(),
        keepTrying: true
      }
    })
  }

  /** What the leader is told the next time this member joins. Throws what `JSON.stringify` throws for `userData`. */
  sendSubscriptionMetadata () {
    const { group } = this
    for (const { assignor, metadata } of subscriptionMetadata(group.protocols)) {
      this.handle().setSubscriptionMetadata(assignor, metadata)
    }
  }

  /**
   * The group waits for an assignment by a custom assignor.
   *
   * @param {import('../../../core/handles/events').AssignorRequestedEvent} event
   */
  assignorRequested (event) {
    const { group } = this
    const handle = this.handle()
    // the event loop may have been blocked for so long that the group has moved on
    if (group.client.closing || !handle.assignmentWanted(event.number)) return
    const protocol = /** @type {CustomProtocol} */ (
      group.protocols.find(({ name }) => String(name) === event.assignor))
    const { topicPartitions, members } = toAssignArguments(event)
    group.isLeader = true
    group.memberId = event.memberId
    group.generationId = event.generationId
    let answered = false
    const answer = (/** @type {unknown} */ error, /** @type {unknown} */ assignment = null) => {
      if (answered) return
      answered = true
      if (group.client.closing || !handle.assignmentWanted(event.number)) return
      if (!error) {
        try {
          return handle.completeAssignment(event.number, toMemberAssignments(event, assignment))
        } catch (invalid) {
          error = invalid
        }
      }
      this.leaveFor(error, () => handle.completeAssignment(event.number, null))
    }
    logger.debug('%s assigns %j to %j by %s', group.client.clientId, topicPartitions, members, event.assignor)
    try {
      const result = protocol.assign(topicPartitions, members, answer)
      // with an async function only a rejection matters, which nobody would see otherwise
      if (result && typeof result.then === 'function') {
        result.then(undefined, error => answer(error || new Error('assign was rejected')))
      }
    } catch (error) {
      if (answered) throw error
      answer(error || new Error('assign failed'))
    }
  }

  /**
   * @param {unknown} error
   * @param {() => void} [whenLeaving]
   */
  leaveFor (error, whenLeaving = noop) {
    this.isSubscribed = false
    this.handle().command({ type: 'unsubscribe' })
    whenLeaving()
    this.stayOut(error)
  }

  /** @param {unknown} error */
  stayOut (error) {
    const { group } = this
    this.joinWatch.stop()
    group.connecting = false
    group.ready = false
    emitAll(group, 'error', error)
  }

  /**
   * Tells, then waits for the user's `onRebalance`, which may call back or return a promise.
   *
   * @param {(err: unknown) => void} callback null if nothing went wrong
   */
  beforeRebalance (callback) {
    callAll([() => emitAll(this.group, 'rebalancing'), () => this.askBeforeRebalance(callback)])
  }

  /** @param {(err: unknown) => void} callback */
  askBeforeRebalance (callback) {
    const { group } = this
    const { onRebalance } = group.options
    if (typeof onRebalance !== 'function') return callback(null)
    askUser(onRebalance, this.isMember(), callback)
  }

  isMember () {
    return this.group.generationId !== null && this.group.memberId !== null
  }

  /** @param {import('../../../core/handles/events').HandleEvent} event */
  event (event) {
    const { group } = this
    switch (event.type) {
      case 'topic': return group._core.learnTopic(event)
      case 'assigned': return this.assigned(event)
      case 'revoked': return this.revoked(event)
      case 'offsetsMissing':
        return this.startFailed(new Error(`${group.client.clientId} owns topics and partitions which contains no ` +
          `saved offsets for group '${group.options.groupId}'`))
      case 'startFailed':
        return this.startFailed(toGroupError(event.error, group.client.options.requestTimeout))
      case 'assignorRequested': return this.assignorRequested(event)
      case 'assignmentOverdue':
        emitAll(group, 'error', new TimeoutError(`protocol ${event.assignor}: assign gave no assignment within ` +
          `${event.timeout}ms, half of sessionTimeout; it has to call back in any case. The group tries again`))
        return
      case 'error': return this.failed(event)
    }
  }

  /**
   * It is not known where to start in what the group has given. An incremental member would go on with the rest, and
   * never be given this again.
   *
   * @param {Error} error
   */
  startFailed (error) {
    if (this.isIncremental) this.leaveFor(error)
    else this.stayOut(error)
  }

  /** @param {import('../../../core/handles/events').AssignedEvent} event */
  assigned (event) {
    const { group } = this
    // it has left, and librdkafka takes back what it has just given
    const hasLeft = this.isIncremental && !this.isSubscribed
    if (group.client.closing || hasLeft) return
    const { assignmentVersion, incremental, partitions, memberId, generationId, committed, leader, userData } = event
    this.joinWatch.stop()
    const events = this.eventsOf(event)
    this.isWaitingForTopics = false
    this.missing.clear()
    this.assignmentVersion = assignmentVersion
    group.memberId = memberId
    group.generationId = generationId
    group.isLeader = leader
    group.assignedUserData = toUserData(userData)
    const added = partitions.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
    // what was not given up in time has gone all the same
    if (this.isTaking) this.forgetTaken()
    const kept = incremental ? group.topicPayloads : []
    this.taken = incremental ? new Map() : null
    group.topicPayloads = [...kept, ...group.buildPayloads(added)]
    group.payloadMap = group.buildPayloadMap(group.topicPayloads)
    group.connecting = false
    group.rebalancing = false
    group.ready = true
    if (kept.length === 0) group.needToCommit = false
    if (committed) group._startCommitInterval()
    group._core.startIdling()
    logger.debug('%s owns %j in generation %d', group.client.clientId, group.payloadMap, generationId)
    emitInTurn(group, ...events)
  }

  /**
   * @param {import('../../../core/handles/events').AssignedEvent} event
   * @returns {string[]}
   */
  eventsOf ({ incremental, partitions }) {
    // as kafka-node's member does that has joined with nothing to read; it had nothing to give up, so nobody is asked
    const all = ['rebalancing', 'connect', 'rebalanced']
    if (this.isWaitingForTopics) return all
    // the rebalance that `rebalancing` has told of
    if (!incremental || !this.group.ready || this.isTaking) return all.slice(1)
    return partitions.length > 0 ? all : []
  }

  /**
   * The group takes partitions back. From here on nothing from them is emitted; what was emitted is committed.
   *
   * @param {import('../../../core/handles/events').RevokedEvent} event
   */
  revoked ({ assignmentVersion, incremental, partitions, lost }) {
    const { group } = this
    if (group.client.closing) return
    group._core.pump.dropObsolete()
    this.assignmentVersion = assignmentVersion
    this.taken = incremental ? this.takenNow(partitions) : null
    this.isTaking = true
    const member = group.ready
    // it has left, and said so
    if (incremental && !this.isSubscribed) return this.giveUp(lost)
    // to a broker that assigns, a member that has lost everything is one that gets other partitions
    const goesOn = incremental && group.topics.length > 0 && (!lost || group.options.groupProtocol === 'consumer')
    if (!goesOn) {
      group.ready = false
      group.connecting = true
      this.joinWatch.start()
    }
    group.rebalancing = true
    this.beforeRebalance(error => {
      // a late answer must not touch the assignment that has arrived in the meantime
      if (group.client.closing || this.assignmentVersion !== assignmentVersion) return
      if (!error) {
        try {
          this.sendSubscriptionMetadata()
        } catch (invalid) {
          error = invalid
        }
      }
      // read only now: onRebalance may have committed, or moved positions
      this.giveUp(lost || !member || error !== null)
      if (error) {
        this.leaveFor(error)
      } else if (group.topics.length === 0) {
        this.leftWithoutTopics()
      } else if (goesOn) {
        group.rebalancing = false
        emitInTurn(group, 'connect', 'rebalanced')
      }
    })
  }

  /**
   * @param {Array<[string, number]>} partitions
   * @returns {PartitionSet} with those that were to be given up before, and never were
   */
  takenNow (partitions) {
    /** @type {PartitionSet} */
    const taken = this.isTaking && this.taken !== null ? this.taken : new Map()
    for (const [topic, partition] of partitions) {
      const numbers = taken.get(topic)
      if (numbers === undefined) taken.set(topic, new Set([partition]))
      else numbers.add(partition)
    }
    return taken
  }

  /** @param {{ topic: string, partition: number }} payload */
  isTaken ({ topic, partition }) {
    if (this.taken === null) return true
    const partitions = this.taken.get(topic)
    return partitions !== undefined && partitions.has(partition)
  }

  /**
   * Answers the group.
   *
   * @param {boolean} isWithoutCommit
   */
  giveUp (isWithoutCommit) {
    const { group } = this
    const gone = group.topicPayloads.filter(payload => this.isTaken(payload))
    const commit = group.options.autoCommit && !isWithoutCommit ? gone : []
    this.forgetTaken()
    this.handle().command({
      type: 'revoked',
      assignmentVersion: this.assignmentVersion,
      commit: commit.map(({ topic, partition, offset }) => ({ topic, partition, offset, metadata: 'm' }))
    })
  }

  forgetTaken () {
    const { group } = this
    group.topicPayloads = group.topicPayloads.filter(payload => !this.isTaken(payload))
    group.payloadMap = group.buildPayloadMap(group.topicPayloads)
    if (group.topicPayloads.length === 0) group.needToCommit = false
    this.isTaking = false
  }

  /** `removeTopics` took the last topic: this was not a rebalance but the end of the membership. */
  leftWithoutTopics () {
    const { group } = this
    group.connecting = false
    group.rebalancing = false
    group.memberId = null
    group.generationId = null
    this.joinWatch.stop()
    emitInTurn(group, 'connect', 'rebalanced')
  }

  /** @param {import('../../../core/handles/events').ErrorEvent} event */
  failed (event) {
    const { group } = this
    const { error } = event
    if (error.code === CODE.OFFSET_OUT_OF_RANGE) {
      return group._outOfRange(/** @type {import('../../../core/handles/events').PartitionErrorEvent} */ (event))
    }
    if (WAITING_FOR_TOPIC.has(error.code)) {
      logger.debug('%s: %s', event.topic, error.message)
      this.missing.add(/** @type {string} */ (event.topic))
      if (group.connecting && !this.isMember()) this.waitForTopics()
      this.lookForTopics(0)
      return
    }
    if (error.retriable) {
      logger.debug('%s: %s', group.client.clientId, error.message)
      this.joinWatch.reason = error
      return
    }
    // such a broker will not get over it
    if (error.fatal) return this.leaveFor(new ApiNotSupportedError(error.message))
    if (event.topic === null && !this.joinWatch.isFirst(error.code)) return
    const failure = toGroupError(error, group.client.options.requestTimeout)
    emitAll(group, 'error', event.topic === null
      ? failure
      : Object.assign(failure, { topic: event.topic, partition: event.partition }))
  }

  /**
   * A group whose topics are missing: kafka-node's member has joined, with nothing to read. librdkafka joins when the
   * first of them is there.
   */
  waitForTopics () {
    const { group } = this
    if (!group.topics.every(topic => this.missing.has(topic))) return
    this.isWaitingForTopics = true
    this.joinWatch.stop()
    group.connecting = false
    group.rebalancing = false
    group.ready = true
    emitInTurn(group, 'connect', 'rebalanced')
  }

  /**
   * librdkafka does not let the broker create a topic that a group subscribes to, and looks for missing topics only
   * every `topicPartitionCheckInterval`. So we ask for them by name, which may create them, and look again soon. Only a
   * look at all topics is one that the group takes notice of.
   *
   * @param {number} attempt
   */
  lookForTopics (attempt) {
    const { group } = this
    if (this.topicTimer || attempt >= TOPIC_PAUSES.length || group.client.closing) return
    const handle = this.handle()
    const timeout = group.client._requestTimeout()
    if (attempt === 0) handle.request({ op: 'metadata', topics: group.topics, timeout }, noop)
    this.topicTimer = setTimeout(() => {
      this.topicTimer = null
      if (group.client.closing || group.topicPayloads.length > 0) return
      handle.request({ op: 'metadata', topics: null, timeout }, noop)
      this.lookForTopics(attempt + 1)
    }, TOPIC_PAUSES[attempt])
    this.topicTimer.unref()
  }
}

module.exports = { Membership }
